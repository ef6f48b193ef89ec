//! The REST routes of what members say about the chain itself: proposals, corrections and evidence of misbehaviour. They
//! are signed and sent like a ballot; what becomes of them is the chain's to say.

use actix_web::{HttpRequest, HttpResponse, web};
use domain::record::Kind;
use host::rest::{Caller, Desks, Problem};

use crate::Desk;

type Data = web::Data<Desks<Desk>>;

/// Mounts the routes; the app holds `Desks<Desk>`.
pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/v1/chains/{chain}/proposals", web::post().to(post_proposal))
        .route("/v1/chains/{chain}/corrections", web::post().to(post_correction))
        .route("/v1/chains/{chain}/misbehaviour", web::post().to(post_misbehaviour));
}

/// Propose a change of the chain itself
///
/// `{"reason": "<a sentence>", "actions": [{"action": "set_quota", "member": "...", "urgent_per_day": 20}, ...]}`: 1 to 8
/// actions of one class of policy. Members judge the proposal by ballots on its event id; it is applied by itself, whole,
/// in the block in which its policy holds. Changes to a member's own keys that its root key signs need no ballots; sign
/// them yourself and post them to `/events`.
#[utoipa::path(
    post, path = "/v1/chains/{chain}/proposals", tag = "endorsement", security(("token" = [])),
    params(("chain" = String, Path, description = "Chain path, such as cn.32.01"),
           ("Idempotency-Key" = Option<String>, Header, description = "At most 128 bytes")),
    request_body(content = serde_json::Value, description = "The proposal", content_type = "application/json"),
    responses((status = 202, description = "Its event id and receipt, or a problem", body = serde_json::Value),
              (status = "4XX", description = "Nothing was taken", content_type = "application/problem+json", body = serde_json::Value))
)]
pub(crate) async fn post_proposal(
    desks: Data,
    caller: Caller,
    chain: web::Path<String>,
    request: HttpRequest,
    body: web::Bytes,
) -> Result<HttpResponse, Problem> {
    desks.of(&chain)?.front.post_json(&request, &caller, &[Kind::Proposal], &body).await
}

/// Correct an open report of the own member
///
/// `{"subject": "<event id>", "statement": "<a sentence>", "counts": {...}}`. It answers a question; `counts` only for a
/// daily aggregate. Ballots cast before it no longer count and may be cast again; the deadline stays.
#[utoipa::path(
    post, path = "/v1/chains/{chain}/corrections", tag = "endorsement", security(("token" = [])),
    params(("chain" = String, Path, description = "Chain path, such as cn.32.01"),
           ("Idempotency-Key" = Option<String>, Header, description = "At most 128 bytes")),
    request_body(content = serde_json::Value, description = "The correction", content_type = "application/json"),
    responses((status = 202, description = "Its event id and receipt, or a problem", body = serde_json::Value),
              (status = "4XX", description = "Nothing was taken", content_type = "application/problem+json", body = serde_json::Value))
)]
pub(crate) async fn post_correction(
    desks: Data,
    caller: Caller,
    chain: web::Path<String>,
    request: HttpRequest,
    body: web::Bytes,
) -> Result<HttpResponse, Problem> {
    desks.of(&chain)?.front.post_json(&request, &caller, &[Kind::Correction], &body).await
}

/// Show that cosigners signed two stories of this log
///
/// `{"evidence": "<text of a tocsin-evidence@v1 file>"}`, as `tocsin audit` writes it. Evidence that holds ends the named
/// cosigner keys at once and rings; evidence that proves nothing is refused and costs its author credits.
#[utoipa::path(
    post, path = "/v1/chains/{chain}/misbehaviour", tag = "endorsement", security(("token" = [])),
    params(("chain" = String, Path, description = "Chain path, such as cn.32.01"),
           ("Idempotency-Key" = Option<String>, Header, description = "At most 128 bytes")),
    request_body(content = serde_json::Value, description = "The evidence", content_type = "application/json"),
    responses((status = 202, description = "Its event id and receipt, or a problem", body = serde_json::Value),
              (status = "4XX", description = "Nothing was taken", content_type = "application/problem+json", body = serde_json::Value))
)]
pub(crate) async fn post_misbehaviour(
    desks: Data,
    caller: Caller,
    chain: web::Path<String>,
    request: HttpRequest,
    body: web::Bytes,
) -> Result<HttpResponse, Problem> {
    desks.of(&chain)?.front.post_json(&request, &caller, &[Kind::Misbehaviour], &body).await
}
