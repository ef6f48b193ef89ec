//! Groups of cases held against each other, over REST.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, web};
use domain::event::{Classification, Fact};
use domain::time::Date;
use epidemiology::statistics::describe;
use host::rest::asked::{self, bad, one_of};
use host::rest::{Desks, Problem};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::series::DescriptionView;
use super::spans;
use crate::Desk;
use crate::answers::{By, Comparison, MAX_GROUPS, compare};
use crate::model::Days;

/// Which cases are compared, and how.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ComparisonQuery {
    /// ICD-10 code
    #[param(example = "U07.1")]
    disease: String,
    /// what makes a group: `age`, `sex`, `region` or `facility`
    #[param(example = "age")]
    by: String,
    /// what the groups are held against: `classification` (if left out), `origin`, `age`, `sex`, `region` or `facility`
    against: Option<String>,
    /// only cases of this region
    region: Option<String>,
    /// first reporting day, `YYYY-MM-DD`
    from: Option<String>,
    /// last reporting day
    to: Option<String>,
    /// what each group is expected to have of all cases, in any unit, such as people: `0-4:41,5-17:110`; equal parts if
    /// left out
    shares: Option<String>,
}

/// What a query asks for, checked.
struct Asked {
    disease: String,
    region: Option<String>,
    by: By,
    against: By,
    from: Date,
    to: Date,
    shares: Option<BTreeMap<String, f64>>,
}

impl ComparisonQuery {
    fn read(self) -> Result<Asked, Problem> {
        let ComparisonQuery { disease, by, against, region, from, to, shares } = self;
        asked::disease(&disease)?;
        let (from, to) = spans::span(from.as_deref(), to.as_deref())?;
        let groups = [By::Age, By::Sex, By::Region, By::Facility];
        let by = one_of("by", &by, &groups, By::name)?;
        let against = one_of("against", against.as_deref().unwrap_or("classification"), &By::ALL, By::name)?;
        if by == against {
            return Err(bad("by and against are the same"));
        }
        let shares = shares.as_deref().map(|text| self::shares(text).ok_or_else(|| bad(SHARES))).transpose()?;
        let (from, to) = (from.unwrap_or_default(), to.unwrap_or(Date(u32::MAX)));
        Ok(Asked { disease, region, by, against, from, to, shares })
    }
}

const SHARES: &str = "shares are groups and numbers above 0, each group once: 0-4:41,5-17:110";

/// Shares by group, at most as many as there can be groups.
fn shares(text: &str) -> Option<BTreeMap<String, f64>> {
    let mut shares = BTreeMap::new();
    for part in text.split(',') {
        let (group, share) = part.rsplit_once(':')?;
        let share = share.parse::<f64>().ok().filter(|share| share.is_finite() && *share > 0.0)?;
        if shares.insert(group.to_owned(), share).is_some() || shares.len() > MAX_GROUPS {
            return None;
        }
    }
    Some(shares)
}

/// A group of cases.
#[derive(Debug, Serialize, ToSchema)]
struct GroupView {
    group: String,
    cases: u64,
    /// Cases by column.
    counts: Vec<u64>,
    /// Days from onset to report of the cases whose onset is known; none where it is known of none.
    delay_days: Option<DescriptionView>,
}

/// A test, or why it could not be made.
#[derive(Debug, Serialize, ToSchema)]
struct TestView {
    /// `chi_square_fit` (have groups their shares of the cases?), `chi_square_independence` (do groups differ by column?);
    /// of the days from onset to report: `anova`, `welch_anova` (do means differ?), `kruskal_wallis` (do ranks?), `levene`
    /// (does the spread, from the median?).
    test: &'static str,
    /// Values that went in: cases, or delays of groups with at least two.
    n: usize,
    statistic: Option<f64>,
    /// Degrees of freedom; a second one within groups.
    df: Option<f64>,
    df_within: Option<f64>,
    /// The chance of such a statistic if the groups are alike.
    p: Option<f64>,
    /// `cohens_w`, `cramers_v`, `eta_squared` or `epsilon_squared`.
    effect: Option<&'static str>,
    effect_size: Option<f64>,
    /// What to keep in mind.
    note: Option<&'static str>,
    /// A code, where the test does not apply.
    not_applicable: Option<&'static str>,
    /// The same in words.
    reason: Option<String>,
}

