//! Warnings that replace each other, that end, and that say what they were computed from.

mod ground;
mod lifted;

use super::*;
use crate::alert::alert_id;
use crate::event::{Action, AlertLevel, Choice, Disease, Fact, Proposal};
use crate::stage::{BALLOTS, Stage, VETO, cluster, disease, exercise, urgent, vote, warning};

/// A warning of this level in place of an earlier one.
fn instead(level: AlertLevel, earlier: EventId) -> Fact {
    changed(level, |warning| warning.supersedes = Some(earlier))
}

fn changed(level: AlertLevel, change: impl FnOnce(&mut Warning)) -> Fact {
    let Fact::Warning(mut made) = warning(level) else { panic!("no warning") };
    change(&mut made);
    Fact::Warning(made)
}

fn end(warning: EventId) -> Fact {
    Fact::Lifting(Lifting { warning, reason: "level-ended".into() })
}

/// The states in which an event has rung, in order.
fn rung(stage: &Stage, event: &EventId) -> Vec<AlertState> {
    stage.alerts().into_iter().filter(|alert| alert.event == *event).map(|alert| alert.state).collect()
}

/// Found wrong by proposal, with the ballots of both managers.
fn refute(stage: &mut Stage, event: EventId) {
    let actions = vec![Action::Refute { event, reason: "false-alarm".into() }];
    let proposed = stage.say("hospital", Fact::Proposal(Proposal { actions, reason: "Samples were mixed up".into() }));
    for manager in ["health", "cdc"] {
        stage.say(manager, vote(proposed, Choice::Endorse));
    }
    assert_eq!(stage.outcome(&proposed), Outcome::Accepted);
}

#[test]
fn a_later_level_names_the_alert_it_replaces() {
    let mut stage = Stage::new(&[]);
    let first = stage.say("cdc", warning(AlertLevel::Yellow));
    stage.later(60_000);
    let second = stage.say("cdc", instead(AlertLevel::Orange, first));
    let alerts = stage.alerts();
    assert_eq!((alerts[0].event, alerts[1].event), (first, second));
    assert_eq!(alerts[0].supersedes, None);
    let superseded = alerts[1].supersedes.clone().unwrap();
    assert_eq!((superseded.id, superseded.sent_at), (alerts[0].id(), alerts[0].sent_at));
    assert!(alerts[1].sent_at > superseded.sent_at);
}

#[test]
fn what_it_replaces_is_named_as_it_stands_when_the_later_one_rings() {
    let mut stage = Stage::new(&[("warning", BALLOTS)]);
    let first = stage.say("airport", warning(AlertLevel::Yellow));
    let second = stage.say("airport", instead(AlertLevel::Orange, first));
    // The first is accepted only now, after the second was stated.
    for event in [first, second] {
        stage.say("health", vote(event, Choice::Endorse));
        stage.say("cdc", vote(event, Choice::Endorse));
    }
    let alerts = stage.alerts();
    assert_eq!((alerts.len(), alerts[1].event), (2, second));
    assert_eq!(alerts[1].supersedes.as_ref().map(|one| one.id), Some(alerts[0].id()));
}

#[test]
fn what_became_of_the_earlier_one_never_keeps_the_later_one_silent() {
    let mut stage = Stage::new(&[("warning", VETO)]);
    let refuted = stage.event_with("airport", warning(AlertLevel::Yellow), urgent);
    stage.play(std::slice::from_ref(&refuted));
    stage.say("regulator", vote(refuted.id, Choice::Veto));
    let silent = stage.say("airport", warning(AlertLevel::Yellow));
    stage.say("regulator", vote(silent, Choice::Veto));
    assert_eq!(rung(&stage, &refuted.id), [AlertState::Provisional, AlertState::Cancelled]);
    assert_eq!(rung(&stage, &silent), []);
    for (earlier, replaces) in [(refuted.id, Some(AlertState::Cancelled)), (silent, None)] {
        let later = stage.event_with("airport", instead(AlertLevel::Orange, earlier), urgent);
        stage.play(std::slice::from_ref(&later));
        let alert = stage.alerts().pop().unwrap();
        assert_eq!(alert.event, later.id);
        assert_eq!(alert.supersedes.map(|one| one.id), replaces.map(|state| alert_id(&earlier, state)));
    }
}

#[test]
fn only_a_warning_of_the_same_disease_and_region_is_replaced() {
    let mut stage = Stage::new(&[]);
    let other = Disease { code: "A00.9".into(), name: "Cholera".into() };
    let cholera = stage.say("cdc", changed(AlertLevel::Yellow, |warning| warning.disease = other));
    let elsewhere = stage.event_with("cdc", warning(AlertLevel::Yellow), |event| event.region = "320115".into());
    stage.play(std::slice::from_ref(&elsewhere));
    let report = stage.say("cdc", cluster(exercise()));
    let rung = stage.alerts().len();
    for earlier in [cholera, elsewhere.id, report, EventId::of(b"nothing")] {
        let event = stage.event("cdc", instead(AlertLevel::Orange, earlier));
        assert_eq!(stage.code_of(&event), Some(Code::BadCause), "{earlier}");
    }
    assert_eq!(stage.alerts().len(), rung);
}
