//! Hand-overs, and what giver and taker do not agree on.

use super::*;
use crate::alert::{AlertKind, AlertState};
use crate::state::View as _;

/// A hundred masks in the depot, forty of them on their way.
fn under_way() -> (Stage, EventId) {
    let mut chain = stores();
    chain.say("cdc", received("depot", "a", 100));
    let id = chain.say("cdc", Fact::HandOver(give("a", 40)));
    (chain, id)
}

fn discrepancy(chain: &Stage, id: &EventId) -> Option<DiscrepancyRecord> {
    read(&chain.state, &keys::discrepancy(id)).unwrap()
}

#[test]
fn what_both_say_enters_and_nothing_rings() {
    let (mut chain, id) = under_way();
    assert_eq!((on_hand(&chain, "depot", "a"), on_hand(&chain, "gulou", "a")), (60, 0), "in transit");
    let taken = chain.say("hospital", Fact::TakeOver(take(id, "a", 40)));
    assert_eq!((on_hand(&chain, "depot", "a"), on_hand(&chain, "gulou", "a")), (60, 40));
    let record = read::<HandOverRecord>(&chain.state, &keys::hand_over(&id)).unwrap().unwrap();
    assert_eq!((record.taken_over, record.member.as_str()), (Some(taken), "cdc"));
    assert_eq!((discrepancy(&chain, &id), chain.alerts().len()), (None, 0));
    assert_eq!(chain.code("hospital", Fact::TakeOver(take(id, "a", 40))), Some(Code::Closed));
}

#[test]
fn only_the_giver_gives_and_only_the_taker_takes() {
    let (mut chain, id) = under_way();
    assert_eq!(chain.code("hospital", Fact::HandOver(give("a", 1))), Some(Code::NotOwner));
    for member in ["cdc", "health", "regulator"] {
        assert_eq!(chain.code(member, Fact::TakeOver(take(id, "a", 40))), Some(Code::NotOwner), "{member}");
    }
    let nobodys = HandOver { to: "nowhere".into(), ..give("a", 1) };
    assert_eq!(chain.code("cdc", Fact::HandOver(nobodys)), Some(Code::UnknownCode));
    let other = chain.record(&id).leaf_index;
    let no_hand_over = EventId::of(&other.to_be_bytes());
    assert_eq!(chain.code("hospital", Fact::TakeOver(take(no_hand_over, "a", 1))), Some(Code::BadCause));
    assert_eq!(chain.code("cdc", Fact::HandOver(give("a", 61))), Some(Code::Insufficient));
    assert_eq!(chain.code("cdc", Fact::HandOver(give("b", 1))), Some(Code::UnknownLot));
}

/// What the taker says, what enters, what is disputed, what is too much.
#[test]
fn a_mismatch_is_kept_with_both_words_and_rings_once_at_blue_on_this_chain_alone() {
    type Case = (fn(EventId) -> TakeOver, u64, u64, u64);
    let cases: [Case; 6] = [
        (|id| take(id, "a", 30), 30, 10, 0),
        (|id| take(id, "a", 0), 0, 40, 0),
        (|id| take(id, "a", 45), 40, 0, 5),
        (|id| take(id, "b", 40), 0, 40, 0),
        (|id| TakeOver { condition: "damaged".into(), ..take(id, "a", 40) }, 40, 0, 0),
        (|id| TakeOver { item: "gown".into(), ..take(id, "a", 99) }, 0, 40, 0),
    ];
    for (taken, entered, disputed, excess) in cases {
        let (mut chain, id) = under_way();
        let take_over = chain.say("hospital", Fact::TakeOver(taken(id)));
        let found = discrepancy(&chain, &id).expect("a discrepancy");
        assert_eq!((found.entered, found.disputed, found.excess), (entered, disputed, excess));
        assert_eq!((found.given.quantity, found.taken.quantity), (40, taken(id).quantity));
        assert_eq!((found.hand_over, found.take_over, found.settled), (id, take_over, None));
        assert_eq!(on_hand(&chain, "gulou", "a"), entered);
        let alerts = chain.alerts();
        assert_eq!(alerts.len(), 1);
        assert_eq!(
            (alerts[0].kind, alerts[0].level, alerts[0].state, alerts[0].event),
            (AlertKind::Discrepancy, AlertLevel::Blue, AlertState::Confirmed, take_over)
        );
        let rises = chain.state.scan(keys::CHANGED, &keys::end_of(keys::CHANGED), 1).unwrap();
        assert!(rises.is_empty(), "the province has no part in it");
    }
}

/// Switched off by hand (`agreed` always true): the first word alone settled it.
#[test]
fn disputed_units_are_settled_when_both_say_the_same_and_by_nobody_else() {
    let (mut chain, id) = under_way();
    chain.say("hospital", Fact::TakeOver(take(id, "a", 30)));
    assert_eq!(chain.code("regulator", settle(id, 10, 0)), Some(Code::NotOwner));
    assert_eq!(chain.code("cdc", settle(id, 10, 1)), Some(Code::OutOfRange));
    assert_eq!(chain.code("cdc", settle(id, u64::MAX, 11)), Some(Code::OutOfRange));
    for member in ["cdc", "cdc"] {
        assert_eq!(chain.code(member, settle(id, 10, 0)), None);
        assert_eq!(discrepancy(&chain, &id).unwrap().settled, None, "one member's word twice is one word");
    }
    assert_eq!(chain.code("hospital", settle(id, 4, 6)), None);
    assert_eq!(discrepancy(&chain, &id).unwrap().settled, None, "other words");
    assert_eq!(on_hand(&chain, "depot", "a"), 60);
    let end = chain.say("cdc", settle(id, 4, 6));
    assert_eq!(discrepancy(&chain, &id).unwrap().settled, Some(end));
    assert_eq!((on_hand(&chain, "depot", "a"), on_hand(&chain, "gulou", "a")), (66, 30));
    assert_eq!(chain.code("hospital", settle(id, 4, 6)), Some(Code::Closed));
    assert_eq!(chain.alerts().len(), 1, "no flood");
}

#[test]
fn between_stores_of_one_member_its_own_word_settles() {
    let mut chain = stores();
    chain.say("cdc", received("depot", "a", 10));
    let id = chain.say("cdc", Fact::HandOver(HandOver { to: "fund".into(), ..give("a", 10) }));
    chain.say("cdc", Fact::TakeOver(take(id, "a", 9)));
    chain.say("cdc", settle(id, 0, 1));
    assert!(discrepancy(&chain, &id).unwrap().settled.is_some());
    assert_eq!((on_hand(&chain, "depot", "a"), on_hand(&chain, "fund", "a")), (1, 9));
}

#[test]
fn units_never_enter_a_lot_of_other_marks_and_what_can_not_enter_can_be_sent_back() {
    let (mut chain, id) = under_way();
    let dated = StockMove { expiry: crate::time::Date::parse("2022-01-31"), ..stock("gulou", "a", 5) };
    chain.say("hospital", Fact::StockReceived(dated));
    assert_eq!(chain.code("cdc", Fact::HandOver(give("a", 1))), Some(Code::LotMixed), "known beforehand");
    assert_eq!(chain.code("hospital", Fact::TakeOver(take(id, "a", 40))), Some(Code::LotMixed));
    chain.say("hospital", Fact::TakeOver(take(id, "a-2", 40)));
    chain.say("hospital", settle(id, 0, 40));
    chain.say("cdc", settle(id, 0, 40));
    assert_eq!((on_hand(&chain, "depot", "a"), on_hand(&chain, "gulou", "a")), (100, 5));
}
