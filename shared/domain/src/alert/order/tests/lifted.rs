//! The end of a warning.

use super::*;
use crate::act::Scene;

#[test]
fn a_lifted_warning_is_called_off_by_name_and_stays_accepted() {
    let mut stage = Stage::new(&[]);
    let warned = stage.say("cdc", warning(AlertLevel::Red));
    stage.later(60_000);
    let lifting = stage.say("health", end(warned));
    let alerts = stage.alerts();
    assert_eq!(rung(&stage, &warned), [AlertState::Confirmed, AlertState::Cancelled]);
    let (first, last) = (&alerts[0], &alerts[1]);
    assert_eq!((last.headline.as_str(), last.level, &last.disease), ("Cases at Lukou", first.level, &first.disease));
    assert_eq!((last.events.as_slice(), first.events.as_slice()), ([lifting].as_slice(), [].as_slice()));
    assert!(last.sent_at > first.sent_at);
    assert_eq!(last.leaf_index, stage.record(&lifting).leaf_index);
    assert_eq!((stage.outcome(&warned), stage.outcome(&lifting)), (Outcome::Accepted, Outcome::Accepted));
    assert_eq!(rung(&stage, &lifting), [], "the lifting itself rings nothing");
}

/// Seen to fail without `alone` in the rule of a lifting.
#[test]
fn who_may_not_warn_alone_does_not_lift_alone() {
    let mut stage = Stage::new(&[]);
    let warned = stage.say("cdc", warning(AlertLevel::Red));
    assert_eq!(stage.code("hospital", end(warned)), Some(Code::RoleMissing));
    assert_eq!(rung(&stage, &warned), [AlertState::Confirmed]);
}

/// Seen to fail, as what is over below, when a warning that is over may ring again (`rings`).
#[test]
fn under_a_policy_ballots_decide_that_it_is_over() {
    let mut stage = Stage::new(&[("warning", BALLOTS)]);
    let warned = stage.say("airport", warning(AlertLevel::Red));
    assert_eq!(stage.code("airport", end(warned)), Some(Code::BadCause), "not accepted yet");
    for manager in ["health", "cdc"] {
        stage.say(manager, vote(warned, Choice::Endorse));
    }
    let liftings = [1, 2].map(|_| stage.event("airport", end(warned)));
    stage.play(&liftings);
    assert_eq!(rung(&stage, &warned), [AlertState::Confirmed], "nobody has judged it over");
    stage.say("regulator", vote(liftings[0].id, Choice::Object));
    for lifting in &liftings {
        for manager in ["health", "cdc"] {
            stage.say(manager, vote(lifting.id, Choice::Endorse));
        }
        assert_eq!(stage.outcome(&lifting.id), Outcome::Accepted);
    }
    // Two members may say so at once; it is over once.
    assert_eq!(rung(&stage, &warned), [AlertState::Confirmed, AlertState::Cancelled]);
}

#[test]
fn a_lifting_that_is_rejected_or_waits_leaves_the_warning_ringing() {
    let mut stage = Stage::new(&[("warning", VETO)]);
    let warned = stage.event_with("airport", warning(AlertLevel::Red), urgent);
    stage.play(std::slice::from_ref(&warned));
    for manager in ["health", "cdc"] {
        stage.say(manager, vote(warned.id, Choice::Endorse));
    }
    stage.later(3_600_000);
    let confirmed = [AlertState::Provisional, AlertState::Confirmed];
    assert_eq!(rung(&stage, &warned.id), confirmed);
    // Urgent, and under a policy that rings provisionally: still it calls nothing off before it is judged.
    let vetoed = stage.event_with("airport", end(warned.id), urgent);
    stage.play(std::slice::from_ref(&vetoed));
    stage.say("regulator", vote(vetoed.id, Choice::Veto));
    assert_eq!((stage.outcome(&vetoed.id), rung(&stage, &vetoed.id)), (Outcome::Rejected, vec![]));
    let waiting = stage.say("airport", end(warned.id));
    stage.later(86_400_000 + 1);
    assert_eq!(rung(&stage, &waiting), [AlertState::Provisional], "nobody decided in time");
    let escalated = stage.alerts().pop().unwrap();
    assert_eq!((escalated.kind, escalated.level), (AlertKind::Escalation, AlertLevel::Yellow));
    assert_eq!(rung(&stage, &warned.id), confirmed);
}

#[test]
fn what_is_over_is_not_lifted_and_rings_no_more() {
    let mut stage = Stage::new(&[]);
    let (lifted, refuted) = (stage.say("cdc", warning(AlertLevel::Red)), stage.say("cdc", warning(AlertLevel::Orange)));
    stage.say("cdc", end(lifted));
    assert_eq!(stage.code("cdc", end(lifted)), Some(Code::Closed));
    refute(&mut stage, refuted);
    assert_eq!(stage.code("cdc", end(refuted)), Some(Code::Closed));
    // Found wrong after it was over: it was called off once.
    refute(&mut stage, lifted);
    assert_eq!(stage.outcome(&lifted), Outcome::Rejected);
    for over in [lifted, refuted] {
        assert_eq!(rung(&stage, &over), [AlertState::Confirmed, AlertState::Cancelled]);
    }
}

/// Seen to fail when what was replaced may be lifted.
#[test]
fn what_a_later_warning_replaced_is_ended_with_the_later_one() {
    let mut stage = Stage::new(&[]);
    let first = stage.say("cdc", warning(AlertLevel::Yellow));
    let second = stage.say("cdc", instead(AlertLevel::Orange, first));
    assert_eq!(stage.code("cdc", end(first)), Some(Code::Closed));
    assert_eq!(stage.code("cdc", end(second)), None);
    assert_eq!(
        stage.alerts().pop().unwrap().supersedes.map(|one| one.id),
        Some(alert_id(&first, AlertState::Confirmed))
    );
}

#[test]
fn only_warnings_of_the_same_region_are_lifted() {
    let mut stage = Stage::new(&[]);
    let report = stage.say("cdc", cluster(disease()));
    assert_eq!(stage.code("cdc", end(report)), Some(Code::BadCause));
    let event = stage.event("cdc", end(EventId::of(b"nothing")));
    let refusal = crate::rule::decide(&stage.state, &scene(&stage), &event).unwrap_err();
    let Halt::Refused(refusal) = refusal else { panic!("a fault") };
    assert!(crate::act::is_waiting(&refusal), "admission waits for a warning that is on its way");
    let elsewhere = stage.event_with("cdc", warning(AlertLevel::Red), |event| event.region = "320115".into());
    stage.play(std::slice::from_ref(&elsewhere));
    assert_eq!(stage.code("cdc", end(elsewhere.id)), Some(Code::BadCause));
}

fn scene(stage: &Stage) -> Scene {
    let Stage { genesis, state, .. } = stage;
    Scene::next(state, genesis.chain_id, genesis.chain.clone(), stage.size()).unwrap()
}

#[test]
fn there_is_no_policy_of_liftings_beside_that_of_warnings() {
    let mut stage = Stage::new(&[]);
    let mut set = |class: &str| {
        let action = Action::SetPolicy { class: class.into(), rule: "author".into(), deadline_ms: 0 };
        stage.code("hospital", Fact::Proposal(Proposal { actions: vec![action], reason: "Exercise".into() }))
    };
    assert_eq!((set("warning"), set("lifting")), (None, Some(Code::BadAction)));
}
