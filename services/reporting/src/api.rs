//! The REST routes of reporting.

use actix_web::{HttpRequest, HttpResponse, web};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::event::EventId;
use domain::genesis::KeyClass;
use domain::record::Kind;
use domain::refusal::{Code, Refusal};
use host::front::{self, Outcome};
use host::outbox::{Fate, Held};
use host::rest::{Caller, Desks, Problem, asked, bodies};
use host::standing::Standing;
use serde_json::{Value, json};
use utoipa::OpenApi;
use wire::ledger::EventStatus;

use crate::{Desk, csv};

type Data = web::Data<Desks<Desk>>;

/// The kinds of report.
const REPORTS: [Kind; 5] =
    [Kind::CaseReport, Kind::DailyAggregate, Kind::SuspectedCluster, Kind::ZeroReport, Kind::LabResult];

/// Mounts the routes; the app holds `Desks<Desk>`.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/v1/chains/{chain}/reports", web::post().to(post_reports))
        .route("/v1/chains/{chain}/reports/csv", web::post().to(post_csv))
        .route("/v1/chains/{chain}/directives", web::post().to(post_directive))
        .route("/v1/chains/{chain}/events", web::post().to(post_events))
        .route("/v1/chains/{chain}/events/{id}", web::get().to(get_event));
}

/// The routes' OpenAPI.
pub fn openapi() -> utoipa::openapi::OpenApi {
    #[derive(OpenApi)]
    #[openapi(paths(post_reports, post_csv, post_directive, post_events, get_event))]
    struct Api;
    let posts: [(&str, &[Kind]); 2] =
        [("/v1/chains/{chain}/reports", &REPORTS), ("/v1/chains/{chain}/directives", &[Kind::Directive])];
    bodies::described(Api::openapi(), &posts)
}

/// Submit one report or a batch
///
/// The body is one report or an array of at most 500. Kinds: `case_report`, `daily_aggregate`, `suspected_cluster`,
/// `zero_report`, `lab_result`. The calling member signs; the same `Idempotency-Key` (or, without one, the same body)
/// gives the same events.
#[utoipa::path(
    post, path = "/v1/chains/{chain}/reports", tag = "reporting", security(("token" = [])),
    params(("chain" = String, Path, description = "Chain path, such as cn.32.01"),
           ("Idempotency-Key" = Option<String>, Header, description = "At most 128 bytes")),
    request_body(content = serde_json::Value, description = "A report or an array of reports", content_type = "application/json"),
    responses((status = 202, description = "An answer for each report: event id and receipt, or a problem", body = serde_json::Value),
              (status = "4XX", description = "Nothing was taken", content_type = "application/problem+json", body = serde_json::Value))
)]
async fn post_reports(
    desks: Data,
    caller: Caller,
    chain: web::Path<String>,
    request: HttpRequest,
    body: web::Bytes,
) -> Result<HttpResponse, Problem> {
    desks.of(&chain)?.front.post_json(&request, &caller, &REPORTS, &body).await
}

/// Upload reports as CSV
///
/// The header names the fields of the JSON report, with dots for nested ones. Good rows are taken, bad ones answered with
/// line, field, code, reason and how to mend them. A mended file, sent under the `idempotency_key` of the first answer,
/// brings only the rows that are missing.
#[utoipa::path(
    post, path = "/v1/chains/{chain}/reports/csv", tag = "reporting", security(("token" = [])),
    params(("chain" = String, Path, description = "Chain path, such as cn.32.01"),
           ("Idempotency-Key" = Option<String>, Header, description = "At most 128 bytes")),
    request_body(content = String, description = "UTF-8, at most 500 rows", content_type = "text/csv"),
    responses((status = 202, description = "An answer for each row, of which at least one was taken", body = serde_json::Value),
              (status = 422, description = "IMPORT: no row was taken; `reason` and `results` say why", content_type = "application/problem+json", body = serde_json::Value),
              (status = "4XX", description = "Nothing was taken", content_type = "application/problem+json", body = serde_json::Value))
)]
async fn post_csv(
    desks: Data,
    caller: Caller,
    chain: web::Path<String>,
    request: HttpRequest,
    body: web::Bytes,
) -> Result<HttpResponse, Problem> {
    desks.of(&chain)?.front.post_sheet(&request, &caller, (&REPORTS, &csv::COLUMNS), &body).await
}

