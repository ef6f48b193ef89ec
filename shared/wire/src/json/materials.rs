//! Goods and money in JSON: the fields of the facts by their own names, event ids and digests in hex.

use domain::event::{
    Commit, DiscrepancySettled, HandOver, ItemDefined, Payment, Pledge, Purchase, Release, ResourceRequest,
    StockAdjusted, StockCounted, StockMove, StockWasted, TakeOver,
};
use domain::refusal::Refusal;
use serde_json::{Map, Value, json};

use super::fields::Fields;

pub(super) fn item_defined(fields: &mut Fields<'_>) -> Result<ItemDefined, Refusal> {
    Ok(ItemDefined {
        item: fields.text("item")?,
        title: fields.text("title")?,
        gtin: fields.text_or_empty("gtin")?,
        unit: fields.text("unit")?,
        pack: fields.count("pack")?,
        cold_chain: fields.truth("cold_chain")?,
    })
}

pub(super) fn stock_move(fields: &mut Fields<'_>) -> Result<StockMove, Refusal> {
    Ok(StockMove {
        facility: fields.text("facility")?,
        item: fields.text("item")?,
        lot: fields.text("lot")?,
        quantity: fields.count("quantity")?,
        counterparty: fields.text("counterparty")?,
        expiry: fields.maybe_date("expiry")?,
        donation: fields.maybe_digest("donation")?,
    })
}

pub(super) fn stock_counted(fields: &mut Fields<'_>) -> Result<StockCounted, Refusal> {
    Ok(StockCounted {
        facility: fields.text("facility")?,
        item: fields.text("item")?,
        lot: fields.text("lot")?,
        counted: fields.count("counted")?,
        reason: fields.text("reason")?,
    })
}

pub(super) fn stock_wasted(fields: &mut Fields<'_>) -> Result<StockWasted, Refusal> {
    Ok(StockWasted {
        facility: fields.text("facility")?,
        item: fields.text("item")?,
        lot: fields.text("lot")?,
        quantity: fields.count("quantity")?,
        reason: fields.text("reason")?,
    })
}

pub(super) fn stock_adjusted(fields: &mut Fields<'_>) -> Result<StockAdjusted, Refusal> {
    Ok(StockAdjusted {
        facility: fields.text("facility")?,
        item: fields.text("item")?,
        lot: fields.text("lot")?,
        up: fields.truth("up")?,
        quantity: fields.count("quantity")?,
        reason: fields.text("reason")?,
    })
}

pub(super) fn hand_over(fields: &mut Fields<'_>) -> Result<HandOver, Refusal> {
    Ok(HandOver {
        from: fields.text("from")?,
        to: fields.text("to")?,
        item: fields.text("item")?,
        lot: fields.text("lot")?,
        quantity: fields.count("quantity")?,
        condition: fields.text("condition")?,
        commit: fields.maybe_digest("commit")?,
    })
}

pub(super) fn take_over(fields: &mut Fields<'_>) -> Result<TakeOver, Refusal> {
    Ok(TakeOver {
        hand_over: fields.digest("hand_over")?,
        item: fields.text("item")?,
        lot: fields.text("lot")?,
        quantity: fields.count("quantity")?,
        condition: fields.text("condition")?,
    })
}

pub(super) fn settled(fields: &mut Fields<'_>) -> Result<DiscrepancySettled, Refusal> {
    Ok(DiscrepancySettled {
        hand_over: fields.digest("hand_over")?,
        lost: fields.count("lost")?,
        returned: fields.count("returned")?,
    })
}

pub(super) fn request(fields: &mut Fields<'_>) -> Result<ResourceRequest, Refusal> {
    Ok(ResourceRequest {
        facility: fields.text("facility")?,
        item: fields.text("item")?,
        quantity: fields.count("quantity")?,
        needed_by: fields.date("needed_by")?,
        reason: fields.text("reason")?,
    })
}

pub(super) fn commit(fields: &mut Fields<'_>) -> Result<Commit, Refusal> {
    Ok(Commit {
        request: fields.digest("request")?,
        from: fields.text("from")?,
        lot: fields.text("lot")?,
        quantity: fields.count("quantity")?,
    })
}

pub(super) fn release(fields: &mut Fields<'_>) -> Result<Release, Refusal> {
    Ok(Release { commit: fields.digest("commit")? })
}

pub(super) fn pledge(fields: &mut Fields<'_>) -> Result<Pledge, Refusal> {
    Ok(Pledge {
        item: fields.text("item")?,
        quantity: fields.count("quantity")?,
        donor: fields.digest("donor")?,
        purpose: fields.text("purpose")?,
    })
}

