use proptest::prelude::*;

use super::*;
use crate::event::Fact;
use crate::facility::testing::{Desk, event};
use crate::state::read;

fn stock(lot: &str, quantity: u64) -> StockMove {
    StockMove {
        facility: "depot".into(),
        item: "n95-mask".into(),
        lot: lot.into(),
        quantity,
        counterparty: "gulou".into(),
    }
}

fn receive(desk: &mut Desk, member: &str, stock: &StockMove) -> Result<Outcome, Code> {
    desk.post(member, event(Fact::StockReceived(stock.clone())), |draft, act| received(draft, act, stock))
}

fn issue(desk: &mut Desk, member: &str, stock: &StockMove) -> Result<Outcome, Code> {
    desk.post(member, event(Fact::StockIssued(stock.clone())), |draft, act| issued(draft, act, stock))
}

fn on_hand(desk: &Desk, lot: &str) -> Option<u64> {
    read::<StockRecord>(&desk.state, &keys::stock("depot", "n95-mask", lot)).unwrap().map(|lot| lot.on_hand())
}

#[test]
fn stock_comes_in_and_goes_out_by_lot_and_never_below_nothing() {
    let mut desk = Desk::default();
    assert_eq!(issue(&mut desk, "charity", &stock("lot-1", 1)), Err(Code::UnknownLot), "nobody's depot yet");
    assert_eq!(receive(&mut desk, "charity", &stock("lot-1", 100)), Ok(Outcome::Accepted));
    assert_eq!(receive(&mut desk, "charity", &stock("lot-1", 20)), Ok(Outcome::Accepted));
    assert_eq!(issue(&mut desk, "charity", &stock("lot-1", 121)), Err(Code::Insufficient));
    assert_eq!(issue(&mut desk, "charity", &stock("lot-2", 1)), Err(Code::UnknownLot));
    assert_eq!(issue(&mut desk, "charity", &stock("lot-1", 120)), Ok(Outcome::Accepted));
    assert_eq!(on_hand(&desk, "lot-1"), Some(0), "an empty lot stays known");
    assert_eq!(issue(&mut desk, "charity", &stock("lot-1", 1)), Err(Code::Insufficient));
    assert_eq!(desk.version(&keys::stock("depot", "n95-mask", "lot-1")), 3, "refusals count as no write");
}

#[test]
fn only_the_depots_own_member_moves_its_stock() {
    let mut desk = Desk::default();
    assert_eq!(receive(&mut desk, "charity", &stock("lot-1", 5)), Ok(Outcome::Accepted));
    assert_eq!(receive(&mut desk, "customs", &stock("lot-9", 5)), Err(Code::NotOwner));
    assert_eq!(issue(&mut desk, "customs", &stock("lot-1", 5)), Err(Code::NotOwner));
    assert_eq!(on_hand(&desk, "lot-1"), Some(5));
}

#[test]
fn a_movement_moves_something_somewhere_else_in_numbers_that_stay_exact() {
    let mut desk = Desk::default();
    assert_eq!(receive(&mut desk, "charity", &stock("lot-1", 0)), Err(Code::OutOfRange));
    let to_self = StockMove { counterparty: "depot".into(), ..stock("lot-1", 1) };
    assert_eq!(receive(&mut desk, "charity", &to_self), Err(Code::SelfTransfer));
    assert_eq!(receive(&mut desk, "charity", &stock("lot-1", MAX_COUNT)), Ok(Outcome::Accepted));
    assert_eq!(receive(&mut desk, "charity", &stock("lot-1", 1)), Err(Code::OutOfRange), "a lot's sum is bounded too");
}

proptest! {
    #[test]
    fn what_is_on_hand_is_what_came_less_what_went(moves in proptest::collection::vec((any::<bool>(), 1u64..50), 1..40)) {
        let (mut desk, mut shelf) = (Desk::default(), None::<u64>);
        for (comes, quantity) in moves {
            if comes {
                prop_assert_eq!(receive(&mut desk, "charity", &stock("lot-1", quantity)), Ok(Outcome::Accepted));
                shelf = Some(shelf.unwrap_or(0) + quantity);
            } else {
                let wanted = match shelf {
                    None => Err(Code::UnknownLot),
                    Some(left) if left < quantity => Err(Code::Insufficient),
                    Some(_) => Ok(Outcome::Accepted),
                };
                prop_assert_eq!(issue(&mut desk, "charity", &stock("lot-1", quantity)), wanted);
                shelf = if wanted.is_ok() { shelf.map(|left| left - quantity) } else { shelf };
            }
            prop_assert_eq!(on_hand(&desk, "lot-1"), shelf);
        }
    }
}
