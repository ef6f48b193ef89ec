//! Facilities, beds and patients in JSON. `licensed` is one object, `{"adult-icu": 21}`; a place is
//! `{"latitude_e6": 32058000, "longitude_e6": 118780000}`; a transfer's step is named in `step` and has its fields beside
//! it: `{"step": "accept", "request": "<64 hex digits>"}`.

use domain::event::{
    BedHold, BedRelease, CapacityClaim, FacilityKind, FacilityProfile, PatientFlow, Resource, SpotCheck, Transfer,
    TransferRequest, TransferStep,
};
use domain::refusal::{Code, Refusal};
use serde_json::{Map, Value, json};

use super::fields::Fields;

const RESOURCES: &str = "adult-general, paediatric-general, adult-icu, paediatric-icu, isolation, negative-pressure, \
                         ventilator, ecmo, oxygen-l-min, physician, nurse, respiratory-therapist, ambulance-diversion";
const FACILITY_KINDS: &str = "tertiary-hospital, secondary-hospital, designated-centre, shelter-hospital, fever-clinic, \
                              warehouse, charity, laboratory";
const STEPS: &str = "request, accept, decline, depart, arrive, cancel";

fn resource(fields: &mut Fields<'_>) -> Result<Resource, Refusal> {
    fields.word("resource", Resource::parse, RESOURCES)
}

pub(super) fn capacity_claim(fields: &mut Fields<'_>) -> Result<CapacityClaim, Refusal> {
    Ok(CapacityClaim {
        facility: fields.text("facility")?,
        resource: resource(fields)?,
        staffed: fields.count("staffed")?,
        occupied: fields.count_or_zero("occupied")?,
    })
}

pub(super) fn facility_profile(fields: &mut Fields<'_>) -> Result<FacilityProfile, Refusal> {
    let mut capabilities = Vec::new();
    let shape = || Refusal::of(Code::Malformed, "capabilities", "capabilities must be a list of names");
    for capability in fields.list("capabilities")? {
        capabilities.push(capability.as_str().ok_or_else(shape)?.to_owned());
    }
    // A set: readers need not know the order in which it is signed.
    capabilities.sort_unstable();
    Ok(FacilityProfile {
        facility: fields.text("facility")?,
        kind: fields.word("facility_kind", FacilityKind::parse, FACILITY_KINDS)?,
        title: fields.text("title")?,
        place: place(fields)?,
        licensed: licensed(fields)?,
        capabilities,
    })
}

fn place(fields: &mut Fields<'_>) -> Result<Option<(i64, i64)>, Refusal> {
    let Some(found) = fields.maybe("place") else { return Ok(None) };
    let mut fields = Fields::of(found, "place")?;
    let place = (fields.whole("latitude_e6")?, fields.whole("longitude_e6")?);
    fields.end("place")?;
    Ok(Some(place))
}

/// Numbers by resource, in the order of the resources.
fn licensed(fields: &mut Fields<'_>) -> Result<Vec<(Resource, u64)>, Refusal> {
    let shape = || Refusal::of(Code::Malformed, "licensed", "licensed must be an object of resources with numbers");
    let unknown = || Refusal::of(Code::UnknownCode, "licensed", format!("licensed names none of: {RESOURCES}"));
    let Some(found) = fields.maybe("licensed") else { return Ok(Vec::new()) };
    let mut licensed = Vec::new();
    for (name, number) in found.as_object().ok_or_else(shape)? {
        licensed.push((Resource::parse(name).ok_or_else(unknown)?, number.as_u64().ok_or_else(shape)?));
    }
    licensed.sort_unstable();
    Ok(licensed)
}

pub(super) fn patient_flow(fields: &mut Fields<'_>) -> Result<PatientFlow, Refusal> {
    Ok(PatientFlow {
        facility: fields.text("facility")?,
        resource: resource(fields)?,
        admitted: fields.count_or_zero("admitted")?,
        discharged: fields.count_or_zero("discharged")?,
        died: fields.count_or_zero("died")?,
        hold: match fields.maybe("hold") {
            None => None,
            Some(_) => Some(fields.digest("hold")?),
        },
    })
}

pub(super) fn bed_hold(fields: &mut Fields<'_>) -> Result<BedHold, Refusal> {
    let missing = || Refusal::of(Code::Malformed, "until", "until is missing");
    Ok(BedHold {
        facility: fields.text("facility")?,
        resource: resource(fields)?,
        patients: fields.count("patients")?,
        until: fields.maybe_time("until")?.ok_or_else(missing)?,
    })
}

