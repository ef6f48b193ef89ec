//! Early warning over REST: accepted counts by day, and warnings by people; the answers to all other questions are below.

mod comparison;
mod course;
mod demand;
mod lifting;
mod outlook;
mod responses;
mod series;
mod spans;
mod timeliness;

use actix_web::{HttpRequest, HttpResponse, web};
use domain::event::Classification;
use domain::field::{is_disease_code, is_region};
use domain::record::Kind;
use domain::time::Date;
use host::page::Page;
use host::rest::{Caller, Desks, Problem, asked, bodies};
use serde::{Deserialize, Serialize};
use utoipa::{OpenApi, ToSchema};

use crate::Desk;
use crate::model::{Day, Filter};
use crate::place::{self, DayKey};

/// What a cursor of this list begins with, so that another list's is not taken for one by mistake.
const CURSOR: &str = "days-";

/// Adds the routes; `web::Data<Desks<Desk>>` must be among the app's data.
pub fn routes(config: &mut web::ServiceConfig) {
    let mut add = |what: &str, route| {
        config.service(web::resource(format!("/v1/chains/{{chain}}/{what}")).route(route));
    };
    add("warnings", web::post().to(warn));
    add("liftings", web::post().to(lifting::lift));
    add("forecasting/days", web::get().to(days));
    add("forecasting/series", web::get().to(series::series));
    add("forecasting/descriptive", web::get().to(series::descriptive));
    add("forecasting/comparison", web::get().to(comparison::comparison));
    add("forecasting/reproduction", web::get().to(course::reproduction));
    add("forecasting/triangle", web::get().to(course::triangle));
    add("forecasting/nowcast", web::get().to(course::nowcast));
    add("forecasting/timeliness", web::get().to(timeliness::timeliness));
    add("forecasting/assessments", web::get().to(outlook::assessments));
    add("forecasting/responses", web::get().to(responses::responses));
    add("forecasting/forecasts", web::get().to(outlook::forecasts));
    add("forecasting/league", web::get().to(outlook::league));
    add("forecasting/demand", web::get().to(demand::demand));
}

/// The description of the routes.
pub fn openapi() -> utoipa::openapi::OpenApi {
    let posts: [(&str, &[Kind]); 2] =
        [("/v1/chains/{chain}/warnings", &[Kind::Warning]), ("/v1/chains/{chain}/liftings", &[Kind::Lifting])];
    bodies::described(Doc::openapi(), &posts)
}

#[derive(OpenApi)]
#[openapi(
    paths(
        warn,
        lifting::lift,
        days,
        series::series,
        series::descriptive,
        comparison::comparison,
        course::reproduction,
        course::triangle,
        course::nowcast,
        timeliness::timeliness,
        outlook::assessments,
        responses::responses,
        outlook::forecasts,
        outlook::league,
        demand::demand
    ),
    tags((
        name = "forecasting",
        description = "Accepted counts and what they say, stages and levels, forecasts and how good they were, and early warnings"
    ))
)]
struct Doc;

/// Accepted counts of a disease in a region on a day, over all origins.
#[derive(Debug, Serialize, ToSchema)]
struct RegionDayView {
    /// ICD-10 code.
    disease: String,
    region: String,
    /// The reporting day.
    date: String,
    suspected: u64,
    probable: u64,
    confirmed: u64,
    asymptomatic: u64,
    discarded: u64,
    /// Whether the confirmed cases reach the threshold of a watched disease.
    over_threshold: bool,
    /// The accepted aggregates in force.
    event_ids: Vec<String>,
}

/// A page of days.
#[derive(Debug, Serialize, ToSchema)]
struct DaysPage {
    /// The last final block taken in; what was accepted later is not in here yet.
    height: u64,
    /// Its chain time.
    chain_time: String,
    days: Vec<RegionDayView>,
    /// The cursor of the next page, if there is one.
    next: Option<String>,
}

