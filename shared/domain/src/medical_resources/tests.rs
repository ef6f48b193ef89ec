//! Beds on a small chain: the hospital speaks for `gulou`, the disease control centre for `zhongda`.

mod any_order;
mod checks;
mod claims;
mod holds;
mod transfers;

use super::BedsRecord;
use super::hold::{HoldRecord, HoldState, MAX_HOLD_MS};
use super::resource::HOUR_MS;
use super::transfer::{TransferRecord, TransferState};
use crate::event::*;
use crate::keys;
use crate::refusal::Code;
use crate::stage::Stage;
use crate::state::read;
use crate::time::Millis;

fn claim(facility: &str, resource: Resource, staffed: u64, occupied: u64) -> Fact {
    Fact::CapacityClaim(CapacityClaim { facility: facility.into(), resource, staffed, occupied })
}

fn flow(facility: &str, [admitted, discharged, died]: [u64; 3], hold: Option<EventId>) -> Fact {
    let resource = Resource::AdultIcu;
    Fact::PatientFlow(PatientFlow { facility: facility.into(), resource, admitted, discharged, died, hold })
}

fn hold(facility: &str, patients: u64, until: Millis) -> Fact {
    Fact::BedHold(BedHold { facility: facility.into(), resource: Resource::AdultIcu, patients, until })
}

fn release(hold: EventId) -> Fact {
    Fact::BedRelease(BedRelease { hold })
}

fn step(step: TransferStep) -> Fact {
    Fact::Transfer(Transfer { step })
}

fn request(from: &str, to: &str, patients: u64) -> Fact {
    step(TransferStep::Request(TransferRequest {
        from: from.into(),
        to: to.into(),
        resource: Resource::AdultIcu,
        leaving: Resource::AdultIcu,
        patients,
        severity: "severe".into(),
        reason: "full".into(),
    }))
}

fn beds(stage: &Stage, facility: &str) -> BedsRecord {
    read(&stage.state, &keys::beds(facility, Resource::AdultIcu)).unwrap().expect("a claim")
}

/// Staffed, occupied, reserved, available.
fn counts(stage: &Stage, facility: &str) -> [u64; 4] {
    let beds = beds(stage, facility);
    [beds.staffed, beds.occupied, beds.reserved, beds.available()]
}

fn held(stage: &Stage, id: &EventId) -> HoldRecord {
    read(&stage.state, &keys::hold(id)).unwrap().expect("a hold")
}

fn transfer(stage: &Stage, id: &EventId) -> TransferRecord {
    read(&stage.state, &keys::transfer(id)).unwrap().expect("a transfer")
}

/// A chain on which both facilities claimed intensive care beds: staffed and occupied.
fn stage(gulou: (u64, u64), zhongda: (u64, u64)) -> Stage {
    let mut stage = Stage::new(&[]);
    stage.say("hospital", claim("gulou", Resource::AdultIcu, gulou.0, gulou.1));
    stage.say("cdc", claim("zhongda", Resource::AdultIcu, zhongda.0, zhongda.1));
    stage
}

/// The form of a fact is refused with this code and field.
fn form(fact: Fact) -> Option<(Code, &'static str)> {
    let event = crate::facility::testing::event(fact);
    crate::form::check(&event).err().map(|refusal| (refusal.code, refusal.field))
}
