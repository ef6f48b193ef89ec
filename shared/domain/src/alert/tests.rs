//! Warnings and directives.

use super::{AlertKind, AlertRecord, AlertState};
use crate::event::{AlertLevel, Choice};
use crate::refusal::Code;
use crate::stage::*;

#[test]
fn a_management_members_word_rings_at_once_where_the_policy_is_author() {
    let mut stage = Stage::new(&[]);
    stage.later(5000);
    let id = stage.say("cdc", warning(AlertLevel::Red));
    let alerts = stage.alerts();
    assert_eq!(alerts.len(), 1);
    let alert = &alerts[0];
    assert_eq!((alert.number, alert.event, alert.state, alert.level), (1, id, AlertState::Confirmed, AlertLevel::Red));
    assert_eq!(
        (alert.kind, alert.origin.as_str(), alert.sent_at),
        (AlertKind::Warning, "cn.32.01", START.plus_ms(5000))
    );
    assert_eq!(alert.leaf_index, stage.record(&id).leaf_index);
    assert_eq!(stage.code("health", directive()), None);
    assert_eq!((stage.alerts()[1].number, stage.alerts()[1].kind), (2, AlertKind::Directive));
}

#[test]
fn others_neither_warn_alone_nor_direct() {
    let mut stage = Stage::new(&[]);
    assert_eq!(stage.code("hospital", warning(AlertLevel::Blue)), Some(Code::RoleMissing));
    assert_eq!(stage.code("hospital", directive()), Some(Code::RoleMissing));
    assert_eq!(stage.alerts(), []);
}

#[test]
fn a_warning_under_a_policy_rings_when_ballots_accept_it() {
    let mut stage = Stage::new(&[("warning", BALLOTS)]);
    let id = stage.say("airport", warning(AlertLevel::Orange));
    assert_eq!(stage.alerts(), []);
    stage.say("health", vote(id, Choice::Endorse));
    let outcome = stage.event("cdc", vote(id, Choice::Endorse));
    let outcome = stage.play(&[outcome]);
    assert_eq!(outcome.alerts, 1..2);
    assert_eq!(stage.alerts()[0].state, AlertState::Confirmed);
    let rejected = stage.say("airport", warning(AlertLevel::Orange));
    stage.say("regulator", vote(rejected, Choice::Veto));
    assert_eq!(stage.alerts().len(), 1, "what never rang is not called off");
}

#[test]
fn an_alerts_id_is_its_event_and_state_on_every_chain() {
    let mut stage = Stage::new(&[]);
    stage.say("cdc", warning(AlertLevel::Red));
    let alert = stage.alerts().remove(0);
    let elsewhere = AlertRecord { number: 9, leaf_index: 77, ..alert.clone() };
    assert_eq!(alert.id(), elsewhere.id());
    assert_ne!(alert.id(), AlertRecord { state: AlertState::Cancelled, ..alert }.id());
}
