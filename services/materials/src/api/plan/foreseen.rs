//! Days of supply by those who lie in beds and those who are foreseen: nobody has to count anything for the question.
//!
//! The member's medical resources say who is counted in beds and who is on duty, its early warning which beds its
//! forecasts fill (`inputs`); the stock is this service's own. All three as of one day.

mod inputs;
mod view;

use actix_web::{HttpRequest, web};
use domain::refusal::Refusal;
use domain::time::Date;
use host::area::AreaError;
use host::rest::{Problem, asked};
use planning::supply::patients::courses;
use serde::Deserialize;
use utoipa::IntoParams;
use wire::area::{Beds, Wards};

use super::super::Data;
use super::supply::{items, lead};
use crate::Desk;
use inputs::{Ahead, Here};
use view::{ForeseenSupply, Inputs};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in super::super) struct ForeseenQuery {
    /// ICD-10 code of the disease whose patients are foreseen
    #[param(example = "U07.1")]
    disease: String,
    /// region, a code of GB/T 2260 or ISO 3166-2: its patients over the stock of the whole chain
    #[param(example = "320100")]
    region: String,
    /// only this facility of it: its patients, and its share of those to come, over its own stock
    facility: Option<String>,
    /// days until an order is there
    #[param(example = "3")]
    lead_days: usize,
    /// days of margin behind it
    #[param(example = "4")]
    margin_days: usize,
    /// only this item
    item: Option<String>,
    /// at the end of this day, `YYYY-MM-DD`; now if left out
    as_of: Option<String>,
}

/// Days of supply, when to order again, and what is short, by patients counted and foreseen
///
/// Beds and staff as hospitals count them, the beds that the newest daily forecast fills in the next 14 days by a low, a middle
/// and a high course, and the stock: each with the events it stands on, as of any day. Stale counts add nothing and are listed.
/// Patients of other diseases are taken to stay. Without a forecast every day is like today, and `without_forecast` says why.
#[utoipa::path(
    get, path = "/v1/chains/{chain}/stock/supply", tag = "materials",
    params(("chain" = String, Path, description = "chain path, e.g. `cn.32.01`"), ForeseenQuery),
    responses(
        (status = 200, description = "items, the shortest supply first", body = ForeseenSupply),
        (status = 400, description = "BAD_QUERY"),
        (status = 404, description = "NOT_FOUND: no such chain here, or a facility that counts nothing in this region"),
        (status = 413, description = "LIMIT: the region has more wards than one answer of medical resources holds"),
        (status = 503, description = "OVERLOADED: this member's medical resources do not answer")
    )
)]
pub(in super::super) async fn foreseen_supply(
    request: HttpRequest,
    desks: Data,
    chain: web::Path<String>,
) -> Result<web::Json<ForeseenSupply>, Problem> {
    let desk = desks.of(&chain)?;
    let query: ForeseenQuery = asked::query(&request)?;
    let facility = asked::name("facility", query.facility)?;
    let item = asked::name("item", query.item)?;
    asked::disease(&query.disease)?;
    asked::region(&query.region)?;
    let (on, lead) =
        (asked::day("as_of", query.as_of.as_deref())?, lead(query.lead_days, query.margin_days).map_err(many)?);
    let wards =
        desk.around.wards(Wards { as_of: on.map(Date::end), region: Some(query.region.clone()), ..Wards::default() });
    let wards = wards.await?;
    let here = Here::of(&wards, query.region, facility)?;
    let ahead = ahead(&desk, &query.disease, &here.region, on, wards.as_of.date()).await?;
    let store = here.facility.clone();
    let (at, free) = desk.ask(move |stock| stock.free(store.as_deref(), on)).await?;
    let rates = match item {
        Some(item) => desk.rates.clone().only(item),
        None => desk.rates.clone(),
    };
    let courses = courses(here.counted, &ahead.foreseen, here.share);
    let items = items(&free, rates, &courses, lead);
    let inputs = Inputs { chain: &chain, disease: query.disease, here, ahead, wards, courses, on };
    Ok(web::Json(ForeseenSupply::of(at, inputs, items)))
}

/// A bound that a query is over.
fn many(refusal: Refusal) -> Problem {
    asked::bad(format!("{} {}", refusal.field, refusal.detail))
}

/// What is foreseen of a region. Who runs no early warning, or asks of a disease whose stays nobody published, is told so in the
/// answer and not refused one: those counted in beds use things up all the same.
async fn ahead(desk: &Desk, disease: &str, region: &str, as_of: Option<Date>, today: Date) -> Result<Ahead, Problem> {
    let beds = Beds { disease: disease.to_owned(), region: region.to_owned(), as_of };
    match desk.around.beds(beds).await {
        Ok(answer) => Ok(Ahead::of(answer, today)),
        Err(AreaError::Silent { .. }) => Ok(Ahead::none("this member's early warning does not answer".to_owned())),
        Err(AreaError::Refused(refused)) if refused.field == "disease" => {
            Ok(Ahead::none(format!("nothing is foreseen of this disease: {}", refused.detail)))
        }
        Err(refused @ AreaError::Refused(_)) => Err(refused.into()),
    }
}

#[cfg(test)]
mod tests;