/// Groups of cases, compared.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ComparisonView {
    /// The last final block taken in.
    height: u64,
    /// Its chain time.
    chain_time: String,
    disease: String,
    /// What makes a group.
    by: &'static str,
    /// What the columns are.
    against: &'static str,
    columns: Vec<String>,
    /// In their own order, or by name.
    groups: Vec<GroupView>,
    /// Accepted cases that did not state their group or column.
    not_stated: u64,
    /// Cases of groups beyond the fifty largest.
    left_out: u64,
    /// Each test there is.
    tests: Vec<TestView>,
    /// Case reports before this day are not held any more; none while all are.
    cases_since: Option<String>,
}

fn found(days: &Days, asked: &Asked) -> Comparison {
    let reports = days.records().all().filter(|(_, report)| report.accepted_at.is_some());
    let cases = reports.filter_map(|(_, report)| match &report.event.fact {
        Fact::CaseReport(case) => Some((case, report.event.region.as_str())),
        _ => None,
    });
    let fits = |region: &str| asked.region.as_deref().is_none_or(|asked| asked == region);
    let cases = cases.filter(|(case, region)| {
        let counts = case.classification != Classification::Discarded && case.disease.code == asked.disease;
        counts && fits(region) && (asked.from..=asked.to).contains(&case.report_date)
    });
    compare(&cases.collect::<Vec<_>>(), asked.by, asked.against, asked.shares.as_ref())
}

/// Whether groups of accepted case reports differ: chi-square, ANOVA, Welch, Kruskal-Wallis, Levene, with effect sizes
#[utoipa::path(
    get, path = "/v1/chains/{chain}/forecasting/comparison", tag = "forecasting",
    params(("chain" = String, Path, description = "chain path, e.g. `cn.32.01`"), ComparisonQuery),
    responses(
        (status = 200, description = "groups, and tests with results or why there are none", body = ComparisonView),
        (status = 400, description = "BAD_QUERY"),
        (status = 404, description = "NOT_FOUND: no such chain here")
    )
)]
pub(super) async fn comparison(
    request: HttpRequest,
    desks: web::Data<Desks<Desk>>,
    chain: web::Path<String>,
) -> Result<web::Json<ComparisonView>, Problem> {
    let (desk, query) = desks.asked::<ComparisonQuery>(&request, &chain)?;
    let asked = query.read()?;
    let (disease, by, against) = (asked.disease.clone(), asked.by.name(), asked.against.name());
    let (at, (found, since)) = desk.ask(move |days| Ok((found(days, &asked), days.records().since()))).await?;
    let groups = found.groups.into_iter().map(|group| GroupView {
        cases: group.cases(),
        group: group.name,
        counts: group.counts,
        delay_days: describe(&group.delays).ok().map(DescriptionView::from),
    });
    let tests = found.tests.into_iter().map(|(test, n, result)| {
        let (made, refused) = (result.as_ref().ok(), result.as_ref().err());
        TestView {
            test,
            n,
            statistic: made.map(|made| made.statistic),
            df: made.map(|made| made.df.0),
            df_within: made.and_then(|made| made.df.1),
            p: made.map(|made| made.p),
            effect: made.map(|made| made.effect.0),
            effect_size: made.map(|made| made.effect.1),
            note: made.and_then(|made| made.note),
            not_applicable: refused.map(|error| error.code()),
            reason: refused.map(ToString::to_string),
        }
    });
    Ok(web::Json(ComparisonView {
        height: at.height,
        chain_time: at.chain_time.to_string(),
        disease,
        by,
        against,
        columns: found.columns,
        groups: groups.collect(),
        not_stated: found.not_stated,
        left_out: found.left_out,
        tests: tests.collect(),
        cases_since: since.map(|day| day.to_string()),
    }))
}
