//! The counts of a place over REST: as a series, and described in a few figures.

use actix_web::{HttpRequest, web};
use domain::event::{Cadence, Classification};
use domain::time::Date;
use epidemiology::counts::{Counts, Why};
use epidemiology::statistics::{Description, describe};
use host::projection::At;
use host::rest::{Desks, Problem, asked};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::spans;
use crate::Desk;
use crate::answers::{Wanted, counts};
use crate::outlook::monday;

/// Which counts are asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct SeriesQuery {
    /// ICD-10 code
    #[param(example = "U07.1")]
    disease: String,
    /// region, a code of GB/T 2260 or ISO 3166-2
    #[param(example = "320100")]
    region: String,
    /// `day` (if left out) or `week`
    cadence: Option<String>,
    /// `confirmed` if left out
    classification: Option<String>,
    /// first day, `YYYY-MM-DD`; the first of which something was said if left out
    from: Option<String>,
    /// last day; if left out, the last that is over or of which something was said
    to: Option<String>,
}

/// What a query asks for, checked.
struct Asked {
    wanted: Wanted,
    cadence: Cadence,
}

impl SeriesQuery {
    fn read(self) -> Result<Asked, Problem> {
        let SeriesQuery { disease, region, cadence, classification, from, to } = self;
        asked::disease(&disease)?;
        asked::region(&region)?;
        let (from, to) = spans::span(from.as_deref(), to.as_deref())?;
        let class = classification.as_deref().unwrap_or(Classification::Confirmed.name());
        let class = asked::one_of("classification", class, &Classification::ALL, Classification::name)?;
        let cadence = cadence.as_deref().unwrap_or(Cadence::Day.name());
        let cadence = asked::one_of("cadence", cadence, &Cadence::ALL, Cadence::name)?;
        Ok(Asked { wanted: Wanted { disease, region, class, from, to }, cadence })
    }
}

/// The count of a day, or of the seven days from it on.
#[derive(Debug, Serialize, ToSchema)]
struct PointView {
    date: String,
    /// Zero where somebody said so; none where nobody said anything of the day, or of a day of the week.
    count: Option<u64>,
}

/// Why counts are not to be taken as they stand.
#[derive(Debug, Serialize, ToSchema)]
struct FlagView {
    date: String,
    /// `silence` (nobody said anything from this day on), `batch` (the count stands for the silent days before it, too) or
    /// `definition` (from here on something else is counted).
    why: &'static str,
    /// How many days were silent; none for a definition.
    silent_days: Option<u32>,
}

/// The counts of a place.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SeriesView {
    /// The last final block taken in.
    height: u64,
    /// Its chain time.
    chain_time: String,
    disease: String,
    region: String,
    /// Which counts.
    classification: &'static str,
    /// `day`, or `week` with weeks from Monday or from the day that was asked for.
    cadence: &'static str,
    /// Oldest first; empty where nobody said anything.
    points: Vec<PointView>,
    /// Oldest first.
    flags: Vec<FlagView>,
    /// Days at the end of which nobody has said anything.
    silent_days: usize,
    /// Signed zeros before this day are not held any more; accepted counts always are.
    zeros_since: Option<String>,
}

/// The series of a query: its days, or whole weeks.
fn points(asked: &Asked, counts: &Counts) -> Vec<(Date, Option<u64>)> {
    if asked.cadence == Cadence::Day {
        return counts.days().collect();
    }
    // Weeks begin on Mondays, unless somebody asked for a day.
    let first = counts.days().next().map(|(day, _)| asked.wanted.from.unwrap_or_else(|| monday(day)));
    let days = counts.days().filter(|(day, _)| first.is_some_and(|first| *day >= first)).collect::<Vec<_>>();
    let sum = |week: &[(Date, Option<u64>)]| {
        week.iter().try_fold(0_u64, |sum, (_, count)| Some(sum.saturating_add((*count)?)))
    };
    days.chunks_exact(7).filter_map(|week| Some((week.first()?.0, sum(week)))).collect()
}

fn flags(counts: &Counts) -> Vec<FlagView> {
    let flags = counts.flagged().iter().map(|flag| {
        let (why, silent_days) = match flag.why {
            Why::Silence(days) => ("silence", Some(days)),
            Why::Batch(days) => ("batch", Some(days)),
            Why::Definition => ("definition", None),
        };
        FlagView { date: flag.date.to_string(), why, silent_days }
    });
    flags.collect()
}

/// What was found: the counts, and since when signed zeros are held.
type Found = (Option<Counts>, Option<Date>);

async fn found(request: &HttpRequest, desks: &Desks<Desk>, chain: &str) -> Result<(Asked, At, Found), Problem> {
    let (desk, query) = desks.asked::<SeriesQuery>(request, chain)?;
    let asked = query.read()?;
    let wanted = asked.wanted.clone();
    let (at, found) = desk.ask(move |days| Ok((counts(days, &wanted), days.records().since()))).await?;
    Ok((asked, at, found))
}

