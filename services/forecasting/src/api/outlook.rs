//! What early warning computed, over REST: assessments, forecasts on the log, and the league table of the models.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, web};
use domain::event::{Assessment, EventId, Stage};
use epidemiology::forecast::{BAND95, LEVELS, MEDIAN};
use host::rest::asked::fits;
use host::rest::{Desks, Problem};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::Desk;
use crate::outlook::{Entrant, Issued, Standing};
use crate::place::Place;

/// What is asked for; what is left out asks for all.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct PlaceQuery {
    /// only this ICD-10 code
    disease: Option<String>,
    /// only this region
    region: Option<String>,
}

impl PlaceQuery {
    pub(super) fn fits(&self, place: &Place) -> bool {
        fits(self.disease.as_ref(), &place.disease) && fits(self.region.as_ref(), &place.region)
    }
}

/// The last assessment of a disease in a region, computed from the final log.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AssessmentView {
    /// ICD-10 code.
    disease: String,
    region: String,
    /// The last day it looks at.
    day: String,
    /// `sporadic`, `alert`, `growth`, `plateau`, `decline` or `ended`.
    stage: String,
    /// `blue`, `yellow`, `orange` or `red`; none when nothing gives one.
    level: Option<String>,
    /// The rule that gave the level; empty without one.
    rule: String,
    /// 0 to 1000.
    index_milli: u64,
    /// What it was computed from.
    values: BTreeMap<String, i64>,
    /// Leaves of the log that was read.
    basis_size: u64,
    /// Its root.
    basis_root: String,
    /// SHA-256 of the rule file.
    rules: String,
}

impl AssessmentView {
    fn of((place, assessment): (Place, Assessment)) -> Self {
        AssessmentView {
            disease: place.disease,
            region: place.region,
            day: assessment.day.to_string(),
            stage: Stage::name(assessment.stage).to_owned(),
            level: assessment.level.map(|level| level.name().to_owned()),
            rule: assessment.rule,
            index_milli: assessment.index_milli,
            values: assessment.values.into_iter().collect(),
            basis_size: assessment.basis.size,
            basis_root: assessment.basis.root.to_string(),
            rules: assessment.rules.to_string(),
        }
    }
}

/// Assessments.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Assessments {
    /// The last final block taken in.
    height: u64,
    /// One a disease and region.
    assessments: Vec<AssessmentView>,
}

/// Stage, level and index by disease and region, as last computed from the final log
#[utoipa::path(
    get, path = "/v1/chains/{chain}/forecasting/assessments", tag = "forecasting",
    params(("chain" = String, Path, description = "chain path, e.g. `cn.32.01`"), PlaceQuery),
    responses(
        (status = 200, description = "the last assessment of each place", body = Assessments),
        (status = 400, description = "BAD_QUERY"),
        (status = 404, description = "NOT_FOUND: no such chain here")
    )
)]
pub(super) async fn assessments(
    request: HttpRequest,
    desks: web::Data<Desks<Desk>>,
    chain: web::Path<String>,
) -> Result<web::Json<Assessments>, Problem> {
    let (desk, query) = desks.asked::<PlaceQuery>(&request, &chain)?;
    let (at, found) = desk.ask(move |days| Ok(days.assessments(|place| query.fits(place)))).await?;
    Ok(web::Json(Assessments { height: at.height, assessments: found.into_iter().map(AssessmentView::of).collect() }))
}

/// A forecast on the log, made before its outcome.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ForecastView {
    event_id: String,
    disease: String,
    region: String,
    /// Whose it is.
    member: String,
    model: String,
    /// `day` or `week`.
    cadence: &'static str,
    /// The last day that was counted, or the Monday of the last week.
    reference_date: String,
    /// The days or weeks ahead, nearest first.
    steps: Vec<StepView>,
}

/// The quantiles of a day or week ahead, in thousandths of a case.
#[derive(Debug, Serialize, ToSchema)]
struct StepView {
    /// The day, or the Monday of the week.
    date: String,
    median_milli: u64,
    /// The ends of the 95 % interval.
    low95_milli: u64,
    high95_milli: u64,
    /// At the 23 levels of the forecast hubs.
    quantiles_milli: Vec<u64>,
}

