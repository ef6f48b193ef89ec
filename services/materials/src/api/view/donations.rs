//! The JSON of gifts.

use domain::event::EventId;
use domain::materials::DonationRecord;
use host::projection::At;
use serde::Serialize;
use utoipa::ToSchema;

use super::proof;

/// A gift and what became of it, in units of its item. Goods bought from money are under `steps`.
#[derive(Debug, Serialize, ToSchema)]
struct DonationView {
    /// The pledge.
    event_id: String,
    /// Its proof file.
    proof: String,
    /// Every movement of it, from pledge to use.
    steps: String,
    /// One file that shows all of it, for the donor to keep.
    gift_proof: String,
    item: String,
    /// Who took the pledge.
    member: String,
    /// What it was given for.
    purpose: String,
    pledged: u64,
    received: u64,
    found: u64,
    /// Units in stores.
    held: u64,
    in_transit: u64,
    disputed: u64,
    used: u64,
    wasted: u64,
    missing: u64,
    lost: u64,
    /// Fen paid for goods.
    spent: u64,
}

/// A page of gifts.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct DonationsPage {
    /// The last final block taken in; later movements are not in here yet.
    height: u64,
    /// Its chain time.
    chain_time: String,
    donations: Vec<DonationView>,
    /// The cursor of the next page, if there is one.
    next: Option<String>,
}

pub(in crate::api) fn donations(
    chain: &str,
    At { height, chain_time }: At,
    found: &[(EventId, DonationRecord)],
    next: Option<String>,
) -> DonationsPage {
    let line = |(id, record): &(EventId, DonationRecord)| DonationView {
        event_id: id.to_string(),
        proof: proof(chain, id),
        gift_proof: format!("/v1/chains/{chain}/donations/{id}/proof"),
        steps: format!("/v1/chains/{chain}/stock/moves?donation={id}"),
        item: record.item.clone(),
        member: record.member.clone(),
        purpose: record.purpose.clone(),
        pledged: record.pledged,
        received: record.received,
        found: record.found,
        held: record.held(),
        in_transit: record.in_transit,
        disputed: record.disputed,
        used: record.used,
        wasted: record.wasted,
        missing: record.missing,
        lost: record.lost,
        spent: record.spent,
    };
    DonationsPage { height, chain_time: chain_time.to_string(), donations: found.iter().map(line).collect(), next }
}
