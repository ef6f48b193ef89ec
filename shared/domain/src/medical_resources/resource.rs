//! What is counted, how long a count is worth something, and how much of it there can be at one place.

use crate::event::{FacilityKind, Resource};

/// An hour in milliseconds.
pub(crate) const HOUR_MS: u64 = 3_600_000;

/// What a resource is, as capacity reports group it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// Patients lie in them.
    Beds,
    /// Patients are connected to them.
    Devices,
    /// It runs out.
    Supply,
    /// They are on duty.
    Staff,
    /// A state of the facility.
    Status,
}

impl Group {
    /// Every group.
    pub const ALL: [Group; 5] = [Group::Beds, Group::Devices, Group::Supply, Group::Staff, Group::Status];

    /// Its name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Group::Beds => "beds",
            Group::Devices => "devices",
            Group::Supply => "supply",
            Group::Staff => "staff",
            Group::Status => "status",
        }
    }
}

impl Resource {
    /// What it is.
    pub fn group(self) -> Group {
        match self {
            Resource::AdultGeneral
            | Resource::PaediatricGeneral
            | Resource::AdultIcu
            | Resource::PaediatricIcu
            | Resource::Isolation
            | Resource::NegativePressure => Group::Beds,
            Resource::Ventilator | Resource::Ecmo => Group::Devices,
            Resource::OxygenLMin => Group::Supply,
            Resource::Physician | Resource::Nurse | Resource::RespiratoryTherapist => Group::Staff,
            Resource::AmbulanceDiversion => Group::Status,
        }
    }

    /// How long a count of it stands, in milliseconds; after that it is stale and adds to no sum.
    pub fn expires_after(self) -> u64 {
        match self.group() {
            // Hospitals count beds once a day, at the morning's handover; so do daily capacity reports everywhere.
            Group::Beds | Group::Devices | Group::Supply => 24 * HOUR_MS,
            // A shift of twelve hours is the longest that is usual.
            Group::Staff => 12 * HOUR_MS,
            // A diversion is meant to bridge a peak; who diverts for longer says so again.
            Group::Status => 4 * HOUR_MS,
        }
    }

    /// Whether single patients take it up, so that it can be kept for them.
    pub fn takes_patients(self) -> bool {
        matches!(self.group(), Group::Beds | Group::Devices)
    }
}

/// The most beds of one kind that a facility of a kind can have.
fn most_beds(kind: FacilityKind) -> u64 {
    match kind {
        // The largest hospital known, the First Affiliated Hospital of Zhengzhou University, has some 10,000; half as many
        // again for a surge.
        FacilityKind::TertiaryHospital => 15_000,
        // The second class is 100 to 499 beds (China's measures on hospital classes, 1989); county hospitals have outgrown
        // it several times over.
        FacilityKind::SecondaryHospital => 2_500,
        // Leishenshan in Wuhan, built for 2020's patients, had some 1,600; three times that.
        FacilityKind::DesignatedCentre => 5_000,
        // The largest converted hall, Shanghai's National Exhibition and Convention Centre, was planned for 50,000 (April
        // 2022); half as many again.
        FacilityKind::ShelterHospital => 75_000,
        // Observation beds of a clinic are counted in tens.
        FacilityKind::FeverClinic => 500,
        // Nobody is treated there.
        FacilityKind::Warehouse | FacilityKind::Charity | FacilityKind::Laboratory => 0,
    }
}

/// The most of a resource that a facility of this kind can have; `None`: of any kind. A number beyond it is a slip of the
/// pen, or no honest one.
pub(crate) fn ceiling(kind: Option<FacilityKind>, resource: Resource) -> u64 {
    let Some(kind) = kind else {
        return FacilityKind::ALL.into_iter().map(|kind| ceiling(Some(kind), resource)).max().unwrap_or_default();
    };
    let beds = most_beds(kind);
    match resource {
        Resource::AdultGeneral | Resource::PaediatricGeneral | Resource::Isolation | Resource::NegativePressure => beds,
        Resource::AdultIcu | Resource::PaediatricIcu => match kind {
            // Halls and clinics stabilise and send on.
            FacilityKind::ShelterHospital | FacilityKind::FeverClinic => beds / 50,
            // China's guideline for intensive care (2009) asks for 2 to 8 in a hundred beds; 2020 more than doubled it.
            _ => beds / 5,
        },
        // One for every bed that can be intensive care, and as many in reserve.
        Resource::Ventilator => ceiling(Some(kind), Resource::AdultIcu).saturating_mul(2),
        // Some 400 machines were counted in all of China when 2020 began; no place has half of them.
        Resource::Ecmo => (beds / 50).min(200),
        // 60 l/min is the most that high-flow nasal oxygen gives an adult.
        Resource::OxygenLMin => beds.saturating_mul(60),
        // Zhengzhou's 10,000 beds have some 12,000 staff in all; two of one profession a bed, at one time, have none.
        Resource::Physician | Resource::Nurse | Resource::RespiratoryTherapist => beds.saturating_mul(2),
        Resource::AmbulanceDiversion => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_stands_for_as_long_as_its_kind_is_counted_anew() {
        let hours = |resource: Resource| resource.expires_after() / HOUR_MS;
        assert_eq!(
            (hours(Resource::AmbulanceDiversion), hours(Resource::Nurse), hours(Resource::AdultIcu)),
            (4, 12, 24)
        );
        assert_eq!((hours(Resource::Ecmo), hours(Resource::OxygenLMin)), (24, 24));
    }

    #[test]
    fn names_are_names_and_read_back() {
        for resource in Resource::ALL {
            assert!(crate::chain::is_name(resource.name()));
            assert_eq!(Resource::parse(resource.name()), Some(resource));
        }
        for kind in FacilityKind::ALL {
            assert_eq!(FacilityKind::parse(kind.name()), Some(kind));
        }
        assert_eq!(Resource::parse("icu"), None);
    }

    #[test]
    fn nobody_is_treated_in_a_warehouse_and_a_hall_has_few_intensive_beds() {
        let of = |kind, resource| ceiling(Some(kind), resource);
        for resource in Resource::ALL.into_iter().filter(|resource| resource.group() != Group::Status) {
            assert_eq!(of(FacilityKind::Warehouse, resource), 0, "{resource:?}");
            assert!(of(FacilityKind::SecondaryHospital, resource) <= of(FacilityKind::TertiaryHospital, resource));
            let largest = FacilityKind::ALL.into_iter().map(|kind| of(kind, resource)).max();
            assert_eq!(Some(ceiling(None, resource)), largest);
        }
        assert_eq!(of(FacilityKind::FeverClinic, Resource::AdultIcu), 10);
        assert_eq!(of(FacilityKind::TertiaryHospital, Resource::AdultIcu), 3_000);
        assert_eq!(ceiling(None, Resource::AmbulanceDiversion), 1);
    }
}
