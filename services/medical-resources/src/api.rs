//! Beds over REST: members claim theirs, everybody reads what stands and is final.

use actix_web::{HttpRequest, HttpResponse, web};
use domain::chain::is_name;
use domain::record::Kind;
use host::rest::{Caller, Desks, Problem, asked};
use serde::{Deserialize, Serialize};
use utoipa::{OpenApi, ToSchema};

use crate::Desk;
use crate::model::Filter;

/// What a cursor of this list begins with, so that another list's is not taken for one by mistake.
const CURSOR: &str = "beds-";

/// Adds the routes; `web::Data<Desks<Desk>>` must be among the app's data.
pub fn routes(config: &mut web::ServiceConfig) {
    let beds = web::resource("/v1/chains/{chain}/beds");
    config
        .service(beds.route(web::post().to(claim)).route(web::get().to(beds_that_stand)))
        .service(web::resource("/v1/chains/{chain}/medical-resources").route(web::post().to(state)));
}

/// The description of the routes.
pub fn openapi() -> utoipa::openapi::OpenApi {
    Doc::openapi()
}

#[derive(OpenApi)]
#[openapi(
    paths(claim, state, beds_that_stand),
    tags((name = "medical resources", description = "Beds of facilities, staffed and occupied"))
)]
struct Doc;

/// Beds of a kind at a facility.
#[derive(Debug, Serialize, ToSchema)]
struct BedsView {
    facility: String,
    resource: String,
    region: String,
    /// Who states it.
    member: String,
    /// Beds with staff.
    staffed: u64,
    /// Of those occupied.
    occupied: u64,
    /// Beds with staff that nobody lies in.
    available: u64,
    /// When they were counted.
    as_of: String,
    /// The event that says so.
    event_id: String,
    /// The key and version that `expect[]` of a later claim may name.
    key: String,
    version: u64,
}

/// A page of beds.
#[derive(Debug, Serialize, ToSchema)]
struct BedsPage {
    /// The last final block taken in; later claims are not in here yet.
    height: u64,
    /// Its chain time.
    chain_time: String,
    beds: Vec<BedsView>,
    /// The cursor of the next page, if there is one.
    next: Option<String>,
}

/// Claim the beds of a facility
///
/// The body is one claim or an array of at most 500: `facility`, `resource`, `staffed`, `occupied`, and `occurred_at` when
/// they were counted. The calling member signs; the same `Idempotency-Key` gives the same events.
#[utoipa::path(
    post, path = "/v1/chains/{chain}/beds", tag = "medical resources", security(("token" = [])),
    params(
        ("chain" = String, Path, description = "chain path, e.g. `cn.32.01`"),
        ("Idempotency-Key" = Option<String>, Header, description = "at most 128 bytes")
    ),
    request_body(content = serde_json::Value, content_type = "application/json", description = "a claim or an array of claims"),
    responses(
        (status = 202, description = "an answer for each claim: event id and receipt, or a problem", body = serde_json::Value),
        (status = "4XX", description = "nothing was taken", content_type = "application/problem+json", body = serde_json::Value)
    )
)]
async fn claim(
    desks: web::Data<Desks<Desk>>,
    caller: Caller,
    chain: web::Path<String>,
    request: HttpRequest,
    body: web::Bytes,
) -> Result<HttpResponse, Problem> {
    let desk = desks.of(&chain)?;
    desk.front.post(&caller, &[Kind::CapacityClaim], &body, asked::idempotency_key(&request)?).await
}

/// What members state of facilities, beds and patients.
const STATED: [Kind; 7] = [
    Kind::CapacityClaim,
    Kind::FacilityProfile,
    Kind::PatientFlow,
    Kind::BedHold,
    Kind::BedRelease,
    Kind::Transfer,
    Kind::SpotCheck,
];

