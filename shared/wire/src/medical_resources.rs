//! Facilities, beds and patients on the wire (`tocsin.medical_resources.v1`).

use domain::event::{
    BedHold, BedRelease, CapacityClaim, EventId, FacilityProfile, MAX_CAPABILITIES, MAX_LICENSED, PatientFlow,
    SpotCheck, Transfer, TransferRequest, TransferStep,
};
use domain::refusal::Refusal;
use domain::time::Millis;

use crate::canonical::{at_most, digest, required, text};
use crate::proto::medical_resources::v1 as proto;
use crate::proto::medical_resources::v1::transfer::Step;
use crate::vocabulary::{facility_kind, resource};

pub(crate) fn capacity_claim_out(fact: &CapacityClaim) -> proto::CapacityClaim {
    proto::CapacityClaim {
        facility: fact.facility.clone(),
        resource: resource::number(fact.resource),
        staffed: fact.staffed,
        occupied: fact.occupied,
    }
}

pub(crate) fn capacity_claim_in(fact: proto::CapacityClaim) -> Result<CapacityClaim, Refusal> {
    Ok(CapacityClaim {
        facility: text(fact.facility, "facility")?,
        resource: resource::value(fact.resource, "resource")?,
        staffed: fact.staffed,
        occupied: fact.occupied,
    })
}

pub(crate) fn facility_profile_out(fact: &FacilityProfile) -> proto::FacilityProfile {
    let licensed = |(of, number): &(_, u64)| proto::Licensed { resource: resource::number(*of), number: *number };
    proto::FacilityProfile {
        facility: fact.facility.clone(),
        kind: facility_kind::number(fact.kind),
        title: fact.title.clone(),
        place: fact.place.map(|(latitude_e6, longitude_e6)| proto::Place { latitude_e6, longitude_e6 }),
        licensed: fact.licensed.iter().map(licensed).collect(),
        capabilities: fact.capabilities.clone(),
    }
}

pub(crate) fn facility_profile_in(fact: proto::FacilityProfile) -> Result<FacilityProfile, Refusal> {
    at_most(fact.licensed.len(), MAX_LICENSED, "licensed")?;
    at_most(fact.capabilities.len(), MAX_CAPABILITIES, "capabilities")?;
    let licensed = |one: proto::Licensed| Ok((resource::value(one.resource, "licensed")?, one.number));
    Ok(FacilityProfile {
        facility: text(fact.facility, "facility")?,
        kind: facility_kind::value(fact.kind, "kind")?,
        title: text(fact.title, "title")?,
        place: fact.place.map(|place| (place.latitude_e6, place.longitude_e6)),
        licensed: fact.licensed.into_iter().map(licensed).collect::<Result<_, Refusal>>()?,
        capabilities: fact
            .capabilities
            .into_iter()
            .map(|capability| text(capability, "capabilities"))
            .collect::<Result<_, _>>()?,
    })
}

pub(crate) fn patient_flow_out(fact: &PatientFlow) -> proto::PatientFlow {
    proto::PatientFlow {
        facility: fact.facility.clone(),
        resource: resource::number(fact.resource),
        admitted: fact.admitted,
        discharged: fact.discharged,
        died: fact.died,
        hold: fact.hold.map(|hold| hold.0.to_vec()).unwrap_or_default(),
    }
}

pub(crate) fn patient_flow_in(fact: proto::PatientFlow) -> Result<PatientFlow, Refusal> {
    Ok(PatientFlow {
        facility: text(fact.facility, "facility")?,
        resource: resource::value(fact.resource, "resource")?,
        admitted: fact.admitted,
        discharged: fact.discharged,
        died: fact.died,
        hold: if fact.hold.is_empty() { None } else { Some(digest(&fact.hold, "hold")?) },
    })
}

pub(crate) fn bed_hold_out(fact: &BedHold) -> proto::BedHold {
    proto::BedHold {
        facility: fact.facility.clone(),
        resource: resource::number(fact.resource),
        patients: fact.patients,
        until_ms: fact.until.0,
    }
}

