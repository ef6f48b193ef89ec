//! A facility's beds: how many have staff, how many of those are occupied. The latest observation stands.
//!
//! It is not patient flow and not a plan: no person, no reservation. Bounds: a count is at most
//! [`MAX_COUNT`](crate::event::MAX_COUNT), and no more beds are occupied than have staff, for whoever lies in a bed
//! without staff is not being cared for in it.

pub mod designation;

use crate::codec::record;
use crate::event::{CapacityClaim, EventId};
use crate::facility;
use crate::form;
use crate::keys;
use crate::record::Outcome;
use crate::refusal::{Code, Refusal};
use crate::rule::{Act, Halt};
use crate::state::Draft;
use crate::time::Millis;

record! {
    /// Beds of a kind at a facility, at `keys::beds(facility, kind)`. Its version is what `expect[]` names.
    pub struct BedsRecord {
        /// The facility.
        pub facility: String,
        /// The kind of bed.
        pub bed_kind: String,
        /// Who states it.
        pub member: String,
        /// Where the facility is.
        pub region: String,
        /// Beds with staff.
        pub staffed: u64,
        /// Of those occupied.
        pub occupied: u64,
        /// When they were counted.
        pub observed_at: Millis,
        /// The event that says so.
        pub event: EventId,
    }
}

impl BedsRecord {
    /// Beds with staff that nobody lies in.
    pub fn available(&self) -> u64 {
        self.staffed.saturating_sub(self.occupied)
    }
}

/// The form of a claim.
pub fn check(claim: &CapacityClaim) -> Result<(), Refusal> {
    form::name("facility", &claim.facility)?;
    form::name("bed_kind", &claim.bed_kind)?;
    form::count("staffed", claim.staffed, 0)?;
    form::part("occupied", claim.occupied, claim.staffed)
}

/// Takes a claim by the facility's own member, unless a later observation stands.
pub(crate) fn decide(draft: &mut Draft<'_>, act: &Act<'_>, claim: &CapacityClaim) -> Result<Outcome, Halt> {
    check(claim)?;
    facility::claim(draft, &claim.facility, act.member)?;
    let key = keys::beds(&claim.facility, &claim.bed_kind);
    let observed_at = act.event().occurred_at;
    if draft.get::<BedsRecord>(&key)?.is_some_and(|stands| stands.observed_at > observed_at) {
        return Err(Refusal::of(Code::BadTime, "occurred_at", "a later observation of these beds stands").into());
    }
    let record = BedsRecord {
        facility: claim.facility.clone(),
        bed_kind: claim.bed_kind.clone(),
        member: act.member.id.clone(),
        region: act.event().region.clone(),
        staffed: claim.staffed,
        occupied: claim.occupied,
        observed_at,
        event: act.submitted.id,
    };
    draft.put(key, &record);
    Ok(Outcome::Accepted)
}

#[cfg(test)]
mod tests;
