//! The JSON and CSV of answers. Every figure has the event that made it, and an event its proof file.

use domain::event::EventId;
use domain::materials::{
    CommitRecord, DiscrepancyRecord, DonationRecord, HandOverRecord, Handed, ItemRecord, RequestRecord, StockRecord,
};
use domain::record::Outcome;
use domain::time::Millis;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::model::{ItemSums, Moved, Stock, lot_of};

/// A lot of an item at a facility.
#[derive(Debug, Serialize, ToSchema)]
struct LotView {
    facility: String,
    item: String,
    lot: String,
    /// Whose store it is.
    member: String,
    /// The last day it may be used.
    expiry: Option<String>,
    /// The pledge it was given for.
    donation: Option<String>,
    /// The purchase it came by.
    purchase: Option<String>,
    /// Units on hand.
    on_hand: u64,
    /// Of those promised to nobody.
    free: u64,
    reserved: u64,
    /// Units that came from outside the chain.
    received: u64,
    found: u64,
    taken_over: u64,
    returned: u64,
    /// Units used.
    issued: u64,
    wasted: u64,
    missing: u64,
    handed_over: u64,
    /// Fen paid for goods.
    spent: u64,
    /// Chain time of the last movement in or out.
    moved_at: String,
    /// The last event that changed it.
    event_id: String,
    /// Its proof file.
    proof: String,
    /// The key and version that `expect[]` of the next movement may name; no version as of another day.
    key: String,
    version: Option<u64>,
}

/// A page of lots.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LotsPage {
    /// The last final block taken in; later movements are not in here yet.
    height: u64,
    /// Its chain time.
    chain_time: String,
    stock: Vec<LotView>,
    /// The cursor of the next page, if there is one.
    next: Option<String>,
}

/// One movement.
#[derive(Debug, Serialize, ToSchema)]
struct MoveView {
    kind: &'static str,
    /// Who signed it.
    member: String,
    /// Chain time of its block.
    chain_time: String,
    height: u64,
    /// What was signed, but for the proof of who did.
    event: Value,
    /// Units of the lot it names on hand after it; of a hand-over the giver's, of a take-over the taker's.
    on_hand: Option<u64>,
    event_id: String,
    /// Its place in the log.
    index: u64,
    /// Its proof file.
    proof: String,
}

/// A page of movements.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MovesPage {
    /// The last final block taken in; later movements are not in here yet.
    height: u64,
    /// Its chain time.
    chain_time: String,
    moves: Vec<MoveView>,
    /// The cursor of the next page, if there is one.
    next: Option<String>,
}

/// The sums of an item over all stores and hands, in its units.
#[derive(Debug, Serialize, ToSchema)]
struct ItemSumsView {
    item: String,
    received: u64,
    found: u64,
    held: u64,
    /// Of those held, promised.
    reserved: u64,
    in_transit: u64,
    disputed: u64,
    used: u64,
    wasted: u64,
    missing: u64,
    lost: u64,
    spent: u64,
    /// Whether all that came in is somewhere.
    closes: bool,
}

/// The sums of items.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SumsView {
    /// The last final block taken in; later movements are not in here yet.
    height: u64,
    /// Its chain time.
    chain_time: String,
    items: Vec<ItemSumsView>,
}

/// The way to the proof file of an event.
fn proof(chain: &str, id: &EventId) -> String {
    format!("/v1/chains/{chain}/events/{id}/proof")
}

pub(super) fn lots(
    chain: &str,
    (height, time): (u64, Millis),
    found: Vec<(StockRecord, Option<u64>)>,
    next: Option<String>,
) -> LotsPage {
    let line = |(lot, version): (StockRecord, Option<u64>)| LotView {
        key: String::from_utf8_lossy(&domain::keys::stock(&lot.facility, &lot.item, &lot.lot)).into_owned(),
        version,
        expiry: lot.marks.expiry.map(|day| day.to_string()),
        donation: lot.marks.donation.map(|id| id.to_string()),
        purchase: lot.marks.purchase.map(|id| id.to_string()),
        on_hand: lot.on_hand(),
        free: lot.free(),
        moved_at: lot.moved_at.to_string(),
        event_id: lot.event.to_string(),
        proof: proof(chain, &lot.event),
        facility: lot.facility,
        item: lot.item,
        lot: lot.lot,
        member: lot.member,
        reserved: lot.reserved,
        received: lot.received,
        found: lot.found,
        taken_over: lot.taken_over,
        returned: lot.returned,
        issued: lot.issued,
        wasted: lot.wasted,
        missing: lot.missing,
        handed_over: lot.handed_over,
        spent: lot.spent,
    };
    LotsPage { height, chain_time: time.to_string(), stock: found.into_iter().map(line).collect(), next }
}

