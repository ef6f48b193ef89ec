//! The JSON of the answer: what it was computed from, each with its events, then the items.

use domain::time::Date;
use host::projection::At;
use planning::demand::SEVERITY_SOURCE;
use planning::supply::patients::{SHIFTS_A_DAY, SHIFTS_SOURCE};
use planning::supply::{Course, Day};
use serde::Serialize;
use utoipa::ToSchema;
use wire::area::{Ward, WardsAnswer};

use super::super::supply::{ItemSupply, Items};
use super::inputs::{Ahead, Here, Stands, uses};
use crate::api::view::proof;

/// Who uses things up on a day.
#[derive(Debug, Serialize, ToSchema)]
struct SupplyDay {
    date: String,
    patients: u64,
    severe: u64,
    critical: u64,
    shifts: u64,
}

/// Patients and shifts along a course.
#[derive(Debug, Serialize, ToSchema)]
struct PatientCourse {
    /// `low`, `middle` or `high`: when every day is at the forecast's 10 %, 50 % or 90 % quantile.
    course: &'static str,
    /// Today first, as counted.
    days: Vec<SupplyDay>,
}

/// A count of a ward or of staff.
#[derive(Debug, Serialize, ToSchema)]
struct CountedWard {
    facility: String,
    resource: &'static str,
    /// Beds with staff, or staff on duty.
    staffed: u64,
    /// Patients in them.
    occupied: u64,
    /// The claim that says so.
    event_id: String,
    /// Its proof file.
    proof: String,
}

/// Who was counted.
#[derive(Debug, Serialize, ToSchema)]
struct CountedPatients {
    /// The last final block that the member's medical resources had taken in.
    height: u64,
    chain_time: String,
    /// The instant by which counts are fresh or stale.
    as_of: String,
    /// In beds.
    patients: u64,
    /// Of those in intensive care.
    critical: u64,
    on_duty: u64,
    wards: Vec<CountedWard>,
    /// Too old to be added.
    stale: Vec<CountedWard>,
}

/// The forecast that the coming days are taken from.
#[derive(Debug, Serialize, ToSchema)]
struct SupplyForecast {
    /// The last final block that the member's early warning had taken in.
    height: u64,
    chain_time: String,
    /// The last day that was counted.
    reference_date: String,
    /// Committed on the log before its outcome.
    event_id: String,
    /// Its proof file.
    proof: String,
}

/// How long stock lasts by patients counted and foreseen.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super::super) struct ForeseenSupply {
    /// The last final block of which the stock is.
    height: u64,
    /// Its chain time.
    chain_time: String,
    disease: String,
    region: String,
    /// None: the whole region, over the stock of the whole chain.
    facility: Option<String>,
    counted: CountedPatients,
    /// None: every day is like today.
    forecast: Option<SupplyForecast>,
    /// Why there is none.
    without_forecast: Option<String>,
    patients: Vec<PatientCourse>,
    /// What share of patients is severely ill, by whom.
    severity_source: &'static str,
    shifts_a_day: u64,
    shifts_source: &'static str,
    /// The lots behind the stock, with the events that made them.
    stock: String,
    /// Items that have a rate, the shortest supply first; last those that nobody counted uses up.
    items: Vec<ItemSupply>,
    /// Those to be ordered now, by the same order.
    short: Vec<String>,
    /// Items with a published rate that this chain never had; `item` asks for one.
    not_stocked: Vec<String>,
}

/// What was computed from.
pub(super) struct Inputs<'a> {
    pub(super) chain: &'a str,
    pub(super) disease: String,
    pub(super) here: Here,
    pub(super) ahead: Ahead,
    pub(super) wards: WardsAnswer,
    pub(super) courses: [Course; 3],
    pub(super) on: Option<Date>,
}

impl ForeseenSupply {
    pub(super) fn of(at: At, inputs: Inputs<'_>, Items { items, short, not_stocked }: Items) -> Self {
        let Inputs { chain, disease, here, ahead, wards, courses, on } = inputs;
        let today = wards.as_of.date();
        ForeseenSupply {
            height: at.height,
            chain_time: at.chain_time.to_string(),
            disease,
            counted: counted(chain, &here, wards),
            forecast: ahead.stands.map(|stands| forecast(chain, &stands)),
            without_forecast: ahead.without,
            patients: courses.into_iter().map(|course| patients(course, today)).collect(),
            severity_source: SEVERITY_SOURCE,
            shifts_a_day: SHIFTS_A_DAY,
            shifts_source: SHIFTS_SOURCE,
            stock: stock(chain, here.facility.as_deref(), on),
            region: here.region,
            facility: here.facility,
            items,
            short,
            not_stocked,
        }
    }
}

fn counted(chain: &str, here: &Here, answer: WardsAnswer) -> CountedPatients {
    let line = |ward: Ward| CountedWard {
        resource: ward.resource.name(),
        staffed: ward.staffed,
        occupied: ward.occupied,
        event_id: ward.event.to_string(),
        proof: proof(chain, &ward.event),
        facility: ward.facility,
    };
    let taken = answer.wards.into_iter().filter(|ward| here.takes(ward) && uses(ward));
    let (stale, fresh) = taken.partition::<Vec<_>, _>(|ward| ward.stale);
    CountedPatients {
        height: answer.height,
        chain_time: answer.chain_time.to_string(),
        as_of: answer.as_of.to_string(),
        patients: here.counted.patients,
        critical: here.counted.critical,
        on_duty: here.counted.on_duty,
        wards: fresh.into_iter().map(line).collect(),
        stale: stale.into_iter().map(line).collect(),
    }
}

fn forecast(chain: &str, stands: &Stands) -> SupplyForecast {
    SupplyForecast {
        height: stands.height,
        chain_time: stands.chain_time.to_string(),
        reference_date: stands.reference.to_string(),
        event_id: stands.event.to_string(),
        proof: proof(chain, &stands.event),
    }
}

fn patients(course: Course, today: Date) -> PatientCourse {
    let on = |(date, day): (u32, Day)| SupplyDay {
        date: Date(date).to_string(),
        patients: day.patients,
        severe: day.severe,
        critical: day.critical,
        shifts: day.shifts,
    };
    PatientCourse { course: course.name, days: (today.0..).zip(course.days).map(on).collect() }
}

/// The way to the lots: those of a facility, or of the chain.
fn stock(chain: &str, facility: Option<&str>, on: Option<Date>) -> String {
    let asked = [facility.map(|facility| format!("facility={facility}")), on.map(|day| format!("as_of={day}"))];
    let asked = asked.into_iter().flatten().collect::<Vec<_>>().join("&");
    format!("/v1/chains/{chain}/stock{}{asked}", if asked.is_empty() { "" } else { "?" })
}
