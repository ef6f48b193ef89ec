//! C2SP `tlog-witness` over HTTP: bodies in, answers as the specification words them, text and no problem+json.
//!
//! Nobody needs a token: what is shown is public, and what counts in it is signed. A parent's ledger has the routes below
//! `/v1/chains/{chain}/witness`, which is then the submission prefix; an outside witness has them at its root
//! ([`super::outside`]).

use actix_web::http::StatusCode;
use actix_web::http::header::RETRY_AFTER;
use actix_web::{HttpResponse, web};
use host::rest::{AsItIs, Desks, Problem};
use proof::checkpoint::Cosignature;
use proof::witness::{MAX_REQUEST_BYTES, Request, SIZE_CONTENT_TYPE, WitnessRefusal, answer, parse};

use super::children;
use super::{Fork, No, Signer};
use crate::desk::Desk;

/// Everything but a conflict is said in words.
pub(super) const TEXT: &str = "text/plain; charset=utf-8";

/// Seconds after which a disk that failed may be well again: a ledger opens its store anew in one.
const RETRY_SECONDS: u32 = 5;

/// An answer in words of the specification.
pub(crate) fn text(status: u16, media: &str, body: String) -> HttpResponse {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut builder = HttpResponse::build(status);
    if status == StatusCode::SERVICE_UNAVAILABLE {
        builder.insert_header((RETRY_AFTER, RETRY_SECONDS));
    }
    let mut response = builder.content_type(media.to_owned()).body(body);
    response.extensions_mut().insert(AsItIs);
    response
}

/// The answer to `add-checkpoint`.
pub(crate) fn answered(outcome: Result<Cosignature, No>) -> HttpResponse {
    match outcome {
        Ok(cosignature) => text(200, TEXT, answer(&cosignature)),
        Err(No::Refused(refusal)) => {
            let media = if matches!(refusal, WitnessRefusal::Conflict(_)) { SIZE_CONTENT_TYPE } else { TEXT };
            text(refusal.status(), media, refusal.body())
        }
        Err(No::Failed(error)) => {
            tracing::error!(%error, "the witness's memory failed; nothing is cosigned");
            unable("the witness's memory failed")
        }
    }
}

/// The answer of a witness that can't answer now.
pub(crate) fn unable(why: &str) -> HttpResponse {
    text(503, TEXT, format!("{why}; try again\n"))
}

/// A body of at most `limit` bytes; one that is longer is cut behind the limit, so that its reader refuses it.
pub(crate) async fn body(payload: web::Payload, limit: usize) -> Vec<u8> {
    match payload.to_bytes_limited(limit).await {
        Ok(Ok(bytes)) => bytes.to_vec(),
        // A body that ended early is no request either.
        Ok(Err(_)) => Vec::new(),
        Err(_) => vec![0; limit + 1],
    }
}

/// The request in a body, or the answer that refuses it.
pub(crate) async fn request(payload: web::Payload) -> Result<Request, HttpResponse> {
    let body = body(payload, MAX_REQUEST_BYTES).await;
    parse(&body).map_err(|refusal| answered(Err(No::Refused(refusal))))
}

/// A witness's name and key, as the table `witnesses` of a ledger's configuration wants them.
pub(crate) fn key_lines(signer: &Signer) -> String {
    let cosigner = signer.cosigner();
    format!("name = \"{}\"\nkey = \"{}\"\n", cosigner.name, cosigner.key)
}

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
