//! Who owes a report: a member with a duty states every day, the *slot*, what it saw of a disease, or signs a zero. Its
//! silence is told by chain time, as a silent child is (`rising::silence`).
//!
//! A case report, aggregate, zero report or laboratory result counts when it is executed, whatever ballots make of it
//! later: it shows that somebody looked. When a slot has ended and its grace with it, and neither it nor a later one was
//! reported, the member is silent: one provisional alert names it and the day. After [`ESCALATES_AFTER`] slots in a row the
//! alert is confirmed one level higher, and then rests. A report of a missed or a later slot calls it off; one of an earlier
//! slot is taken as ever and says nothing of today. A day left out before a later report is no silence; it shows in the
//! counts.
//!
//! Work is bounded: one due item a duty, at most two for a silence, and [`MAX_DUTIES`] duties.

use proof::digest::Digest;

use crate::act::{Act, Halt, Scene};
use crate::alert::{self, AlertKind, AlertState, AlertText};
use crate::codec::record;
use crate::due::{DueWhat, MAX_DUE_A_BLOCK};
use crate::event::{AlertLevel, Disease, EventId, Fact};
use crate::keys;
use crate::record::{ChainRecord, MemberRecord};
use crate::refusal::{Code, Refusal};
use crate::state::{Draft, Fault, decoded};
use crate::time::{DAY_MS, Date, Millis};

/// Duties of a chain: when nobody reports, all their silences fall in one block ([`MAX_DUE_A_BLOCK`]).
pub const MAX_DUTIES: usize = MAX_DUE_A_BLOCK;
/// Whoever has a week to report a day is not missed in time for a warning to be worth anything.
pub const MAX_GRACE_MS: u64 = 7 * DAY_MS;
/// Slots in a row after which a silence is told a second time: one is a slip, two a weekend.
pub const ESCALATES_AFTER: u32 = 3;

record! {
    /// A duty, at `keys::duty(member, disease)`.
    pub struct DutyRecord {
        /// Who owes.
        pub member: String,
        /// ICD-10 code of what is looked for.
        pub disease: String,
        /// How long after the end of a slot a report of it is in time.
        pub grace_ms: u64,
        /// The proposal that set it; the chain's id where the genesis did.
        pub set_by: EventId,
        /// The first slot owed.
        pub from: Date,
        /// The last slot reported.
        pub heard: Option<Heard>,
        /// The slot waited for; in a silence the first one missed.
        pub slot: Date,
        /// The silence that lasts.
        pub silence: Option<Silence>,
    }

    /// A slot that was reported.
    pub struct Heard {
        /// The slot.
        pub slot: Date,
        /// The first report of it.
        pub event: EventId,
    }

    /// A silence.
    pub struct Silence {
        /// Chain time when it was told.
        pub since: Millis,
        /// Whether it was told a second time.
        pub escalated: bool,
    }

    /// Whose duty an id stands for, at `keys::owing(id)`: a due item has room for an id only.
    pub struct OwingRecord {
        /// Who owes.
        pub member: String,
        /// ICD-10 code.
        pub disease: String,
    }
}

impl DutyRecord {
    /// A duty from the first whole day on; `set_by` is the proposal, or the chain's id for one of the genesis.
    pub(crate) fn new(member: &str, disease: &str, grace_ms: u64, set_by: EventId, now: Millis) -> Self {
        let from = now.plus_ms(DAY_MS - 1).date();
        let (member, disease) = (member.to_owned(), disease.to_owned());
        DutyRecord { member, disease, grace_ms, set_by, from, heard: None, slot: from, silence: None }
    }

    /// What stands for it in due items: `H("tocsin/v1/duty", set by, member, disease)`.
    pub fn id(&self) -> Digest {
        Digest::of_parts(&[b"tocsin/v1/duty", self.set_by.as_bytes(), self.member.as_bytes(), self.disease.as_bytes()])
    }

