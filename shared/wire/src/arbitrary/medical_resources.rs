//! Arbitrary facts about facilities, beds and patients.

use domain::event::*;
use domain::time::Millis;
use proptest::collection::{btree_map, btree_set};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::{digest, name, number, text};

fn resource() -> impl Strategy<Value = Resource> {
    select(&Resource::ALL[..])
}

pub(super) fn capacity_claim() -> impl Strategy<Value = CapacityClaim> {
    (name(), resource(), number(), number()).prop_map(|(facility, resource, staffed, occupied)| CapacityClaim {
        facility,
        resource,
        staffed,
        occupied,
    })
}

pub(super) fn facility_profile() -> impl Strategy<Value = FacilityProfile> {
    let place = option::of((any::<i64>(), prop_oneof![Just(0), any::<i64>()]));
    let licensed = btree_map(resource(), number(), 0..4);
    (name(), select(&FacilityKind::ALL[..]), text(), place, licensed, btree_set(name(), 0..4)).prop_map(
        |(facility, kind, title, place, licensed, capabilities)| FacilityProfile {
            facility,
            kind,
            title,
            place,
            licensed: licensed.into_iter().collect(),
            capabilities: capabilities.into_iter().collect(),
        },
    )
}

pub(super) fn patient_flow() -> impl Strategy<Value = PatientFlow> {
    (name(), resource(), [number(), number(), number()], option::of(digest())).prop_map(
        |(facility, resource, [admitted, discharged, died], hold)| PatientFlow {
            facility,
            resource,
            admitted,
            discharged,
            died,
            hold,
        },
    )
}

pub(super) fn bed_hold() -> impl Strategy<Value = BedHold> {
    (name(), resource(), number(), 0..253_402_300_800_000_u64).prop_map(|(facility, resource, patients, until)| {
        BedHold { facility, resource, patients, until: Millis(until) }
    })
}

pub(super) fn transfer() -> impl Strategy<Value = Transfer> {
    let asked = (name(), name(), resource(), resource(), number(), name(), name()).prop_map(
        |(from, to, resource, leaving, patients, severity, reason)| {
            TransferStep::Request(TransferRequest { from, to, resource, leaving, patients, severity, reason })
        },
    );
    let step = prop_oneof![
        asked,
        digest().prop_map(|request| TransferStep::Accept { request }),
        (digest(), name()).prop_map(|(request, reason)| TransferStep::Decline { request, reason }),
        digest().prop_map(|request| TransferStep::Depart { request }),
        digest().prop_map(|request| TransferStep::Arrive { request }),
        (digest(), name()).prop_map(|(request, reason)| TransferStep::Cancel { request, reason }),
    ];
    step.prop_map(|step| Transfer { step })
}

pub(super) fn spot_check() -> impl Strategy<Value = SpotCheck> {
    (name(), resource(), digest(), number(), number(), name()).prop_map(
        |(facility, resource, claim, staffed, occupied, reason)| SpotCheck {
            facility,
            resource,
            claim,
            staffed,
            occupied,
            reason,
        },
    )
}