/// Issue a directive
///
/// Of a management or master member: `level`, `headline`, `instruction`, and `measure` where it puts a named measure in force.
/// It rings every feed once final.
#[utoipa::path(
    post, path = "/v1/chains/{chain}/directives", tag = "reporting", security(("token" = [])),
    params(("chain" = String, Path, description = "Chain path, such as cn.32"),
           ("Idempotency-Key" = Option<String>, Header, description = "At most 128 bytes")),
    request_body(content = serde_json::Value, description = "A directive", content_type = "application/json"),
    responses((status = 202, description = "Its event id and receipt, or a problem", body = serde_json::Value),
              (status = "4XX", description = "Nothing was taken", content_type = "application/problem+json", body = serde_json::Value))
)]
async fn post_directive(
    desks: Data,
    caller: Caller,
    chain: web::Path<String>,
    request: HttpRequest,
    body: web::Bytes,
) -> Result<HttpResponse, Problem> {
    desks.of(&chain)?.front.post_json(&request, &caller, &[Kind::Directive], &body).await
}

/// Submit events signed elsewhere
///
/// `application/octet-stream` is one signed event as it is; `application/json` is `{"events": ["<base64>", ...]}`. The
/// caller must be the author.
#[utoipa::path(
    post, path = "/v1/chains/{chain}/events", tag = "reporting", security(("token" = [])),
    params(("chain" = String, Path, description = "Chain path, such as cn.32.01")),
    request_body(content = bodies::SignedEvents, description = "Signed events", content_type = "application/json"),
    responses((status = 202, description = "An answer for each event", body = serde_json::Value),
              (status = "4XX", description = "Nothing was taken", content_type = "application/problem+json", body = serde_json::Value))
)]
async fn post_events(
    desks: Data,
    caller: Caller,
    chain: web::Path<String>,
    request: HttpRequest,
    body: web::Bytes,
) -> Result<HttpResponse, Problem> {
    let desk = desks.of(&chain)?;
    let events = match asked::content_type(&request, &["application/octet-stream", "application/json"])? {
        "application/json" => signed_events(&body)?,
        _ => vec![Ok(body.to_vec())],
    };
    let checked: Vec<_> = events.into_iter().map(|signed| check(desk.front.standing(), &caller, signed?)).collect();
    let good: Vec<_> = checked.iter().filter_map(|signed| signed.as_ref().ok().cloned()).collect();
    let mut held = match good.is_empty() {
        true => Vec::new().into_iter(),
        false => desk.front.outbox_of(&caller.0)?.submit(good).await.map_err(front::fault)?.into_iter(),
    };
    let outcomes = checked.into_iter().map(|signed| -> Outcome {
        signed?;
        held.next().ok_or_else(|| Refusal::new(Code::Overloaded, "the outbox gave no answer; try again"))
    });
    Ok(front::accepted(&outcomes.collect::<Vec<_>>()))
}

/// What became of an event
///
/// `queued` (receipt held), `sealed`, then `final` or `rejected` with a code. Levels only move forward.
#[utoipa::path(
    get, path = "/v1/chains/{chain}/events/{id}", tag = "reporting",
    params(("chain" = String, Path, description = "Chain path, such as cn.32.01"),
           ("id" = String, Path, description = "Event id, 64 hex digits")),
    responses((status = 200, description = "Its state with times", body = serde_json::Value),
              (status = 404, description = "Neither in an outbox here nor in the log", content_type = "application/problem+json", body = serde_json::Value))
)]
async fn get_event(desks: Data, path: web::Path<(String, String)>) -> Result<HttpResponse, Problem> {
    let (chain, id) = path.into_inner();
    let desk = desks.of(&chain)?;
    let id = front::event_id(&id)?;
    let mut held = None;
    for outbox in desk.front.outboxes() {
        held = outbox.status(&id).map_err(Problem::fault)?;
        if held.is_some() {
            break;
        }
    }
    let sealed = match desk.ledger.event_status(id).await {
        Ok(sealed) => sealed,
        // What the outbox knows is true without a ledger.
        Err(_) if held.is_some() => None,
        Err(error) => return Err(error.into()),
    };
    if held.is_none() && sealed.is_none() {
        return Err(Problem::not_found("no event of that id here"));
    }
    Ok(HttpResponse::Ok().json(view(&id, held.as_ref(), sealed.as_ref())))
}