    /// What its silence since `slot` rings as: `H("tocsin/v1/silence", duty, slot)`. No report's id, for a report may ring
    /// an alert of its own.
    pub fn silence_id(&self) -> EventId {
        Digest::of_parts(&[b"tocsin/v1/silence", self.id().as_bytes(), &self.slot.0.to_be_bytes()])
    }

    /// When a slot that nobody reported is missed.
    pub fn misses(&self, slot: Date) -> Millis {
        Date(slot.0.saturating_add(1)).start().plus_ms(self.grace_ms)
    }

    /// Where it is in the state.
    pub(crate) fn key(&self) -> Vec<u8> {
        keys::duty(&self.member, &self.disease)
    }

    /// Where its id is, and whose it says it is.
    pub(crate) fn owing(&self) -> (Vec<u8>, OwingRecord) {
        let (member, disease) = (self.member.clone(), self.disease.clone());
        (keys::owing(&self.id()), OwingRecord { member, disease })
    }

    /// Its due item; none when its silence was told twice and rests.
    pub(crate) fn due(&self) -> Option<Vec<u8>> {
        let slot = match &self.silence {
            None => self.slot,
            Some(Silence { escalated: false, .. }) => Date(self.slot.0.saturating_add(ESCALATES_AFTER - 1)),
            Some(_) => return None,
        };
        Some(keys::due(self.misses(slot), &self.id(), DueWhat::Duty.number()))
    }

    /// Puts another duty in the place of this one, with its due item.
    fn becomes(self, draft: &mut Draft<'_>, next: &DutyRecord) {
        if let Some(due) = self.due() {
            draft.delete(due);
        }
        if let Some(due) = next.due() {
            draft.put(due, &());
        }
        draft.put(next.key(), next);
    }
}

/// From now on the member owes reports of the disease, or another grace counts; what is known of its slots stays.
pub(crate) fn set(
    draft: &mut Draft<'_>,
    (member, disease): (&str, &str),
    grace_ms: u64,
    set_by: EventId,
    now: Millis,
) -> Result<(), Halt> {
    if let Some(duty) = draft.get::<DutyRecord>(&keys::duty(member, disease))? {
        let next = DutyRecord { grace_ms, ..duty.clone() };
        duty.becomes(draft, &next);
        return Ok(());
    }
    if draft.scan(keys::DUTIES, MAX_DUTIES)?.len() >= MAX_DUTIES {
        return Err(Refusal::of(Code::BadAction, "member", "the chain has as many duties as it takes").into());
    }
    let duty = DutyRecord::new(member, disease, grace_ms, set_by, now);
    let (key, owing) = duty.owing();
    draft.put(key, &owing);
    duty.clone().becomes(draft, &duty);
    Ok(())
}

/// The member owes no more reports of the disease; its silence, if any, is over.
pub(crate) fn lift(draft: &mut Draft<'_>, scene: &Scene, member: &str, disease: &str) -> Result<(), Halt> {
    let Some(duty) = draft.get::<DutyRecord>(&keys::duty(member, disease))? else {
        return Err(Refusal::of(Code::BadAction, "member", "the member owes no reports of this disease").into());
    };
    Ok(end(draft, scene, &duty)?)
}

/// The member leaves, and owes nothing.
pub(crate) fn lift_all(draft: &mut Draft<'_>, scene: &Scene, member: &str) -> Result<(), Fault> {
    for (key, value) in draft.scan(&keys::duties(member), MAX_DUTIES)? {
        end(draft, scene, &decoded(&key, &value)?)?;
    }
    Ok(())
}

fn end(draft: &mut Draft<'_>, scene: &Scene, duty: &DutyRecord) -> Result<(), Fault> {
    if duty.silence.is_some() {
        let headline = format!("{} owes no more reports of {}", duty.member, duty.disease);
        ring(draft, scene, duty, (AlertState::Cancelled, headline), None)?;
    }
    draft.delete(duty.owing().0);
    draft.delete(duty.key());
    if let Some(due) = duty.due() {
        draft.delete(due);
    }
    Ok(())
}