pub(super) fn purchase(fields: &mut Fields<'_>) -> Result<Purchase, Refusal> {
    Ok(Purchase {
        facility: fields.text("facility")?,
        item: fields.text("item")?,
        lot: fields.text("lot")?,
        quantity: fields.count("quantity")?,
        expiry: fields.maybe_date("expiry")?,
        supplier: fields.text("supplier")?,
        paid: fields.list("paid")?.iter().map(payment).collect::<Result<_, _>>()?,
    })
}

fn payment(value: &Value) -> Result<Payment, Refusal> {
    let mut fields = Fields::of(value, "paid")?;
    let payment =
        Payment { facility: fields.text("facility")?, lot: fields.text("lot")?, amount: fields.count("amount")? };
    fields.end("paid")?;
    Ok(payment)
}

pub(super) fn item_defined_view(fact: &ItemDefined) -> Value {
    json!({
        "item": fact.item,
        "title": fact.title,
        "gtin": fact.gtin,
        "unit": fact.unit,
        "pack": fact.pack,
        "cold_chain": fact.cold_chain,
    })
}

/// Expiry and donation where they were said.
pub(super) fn stock_move_view(fact: &StockMove) -> Value {
    let mut view = Map::new();
    let mut put = |name: &str, value: Value| view.insert(name.to_owned(), value);
    put("facility", fact.facility.as_str().into());
    put("item", fact.item.as_str().into());
    put("lot", fact.lot.as_str().into());
    put("quantity", fact.quantity.into());
    put("counterparty", fact.counterparty.as_str().into());
    if let Some(expiry) = fact.expiry {
        put("expiry", expiry.to_string().into());
    }
    if let Some(donation) = &fact.donation {
        put("donation", donation.to_string().into());
    }
    Value::Object(view)
}

pub(super) fn stock_counted_view(fact: &StockCounted) -> Value {
    json!({
        "facility": fact.facility,
        "item": fact.item,
        "lot": fact.lot,
        "counted": fact.counted,
        "reason": fact.reason,
    })
}

pub(super) fn stock_wasted_view(fact: &StockWasted) -> Value {
    json!({
        "facility": fact.facility,
        "item": fact.item,
        "lot": fact.lot,
        "quantity": fact.quantity,
        "reason": fact.reason,
    })
}

pub(super) fn stock_adjusted_view(fact: &StockAdjusted) -> Value {
    json!({
        "facility": fact.facility,
        "item": fact.item,
        "lot": fact.lot,
        "up": fact.up,
        "quantity": fact.quantity,
        "reason": fact.reason,
    })
}

pub(super) fn hand_over_view(fact: &HandOver) -> Value {
    json!({
        "from": fact.from,
        "to": fact.to,
        "item": fact.item,
        "lot": fact.lot,
        "quantity": fact.quantity,
        "condition": fact.condition,
        "commit": fact.commit.map(|id| id.to_string()),
    })
}

pub(super) fn take_over_view(fact: &TakeOver) -> Value {
    json!({
        "hand_over": fact.hand_over.to_string(),
        "item": fact.item,
        "lot": fact.lot,
        "quantity": fact.quantity,
        "condition": fact.condition,
    })
}

pub(super) fn settled_view(fact: &DiscrepancySettled) -> Value {
    json!({ "hand_over": fact.hand_over.to_string(), "lost": fact.lost, "returned": fact.returned })
}

pub(super) fn request_view(fact: &ResourceRequest) -> Value {
    json!({
        "facility": fact.facility,
        "item": fact.item,
        "quantity": fact.quantity,
        "needed_by": fact.needed_by.to_string(),
        "reason": fact.reason,
    })
}

pub(super) fn commit_view(fact: &Commit) -> Value {
    json!({
        "request": fact.request.to_string(),
        "from": fact.from,
        "lot": fact.lot,
        "quantity": fact.quantity,
    })
}

pub(super) fn release_view(fact: &Release) -> Value {
    json!({ "commit": fact.commit.to_string() })
}

pub(super) fn pledge_view(fact: &Pledge) -> Value {
    json!({
        "item": fact.item,
        "quantity": fact.quantity,
        "donor": fact.donor.to_string(),
        "purpose": fact.purpose,
    })
}

pub(super) fn purchase_view(fact: &Purchase) -> Value {
    let payment = |one: &Payment| json!({ "facility": one.facility, "lot": one.lot, "amount": one.amount });
    json!({
        "facility": fact.facility,
        "item": fact.item,
        "lot": fact.lot,
        "quantity": fact.quantity,
        "expiry": fact.expiry.map(|day| day.to_string()),
        "supplier": fact.supplier,
        "paid": fact.paid.iter().map(payment).collect::<Value>(),
    })
}