/// A movement as it is shown.
pub(super) struct Shown {
    pub(super) index: u64,
    moved: Moved,
    event: domain::event::Event,
    on_hand: Option<u64>,
}

impl Shown {
    /// Reads what a movement is shown with.
    pub(super) fn of(stock: &Stock, index: u64, moved: Moved) -> anyhow::Result<Self> {
        let event = wire::event::decode(&moved.body)?;
        let on_hand = match &event.fact {
            domain::event::Fact::TakeOver(taken) => match stock.hand_over(&taken.hand_over)? {
                Some((given, _)) => stock.lot_then((&given.to, &given.given.item, &given.given.lot), index)?,
                None => None,
            },
            fact => lot_of(fact).map_or(Ok(None), |place| stock.lot_then(place, index))?,
        };
        Ok(Shown { index, moved, event, on_hand: on_hand.map(|lot| lot.on_hand()) })
    }
}

pub(super) fn moves(chain: &str, (height, time): (u64, Millis), found: Vec<Shown>, next: Option<String>) -> MovesPage {
    let line = |Shown { index, moved, event, on_hand }: Shown| MoveView {
        kind: domain::record::Kind::of(&event.fact).name(),
        chain_time: moved.at.to_string(),
        height: moved.height,
        event: wire::json::event_view(&event),
        on_hand,
        event_id: moved.event.to_string(),
        proof: proof(chain, &moved.event),
        member: moved.member,
        index,
    };
    MovesPage { height, chain_time: time.to_string(), moves: found.into_iter().map(line).collect(), next }
}

pub(super) fn sums((height, time): (u64, Millis), found: Vec<(String, ItemSums)>) -> SumsView {
    let line = |(item, sums): (String, ItemSums)| ItemSumsView {
        item,
        closes: sums.closes(),
        received: sums.received,
        found: sums.found,
        held: sums.held,
        reserved: sums.reserved,
        in_transit: sums.in_transit,
        disputed: sums.disputed,
        used: sums.used,
        wasted: sums.wasted,
        missing: sums.missing,
        lost: sums.lost,
        spent: sums.spent,
    };
    SumsView { height, chain_time: time.to_string(), items: found.into_iter().map(line).collect() }
}

pub(super) fn items((height, time): (u64, Millis), found: &[ItemRecord]) -> Value {
    let line = |item: &ItemRecord| {
        json!({
            "item": item.item,
            "title": item.title,
            "gtin": item.gtin,
            "unit": item.unit,
            "pack": item.pack,
            "cold_chain": item.cold_chain,
            "member": item.member,
            "event_id": item.event.to_string(),
        })
    };
    json!({ "height": height, "chain_time": time.to_string(), "items": found.iter().map(line).collect::<Value>() })
}

fn page(name: &str, (height, time): (u64, Millis), lines: Value, next: Option<String>) -> Value {
    json!({ "height": height, "chain_time": time.to_string(), name: lines, "next": next })
}

fn handed(word: &Handed) -> Value {
    json!({ "item": word.item, "lot": word.lot, "quantity": word.quantity, "condition": word.condition })
}

/// `in_transit`, `received`, `disputed` or `settled`.
fn hand_over_state(record: &HandOverRecord, found: Option<&DiscrepancyRecord>) -> &'static str {
    match (record.taken_over, found) {
        (None, _) => "in_transit",
        (Some(_), None) => "received",
        (Some(_), Some(found)) if found.settled.is_none() => "disputed",
        (Some(_), Some(_)) => "settled",
    }
}

pub(super) fn hand_overs(
    chain: &str,
    at: (u64, Millis),
    found: &[(EventId, HandOverRecord, Option<DiscrepancyRecord>)],
    next: Option<String>,
) -> Value {
    let line = |(id, record, found): &(EventId, HandOverRecord, Option<DiscrepancyRecord>)| {
        json!({
            "event_id": id.to_string(),
            "proof": proof(chain, id),
            "from": record.from,
            "to": record.to,
            "giver": record.member,
            "given": handed(&record.given),
            "handed_at": record.handed_at.to_string(),
            "expiry": record.marks.expiry.map(|day| day.to_string()),
            "donation": record.marks.donation.map(|id| id.to_string()),
            "purchase": record.marks.purchase.map(|id| id.to_string()),
            "commit": record.commit.map(|id| id.to_string()),
            "request": record.request.map(|id| id.to_string()),
            "take_over": record.taken_over.map(|id| id.to_string()),
            "take_over_proof": record.taken_over.map(|id| proof(chain, &id)),
            "state": hand_over_state(record, found.as_ref()),
            "discrepancy": found.as_ref().map(|found| discrepancy(chain, found)),
        })
    };
    page("hand_overs", at, found.iter().map(line).collect(), next)
}

