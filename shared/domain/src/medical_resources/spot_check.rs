//! Checks on the spot: another member counts what a facility claims. Whether the two agree is the facility's reliability.
//!
//! A check changes no bed: the owner's next claim does, or does not.

use crate::act::{Act, Halt};
use crate::codec::record;
use crate::event::{EventId, SpotCheck};
use crate::facility::FacilityRecord;
use crate::field;
use crate::keys;
use crate::record::Outcome;
use crate::refusal::{Code, Refusal};
use crate::state::Draft;

record! {
    /// A member's check of a claim, at `keys::spot_check(claim, member)`.
    pub struct CheckRecord {
        /// The check.
        pub event: EventId,
        /// Whether the two numbers agreed.
        pub agreed: bool,
    }
    /// How a facility's claims stood up to checks, at `keys::reliability(facility)`.
    pub struct ReliabilityRecord {
        /// Checks.
        pub checks: u64,
        /// Of those that agreed.
        pub agreed: u64,
        /// The last one.
        pub last: EventId,
    }
}

/// The form of a check.
pub fn check(check: &SpotCheck) -> Result<(), Refusal> {
    field::name("facility", &check.facility)?;
    super::claim::counted(check.resource, check.staffed, check.occupied)?;
    field::name("reason", &check.reason)
}

/// Whether two counts of the same beds agree: within a tenth, for patients come and go while one counts, or within one bed,
/// for a tenth of a small ward is less than a bed.
pub fn agree(said: u64, found: u64) -> bool {
    let apart = said.abs_diff(found);
    apart <= 1 || apart.saturating_mul(10) <= said.max(found)
}

/// Takes a check of the claim that stands, once by each member that does not own the facility.
pub(crate) fn decide(draft: &mut Draft<'_>, act: &Act<'_>, found: &SpotCheck) -> Result<Outcome, Halt> {
    check(found)?;
    let owner = draft.get::<FacilityRecord>(&keys::facility(&found.facility))?;
    if owner.is_some_and(|owner| owner.member == act.member.id) {
        return Err(Refusal::of(Code::SelfEndorse, "facility", "others check a facility's claims").into());
    }
    let said = super::stands(draft, &found.facility, found.resource)?;
    if said.event != found.claim {
        return Err(Refusal::of(Code::PreconditionFailed, "claim", "another claim of these beds stands").into());
    }
    let key = keys::spot_check(&found.claim, &act.member.id);
    if draft.get::<CheckRecord>(&key)?.is_some() {
        return Err(Refusal::of(Code::AlreadyBalloted, "claim", "the member has checked this claim").into());
    }
    let event = act.submitted.id;
    let agreed = agree(said.staffed, found.staffed) && agree(said.occupied, found.occupied);
    draft.put(key, &CheckRecord { event, agreed });
    let key = keys::reliability(&found.facility);
    let (checks, before) =
        draft.get::<ReliabilityRecord>(&key)?.map_or((0, 0), |record| (record.checks, record.agreed));
    let record = ReliabilityRecord {
        checks: checks.saturating_add(1),
        agreed: before.saturating_add(u64::from(agreed)),
        last: event,
    };
    draft.put(key, &record);
    Ok(Outcome::Accepted)
}
