//! Whose a facility is: a hospital's beds and a warehouse's stock are stated by one member, the one that named the
//! facility first. `profile` holds what the member says the facility is. It is not a register of facilities; a case report
//! may name any.

pub mod profile;

use crate::act::Halt;
use crate::codec::record;
use crate::keys;
use crate::record::MemberRecord;
use crate::refusal::{Code, Refusal};
use crate::state::Draft;

record! {
    /// The owner of a facility, at `keys::facility(name)`.
    pub struct FacilityRecord {
        /// The member that named it first.
        pub member: String,
    }
}

/// Makes the member the owner of a facility nobody owns; refuses another member's facility.
pub(crate) fn claim(draft: &mut Draft<'_>, facility: &str, member: &MemberRecord) -> Result<(), Halt> {
    if !is_owned(draft, facility, member)? {
        draft.put(keys::facility(facility), &FacilityRecord { member: member.id.clone() });
    }
    Ok(())
}

/// Whether the member owns the facility; false when nobody does, refused when another member does.
pub(crate) fn is_owned(draft: &mut Draft<'_>, facility: &str, member: &MemberRecord) -> Result<bool, Halt> {
    match draft.get::<FacilityRecord>(&keys::facility(facility))? {
        Some(owner) if owner.member != member.id => {
            let detail = "another member speaks for this facility; name your own";
            Err(Refusal::of(Code::NotOwner, "facility", detail).into())
        }
        owner => Ok(owner.is_some()),
    }
}

#[cfg(test)]
pub(crate) mod testing;
