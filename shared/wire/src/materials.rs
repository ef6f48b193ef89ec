//! Goods and money on the wire (`tocsin.materials.v1`).

use domain::event::{
    Commit, DiscrepancySettled, EventId, HandOver, ItemDefined, MAX_PAYMENTS, Payment, Pledge, Purchase, Release,
    ResourceRequest, StockAdjusted, StockCounted, StockMove, StockWasted, TakeOver,
};
use domain::refusal::Refusal;
use domain::time::Date;

use crate::canonical::{at_most, digest, text};
use crate::proto::materials::v1 as proto;

pub(crate) fn item_defined_out(fact: &ItemDefined) -> proto::ItemDefined {
    proto::ItemDefined {
        item: fact.item.clone(),
        title: fact.title.clone(),
        gtin: fact.gtin.clone(),
        unit: fact.unit.clone(),
        pack: fact.pack,
        cold_chain: fact.cold_chain,
    }
}

pub(crate) fn item_defined_in(fact: proto::ItemDefined) -> Result<ItemDefined, Refusal> {
    Ok(ItemDefined {
        item: text(fact.item, "item")?,
        title: text(fact.title, "title")?,
        gtin: text(fact.gtin, "gtin")?,
        unit: text(fact.unit, "unit")?,
        pack: fact.pack,
        cold_chain: fact.cold_chain,
    })
}

pub(crate) fn stock_move_out(fact: &StockMove) -> proto::StockMove {
    proto::StockMove {
        facility: fact.facility.clone(),
        item: fact.item.clone(),
        lot: fact.lot.clone(),
        quantity: fact.quantity,
        counterparty: fact.counterparty.clone(),
        expiry: fact.expiry.map(|day| day.0),
        donation: id_out(fact.donation.as_ref()),
    }
}

pub(crate) fn stock_move_in(fact: proto::StockMove) -> Result<StockMove, Refusal> {
    Ok(StockMove {
        facility: text(fact.facility, "facility")?,
        item: text(fact.item, "item")?,
        lot: text(fact.lot, "lot")?,
        quantity: fact.quantity,
        counterparty: text(fact.counterparty, "counterparty")?,
        expiry: fact.expiry.map(Date),
        donation: id_in(&fact.donation, "donation")?,
    })
}

pub(crate) fn stock_counted_out(fact: &StockCounted) -> proto::StockCounted {
    proto::StockCounted {
        facility: fact.facility.clone(),
        item: fact.item.clone(),
        lot: fact.lot.clone(),
        counted: fact.counted,
        reason: fact.reason.clone(),
    }
}

pub(crate) fn stock_counted_in(fact: proto::StockCounted) -> Result<StockCounted, Refusal> {
    Ok(StockCounted {
        facility: text(fact.facility, "facility")?,
        item: text(fact.item, "item")?,
        lot: text(fact.lot, "lot")?,
        counted: fact.counted,
        reason: text(fact.reason, "reason")?,
    })
}

pub(crate) fn stock_wasted_out(fact: &StockWasted) -> proto::StockWasted {
    proto::StockWasted {
        facility: fact.facility.clone(),
        item: fact.item.clone(),
        lot: fact.lot.clone(),
        quantity: fact.quantity,
        reason: fact.reason.clone(),
    }
}

pub(crate) fn stock_wasted_in(fact: proto::StockWasted) -> Result<StockWasted, Refusal> {
    Ok(StockWasted {
        facility: text(fact.facility, "facility")?,
        item: text(fact.item, "item")?,
        lot: text(fact.lot, "lot")?,
        quantity: fact.quantity,
        reason: text(fact.reason, "reason")?,
    })
}

pub(crate) fn stock_adjusted_out(fact: &StockAdjusted) -> proto::StockAdjusted {
    proto::StockAdjusted {
        facility: fact.facility.clone(),
        item: fact.item.clone(),
        lot: fact.lot.clone(),
        up: fact.up,
        quantity: fact.quantity,
        reason: fact.reason.clone(),
    }
}

pub(crate) fn stock_adjusted_in(fact: proto::StockAdjusted) -> Result<StockAdjusted, Refusal> {
    Ok(StockAdjusted {
        facility: text(fact.facility, "facility")?,
        item: text(fact.item, "item")?,
        lot: text(fact.lot, "lot")?,
        up: fact.up,
        quantity: fact.quantity,
        reason: text(fact.reason, "reason")?,
    })
}

pub(crate) fn hand_over_out(fact: &HandOver) -> proto::HandOver {
    proto::HandOver {
        from: fact.from.clone(),
        to: fact.to.clone(),
        item: fact.item.clone(),
        lot: fact.lot.clone(),
        quantity: fact.quantity,
        condition: fact.condition.clone(),
        commit: id_out(fact.commit.as_ref()),
    }
}

pub(crate) fn hand_over_in(fact: proto::HandOver) -> Result<HandOver, Refusal> {
    Ok(HandOver {
        from: text(fact.from, "from")?,
        to: text(fact.to, "to")?,
        item: text(fact.item, "item")?,
        lot: text(fact.lot, "lot")?,
        quantity: fact.quantity,
        condition: text(fact.condition, "condition")?,
        commit: id_in(&fact.commit, "commit")?,
    })
}

