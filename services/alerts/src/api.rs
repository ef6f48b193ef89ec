//! Alerts over REST: public reads of what was published, live or by page, as JSON or CAP. Nothing here changes anything.

use actix_web::{HttpRequest, HttpResponse, web};
use domain::chain::ChainPath;
use domain::event::AlertLevel;
use domain::refusal::Code;
use host::rest::{Problem, asked};
use proof::digest::Digest;
use serde::{Deserialize, Serialize};
use utoipa::{OpenApi, ToSchema};

use crate::board::{Filter, MAX_KEPT};
use crate::payload::{AlertPayload, Heard};
use crate::{Desk, asyncapi};

/// What a cursor begins with, so that an event id of the live feed is not taken for one by mistake.
const CURSOR: &str = "alerts-";

/// Adds the routes; `web::Data<Desk>` must be among the app's data.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/v1/asyncapi.json", web::get().to(describe))
        .route("/v1/alerts", web::get().to(list))
        .route("/v1/alerts/stream", web::get().to(follow))
        .route("/v1/alerts/{id}.cap", web::get().to(cap))
        .route("/v1/alerts/{id}", web::get().to(one));
}

/// The description of the routes.
pub fn openapi() -> utoipa::openapi::OpenApi {
    #[derive(OpenApi)]
    #[openapi(
        paths(list, one, cap, follow, describe),
        tags((name = "alerts", description = "Final warnings and directives, as they ring"))
    )]
    struct Doc;
    Doc::openapi()
}

/// An alert at one chain.
#[derive(Debug, Serialize, ToSchema)]
struct AlertView {
    /// Its place in the alert stream, and its event id in the live feed.
    sequence: u64,
    #[serde(flatten)]
    alert: AlertPayload,
}

/// A page of alerts.
#[derive(Debug, Serialize, ToSchema)]
struct AlertPage {
    /// Newest first.
    alerts: Vec<AlertView>,
    /// The cursor of the next, older page; left out when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// An alert wherever it stands.
#[derive(Debug, Serialize, ToSchema)]
struct AlertAtChains {
    /// The id that was asked for.
    id: String,
    /// One for each chain, the lowest chain first.
    alerts: Vec<AlertView>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    cursor: Option<String>,
    limit: Option<usize>,
    chain: Option<String>,
    level: Option<String>,
}

/// Published alerts, newest first
///
/// Pass `next` as `cursor` to go on. The newest 10,000 are kept here; the ledgers keep all.
#[utoipa::path(
    get, path = "/v1/alerts", tag = "alerts",
    params(("cursor" = Option<String>, Query, description = "`next` of the page before"),
           ("limit" = Option<u32>, Query, description = "1 to 500; 100 when left out"),
           ("chain" = Option<String>, Query, description = "This chain and all below it, such as cn.32"),
           ("level" = Option<String>, Query, description = "This level and above: blue, yellow, orange, red")),
    responses((status = 200, description = "A page", body = AlertPage),
              (status = 400, description = "BAD_QUERY or BAD_CURSOR", content_type = "application/problem+json", body = serde_json::Value))
)]
async fn list(desk: web::Data<Desk>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let asked: ListQuery = asked::query(&request)?;
    let filter = filter(asked.chain.as_deref(), asked.level.as_deref())?;
    let before = asked::numbered(asked.cursor.as_deref(), CURSOR)?;
    let page = desk.ask(filter, before, asked::limit(asked.limit)?).await?;
    let last = page.alerts.last().map(|heard| heard.sequence);
    let next = last.filter(|_| page.more).map(|last| format!("{CURSOR}{last}"));
    let alerts = page.alerts.iter().filter_map(|heard| view(heard)).collect();
    Ok(HttpResponse::Ok().json(AlertPage { alerts, next }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OneQuery {
    chain: Option<String>,
}

/// An alert at every chain where it stands
#[utoipa::path(
    get, path = "/v1/alerts/{id}", tag = "alerts",
    params(("id" = String, Path, description = "Alert id, 64 hex digits"),
           ("chain" = Option<String>, Query, description = "At this chain only")),
    responses((status = 200, description = "The alert", body = AlertAtChains),
              (status = 400, description = "BAD_QUERY", content_type = "application/problem+json", body = serde_json::Value),
              (status = 404, description = "No such alert is kept here", content_type = "application/problem+json", body = serde_json::Value))
)]
async fn one(desk: web::Data<Desk>, id: web::Path<String>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let chain = chain(asked::query::<OneQuery>(&request)?.chain.as_deref())?;
    let id = alert_id(&id)?;
    let found = desk.find(id).await?;
    let mut here: Vec<_> = found.iter().filter(|heard| stands(heard, &id, chain.as_ref())).collect();
    if here.is_empty() {
        return Err(unknown());
    }
    here.sort_by(|a, b| b.chain.as_str().len().cmp(&a.chain.as_str().len()).then_with(|| a.chain.cmp(&b.chain)));
    let alerts = here.into_iter().filter_map(|heard| view(heard)).collect();
    Ok(HttpResponse::Ok().json(AlertAtChains { id: id.to_string(), alerts }))
}

/// An alert as CAP 1.2
///
/// Without `chain`, as it stands where it arose. A later state refers to the earlier one: `Update` or `Cancel`.
#[utoipa::path(
    get, path = "/v1/alerts/{id}.cap", tag = "alerts",
    params(("id" = String, Path, description = "Alert id, 64 hex digits"),
           ("chain" = Option<String>, Query, description = "As it stands at this chain")),
    responses((status = 200, description = "The CAP document", content_type = "application/cap+xml", body = String),
              (status = 400, description = "BAD_QUERY", content_type = "application/problem+json", body = serde_json::Value),
              (status = 404, description = "No such alert is kept here", content_type = "application/problem+json", body = serde_json::Value))
)]
async fn cap(desk: web::Data<Desk>, id: web::Path<String>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let chain = chain(asked::query::<OneQuery>(&request)?.chain.as_deref())?;
    let xml = desk.cap(&alert_id(&id)?, chain.as_ref()).await?.ok_or_else(unknown)?;
    Ok(HttpResponse::Ok().content_type("application/cap+xml").body(xml))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FollowQuery {
    after: Option<String>,
    chain: Option<String>,
    level: Option<String>,
}

/// Alerts as they ring (server-sent events)
///
/// Each event is `alert`, its id the stream's sequence, its data the canonical payload. It resumes behind
/// `Last-Event-ID`; `after` says the same for a first connection (0: everything the stream keeps). Without either it
/// begins with the next alert.
#[utoipa::path(
    get, path = "/v1/alerts/stream", tag = "alerts",
    params(("Last-Event-ID" = Option<String>, Header, description = "The last id received"),
           ("after" = Option<u64>, Query, description = "The same, for a first connection"),
           ("chain" = Option<String>, Query, description = "This chain and all below it, such as cn.32"),
           ("level" = Option<String>, Query, description = "This level and above: blue, yellow, orange, red")),
    responses((status = 200, description = "The feed", content_type = "text/event-stream", body = String),
              (status = 400, description = "BAD_QUERY or BAD_CURSOR", content_type = "application/problem+json", body = serde_json::Value),
              (status = 503, description = "OVERLOADED: too many listeners", content_type = "application/problem+json", body = serde_json::Value))
)]
async fn follow(desk: web::Data<Desk>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let asked: FollowQuery = asked::query(&request)?;
    let filter = filter(asked.chain.as_deref(), asked.level.as_deref())?;
    let resumed = request.headers().get("last-event-id").map(|value| value.to_str().unwrap_or_default());
    // A browser sends the header when it resumes, with the `after` of its first connection still in the address.
    let after = resumed.filter(|id| !id.is_empty()).or(asked.after.as_deref());
    let after = after.map(|text| {
        sequence(text).ok_or_else(|| Problem::new(Code::BadCursor, "send the id of the last event you received"))
    });
    desk.follow(filter, after.transpose()?).await
}