pub(super) fn bed_release(fields: &mut Fields<'_>) -> Result<BedRelease, Refusal> {
    Ok(BedRelease { hold: fields.digest("hold")? })
}

pub(super) fn transfer(fields: &mut Fields<'_>) -> Result<Transfer, Refusal> {
    let step = match fields.text("step")?.as_str() {
        "request" => {
            let resource = resource(fields)?;
            TransferStep::Request(TransferRequest {
                from: fields.text("from")?,
                to: fields.text("to")?,
                resource,
                // Most patients need there what they have here.
                leaving: fields.maybe_word("leaving", Resource::parse, RESOURCES)?.unwrap_or(resource),
                patients: fields.count("patients")?,
                severity: fields.text("severity")?,
                reason: fields.text("reason")?,
            })
        }
        "accept" => TransferStep::Accept { request: fields.digest("request")? },
        "decline" => TransferStep::Decline { request: fields.digest("request")?, reason: fields.text("reason")? },
        "depart" => TransferStep::Depart { request: fields.digest("request")? },
        "arrive" => TransferStep::Arrive { request: fields.digest("request")? },
        "cancel" => TransferStep::Cancel { request: fields.digest("request")?, reason: fields.text("reason")? },
        _ => return Err(Refusal::of(Code::UnknownCode, "step", format!("step must be one of: {STEPS}"))),
    };
    Ok(Transfer { step })
}

pub(super) fn spot_check(fields: &mut Fields<'_>) -> Result<SpotCheck, Refusal> {
    Ok(SpotCheck {
        facility: fields.text("facility")?,
        resource: resource(fields)?,
        claim: fields.digest("claim")?,
        staffed: fields.count("staffed")?,
        occupied: fields.count_or_zero("occupied")?,
        reason: fields.text("reason")?,
    })
}

pub(super) fn capacity_claim_view(fact: &CapacityClaim) -> Value {
    json!({
        "facility": fact.facility,
        "resource": fact.resource.name(),
        "staffed": fact.staffed,
        "occupied": fact.occupied,
    })
}

pub(super) fn facility_profile_view(fact: &FacilityProfile) -> Value {
    let licensed = fact.licensed.iter().map(|(resource, number)| (resource.name().to_owned(), Value::from(*number)));
    json!({
        "facility": fact.facility,
        "facility_kind": fact.kind.name(),
        "title": fact.title,
        "place": fact.place.map(|(latitude, longitude)| json!({ "latitude_e6": latitude, "longitude_e6": longitude })),
        "licensed": licensed.collect::<Map<_, _>>(),
        "capabilities": fact.capabilities,
    })
}

pub(super) fn patient_flow_view(fact: &PatientFlow) -> Value {
    json!({
        "facility": fact.facility,
        "resource": fact.resource.name(),
        "admitted": fact.admitted,
        "discharged": fact.discharged,
        "died": fact.died,
        "hold": fact.hold.map(|hold| hold.to_string()),
    })
}

pub(super) fn bed_hold_view(fact: &BedHold) -> Value {
    json!({
        "facility": fact.facility,
        "resource": fact.resource.name(),
        "patients": fact.patients,
        "until": fact.until.to_string(),
    })
}

pub(super) fn transfer_view(fact: &Transfer) -> Value {
    let name = fact.step.name();
    match &fact.step {
        TransferStep::Request(asked) => json!({
            "step": name,
            "from": asked.from,
            "to": asked.to,
            "resource": asked.resource.name(),
            "leaving": asked.leaving.name(),
            "patients": asked.patients,
            "severity": asked.severity,
            "reason": asked.reason,
        }),
        TransferStep::Accept { request } | TransferStep::Depart { request } | TransferStep::Arrive { request } => {
            json!({ "step": name, "request": request.to_string() })
        }
        TransferStep::Decline { request, reason } | TransferStep::Cancel { request, reason } => {
            json!({ "step": name, "request": request.to_string(), "reason": reason })
        }
    }
}

pub(super) fn spot_check_view(fact: &SpotCheck) -> Value {
    json!({
        "facility": fact.facility,
        "resource": fact.resource.name(),
        "claim": fact.claim.to_string(),
        "staffed": fact.staffed,
        "occupied": fact.occupied,
        "reason": fact.reason,
    })
}
