//! What was computed and what members voted, side by side, over REST.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, web};
use domain::event::{AlertLevel, Fact, Stage};
use domain::outlook::ResponseRecord;
use host::rest::{Desks, Problem};
use serde::Serialize;
use utoipa::ToSchema;

use super::outlook::PlaceQuery;
use crate::Desk;
use crate::model::Days;
use crate::place::{self, Place};

/// What an accepted assessment says.
#[derive(Debug, Serialize, ToSchema)]
struct ComputedView {
    /// The assessment on the log.
    event_id: String,
    /// The last day it looks at.
    day: String,
    /// `sporadic`, `alert`, `growth`, `plateau`, `decline` or `ended`.
    stage: &'static str,
    /// `blue`, `yellow`, `orange` or `red`; none when nothing gives one.
    level: Option<&'static str>,
}

/// What members voted.
#[derive(Debug, Serialize, ToSchema)]
struct VotedView {
    /// The proposal on the log.
    event_id: String,
    /// Chain time since when.
    since: String,
    /// None: as computed.
    stage: Option<&'static str>,
    /// None: as computed.
    level: Option<&'static str>,
}

/// A disease in a region.
#[derive(Debug, Serialize, ToSchema)]
struct ResponseView {
    /// ICD-10 code.
    disease: String,
    region: String,
    /// The last assessment that counts; none where there is none.
    computed: Option<ComputedView>,
    /// The last vote; none where nobody voted.
    voted: Option<VotedView>,
}

/// Computed and voted values.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Responses {
    /// The last final block taken in.
    height: u64,
    /// By disease and region.
    responses: Vec<ResponseView>,
}

/// The last assessment that the policies let count for each place, and what members voted of it.
type Found = BTreeMap<Place, (Option<ComputedView>, Option<ResponseRecord>)>;

fn found(days: &Days, query: &PlaceQuery) -> anyhow::Result<Found> {
    let mut found = Found::new();
    let accepted = days.records().all().filter(|(_, report)| report.accepted_at.is_some());
    // By day, and of one day the last on the log.
    let mut newest = BTreeMap::new();
    for (id, report) in accepted {
        if let Fact::Assessment(assessment) = &report.event.fact {
            let place = place::of(&assessment.disease, &report.event.region);
            let order = (assessment.day, report.index);
            if query.fits(&place) && newest.get(&place).is_none_or(|before| *before < order) {
                newest.insert(place.clone(), order);
                let computed = ComputedView {
                    event_id: id.to_string(),
                    day: assessment.day.to_string(),
                    stage: assessment.stage.name(),
                    level: assessment.level.map(AlertLevel::name),
                };
                found.entry(place).or_default().0 = Some(computed);
            }
        }
    }
    let votes = days.accepted().voted()?.into_iter();
    for (place, vote) in votes.filter(|(place, _)| query.fits(place)) {
        found.entry(place).or_default().1 = Some(vote);
    }
    Ok(found)
}

fn voted(vote: ResponseRecord) -> VotedView {
    VotedView {
        event_id: vote.event.to_string(),
        since: vote.since.to_string(),
        stage: vote.stage.map(Stage::name),
        level: vote.level.map(AlertLevel::name),
    }
}

/// Stage and level as computed and as voted, side by side, with the events of both
#[utoipa::path(
    get, path = "/v1/chains/{chain}/forecasting/responses", tag = "forecasting",
    params(("chain" = String, Path, description = "chain path, e.g. `cn.32.01`"), PlaceQuery),
    responses(
        (status = 200, description = "one a disease and region that was assessed or voted on", body = Responses),
        (status = 400, description = "BAD_QUERY"),
        (status = 404, description = "NOT_FOUND: no such chain here")
    )
)]
pub(super) async fn responses(
    request: HttpRequest,
    desks: web::Data<Desks<Desk>>,
    chain: web::Path<String>,
) -> Result<web::Json<Responses>, Problem> {
    let (desk, query) = desks.asked::<PlaceQuery>(&request, &chain)?;
    let (at, found) = desk.ask(move |days| found(days, &query)).await?;
    let view = |(place, (computed, vote)): (Place, (_, Option<_>))| ResponseView {
        disease: place.disease,
        region: place.region,
        computed,
        voted: vote.map(voted),
    };
    Ok(web::Json(Responses { height: at.height, responses: found.into_iter().map(view).collect() }))
}