/// A signed event that belongs to this chain and its caller.
fn check(standing: &Standing, caller: &Caller, signed: Vec<u8>) -> Result<Vec<u8>, Refusal> {
    let genesis = standing.genesis();
    let opened = wire::event::open(&genesis.chain_id, &signed)?;
    // The outbox keeps one copy for each event id, and the id does not cover the signature: a damaged copy taken first
    // would stand in the way of the true one.
    let children: Vec<_> = genesis.children.iter().map(|child| child.chain_id).collect();
    wire::event::verify_knowing(&genesis.chain_id, &children, &opened.envelope)?;
    // A key that is not known here may be new: whose it is, the ledger decides.
    match standing.current().owner(KeyClass::Author, &opened.key) {
        Some(owner) if owner.id != caller.0 => {
            Err(Refusal::of(Code::IdentityMismatch, "author", "the event is another member's; it must post it itself"))
        }
        _ => Ok(signed),
    }
}

fn view(id: &EventId, held: Option<&Held>, sealed: Option<&EventStatus>) -> Value {
    let code = match (sealed, held.map(|held| held.fate)) {
        (Some(status), _) => domain::refusal::Code::from_number(status.code),
        (None, Some(Fate::Rejected(code) | Fate::Refused(code))) => Some(code),
        _ => None,
    };
    // What the outbox saw final stays final, also while the ledger that answers now is behind the one it asked then.
    let state = match (sealed, held) {
        (Some(status), Some(held)) if status.level == wire::ledger::Level::Sealed && on_the_log(held.fate) => {
            front::state(held.fate)
        }
        (Some(status), _) if status.level == wire::ledger::Level::Final && code.is_some() => "rejected",
        (Some(status), _) => status.level.name(),
        (None, Some(held)) => front::state(held.fate),
        (None, None) => "unknown",
    };
    json!({
        "event_id": id.to_string(),
        "state": state,
        "code": code.map(Code::text),
        "kind": sealed.map(|status| status.kind.name()),
        "member": sealed.map(|status| status.member.clone()),
        "outcome": sealed.map(|status| status.outcome.name()),
        "urgency_overdrawn": sealed.map(|status| status.urgency_overdrawn),
        "height": sealed.map(|status| status.height),
        "position": sealed.map(|status| status.position),
        "index": sealed.map(|status| status.index),
        "times": {
            "taken_at": held.map(|held| held.taken_at.to_string()),
            "sealed_at": sealed.map(|status| status.sealed_at.to_string()),
            "final_at": sealed.and_then(|status| status.final_at).map(|at| at.to_string()),
        },
        "receipt": held.and_then(|held| held.receipt.as_deref()).map(front::base64),
        "refusals": held.map(|held| held.refusals.iter().map(|refusal| json!({
            "member": refusal.member, "signed": front::base64(&refusal.signed)
        })).collect::<Vec<_>>()).unwrap_or_default(),
    })
}

/// Whether the outbox saw it under q cosignatures. What nodes refused may be sealed through others all the same.
fn on_the_log(fate: Fate) -> bool {
    matches!(fate, Fate::Final | Fate::Rejected(_))
}

fn signed_events(body: &[u8]) -> Result<Vec<Result<Vec<u8>, Refusal>>, Refusal> {
    let shape = || Refusal::of(Code::Malformed, "events", "send {\"events\": [\"<base64 of a signed event>\", ...]}");
    let parsed = wire::json::parse(body)?;
    let events = parsed.get("events").and_then(Value::as_array).ok_or_else(shape)?;
    if events.is_empty() || events.len() > front::MAX_BATCH {
        return Err(Refusal::of(Code::Limit, "events", format!("send 1 to {} events", front::MAX_BATCH)));
    }
    Ok(events
        .iter()
        .map(|event| event.as_str().and_then(|text| STANDARD.decode(text).ok()).ok_or_else(shape))
        .collect())
}

#[cfg(test)]
mod tests;
