//! Requests, promises, requisitions.

use super::*;
use crate::event::Choice;
use crate::genesis::PolicyText;
use crate::record::{Outcome, PhaseRecord};
use crate::stage::{self, BALLOTS, DEADLINE_MS, vote};
use crate::state::Draft;

fn request(chain: &Stage, id: &EventId) -> RequestRecord {
    read(&chain.state, &keys::request(id)).unwrap().unwrap()
}

fn state(chain: &Stage, id: &EventId) -> RequestState {
    request(chain, id).state(chain.outcome(id))
}

/// A hundred masks in the depot, and the wards ask for sixty.
fn wanted() -> (Stage, EventId) {
    let mut chain = stores();
    chain.say("cdc", received("depot", "a", 100));
    let id = chain.say("hospital", ask(60));
    (chain, id)
}

/// The commission commands.
fn under_command(chain: &mut Stage) {
    let mut draft = Draft::new(&chain.state);
    let phase = PhaseRecord { phase: Phase::Response, dominant: Some("health".into()), since: chain.now };
    draft.put(keys::phase(), &phase);
    let writes = draft.finish().1;
    chain.state.apply(&writes);
}

#[test]
fn a_request_is_met_step_by_step_and_promised_stock_is_kept_for_it() {
    let (mut chain, id) = wanted();
    assert_eq!(state(&chain, &id), RequestState::Accepted);
    let commit = chain.say("cdc", Fact::Commit(promise(id, "depot", "a", 60)));
    assert_eq!(state(&chain, &id), RequestState::Committed);
    assert_eq!(lot(&chain, "depot", "a").unwrap().free(), 40);
    assert_eq!(chain.code("cdc", issued("depot", "a", 41)), Some(Code::Insufficient), "the rest is promised");
    assert_eq!(chain.code("cdc", Fact::HandOver(give("a", 41))), Some(Code::Insufficient));
    let drawn = |quantity| HandOver { commit: Some(commit), ..give("a", quantity) };
    assert_eq!(chain.code("cdc", Fact::HandOver(drawn(61))), Some(Code::Insufficient));
    let hand_over = chain.say("cdc", Fact::HandOver(drawn(60)));
    assert_eq!((state(&chain, &id), lot(&chain, "depot", "a").unwrap().reserved), (RequestState::Dispatched, 0));
    chain.say("hospital", Fact::TakeOver(take(hand_over, "a", 60)));
    assert_eq!(state(&chain, &id), RequestState::Received);
    assert_eq!(chain.code("cdc", Fact::Release(Release { commit })), Some(Code::Closed));
}

#[test]
fn what_is_lost_on_the_way_is_short_again() {
    let (mut chain, id) = wanted();
    let commit = chain.say("cdc", Fact::Commit(promise(id, "depot", "a", 60)));
    let hand_over = chain.say("cdc", Fact::HandOver(HandOver { commit: Some(commit), ..give("a", 60) }));
    chain.say("hospital", Fact::TakeOver(take(hand_over, "a", 50)));
    assert_eq!((request(&chain, &id).received, request(&chain, &id).short()), (50, 0), "disputed, not short");
    chain.say("hospital", settle(hand_over, 7, 3));
    chain.say("cdc", settle(hand_over, 7, 3));
    assert_eq!((state(&chain, &id), request(&chain, &id).short()), (RequestState::Accepted, 10));
}

#[test]
fn no_more_is_promised_than_is_asked_for_and_free() {
    let (mut chain, id) = wanted();
    assert_eq!(chain.code("cdc", Fact::Commit(promise(id, "depot", "a", 61))), Some(Code::OutOfRange));
    assert_eq!(chain.code("cdc", Fact::Commit(promise(id, "depot", "b", 1))), Some(Code::UnknownLot));
    assert_eq!(chain.code("hospital", Fact::Commit(promise(id, "depot", "a", 1))), Some(Code::NotOwner));
    assert_eq!(chain.code("hospital", Fact::Commit(promise(id, "gulou", "a", 1))), Some(Code::SelfTransfer));
    assert_eq!(chain.code("cdc", Fact::Commit(promise(EventId::of(b"x"), "depot", "a", 1))), Some(Code::BadCause));
    chain.say("cdc", issued("depot", "a", 70));
    assert_eq!(chain.code("cdc", Fact::Commit(promise(id, "depot", "a", 31))), Some(Code::Insufficient));
    assert_eq!(chain.code("cdc", Fact::Commit(promise(id, "depot", "a", 30))), None);
    assert_eq!(request(&chain, &id).short(), 30);
}

