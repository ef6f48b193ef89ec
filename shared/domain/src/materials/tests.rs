//! Given/when/then on a small chain, and `plain`: any interleaving against an independent ledger.

mod custody;
mod donation;
mod gift;
mod idle;
mod plain;
mod request;
mod stock;

use super::*;
use crate::event::*;
use crate::keys;
use crate::stage::Stage;
use crate::state::read;

/// A store of each of three members: the depot and its fund of `cdc`, the hospital's wards, the commission's reserve.
const STORES: [(&str, &str); 4] = [("depot", "cdc"), ("fund", "cdc"), ("gulou", "hospital"), ("reserve", "health")];

/// A chain on which everybody has named his store.
fn stores() -> Stage {
    stores_of(Stage::new(&[]))
}

fn stores_of(mut chain: Stage) -> Stage {
    for (store, member) in STORES {
        let first = StockMove { item: "gown".into(), ..stock(store, "first", 1) };
        assert_eq!(chain.code(member, Fact::StockReceived(first)), None);
    }
    chain
}

/// Masks.
fn stock(facility: &str, lot: &str, quantity: u64) -> StockMove {
    StockMove {
        facility: facility.into(),
        item: "mask".into(),
        lot: lot.into(),
        quantity,
        counterparty: "elsewhere".into(),
        expiry: None,
        donation: None,
    }
}

fn received(facility: &str, lot: &str, quantity: u64) -> Fact {
    Fact::StockReceived(stock(facility, lot, quantity))
}

fn issued(facility: &str, lot: &str, quantity: u64) -> Fact {
    Fact::StockIssued(stock(facility, lot, quantity))
}

fn counted(lot: &str, counted: u64) -> Fact {
    Fact::StockCounted(StockCounted {
        facility: "depot".into(),
        item: "mask".into(),
        lot: lot.into(),
        counted,
        reason: "monthly".into(),
    })
}

/// From the depot to the wards.
fn give(lot: &str, quantity: u64) -> HandOver {
    HandOver {
        from: "depot".into(),
        to: "gulou".into(),
        item: "mask".into(),
        lot: lot.into(),
        quantity,
        condition: "good".into(),
        commit: None,
    }
}

fn take(hand_over: EventId, lot: &str, quantity: u64) -> TakeOver {
    TakeOver { hand_over, item: "mask".into(), lot: lot.into(), quantity, condition: "good".into() }
}

fn settle(hand_over: EventId, lost: u64, returned: u64) -> Fact {
    Fact::DiscrepancySettled(DiscrepancySettled { hand_over, lost, returned })
}

/// The wards ask for masks.
fn ask(quantity: u64) -> Fact {
    Fact::ResourceRequest(ResourceRequest {
        facility: "gulou".into(),
        item: "mask".into(),
        quantity,
        needed_by: crate::stage::START.date(),
        reason: "isolation-ward".into(),
    })
}

fn promise(request: EventId, from: &str, lot: &str, quantity: u64) -> Commit {
    Commit { request, from: from.into(), lot: lot.into(), quantity }
}

fn lot(chain: &Stage, facility: &str, lot: &str) -> Option<StockRecord> {
    read(&chain.state, &keys::stock(facility, "mask", lot)).unwrap()
}

fn on_hand(chain: &Stage, facility: &str, name: &str) -> u64 {
    lot(chain, facility, name).map_or(0, |lot| lot.on_hand())
}