/// Warn
///
/// The body is one warning or an array of at most 500: `disease`, `level`, `headline`, and `supersedes`, the event id of an
/// earlier warning of the disease and region that it replaces; computed ones also `method` and `ground`. It rings once final: at once by a
/// management member under the policy `author`, else when ballots accept it. The same `Idempotency-Key` gives the same
/// events.
#[utoipa::path(
    post, path = "/v1/chains/{chain}/warnings", tag = "forecasting", security(("token" = [])),
    params(
        ("chain" = String, Path, description = "chain path, e.g. `cn.32.01`"),
        ("Idempotency-Key" = Option<String>, Header, description = "at most 128 bytes")
    ),
    request_body(content = serde_json::Value, content_type = "application/json", description = "a warning or an array of warnings"),
    responses(
        (status = 202, description = "an answer for each warning: event id and receipt, or a problem", body = serde_json::Value),
        (status = "4XX", description = "nothing was taken", content_type = "application/problem+json", body = serde_json::Value)
    )
)]
async fn warn(
    desks: web::Data<Desks<Desk>>,
    caller: Caller,
    chain: web::Path<String>,
    request: HttpRequest,
    body: web::Bytes,
) -> Result<HttpResponse, Problem> {
    let desk = desks.of(&chain)?;
    desk.front.post(&caller, &[Kind::Warning], &body, asked::idempotency_key(&request)?).await
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DaysQuery {
    disease: Option<String>,
    region: Option<String>,
    from: Option<String>,
    limit: Option<usize>,
    cursor: Option<String>,
}

/// Accepted counts by disease, region and day, with the events they come from: final ones only
#[utoipa::path(
    get, path = "/v1/chains/{chain}/forecasting/days", tag = "forecasting", operation_id = "region_days",
    params(
        ("chain" = String, Path, description = "chain path, e.g. `cn.32.01`"),
        ("disease" = Option<String>, Query, description = "only this ICD-10 code, e.g. `U07.1`"),
        ("region" = Option<String>, Query, description = "only this region"),
        ("from" = Option<String>, Query, description = "first day, `YYYY-MM-DD`"),
        ("limit" = Option<u32>, Query, description = "days, at most 500; 100 if left out"),
        ("cursor" = Option<String>, Query, description = "the `next` of the page before")
    ),
    responses(
        (status = 200, description = "a page of days", body = DaysPage),
        (status = 400, description = "BAD_QUERY or BAD_CURSOR"),
        (status = 404, description = "NOT_FOUND: no such chain here")
    )
)]
async fn days(
    request: HttpRequest,
    desks: web::Data<Desks<Desk>>,
    chain: web::Path<String>,
) -> Result<web::Json<DaysPage>, Problem> {
    let (desk, query) = desks.asked::<DaysQuery>(&request, &chain)?;
    let DaysQuery { disease, region, from, limit, cursor } = query;
    let limit = asked::limit(limit)?;
    let from = asked::day("from", from.as_deref())?;
    let filter = Filter { disease, region, from };
    let after = asked::behind(cursor.as_deref(), CURSOR, day_of)?;
    let (at, found) = desk.ask(move |days| Page::of(days.list(&filter, after.as_ref()).map(Ok), limit)).await?;
    let next = found.next(|Day { key: (place, date), .. }| format!("{CURSOR}{}/{date}", place::text(place)));
    let days = found.lines.into_iter().map(view).collect();
    Ok(web::Json(DaysPage { height: at.height, chain_time: at.chain_time.to_string(), days, next }))
}

fn view(day: Day) -> RegionDayView {
    let count = |asked| Classification::ALL.into_iter().zip(day.counts).find(|(class, _)| *class == asked);
    let count = |asked| count(asked).map_or(0, |(_, count)| count);
    RegionDayView {
        suspected: count(Classification::Suspected),
        probable: count(Classification::Probable),
        confirmed: count(Classification::Confirmed),
        asymptomatic: count(Classification::Asymptomatic),
        discarded: count(Classification::Discarded),
        date: day.key.1.to_string(),
        disease: day.key.0.disease,
        region: day.key.0.region,
        over_threshold: day.over_threshold,
        event_ids: day.events.iter().map(ToString::to_string).collect(),
    }
}

/// The day that a cursor names.
fn day_of(named: &str) -> Option<DayKey> {
    let (place, date) = named.rsplit_once('/')?;
    let (disease, region) =
        place.split_once('/').filter(|(disease, region)| is_disease_code(disease) && is_region(region))?;
    Some((place::named(disease, region), Date::parse(date)?))
}

#[cfg(test)]
mod tests;
