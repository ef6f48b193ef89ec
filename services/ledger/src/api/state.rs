//! The state: how far the chain is, its totals and days, and the judgement of events.

use actix_web::{HttpRequest, web};
use domain::ballot::BallotRecord;
use domain::event::EventId;
use domain::query;
use domain::record::Outcome;
use domain::refusal::Code;
use domain::state::{Fault, View};
use domain::time::Date;
use host::rest::{Desks, Problem, asked};
use serde::Deserialize;
use wire::ledger::Status;

use super::view::{BallotView, BallotsView, ChainView, DayView, DaysView, StatusView, TotalView, TotalsView};
use crate::desk::Desk;
use crate::desk::not_found;

/// The chains served here.
#[utoipa::path(
    get, path = "/v1/chains", tag = "ledger",
    responses((status = 200, description = "chains in path order", body = Vec<ChainView>))
)]
pub(crate) async fn chains(desks: web::Data<Desks<Desk>>) -> web::Json<Vec<ChainView>> {
    web::Json(desks.iter().map(|(_, desk)| chain_view(desk)).collect())
}

fn chain_view(desk: &Desk) -> ChainView {
    let genesis = &desk.chain.genesis;
    ChainView {
        chain: genesis.chain.to_string(),
        name: genesis.name.clone(),
        chain_id: genesis.chain_id.to_string(),
        parent: genesis.chain.parent().map(|parent| parent.to_string()),
        children: genesis.children.iter().map(|child| child.chain.to_string()).collect(),
        status: status_view(desk.status()),
    }
}

fn status_view(status: Status) -> StatusView {
    StatusView {
        height: status.height,
        block: status.block.to_string(),
        size: status.size,
        root: status.root.to_string(),
        state_digest: status.state_digest.to_string(),
        final_height: status.final_height,
        final_size: status.final_size,
        chain_time: status.chain_time.to_string(),
        serving: status.serving,
        halted: status.halted,
    }
}

/// How far the chain's ledger is.
#[utoipa::path(
    get, path = "/v1/chains/{chain}/status", tag = "ledger",
    params(("chain" = String, Path, description = "chain path, e.g. `cn.32.01`")),
    responses(
        (status = 200, description = "the status", body = StatusView),
        (status = 404, description = "NOT_FOUND: no such chain here")
    )
)]
pub(crate) async fn status(
    desks: web::Data<Desks<Desk>>,
    chain: web::Path<String>,
) -> Result<web::Json<StatusView>, Problem> {
    Ok(web::Json(status_view(desks.of(&chain)?.status())))
}

/// Official totals by disease.
#[utoipa::path(
    get, path = "/v1/chains/{chain}/totals", tag = "ledger",
    params(("chain" = String, Path, description = "chain path, e.g. `cn.32.01`")),
    responses(
        (status = 200, description = "totals of accepted reports", body = TotalsView),
        (status = 404, description = "NOT_FOUND: no such chain here"),
        (status = 503, description = "CORRUPT: the ledger checks or repairs itself")
    )
)]
pub(crate) async fn totals(
    desks: web::Data<Desks<Desk>>,
    chain: web::Path<String>,
) -> Result<web::Json<TotalsView>, Problem> {
    let desk = desks.of(&chain)?;
    let view = desk.ask(|reader, _| {
        let picture = reader.picture()?;
        let totals = query::totals(&picture, asked::MAX_LIMIT)?;
        let totals = totals.into_iter().map(|(disease, counts)| TotalView { disease, counts: counts.into() });
        Ok(TotalsView { height: picture.head.tip.height, totals: totals.collect() })
    });
    Ok(web::Json(view.await?))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DaysQuery {
    disease: String,
    from: Option<String>,
    limit: Option<usize>,
}

/// Official counts of a disease by reporting day.
#[utoipa::path(
    get, path = "/v1/chains/{chain}/days", tag = "ledger",
    params(
        ("chain" = String, Path, description = "chain path, e.g. `cn.32.01`"),
        ("disease" = String, Query, description = "ICD-10 code, e.g. `U07.1`"),
        ("from" = Option<String>, Query, description = "first day, `YYYY-MM-DD`"),
        ("limit" = Option<u32>, Query, description = "days, at most 500")
    ),
    responses(
        (status = 200, description = "days with counts", body = DaysView),
        (status = 400, description = "BAD_QUERY"),
        (status = 404, description = "NOT_FOUND: no such chain here"),
        (status = 503, description = "CORRUPT: the ledger checks or repairs itself")
    )
)]
pub(crate) async fn days(
    request: HttpRequest,
    desks: web::Data<Desks<Desk>>,
    chain: web::Path<String>,
) -> Result<web::Json<DaysView>, Problem> {
    let desk = desks.of(&chain)?;
    let wanted: DaysQuery = asked::query(&request)?;
    let limit = asked::limit(wanted.limit)?;
    let bad = |detail: &str| Problem::new(Code::BadQuery, detail);
    // A key is made of it, so it must hold no separator; real codes are far shorter.
    if wanted.disease.len() > 16 || !wanted.disease.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'-')
    {
        return Err(bad("disease is an ICD-10 code"));
    }
    let from = match wanted.from.as_deref() {
        None => Date::default(),
        Some(text) => Date::parse(text).ok_or_else(|| bad("from is a day, YYYY-MM-DD"))?,
    };
    let view = desk.ask(move |reader, _| {
        let picture = reader.picture()?;
        let days = query::day_totals(&picture, &wanted.disease, from, limit)?;
        let days = days.into_iter().map(|(date, counts)| DayView { date: date.to_string(), counts: counts.into() });
        Ok(DaysView { height: picture.head.tip.height, days: days.collect(), disease: wanted.disease })
    });
    Ok(web::Json(view.await?))
}

