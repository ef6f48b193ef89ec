//! A claim: what the facility's own member counted. The latest count stands.

use crate::act::{Act, Halt};
use crate::event::{CapacityClaim, Resource};
use crate::facility;
use crate::field;
use crate::keys;
use crate::record::Outcome;
use crate::refusal::{Code, Refusal};
use crate::state::Draft;

use super::BedsRecord;
use super::resource::Group;

/// The form of a claim.
pub fn check(claim: &CapacityClaim) -> Result<(), Refusal> {
    field::name("facility", &claim.facility)?;
    counted(claim.resource, claim.staffed, claim.occupied)
}

/// The form of what was counted.
pub(super) fn counted(resource: Resource, staffed: u64, occupied: u64) -> Result<(), Refusal> {
    field::count("staffed", staffed, 0)?;
    match resource.group() {
        Group::Beds | Group::Devices | Group::Supply => field::part("occupied", occupied, staffed),
        // People on duty and a diversion are there or not; nothing of them is in use.
        Group::Staff | Group::Status => field::part("occupied", occupied, 0),
    }
}

/// Takes a claim by the facility's own member, unless something later is known of these beds.
pub(crate) fn decide(draft: &mut Draft<'_>, act: &Act<'_>, claim: &CapacityClaim) -> Result<Outcome, Halt> {
    check(claim)?;
    facility::claim(draft, &claim.facility, act.member)?;
    facility::profile::plausible(draft, &claim.facility, claim.resource, claim.staffed)?;
    let observed_at = act.event().occurred_at;
    let key = keys::beds(&claim.facility, claim.resource);
    let before = draft.get::<BedsRecord>(&key)?;
    if let Some(stands) = &before
        && observed_at < stands.moved_at
    {
        let detail = "a later count of these beds stands, or patients came or went since; count again";
        return Err(Refusal::of(Code::BadTime, "occurred_at", detail).into());
    }
    let record = BedsRecord {
        facility: claim.facility.clone(),
        resource: claim.resource,
        member: act.member.id.clone(),
        region: act.event().region.clone(),
        staffed: claim.staffed,
        occupied: claim.occupied,
        // What is promised stays promised, whatever was counted.
        reserved: before.map_or(0, |stands| stands.reserved),
        observed_at,
        moved_at: observed_at,
        stale_at: observed_at.plus_ms(claim.resource.expires_after()),
        event: act.submitted.id,
    };
    super::put(draft, &record);
    Ok(Outcome::Accepted)
}