/// State anything about facilities, beds and patients
///
/// The body is one statement or an array of at most 500; each names its `kind`: `capacity_claim`, `facility_profile`,
/// `patient_flow`, `bed_hold`, `bed_release`, `transfer` (with its `step`) or `spot_check`. A hold, or the acceptance of a
/// transfer, is refused with NO_BED when too few beds are free by a fresh count. The calling member signs; the same
/// `Idempotency-Key` gives the same events.
#[utoipa::path(
    post, path = "/v1/chains/{chain}/medical-resources", tag = "medical resources", security(("token" = [])),
    params(
        ("chain" = String, Path, description = "chain path, e.g. `cn.32.01`"),
        ("Idempotency-Key" = Option<String>, Header, description = "at most 128 bytes")
    ),
    request_body(content = serde_json::Value, content_type = "application/json", description = "a statement or an array of statements"),
    responses(
        (status = 202, description = "an answer for each: event id and receipt, or a problem", body = serde_json::Value),
        (status = "4XX", description = "nothing was taken", content_type = "application/problem+json", body = serde_json::Value)
    )
)]
async fn state(
    desks: web::Data<Desks<Desk>>,
    caller: Caller,
    chain: web::Path<String>,
    request: HttpRequest,
    body: web::Bytes,
) -> Result<HttpResponse, Problem> {
    let desk = desks.of(&chain)?;
    desk.front.post_json(&request, &caller, &STATED, &body).await
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct BedsQuery {
    facility: Option<String>,
    resource: Option<String>,
    region: Option<String>,
    limit: Option<usize>,
    cursor: Option<String>,
}

/// Beds that stand, by facility and kind: final claims only
#[utoipa::path(
    get, path = "/v1/chains/{chain}/beds", tag = "medical resources",
    params(
        ("chain" = String, Path, description = "chain path, e.g. `cn.32.01`"),
        ("facility" = Option<String>, Query, description = "only this facility's"),
        ("resource" = Option<String>, Query, description = "only of this kind, e.g. `adult-icu`"),
        ("region" = Option<String>, Query, description = "only in this region"),
        ("limit" = Option<u32>, Query, description = "lines, at most 500; 100 if left out"),
        ("cursor" = Option<String>, Query, description = "the `next` of the page before")
    ),
    responses(
        (status = 200, description = "a page of beds", body = BedsPage),
        (status = 400, description = "BAD_QUERY or BAD_CURSOR"),
        (status = 404, description = "NOT_FOUND: no such chain here")
    )
)]
async fn beds_that_stand(
    request: HttpRequest,
    desks: web::Data<Desks<Desk>>,
    chain: web::Path<String>,
) -> Result<web::Json<BedsPage>, Problem> {
    let desk = desks.of(&chain)?;
    let BedsQuery { facility, resource, region, limit, cursor } = asked::query(&request)?;
    let limit = asked::limit(limit)?;
    let after = cursor.as_deref().map_or(Ok(Default::default()), place)?;
    let filter = Filter { facility, resource, region };
    let (at, (found, more)) = desk.ask(move |beds| (beds.at(), beds.list(&filter, &after, limit))).await?;
    let last = found.last().filter(|_| more);
    let next = last.map(|(beds, _)| format!("{CURSOR}{}/{}", beds.facility, beds.resource.name()));
    let beds = found.into_iter().map(|(beds, version)| BedsView {
        key: String::from_utf8_lossy(&domain::keys::beds(&beds.facility, beds.resource)).into_owned(),
        version,
        available: beds.available(),
        as_of: beds.observed_at.to_string(),
        event_id: beds.event.to_string(),
        facility: beds.facility,
        resource: beds.resource.name().to_owned(),
        region: beds.region,
        member: beds.member,
        staffed: beds.staffed,
        occupied: beds.occupied,
    });
    Ok(web::Json(BedsPage { height: at.0, chain_time: at.1.to_string(), beds: beds.collect(), next }))
}

/// The place of a cursor we made.
fn place(cursor: &str) -> Result<(String, String), Problem> {
    let place = cursor.strip_prefix(CURSOR).and_then(|place| place.split_once('/'));
    let place = place.filter(|(facility, kind)| is_name(facility) && is_name(kind));
    let place = place.map(|(facility, kind)| (facility.to_owned(), kind.to_owned()));
    place.ok_or_else(asked::bad_cursor)
}

#[cfg(test)]
mod tests;