/// The ballots on an event and where judgement stands.
#[utoipa::path(
    get, path = "/v1/chains/{chain}/events/{id}/ballots", tag = "ledger",
    params(
        ("chain" = String, Path, description = "chain path, e.g. `cn.32.01`"),
        ("id" = String, Path, description = "event id, 64 hex digits")
    ),
    responses(
        (status = 200, description = "outcome and ballots", body = BallotsView),
        (status = 404, description = "NOT_FOUND: no such chain here, or no such event in its log"),
        (status = 503, description = "CORRUPT: the ledger checks or repairs itself")
    )
)]
pub(crate) async fn ballots(
    desks: web::Data<Desks<Desk>>,
    path: web::Path<(String, String)>,
) -> Result<web::Json<BallotsView>, Problem> {
    let desk = desks.of(&path.0)?;
    let unknown = || not_found("no event of that id in this chain's log");
    let id = EventId::parse(&path.1).ok_or_else(unknown)?;
    let view = desk.ask(move |reader, _| {
        let picture = reader.picture()?;
        let Some(outcome) = outcome(&picture, &id)? else { return Ok(None) };
        let subject = query::subject(&picture, &id)?;
        let amended = subject.as_ref().and_then(|subject| subject.amended.as_ref());
        Ok(Some(BallotsView {
            outcome: outcome.name(),
            deadline: subject.as_ref().and_then(|subject| subject.deadline).map(|at| at.to_string()),
            amended_by: amended.map(|amended| amended.event.to_string()),
            policy: subject.map(|subject| subject.rule),
            ballots: ballot_views(&picture, &id)?,
        }))
    });
    Ok(web::Json(view.await?.ok_or_else(unknown)?))
}

/// Where judgement stands of an event of this chain, or of one that a child escalated.
fn outcome(state: &dyn View, id: &EventId) -> Result<Option<Outcome>, Fault> {
    if let Some(record) = query::event_record(state, id)? {
        return Ok(Some(record.outcome));
    }
    match query::named_by(state, id)?.first() {
        Some(child) => Ok(query::escalated_report(state, child, id)?.map(|record| record.outcome)),
        None => Ok(None),
    }
}

/// The ballots on a report or proposal, by member.
pub(super) fn ballot_views(state: &dyn View, id: &EventId) -> Result<Vec<BallotView>, Fault> {
    let ballots = query::ballots(state, id, asked::MAX_LIMIT)?.into_iter();
    let view = |(member, ballot): (String, BallotRecord)| {
        let suspect_since = query::author_key(state, &ballot.key)?.and_then(|key| key.suspect_since);
        Ok(BallotView {
            member,
            choice: ballot.choice.name(),
            reason: ballot.reason,
            policy: ballot.policy,
            at: ballot.at.to_string(),
            event_id: ballot.event.to_string(),
            lapsed: ballot.lapsed,
            suspect: suspect_since.is_some_and(|since| since <= ballot.at),
        })
    };
    ballots.map(view).collect()
}
