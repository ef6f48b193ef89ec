//! How an outbreak goes on, over REST: how many each case infects, and how many there are that are not counted yet.

use actix_web::{HttpRequest, web};
use domain::event::Classification;
use domain::time::Date;
use epidemiology::nowcast::{DelayPrior, Triangle, nowcast as cast};
use epidemiology::reproduction::{SerialInterval, course};
use epidemiology::series::Series;
use host::projection::{At, Projection as _};
use host::rest::{Desks, Problem, asked};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::spans;
use crate::Desk;
use crate::answers::{LONGEST_DELAY, Of, Wanted, counts, triangle as of_log};
use crate::model::Days;

/// The seed of the nowcast's draws: the same log gives the same interval.
const SEED: u64 = 1;

/// A place and some days.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct CourseQuery {
    /// ICD-10 code
    #[param(example = "U07.1")]
    disease: String,
    /// region, a code of GB/T 2260 or ISO 3166-2
    #[param(example = "320100")]
    region: String,
    /// first day that is counted, `YYYY-MM-DD`; the first of which something was said if left out
    from: Option<String>,
    /// last day; if left out, the last of which something was said
    to: Option<String>,
}

/// R over the week that ends on a day.
#[derive(Debug, Serialize, ToSchema)]
struct ReproductionDay {
    date: String,
    mean: Option<f64>,
    /// The ends of the 95 % interval.
    low95: Option<f64>,
    high95: Option<f64>,
    /// The probability that each case infects more than one.
    p_above_1: Option<f64>,
    /// Why there is none.
    not_known: Option<String>,
}

/// The course of R.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReproductionView {
    /// The last final block taken in.
    height: u64,
    /// Its chain time.
    chain_time: String,
    disease: String,
    region: String,
    /// Mean and standard deviation of the serial interval, in days; none where none is published.
    serial_mean_days: Option<f64>,
    serial_sd_days: Option<f64>,
    /// Where it was published: keys of the table's sources.
    serial_sources: Vec<String>,
    /// Day by day; empty where there is no interval or nothing to look at.
    days: Vec<ReproductionDay>,
    /// Why there are no days at all.
    not_known: Option<String>,
}

/// The counts that R may be learned from, up to the last day of which something was said.
fn series(days: &Days, mut wanted: Wanted) -> Result<Series, String> {
    let nothing = || "nobody has said anything of these days".to_owned();
    let mut found = counts(days, &wanted).ok_or_else(nothing)?;
    if let Some(silent) = u32::try_from(found.silent_days()).ok().filter(|silent| *silent > 0) {
        let last = found.days().last().map(|(day, _)| day);
        wanted.to = last.map(|last| Date(last.0.saturating_sub(silent)));
        found = counts(days, &wanted).ok_or_else(nothing)?;
    }
    found.series().map_err(|error| error.to_string())
}