fn discrepancy(chain: &str, found: &DiscrepancyRecord) -> Value {
    let said = found.said.as_ref().map(|said| {
        json!({
            "member": said.member,
            "lost": said.lost,
            "returned": said.returned,
            "event_id": said.event.to_string(),
            "proof": proof(chain, &said.event),
        })
    });
    json!({
        "hand_over": found.hand_over.to_string(),
        "hand_over_proof": proof(chain, &found.hand_over),
        "take_over": found.take_over.to_string(),
        "take_over_proof": proof(chain, &found.take_over),
        "from": found.from,
        "to": found.to,
        "giver": found.giver,
        "taker": found.taker,
        "given": handed(&found.given),
        "taken": handed(&found.taken),
        "entered": found.entered,
        "disputed": found.disputed,
        "excess": found.excess,
        "said": said,
        "settled": found.settled.map(|id| id.to_string()),
    })
}

pub(super) fn discrepancies(
    chain: &str,
    at: (u64, Millis),
    found: &[(EventId, DiscrepancyRecord)],
    next: Option<String>,
) -> Value {
    page("discrepancies", at, found.iter().map(|(_, found)| discrepancy(chain, found)).collect(), next)
}

pub(super) fn requests(
    at: (u64, Millis),
    found: &[(EventId, RequestRecord)],
    judged: &[Outcome],
    next: Option<String>,
) -> Value {
    let line = |((id, record), outcome): (&(EventId, RequestRecord), &Outcome)| {
        json!({
            "event_id": id.to_string(),
            "facility": record.facility,
            "item": record.item,
            "member": record.member,
            "asked": record.asked,
            "needed_by": record.needed_by.to_string(),
            "reason": record.reason,
            "committed": record.committed,
            "dispatched": record.dispatched,
            "received": record.received,
            "short": record.short(),
            "state": record.state(*outcome).name(),
        })
    };
    page("requests", at, found.iter().zip(judged).map(line).collect(), next)
}

pub(super) fn commits(at: (u64, Millis), found: &[(EventId, CommitRecord)], next: Option<String>) -> Value {
    let line = |(id, record): &(EventId, CommitRecord)| {
        json!({
            "event_id": id.to_string(),
            "request": record.request.to_string(),
            "from": record.from,
            "item": record.item,
            "lot": record.lot,
            "member": record.member,
            "requisitioned": record.requisitioned,
            "quantity": record.quantity,
            "left": record.left,
        })
    };
    page("commits", at, found.iter().map(line).collect(), next)
}

pub(super) fn donations(
    chain: &str,
    at: (u64, Millis),
    found: &[(EventId, DonationRecord)],
    next: Option<String>,
) -> Value {
    let line = |(id, record): &(EventId, DonationRecord)| {
        json!({
            "event_id": id.to_string(),
            "proof": proof(chain, id),
            "steps": format!("/v1/chains/{chain}/stock/moves?donation={id}"),
            "item": record.item,
            "member": record.member,
            "purpose": record.purpose,
            "pledged": record.pledged,
            "received": record.received,
            "found": record.found,
            "held": record.held(),
            "in_transit": record.in_transit,
            "disputed": record.disputed,
            "used": record.used,
            "wasted": record.wasted,
            "missing": record.missing,
            "lost": record.lost,
            "spent": record.spent,
        })
    };
    page("donations", at, found.iter().map(line).collect(), next)
}

/// One row a lot, with the column names of an upload where they are the same.
pub(super) fn sheet(found: &[(StockRecord, Option<u64>)]) -> anyhow::Result<String> {
    let mut out = csv::Writer::from_writer(Vec::new());
    out.write_record([
        "facility",
        "item",
        "lot",
        "expiry",
        "donation",
        "on_hand",
        "reserved",
        "received",
        "found",
        "taken_over",
        "returned",
        "issued",
        "wasted",
        "missing",
        "handed_over",
        "spent",
        "moved_at",
        "event_id",
    ])?;
    for (lot, _) in found {
        let sums = [
            lot.on_hand(),
            lot.reserved,
            lot.received,
            lot.found,
            lot.taken_over,
            lot.returned,
            lot.issued,
            lot.wasted,
            lot.missing,
            lot.handed_over,
            lot.spent,
        ];
        let mut row = vec![plain(&lot.facility), plain(&lot.item), plain(&lot.lot)];
        row.push(lot.marks.expiry.map(|day| day.to_string()).unwrap_or_default());
        row.push(lot.marks.donation.map(|id| id.to_string()).unwrap_or_default());
        row.extend(sums.iter().map(u64::to_string));
        row.extend([lot.moved_at.to_string(), lot.event.to_string()]);
        out.write_record(row)?;
    }
    Ok(String::from_utf8(out.into_inner()?)?)
}

/// A name may begin with '-', which a spreadsheet takes for the start of a formula; with a blank before it, it is text.
fn plain(name: &str) -> String {
    if name.starts_with('-') { format!(" {name}") } else { name.to_owned() }
}
