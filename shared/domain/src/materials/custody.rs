//! From hand to hand: the giver signs what he lets go, the taker signs what he found, and the ledger compares. What both
//! say enters the taker's store; what they do not agree on is disputed until both say the same about it.
//!
//! Nothing is undone by a dispute: what was handed over has left the giver's store whatever the taker says.

use crate::act::{Act, Halt};
use crate::alert::{self, AlertKind, AlertState, AlertText};
use crate::codec::record;
use crate::event::{AlertLevel, DiscrepancySettled, EventId, HandOver, TakeOver};
use crate::facility::FacilityRecord;
use crate::record::Outcome;
use crate::refusal::{Code, Refusal};
use crate::state::Draft;
use crate::time::Millis;
use crate::{facility, field, keys};

use super::flow::Flow;
use super::lot::{Lot, Marks, Place, fitting, place};
use super::{donation, no_such, request};

record! {
    /// What passes from a giver to a taker, as one of them says.
    pub struct Handed {
        /// The item.
        pub item: String,
        /// The lot.
        pub lot: String,
        /// Units.
        pub quantity: u64,
        /// In which condition.
        pub condition: String,
    }

    /// A hand-over, at `keys::hand_over(event)`. Until it is taken over its units are in transit.
    pub struct HandOverRecord {
        /// The giver's store.
        pub from: String,
        /// The taker's store.
        pub to: String,
        /// What the giver says.
        pub given: Handed,
        /// What the units have in common.
        pub marks: Marks,
        /// The promise it fulfils.
        pub commit: Option<EventId>,
        /// The request of that promise.
        pub request: Option<EventId>,
        /// The giver.
        pub member: String,
        /// When the giver let go of it.
        pub handed_at: Millis,
        /// The taker's event.
        pub taken_over: Option<EventId>,
    }

    /// What a giver and a taker do not agree on, at `keys::discrepancy(event of the hand-over)`.
    pub struct DiscrepancyRecord {
        /// The giver's event.
        pub hand_over: EventId,
        /// The taker's event.
        pub take_over: EventId,
        /// The giver's store.
        pub from: String,
        /// The taker's store.
        pub to: String,
        /// The giver.
        pub giver: String,
        /// The taker.
        pub taker: String,
        /// What the giver says.
        pub given: Handed,
        /// What the taker says.
        pub taken: Handed,
        /// Units that entered the taker's store.
        pub entered: u64,
        /// Units that did not.
        pub disputed: u64,
        /// Units the taker has beyond what was given; they are in no book until he says where they come from.
        pub excess: u64,
        /// What one of them says became of the disputed units.
        pub said: Option<Said>,
        /// The event with which both said the same.
        pub settled: Option<EventId>,
    }

    /// What a member says became of disputed units.
    pub struct Said {
        /// Who says it.
        pub member: String,
        /// Units that are gone.
        pub lost: u64,
        /// Units the giver has again.
        pub returned: u64,
        /// Where he says it.
        pub event: EventId,
    }
}

/// The form of a hand-over.
pub fn check_hand_over(fact: &HandOver) -> Result<(), Refusal> {
    place(&fact.from, &fact.item, &fact.lot)?;
    field::name("to", &fact.to)?;
    field::count("quantity", fact.quantity, 1)?;
    field::name("condition", &fact.condition)?;
    if fact.from == fact.to {
        return Err(Refusal::of(Code::SelfTransfer, "to", "a hand-over goes from one store to another"));
    }
    Ok(())
}

/// The form of a take-over.
pub fn check_take_over(fact: &TakeOver) -> Result<(), Refusal> {
    field::name("item", &fact.item)?;
    field::name("lot", &fact.lot)?;
    field::count("quantity", fact.quantity, 0)?;
    field::name("condition", &fact.condition)
}

/// The form of a settlement.
pub fn check_settled(fact: &DiscrepancySettled) -> Result<(), Refusal> {
    field::count("lost", fact.lost, 0)?;
    field::count("returned", fact.returned, 0)
}

