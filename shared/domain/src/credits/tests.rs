//! What is earned, what it costs, and what is taken back.

use super::account::{Balance, CreditState, balance, entries, refuted};
use super::*;
use crate::chain::Lane;
use crate::event::{Action, Fact, Misbehaviour, Proposal};
use crate::query;
use crate::record::Kind;
use crate::stage::*;
use crate::state::View;

const REPORTS: &[(&str, &str)] = &[("daily_aggregate", BALLOTS), ("suspected_cluster", VETO), ("case_report", BALLOTS)];

fn account(stage: &Stage, member: &str) -> (i64, i64) {
    let Balance { vested, pending, .. } = balance(&stage.state, member).unwrap();
    (vested, pending)
}

fn standing(stage: &Stage, member: &str) -> Vec<(CreditReason, i64, CreditState)> {
    let found = entries(&stage.state, member, None, 100).unwrap();
    found.into_iter().map(|entry| (entry.record.reason, entry.record.amount, entry.state)).collect()
}

fn judge(stage: &mut Stage, id: EventId, choice: Choice) {
    for member in ["health", "cdc"] {
        assert_eq!(stage.code(member, vote(id, choice)), None);
    }
}

/// The other managers agree that an accepted report was wrong.
fn refute(stage: &mut Stage, event: EventId) {
    let actions = vec![Action::Refute { event, reason: "double-count".into() }];
    let id = stage.say("regulator", Fact::Proposal(Proposal { actions, reason: "counted twice".into() }));
    judge(stage, id, Choice::Endorse);
    assert_eq!(stage.outcome(&id), Outcome::Accepted);
}

#[test]
fn an_accepted_report_earns_its_reporter_and_endorsers_what_vests_after_14_days() {
    let mut stage = Stage::new(REPORTS);
    let id = stage.say("hospital", daily("2021-07-20", 7));
    assert_eq!(account(&stage, "hospital"), (0, 0), "nothing is earned before it is decided");
    assert_eq!(stage.code("cdc", vote(id, Choice::Ask)), None);
    judge(&mut stage, id, Choice::Endorse);
    assert_eq!((account(&stage, "hospital"), account(&stage, "cdc")), ((0, 10), (0, 2)));
    stage.later(VESTING_MS - 1000);
    assert_eq!(standing(&stage, "hospital"), [(CreditReason::Accepted, 10, CreditState::Pending)]);
    stage.later(1000);
    assert_eq!(standing(&stage, "hospital"), [(CreditReason::Accepted, 10, CreditState::Vested)]);
    assert_eq!((account(&stage, "hospital"), account(&stage, "health")), ((10, 0), (2, 0)));
}

#[test]
fn a_report_that_objections_or_a_veto_reject_costs_and_one_that_nobody_decides_does_not() {
    let mut stage = Stage::new(REPORTS);
    let objected = stage.say("hospital", daily("2021-07-20", 7));
    judge(&mut stage, objected, Choice::Object);
    assert_eq!(standing(&stage, "hospital"), [(CreditReason::Refuted, -20, CreditState::Vested)]);
    let vetoed = stage.say("airport", cluster(disease()));
    stage.say("health", vote(vetoed, Choice::Endorse));
    stage.say("regulator", vote(vetoed, Choice::Veto));
    assert_eq!((account(&stage, "airport"), account(&stage, "health")), ((-20, 0), (-4, 0)));
    let forgotten = stage.say("hospital", case());
    stage.say("cdc", vote(forgotten, Choice::Endorse));
    stage.later(DEADLINE_MS);
    assert_eq!(stage.outcome(&forgotten), Outcome::Open);
    assert_eq!((account(&stage, "hospital"), account(&stage, "cdc")), ((-20, 0), (0, 0)));
    assert_eq!(
        refuted(&stage.state, "hospital", 10).unwrap().iter().map(|(id, _)| *id).collect::<Vec<_>>(),
        [objected]
    );
}

#[test]
fn a_refutation_takes_back_what_was_earned_vested_or_not_and_costs_as_much_as_a_rejection() {
    for waited in [0, VESTING_MS] {
        let mut stage = Stage::new(REPORTS);
        let id = stage.say("hospital", daily("2021-07-20", 7));
        judge(&mut stage, id, Choice::Endorse);
        stage.later(waited);
        refute(&mut stage, id);
        assert_eq!((stage.outcome(&id), stage.confirmed()), (Outcome::Rejected, 0));
        // What was earned and what took it back count together or not at all.
        assert_eq!((account(&stage, "hospital"), account(&stage, "health")), ((-20, 0), (-4, 0)), "after {waited} ms");
        let states = standing(&stage, "hospital");
        assert_eq!(states[0], (CreditReason::Accepted, 10, CreditState::ClawedBack));
        assert_eq!(states.iter().map(|(_, amount, _)| amount).sum::<i64>(), -20);
        stage.later(VESTING_MS);
        assert_eq!(account(&stage, "hospital"), (-20, 0));
        assert_eq!(refuted(&stage.state, "hospital", 10).unwrap().len(), 1);
        assert_eq!(refuted(&stage.state, "health", 10).unwrap(), [], "an endorser's record is not the reporter's");
    }
}