/// A member reported something: if it owed it, that slot is done.
pub(crate) fn heard(draft: &mut Draft<'_>, act: &Act<'_>) -> Result<(), Fault> {
    let event = act.event();
    let (disease, slot) = match &event.fact {
        Fact::CaseReport(case) => (&case.disease, case.report_date),
        Fact::DailyAggregate(daily) => (&daily.disease, daily.report_date),
        Fact::ZeroReport(zero) => (&zero.disease, zero.report_date),
        Fact::LabResult(result) => (&result.disease, result.report_date),
        _ => return Ok(()),
    };
    let duty = draft.get::<DutyRecord>(&keys::duty(&act.member.id, &disease.code))?;
    let Some(duty) = duty.filter(|duty| slot >= duty.slot) else { return Ok(()) };
    let mut next = Date(slot.0.saturating_add(1));
    if duty.silence.is_some() {
        let headline = format!("{} reports {} again", duty.member, duty.disease);
        ring(draft, act.scene, &duty, (AlertState::Cancelled, headline), Some(act.submitted.id))?;
        // What was missed was told; the next slot waited for is one that can still be reported in time. Chain time of a
        // quiet chain stands behind, so the signature counts where it is later.
        let now = act.scene.now.max(event.created_at);
        next = next.max(Millis(now.0.saturating_sub(duty.grace_ms)).date());
    }
    let heard = Some(Heard { slot, event: act.submitted.id });
    let waiting = DutyRecord { heard, slot: next, silence: None, ..duty.clone() };
    duty.becomes(draft, &waiting);
    Ok(())
}

/// Its time has come: the slot waited for was missed, or the third in a row.
pub(crate) fn falls(draft: &mut Draft<'_>, scene: &Scene, id: &Digest) -> Result<(), Fault> {
    let unknown = || Fault(format!("no duty of the id {id} is owed"));
    let owing = draft.get::<OwingRecord>(&keys::owing(id))?.ok_or_else(unknown)?;
    let duty = draft.get::<DutyRecord>(&keys::duty(&owing.member, &owing.disease))?.ok_or_else(unknown)?;
    let (silence, state, day) = match &duty.silence {
        None => {
            let silence = Silence { since: scene.now, escalated: false };
            (silence, AlertState::Provisional, format!("for {}", duty.slot))
        }
        Some(silence) => {
            let silence = Silence { escalated: true, ..silence.clone() };
            (silence, AlertState::Confirmed, format!("for {ESCALATES_AFTER} days in a row, since {}", duty.slot))
        }
    };
    let headline = format!("No report of {} from {} {day}", duty.disease, duty.member);
    let silent = DutyRecord { silence: Some(silence), ..duty.clone() };
    ring(draft, scene, &silent, (state, headline), None)?;
    duty.becomes(draft, &silent);
    Ok(())
}

/// Rings the silence of a duty; `by` is the report that ended it.
fn ring(
    draft: &mut Draft<'_>,
    scene: &Scene,
    duty: &DutyRecord,
    (state, headline): (AlertState, String),
    by: Option<EventId>,
) -> Result<(), Fault> {
    let member = draft.get::<MemberRecord>(&keys::member(&duty.member))?;
    let own = member.and_then(|member| member.regions.into_iter().next());
    let region = match own {
        Some(region) => Some(region),
        None => draft.get::<ChainRecord>(&keys::chain())?.and_then(|chain| chain.regions.into_iter().next()),
    };
    let region = region.ok_or_else(|| Fault(String::from("the chain has no region of its own")))?;
    let escalated = duty.silence.as_ref().is_some_and(|silence| silence.escalated);
    let level = if escalated { AlertLevel::Yellow } else { AlertLevel::Blue };
    let text = AlertText {
        // A duty knows the code; whoever names the disease reports it.
        disease: Some(Disease { code: duty.disease.clone(), name: duty.disease.clone() }),
        events: duty.heard.iter().map(|heard| heard.event).chain(by).collect(),
        ..AlertText::line(level, AlertKind::Silence, &region, headline)
    };
    alert::ring_text(draft, scene, duty.silence_id(), state, text)
}

#[cfg(test)]
mod tests;
