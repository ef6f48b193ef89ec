//! What is said of facilities, their beds and the patients in them. Integers only, no person. What it does to a chain is
//! in [`crate::facility`] and [`crate::medical_resources`].

use super::EventId;
use crate::time::Millis;

/// Licensed resources that a profile names: each there is, and room for more kinds.
pub const MAX_LICENSED: usize = 16;
/// Capabilities that a profile names: what a facility is looked up by, not its catalogue.
pub const MAX_CAPABILITIES: usize = 16;

/// What a facility has for patients, as capacity is reported: counted, never named one by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Resource {
    /// Beds on general wards for adults.
    AdultGeneral,
    /// Beds on general wards for children.
    PaediatricGeneral,
    /// Intensive care beds for adults.
    AdultIcu,
    /// Intensive care beds for children.
    PaediatricIcu,
    /// Isolation beds.
    Isolation,
    /// Isolation beds in rooms kept under negative pressure.
    NegativePressure,
    /// Ventilators.
    Ventilator,
    /// Machines for extracorporeal membrane oxygenation.
    Ecmo,
    /// Medical oxygen that can be given at once, in litres a minute.
    OxygenLMin,
    /// Physicians on duty.
    Physician,
    /// Nurses on duty.
    Nurse,
    /// Respiratory therapists on duty.
    RespiratoryTherapist,
    /// 1 while ambulances are sent elsewhere, else 0.
    AmbulanceDiversion,
}

impl Resource {
    /// Every resource.
    pub const ALL: [Resource; 13] = [
        Resource::AdultGeneral,
        Resource::PaediatricGeneral,
        Resource::AdultIcu,
        Resource::PaediatricIcu,
        Resource::Isolation,
        Resource::NegativePressure,
        Resource::Ventilator,
        Resource::Ecmo,
        Resource::OxygenLMin,
        Resource::Physician,
        Resource::Nurse,
        Resource::RespiratoryTherapist,
        Resource::AmbulanceDiversion,
    ];

    /// Its name in keys and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Resource::AdultGeneral => "adult-general",
            Resource::PaediatricGeneral => "paediatric-general",
            Resource::AdultIcu => "adult-icu",
            Resource::PaediatricIcu => "paediatric-icu",
            Resource::Isolation => "isolation",
            Resource::NegativePressure => "negative-pressure",
            Resource::Ventilator => "ventilator",
            Resource::Ecmo => "ecmo",
            Resource::OxygenLMin => "oxygen-l-min",
            Resource::Physician => "physician",
            Resource::Nurse => "nurse",
            Resource::RespiratoryTherapist => "respiratory-therapist",
            Resource::AmbulanceDiversion => "ambulance-diversion",
        }
    }

    /// The resource of that name.
    pub fn parse(text: &str) -> Option<Self> {
        Resource::ALL.into_iter().find(|resource| resource.name() == text)
    }
}

/// What a facility is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FacilityKind {
    /// A hospital of the third and highest class.
    TertiaryHospital,
    /// A hospital of the second class: a district's or county's.
    SecondaryHospital,
    /// A centre that treats one epidemic's patients only, often built for it.
    DesignatedCentre,
    /// A converted hall for mild cases (*fangcang*).
    ShelterHospital,
    /// A clinic that sees fever patients apart from others.
    FeverClinic,
    /// A store of goods.
    Warehouse,
    /// A charity's place.
    Charity,
    /// A laboratory.
    Laboratory,
}

impl FacilityKind {
    /// Every kind.
    pub const ALL: [FacilityKind; 8] = [
        FacilityKind::TertiaryHospital,
        FacilityKind::SecondaryHospital,
        FacilityKind::DesignatedCentre,
        FacilityKind::ShelterHospital,
        FacilityKind::FeverClinic,
        FacilityKind::Warehouse,
        FacilityKind::Charity,
        FacilityKind::Laboratory,
    ];

    /// Its name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            FacilityKind::TertiaryHospital => "tertiary-hospital",
            FacilityKind::SecondaryHospital => "secondary-hospital",
            FacilityKind::DesignatedCentre => "designated-centre",
            FacilityKind::ShelterHospital => "shelter-hospital",
            FacilityKind::FeverClinic => "fever-clinic",
            FacilityKind::Warehouse => "warehouse",
            FacilityKind::Charity => "charity",
            FacilityKind::Laboratory => "laboratory",
        }
    }

    /// The kind of that name.
    pub fn parse(text: &str) -> Option<Self> {
        FacilityKind::ALL.into_iter().find(|kind| kind.name() == text)
    }
}