impl ForecastView {
    fn of((place, id, issued): (Place, EventId, Issued)) -> Self {
        let at = |row: &[u64; LEVELS.len()], place: usize| row.get(place).copied().unwrap_or_default();
        let step = |(ahead, row): (u32, &[u64; LEVELS.len()])| StepView {
            date: issued.step(ahead).to_string(),
            median_milli: at(row, MEDIAN),
            low95_milli: at(row, BAND95.0),
            high95_milli: at(row, BAND95.1),
            quantiles_milli: row.to_vec(),
        };
        ForecastView {
            event_id: id.to_string(),
            disease: place.disease,
            region: place.region,
            steps: (1..).zip(&issued.steps).map(step).collect(),
            member: issued.member,
            cadence: issued.cadence.name(),
            reference_date: issued.reference.to_string(),
            model: issued.model,
        }
    }
}

/// Forecasts.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Forecasts {
    /// The last final block taken in.
    height: u64,
    /// The newest of each member, model, cadence, disease and region.
    forecasts: Vec<ForecastView>,
}

/// The newest forecast of days and of weeks of each member, model, disease and region that is on the final log
#[utoipa::path(
    get, path = "/v1/chains/{chain}/forecasting/forecasts", tag = "forecasting",
    params(("chain" = String, Path, description = "chain path, e.g. `cn.32.01`"), PlaceQuery),
    responses(
        (status = 200, description = "forecasts with 23 quantiles a day or week ahead", body = Forecasts),
        (status = 400, description = "BAD_QUERY"),
        (status = 404, description = "NOT_FOUND: no such chain here")
    )
)]
pub(super) async fn forecasts(
    request: HttpRequest,
    desks: web::Data<Desks<Desk>>,
    chain: web::Path<String>,
) -> Result<web::Json<Forecasts>, Problem> {
    let (desk, query) = desks.asked::<PlaceQuery>(&request, &chain)?;
    let (at, found) = desk.ask(move |days| Ok(days.forecasts(|place| query.fits(place)))).await?;
    Ok(web::Json(Forecasts { height: at.height, forecasts: found.into_iter().map(ForecastView::of).collect() }))
}

/// How good a member's forecasts of a model were, so many days or weeks ahead.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LeagueRow {
    member: String,
    model: String,
    /// `day` or `week`.
    cadence: &'static str,
    /// Days or weeks ahead.
    horizon: u32,
    /// Forecasts whose day, or every day of whose week, is counted by now.
    scored: u64,
    /// Mean absolute error of the median, in cases.
    mae: f64,
    /// Mean weighted interval score, in cases.
    wis: f64,
    /// The score as a share of the same member's flat naive baseline's on the same days or weeks; none where that one was perfect.
    relative_wis: Option<f64>,
    /// The share of outcomes inside the 95 % interval.
    coverage95: f64,
}

/// The league table.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct League {
    /// The last final block taken in.
    height: u64,
    /// Forecasts on the log that this table looked at.
    forecasts: usize,
    /// By model, member, cadence and horizon.
    rows: Vec<LeagueRow>,
}

/// How good each model was: every forecast that the log held before its outcome, scored by what was counted
#[utoipa::path(
    get, path = "/v1/chains/{chain}/forecasting/league", tag = "forecasting",
    params(("chain" = String, Path, description = "chain path, e.g. `cn.32.01`"), PlaceQuery),
    responses(
        (status = 200, description = "scores by model, member, cadence and horizon", body = League),
        (status = 400, description = "BAD_QUERY"),
        (status = 404, description = "NOT_FOUND: no such chain here")
    )
)]
pub(super) async fn league(
    request: HttpRequest,
    desks: web::Data<Desks<Desk>>,
    chain: web::Path<String>,
) -> Result<web::Json<League>, Problem> {
    let (desk, query) = desks.asked::<PlaceQuery>(&request, &chain)?;
    let (at, (forecasts, table)) = desk.ask(move |days| Ok(days.league(|place| query.fits(place)))).await?;
    let row = |(entrant, standing): (Entrant, Standing)| LeagueRow {
        member: entrant.member,
        model: entrant.model,
        cadence: entrant.cadence.name(),
        horizon: entrant.horizon,
        scored: standing.scored,
        mae: standing.mae(),
        wis: standing.wis(),
        relative_wis: standing.relative_wis(),
        coverage95: standing.coverage95(),
    };
    Ok(web::Json(League { height: at.height, forecasts, rows: table.into_iter().map(row).collect() }))
}
