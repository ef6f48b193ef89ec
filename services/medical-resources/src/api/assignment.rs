//! Which waiting patients could go to which free beds: a proposal with its reasons. A member decides; nothing is held by it.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, web};
use domain::chain::is_name;
use domain::event::Resource;
use domain::facility::profile::ProfileRecord;
use domain::medical_resources::BedsRecord;
use domain::medical_resources::resource::Group;
use domain::refusal::{Code, Refusal};
use domain::time::Millis;
use host::rest::{Caller, Desks, GlobePlace, Problem, asked};
use planning::assign::{Beds, Patient, Plan, Why, assign};
use planning::travel::Place;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Desk;
use crate::model::Resources;

/// What the planner is proven to answer for within two seconds on one core; more is another night.
const MAX_PATIENTS: usize = 5_000;

/// Who waits, and how far is too far.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AssignmentAsked {
    /// At most 5,000.
    patients: Vec<WaitingAsked>,
    /// By road.
    max_minutes: u32,
    /// ICD-10 code, if only facilities designated for it may take them.
    disease: Option<String>,
    /// By facility: where its profile says no place, or another one is meant.
    #[serde(default)]
    places: BTreeMap<String, GlobePlace>,
}

/// A patient who waits: a place or a region, and not both.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WaitingAsked {
    /// A number or word of your own, never a name.
    r#ref: String,
    /// 1 to 5.
    severity: u8,
    /// A kind of bed, e.g. `adult-icu`.
    resource: String,
    place: Option<GlobePlace>,
    /// For the middle of its facilities.
    region: Option<String>,
}

/// A patient's bed.
#[derive(Debug, Serialize, ToSchema)]
struct PlacedView {
    r#ref: String,
    facility: String,
    /// By road, as estimated from coordinates.
    minutes: u32,
    /// Facilities that are nearer and have such beds, all taken by others; empty: the nearest there is.
    nearer_full: Vec<String>,
}

/// A patient without a bed.
#[derive(Debug, Serialize, ToSchema)]
struct WaitingView {
    r#ref: String,
    /// `none_free`, `too_far` or `outweighed`.
    why: String,
    /// The nearest facility with a free bed, where that is too far.
    nearest: Option<String>,
    /// How far that is: a limit of so many minutes would do.
    minutes: Option<u32>,
    /// Facilities in reach, all taken by patients at least as severe.
    in_reach: Option<u64>,
    /// The severity of the mildest patient who goes to one of them.
    mildest: Option<u8>,
}

/// Beds of which one more would help most.
#[derive(Debug, Serialize, ToSchema)]
struct ScarceView {
    facility: String,
    resource: String,
    /// In minutes; placing a patient of severity 1 counts as 10,000.
    worth: i64,
}

/// A proposal.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Assignment {
    /// The last final block taken in.
    height: u64,
    /// Its chain time.
    chain_time: String,
    /// The instant by which counts are fresh or stale; beds with a stale count are not proposed.
    as_of: String,
    /// In the order of the patients.
    placed: Vec<PlacedView>,
    /// In the order of the patients.
    waiting: Vec<WaitingView>,
    /// Best first.
    scarce: Vec<ScarceView>,
    /// Facilities with free beds whose place neither their profile nor the caller says: nobody can be sent there.
    without_place: Vec<String>,
}

/// Propose beds for waiting patients
///
/// Free beds by fresh counts, at facilities whose place their profiles on the log say, or the caller. The severe go first, then
/// the way is as short as can be. Nothing is held: hold the beds you decide on.
#[utoipa::path(
    post, path = "/v1/chains/{chain}/medical-resources/assignment", tag = "medical resources", security(("token" = [])),
    params(("chain" = String, Path, description = "chain path, e.g. `cn.32.01`")),
    request_body(content = AssignmentAsked, content_type = "application/json", description = "who waits, and how far is too far"),
    responses(
        (status = 200, description = "a proposal with its reasons", body = Assignment),
        (status = "4XX", description = "what can't be planned", content_type = "application/problem+json", body = serde_json::Value)
    )
)]
pub(super) async fn propose_assignment(
    request: HttpRequest,
    desks: web::Data<Desks<Desk>>,
    _caller: Caller,
    chain: web::Path<String>,
    body: web::Bytes,
) -> Result<web::Json<Assignment>, Problem> {
    asked::content_type(&request, &["application/json"])?;
    let desk = desks.of(&chain)?;
    let AssignmentAsked { patients, max_minutes, disease, places } = read(&body)?;
    let now = desk.now();
    let (at, offer) = desk.ask(move |resources| offer(resources, disease.as_deref(), &places, now)).await?;
    let patients = patients.into_iter().map(|patient| waiting(patient, &offer)).collect::<Result<Vec<_>, _>>()?;
    let (beds, without_place, limit) = (offer.beds, offer.without_place, max_minutes);
    let plan = web::block(move || assign(&patients, &beds, limit)).await.map_err(Problem::fault)?;
    let refused = |error: planning::assign::Refused| match error {
        planning::assign::Refused::Unsolved(error) => Problem::fault(error),
        // It names a place or patient by what the caller called it, so its words stay here.
        _ => {
            out_of_range("a severity is not 1 to 5, a place is not on the globe, or the limit is over 24 hours").into()
        }
    };
    let Plan { placed, waiting, scarce } = plan.map_err(refused)?;
    let placed = placed.into_iter().map(|one| PlacedView {
        r#ref: one.reference,
        facility: one.facility,
        minutes: one.minutes,
        nearer_full: one.nearer_full,
    });
    let scarce =
        scarce.into_iter().map(|one| ScarceView { facility: one.facility, resource: one.resource, worth: one.worth });
    Ok(web::Json(Assignment {
        height: at.height,
        chain_time: at.chain_time.to_string(),
        as_of: now.to_string(),
        placed: placed.collect(),
        waiting: waiting.into_iter().map(|one| why(one.reference, one.why)).collect(),
        scarce: scarce.collect(),
        without_place,
    }))
}

