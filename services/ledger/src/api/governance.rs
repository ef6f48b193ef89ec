//! How the chain governs itself: members and their keys, cosigner sets, policies, the phase, proposals. All of it is the
//! state at a height; the genesis is only where it began.

mod view;

use std::collections::BTreeMap;

use actix_web::{HttpRequest, web};
use domain::event::EventId;
use domain::governance::ProposalRecord;
use domain::query;
use domain::state::{Fault, View};
use host::rest::{Desks, Problem, asked};
use serde::Deserialize;

pub(crate) use view::{
    CosignerSetView, CosignersView, KeyView, MemberView, PhaseView, PoliciesView, PolicyView, ProposalView,
    ProposalsView,
};

use super::credits::after_member;
use super::state::ballot_views;
use crate::core::CoreError;
use crate::desk::Desk;

/// What a cursor of the proposals begins with.
const PROPOSAL: &str = "proposal-";
/// What a cursor of the cosigner sets begins with.
const EPOCH: &str = "epoch-";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PageQuery {
    cursor: Option<String>,
    limit: Option<usize>,
}

/// The chain's members as they are now, with every key they ever had; those that left stay on record.
#[utoipa::path(
    get, path = "/v1/chains/{chain}/members", tag = "ledger",
    params(
        ("chain" = String, Path, description = "chain path, e.g. `cn.32.01`"),
        ("cursor" = Option<String>, Query, description = "`member-` and the name to go on behind"),
        ("limit" = Option<u32>, Query, description = "members, at most 500")
    ),
    responses(
        (status = 200, description = "members by name", body = Vec<MemberView>),
        (status = 400, description = "BAD_QUERY or BAD_CURSOR"),
        (status = 404, description = "NOT_FOUND: no such chain here"),
        (status = 503, description = "CORRUPT: the ledger checks or repairs itself")
    )
)]
pub(crate) async fn members(
    request: HttpRequest,
    desks: web::Data<Desks<Desk>>,
    chain: web::Path<String>,
) -> Result<web::Json<Vec<MemberView>>, Problem> {
    let desk = desks.of(&chain)?;
    let PageQuery { cursor, limit } = asked::query(&request)?;
    let limit = limit.map_or(Ok(asked::MAX_LIMIT), |limit| asked::limit(Some(limit)))?;
    let after = cursor.as_deref().map(after_member).transpose()?;
    let view = desk.ask(move |reader, _| {
        let picture = reader.picture()?;
        let mut keys = BTreeMap::<String, Vec<KeyView>>::new();
        for (key, record) in query::keys_known(&picture)? {
            keys.entry(record.member.clone()).or_default().push(KeyView::of(&key, &record));
        }
        let members = query::members_after(&picture, after.as_deref(), limit)?.into_iter();
        Ok(members
            .map(|member| {
                let keys = keys.remove(&member.id).unwrap_or_default();
                MemberView::of(member, keys)
            })
            .collect())
    });
    Ok(web::Json(view.await?))
}

/// The chain's cosigner sets by epoch: who may make its checkpoints final, and from which size of the log on.
#[utoipa::path(
    get, path = "/v1/chains/{chain}/cosigners", tag = "ledger",
    params(
        ("chain" = String, Path, description = "chain path, e.g. `cn.32.01`"),
        ("cursor" = Option<String>, Query, description = "where to go on"),
        ("limit" = Option<u32>, Query, description = "sets, at most 500")
    ),
    responses(
        (status = 200, description = "sets by epoch, from the genesis' on", body = CosignersView),
        (status = 400, description = "BAD_QUERY or BAD_CURSOR"),
        (status = 404, description = "NOT_FOUND: no such chain here"),
        (status = 503, description = "CORRUPT: the ledger checks or repairs itself")
    )
)]
pub(crate) async fn cosigners(
    request: HttpRequest,
    desks: web::Data<Desks<Desk>>,
    chain: web::Path<String>,
) -> Result<web::Json<CosignersView>, Problem> {
    let desk = desks.of(&chain)?;
    let PageQuery { cursor, limit } = asked::query(&request)?;
    let limit = asked::limit(limit)?;
    let from = asked::numbered(cursor.as_deref(), EPOCH)?;
    let from = u32::try_from(from.unwrap_or(0)).map_err(|_| asked::bad_cursor())?;
    let view = desk.ask(move |reader, _| {
        let picture = reader.picture()?;
        let epochs = query::epochs(&picture)?;
        let epochs = epochs.ok_or_else(|| CoreError::from(Fault(String::from("the chain has no cosigner epochs"))))?;
        let sets = query::cosigner_sets(&picture, from, limit)?;
        let last = sets.last().map(|set| set.epoch).filter(|last| *last < epochs.newest);
        Ok(CosignersView {
            height: picture.head.tip.height,
            current: epochs.current,
            newest: epochs.newest,
            sets: sets.iter().map(CosignerSetView::of).collect(),
            next: last.map(|last| format!("{EPOCH}{}", last + 1)),
        })
    });
    Ok(web::Json(view.await?))
}