pub(crate) fn bed_hold_in(fact: proto::BedHold) -> Result<BedHold, Refusal> {
    Ok(BedHold {
        facility: text(fact.facility, "facility")?,
        resource: resource::value(fact.resource, "resource")?,
        patients: fact.patients,
        until: Millis(fact.until_ms),
    })
}

pub(crate) fn bed_release_out(fact: &BedRelease) -> proto::BedRelease {
    proto::BedRelease { hold: fact.hold.0.to_vec() }
}

pub(crate) fn bed_release_in(fact: proto::BedRelease) -> Result<BedRelease, Refusal> {
    Ok(BedRelease { hold: digest(&fact.hold, "hold")? })
}

pub(crate) fn transfer_out(fact: &Transfer) -> proto::Transfer {
    let end =
        |request: &EventId, reason: &str| proto::TransferEnd { request: request.0.to_vec(), reason: reason.to_owned() };
    let step = match &fact.step {
        TransferStep::Request(asked) => Step::Request(proto::TransferRequest {
            from: asked.from.clone(),
            to: asked.to.clone(),
            resource: resource::number(asked.resource),
            leaving: resource::number(asked.leaving),
            patients: asked.patients,
            severity: asked.severity.clone(),
            reason: asked.reason.clone(),
        }),
        TransferStep::Accept { request } => Step::Accept(request.0.to_vec()),
        TransferStep::Decline { request, reason } => Step::Decline(end(request, reason)),
        TransferStep::Depart { request } => Step::Depart(request.0.to_vec()),
        TransferStep::Arrive { request } => Step::Arrive(request.0.to_vec()),
        TransferStep::Cancel { request, reason } => Step::Cancel(end(request, reason)),
    };
    proto::Transfer { step: Some(step) }
}

pub(crate) fn transfer_in(fact: proto::Transfer) -> Result<Transfer, Refusal> {
    let request = |bytes: &[u8]| digest(bytes, "request");
    let step = match required(fact.step, "step")? {
        Step::Request(asked) => TransferStep::Request(TransferRequest {
            from: text(asked.from, "from")?,
            to: text(asked.to, "to")?,
            resource: resource::value(asked.resource, "resource")?,
            leaving: resource::value(asked.leaving, "leaving")?,
            patients: asked.patients,
            severity: text(asked.severity, "severity")?,
            reason: text(asked.reason, "reason")?,
        }),
        Step::Accept(bytes) => TransferStep::Accept { request: request(&bytes)? },
        Step::Decline(end) => {
            TransferStep::Decline { request: request(&end.request)?, reason: text(end.reason, "reason")? }
        }
        Step::Depart(bytes) => TransferStep::Depart { request: request(&bytes)? },
        Step::Arrive(bytes) => TransferStep::Arrive { request: request(&bytes)? },
        Step::Cancel(end) => {
            TransferStep::Cancel { request: request(&end.request)?, reason: text(end.reason, "reason")? }
        }
    };
    Ok(Transfer { step })
}

pub(crate) fn spot_check_out(fact: &SpotCheck) -> proto::SpotCheck {
    proto::SpotCheck {
        facility: fact.facility.clone(),
        resource: resource::number(fact.resource),
        claim: fact.claim.0.to_vec(),
        staffed: fact.staffed,
        occupied: fact.occupied,
        reason: fact.reason.clone(),
    }
}

pub(crate) fn spot_check_in(fact: proto::SpotCheck) -> Result<SpotCheck, Refusal> {
    Ok(SpotCheck {
        facility: text(fact.facility, "facility")?,
        resource: resource::value(fact.resource, "resource")?,
        claim: digest(&fact.claim, "claim")?,
        staffed: fact.staffed,
        occupied: fact.occupied,
        reason: text(fact.reason, "reason")?,
    })
}