fn out_of_range(detail: &str) -> Refusal {
    Refusal::of(Code::OutOfRange, "patients", detail)
}

fn read(body: &[u8]) -> Result<AssignmentAsked, Refusal> {
    let shape = "is an object of patients (ref, severity, resource, place or region), max_minutes and, if wanted, disease and places";
    let malformed = |_| Refusal::of(Code::Malformed, "body", shape);
    let asked: AssignmentAsked = serde_json::from_value(wire::json::parse(body)?).map_err(malformed)?;
    if asked.patients.len() > MAX_PATIENTS {
        return Err(Refusal::of(Code::Limit, "patients", format!("at most {MAX_PATIENTS} are planned at once")));
    }
    Ok(asked)
}

/// Free beds by fresh counts, and where regions lie.
struct Offer {
    beds: Vec<Beds>,
    without_place: Vec<String>,
    /// The middle of the facilities of each region that say where they are.
    regions: BTreeMap<String, Place>,
}

fn offer(
    resources: &Resources,
    disease: Option<&str>,
    said: &BTreeMap<String, GlobePlace>,
    now: Millis,
) -> anyhow::Result<Offer> {
    let designated = disease.map(|disease| resources.designated(disease, None)).transpose()?;
    let mut places = said.iter().map(|(facility, at)| (facility.clone(), on_map(*at))).collect::<BTreeMap<_, _>>();
    let mut regions = BTreeMap::<String, (i64, i64, i64)>::new();
    for found in resources.all::<ProfileRecord>(b"profile/", b"", None) {
        let profile = found?.record;
        let stated = profile.place.map(|(lat_e6, lon_e6)| Place { lat_e6, lon_e6 });
        let Some(at) = places.get(&profile.facility).copied().or(stated) else { continue };
        let (north, east, number) = regions.entry(profile.region).or_default();
        (*north, *east, *number) =
            (north.saturating_add(at.lat_e6), east.saturating_add(at.lon_e6), number.saturating_add(1));
        places.insert(profile.facility, at);
    }
    let (mut beds, mut without_place) = (Vec::new(), Vec::new());
    for found in resources.all::<BedsRecord>(b"beds/", b"", None) {
        let record = found?.record;
        let is_free = record.resource.group() == Group::Beds && record.available() > 0 && !record.is_stale(now);
        if !is_free || designated.as_ref().is_some_and(|designated| !designated.contains(&record.facility)) {
            continue;
        }
        let (resource, free) = (record.resource.name().to_owned(), record.available());
        match places.get(&record.facility) {
            Some(place) => beds.push(Beds { facility: record.facility, place: *place, resource, free }),
            None => without_place.push(record.facility),
        }
    }
    without_place.dedup();
    let middle = |(region, (north, east, number)): (String, (i64, i64, i64))| {
        Some((region, Place { lat_e6: north.checked_div(number)?, lon_e6: east.checked_div(number)? }))
    };
    Ok(Offer { beds, without_place, regions: regions.into_iter().filter_map(middle).collect() })
}

fn on_map(at: GlobePlace) -> Place {
    Place { lat_e6: at.latitude_e6, lon_e6: at.longitude_e6 }
}

fn waiting(patient: WaitingAsked, offer: &Offer) -> Result<Patient, Refusal> {
    if !is_name(&patient.r#ref) {
        let detail = "is 1 to 64 lower-case letters, digits and '-': a reference of your own, never a name";
        return Err(Refusal::of(Code::UnknownCode, "ref", detail));
    }
    let bed = Resource::parse(&patient.resource).filter(|resource| resource.group() == Group::Beds);
    let resource = bed.ok_or_else(|| Refusal::of(Code::UnknownCode, "resource", "is no kind of bed"))?;
    let place = match (patient.place, patient.region) {
        (Some(place), None) => Some(on_map(place)),
        (None, Some(region)) => offer.regions.get(&region).copied(),
        _ => return Err(Refusal::of(Code::Malformed, "place", "a patient has a place or a region, and not both")),
    };
    let nowhere = || Refusal::of(Code::UnknownCode, "region", "no facility there says where it is; state a place");
    Ok(Patient {
        reference: patient.r#ref,
        severity: patient.severity,
        place: place.ok_or_else(nowhere)?,
        resource: resource.name().to_owned(),
    })
}

fn why(reference: String, why: Why) -> WaitingView {
    let mut view = WaitingView {
        r#ref: reference,
        why: String::new(),
        nearest: None,
        minutes: None,
        in_reach: None,
        mildest: None,
    };
    view.why = match why {
        Why::NoneFree => "none_free",
        Why::TooFar { facility, minutes } => {
            (view.nearest, view.minutes) = (Some(facility), Some(minutes));
            "too_far"
        }
        Why::Outweighed { in_reach, mildest } => {
            (view.in_reach, view.mildest) = (u64::try_from(in_reach).ok(), Some(mildest));
            "outweighed"
        }
    }
    .to_owned();
    view
}
