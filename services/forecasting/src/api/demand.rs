//! Beds that the forecasts will fill, and by the beds that stand the first day that is short.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, web};
use domain::event::Resource;
use domain::time::Date;
use host::area::AreaError;
use host::rest::{Desks, Problem, asked};
use planning::demand::{Care, Filled, shortage};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use wire::area::{Ward, Wards};

use crate::Desk;
use crate::answers::{Expected, KNOWN, expected};
use crate::model::Days;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct DemandQuery {
    /// ICD-10 code
    #[param(example = "U07.1")]
    disease: String,
    /// kind of bed, e.g. `isolation` or `adult-icu`
    #[param(example = "isolation")]
    resource: String,
    /// region, a code of GB/T 2260 or ISO 3166-2; every region with a forecast if left out
    #[param(example = "320100")]
    region: Option<String>,
    /// as many beds in each region, instead of those that the log knows: what if?
    beds: Option<u64>,
    /// by what was known at the end of this day, UTC
    #[param(example = "2021-07-28")]
    as_of: Option<String>,
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

/// Beds of a facility that were counted.
#[derive(Debug, Serialize, ToSchema)]
struct StandingBedsView {
    facility: String,
    /// With staff.
    staffed: u64,
    /// The claim that stands.
    event_id: String,
}

/// One region.
#[derive(Debug, Serialize, ToSchema)]
struct RegionDemand {
    region: String,
    /// The forecast this stands on, committed on the log before its outcome; none where there is none yet.
    forecast: Option<String>,
    /// The last day that was counted.
    reference_date: Option<String>,
    /// Nearest day first, at most 14; empty without a forecast.
    filled: Vec<FilledView>,
    /// Beds with staff; none where nobody has a fresh count of them.
    beds: Option<u64>,
    /// What they are the sum of; empty if the caller named them.
    standing: Vec<StandingBedsView>,
    /// Facilities whose count is stale; it adds to no sum.
    stale_facilities: u64,
    /// What they last claimed.
    stale_staffed: u64,
    /// The first day on which the beds are not enough when every day is high; none if they are, or nobody knows how many.
    short_at_the_earliest: Option<String>,
    /// The same in the middle.
    short_as_expected: Option<String>,
}

/// Beds that will be filled.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DemandView {
    /// The last final block taken in.
    height: u64,
    /// Its chain time.
    chain_time: String,
    disease: String,
    resource: String,
    /// Of a thousand cases so many need such a bed, and whose figure that is.
    per_mille: u32,
    share_source: &'static str,
    /// The median stay in days, its quartiles, and whose figures these are.
    median_days: f64,
    quartiles_days: (f64, f64),
    stay_source: &'static str,
    /// Where the beds are from: `log` (what facilities claim), `caller` (`beds`), or `nobody`, where this member's medical
    /// resources did not answer.
    beds_from: &'static str,
    /// The last final block that the log's beds are as of.
    beds_height: Option<u64>,
    /// By region: the one asked for, or every one with a forecast.
    regions: Vec<RegionDemand>,
}

/// Expected beds of the next 14 days, and the first day that is short, by region
///
/// Counted cases and the newest daily forecast of the ensemble on the log, times a published share and length of stay, named in
/// the answer; against the beds that facilities claim, each with its event, or as many as the caller says. Beds of cases before
/// the first day counted are not in it.
#[utoipa::path(
    get, path = "/v1/chains/{chain}/forecasting/demand", tag = "forecasting",
    params(("chain" = String, Path, description = "chain path, e.g. `cn.32.01`"), DemandQuery),
    responses(
        (status = 200, description = "beds by region and day", body = DemandView),
        (status = 400, description = "BAD_QUERY"),
        (status = 404, description = "NOT_FOUND: no such chain here"),
        (status = 413, description = "LIMIT: more wards than one answer holds; ask by region")
    )
)]
pub(super) async fn demand(
    request: HttpRequest,
    desks: web::Data<Desks<Desk>>,
    chain: web::Path<String>,
) -> Result<web::Json<DemandView>, Problem> {
    let (desk, query) = desks.asked::<DemandQuery>(&request, &chain)?;
    let (care, as_of) = (read(&query)?, asked::day("as_of", query.as_of.as_deref())?);
    let beds = match query.beds {
        Some(beds) => Beds::Said(beds),
        None => Beds::of_log(&desk, &care, query.region.clone(), as_of).await?,
    };
    let (disease, region) = (query.disease.clone(), query.region);
    let question = move |days: &Days| {
        let regions = region.map_or_else(|| days.forecast_regions(&disease), |region| vec![region]);
        let of = |region: String| {
            let found = expected(days, &disease, &region, as_of);
            (region, found)
        };
        Ok(regions.into_iter().map(of).collect::<Vec<_>>())
    };
    let (at, found) = desk.ask(question).await?;
    let regions = found.into_iter().map(|(region, found)| row(region, found.as_ref(), &care, &beds));
    Ok(web::Json(DemandView {
        height: at.height,
        chain_time: at.chain_time.to_string(),
        disease: query.disease,
        resource: query.resource,
        per_mille: care.per_mille,
        share_source: care.source,
        median_days: care.stay.median,
        quartiles_days: care.stay.quartiles,
        stay_source: care.stay.source,
        beds_from: beds.from(),
        beds_height: beds.height(),
        regions: regions.collect(),
    }))
}

