//! Idle stock while a designated hospital is short of it.

use super::*;
use crate::alert::AlertKind;
use crate::event::{Action, Choice, Proposal};
use crate::execute::BlockOutcome;
use crate::stage::vote;
use crate::time::{DAY_MS, Date};

/// Masks in the depot; the wards are designated or not.
fn chain(designated: bool) -> Stage {
    let mut chain = stores();
    chain.say("cdc", received("depot", "a", 100));
    if designated {
        designate(&mut chain, true);
    }
    chain
}

fn designate(chain: &mut Stage, designated: bool) {
    let action = Action::Designate { facility: "gulou".into(), disease: "U07.1".into(), designated };
    let proposal = Proposal { actions: vec![action], reason: "isolation wing".into() };
    let id = chain.say("hospital", Fact::Proposal(proposal));
    for member in ["health", "cdc"] {
        chain.say(member, vote(id, Choice::Endorse));
    }
}

fn idle_alerts(chain: &Stage) -> Vec<String> {
    let alerts = chain.alerts().into_iter().filter(|alert| alert.kind == AlertKind::IdleStock);
    alerts.map(|alert| alert.headline).collect()
}

/// A block at the next due time.
fn next_due(chain: &mut Stage, last: &BlockOutcome) -> BlockOutcome {
    let due = last.next_due.expect("something is due");
    chain.later(due.0 - chain.now.0)
}

#[test]
fn stock_that_lay_for_two_days_is_told_with_both_names_once() {
    let mut chain = chain(true);
    let request = chain.say("hospital", ask(60));
    five_days(&mut chain);
    let told = idle_alerts(&chain);
    let since = lot(&chain, "depot", "a").unwrap().moved_at;
    assert_eq!(told, [format!("100 mask of lot a lie idle at depot since {since}; gulou is short of 60")]);
    let alert = chain.alerts().into_iter().find(|alert| alert.kind == AlertKind::IdleStock).unwrap();
    assert_eq!(
        (alert.level, alert.events[0], alert.sent_at),
        (AlertLevel::Yellow, request, since.plus_ms(IDLE_AFTER_MS))
    );
    assert_eq!(alert.region, "3201");
}

fn stage_end() -> crate::time::Millis {
    crate::stage::START.plus_ms(5 * DAY_MS)
}

/// Lets five days pass, looking whenever it is due.
fn five_days(chain: &mut Stage) {
    let mut outcome = chain.later(1000);
    while outcome.next_due.is_some_and(|due| due < stage_end()) {
        outcome = next_due(chain, &outcome);
    }
}

/// Each line away from the case above that rings.
#[test]
fn nothing_rings_of_stock_that_moves_is_promised_expired_or_wanted_by_nobody_designated() {
    type Change = fn(&mut Stage);
    let cases: [(&str, bool, Change); 6] = [
        ("not designated", false, |_| {}),
        ("designated no more", true, |chain| designate(chain, false)),
        ("used up", true, |chain| assert_eq!(chain.code("cdc", issued("depot", "a", 100)), None)),
        ("written off", true, |chain| assert_eq!(chain.code("cdc", counted("a", 0)), None)),
        ("another item", true, |chain| {
            chain.say("cdc", issued("depot", "a", 100));
            let gloves = StockMove { item: "glove".into(), ..stock("depot", "a", 100) };
            chain.say("cdc", Fact::StockReceived(gloves));
        }),
        ("expired", true, |chain| {
            chain.say("cdc", issued("depot", "a", 100));
            let old = StockMove { expiry: Some(Date(crate::stage::START.date().0 - 1)), ..stock("depot", "old", 9) };
            chain.say("cdc", Fact::StockReceived(old));
        }),
    ];
    for (name, designated, change) in cases {
        let mut chain = chain(designated);
        change(&mut chain);
        chain.say("hospital", ask(60));
        five_days(&mut chain);
        assert_eq!(idle_alerts(&chain), Vec::<String>::new(), "{name}");
    }
    let mut met = chain(true);
    let request = met.say("hospital", ask(60));
    met.say("cdc", Fact::Commit(promise(request, "depot", "a", 60)));
    five_days(&mut met);
    assert_eq!(idle_alerts(&met), Vec::<String>::new(), "all of it is promised");
}

#[test]
fn a_stocktake_is_no_movement_and_a_later_designation_is_seen_within_a_shift() {
    let mut chain = chain(false);
    chain.say("hospital", ask(60));
    for _ in 0..5 {
        chain.later(12 * 3_600_000);
        chain.say("cdc", counted("a", 100));
    }
    assert_eq!(idle_alerts(&chain), Vec::<String>::new());
    designate(&mut chain, true);
    chain.later(LOOK_AGAIN_MS);
    assert_eq!(idle_alerts(&chain).len(), 1, "counting every shift hides nothing");
}

#[test]
fn each_lot_rings_once_for_each_request_and_at_most_sixteen_for_one() {
    let mut chain = chain(true);
    for n in 0..20 {
        chain.say("cdc", received("depot", &format!("lot-{n}"), 5));
    }
    let first = chain.say("hospital", ask(60));
    let second = chain.say("hospital", ask(7));
    five_days(&mut chain);
    let alerts = chain.alerts().into_iter().filter(|alert| alert.kind == AlertKind::IdleStock).collect::<Vec<_>>();
    let of = |request: EventId| alerts.iter().filter(|alert| alert.events[0] == request).count();
    assert_eq!((of(first), of(second)), (MAX_LOTS, MAX_LOTS));
    let ids = alerts.iter().map(|alert| alert.id()).collect::<std::collections::BTreeSet<_>>();
    assert_eq!(ids.len(), alerts.len(), "no subscriber takes one for another");
}

#[test]
fn a_request_that_has_arrived_looks_no_more() {
    let mut chain = chain(true);
    let request = chain.say("hospital", ask(60));
    let commit = chain.say("cdc", Fact::Commit(promise(request, "depot", "a", 60)));
    let hand_over = chain.say("cdc", Fact::HandOver(HandOver { commit: Some(commit), ..give("a", 60) }));
    chain.say("hospital", Fact::TakeOver(take(hand_over, "a", 60)));
    assert_eq!(chain.later(LOOK_AGAIN_MS).next_due, None);
}
