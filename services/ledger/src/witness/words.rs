//! C2SP `tlog-witness` over HTTP: bodies in, answers as the specification words them, text and no problem+json.

use actix_web::http::StatusCode;
use actix_web::http::header::RETRY_AFTER;
use actix_web::{HttpResponse, web};
use host::rest::AsItIs;
use proof::checkpoint::Cosignature;
use proof::handover::{self, Handover};
use proof::witness::{MAX_REQUEST_BYTES, Request, SIZE_CONTENT_TYPE, WitnessRefusal, answer, parse};

use super::{No, Signer};

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

/// The body of a request that shows handovers.
pub(super) fn handovers_body(line: &str, shown: &[Handover]) -> String {
    format!("{line}\n\n{}", handover::text(shown))
}
