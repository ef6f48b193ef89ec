//! Which facilities are designated to treat a disease: members vote it by a proposal of class `response`.
//!
//! It says who is meant to treat, not what beds there are.

use crate::act::{Halt, Scene};
use crate::codec::record;
use crate::event::EventId;
use crate::facility::FacilityRecord;
use crate::keys;
use crate::refusal::{Code, Refusal};
use crate::state::Draft;
use crate::time::Millis;

record! {
    /// Whether a facility is designated to treat a disease, at `keys::designation(facility, disease)`. One that ended is
    /// kept, so that since when it is none can be read.
    pub struct DesignationRecord {
        /// The facility.
        pub facility: String,
        /// ICD-10 code.
        pub disease: String,
        /// Whether it is.
        pub designated: bool,
        /// Chain time since when.
        pub since: Millis,
        /// The proposal.
        pub event: EventId,
    }
}

/// Designates a facility for which some member speaks, or ends it. What was voted is kept as voted: the same once more
/// only gives it a new proposal.
pub(crate) fn set(
    draft: &mut Draft<'_>,
    scene: &Scene,
    id: &EventId,
    facility: &str,
    disease: &str,
    designated: bool,
) -> Result<(), Halt> {
    if draft.get::<FacilityRecord>(&keys::facility(facility))?.is_none() {
        let detail = "no member speaks for a facility of that name";
        return Err(Refusal::of(Code::BadAction, "facility", detail).into());
    }
    let record = DesignationRecord {
        facility: facility.to_owned(),
        disease: disease.to_owned(),
        designated,
        since: scene.now,
        event: *id,
    };
    draft.put(keys::designation(facility, disease), &record);
    Ok(())
}

#[cfg(test)]
mod tests;