/// The policies in force, by class: of every class of report the chain takes, and of every class of proposal.
#[utoipa::path(
    get, path = "/v1/chains/{chain}/policies", tag = "ledger",
    params(("chain" = String, Path, description = "chain path, e.g. `cn.32.01`")),
    responses(
        (status = 200, description = "policies", body = PoliciesView),
        (status = 404, description = "NOT_FOUND: no such chain here"),
        (status = 503, description = "CORRUPT: the ledger checks or repairs itself")
    )
)]
pub(crate) async fn policies(
    desks: web::Data<Desks<Desk>>,
    chain: web::Path<String>,
) -> Result<web::Json<PoliciesView>, Problem> {
    let desk = desks.of(&chain)?;
    let view = desk.ask(|reader, _| {
        let picture = reader.picture()?;
        let policies = query::policies(&picture)?.into_iter().map(PolicyView::of);
        Ok(PoliciesView { height: picture.head.tip.height, policies: policies.collect() })
    });
    Ok(web::Json(view.await?))
}

/// The phase of the response, and whose directives count in it.
#[utoipa::path(
    get, path = "/v1/chains/{chain}/phase", tag = "ledger",
    params(("chain" = String, Path, description = "chain path, e.g. `cn.32.01`")),
    responses(
        (status = 200, description = "the phase; all but the height is `null` until one is voted", body = PhaseView),
        (status = 404, description = "NOT_FOUND: no such chain here"),
        (status = 503, description = "CORRUPT: the ledger checks or repairs itself")
    )
)]
pub(crate) async fn phase(
    desks: web::Data<Desks<Desk>>,
    chain: web::Path<String>,
) -> Result<web::Json<PhaseView>, Problem> {
    let desk = desks.of(&chain)?;
    let view = desk.ask(|reader, _| {
        let picture = reader.picture()?;
        Ok(PhaseView::of(picture.head.tip.height, query::phase(&picture)?))
    });
    Ok(web::Json(view.await?))
}

/// Everything that was ever proposed about the chain, with its ballots and what became of it.
#[utoipa::path(
    get, path = "/v1/chains/{chain}/proposals", tag = "ledger",
    params(
        ("chain" = String, Path, description = "chain path, e.g. `cn.32.01`"),
        ("cursor" = Option<String>, Query, description = "where to go on"),
        ("limit" = Option<u32>, Query, description = "proposals, at most 500")
    ),
    responses(
        (status = 200, description = "proposals by event id", body = ProposalsView),
        (status = 400, description = "BAD_QUERY or BAD_CURSOR"),
        (status = 404, description = "NOT_FOUND: no such chain here"),
        (status = 503, description = "CORRUPT: the ledger checks or repairs itself")
    )
)]
pub(crate) async fn proposals(
    request: HttpRequest,
    desks: web::Data<Desks<Desk>>,
    chain: web::Path<String>,
) -> Result<web::Json<ProposalsView>, Problem> {
    let desk = desks.of(&chain)?;
    let PageQuery { cursor, limit } = asked::query(&request)?;
    let limit = asked::limit(limit)?;
    let after = asked::behind(cursor.as_deref(), PROPOSAL, EventId::parse)?;
    let view = desk.ask(move |reader, _| {
        let picture = reader.picture()?;
        let found = query::proposals(&picture, after.as_ref(), limit)?;
        let last = (found.len() == limit).then(|| found.last()).flatten();
        let next = last.map(|(id, _)| format!("{PROPOSAL}{id}"));
        let proposals = found.iter().map(|(id, record)| proposal(&picture, id, record));
        let proposals = proposals.collect::<Result<_, Fault>>()?;
        Ok(ProposalsView { height: picture.head.tip.height, proposals, next })
    });
    Ok(web::Json(view.await?))
}

fn proposal(view: &dyn View, id: &EventId, record: &ProposalRecord) -> Result<ProposalView, Fault> {
    let event = query::event_record(view, id)?;
    let event = event.ok_or_else(|| Fault(format!("the proposal {id} has no record of its event")))?;
    Ok(ProposalView::of(id, record, event, query::subject(view, id)?, ballot_views(view, id)?))
}