/// Counts by day or week: a signed zero is a zero, silence is none, and what is not growth is flagged
#[utoipa::path(
    get, path = "/v1/chains/{chain}/forecasting/series", tag = "forecasting",
    params(("chain" = String, Path, description = "chain path, e.g. `cn.32.01`"), SeriesQuery),
    responses(
        (status = 200, description = "the accepted counts of a disease in a region", body = SeriesView),
        (status = 400, description = "BAD_QUERY"),
        (status = 404, description = "NOT_FOUND: no such chain here")
    )
)]
pub(super) async fn series(
    request: HttpRequest,
    desks: web::Data<Desks<Desk>>,
    chain: web::Path<String>,
) -> Result<web::Json<SeriesView>, Problem> {
    let (asked, at, (counts, since)) = found(&request, &desks, &chain).await?;
    let points = counts.iter().flat_map(|counts| points(&asked, counts));
    Ok(web::Json(SeriesView {
        height: at.height,
        chain_time: at.chain_time.to_string(),
        points: points.map(|(date, count)| PointView { date: date.to_string(), count }).collect(),
        flags: counts.iter().flat_map(flags).collect(),
        silent_days: counts.as_ref().map_or(0, Counts::silent_days),
        classification: asked.wanted.class.name(),
        cadence: asked.cadence.name(),
        disease: asked.wanted.disease,
        region: asked.wanted.region,
        zeros_since: since.map(|day| day.to_string()),
    }))
}

/// A group of values in eight figures, in their own unit.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DescriptionView {
    /// How many values.
    n: usize,
    mean: f64,
    /// Standard deviation (divided by n - 1).
    sd: f64,
    min: f64,
    lower_quartile: f64,
    median: f64,
    upper_quartile: f64,
    max: f64,
}

impl From<Description> for DescriptionView {
    fn from(described: Description) -> Self {
        let Description { n, mean, sd, min, lower_quartile, median, upper_quartile, max } = described;
        DescriptionView { n, mean, sd, min, lower_quartile, median, upper_quartile, max }
    }
}

/// The counts of a place in a few figures.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DescriptiveView {
    /// The last final block taken in.
    height: u64,
    /// Its chain time.
    chain_time: String,
    disease: String,
    region: String,
    /// Which counts.
    classification: &'static str,
    /// `day` or `week`.
    cadence: &'static str,
    /// The first and last day looked at; none where nobody said anything.
    from: Option<String>,
    to: Option<String>,
    /// All cases of these days.
    cases: u64,
    /// Days or weeks that are missing, because nobody said anything of them.
    missing: usize,
    /// Silences, batches and new definitions.
    flagged: usize,
    /// The counts that are known; none where there are none.
    counts: Option<DescriptionView>,
}

/// Counts by day or week, described: mean, spread, quartiles, and what is missing
#[utoipa::path(
    get, path = "/v1/chains/{chain}/forecasting/descriptive", tag = "forecasting",
    params(("chain" = String, Path, description = "chain path, e.g. `cn.32.01`"), SeriesQuery),
    responses(
        (status = 200, description = "the counts of a disease in a region in a few figures", body = DescriptiveView),
        (status = 400, description = "BAD_QUERY"),
        (status = 404, description = "NOT_FOUND: no such chain here")
    )
)]
pub(super) async fn descriptive(
    request: HttpRequest,
    desks: web::Data<Desks<Desk>>,
    chain: web::Path<String>,
) -> Result<web::Json<DescriptiveView>, Problem> {
    let (asked, at, (counts, _)) = found(&request, &desks, &chain).await?;
    let points = counts.iter().flat_map(|counts| points(&asked, counts)).collect::<Vec<_>>();
    let known = points.iter().filter_map(|(_, count)| *count).collect::<Vec<_>>();
    let values = known.iter().map(|count| *count as f64).collect::<Vec<_>>();
    Ok(web::Json(DescriptiveView {
        height: at.height,
        chain_time: at.chain_time.to_string(),
        from: points.first().map(|(day, _)| day.to_string()),
        to: points.last().map(|(day, _)| Date(day.0 + asked.cadence.days() - 1).to_string()),
        cases: known.iter().fold(0, |sum, count| sum.saturating_add(*count)),
        missing: points.len() - known.len(),
        flagged: counts.as_ref().map_or(0, |counts| counts.flagged().len()),
        counts: describe(&values).ok().map(DescriptionView::from),
        classification: asked.wanted.class.name(),
        cadence: asked.cadence.name(),
        disease: asked.wanted.disease,
        region: asked.wanted.region,
    }))
}