#[test]
fn a_promise_is_drawn_on_for_what_was_promised_only() {
    let (mut chain, id) = wanted();
    chain.say("cdc", received("depot", "b", 100));
    let commit = chain.say("cdc", Fact::Commit(promise(id, "depot", "a", 60)));
    let drawn = HandOver { commit: Some(commit), ..give("a", 10) };
    let elsewhere = HandOver { to: "reserve".into(), ..drawn.clone() };
    let other_lot = HandOver { lot: "b".into(), ..drawn };
    for fact in [elsewhere, other_lot, HandOver { commit: Some(id), ..give("a", 10) }] {
        assert_eq!(chain.code("cdc", Fact::HandOver(fact)), Some(Code::BadCause));
    }
}

#[test]
fn a_promise_is_released_by_who_gave_it_or_asked_for_it() {
    for member in ["cdc", "hospital"] {
        let (mut chain, id) = wanted();
        let commit = chain.say("cdc", Fact::Commit(promise(id, "depot", "a", 60)));
        assert_eq!(chain.code("regulator", Fact::Release(Release { commit })), Some(Code::NotOwner));
        chain.say("cdc", Fact::HandOver(HandOver { commit: Some(commit), ..give("a", 10) }));
        assert_eq!(chain.code(member, Fact::Release(Release { commit })), None);
        assert_eq!((request(&chain, &id).committed, lot(&chain, "depot", "a").unwrap().reserved), (10, 0));
        assert_eq!(lot(&chain, "depot", "a").unwrap().free(), 90);
    }
}

#[test]
fn the_dominant_member_alone_takes_without_the_owner_and_gives_free_again() {
    let (mut chain, id) = wanted();
    let taken = || Fact::Requisition(promise(id, "depot", "a", 60));
    assert_eq!(chain.code("health", taken()), Some(Code::RoleMissing), "nobody commands yet");
    under_command(&mut chain);
    for member in ["cdc", "hospital", "regulator"] {
        assert_eq!(chain.code(member, taken()), Some(Code::RoleMissing), "{member}");
    }
    let commit = chain.say("health", taken());
    assert_eq!((state(&chain, &id), lot(&chain, "depot", "a").unwrap().free()), (RequestState::Committed, 40));
    assert_eq!(chain.code("cdc", Fact::Release(Release { commit })), Some(Code::NotOwner), "not the owner's to free");
    assert_eq!(chain.code("cdc", Fact::HandOver(HandOver { commit: Some(commit), ..give("a", 5) })), None);
    assert_eq!(chain.code("health", Fact::Release(Release { commit })), None);
    assert_eq!((request(&chain, &id).committed, on_hand(&chain, "depot", "a")), (5, 95));
}

#[test]
fn a_stocktake_below_what_is_promised_stands_and_what_is_there_can_still_go() {
    let (mut chain, id) = wanted();
    let commit = chain.say("cdc", Fact::Commit(promise(id, "depot", "a", 60)));
    assert_eq!(chain.code("cdc", counted("a", 20)), None);
    let found = lot(&chain, "depot", "a").unwrap();
    assert_eq!((found.on_hand(), found.reserved, found.free()), (20, 60, 0));
    let drawn = |quantity| Fact::HandOver(HandOver { commit: Some(commit), ..give("a", quantity) });
    assert_eq!(chain.code("cdc", drawn(21)), Some(Code::Insufficient));
    assert_eq!(chain.code("cdc", drawn(20)), None);
}

#[test]
fn where_the_chain_has_a_policy_ballots_decide_before_anything_is_promised() {
    for (choice, decided) in [(Choice::Endorse, RequestState::Accepted), (Choice::Object, RequestState::Declined)] {
        let mut genesis = stage::genesis("cn.32.01", &[], &[]);
        let policy = PolicyText { rule: BALLOTS.into(), deadline_ms: DEADLINE_MS };
        genesis.policies.insert("resource_request".into(), policy);
        genesis.check().unwrap();
        let mut chain = stores_of(Stage::of(genesis));
        chain.say("cdc", received("depot", "a", 100));
        let id = chain.say("hospital", ask(60));
        assert_eq!((chain.outcome(&id), state(&chain, &id)), (Outcome::Open, RequestState::Requested));
        let promised = || Fact::Commit(promise(id, "depot", "a", 60));
        assert_eq!(chain.code("cdc", promised()), Some(Code::BadCause), "undecided");
        chain.say("health", vote(id, choice));
        chain.say("cdc", vote(id, choice));
        assert_eq!(state(&chain, &id), decided);
        let accepted = decided == RequestState::Accepted;
        assert_eq!(chain.code("cdc", promised()), (!accepted).then_some(Code::BadCause));
    }
}
