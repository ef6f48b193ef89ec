//! Gifts: their sums, and for who has a look-up code the way of his own.

use actix_web::{HttpRequest, web};
use domain::event::EventId;
use domain::materials::DonationRecord;
use host::rest::{Problem, asked};
use proof::digest::Digest;
use serde::Deserialize;

use super::Data;
use super::view::donations::{self as view, DonationsPage};

const DONATIONS: &str = "donation-";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DonationsQuery {
    code: Option<String>,
    as_of: Option<String>,
    limit: Option<usize>,
    cursor: Option<String>,
}

/// Donations and what became of them
///
/// All of them, or with `code` those of who was given that look-up code. Each says what it holds, and that everything closes:
/// its steps from pledge to use, with the proof file of each, are under `stock/moves?donation=`.
#[utoipa::path(
    get, path = "/v1/chains/{chain}/donations", tag = "materials", operation_id = "get_donations",
    params(
        ("chain" = String, Path, description = "chain path, e.g. `cn.32.01`"),
        ("code" = Option<String>, Query, description = "the donor's look-up code"),
        ("as_of" = Option<String>, Query, description = "at the end of this day, `YYYY-MM-DD`; with `code` only"),
        ("limit" = Option<u32>, Query, description = "at most 500; 100 if left out"),
        ("cursor" = Option<String>, Query, description = "the `next` of the page before")
    ),
    responses(
        (status = 200, description = "a page of donations", body = DonationsPage),
        (status = 400, description = "BAD_QUERY or BAD_CURSOR"),
        (status = 404, description = "NOT_FOUND: no such chain here, or nothing of that code")
    )
)]
pub(super) async fn donations(
    request: HttpRequest,
    desks: Data,
    chain: web::Path<String>,
) -> Result<web::Json<DonationsPage>, Problem> {
    let (desk, query) = desks.asked::<DonationsQuery>(&request, &chain)?;
    let after = asked::behind(query.cursor.as_deref(), DONATIONS, EventId::parse)?;
    let limit = asked::limit(query.limit)?;
    let Some(code) = query.code else {
        if query.as_of.is_some() {
            return Err(asked::bad("as_of needs a code"));
        }
        let (at, found) = desk.ask(move |stock| stock.donations(after.as_ref(), limit)).await?;
        let next = found.next(|(id, _)| format!("{DONATIONS}{id}"));
        return Ok(web::Json(view::donations(&chain, at, &found.lines, next)));
    };
    let (donor, on) = (Digest::of(code.as_bytes()), asked::day("as_of", query.as_of.as_deref())?);
    let is_first = after.is_none();
    let (at, (next, found)) = desk
        .ask(move |stock| {
            let pledges = stock.pledges_of(&donor, after.as_ref(), limit)?;
            let next = pledges.next(|id| format!("{DONATIONS}{id}"));
            let mut found: Vec<(EventId, DonationRecord)> = Vec::new();
            for id in pledges.lines {
                found.extend(stock.donation(&id, on)?.map(|record| (id, record)));
            }
            Ok((next, found))
        })
        .await?;
    if found.is_empty() && is_first && next.is_none() {
        return Err(Problem::not_found("no donation has this code, or none had on that day"));
    }
    Ok(web::Json(view::donations(&chain, at, &found, next)))
}
