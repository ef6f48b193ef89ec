//! Who is counted at a place, and who is foreseen there, out of what the member's other services answer.

use domain::event::{EventId, Resource};
use domain::medical_resources::resource::Group;
use domain::time::{Date, Millis};
use host::rest::Problem;
use planning::supply::patients::{Coming, Counted, Foreseen, Share};
use wire::area::{BedsAnswer, BedsDay, BedsForecast, Ward, WardsAnswer};

/// Whether patients who lie there are in intensive care.
fn is_intensive(resource: Resource) -> bool {
    matches!(resource, Resource::AdultIcu | Resource::PaediatricIcu)
}

/// What is counted at a place.
pub(super) struct Here {
    pub(super) region: String,
    pub(super) facility: Option<String>,
    pub(super) counted: Counted,
    pub(super) share: Share,
}

impl Here {
    /// A region by its wards, or a facility of it with its share of the region's patients.
    pub(super) fn of(answer: &WardsAnswer, region: String, facility: Option<String>) -> Result<Self, Problem> {
        let (all, all_beds) = sums(answer.wards.iter());
        let Some(facility) = facility else {
            return Ok(Here { region, facility: None, counted: all, share: Share::WHOLE });
        };
        let at = |ward: &&Ward| ward.facility == facility;
        if !answer.wards.iter().any(|ward| at(&ward)) {
            return Err(Problem::not_found("no facility of that name counts beds or staff in this region"));
        }
        let (counted, beds) = sums(answer.wards.iter().filter(at));
        let share = Share::between((counted.patients, beds), (all.patients, all_beds));
        Ok(Here { region, facility: Some(facility), counted, share })
    }

    /// Whether a ward is one of those counted here.
    pub(super) fn takes(&self, ward: &Ward) -> bool {
        self.facility.as_ref().is_none_or(|facility| ward.facility == *facility)
    }
}

/// Whether what is counted of a ward uses things up: patients in beds, staff on duty.
pub(super) fn uses(ward: &Ward) -> bool {
    matches!(ward.resource.group(), Group::Beds | Group::Staff)
}

/// Patients and staff of wards, and beds with staff; stale counts add nothing.
fn sums<'a>(wards: impl Iterator<Item = &'a Ward>) -> (Counted, u64) {
    let (mut counted, mut beds) = (Counted::default(), 0u64);
    for ward in wards.filter(|ward| !ward.stale) {
        match ward.resource.group() {
            Group::Beds => {
                counted.patients = counted.patients.saturating_add(ward.occupied);
                beds = beds.saturating_add(ward.staffed);
                if is_intensive(ward.resource) {
                    counted.critical = counted.critical.saturating_add(ward.occupied);
                }
            }
            Group::Staff => counted.on_duty = counted.on_duty.saturating_add(ward.staffed),
            Group::Devices | Group::Supply | Group::Status => {}
        }
    }
    (counted, beds)
}

/// The forecast that an answer stands on.
pub(super) struct Stands {
    pub(super) event: EventId,
    pub(super) reference: Date,
    pub(super) height: u64,
    pub(super) chain_time: Millis,
}

/// What is foreseen of a region.
pub(super) struct Ahead {
    pub(super) foreseen: Foreseen,
    pub(super) stands: Option<Stands>,
    /// Why nothing is foreseen.
    pub(super) without: Option<String>,
}

impl Ahead {
    pub(super) fn none(why: String) -> Self {
        Ahead { foreseen: Foreseen::default(), stands: None, without: Some(why) }
    }

    /// The days after `today`. A forecast made on an earlier day loses those that have passed.
    pub(super) fn of(answer: BedsAnswer, today: Date) -> Self {
        let Some(forecast) = answer.forecast else {
            return Ahead::none("no daily forecast of this disease and region was known".to_owned());
        };
        let passed = usize::try_from(today.0.saturating_sub(forecast.reference.0)).unwrap_or(usize::MAX);
        let foreseen = Foreseen {
            low: course(&forecast, passed, |day| day.low),
            middle: course(&forecast, passed, |day| day.middle),
            high: course(&forecast, passed, |day| day.high),
        };
        if foreseen.middle.is_empty() {
            let reference = forecast.reference;
            return Ahead::none(format!("the newest daily forecast is of {reference} and ends before tomorrow"));
        }
        let stands = Stands {
            event: forecast.event,
            reference: forecast.reference,
            height: answer.height,
            chain_time: answer.chain_time,
        };
        Ahead { foreseen, stands: Some(stands), without: None }
    }
}

/// A region's patients along one course. Every case is isolated, so the isolation beds that a forecast fills are all its
/// patients; those of intensive care are among them.
fn course(forecast: &BedsForecast, passed: usize, of: fn(&BedsDay) -> u64) -> Vec<Coming> {
    let days = |takes: fn(Resource) -> bool| {
        let beds = forecast.courses.iter().filter(|course| takes(course.resource));
        beds.map(|course| course.days.iter().skip(passed).map(of).collect::<Vec<_>>()).collect::<Vec<_>>()
    };
    let (isolated, intensive) = (days(|resource| resource == Resource::Isolation), days(is_intensive));
    let ahead = isolated.iter().chain(&intensive).map(Vec::len).max().unwrap_or(0);
    let on = |beds: &[Vec<u64>], day: usize| {
        beds.iter().filter_map(|days| days.get(day)).fold(0u64, |sum, patients| sum.saturating_add(*patients))
    };
    let coming = (0..ahead).map(|day| {
        let critical = on(&intensive, day);
        Coming { patients: on(&isolated, day).max(critical), critical }
    });
    coming.collect()
}
