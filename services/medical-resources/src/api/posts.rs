//! What members state.

use actix_web::{HttpRequest, HttpResponse, web};
use domain::record::Kind;
use host::rest::{Caller, Desks, Problem, asked};

use crate::Desk;

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

/// What each post takes.
pub(super) const POSTS: [(&str, &[Kind]); 2] =
    [("/v1/chains/{chain}/beds", &[Kind::CapacityClaim]), ("/v1/chains/{chain}/medical-resources", &STATED)];

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
pub(super) async fn claim_beds(
    desks: web::Data<Desks<Desk>>,
    caller: Caller,
    chain: web::Path<String>,
    request: HttpRequest,
    body: web::Bytes,
) -> Result<HttpResponse, Problem> {
    let desk = desks.of(&chain)?;
    desk.front.post(&caller, &[Kind::CapacityClaim], &body, asked::idempotency_key(&request)?).await
}

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
pub(super) async fn state_resources(
    desks: web::Data<Desks<Desk>>,
    caller: Caller,
    chain: web::Path<String>,
    request: HttpRequest,
    body: web::Bytes,
) -> Result<HttpResponse, Problem> {
    let desk = desks.of(&chain)?;
    desk.front.post_json(&request, &caller, &STATED, &body).await
}
