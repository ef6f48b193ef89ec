//! The JSON and CSV of answers. Every figure has the event that made it, and an event its proof file.

pub(super) mod custody;
pub(super) mod donations;
pub(super) mod requests;

use domain::event::EventId;
use domain::materials::{ItemRecord, StockRecord};
use host::projection::At;
use serde::Serialize;
use serde_json::Value;
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
    /// The way to every movement behind these figures, each with its event and proof.
    moves: String,
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

/// An item as a member defined it.
#[derive(Debug, Serialize, ToSchema)]
struct ItemView {
    item: String,
    title: String,
    /// The GS1 trade item number, empty where there is none.
    gtin: String,
    /// What one unit is: `piece`, `litre`.
    unit: String,
    /// Units in a pack.
    pack: u64,
    /// Whether it must stay cold.
    cold_chain: bool,
    /// Who defined it.
    member: String,
    event_id: String,
}

/// Every item, by name.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ItemsView {
    /// The last final block taken in; later definitions are not in here yet.
    height: u64,
    /// Its chain time.
    chain_time: String,
    items: Vec<ItemView>,
}

/// The way to the proof file of an event.
pub(super) fn proof(chain: &str, id: &EventId) -> String {
    format!("/v1/chains/{chain}/events/{id}/proof")
}

pub(super) fn lots(
    chain: &str,
    At { height, chain_time }: At,
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
    LotsPage { height, chain_time: chain_time.to_string(), stock: found.into_iter().map(line).collect(), next }
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

pub(super) fn moves(chain: &str, At { height, chain_time }: At, found: Vec<Shown>, next: Option<String>) -> MovesPage {
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
    MovesPage { height, chain_time: chain_time.to_string(), moves: found.into_iter().map(line).collect(), next }
}

pub(super) fn sums(chain: &str, At { height, chain_time }: At, found: Vec<(String, ItemSums)>) -> SumsView {
    let line = |(item, sums): (String, ItemSums)| ItemSumsView {
        moves: format!("/v1/chains/{chain}/stock/moves?item={item}"),
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
    SumsView { height, chain_time: chain_time.to_string(), items: found.into_iter().map(line).collect() }
}

pub(super) fn items(At { height, chain_time }: At, found: &[ItemRecord]) -> ItemsView {
    let line = |item: &ItemRecord| ItemView {
        item: item.item.clone(),
        title: item.title.clone(),
        gtin: item.gtin.clone(),
        unit: item.unit.clone(),
        pack: item.pack,
        cold_chain: item.cold_chain,
        member: item.member.clone(),
        event_id: item.event.to_string(),
    };
    ItemsView { height, chain_time: chain_time.to_string(), items: found.iter().map(line).collect() }
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
