//! A warehouse's stock by item and lot: what was received, what was issued, what is on hand.
//!
//! It is not custody between two members: a movement is stated by the warehouse's own member alone. Bounds: a movement
//! is at least one unit, all that a lot ever received at most [`MAX_COUNT`], and no more is
//! issued than is on hand, because a shelf cannot owe.

use crate::codec::record;
use crate::event::{EventId, MAX_COUNT, StockMove};
use crate::facility;
use crate::form;
use crate::keys;
use crate::record::Outcome;
use crate::refusal::{Code, Refusal};
use crate::rule::{Act, Halt};
use crate::state::Draft;

record! {
    /// A lot of an item at a warehouse, at `keys::stock(facility, item, lot)`; it stays when nothing is left, so that an
    /// empty lot and an unknown one differ. Its version is what `expect[]` names.
    pub struct StockRecord {
        /// The warehouse.
        pub facility: String,
        /// The item.
        pub item: String,
        /// The lot.
        pub lot: String,
        /// Who states it.
        pub member: String,
        /// Units that ever came in.
        pub received: u64,
        /// Units that ever went out; at most `received`.
        pub issued: u64,
        /// The last movement.
        pub event: EventId,
    }
}

impl StockRecord {
    /// Units on hand.
    pub fn on_hand(&self) -> u64 {
        self.received.saturating_sub(self.issued)
    }
}

/// The form of a movement.
pub fn check(stock: &StockMove) -> Result<(), Refusal> {
    form::name("facility", &stock.facility)?;
    form::name("item", &stock.item)?;
    form::name("lot", &stock.lot)?;
    form::name("counterparty", &stock.counterparty)?;
    form::count("quantity", stock.quantity, 1)?;
    if stock.counterparty == stock.facility {
        return Err(Refusal::of(Code::SelfTransfer, "counterparty", "a movement goes from one place to another"));
    }
    Ok(())
}

/// Stock that came in: opens a lot or adds to it.
pub(crate) fn received(draft: &mut Draft<'_>, act: &Act<'_>, stock: &StockMove) -> Result<Outcome, Halt> {
    check(stock)?;
    facility::claim(draft, &stock.facility, act.member)?;
    let key = keys::stock(&stock.facility, &stock.item, &stock.lot);
    let before = draft.get::<StockRecord>(&key)?;
    let (had, issued) = before.map_or((0, 0), |lot| (lot.received, lot.issued));
    let received = had.checked_add(stock.quantity).filter(|sum| *sum <= MAX_COUNT);
    let detail = "the lot would have received more than 2^53 units";
    let received = received.ok_or_else(|| Refusal::of(Code::OutOfRange, "quantity", detail))?;
    let record = StockRecord {
        facility: stock.facility.clone(),
        item: stock.item.clone(),
        lot: stock.lot.clone(),
        member: act.member.id.clone(),
        received,
        issued,
        event: act.submitted.id,
    };
    draft.put(key, &record);
    Ok(Outcome::Accepted)
}

/// Stock that went out of a lot.
pub(crate) fn issued(draft: &mut Draft<'_>, act: &Act<'_>, stock: &StockMove) -> Result<Outcome, Halt> {
    check(stock)?;
    facility::is_owned(draft, &stock.facility, act.member)?;
    let key = keys::stock(&stock.facility, &stock.item, &stock.lot);
    let Some(mut lot) = draft.get::<StockRecord>(&key)? else {
        return Err(Refusal::of(Code::UnknownLot, "lot", "nothing of this item and lot was received here").into());
    };
    if stock.quantity > lot.on_hand() {
        let detail = format!("only {} units are on hand", lot.on_hand());
        return Err(Refusal::of(Code::Insufficient, "quantity", detail).into());
    }
    lot.issued = lot.issued.saturating_add(stock.quantity);
    lot.event = act.submitted.id;
    draft.put(key, &lot);
    Ok(Outcome::Accepted)
}

#[cfg(test)]
mod tests;
