//! Beds that the forecasts will fill: the ensemble's quantiles on the log, times published stays.

use actix_web::{HttpRequest, web};
use domain::event::{Cadence, Classification, EventId};
use domain::time::Date;
use epidemiology::forecast::{LEVELS, MEDIAN};
use host::rest::{Desks, Problem, asked};
use planning::demand::{AHEAD, COVID_19, Care, Coming, Filled, shortage};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::Desk;
use crate::answers::{Wanted, counts};
use crate::model::Days;

/// The model whose word is taken.
const TRUSTED: &str = "ensemble";
/// The diseases whose stays are known here, by ICD-10 code.
const KNOWN: [(&str, &[Care]); 1] = [("U07.1", &COVID_19)];
/// The quantiles of the low and the high course: 10 % and 90 %.
const LOW: f64 = 0.1;
const HIGH: f64 = 0.9;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct DemandQuery {
    /// ICD-10 code
    #[param(example = "U07.1")]
    disease: String,
    /// region, a code of GB/T 2260 or ISO 3166-2
    #[param(example = "320100")]
    region: String,
    /// kind of bed, e.g. `isolation` or `adult-icu`
    #[param(example = "isolation")]
    resource: String,
    /// beds there are; with it the first day that is short is named
    beds: Option<u64>,
}

/// Beds filled on a day to come.
#[derive(Debug, Serialize, ToSchema)]
struct FilledView {
    date: String,
    /// When every day is at the forecast's 10 % quantile.
    low: u64,
    /// At the median.
    middle: u64,
    /// At the 90 % quantile.
    high: u64,
}

/// Beds that will be filled.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DemandView {
    /// The last final block taken in.
    height: u64,
    /// Its chain time.
    chain_time: String,
    disease: String,
    region: String,
    resource: String,
    /// The forecast this stands on, committed on the log before its outcome; none where there is none yet.
    forecast: Option<String>,
    /// The last day that was counted.
    reference_date: Option<String>,
    /// Of a thousand cases so many need such a bed, and whose figure that is.
    per_mille: u32,
    share_source: &'static str,
    /// The median stay in days, its quartiles, and whose figures these are.
    median_days: f64,
    quartiles_days: (f64, f64),
    stay_source: &'static str,
    /// Nearest day first, at most 14; empty without a forecast.
    filled: Vec<FilledView>,
    /// The first day on which the beds are not enough when every day is high; none without `beds` or if they are.
    short_at_the_earliest: Option<String>,
    /// The same in the middle.
    short_as_expected: Option<String>,
}

/// Expected beds of the next 14 days, and the first day that is short
///
/// Counted cases and the newest daily forecast of the ensemble on the log, times a published share and length of stay, named in
/// the answer. Beds of cases before the first day counted are not in it.
#[utoipa::path(
    get, path = "/v1/chains/{chain}/forecasting/demand", tag = "forecasting",
    params(("chain" = String, Path, description = "chain path, e.g. `cn.32.01`"), DemandQuery),
    responses(
        (status = 200, description = "beds by day", body = DemandView),
        (status = 400, description = "BAD_QUERY"),
        (status = 404, description = "NOT_FOUND: no such chain here")
    )
)]
pub(super) async fn demand(
    request: HttpRequest,
    desks: web::Data<Desks<Desk>>,
    chain: web::Path<String>,
) -> Result<web::Json<DemandView>, Problem> {
    let (desk, query) = desks.asked::<DemandQuery>(&request, &chain)?;
    asked::region(&query.region)?;
    let (_, care) = asked::one_of("disease", &query.disease, &KNOWN, |(code, _)| code)?;
    let care = asked::one_of("resource", &query.resource, care, |care| care.resource)?;
    let (disease, region) = (query.disease.clone(), query.region.clone());
    let (at, found) = desk.ask(move |days| Ok(expected(days, &care, disease, region))).await?;
    let (forecast, reference, filled) = match found {
        Some(Expected { forecast, reference, filled }) => (Some(forecast.to_string()), reference, filled),
        None => (None, Date::default(), Vec::new()),
    };
    let date = |ahead: usize| Date(reference.0.saturating_add(u32::try_from(ahead).unwrap_or(u32::MAX))).to_string();
    let short = query.beds.map(|beds| shortage(&filled, beds)).unwrap_or_default();
    let days = filled.iter().zip(1..).map(|(day, ahead)| FilledView {
        date: date(ahead),
        low: day.low,
        middle: day.middle,
        high: day.high,
    });
    Ok(web::Json(DemandView {
        height: at.height,
        chain_time: at.chain_time.to_string(),
        disease: query.disease,
        region: query.region,
        resource: query.resource,
        reference_date: forecast.is_some().then(|| reference.to_string()),
        forecast,
        per_mille: care.per_mille,
        share_source: care.source,
        median_days: care.stay.median,
        quartiles_days: care.stay.quartiles,
        stay_source: care.stay.source,
        filled: days.collect(),
        short_at_the_earliest: short.earliest.map(date),
        short_as_expected: short.expected.map(date),
    }))
}

struct Expected {
    forecast: EventId,
    reference: Date,
    filled: Vec<Filled>,
}

fn expected(days: &Days, care: &Care, disease: String, region: String) -> Option<Expected> {
    let newest = days.forecasts(|place| place.disease == disease && place.region == region).into_iter();
    let of_days = newest.filter(|(_, _, issued)| issued.model == TRUSTED && issued.cadence == Cadence::Day);
    let (_, forecast, issued) = of_days.max_by_key(|(_, _, issued)| issued.reference)?;
    let reference = issued.reference;
    let wanted = Wanted { disease, region, class: Classification::Confirmed, from: None, to: Some(reference) };
    // A day of which nobody said anything adds no patient that anybody knows of.
    let past = counts(days, &wanted).map(|counts| counts.days().map(|(_, count)| count.unwrap_or(0)).collect());
    let past: Vec<u64> = past.unwrap_or_default();
    let at = |level: f64| LEVELS.iter().position(|one| *one >= level).unwrap_or(MEDIAN);
    let coming = issued.steps.iter().take(AHEAD).map(|step| {
        let of = |level: usize| step.get(level).copied().unwrap_or(0);
        Coming { low: of(at(LOW)), middle: of(MEDIAN), high: of(at(HIGH)) }
    });
    let filled = care.filled(&past, &coming.collect::<Vec<_>>());
    Some(Expected { forecast, reference, filled })
}
