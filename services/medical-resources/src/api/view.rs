//! What is shown of records.

use domain::event::Resource;
use domain::facility::profile::ProfileRecord;
use domain::medical_resources::BedsRecord;
use domain::medical_resources::designation::DesignationRecord;
use domain::medical_resources::hold::HoldRecord;
use domain::medical_resources::spot_check::ReliabilityRecord;
use domain::medical_resources::transfer::TransferRecord;
use domain::time::Millis;
use host::rest::GlobePlace;
use serde::Serialize;
use utoipa::ToSchema;

use crate::model::Found;

/// A resource of a facility.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BedsView {
    facility: String,
    /// E.g. `adult-icu`.
    resource: String,
    /// `beds`, `devices`, `supply`, `staff` or `status`.
    group: String,
    region: String,
    /// Who states it.
    member: String,
    /// Beds or devices with staff, people on duty, litres a minute.
    staffed: u64,
    /// Of those in use.
    occupied: u64,
    /// Kept for patients to come.
    reserved: u64,
    /// With staff, not in use, not kept.
    available: u64,
    /// In use or kept beyond those with staff.
    overcommitted: u64,
    /// When they were counted.
    observed_at: String,
    /// From when on the count adds to no sum.
    stale_at: String,
    stale: bool,
    /// The claim that stands.
    event_id: String,
    /// The key and version that `expect[]` of a later event may name; the key is also what the history is asked by.
    key: String,
    version: u64,
}

impl BedsView {
    pub(super) fn of(found: Found<BedsRecord>, now: Millis) -> Self {
        let beds = found.record;
        BedsView {
            group: beds.resource.group().name().to_owned(),
            available: beds.available(),
            overcommitted: beds.overcommitted(),
            stale: beds.is_stale(now),
            facility: beds.facility,
            resource: beds.resource.name().to_owned(),
            region: beds.region,
            member: beds.member,
            staffed: beds.staffed,
            occupied: beds.occupied,
            reserved: beds.reserved,
            observed_at: beds.observed_at.to_string(),
            stale_at: beds.stale_at.to_string(),
            event_id: beds.event.to_string(),
            key: found.key,
            version: found.version,
        }
    }
}

/// How much of a resource a facility is licensed for.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LicensedView {
    resource: String,
    number: u64,
}

impl LicensedView {
    fn of((resource, number): &(Resource, u64)) -> Self {
        LicensedView { resource: resource.name().to_owned(), number: *number }
    }
}

/// What a facility is, as its member states it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ProfileView {
    /// E.g. `tertiary-hospital`.
    kind: String,
    title: String,
    place: Option<GlobePlace>,
    licensed: Vec<LicensedView>,
    capabilities: Vec<String>,
    region: String,
    member: String,
    stated_at: String,
    event_id: String,
    key: String,
    version: u64,
}

impl ProfileView {
    pub(super) fn of(found: Found<ProfileRecord>) -> Self {
        let profile = found.record;
        let place = |(latitude_e6, longitude_e6)| GlobePlace { latitude_e6, longitude_e6 };
        ProfileView {
            kind: profile.kind.name().to_owned(),
            title: profile.title,
            place: profile.place.map(place),
            licensed: profile.licensed.iter().map(LicensedView::of).collect(),
            capabilities: profile.capabilities,
            region: profile.region,
            member: profile.member,
            stated_at: profile.stated_at.to_string(),
            event_id: profile.event.to_string(),
            key: found.key,
            version: found.version,
        }
    }
}

/// How a facility's claims stood up to checks on the spot.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReliabilityView {
    /// Checks by other members.
    checks: u64,
    /// Of those within a tenth, or one bed, of what was claimed.
    agreed: u64,
    /// The last check.
    event_id: String,
    key: String,
}

impl ReliabilityView {
    pub(super) fn of(found: Found<ReliabilityRecord>) -> Self {
        let ReliabilityRecord { checks, agreed, last } = found.record;
        ReliabilityView { checks, agreed, event_id: last.to_string(), key: found.key }
    }
}

/// Whether a facility is designated to treat a disease.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DesignationView {
    facility: String,
    /// ICD-10 code.
    disease: String,
    designated: bool,
    since: String,
    /// The proposal.
    event_id: String,
    key: String,
}

impl DesignationView {
    pub(super) fn of(found: Found<DesignationRecord>) -> Self {
        let DesignationRecord { facility, disease, designated, since, event } = found.record;
        let (since, event_id) = (since.to_string(), event.to_string());
        DesignationView { facility, disease, designated, since, event_id, key: found.key }
    }
}

/// Beds kept for patients to come.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct HoldView {
    /// The hold, or the acceptance of a transfer.
    hold: String,
    facility: String,
    resource: String,
    /// Who asked for it.
    member: String,
    patients: u64,
    /// Of those still to come.
    left: u64,
    until: String,
    /// The transfer it is for.
    request: Option<String>,
    /// `held`, `used`, `released` or `lapsed`.
    state: String,
    /// The last event that changed it.
    event_id: String,
    key: String,
}

impl HoldView {
    pub(super) fn of(found: Found<HoldRecord>) -> Self {
        let hold = found.record;
        HoldView {
            hold: found.key.strip_prefix("hold/").unwrap_or_default().to_owned(),
            facility: hold.facility,
            resource: hold.resource.name().to_owned(),
            member: hold.member,
            patients: hold.patients,
            left: hold.left,
            until: hold.until.to_string(),
            request: hold.request.map(|request| request.to_string()),
            state: hold.state.name().to_owned(),
            event_id: hold.event.to_string(),
            key: found.key,
        }
    }
}

/// A step of a transfer that was taken.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TransferStepView {
    /// What the transfer became by it.
    state: String,
    event_id: String,
    at: String,
}

/// Patients handed from one facility to another.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TransferView {
    /// The event that asked for it.
    request: String,
    from: String,
    to: String,
    /// The beds they need there.
    resource: String,
    /// The beds they lie in at first.
    leaving: String,
    patients: u64,
    severity: String,
    /// `requested`, `accepted`, `declined`, `departed`, `arrived`, `cancelled` or `lapsed`.
    state: String,
    /// Oldest first.
    steps: Vec<TransferStepView>,
    key: String,
}

impl TransferView {
    pub(super) fn of(found: Found<TransferRecord>) -> Self {
        let transfer = found.record;
        let steps = transfer.steps.iter().map(|step| TransferStepView {
            state: step.state.name().to_owned(),
            event_id: step.event.to_string(),
            at: step.at.to_string(),
        });
        TransferView {
            request: found.key.strip_prefix("transfer/").unwrap_or_default().to_owned(),
            steps: steps.collect(),
            from: transfer.from,
            to: transfer.to,
            resource: transfer.resource.name().to_owned(),
            leaving: transfer.leaving.name().to_owned(),
            patients: transfer.patients,
            severity: transfer.severity,
            state: transfer.state.name().to_owned(),
            key: found.key,
        }
    }
}
