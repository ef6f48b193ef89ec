//! The proof of gifts that a donor keeps.

use actix_web::{HttpRequest, HttpResponse, web};
use domain::event::EventId;
use domain::refusal::Code;
use host::rest::{Problem, asked};
use proof::digest::Digest;
use proof::gift::MAX_GIFTS;
use serde::Deserialize;

use super::Data;
use crate::{Desk, gift};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CodeQuery {
    code: String,
}

/// One file that shows what became of a donor's gifts
///
/// It holds every event of the gifts of that look-up code, from pledge to use, in one checkpoint of the chain's log, and the way
/// of that checkpoint to the top chain. `tocsin verify` checks it offline with the top chain's genesis, and computes the sums from
/// the events again. The code itself is not in it. It is as of the newest checkpoint that has risen.
#[utoipa::path(
    get, path = "/v1/chains/{chain}/donations/proof", tag = "materials", operation_id = "get_donor_proof",
    params(
        ("chain" = String, Path, description = "chain path, e.g. `cn.32.01`"),
        ("code" = String, Query, description = "the donor's look-up code", example = "exercise-gift-0044")
    ),
    responses(
        (status = 200, description = "the proof, `tocsin-gift@v1`", body = String, content_type = "text/plain"),
        (status = 400, description = "BAD_QUERY"),
        (status = 404, description = "NOT_FOUND: no such chain here, nothing of that code, or not risen yet"),
        (status = 413, description = "LIMIT: more events or gifts than one file takes"),
        (status = 503, description = "OVERLOADED: as many proofs are being made as can be at once")
    )
)]
pub(super) async fn donor_proof(
    request: HttpRequest,
    desks: Data,
    chain: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let desk = desks.of(&chain)?;
    let CodeQuery { code } = asked::query(&request)?;
    let donor = Digest::of(code.as_bytes());
    let (_, gifts) = desk.ask(move |stock| stock.pledges_of(&donor, None, MAX_GIFTS)).await?;
    if gifts.more {
        // A file that leaves gifts out would look like the whole.
        let detail =
            format!("this code has more than {MAX_GIFTS} gifts; ask for a file of each, donations/{{id}}/proof");
        return Err(Problem::new(Code::Limit, detail));
    }
    if gifts.lines.is_empty() {
        return Err(Problem::not_found("no donation has this code"));
    }
    file(&desk, gifts.lines).await
}

/// One file that shows what became of a gift
///
/// As for a look-up code, by the event id of the pledge.
#[utoipa::path(
    get, path = "/v1/chains/{chain}/donations/{id}/proof", tag = "materials", operation_id = "get_donation_proof",
    params(
        ("chain" = String, Path, description = "chain path, e.g. `cn.32.01`"),
        ("id" = String, Path, description = "event id of the pledge, 64 hex digits")
    ),
    responses(
        (status = 200, description = "the proof, `tocsin-gift@v1`", body = String, content_type = "text/plain"),
        (status = 404, description = "NOT_FOUND: no such chain or donation here, or not risen yet"),
        (status = 413, description = "LIMIT: more events than one file takes"),
        (status = 503, description = "OVERLOADED: as many proofs are being made as can be at once")
    )
)]
pub(super) async fn donation_proof(desks: Data, path: web::Path<(String, String)>) -> Result<HttpResponse, Problem> {
    let desk = desks.of(&path.0)?;
    let none = || Problem::not_found("no donation of that id here; an event id is 64 lower-case hex digits");
    let id = EventId::parse(&path.1).ok_or_else(none)?;
    let (_, found) = desk.ask(move |stock| stock.donation(&id, None)).await?;
    found.ok_or_else(none)?;
    file(&desk, vec![id]).await
}

async fn file(desk: &Desk, gifts: Vec<EventId>) -> Result<HttpResponse, Problem> {
    let text = gift::proof(desk, gifts).await?;
    Ok(HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(text))
}
