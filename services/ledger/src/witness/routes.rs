//! A parent's ledger as a witness over HTTP, below `/v1/chains/{chain}/witness`, which is then the submission prefix; an
//! outside witness has the same routes at its root ([`super::outside`]). Nobody needs a token: what is shown is public, and
//! what counts in it is signed.

use actix_web::{HttpResponse, web};
use host::rest::{Desks, Problem};
use proof::witness::WitnessRefusal;

use super::words::{TEXT, answered, key_lines, request};
use super::{Fork, No, children};
use crate::desk::Desk;

/// Cosigns a child chain's checkpoint that continues the last one: C2SP tlog-witness.
///
/// The submission prefix is this path without `/add-checkpoint`. Answers are text as the specification has them.
#[utoipa::path(
    post, path = "/v1/chains/{chain}/witness/add-checkpoint", tag = "ledger", security(()),
    params(("chain" = String, Path, description = "chain path of the parent, e.g. `cn.32`")),
    request_body(content = String, content_type = "text/plain", description = "old size, consistency proof, signed note"),
    responses(
        (status = 200, description = "the cosignature as a note's signature line", body = String, content_type = "text/plain"),
        (status = 400, description = "no request, or the old size is beyond the checkpoint's", body = String, content_type = "text/plain"),
        (status = 403, description = "the child's cosigners do not vouch for the checkpoint", body = String, content_type = "text/plain"),
        (status = 404, description = "not a child of this chain, or no such chain here", body = String, content_type = "text/plain"),
        (status = 409, description = "the size cosigned last is another one", body = String, content_type = "text/x.tlog.size"),
        (status = 422, description = "the consistency proof does not hold", body = String, content_type = "text/plain"),
        (status = 503, description = "the ledger repairs itself or cosigns nothing", body = String, content_type = "text/plain")
    )
)]
pub(crate) async fn add_checkpoint(
    desks: web::Data<Desks<Desk>>,
    chain: web::Path<String>,
    payload: web::Payload,
) -> HttpResponse {
    let Ok(desk) = desks.of(&chain) else { return answered(Err(No::Refused(WitnessRefusal::NotFound))) };
    match request(payload).await {
        Ok(request) => children::add_checkpoint(&desk, request).await,
        Err(refused) => refused,
    }
}

/// Under which name and key this ledger witnesses its child chains: a line each, as a configuration wants them.
#[utoipa::path(
    get, path = "/v1/chains/{chain}/witness/key", tag = "ledger",
    params(("chain" = String, Path, description = "chain path, e.g. `cn.32`")),
    responses(
        (status = 200, description = "name and key", body = String, content_type = "text/plain"),
        (status = 404, description = "NOT_FOUND: no such chain here"),
        (status = 503, description = "CORRUPT: the ledger checks or repairs itself; OVERLOADED: its member does not cosign")
    )
)]
pub(crate) async fn key(desks: web::Data<Desks<Desk>>, chain: web::Path<String>) -> Result<HttpResponse, Problem> {
    let signer = children::signer(&*desks.of(&chain)?)?;
    Ok(HttpResponse::Ok().content_type(TEXT).body(key_lines(&signer)))
}

/// Child chains of which this ledger was shown two stories, with evidence that names who signed both.
#[utoipa::path(
    get, path = "/v1/chains/{chain}/witness/forks", tag = "ledger",
    params(("chain" = String, Path, description = "chain path, e.g. `cn.32`")),
    responses(
        (status = 200, description = "the forks, oldest first", body = Vec<Fork>),
        (status = 404, description = "NOT_FOUND: no such chain here"),
        (status = 503, description = "OVERLOADED: the memory can't be read now")
    )
)]
pub(crate) async fn forks(
    desks: web::Data<Desks<Desk>>,
    chain: web::Path<String>,
) -> Result<web::Json<Vec<Fork>>, Problem> {
    children::forks(&*desks.of(&chain)?).await.map(web::Json)
}
