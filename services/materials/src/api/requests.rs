//! Requests and promises.

use actix_web::{HttpRequest, web};
use domain::event::EventId;
use host::rest::{Problem, asked};
use serde::Deserialize;

use super::Data;
use super::view::requests::{self as view, CommitsPage, RequestsPage};

const REQUESTS: &str = "request-";
const COMMITS: &str = "commit-";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RequestsQuery {
    short_of: Option<String>,
    limit: Option<usize>,
    cursor: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PageQuery {
    limit: Option<usize>,
    cursor: Option<String>,
}

/// Requests and how far they are met
///
/// In the states of EDXL-RM's deployment: `requested`, `declined`, `accepted`, `committed`, `dispatched`, `received`. The steps
/// of one are under `stock/moves?request=`.
#[utoipa::path(
    get, path = "/v1/chains/{chain}/requests", tag = "materials", operation_id = "get_requests",
    params(
        ("chain" = String, Path, description = "chain path, e.g. `cn.32.01`"),
        ("short_of" = Option<String>, Query, description = "only those that want more of this item than is promised"),
        ("limit" = Option<u32>, Query, description = "at most 500; 100 if left out"),
        ("cursor" = Option<String>, Query, description = "the `next` of the page before")
    ),
    responses(
        (status = 200, description = "a page of requests", body = RequestsPage),
        (status = 400, description = "BAD_QUERY or BAD_CURSOR"),
        (status = 404, description = "NOT_FOUND: no such chain here")
    )
)]
pub(super) async fn requests(
    request: HttpRequest,
    desks: Data,
    chain: web::Path<String>,
) -> Result<web::Json<RequestsPage>, Problem> {
    let (desk, query) = desks.asked::<RequestsQuery>(&request, &chain)?;
    let after = asked::behind(query.cursor.as_deref(), REQUESTS, EventId::parse)?;
    let (limit, item) = (asked::limit(query.limit)?, asked::name("short_of", query.short_of)?);
    let (at, found) = desk.ask(move |stock| stock.requests(item.as_deref(), after.as_ref(), limit)).await?;
    let judged = desk.judged(&found.lines.iter().map(|(id, _)| *id).collect::<Vec<_>>()).await?;
    let next = found.next(|(id, _)| format!("{REQUESTS}{id}"));
    Ok(web::Json(view::requests(at, &found.lines, &judged, next)))
}

/// Promises and requisitions, and what is left of them
#[utoipa::path(
    get, path = "/v1/chains/{chain}/commits", tag = "materials",
    params(
        ("chain" = String, Path, description = "chain path, e.g. `cn.32.01`"),
        ("limit" = Option<u32>, Query, description = "at most 500; 100 if left out"),
        ("cursor" = Option<String>, Query, description = "the `next` of the page before")
    ),
    responses(
        (status = 200, description = "a page of promises", body = CommitsPage),
        (status = 400, description = "BAD_QUERY or BAD_CURSOR"),
        (status = 404, description = "NOT_FOUND: no such chain here")
    )
)]
pub(super) async fn commits(
    request: HttpRequest,
    desks: Data,
    chain: web::Path<String>,
) -> Result<web::Json<CommitsPage>, Problem> {
    let (desk, query) = desks.asked::<PageQuery>(&request, &chain)?;
    let after = asked::behind(query.cursor.as_deref(), COMMITS, EventId::parse)?;
    let limit = asked::limit(query.limit)?;
    let (at, found) = desk.ask(move |stock| stock.commits(after.as_ref(), limit)).await?;
    let next = found.next(|(id, _)| format!("{COMMITS}{id}"));
    Ok(web::Json(view::commits(at, &found.lines, next)))
}
