//! The JSON of hand-overs and of what their two sides do not agree on.

use domain::event::EventId;
use domain::materials::{DiscrepancyRecord, HandOverRecord, Handed};
use host::projection::At;
use serde::Serialize;
use utoipa::ToSchema;

use super::proof;

/// What one side says was handed over.
#[derive(Debug, Serialize, ToSchema)]
struct HandedView {
    item: String,
    lot: String,
    quantity: u64,
    condition: String,
}

impl HandedView {
    fn of(word: &Handed) -> Self {
        HandedView {
            item: word.item.clone(),
            lot: word.lot.clone(),
            quantity: word.quantity,
            condition: word.condition.clone(),
        }
    }
}

/// How one side would end a discrepancy.
#[derive(Debug, Serialize, ToSchema)]
struct SaidView {
    member: String,
    /// Units that are lost.
    lost: u64,
    /// Units that are back with the giver.
    returned: u64,
    event_id: String,
    /// Its proof file.
    proof: String,
}

/// A hand-over of which giver and taker do not say the same.
#[derive(Debug, Serialize, ToSchema)]
struct DiscrepancyView {
    hand_over: String,
    hand_over_proof: String,
    take_over: String,
    take_over_proof: String,
    /// The giver's store.
    from: String,
    /// The taker's store.
    to: String,
    giver: String,
    taker: String,
    given: HandedView,
    taken: HandedView,
    /// Units both agree on: they entered the taker's store.
    entered: u64,
    /// Units handed over that the taker does not have.
    disputed: u64,
    /// Units the taker counted beyond those handed over.
    excess: u64,
    /// The word of the side that spoke first about its end.
    said: Option<SaidView>,
    /// The event by which both said the same about its end; null while it is open.
    settled: Option<String>,
}

/// A page of discrepancies.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct DiscrepanciesPage {
    /// The last final block taken in; later words are not in here yet.
    height: u64,
    /// Its chain time.
    chain_time: String,
    discrepancies: Vec<DiscrepancyView>,
    /// The cursor of the next page, if there is one.
    next: Option<String>,
}

/// A hand-over with what the taker said.
#[derive(Debug, Serialize, ToSchema)]
struct HandOverView {
    event_id: String,
    /// Its proof file.
    proof: String,
    /// The giver's store.
    from: String,
    /// The taker's store.
    to: String,
    giver: String,
    given: HandedView,
    handed_at: String,
    /// The last day it may be used.
    expiry: Option<String>,
    /// The pledge it was given for.
    donation: Option<String>,
    /// The purchase it came by.
    purchase: Option<String>,
    /// The promise it fulfils.
    commit: Option<String>,
    /// The request it is for.
    request: Option<String>,
    /// The taker's event, once he has answered.
    take_over: Option<String>,
    take_over_proof: Option<String>,
    /// `in_transit`, `received`, `disputed` or `settled`.
    state: &'static str,
    discrepancy: Option<DiscrepancyView>,
}

/// A page of hand-overs.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct HandOversPage {
    /// The last final block taken in; later words are not in here yet.
    height: u64,
    /// Its chain time.
    chain_time: String,
    hand_overs: Vec<HandOverView>,
    /// The cursor of the next page, if there is one.
    next: Option<String>,
}

fn state(record: &HandOverRecord, found: Option<&DiscrepancyRecord>) -> &'static str {
    match (record.taken_over, found) {
        (None, _) => "in_transit",
        (Some(_), None) => "received",
        (Some(_), Some(found)) if found.settled.is_none() => "disputed",
        (Some(_), Some(_)) => "settled",
    }
}

pub(in crate::api) fn hand_overs(
    chain: &str,
    At { height, chain_time }: At,
    found: &[(EventId, HandOverRecord, Option<DiscrepancyRecord>)],
    next: Option<String>,
) -> HandOversPage {
    let line = |(id, record, found): &(EventId, HandOverRecord, Option<DiscrepancyRecord>)| HandOverView {
        event_id: id.to_string(),
        proof: proof(chain, id),
        from: record.from.clone(),
        to: record.to.clone(),
        giver: record.member.clone(),
        given: HandedView::of(&record.given),
        handed_at: record.handed_at.to_string(),
        expiry: record.marks.expiry.map(|day| day.to_string()),
        donation: record.marks.donation.map(|id| id.to_string()),
        purchase: record.marks.purchase.map(|id| id.to_string()),
        commit: record.commit.map(|id| id.to_string()),
        request: record.request.map(|id| id.to_string()),
        take_over: record.taken_over.map(|id| id.to_string()),
        take_over_proof: record.taken_over.map(|id| proof(chain, &id)),
        state: state(record, found.as_ref()),
        discrepancy: found.as_ref().map(|found| discrepancy(chain, found)),
    };
    HandOversPage { height, chain_time: chain_time.to_string(), hand_overs: found.iter().map(line).collect(), next }
}

fn discrepancy(chain: &str, found: &DiscrepancyRecord) -> DiscrepancyView {
    let said = found.said.as_ref().map(|said| SaidView {
        member: said.member.clone(),
        lost: said.lost,
        returned: said.returned,
        event_id: said.event.to_string(),
        proof: proof(chain, &said.event),
    });
    DiscrepancyView {
        hand_over: found.hand_over.to_string(),
        hand_over_proof: proof(chain, &found.hand_over),
        take_over: found.take_over.to_string(),
        take_over_proof: proof(chain, &found.take_over),
        from: found.from.clone(),
        to: found.to.clone(),
        giver: found.giver.clone(),
        taker: found.taker.clone(),
        given: HandedView::of(&found.given),
        taken: HandedView::of(&found.taken),
        entered: found.entered,
        disputed: found.disputed,
        excess: found.excess,
        said,
        settled: found.settled.map(|id| id.to_string()),
    }
}

pub(in crate::api) fn discrepancies(
    chain: &str,
    At { height, chain_time }: At,
    found: &[(EventId, DiscrepancyRecord)],
    next: Option<String>,
) -> DiscrepanciesPage {
    let discrepancies = found.iter().map(|(_, found)| discrepancy(chain, found)).collect();
    DiscrepanciesPage { height, chain_time: chain_time.to_string(), discrepancies, next }
}
