//! Moves of few members in few stores with few units, so that they meet.

use std::collections::BTreeSet;

use proof::digest::Digest;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::book::{Book, owner};
use crate::event::*;
use crate::materials::MONEY;
use crate::time::Date;

/// Store, item and lot.
pub(super) type At = (&'static str, &'static str, &'static str);

/// What somebody tries. `by` is 0 for who may, else another member; numbers choose among what there is.
#[derive(Clone, Debug)]
pub(super) enum Move {
    Receive { by: usize, place: At, quantity: u64, dated: bool, gift: Option<usize> },
    Issue { by: usize, place: At, quantity: u64 },
    Count { by: usize, place: At, counted: u64 },
    Waste { by: usize, place: At, quantity: u64 },
    Adjust { by: usize, place: At, up: bool, quantity: u64 },
    Pledge { item: &'static str },
    Give { by: usize, place: At, to: &'static str, quantity: u64, commit: Option<usize> },
    Take { by: usize, which: usize, other_lot: bool, less: u64, more: u64, damaged: bool },
    Settle { by: usize, which: usize, lost: u64 },
    Ask { by: usize, store: &'static str, item: &'static str, quantity: u64 },
    Promise { by: usize, which: usize, store: &'static str, lot: &'static str, quantity: u64, order: bool },
    Release { by: usize, which: usize },
    Buy { by: usize, place: At, quantity: u64, paid: Vec<(&'static str, u64)> },
    Again(usize),
}

fn store() -> impl Strategy<Value = &'static str> {
    select(&["depot", "fund", "gulou", "reserve"][..])
}

fn item() -> impl Strategy<Value = &'static str> {
    select(&["mask", MONEY][..])
}

fn lot() -> impl Strategy<Value = &'static str> {
    select(&["a", "b", "c"][..])
}

fn place() -> impl Strategy<Value = At> {
    (store(), item(), lot())
}

/// Mostly who may.
fn by() -> impl Strategy<Value = usize> {
    prop_oneof![9 => Just(0_usize), 1 => 1..4_usize]
}

fn quantity() -> impl Strategy<Value = u64> {
    1..25_u64
}

fn which() -> impl Strategy<Value = usize> {
    // Mostly one of the latest: older ones are mostly done with.
    prop_oneof![3 => 0..3_usize, 1 => 0..50_usize]
}

pub(super) fn a_move() -> impl Strategy<Value = Move> {
    let stock = prop_oneof![
        3 => (by(), place(), quantity(), any::<bool>(), option::of(which())).prop_map(
            |(by, place, quantity, dated, gift)| Move::Receive { by, place, quantity, dated: dated && gift.is_none(), gift }
        ),
        1 => (by(), place(), quantity()).prop_map(|(by, place, quantity)| Move::Issue { by, place, quantity }),
        1 => (by(), place(), 0..30_u64).prop_map(|(by, place, counted)| Move::Count { by, place, counted }),
        1 => (by(), place(), quantity()).prop_map(|(by, place, quantity)| Move::Waste { by, place, quantity }),
        1 => (by(), place(), any::<bool>(), quantity())
            .prop_map(|(by, place, up, quantity)| Move::Adjust { by, place, up, quantity }),
        1 => item().prop_map(|item| Move::Pledge { item }),
        1 => (by(), place(), quantity(), proptest::collection::vec((lot(), 1..9_u64), 1..3))
            .prop_map(|(by, place, quantity, paid)| Move::Buy { by, place, quantity, paid }),
    ];
    let custody = prop_oneof![
        4 => (by(), place(), store(), quantity(), option::of(which()))
            .prop_map(|(by, place, to, quantity, commit)| Move::Give { by, place, to, quantity, commit }),
        4 => (by(), which(), prop::bool::weighted(0.15), 0..6_u64, 0..3_u64, any::<bool>()).prop_map(
            |(by, which, other_lot, less, more, damaged)| Move::Take { by, which, other_lot, less, more, damaged }
        ),
        4 => (0..2_usize, which(), 0..3_u64).prop_map(|(by, which, lost)| Move::Settle { by, which, lost }),
    ];
    let request = prop_oneof![
        2 => (by(), store(), item(), quantity())
            .prop_map(|(by, store, item, quantity)| Move::Ask { by, store, item, quantity }),
        4 => (by(), which(), store(), lot(), 1..12_u64, any::<bool>()).prop_map(
            |(by, which, store, lot, quantity, order)| Move::Promise { by, which, store, lot, quantity, order }
        ),
        1 => (by(), which()).prop_map(|(by, which)| Move::Release { by, which }),
    ];
    prop_oneof![5 => stock, 5 => custody, 4 => request, 1 => any::<usize>().prop_map(Move::Again)]
}

type Place<'a> = (&'a str, &'a str, &'a str);

/// Who may, or another.
fn said_by(right: &'static str, by: usize) -> &'static str {
    let others = ["cdc", "hospital", "health", "regulator"].into_iter().filter(|name| *name != right);
    std::iter::once(right).chain(others).nth(by).unwrap()
}

/// The `which`th from the end.
fn latest<T>(all: &[T], which: usize) -> Option<usize> {
    (!all.is_empty()).then(|| all.len() - 1 - which % all.len())
}

impl Book {
    /// Mostly a lot that is there: who aims blindly at two dozen places meets nobody.
    fn aim<'a>(&'a self, place: At, number: u64) -> Place<'a> {
        let known = self.lots().collect::<Vec<_>>();
        let which = usize::try_from(number).unwrap() % (known.len() + 1);
        known.get(which).copied().unwrap_or(place)
    }

    /// The event of a move, and its author.
    pub(super) fn fact(&self, step: &Move) -> Option<(&'static str, Fact)> {
        let stock = |(facility, item, lot): Place<'_>, quantity: u64| StockMove {
            facility: facility.into(),
            item: item.into(),
            lot: lot.into(),
            quantity,
            counterparty: "elsewhere".into(),
            expiry: None,
            donation: None,
        };
        let reason = || String::from("exercise");
        let at = |by: usize, (facility, ..): Place<'_>| said_by(owner(facility), by);
        Some(match step.clone() {
            Move::Receive { by, place, quantity, dated, gift } => {
                let donation = gift.and_then(|which| latest(&self.pledges, which)).map(|at| self.pledges[at].0);
                let expiry = dated.then_some(Date(19_000));
                (at(by, place), Fact::StockReceived(StockMove { expiry, donation, ..stock(place, quantity) }))
            }
            Move::Issue { by, place, quantity } => {
                let place = self.aim(place, quantity);
                (at(by, place), Fact::StockIssued(stock(place, quantity)))
            }
            Move::Count { by, place, counted } => {
                let place = self.aim(place, counted);
                let (facility, item, lot) = (place.0.into(), place.1.into(), place.2.into());
                (at(by, place), Fact::StockCounted(StockCounted { facility, item, lot, counted, reason: reason() }))
            }
            Move::Waste { by, place, quantity } => {
                let place = self.aim(place, quantity);
                let (facility, item, lot) = (place.0.into(), place.1.into(), place.2.into());
                (at(by, place), Fact::StockWasted(StockWasted { facility, item, lot, quantity, reason: reason() }))
            }
            Move::Adjust { by, place, up, quantity } => {
                let place = self.aim(place, quantity);
                let (facility, item, lot) = (place.0.into(), place.1.into(), place.2.into());
                let adjusted = StockAdjusted { facility, item, lot, up, quantity, reason: reason() };
                (at(by, place), Fact::StockAdjusted(adjusted))
            }
            Move::Pledge { item } => {
                let donor = Digest::of(b"code");
                ("cdc", Fact::Pledge(Pledge { item: item.into(), quantity: 10, donor, purpose: reason() }))
            }
            Move::Give { by, place, to, quantity, commit } => {
                let place = self.aim(place, quantity);
                if place.0 == to && commit.is_none() {
                    return None;
                }
                let mut fact = HandOver {
                    from: place.0.into(),
                    to: to.into(),
                    item: place.1.into(),
                    lot: place.2.into(),
                    quantity,
                    condition: "good".into(),
                    commit: None,
                };
                // On a promise mostly what was promised: else nearly nothing would be drawn on.
                if let Some(promised) = commit.and_then(|which| latest(&self.promised, which)) {
                    let promised = &self.promised[promised];
                    let request = &self.asked[promised.request];
                    fact.commit = Some(promised.id);
                    fact.from = promised.fact.from.clone();
                    fact.to = request.facility.clone();
                    fact.item = request.item.clone();
                    fact.lot = if quantity == 13 { place.2.into() } else { promised.fact.lot.clone() };
                } else if place.0 == to {
                    return None;
                }
                (said_by(owner(&fact.from), by), Fact::HandOver(fact))
            }
            Move::Take { by, which, other_lot, less, more, damaged } => {
                let given = &self.given[latest(&self.given, which)?];
                let fact = TakeOver {
                    hand_over: given.id,
                    item: given.fact.item.clone(),
                    lot: if other_lot { "z".into() } else { given.fact.lot.clone() },
                    quantity: (given.fact.quantity + more).saturating_sub(less),
                    condition: if damaged { "damaged".into() } else { "good".into() },
                };
                (said_by(owner(&given.fact.to), by), Fact::TakeOver(fact))
            }
            Move::Settle { by, which, lost } => {
                let given = &self.given[latest(&self.given, which)?];
                let disputed = given.open.as_ref().map_or(3, |(disputed, _)| *disputed);
                let lost = lost.min(disputed);
                let speaker = if by == 0 { owner(&given.fact.from) } else { owner(&given.fact.to) };
                let fact = DiscrepancySettled { hand_over: given.id, lost, returned: disputed - lost };
                (speaker, Fact::DiscrepancySettled(fact))
            }
            Move::Ask { by, store, item, quantity } => {
                let fact = ResourceRequest {
                    facility: store.into(),
                    item: item.into(),
                    quantity,
                    needed_by: Date(19_000),
                    reason: reason(),
                };
                (said_by(owner(store), by), Fact::ResourceRequest(fact))
            }
            Move::Promise { by, which, store, lot, quantity, order } => {
                let request = self.asked[latest(&self.asked, which)?].id;
                let fact = Commit { request, from: store.into(), lot: lot.into(), quantity };
                if order {
                    (said_by("health", by), Fact::Requisition(fact))
                } else {
                    (said_by(owner(store), by), Fact::Commit(fact))
                }
            }
            Move::Release { by, which } => {
                let promised = &self.promised[latest(&self.promised, which)?];
                (said_by(owner(&promised.fact.from), by), Fact::Release(Release { commit: promised.id }))
            }
            Move::Buy { by, place, quantity, paid } => {
                let mut lots = BTreeSet::new();
                let paid = paid.into_iter().filter(|(lot, _)| lots.insert(*lot));
                let payment = |(lot, amount): (&str, u64)| Payment { facility: "fund".into(), lot: lot.into(), amount };
                if place.1 == MONEY {
                    return None;
                }
                let fact = Purchase {
                    facility: place.0.into(),
                    item: place.1.into(),
                    lot: place.2.into(),
                    quantity,
                    expiry: None,
                    supplier: "mill".into(),
                    paid: paid.map(payment).collect(),
                };
                (said_by("cdc", by), Fact::Purchase(fact))
            }
            Move::Again(_) => return None,
        })
    }
}
