//! A lot of an item in a store, and every way in and out of it. Whatever moves a lot goes through [`Lot::flow`], which
//! also keeps the donation's sums, so that the two can't part.
//!
//! Bounds: all that ever came into a lot at most [`MAX_COUNT`](crate::event::MAX_COUNT), and nothing goes out that is not
//! on hand, because a shelf cannot owe.

use crate::act::{Act, Halt};
use crate::codec::record;
use crate::event::EventId;
use crate::record::MemberRecord;
use crate::refusal::{Code, Refusal};
use crate::state::Draft;
use crate::time::{Date, Millis};
use crate::{facility, field, keys};

use super::donation;
use super::flow::Flow;
use super::{less, more};

record! {
    /// What all units of a lot have in common. Units that differ in it are kept in lots of their own.
    pub struct Marks {
        /// The last day they may be used.
        pub expiry: Option<Date>,
        /// The pledge they were given for.
        pub donation: Option<EventId>,
        /// The purchase they came by.
        pub purchase: Option<EventId>,
    }

    /// A lot of an item at a store, at `keys::stock(facility, item, lot)`; it stays when nothing is left, so that an
    /// empty lot and an unknown one differ. Its version is what `expect[]` names.
    pub struct StockRecord {
        /// The store.
        pub facility: String,
        /// The item.
        pub item: String,
        /// The lot.
        pub lot: String,
        /// Whose store it is.
        pub member: String,
        /// What its units have in common.
        pub marks: Marks,
        /// Units that came in from outside the chain: supplied, given, bought.
        pub received: u64,
        /// Units found beyond the books.
        pub found: u64,
        /// Units taken over from other stores.
        pub taken_over: u64,
        /// Units that came back from a hand-over that failed.
        pub returned: u64,
        /// Units used.
        pub issued: u64,
        /// Units destroyed.
        pub wasted: u64,
        /// Units missing from the books.
        pub missing: u64,
        /// Units handed over to other stores.
        pub handed_over: u64,
        /// Money paid for goods.
        pub spent: u64,
        /// Units on hand that are promised; after a stocktake it may be more than is on hand.
        pub reserved: u64,
        /// Chain time of the last movement in or out. A stocktake or promise moves nothing.
        pub moved_at: Millis,
        /// The last event that changed it.
        pub event: EventId,
    }
}

impl StockRecord {
    /// Units that ever came in.
    pub fn came_in(&self) -> u64 {
        [self.received, self.found, self.taken_over, self.returned].into_iter().fold(0, u64::saturating_add)
    }

    /// Units that ever went out; at most those that came in.
    pub fn went_out(&self) -> u64 {
        let out = [self.issued, self.wasted, self.missing, self.handed_over, self.spent];
        out.into_iter().fold(0, u64::saturating_add)
    }

    /// Units on hand.
    pub fn on_hand(&self) -> u64 {
        self.came_in().saturating_sub(self.went_out())
    }

    /// Units on hand that nobody was promised.
    pub fn free(&self) -> u64 {
        self.on_hand().saturating_sub(self.reserved)
    }
}

/// The names of a lot.
pub(super) fn place(facility: &str, item: &str, lot: &str) -> Result<(), Refusal> {
    field::name("facility", facility)?;
    field::name("item", item)?;
    field::name("lot", lot)
}

/// Where a lot is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    pub(super) facility: &'a str,
    pub(super) item: &'a str,
    pub(super) lot: &'a str,
}

impl Place<'_> {
    fn key(&self) -> Vec<u8> {
        keys::stock(self.facility, self.item, self.lot)
    }
}

/// A lot taken up to change it; [`Lot::keep`] puts it back.
pub(super) struct Lot {
    pub(super) record: StockRecord,
    moved: bool,
    /// Its place among the idle lots when it was taken up.
    idle: Option<Vec<u8>>,
}

impl Lot {
    /// A lot that is known.
    pub(super) fn known(draft: &mut Draft<'_>, place: Place<'_>) -> Result<Self, Halt> {
        let detail = "nothing of this item and lot ever came in here";
        let found = draft.get::<StockRecord>(&place.key())?;
        let record = found.ok_or_else(|| Refusal::of(Code::UnknownLot, "lot", detail))?;
        Ok(Lot { idle: Some(idle_key(&record)), record, moved: false })
    }

    /// A known lot in a store of the member's.
    pub(super) fn own(draft: &mut Draft<'_>, member: &MemberRecord, place: Place<'_>) -> Result<Self, Halt> {
        facility::is_owned(draft, place.facility, member)?;
        Lot::known(draft, place)
    }

