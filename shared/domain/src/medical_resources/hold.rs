//! Beds kept for patients to come, for some hours: no two holds keep one bed. Any member may ask for one, the facility's
//! owner and whoever asked may end it, and it lapses by itself.

use crate::act::{Act, Halt, Scene};
use crate::codec::{by_place, record};
use crate::due::DueWhat;
use crate::event::{BedHold, BedRelease, EventId, Resource};
use crate::facility::FacilityRecord;
use crate::field;
use crate::keys;
use crate::record::Outcome;
use crate::refusal::{Code, Refusal};
use crate::state::{Draft, Fault};
use crate::time::Millis;

use super::resource::HOUR_MS;
use super::{BedsRecord, transfer};

/// The longest hold: a transfer across a province is done within a day, and a count stands no longer either.
pub const MAX_HOLD_MS: u64 = 24 * HOUR_MS;

/// Where a hold stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HoldState {
    /// It keeps beds.
    Held,
    /// All its patients came.
    Used,
    /// It was ended.
    Released,
    /// Its time was over.
    Lapsed,
}

impl HoldState {
    /// Every state.
    pub const ALL: [HoldState; 4] = [HoldState::Held, HoldState::Used, HoldState::Released, HoldState::Lapsed];

    /// Its name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            HoldState::Held => "held",
            HoldState::Used => "used",
            HoldState::Released => "released",
            HoldState::Lapsed => "lapsed",
        }
    }

    /// The state of that name.
    pub fn parse(text: &str) -> Option<Self> {
        HoldState::ALL.into_iter().find(|state| state.name() == text)
    }
}

by_place!(HoldState);

record! {
    /// Beds kept for patients to come, at `keys::hold(id)`: the id is that of the hold, or of the acceptance of a transfer.
    pub struct HoldRecord {
        /// The facility.
        pub facility: String,
        /// Which beds.
        pub resource: Resource,
        /// Who asked for it.
        pub member: String,
        /// For how many.
        pub patients: u64,
        /// Of those still to come.
        pub left: u64,
        /// When it lapses.
        pub until: Millis,
        /// The transfer it is for.
        pub request: Option<EventId>,
        /// Where it stands.
        pub state: HoldState,
        /// The last event that changed it; at first the one that made it.
        pub event: EventId,
    }
}

/// The form of a hold.
pub fn check(hold: &BedHold) -> Result<(), Refusal> {
    field::name("facility", &hold.facility)?;
    super::takes_patients("resource", hold.resource)?;
    field::count("patients", hold.patients, 1)
}

/// Now, as the author knows it: chain time of a quiet chain stands hours behind, and an author who writes a later time
/// only has an older count before him.
pub(super) fn now(act: &Act<'_>) -> Millis {
    act.scene.now.max(act.event().created_at)
}

/// Keeps beds, if so many are free.
pub(crate) fn decide(draft: &mut Draft<'_>, act: &Act<'_>, hold: &BedHold) -> Result<Outcome, Halt> {
    check(hold)?;
    let now = now(act);
    if hold.until <= now || hold.until > now.plus_ms(MAX_HOLD_MS) {
        return Err(Refusal::of(Code::BadTime, "until", "a hold ends within the next 24 hours").into());
    }
    let beds = super::stands(draft, &hold.facility, hold.resource)?;
    keep(draft, act, beds, hold.patients, hold.until, None)?;
    Ok(Outcome::Accepted)
}

/// Keeps these beds under the event's id.
pub(super) fn keep(
    draft: &mut Draft<'_>,
    act: &Act<'_>,
    mut beds: BedsRecord,
    patients: u64,
    until: Millis,
    request: Option<EventId>,
) -> Result<(), Halt> {
    beds.keep(patients, now(act))?;
    super::put(draft, &beds);
    let id = act.submitted.id;
    let record = HoldRecord {
        facility: beds.facility,
        resource: beds.resource,
        member: act.member.id.clone(),
        patients,
        left: patients,
        until,
        request,
        state: HoldState::Held,
        event: id,
    };
    draft.put(keys::hold(&id), &record);
    draft.put(due(&id, until), &());
    Ok(())
}

