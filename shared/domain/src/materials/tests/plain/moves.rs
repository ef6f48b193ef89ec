//! Moves of few members in few stores with few units, so that they meet.

use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use crate::materials::MONEY;

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