/// The reproduction number by day, with its 95 % interval (Cori et al. 2013), from the accepted confirmed counts
#[utoipa::path(
    get, path = "/v1/chains/{chain}/forecasting/reproduction", tag = "forecasting",
    params(("chain" = String, Path, description = "chain path, e.g. `cn.32.01`"), CourseQuery),
    responses(
        (status = 200, description = "R day by day, as it was known then, or why it is not known", body = ReproductionView),
        (status = 400, description = "BAD_QUERY"),
        (status = 404, description = "NOT_FOUND: no such chain here")
    )
)]
pub(super) async fn reproduction(
    request: HttpRequest,
    desks: web::Data<Desks<Desk>>,
    chain: web::Path<String>,
) -> Result<web::Json<ReproductionView>, Problem> {
    let (desk, query) = desks.asked::<CourseQuery>(&request, &chain)?;
    let CourseQuery { disease, region, from, to } = query;
    asked::disease(&disease)?;
    asked::region(&region)?;
    let (from, to) = spans::span(from.as_deref(), to.as_deref())?;
    let class = Classification::Confirmed;
    let wanted = Wanted { disease: disease.clone(), region: region.clone(), class, from, to };
    let question = move |days: &Days| {
        let serial = days.rulebook().disease(&wanted.disease).and_then(|disease| disease.serial.clone());
        Ok((serial, days.rulebook().interval(&wanted.disease), series(days, wanted)))
    };
    let (at, (serial, interval, series)) = desk.ask(question).await?;
    let unpublished = || "no serial interval with its spread is published".to_owned();
    let (days, not_known) = match interval.ok_or_else(unpublished).and_then(|interval| Ok((interval, series?))) {
        Ok((interval, series)) => (by_day(&series, &interval), None),
        Err(reason) => (Vec::new(), Some(reason)),
    };
    Ok(web::Json(ReproductionView {
        height: at.height,
        chain_time: at.chain_time.to_string(),
        disease,
        region,
        serial_mean_days: serial.as_ref().map(|serial| serial.value.mean),
        serial_sd_days: serial.as_ref().and_then(|serial| serial.value.sd),
        serial_sources: serial.into_iter().flat_map(|serial| serial.sources).map(|source| source.key).collect(),
        days,
        not_known,
    }))
}

fn by_day(series: &Series, interval: &SerialInterval) -> Vec<ReproductionDay> {
    let days = course(series, interval).into_iter().enumerate().map(|(at, rt)| {
        let (band, known) = (rt.as_ref().ok().map(|rt| rt.band95()), rt.as_ref().ok());
        ReproductionDay {
            date: series.date(at).to_string(),
            mean: known.map(|rt| rt.mean()),
            low95: band.map(|band| band.0),
            high95: band.map(|band| band.1),
            p_above_1: known.map(|rt| rt.growing()),
            not_known: rt.as_ref().err().map(ToString::to_string),
        }
    });
    days.collect()
}

/// A place, and of what its delays are.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct TriangleQuery {
    /// ICD-10 code
    #[param(example = "U07.1")]
    disease: String,
    /// region, a code of GB/T 2260 or ISO 3166-2
    #[param(example = "320100")]
    region: String,
    /// `cases` (if left out: case reports, from onset to acceptance) or `aggregates` (revisions, from the reporting day)
    of: Option<String>,
    /// as it was known at the end of this day, `YYYY-MM-DD`; today by chain time if left out
    as_of: Option<String>,
}

/// The days of a place and what was counted of each after 0, 1, 2, ... days.
#[derive(Debug, Serialize, ToSchema)]
struct TriangleRow {
    date: String,
    /// By days of delay; as many as may be known.
    counted: Vec<u32>,
}

/// The reporting triangle.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TriangleView {
    /// The last final block taken in.
    height: u64,
    /// Its chain time.
    chain_time: String,
    disease: String,
    region: String,
    /// `cases` or `aggregates`.
    of: &'static str,
    /// The day at the end of which it was known.
    as_of: String,
    /// Days of delay that are followed; what came later is left out.
    longest_delay: usize,
    /// The last half year, oldest first.
    rows: Vec<TriangleRow>,
}

/// A day whose reports are not all in.
#[derive(Debug, Serialize, ToSchema)]
struct NowcastDay {
    date: String,
    /// Counted so far.
    counted: f64,
    /// Expected once all is in.
    expected: f64,
    /// The ends of the 90 % interval.
    low90: f64,
    high90: f64,
}

/// What the last days will have been.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct NowcastView {
    /// The last final block taken in.
    height: u64,
    /// Its chain time.
    chain_time: String,
    disease: String,
    region: String,
    /// `cases` or `aggregates`.
    of: &'static str,
    /// The day at the end of which it was known.
    as_of: String,
    /// Reports of settled days of all regions of the chain, from which delays are known beforehand.
    past_reports: u64,
    /// Days of which a report may still come in, oldest first.
    days: Vec<NowcastDay>,
}

/// The triangle of a query, and how long the settled reports of the whole chain took.
struct Found {
    at: At,
    disease: String,
    region: String,
    of: Of,
    today: Date,
    triangle: Triangle,
    past: Vec<u32>,
}