#[test]
fn a_report_accepted_by_its_authors_word_earns_nothing_and_still_costs_when_refuted() {
    let mut stage = Stage::new(&[("daily_aggregate", "supervision")]);
    let id = stage.say("hospital", case());
    let made = (0..10).map(|_| stage.event("hospital", case())).collect::<Vec<_>>();
    let before = stage.state.len();
    stage.play(&made);
    assert_eq!(stage.state.len() - before, made.len(), "its record and nothing beside it");
    let unopposed = stage.say("hospital", daily("2021-07-20", 7));
    stage.later(5 * 3_600_000);
    assert_eq!(stage.outcome(&unopposed), Outcome::Accepted);
    assert_eq!(standing(&stage, "hospital"), []);
    refute(&mut stage, id);
    assert_eq!(account(&stage, "hospital"), (-20, 0));
    let vetoed = stage.say("hospital", daily("2021-07-21", 7));
    stage.say("regulator", vote(vetoed, Choice::Veto));
    assert_eq!(account(&stage, "hospital"), (-40, 0));
}

#[test]
fn an_alarm_that_was_accepted_by_its_authors_word_is_called_off_when_refuted() {
    let mut stage = Stage::new(&[]);
    let id = stage.say("health", warning(crate::event::AlertLevel::Red));
    refute(&mut stage, id);
    let states = stage.alerts().iter().map(|alert| alert.state.name()).collect::<Vec<_>>();
    assert_eq!(states, ["confirmed", "cancelled"]);
}

#[test]
fn in_an_exercise_nothing_is_earned_or_lost() {
    let mut stage = Stage::new(REPORTS);
    let right = stage.say("hospital", daily_of(exercise(), "2021-07-20", 5));
    judge(&mut stage, right, Choice::Endorse);
    let wrong = stage.say("hospital", daily_of(exercise(), "2021-07-21", 5));
    judge(&mut stage, wrong, Choice::Object);
    refute(&mut stage, right);
    assert_eq!((standing(&stage, "hospital"), standing(&stage, "health")), (vec![], vec![]));
}

#[test]
fn a_proposal_earns_and_costs_nothing() {
    let mut stage = Stage::new(&[]);
    for choice in [Choice::Endorse, Choice::Object] {
        let actions = vec![Action::SetQuota { member: "hospital".into(), urgent_per_day: 9 }];
        let id = stage.say("hospital", Fact::Proposal(Proposal { actions, reason: "a fair".into() }));
        judge(&mut stage, id, choice);
        assert_ne!(stage.outcome(&id), Outcome::Open);
    }
    assert_eq!((standing(&stage, "hospital"), standing(&stage, "cdc")), (vec![], vec![]));
}

#[test]
fn evidence_that_proves_nothing_is_refused_and_costs_its_author() {
    let mut stage = Stage::new(&[]);
    let claim = Fact::Misbehaviour(Misbehaviour { evidence: "hearsay".into() });
    assert_eq!(stage.code("airport", claim), Some(Code::NotEvidence));
    assert_eq!(standing(&stage, "airport"), [(CreditReason::NotEvidence, -5, CreditState::Vested)]);
    // Another refusal costs nothing.
    let unknown = stage.event_with("airport", case(), |event| event.region = "4401".into());
    assert!(stage.code_of(&unknown).is_some());
    assert_eq!(account(&stage, "airport"), (-5, 0));
}

/// Urgent clusters of a member on a chain that allows two urgent events a day.
fn urgent_clusters(stage: &mut Stage, count: usize) -> Vec<EventId> {
    let events = (0..count).map(|_| stage.event_with("airport", cluster(disease()), urgent)).collect::<Vec<_>>();
    assert_eq!(codes(&stage.play(&events)), vec![0; count], "an overdraft never refuses");
    events.iter().map(|event| event.id).collect()
}

fn two_a_day() -> Stage {
    let mut genesis = genesis("cn.32.01", REPORTS, &[]);
    genesis.urgent_per_day = 2;
    Stage::of(genesis)
}