/// The giver lets go, towards a store somebody speaks for.
pub(crate) fn hand_over(draft: &mut Draft<'_>, act: &Act<'_>, fact: &HandOver) -> Result<Outcome, Halt> {
    if draft.get::<FacilityRecord>(&keys::facility(&fact.to))?.is_none() {
        // Else whoever names the place first would be the taker.
        let detail = "nobody speaks for this store yet, so nobody could take over there";
        return Err(Refusal::of(Code::UnknownCode, "to", detail).into());
    }
    given(draft, act, fact)?;
    Ok(Outcome::Accepted)
}

/// The units are out of the giver's store and in transit.
pub(super) fn given(draft: &mut Draft<'_>, act: &Act<'_>, fact: &HandOver) -> Result<(), Halt> {
    let mut lot = Lot::own(draft, act.member, Place { facility: &fact.from, item: &fact.item, lot: &fact.lot })?;
    let marks = lot.record.marks.clone();
    fitting(draft, Place { facility: &fact.to, item: &fact.item, lot: &fact.lot }, &marks)?;
    let request = match &fact.commit {
        Some(commit) => Some(request::draw(draft, commit, fact, &mut lot)?),
        None => {
            lot.has_free(fact.quantity)?;
            None
        }
    };
    lot.flow(draft, Flow::HandedOver, fact.quantity)?;
    lot.keep(draft, act);
    let given = Handed {
        item: fact.item.clone(),
        lot: fact.lot.clone(),
        quantity: fact.quantity,
        condition: fact.condition.clone(),
    };
    let record = HandOverRecord {
        from: fact.from.clone(),
        to: fact.to.clone(),
        given,
        marks,
        commit: fact.commit,
        request,
        member: act.member.id.clone(),
        handed_at: act.event().occurred_at,
        taken_over: None,
    };
    draft.put(keys::hand_over(&act.submitted.id), &record);
    Ok(())
}

/// The taker says what he found; what he says otherwise than the giver rings.
pub(crate) fn take_over(draft: &mut Draft<'_>, act: &Act<'_>, fact: &TakeOver) -> Result<Outcome, Halt> {
    if let Some(discrepancy) = taken(draft, act, fact)? {
        ring(draft, act, &discrepancy)?;
    }
    Ok(Outcome::Accepted)
}

/// Of the same item and lot what came enters, up to what was given. Everything the taker says otherwise than the giver is
/// a discrepancy, which both see.
pub(super) fn taken(draft: &mut Draft<'_>, act: &Act<'_>, fact: &TakeOver) -> Result<Option<DiscrepancyRecord>, Halt> {
    let id = &fact.hand_over;
    let found = draft.get::<HandOverRecord>(&keys::hand_over(id))?;
    let mut record = found.ok_or_else(|| no_such("hand_over", "hand-over", id))?;
    facility::is_owned(draft, &record.to, act.member)?;
    if record.taken_over.is_some() {
        return Err(Refusal::of(Code::Closed, "hand_over", "it was taken over; what was said of it stands").into());
    }
    let given = &record.given;
    let same = fact.item == given.item && fact.lot == given.lot;
    let entered = if same { fact.quantity.min(given.quantity) } else { 0 };
    let disputed = given.quantity.saturating_sub(entered);
    let excess = if same { fact.quantity.saturating_sub(given.quantity) } else { 0 };
    if entered > 0 {
        let place = Place { facility: &record.to, item: &given.item, lot: &given.lot };
        let mut lot = Lot::taking(draft, act.member, place, &record.marks)?;
        lot.flow(draft, Flow::TakenOver, entered)?;
        lot.keep(draft, act);
        if let Some(request) = &record.request {
            request::arrived(draft, request, entered)?;
        }
    }
    if let (Some(gift), true) = (&record.marks.donation, disputed > 0) {
        donation::disputed(draft, gift, disputed)?;
    }
    let differs = !same || disputed > 0 || excess > 0 || fact.condition != given.condition;
    let discrepancy = differs.then(|| DiscrepancyRecord {
        hand_over: *id,
        take_over: act.submitted.id,
        from: record.from.clone(),
        to: record.to.clone(),
        giver: record.member.clone(),
        taker: act.member.id.clone(),
        given: given.clone(),
        taken: Handed {
            item: fact.item.clone(),
            lot: fact.lot.clone(),
            quantity: fact.quantity,
            condition: fact.condition.clone(),
        },
        entered,
        disputed,
        excess,
        said: None,
        settled: None,
    });
    if let Some(discrepancy) = &discrepancy {
        draft.put(keys::discrepancy(id), discrepancy);
    }
    record.taken_over = Some(act.submitted.id);
    draft.put(keys::hand_over(id), &record);
    Ok(discrepancy)
}

