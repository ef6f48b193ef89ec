//! What a facility is, where, and what it may have, as its own member states it; and whether what it claims is plausible.

use crate::act::{Act, Halt};
use crate::codec::record;
use crate::event::{EventId, FacilityKind, FacilityProfile, MAX_CAPABILITIES, MAX_LICENSED, Resource};
use crate::field;
use crate::keys;
use crate::medical_resources::resource::ceiling;
use crate::record::Outcome;
use crate::refusal::{Code, Refusal};
use crate::state::Draft;
use crate::text::check_stated;
use crate::time::Millis;

record! {
    /// What a facility is, at `keys::profile(facility)`.
    pub struct ProfileRecord {
        /// The facility.
        pub facility: String,
        /// What it is.
        pub kind: FacilityKind,
        /// Its name for people.
        pub title: String,
        /// Latitude and longitude (WGS 84) in millionths of a degree.
        pub place: Option<(i64, i64)>,
        /// How much of a resource it is licensed for.
        pub licensed: Vec<(Resource, u64)>,
        /// What it can do.
        pub capabilities: Vec<String>,
        /// Who states it.
        pub member: String,
        /// Where the facility is.
        pub region: String,
        /// When it was so.
        pub stated_at: Millis,
        /// The event that says so.
        pub event: EventId,
    }
}

/// The poles and the date line, in millionths of a degree.
const MAX_LATITUDE_E6: u64 = 90_000_000;
const MAX_LONGITUDE_E6: u64 = 180_000_000;

/// The form of a profile.
pub fn check(profile: &FacilityProfile) -> Result<(), Refusal> {
    field::name("facility", &profile.facility)?;
    check_stated("title", &profile.title)?;
    if let Some((latitude, longitude)) = profile.place
        && (latitude.unsigned_abs() > MAX_LATITUDE_E6 || longitude.unsigned_abs() > MAX_LONGITUDE_E6)
    {
        return Err(Refusal::of(Code::OutOfRange, "place", "is not on the globe; state millionths of a degree"));
    }
    field::limit("licensed", profile.licensed.len(), MAX_LICENSED)?;
    profile.licensed.iter().try_for_each(|(_, number)| field::count("licensed", *number, 0))?;
    if !profile.licensed.is_sorted_by(|(one, _), (next, _)| one < next) {
        return Err(Refusal::of(Code::Malformed, "licensed", "stands in the order of the resources, each once"));
    }
    field::limit("capabilities", profile.capabilities.len(), MAX_CAPABILITIES)?;
    profile.capabilities.iter().try_for_each(|capability| field::name("capabilities", capability))?;
    if !profile.capabilities.is_sorted_by(|one, next| one < next) {
        return Err(Refusal::of(Code::Malformed, "capabilities", "stand in the order of their names, each once"));
    }
    Ok(())
}

/// Takes a profile by the facility's own member, unless a later one stands.
pub(crate) fn decide(draft: &mut Draft<'_>, act: &Act<'_>, profile: &FacilityProfile) -> Result<Outcome, Halt> {
    check(profile)?;
    super::claim(draft, &profile.facility, act.member)?;
    let key = keys::profile(&profile.facility);
    let stated_at = act.event().occurred_at;
    if draft.get::<ProfileRecord>(&key)?.is_some_and(|stands| stands.stated_at > stated_at) {
        return Err(Refusal::of(Code::BadTime, "occurred_at", "a later profile of this facility stands").into());
    }
    let FacilityProfile { facility, kind, title, place, licensed, capabilities } = profile.clone();
    let (member, region, event) = (act.member.id.clone(), act.event().region.clone(), act.submitted.id);
    let record =
        ProfileRecord { facility, kind, title, place, licensed, capabilities, member, region, stated_at, event };
    draft.put(key, &record);
    Ok(Outcome::Accepted)
}

/// Refuses more of a resource than a facility of its kind can have, or than one and a half times what it is licensed for:
/// hospitals took in up to half as many again in 2020 (wards converted, beds doubled); what is beyond that needs a licence
/// first. A facility without a profile may have what the largest of all kinds can.
pub(crate) fn plausible(draft: &mut Draft<'_>, facility: &str, resource: Resource, staffed: u64) -> Result<(), Halt> {
    let refused = |detail: String| Err(Refusal::of(Code::OutOfRange, "staffed", detail).into());
    let profile = draft.get::<ProfileRecord>(&keys::profile(facility))?;
    let most = ceiling(profile.as_ref().map(|profile| profile.kind), resource);
    if staffed > most {
        return refused(format!("no facility of this kind has more than {most} of this resource; check the number"));
    }
    let licensed = profile.iter().flat_map(|profile| &profile.licensed).find(|(licensed, _)| *licensed == resource);
    if let Some((_, licensed)) = licensed
        && staffed.saturating_mul(2) > licensed.saturating_mul(3)
    {
        return refused(format!("is more than one and a half times the {licensed} the facility is licensed for"));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
