//! The log, its checkpoint, and proof files.

use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse, web};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::event::EventId;
use domain::refusal::Code;
use host::rest::{Desks, Problem, asked};
use proof::sign::Signed;
use serde::Deserialize;
use wire::ledger::{EntryKind, LogEntry};

use super::view::{EntryView, LogPage};
use crate::desk::Desk;
use crate::desk::not_found;
use crate::proofs;

/// What a cursor of the log begins with, so that an index is not taken for one by mistake.
const CURSOR: &str = "log-";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LogQuery {
    cursor: Option<String>,
    limit: Option<usize>,
    #[serde(default)]
    final_only: bool,
}

/// The log, a page at a time: pass `next` as `cursor` to go on.
#[utoipa::path(
    get, path = "/v1/chains/{chain}/log", tag = "ledger",
    params(
        ("chain" = String, Path, description = "chain path, e.g. `cn.32.01`"),
        ("cursor" = Option<String>, Query, description = "where to go on"),
        ("limit" = Option<u32>, Query, description = "entries, at most 500"),
        ("final_only" = Option<bool>, Query, description = "only what is final")
    ),
    responses(
        (status = 200, description = "a page of the log", body = LogPage),
        (status = 400, description = "BAD_QUERY or BAD_CURSOR"),
        (status = 404, description = "NOT_FOUND: no such chain here"),
        (status = 503, description = "CORRUPT: the ledger checks or repairs itself")
    )
)]
pub(crate) async fn log(
    request: HttpRequest,
    desks: web::Data<Desks<Desk>>,
    chain: web::Path<String>,
) -> Result<web::Json<LogPage>, Problem> {
    let desk = desks.of(&chain)?;
    let LogQuery { cursor, limit, final_only } = asked::query(&request)?;
    let limit = asked::limit(limit)?;
    let from = index(cursor.as_deref(), desk.status().size)?;
    let entries = desk.log(from, limit, Duration::ZERO, final_only).await?;
    let next = entries.last().map_or(from, |entry| entry.index + 1);
    Ok(web::Json(LogPage { entries: entries.into_iter().map(entry).collect(), next: format!("{CURSOR}{next}") }))
}

/// The index of a cursor we made: one beyond the log we could not have made.
fn index(cursor: Option<&str>, size: u64) -> Result<u64, Problem> {
    match asked::numbered(cursor, CURSOR)?.unwrap_or(0) {
        index if index <= size => Ok(index),
        _ => Err(asked::bad_cursor()),
    }
}

fn entry(entry: LogEntry) -> EntryView {
    let event = Signed::from_bytes(&entry.signed).and_then(|signed| wire::event::decode(&signed.body).ok());
    let is_event = entry.kind == EntryKind::Event;
    EntryView {
        index: entry.index,
        kind: entry.kind.name(),
        height: entry.height,
        position: entry.position,
        lane: entry.lane.map(|lane| lane.name()),
        event_id: entry.event_id.map(|id| id.to_string()),
        code: is_event.then(|| Code::from_number(entry.code).map_or("OK", Code::text)),
        chain_time: entry.chain_time.to_string(),
        leaf: STANDARD.encode(&entry.leaf),
        event: event.map(|event| wire::json::event_view(&event)),
    }
}

/// The final checkpoint as a C2SP signed note with exactly q cosignatures.
#[utoipa::path(
    get, path = "/v1/chains/{chain}/checkpoint", tag = "ledger",
    params(("chain" = String, Path, description = "chain path, e.g. `cn.32.01`")),
    responses(
        (status = 200, description = "the signed note", body = String, content_type = "text/plain"),
        (status = 404, description = "NOT_FOUND: no such chain here, or nothing is final yet")
    )
)]
pub(crate) async fn checkpoint(
    desks: web::Data<Desks<Desk>>,
    chain: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let status = desks.of(&chain)?.status();
    status.certificate.map(text).ok_or_else(|| not_found("nothing is final yet").into())
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProofQuery {
    to: Option<String>,
}

/// The proof file of a final event, up to the topmost chain, or with `to=own` up to its own chain's checkpoint.
#[utoipa::path(
    get, path = "/v1/chains/{chain}/events/{id}/proof", tag = "ledger",
    params(
        ("chain" = String, Path, description = "chain path, e.g. `cn.32.01`"),
        ("id" = String, Path, description = "event id, 64 hex digits"),
        ("to" = Option<String>, Query, description = "`own`: only to this chain's checkpoint")
    ),
    responses(
        (status = 200, description = "the proof file", body = String, content_type = "text/plain"),
        (status = 400, description = "BAD_QUERY"),
        (status = 404, description = "NOT_FOUND: no such event, not final, or not risen yet"),
        (status = 503, description = "CORRUPT: the ledger checks or repairs itself")
    )
)]
pub(crate) async fn proof(
    request: HttpRequest,
    desks: web::Data<Desks<Desk>>,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let desk = desks.of(&path.0)?;
    let id = EventId::parse(&path.1).ok_or_else(|| not_found("an event id is 64 lower-case hex digits"))?;
    let ProofQuery { to } = asked::query(&request)?;
    let file = match to.as_deref() {
        None => proofs::proof(&desk, &id).await?,
        Some("own") => proofs::own(&desk, &id).await?,
        Some(_) => return Err(Problem::new(Code::BadQuery, "to is `own` or left out")),
    };
    Ok(text(file.text()))
}

fn text(text: String) -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(text)
}