#[test]
fn urgent_events_over_the_days_allowance_are_flagged_and_cost_a_credit_each() {
    let mut stage = two_a_day();
    let ids = urgent_clusters(&mut stage, 4);
    let flags = |stage: &Stage, ids: &[EventId]| {
        ids.iter().map(|id| urgency::overdrawn(&stage.state, "airport", id).unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(flags(&stage, &ids), [false, false, true, true]);
    assert_eq!(account(&stage, "airport"), (-2, 0));
    assert_eq!(account(&stage, "health"), (0, 0), "each member has an allowance of its own");
    // The next day of chain time begins anew.
    stage.later(DEADLINE_MS);
    let ids = urgent_clusters(&mut stage, 3);
    assert_eq!(flags(&stage, &ids), [false, false, true]);
    // What is not urgent is not counted.
    stage.say("airport", cluster(disease()));
    assert_eq!(account(&stage, "airport"), (-3, 0));
}

#[test]
fn a_quota_of_its_own_takes_the_place_of_everybodys() {
    let mut stage = two_a_day();
    let actions = vec![Action::SetQuota { member: "airport".into(), urgent_per_day: 0 }];
    let id = stage.say("hospital", Fact::Proposal(Proposal { actions, reason: "drills every hour".into() }));
    judge(&mut stage, id, Choice::Endorse);
    urgent_clusters(&mut stage, 1);
    assert_eq!(account(&stage, "airport"), (-1, 0));
    assert_eq!(stage.alerts().len(), 1, "it rings all the same");
}

#[test]
fn an_anchor_and_a_refused_event_use_no_allowance() {
    let child = {
        let mut child = Stage::new(&[]);
        child.say("health", daily("2021-07-20", 3));
        child.later(1000);
        child
    };
    let mut genesis = genesis("cn.32", &[], &[&child.genesis]);
    genesis.urgent_per_day = 0;
    let mut parent = Stage::of(genesis);
    let anchor = parent.anchoring(&child, "health", child.anchor(0, 0));
    let anchor = crate::act::Submitted { event: crate::event::Event { lane: Lane::Urgent, ..anchor.event }, ..anchor };
    assert_eq!(parent.code_of(&anchor), None);
    let refused = parent.event_with("health", cluster(disease()), |event| {
        urgent(event);
        event.region = "4401".into();
    });
    assert!(parent.code_of(&refused).is_some());
    assert_eq!(query::event_record(&parent.state, &anchor.id).unwrap().unwrap().kind, Kind::Anchor);
    let allowances = parent.state.scan(b"allowance/", b"allowance0", 10).unwrap();
    assert_eq!((allowances, account(&parent, "health")), (vec![], (0, 0)));
}

#[test]
fn the_dry_run_of_an_event_says_whether_it_would_overdraw() {
    let mut stage = two_a_day();
    let dry = |stage: &mut Stage| {
        let event = stage.event_with("airport", cluster(disease()), urgent);
        let scene =
            Scene::next(&stage.state, stage.genesis.chain_id, stage.genesis.chain.clone(), stage.size()).unwrap();
        let effects = crate::rule::decide(&stage.state, &scene, &event).unwrap();
        urgency::would_overdraw(&effects.writes.into_keys().collect::<Vec<_>>())
    };
    assert!(!dry(&mut stage));
    urgent_clusters(&mut stage, 2);
    assert!(dry(&mut stage));
}

#[test]
fn entries_are_read_a_page_at_a_time_and_summed_over_all_pages() {
    let mut stage = Stage::new(&[("case_report", "majority(manager)")]);
    let events = (0..600).map(|_| stage.event("hospital", case())).collect::<Vec<_>>();
    stage.play(&events);
    let (mut first, mut second) = (Vec::new(), Vec::new());
    for event in &events {
        first.push(stage.event("health", vote(event.id, Choice::Endorse)));
        second.push(stage.event("cdc", vote(event.id, Choice::Endorse)));
    }
    stage.play(&first);
    stage.play(&second);
    let of = balance(&stage.state, "hospital").unwrap();
    assert_eq!(of, Balance { vested: 0, pending: 6000, refuted: 0, entries: 600 });
    let (mut read, mut last) = (0, None);
    loop {
        let page = entries(&stage.state, "hospital", last.as_ref().map(|(id, reason)| (id, *reason)), 250).unwrap();
        let Some(entry) = page.last() else { break };
        last = Some((entry.event, entry.record.reason));
        read += page.len();
    }
    assert_eq!(read, 600);
    assert_eq!(entries(&stage.state, "hosp", None, 10).unwrap(), [], "a name that begins another's is another's");
}
