//! Beds on the wire (`tocsin.medical_resources.v1`).

use domain::event::CapacityClaim;
use domain::refusal::Refusal;

use crate::canonical::text;
use crate::proto::medical_resources::v1 as proto;

pub(crate) fn capacity_claim_out(fact: &CapacityClaim) -> proto::CapacityClaim {
    proto::CapacityClaim {
        facility: fact.facility.clone(),
        bed_kind: fact.bed_kind.clone(),
        staffed: fact.staffed,
        occupied: fact.occupied,
    }
}

pub(crate) fn capacity_claim_in(fact: proto::CapacityClaim) -> Result<CapacityClaim, Refusal> {
    Ok(CapacityClaim {
        facility: text(fact.facility, "facility")?,
        bed_kind: text(fact.bed_kind, "bed_kind")?,
        staffed: fact.staffed,
        occupied: fact.occupied,
    })
}