/// The care that is asked for.
fn read(query: &DemandQuery) -> Result<Care, Problem> {
    query.region.as_deref().map(asked::region).transpose()?;
    let (_, care) = asked::one_of("disease", &query.disease, &KNOWN, |(code, _)| code)?;
    asked::one_of("resource", &query.resource, care, |care| care.resource)
}

/// The beds there are.
enum Beds {
    /// What if there were so many in each region?
    Said(u64),
    /// What facilities claim, by region, as of a height.
    Claimed(u64, BTreeMap<String, Vec<Ward>>),
    /// Nobody who could tell answers.
    Unknown,
}

impl Beds {
    /// Those of the log. Where the member runs no medical resources, what will be filled is worth telling alone.
    async fn of_log(desk: &Desk, care: &Care, region: Option<String>, as_of: Option<Date>) -> Result<Self, Problem> {
        let asked = Wards { as_of: as_of.map(Date::end), region, ..Wards::default() };
        let answer = match desk.hospitals.wards(asked).await {
            Ok(answer) => answer,
            Err(AreaError::Silent { .. }) => return Ok(Beds::Unknown),
            Err(refused) => return Err(refused.into()),
        };
        let resource = Resource::parse(care.resource);
        let mut by_region = BTreeMap::<_, Vec<_>>::new();
        for ward in answer.wards.into_iter().filter(|ward| Some(ward.resource) == resource) {
            by_region.entry(ward.region.clone()).or_default().push(ward);
        }
        Ok(Beds::Claimed(answer.height, by_region))
    }

    fn from(&self) -> &'static str {
        match self {
            Beds::Said(_) => "caller",
            Beds::Claimed(..) => "log",
            Beds::Unknown => "nobody",
        }
    }

    fn height(&self) -> Option<u64> {
        match self {
            Beds::Claimed(height, _) => Some(*height),
            Beds::Said(_) | Beds::Unknown => None,
        }
    }

    /// The wards of a region with a fresh count, and those with a stale one.
    fn wards(&self, region: &str) -> (Vec<&Ward>, Vec<&Ward>) {
        let Beds::Claimed(_, by_region) = self else { return Default::default() };
        by_region.get(region).into_iter().flatten().partition(|ward| !ward.stale)
    }
}

fn sum(wards: &[&Ward]) -> u64 {
    wards.iter().map(|ward| ward.staffed).fold(0, u64::saturating_add)
}

fn row(region: String, found: Option<&Expected>, care: &Care, beds: &Beds) -> RegionDemand {
    let filled = found.map(|found| found.filled(care)).unwrap_or_default();
    let (fresh, stale) = beds.wards(&region);
    let beds = match beds {
        Beds::Said(beds) => Some(*beds),
        // No count is not a count of nothing.
        Beds::Claimed(..) | Beds::Unknown => Some(sum(&fresh)).filter(|_| !fresh.is_empty()),
    };
    let short = beds.map(|beds| shortage(&filled, beds)).unwrap_or_default();
    let reference = found.map(|found| found.reference);
    let date = |ahead: usize| {
        let Date(last) = reference?;
        Some(Date(last.saturating_add(u32::try_from(ahead).unwrap_or(u32::MAX))).to_string())
    };
    let standing = fresh.iter().map(|ward| StandingBedsView {
        facility: ward.facility.clone(),
        staffed: ward.staffed,
        event_id: ward.event.to_string(),
    });
    RegionDemand {
        forecast: found.map(|found| found.forecast.to_string()),
        reference_date: reference.map(|day| day.to_string()),
        filled: filled.iter().zip(1..).filter_map(|(day, ahead)| Some(day_of(day, date(ahead)?))).collect(),
        beds,
        standing: standing.collect(),
        stale_facilities: stale.len() as u64,
        stale_staffed: sum(&stale),
        short_at_the_earliest: short.earliest.and_then(date),
        short_as_expected: short.expected.and_then(date),
        region,
    }
}

fn day_of(day: &Filled, date: String) -> FilledView {
    FilledView { date, low: day.low, middle: day.middle, high: day.high }
}
