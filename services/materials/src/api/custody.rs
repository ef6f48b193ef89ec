//! Hand-overs and what their two sides do not agree on.

use actix_web::{HttpRequest, web};
use domain::event::EventId;
use host::rest::{Problem, asked};
use serde::Deserialize;

use super::Data;
use super::view::custody::{self as view, DiscrepanciesPage, HandOversPage};

const HAND_OVERS: &str = "hand-over-";
const DISCREPANCIES: &str = "discrepancy-";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct HandOversQuery {
    id: Option<String>,
    limit: Option<usize>,
    cursor: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DiscrepanciesQuery {
    facility: Option<String>,
    limit: Option<usize>,
    cursor: Option<String>,
}

/// Hand-overs with what the taker said
///
/// All of them by event id, or with `id` one. Those of a store, a lot or a donation are under `stock/moves`, in the order of
/// the log.
#[utoipa::path(
    get, path = "/v1/chains/{chain}/hand-overs", tag = "materials", operation_id = "get_hand_overs",
    params(
        ("chain" = String, Path, description = "chain path, e.g. `cn.32.01`"),
        ("id" = Option<String>, Query, description = "only this one"),
        ("limit" = Option<u32>, Query, description = "at most 500; 100 if left out"),
        ("cursor" = Option<String>, Query, description = "the `next` of the page before")
    ),
    responses(
        (status = 200, description = "a page of hand-overs", body = HandOversPage),
        (status = 400, description = "BAD_QUERY or BAD_CURSOR"),
        (status = 404, description = "NOT_FOUND: no such chain or hand-over here")
    )
)]
pub(super) async fn hand_overs(
    request: HttpRequest,
    desks: Data,
    chain: web::Path<String>,
) -> Result<web::Json<HandOversPage>, Problem> {
    let (desk, query) = desks.asked::<HandOversQuery>(&request, &chain)?;
    let after = asked::behind(query.cursor.as_deref(), HAND_OVERS, EventId::parse)?;
    let (one, limit) = (asked::id("id", query.id.as_deref())?, asked::limit(query.limit)?);
    let (at, (found, next)) = desk
        .ask(move |stock| {
            let (ids, next) = match one {
                Some(id) => (vec![id], None),
                None => {
                    let page = stock.hand_overs(after.as_ref(), limit)?.map(|(id, _)| id);
                    let next = page.next(|id| format!("{HAND_OVERS}{id}"));
                    (page.lines, next)
                }
            };
            let read = |id| Ok(stock.hand_over(&id)?.map(|(record, found)| (id, record, found)));
            let found = ids.into_iter().filter_map(|id| read(id).transpose()).collect::<anyhow::Result<Vec<_>>>()?;
            Ok((found, next))
        })
        .await?;
    if one.is_some() && found.is_empty() {
        return Err(Problem::not_found("no hand-over of that id here"));
    }
    Ok(web::Json(view::hand_overs(&chain, at, &found, next)))
}

/// What givers and takers do not agree on, with both words
///
/// All of them, or with `facility` those still open at a store.
#[utoipa::path(
    get, path = "/v1/chains/{chain}/discrepancies", tag = "materials",
    params(
        ("chain" = String, Path, description = "chain path, e.g. `cn.32.01`"),
        ("facility" = Option<String>, Query, description = "those open at this store, as giver or taker"),
        ("limit" = Option<u32>, Query, description = "at most 500; 100 if left out"),
        ("cursor" = Option<String>, Query, description = "the `next` of the page before")
    ),
    responses(
        (status = 200, description = "a page of discrepancies", body = DiscrepanciesPage),
        (status = 400, description = "BAD_QUERY or BAD_CURSOR"),
        (status = 404, description = "NOT_FOUND: no such chain here")
    )
)]
pub(super) async fn discrepancies(
    request: HttpRequest,
    desks: Data,
    chain: web::Path<String>,
) -> Result<web::Json<DiscrepanciesPage>, Problem> {
    let (desk, query) = desks.asked::<DiscrepanciesQuery>(&request, &chain)?;
    let after = asked::behind(query.cursor.as_deref(), DISCREPANCIES, EventId::parse)?;
    let (store, limit) = (asked::name("facility", query.facility)?, asked::limit(query.limit)?);
    let (at, found) = desk.ask(move |stock| stock.discrepancies(store.as_deref(), after.as_ref(), limit)).await?;
    let next = found.next(|(id, _)| format!("{DISCREPANCIES}{id}"));
    Ok(web::Json(view::discrepancies(&chain, at, &found.lines, next)))
}