async fn found(request: &HttpRequest, desks: &Desks<Desk>, chain: &str) -> Result<Found, Problem> {
    let (desk, query) = desks.asked::<TriangleQuery>(request, chain)?;
    let TriangleQuery { disease, region, of, as_of } = query;
    asked::disease(&disease)?;
    asked::region(&region)?;
    let of = asked::one_of("of", of.as_deref().unwrap_or(Of::Cases.name()), &Of::ALL, Of::name)?;
    let as_of = asked::day("as_of", as_of.as_deref())?;
    let place = (disease.clone(), region.clone());
    let question = move |days: &Days| {
        let today = as_of.unwrap_or(days.at().chain_time.date());
        let own = of_log(days, &place.0, Some(&place.1), of, today)?;
        Ok((today, own, of_log(days, &place.0, None, of, today)?.settled()))
    };
    let (at, (today, triangle, past)) = desk.ask(question).await?;
    Ok(Found { at, disease, region, of, today, triangle, past })
}

/// The reporting triangle: what was counted of each day, and after how many days
#[utoipa::path(
    get, path = "/v1/chains/{chain}/forecasting/triangle", tag = "forecasting", operation_id = "reporting_triangle",
    params(("chain" = String, Path, description = "chain path, e.g. `cn.32.01`"), TriangleQuery),
    responses(
        (status = 200, description = "accepted case reports, or what revisions of aggregates added", body = TriangleView),
        (status = 400, description = "BAD_QUERY"),
        (status = 404, description = "NOT_FOUND: no such chain here")
    )
)]
pub(super) async fn triangle(
    request: HttpRequest,
    desks: web::Data<Desks<Desk>>,
    chain: web::Path<String>,
) -> Result<web::Json<TriangleView>, Problem> {
    let found = found(&request, &desks, &chain).await?;
    let rows = found.triangle.rows().map(|row| TriangleRow { date: row.date.to_string(), counted: row.known.to_vec() });
    Ok(web::Json(TriangleView {
        height: found.at.height,
        chain_time: found.at.chain_time.to_string(),
        of: found.of.name(),
        as_of: found.today.to_string(),
        longest_delay: LONGEST_DELAY,
        rows: rows.collect(),
        disease: found.disease,
        region: found.region,
    }))
}

/// What the last days will have been once all is reported, with an interval, from how long reports took
#[utoipa::path(
    get, path = "/v1/chains/{chain}/forecasting/nowcast", tag = "forecasting",
    params(("chain" = String, Path, description = "chain path, e.g. `cn.32.01`"), TriangleQuery),
    responses(
        (status = 200, description = "the days that are not fully reported", body = NowcastView),
        (status = 400, description = "BAD_QUERY"),
        (status = 404, description = "NOT_FOUND: no such chain here")
    )
)]
pub(super) async fn nowcast(
    request: HttpRequest,
    desks: web::Data<Desks<Desk>>,
    chain: web::Path<String>,
) -> Result<web::Json<NowcastView>, Problem> {
    let found = found(&request, &desks, &chain).await?;
    let prior = DelayPrior::new(&found.past);
    let triangle = found.triangle;
    // Thousands of draws: not on the thread that answers everybody else.
    let days = web::block(move || cast(&triangle, &prior, SEED)).await.map_err(Problem::fault)?;
    let days = days.map_err(Problem::fault)?.into_iter().map(|day| NowcastDay {
        date: day.date.to_string(),
        counted: day.counted,
        expected: day.expected,
        low90: day.lower,
        high90: day.upper,
    });
    Ok(web::Json(NowcastView {
        height: found.at.height,
        chain_time: found.at.chain_time.to_string(),
        of: found.of.name(),
        as_of: found.today.to_string(),
        past_reports: found.past.iter().copied().map(u64::from).sum(),
        days: days.collect(),
        disease: found.disease,
        region: found.region,
    }))
}