/// What a facility is, where, and what it may have. The latest stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FacilityProfile {
    /// The facility (a name).
    pub facility: String,
    /// What it is.
    pub kind: FacilityKind,
    /// Its name for people.
    pub title: String,
    /// Latitude and longitude (WGS 84) in millionths of a degree.
    pub place: Option<(i64, i64)>,
    /// How much of a resource it is licensed for: in the order of [`Resource::ALL`], each once, at most [`MAX_LICENSED`].
    pub licensed: Vec<(Resource, u64)>,
    /// What it can do, e.g. `dialysis` (names): ascending, each once, at most [`MAX_CAPABILITIES`].
    pub capabilities: Vec<String>,
}

/// How much of a resource a facility has, and how much of it is in use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CapacityClaim {
    /// The facility (a name).
    pub facility: String,
    /// What was counted.
    pub resource: Resource,
    /// Beds or devices with staff, people on duty, litres a minute.
    pub staffed: u64,
    /// Of those in use; at most `staffed`, and 0 of people.
    pub occupied: u64,
}

/// Patients that came and went since the last count. No person: numbers only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatientFlow {
    /// The facility (a name).
    pub facility: String,
    /// Which beds or devices.
    pub resource: Resource,
    /// Patients that came.
    pub admitted: u64,
    /// Patients that left alive.
    pub discharged: u64,
    /// Patients that died.
    pub died: u64,
    /// The hold that those who came use.
    pub hold: Option<EventId>,
}

/// Beds kept for patients to come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BedHold {
    /// The facility (a name).
    pub facility: String,
    /// Which beds or devices.
    pub resource: Resource,
    /// For how many, at least 1.
    pub patients: u64,
    /// When it lapses.
    pub until: Millis,
}

/// Beds kept no longer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BedRelease {
    /// The hold, on the same chain.
    pub hold: EventId,
}

/// A step of moving patients from one facility to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TransferStep {
    /// A facility asks another to take patients.
    Request(TransferRequest),
    /// The other will: beds are kept for them.
    Accept {
        /// The request.
        request: EventId,
    },
    /// The other will not, or can't any more.
    Decline {
        /// The request.
        request: EventId,
        /// A reason code (a name).
        reason: String,
    },
    /// They are on their way.
    Depart {
        /// The request.
        request: EventId,
    },
    /// They are there.
    Arrive {
        /// The request.
        request: EventId,
    },
    /// They stay.
    Cancel {
        /// The request.
        request: EventId,
        /// A reason code (a name).
        reason: String,
    },
}

impl TransferStep {
    /// The request that the step follows; `None` for a request.
    pub fn request(&self) -> Option<&EventId> {
        match self {
            TransferStep::Request(_) => None,
            TransferStep::Accept { request }
            | TransferStep::Decline { request, .. }
            | TransferStep::Depart { request }
            | TransferStep::Arrive { request }
            | TransferStep::Cancel { request, .. } => Some(request),
        }
    }

    /// Its name in JSON.
    pub fn name(&self) -> &'static str {
        match self {
            TransferStep::Request(_) => "request",
            TransferStep::Accept { .. } => "accept",
            TransferStep::Decline { .. } => "decline",
            TransferStep::Depart { .. } => "depart",
            TransferStep::Arrive { .. } => "arrive",
            TransferStep::Cancel { .. } => "cancel",
        }
    }
}

/// Which patients are to go where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransferRequest {
    /// Where they are (a facility's name).
    pub from: String,
    /// Where they are to go (a facility's name).
    pub to: String,
    /// The beds they need there.
    pub resource: Resource,
    /// The beds they lie in now.
    pub leaving: Resource,
    /// How many, at least 1.
    pub patients: u64,
    /// How ill they are (a name), e.g. `severe`.
    pub severity: String,
    /// A reason code (a name).
    pub reason: String,
}

/// A step of a transfer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// Which.
    pub step: TransferStep,
}

/// What another member counted where a facility claims capacity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpotCheck {
    /// The facility (a name).
    pub facility: String,
    /// What was counted.
    pub resource: Resource,
    /// The claim that was checked; it must be the one that stands.
    pub claim: EventId,
    /// As in a claim.
    pub staffed: u64,
    /// As in a claim.
    pub occupied: u64,
    /// A reason code (a name): why this facility was checked.
    pub reason: String,
}
