//! The JSON of requests and promises.

use domain::event::EventId;
use domain::materials::{CommitRecord, RequestRecord};
use domain::record::Outcome;
use host::projection::At;
use serde::Serialize;
use utoipa::ToSchema;

/// A request and how far it is met, in units of its item.
#[derive(Debug, Serialize, ToSchema)]
struct RequestView {
    event_id: String,
    /// Where it is needed.
    facility: String,
    item: String,
    /// Who asks.
    member: String,
    asked: u64,
    /// The day by which it is needed.
    needed_by: String,
    reason: String,
    /// Units promised so far.
    committed: u64,
    dispatched: u64,
    received: u64,
    /// Units nobody has promised.
    short: u64,
    /// `requested`, `declined`, `accepted`, `committed`, `dispatched` or `received`.
    state: &'static str,
}

/// A page of requests.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct RequestsPage {
    /// The last final block taken in; later movements are not in here yet.
    height: u64,
    /// Its chain time.
    chain_time: String,
    requests: Vec<RequestView>,
    /// The cursor of the next page, if there is one.
    next: Option<String>,
}

/// A promise or a requisition.
#[derive(Debug, Serialize, ToSchema)]
struct CommitView {
    event_id: String,
    /// What it is promised to.
    request: String,
    /// The store it comes from.
    from: String,
    item: String,
    lot: String,
    /// Who promised it or took it.
    member: String,
    requisitioned: bool,
    quantity: u64,
    /// Units not yet handed over.
    left: u64,
}

/// A page of promises.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct CommitsPage {
    /// The last final block taken in; later movements are not in here yet.
    height: u64,
    /// Its chain time.
    chain_time: String,
    commits: Vec<CommitView>,
    /// The cursor of the next page, if there is one.
    next: Option<String>,
}

pub(in crate::api) fn requests(
    At { height, chain_time }: At,
    found: &[(EventId, RequestRecord)],
    judged: &[Outcome],
    next: Option<String>,
) -> RequestsPage {
    let line = |((id, record), outcome): (&(EventId, RequestRecord), &Outcome)| RequestView {
        event_id: id.to_string(),
        facility: record.facility.clone(),
        item: record.item.clone(),
        member: record.member.clone(),
        asked: record.asked,
        needed_by: record.needed_by.to_string(),
        reason: record.reason.clone(),
        committed: record.committed,
        dispatched: record.dispatched,
        received: record.received,
        short: record.short(),
        state: record.state(*outcome).name(),
    };
    RequestsPage {
        height,
        chain_time: chain_time.to_string(),
        requests: found.iter().zip(judged).map(line).collect(),
        next,
    }
}

pub(in crate::api) fn commits(
    At { height, chain_time }: At,
    found: &[(EventId, CommitRecord)],
    next: Option<String>,
) -> CommitsPage {
    let line = |(id, record): &(EventId, CommitRecord)| CommitView {
        event_id: id.to_string(),
        request: record.request.to_string(),
        from: record.from.clone(),
        item: record.item.clone(),
        lot: record.lot.clone(),
        member: record.member.clone(),
        requisitioned: record.requisitioned,
        quantity: record.quantity,
        left: record.left,
    };
    CommitsPage { height, chain_time: chain_time.to_string(), commits: found.iter().map(line).collect(), next }
}
