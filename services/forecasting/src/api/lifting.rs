//! The end of a warning, said by a person.

use actix_web::{HttpRequest, HttpResponse, web};
use domain::record::Kind;
use host::rest::{Caller, Desks, Problem};

use crate::Desk;

/// Lift a warning
///
/// By whoever may warn, and judged as a warning is. Once final, the alert of the warning rings as cancelled at every level
/// it rose to. A warning that a later one replaced is ended with the later one.
#[utoipa::path(
    post, path = "/v1/chains/{chain}/liftings", tag = "forecasting", security(("token" = [])),
    params(
        ("chain" = String, Path, description = "chain path, e.g. `cn.32.01`"),
        ("Idempotency-Key" = Option<String>, Header, description = "at most 128 bytes")
    ),
    request_body(content = serde_json::Value, content_type = "application/json", description = "a lifting, or an array of them"),
    responses(
        (status = 202, description = "an answer for each lifting: event id and receipt, or a problem", body = serde_json::Value),
        (status = "4XX", description = "nothing was taken; CLOSED: the warning is over, or was replaced", content_type = "application/problem+json", body = serde_json::Value)
    )
)]
pub(super) async fn lift(
    desks: web::Data<Desks<Desk>>,
    caller: Caller,
    chain: web::Path<String>,
    request: HttpRequest,
    body: web::Bytes,
) -> Result<HttpResponse, Problem> {
    desks.of(&chain)?.front.post_json(&request, &caller, &[Kind::Lifting], &body).await
}