pub(crate) fn take_over_out(fact: &TakeOver) -> proto::TakeOver {
    proto::TakeOver {
        hand_over: fact.hand_over.0.to_vec(),
        item: fact.item.clone(),
        lot: fact.lot.clone(),
        quantity: fact.quantity,
        condition: fact.condition.clone(),
    }
}

pub(crate) fn take_over_in(fact: proto::TakeOver) -> Result<TakeOver, Refusal> {
    Ok(TakeOver {
        hand_over: digest(&fact.hand_over, "hand_over")?,
        item: text(fact.item, "item")?,
        lot: text(fact.lot, "lot")?,
        quantity: fact.quantity,
        condition: text(fact.condition, "condition")?,
    })
}

pub(crate) fn settled_out(fact: &DiscrepancySettled) -> proto::DiscrepancySettled {
    proto::DiscrepancySettled { hand_over: fact.hand_over.0.to_vec(), lost: fact.lost, returned: fact.returned }
}

pub(crate) fn settled_in(fact: proto::DiscrepancySettled) -> Result<DiscrepancySettled, Refusal> {
    let hand_over = digest(&fact.hand_over, "hand_over")?;
    Ok(DiscrepancySettled { hand_over, lost: fact.lost, returned: fact.returned })
}

pub(crate) fn request_out(fact: &ResourceRequest) -> proto::ResourceRequest {
    proto::ResourceRequest {
        facility: fact.facility.clone(),
        item: fact.item.clone(),
        quantity: fact.quantity,
        needed_by: fact.needed_by.0,
        reason: fact.reason.clone(),
    }
}

pub(crate) fn request_in(fact: proto::ResourceRequest) -> Result<ResourceRequest, Refusal> {
    Ok(ResourceRequest {
        facility: text(fact.facility, "facility")?,
        item: text(fact.item, "item")?,
        quantity: fact.quantity,
        needed_by: Date(fact.needed_by),
        reason: text(fact.reason, "reason")?,
    })
}

pub(crate) fn commit_out(fact: &Commit) -> proto::Commit {
    proto::Commit {
        request: fact.request.0.to_vec(),
        from: fact.from.clone(),
        lot: fact.lot.clone(),
        quantity: fact.quantity,
    }
}

pub(crate) fn commit_in(fact: proto::Commit) -> Result<Commit, Refusal> {
    Ok(Commit {
        request: digest(&fact.request, "request")?,
        from: text(fact.from, "from")?,
        lot: text(fact.lot, "lot")?,
        quantity: fact.quantity,
    })
}

pub(crate) fn release_out(fact: &Release) -> proto::Release {
    proto::Release { commit: fact.commit.0.to_vec() }
}

pub(crate) fn release_in(fact: proto::Release) -> Result<Release, Refusal> {
    Ok(Release { commit: digest(&fact.commit, "commit")? })
}

pub(crate) fn pledge_out(fact: &Pledge) -> proto::Pledge {
    proto::Pledge {
        item: fact.item.clone(),
        quantity: fact.quantity,
        donor: fact.donor.0.to_vec(),
        purpose: fact.purpose.clone(),
    }
}

pub(crate) fn pledge_in(fact: proto::Pledge) -> Result<Pledge, Refusal> {
    Ok(Pledge {
        item: text(fact.item, "item")?,
        quantity: fact.quantity,
        donor: digest(&fact.donor, "donor")?,
        purpose: text(fact.purpose, "purpose")?,
    })
}

pub(crate) fn purchase_out(fact: &Purchase) -> proto::Purchase {
    let payment =
        |one: &Payment| proto::Payment { facility: one.facility.clone(), lot: one.lot.clone(), amount: one.amount };
    proto::Purchase {
        facility: fact.facility.clone(),
        item: fact.item.clone(),
        lot: fact.lot.clone(),
        quantity: fact.quantity,
        expiry: fact.expiry.map(|day| day.0),
        supplier: fact.supplier.clone(),
        paid: fact.paid.iter().map(payment).collect(),
    }
}

pub(crate) fn purchase_in(fact: proto::Purchase) -> Result<Purchase, Refusal> {
    at_most(fact.paid.len(), MAX_PAYMENTS, "paid")?;
    let payment = |one: proto::Payment| {
        Ok(Payment {
            facility: text(one.facility, "paid.facility")?,
            lot: text(one.lot, "paid.lot")?,
            amount: one.amount,
        })
    };
    Ok(Purchase {
        facility: text(fact.facility, "facility")?,
        item: text(fact.item, "item")?,
        lot: text(fact.lot, "lot")?,
        quantity: fact.quantity,
        expiry: fact.expiry.map(Date),
        supplier: text(fact.supplier, "supplier")?,
        paid: fact.paid.into_iter().map(payment).collect::<Result<_, Refusal>>()?,
    })
}

/// The bytes of an event id that may be left out; no id is empty.
fn id_out(id: Option<&EventId>) -> Vec<u8> {
    id.map(|id| id.0.to_vec()).unwrap_or_default()
}

fn id_in(bytes: &[u8], field: &'static str) -> Result<Option<EventId>, Refusal> {
    if bytes.is_empty() { Ok(None) } else { digest(bytes, field).map(Some) }
}