/// Ends a hold, by who asked for it or by the facility's owner.
pub(crate) fn release(draft: &mut Draft<'_>, act: &Act<'_>, release: &BedRelease) -> Result<Outcome, Halt> {
    let mut hold = held(draft, &release.hold)?;
    let owner = draft.get::<FacilityRecord>(&keys::facility(&hold.facility))?.map(|owner| owner.member);
    if hold.member != act.member.id && owner.as_deref() != Some(act.member.id.as_str()) {
        let detail = "who asked for it ends a hold, or the facility's own member";
        return Err(Refusal::of(Code::NotOwner, "hold", detail).into());
    }
    if hold.request.is_some() {
        let detail = "these beds are kept for a transfer; cancel or decline that";
        return Err(Refusal::of(Code::BadCause, "hold", detail).into());
    }
    let mut beds = super::stands(draft, &hold.facility, hold.resource)?;
    end(draft, &release.hold, &mut hold, &mut beds, HoldState::Released, act.submitted.id);
    super::put(draft, &beds);
    Ok(Outcome::Accepted)
}

/// A hold that keeps beds.
pub(super) fn held(draft: &mut Draft<'_>, id: &EventId) -> Result<HoldRecord, Halt> {
    let Some(hold) = draft.get::<HoldRecord>(&keys::hold(id))? else {
        return Err(Refusal::of(Code::BadCause, "hold", "no hold of that id is on this chain").into());
    };
    if hold.state != HoldState::Held {
        return Err(Refusal::of(Code::Closed, "hold", format!("the hold is {} already", hold.state.name())).into());
    }
    Ok(hold)
}

/// Patients for whom these beds were kept came.
pub(super) fn uses(
    draft: &mut Draft<'_>,
    act: &Act<'_>,
    id: &EventId,
    beds: &mut BedsRecord,
    came: u64,
) -> Result<(), Halt> {
    let mut hold = held(draft, id)?;
    if hold.facility != beds.facility || hold.resource != beds.resource {
        return Err(Refusal::of(Code::BadCause, "hold", "is on other beds").into());
    }
    if hold.request.is_some() {
        return Err(Refusal::of(Code::BadCause, "hold", "is a transfer's; state that its patients arrived").into());
    }
    if came > hold.left {
        let detail = format!("{} beds are kept; state those who came beyond them apart", hold.left);
        return Err(Refusal::of(Code::Insufficient, "admitted", detail).into());
    }
    if came == hold.left {
        end(draft, id, &mut hold, beds, HoldState::Used, act.submitted.id);
        return Ok(());
    }
    beds.give_up(came);
    hold.left = hold.left.saturating_sub(came);
    hold.event = act.submitted.id;
    draft.put(keys::hold(id), &hold);
    Ok(())
}

/// Ends a hold: what it kept is kept no longer.
pub(super) fn end(
    draft: &mut Draft<'_>,
    id: &EventId,
    hold: &mut HoldRecord,
    beds: &mut BedsRecord,
    state: HoldState,
    by: EventId,
) {
    beds.give_up(hold.left);
    (hold.left, hold.state, hold.event) = (0, state, by);
    draft.put(keys::hold(id), hold);
    draft.delete(due(id, hold.until));
}

/// When the hold lapses.
pub(super) fn due(id: &EventId, until: Millis) -> Vec<u8> {
    keys::due(until, id, DueWhat::HoldEnds.number())
}

/// Its time is over.
pub(crate) fn lapses(draft: &mut Draft<'_>, scene: &Scene, id: &EventId) -> Result<(), Fault> {
    let lost = || Fault(format!("a hold is due for {id}, which keeps no beds"));
    let hold = draft.get::<HoldRecord>(&keys::hold(id))?.filter(|hold| hold.state == HoldState::Held);
    let mut hold = hold.ok_or_else(lost)?;
    let mut beds = draft.get::<BedsRecord>(&keys::beds(&hold.facility, hold.resource))?.ok_or_else(lost)?;
    end(draft, id, &mut hold, &mut beds, HoldState::Lapsed, *id);
    super::put(draft, &beds);
    match hold.request {
        Some(request) => transfer::lapses(draft, scene, &request, id),
        None => Ok(()),
    }
}