    /// The lot that takes units with these marks in: the one that is there, if its units have the same, or a new one.
    pub(super) fn taking(
        draft: &mut Draft<'_>,
        member: &MemberRecord,
        place: Place<'_>,
        marks: &Marks,
    ) -> Result<Self, Halt> {
        if let Some(record) = fitting(draft, place, marks)? {
            return Ok(Lot { idle: Some(idle_key(&record)), record, moved: false });
        }
        let record = StockRecord {
            facility: place.facility.to_owned(),
            item: place.item.to_owned(),
            lot: place.lot.to_owned(),
            member: member.id.clone(),
            marks: marks.clone(),
            received: 0,
            found: 0,
            taken_over: 0,
            returned: 0,
            issued: 0,
            wasted: 0,
            missing: 0,
            handed_over: 0,
            spent: 0,
            reserved: 0,
            moved_at: Millis(0),
            event: EventId::of(b""),
        };
        Ok(Lot { record, moved: false, idle: None })
    }

    /// Refuses to give away what was promised to others.
    pub(super) fn has_free(&self, quantity: u64) -> Result<(), Refusal> {
        let free = self.record.free();
        if quantity > free {
            let promised = self.record.on_hand().saturating_sub(free);
            let detail = format!("only {free} units are on hand and free; {promised} more are promised");
            return Err(Refusal::of(Code::Insufficient, "quantity", detail));
        }
        Ok(())
    }

    /// Units in or out, in the books of the lot and of the donation they are of.
    pub(super) fn flow(&mut self, draft: &mut Draft<'_>, flow: Flow, quantity: u64) -> Result<(), Halt> {
        let lot = &mut self.record;
        if flow.is_in() {
            more(lot.came_in(), quantity)?;
        } else if quantity > lot.on_hand() {
            let detail = format!("only {} units are on hand", lot.on_hand());
            return Err(Refusal::of(Code::Insufficient, "quantity", detail).into());
        }
        let sum = match flow {
            Flow::Received => &mut lot.received,
            Flow::Found => &mut lot.found,
            Flow::TakenOver => &mut lot.taken_over,
            Flow::Returned => &mut lot.returned,
            Flow::Issued => &mut lot.issued,
            Flow::Wasted => &mut lot.wasted,
            Flow::Missing => &mut lot.missing,
            Flow::HandedOver => &mut lot.handed_over,
            Flow::Spent => &mut lot.spent,
        };
        *sum = more(*sum, quantity)?;
        self.moved |= flow.moves();
        match lot.marks.donation {
            Some(id) => donation::flows(draft, &id, flow, quantity),
            None => Ok(()),
        }
    }

    /// Promises units; they must be free.
    pub(super) fn reserve(&mut self, quantity: u64) -> Result<(), Refusal> {
        self.has_free(quantity)?;
        self.record.reserved = more(self.record.reserved, quantity)?;
        Ok(())
    }

    /// A promise of units ends.
    pub(super) fn unreserve(&mut self, quantity: u64) -> Result<(), Halt> {
        self.record.reserved = less(self.record.reserved, quantity)?;
        Ok(())
    }

    /// Puts the lot back, with its place among the idle ones while it has anything free.
    pub(super) fn keep(mut self, draft: &mut Draft<'_>, act: &Act<'_>) {
        if let Some(idle) = self.idle {
            draft.delete(idle);
        }
        let lot = &mut self.record;
        if self.moved {
            lot.moved_at = act.scene.now;
        }
        lot.event = act.submitted.id;
        if lot.free() > 0 {
            draft.put(idle_key(lot), &());
        }
        draft.put(keys::stock(&lot.facility, &lot.item, &lot.lot), lot);
    }
}

fn idle_key(lot: &StockRecord) -> Vec<u8> {
    keys::idle_lot(&lot.item, lot.moved_at, &lot.facility, &lot.lot)
}

/// The lot at a place, if there is one; refused when its units have other marks.
pub(super) fn fitting(draft: &mut Draft<'_>, place: Place<'_>, marks: &Marks) -> Result<Option<StockRecord>, Halt> {
    let found = draft.get::<StockRecord>(&place.key())?;
    if found.as_ref().is_some_and(|lot| lot.marks != *marks) {
        let detail = "the lot there has another expiry, donation or purchase; keep these units in a lot of their own";
        return Err(Refusal::of(Code::LotMixed, "lot", detail).into());
    }
    Ok(found)
}