/// The message feeds as AsyncAPI 3.0
#[utoipa::path(
    get, path = "/v1/asyncapi.json", tag = "alerts",
    responses((status = 200, description = "Every NATS subject, and the alert's schema", body = serde_json::Value))
)]
async fn describe() -> HttpResponse {
    HttpResponse::Ok().json(asyncapi::document())
}

/// Whether an alert has this id and stands at that chain, if one is asked for.
pub(crate) fn stands(heard: &Heard, id: &Digest, chain: Option<&ChainPath>) -> bool {
    heard.id == *id && chain.is_none_or(|chain| heard.chain == *chain)
}

fn view(heard: &Heard) -> Option<AlertView> {
    Some(AlertView { sequence: heard.sequence, alert: heard.view()? })
}

fn filter(of_chain: Option<&str>, level: Option<&str>) -> Result<Filter, Problem> {
    let level =
        level.map(|text| AlertLevel::parse(text).ok_or_else(|| bad_query("level is one of blue, yellow, orange, red")));
    Ok(Filter { chain: chain(of_chain)?, level: level.transpose()? })
}

fn chain(text: Option<&str>) -> Result<Option<ChainPath>, Problem> {
    let parsed = text.map(|text| ChainPath::parse(text).ok_or_else(|| bad_query("chain is a path such as cn.32")));
    parsed.transpose()
}

/// A sequence as this service writes it: digits only, no sign.
fn sequence(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

fn alert_id(text: &str) -> Result<Digest, Problem> {
    Digest::parse(text).ok_or_else(|| Problem::not_found("an alert id is 64 lower-case hex digits"))
}

fn unknown() -> Problem {
    Problem::not_found(format!("no such alert among the newest {MAX_KEPT} kept here; the ledgers keep all"))
}

fn bad_query(detail: impl Into<String>) -> Problem {
    Problem::new(Code::BadQuery, detail)
}