/// Rings once for a hand-over, since it is taken over once.
fn ring(draft: &mut Draft<'_>, act: &Act<'_>, found: &DiscrepancyRecord) -> Result<(), Halt> {
    let DiscrepancyRecord { from, to, given, taken, .. } = found;
    let headline = format!(
        "{from} handed over {} {} of lot {} ({}), {to} took over {} {} of lot {} ({})",
        given.quantity, given.item, given.lot, given.condition, taken.quantity, taken.item, taken.lot, taken.condition
    );
    let region = &act.event().region;
    let line = AlertText::line(AlertLevel::Blue, AlertKind::Discrepancy, region, headline);
    let text = AlertText { events: vec![found.hand_over], ..line };
    alert::ring_text(draft, act.scene, act.submitted.id, AlertState::Confirmed, text)?;
    Ok(())
}

/// Says what became of disputed units; when giver and taker have said the same, it is so.
pub(crate) fn settled(draft: &mut Draft<'_>, act: &Act<'_>, fact: &DiscrepancySettled) -> Result<Outcome, Halt> {
    let id = &fact.hand_over;
    let found = draft.get::<DiscrepancyRecord>(&keys::discrepancy(id))?;
    let mut record = found.ok_or_else(|| no_such("hand_over", "hand-over with a discrepancy", id))?;
    // A store has one owner for ever, so who gave and who took are still the two that may speak.
    let (giver, taker) = (record.giver == act.member.id, record.taker == act.member.id);
    if !giver && !taker {
        let detail = "only the giver and the taker say what became of it";
        return Err(Refusal::of(Code::NotOwner, "hand_over", detail).into());
    }
    if record.settled.is_some() {
        return Err(Refusal::of(Code::Closed, "hand_over", "both have said the same; it stands").into());
    }
    if fact.lost.checked_add(fact.returned) != Some(record.disputed) {
        let detail = format!("lost and returned units make up the {} disputed ones", record.disputed);
        return Err(Refusal::of(Code::OutOfRange, "lost", detail).into());
    }
    let agreed = |said: &Said| said.member != act.member.id && (said.lost, said.returned) == (fact.lost, fact.returned);
    if (giver && taker) || record.said.as_ref().is_some_and(agreed) {
        record.settled = Some(act.submitted.id);
        take_effect(draft, act, &record, fact)?;
    } else {
        record.said = Some(Said {
            member: act.member.id.clone(),
            lost: fact.lost,
            returned: fact.returned,
            event: act.submitted.id,
        });
    }
    draft.put(keys::discrepancy(id), &record);
    Ok(Outcome::Accepted)
}

/// What came back is in the giver's store again; what is lost stays in the donation's books as lost; and neither counts
/// for the request any more, so that others may promise in its place.
fn take_effect(
    draft: &mut Draft<'_>,
    act: &Act<'_>,
    record: &DiscrepancyRecord,
    fact: &DiscrepancySettled,
) -> Result<(), Halt> {
    let found = draft.get::<HandOverRecord>(&keys::hand_over(&record.hand_over))?;
    let hand_over = found.ok_or_else(|| no_such("hand_over", "hand-over", &record.hand_over))?;
    if fact.returned > 0 {
        let given = &record.given;
        let mut lot = Lot::known(draft, Place { facility: &record.from, item: &given.item, lot: &given.lot })?;
        lot.flow(draft, Flow::Returned, fact.returned)?;
        lot.keep(draft, act);
    }
    if let (Some(gift), true) = (&hand_over.marks.donation, fact.lost > 0) {
        donation::lost(draft, gift, fact.lost)?;
    }
    match &hand_over.request {
        Some(request) => request::failed(draft, request, record.disputed),
        None => Ok(()),
    }
}
