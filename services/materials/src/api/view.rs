//! The JSON of answers.

use domain::materials::StockRecord;
use domain::time::Millis;
use serde::Serialize;
use utoipa::ToSchema;

use crate::model::Move;

/// A lot of an item at a facility.
#[derive(Debug, Serialize, ToSchema)]
struct LotView {
    facility: String,
    item: String,
    lot: String,
    /// Who states it.
    member: String,
    /// Units on hand.
    on_hand: u64,
    /// Units that ever came in.
    received: u64,
    /// Units that ever went out.
    issued: u64,
    /// The last movement's event.
    event_id: String,
    /// The key and version that `expect[]` of the next movement may name.
    key: String,
    version: u64,
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
    /// `stock_received` or `stock_issued`.
    kind: &'static str,
    facility: String,
    item: String,
    lot: String,
    quantity: u64,
    /// Where from or to.
    counterparty: String,
    /// Who states it.
    member: String,
    occurred_at: String,
    /// Units of the lot on hand after it.
    on_hand: u64,
    event_id: String,
    /// Its place in the log.
    index: u64,
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

pub(super) fn lots((height, time): (u64, Millis), found: Vec<(StockRecord, u64)>, next: Option<String>) -> LotsPage {
    let line = |(lot, version): (StockRecord, u64)| LotView {
        key: String::from_utf8_lossy(&domain::keys::stock(&lot.facility, &lot.item, &lot.lot)).into_owned(),
        version,
        on_hand: lot.on_hand(),
        event_id: lot.event.to_string(),
        facility: lot.facility,
        item: lot.item,
        lot: lot.lot,
        member: lot.member,
        received: lot.received,
        issued: lot.issued,
    };
    LotsPage { height, chain_time: time.to_string(), stock: found.into_iter().map(line).collect(), next }
}

pub(super) fn moves((height, time): (u64, Millis), found: Vec<(u64, Move)>, next: Option<String>) -> MovesPage {
    let line = |(index, one): (u64, Move)| MoveView {
        kind: if one.received { "stock_received" } else { "stock_issued" },
        facility: one.facility,
        item: one.item,
        lot: one.lot,
        quantity: one.quantity,
        counterparty: one.counterparty,
        member: one.member,
        occurred_at: one.occurred_at.to_string(),
        on_hand: one.on_hand,
        event_id: one.event.to_string(),
        index,
    };
    MovesPage { height, chain_time: time.to_string(), moves: found.into_iter().map(line).collect(), next }
}
