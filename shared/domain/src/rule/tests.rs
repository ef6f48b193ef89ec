//! What holds of every event, and what refuses it.

use super::*;
use crate::act::is_waiting;
use crate::codec::encode;
use crate::event::Expect;
use crate::query;
use crate::record::{KeyRecord, MemberRecord};
use crate::stage::*;
use crate::time::Millis;

#[test]
fn an_event_is_recorded_with_its_place_member_and_outcome() {
    let mut stage = Stage::new(&[]);
    let id = stage.say("airport", case());
    let record = stage.record(&id);
    assert_eq!((record.height, record.position, record.leaf_index, record.code), (1, 0, 0, 0));
    assert_eq!((record.member.as_str(), record.kind, record.outcome), ("airport", Kind::CaseReport, Outcome::Accepted));
    assert_eq!(record.settled_height, 1);
}

#[test]
fn a_key_of_another_class_or_nobodys_key_signs_nothing() {
    let mut stage = Stage::new(&[]);
    let client = stage.secret("health", KeyClass::Client).public();
    let event = stage.event_with("health", case(), |event| event.author = client);
    assert_eq!(stage.code_of(&event), Some(Code::KeyClass));
    let event = stage.event_with("health", case(), |event| event.author.0 = [7; 32]);
    assert_eq!(stage.code_of(&event), Some(Code::BadSignature));
    assert_eq!(stage.record(&event.id).member, "");
}

#[test]
fn a_key_counts_from_the_height_after_it_entered_to_its_last() {
    let record =
        KeyRecord { member: "health".into(), class: KeyClass::Author, since: 3, until: Some(5), suspect_since: None };
    let active = (0..8).filter(|height| record.active_at(*height)).collect::<Vec<_>>();
    assert_eq!(active, [4, 5]);
    let mut stage = Stage::new(&[]);
    let key = keys::key(KeyClass::Author, &stage.secret("health", KeyClass::Author).public());
    let closed =
        KeyRecord { member: "health".into(), class: KeyClass::Author, since: 0, until: Some(1), suspect_since: None };
    stage.state.apply(&Writes::from([(key, Some(encode(&closed)))]));
    assert_eq!(stage.code("health", case()), None);
    assert_eq!(stage.code("health", case()), Some(Code::KeyInactive));
}

#[test]
fn a_member_that_no_longer_takes_part_states_nothing() {
    let mut stage = Stage::new(&[]);
    let member = query::member(&stage.state, "hospital").unwrap().unwrap();
    let gone = MemberRecord { active: false, ..member };
    stage.state.apply(&Writes::from([(keys::member("hospital"), Some(encode(&gone)))]));
    assert_eq!(stage.code("hospital", case()), Some(Code::KeyInactive));
}

#[test]
fn a_region_is_the_chains_and_the_members() {
    let mut stage = Stage::new(&[]);
    let event = stage.event_with("health", case(), |event| event.region = "4401".into());
    assert_eq!(stage.code_of(&event), Some(Code::UnknownCode));
    let event = stage.event_with("airport", case(), |event| event.region = "3210".into());
    assert_eq!(stage.code_of(&event), Some(Code::OutOfJurisdiction));
}

#[test]
fn an_event_whose_validity_has_passed_is_refused_and_one_at_its_end_is_not() {
    let mut stage = Stage::new(&[]);
    let event = stage.event_with("health", case(), |event| event.valid_until = Millis(START.0 - 1));
    assert_eq!(stage.code_of(&event), Some(Code::Expired));
    let event = stage.event_with("health", case(), |event| event.valid_until = START);
    assert_eq!(stage.code_of(&event), None);
}

#[test]
fn a_cause_not_executed_yet_is_waited_for_and_does_not_answer_the_event_for_good() {
    let mut stage = Stage::new(&[]);
    let cause = stage.event("health", case());
    let event = stage.event_with("cdc", case(), |event| event.causes = vec![cause.id]);
    let scene = Scene::next(&stage.state, stage.genesis.chain_id, stage.genesis.chain.clone(), 0).unwrap();
    let Err(Halt::Refused(refusal)) = decide(&stage.state, &scene, &event) else { panic!("refused") };
    assert!(is_waiting(&refusal), "{refusal}");
    assert_eq!(stage.code_of(&event), Some(Code::BadCause));
    assert_eq!(query::event_record(&stage.state, &event.id).unwrap(), None);
    // Its endorsement node was early; once the cause is there the same event is executed.
    stage.play(std::slice::from_ref(&cause));
    assert_eq!(stage.code_of(&event), None);
}

#[test]
fn a_refused_cause_refuses_for_good() {
    let mut stage = Stage::new(&[]);
    let cause = stage.event_with("health", case(), |event| event.valid_until = Millis(1));
    stage.play(std::slice::from_ref(&cause));
    let event = stage.event_with("health", case(), |event| event.causes = vec![cause.id]);
    assert_eq!(stage.code_of(&event), Some(Code::BadCause));
    assert_eq!(stage.record(&event.id).code, Code::BadCause.number());
}

#[test]
fn an_expected_version_is_compared_within_a_block_too() {
    let mut stage = Stage::new(&[]);
    let key = String::from_utf8(keys::total("U07.1")).unwrap();
    let expecting = |stage: &mut Stage, day: &str, version| {
        let expect = Expect { key: key.clone(), version };
        stage.event_with("health", daily(day, 1), |event| event.expect = vec![expect])
    };
    let events = [
        expecting(&mut stage, "2021-07-20", 0),
        expecting(&mut stage, "2021-07-21", 0),
        expecting(&mut stage, "2021-07-22", 1),
    ];
    let outcome = stage.play(&events);
    assert_eq!(codes(&outcome), [0, Code::PreconditionFailed.number(), 0]);
    let third = expecting(&mut stage, "2021-07-23", 2);
    assert_eq!(stage.code_of(&third), None);
}

#[test]
fn a_decision_states_its_reads_and_writes() {
    let mut stage = Stage::new(&[]);
    let event = stage.event("health", daily("2021-07-20", 5));
    let scene = Scene::next(&stage.state, stage.genesis.chain_id, stage.genesis.chain.clone(), 0).unwrap();
    let effects = decide(&stage.state, &scene, &event).unwrap();
    assert!(effects.reads.contains(&(keys::member("health"), 1)), "{:?}", effects.reads);
    assert!(effects.reads.contains(&(keys::total("U07.1"), 0)), "{:?}", effects.reads);
    assert!(effects.writes.contains_key(&keys::event(&event.id)));
    // A handful: the rule runs thousands of times a second on every ledger.
    assert!(effects.reads.len() <= 8, "{:?}", effects.reads);
}

#[test]
fn a_dry_run_rings_on_a_chain_that_has_no_block_yet() {
    let mut stage = Stage::new(&[]);
    let event = stage.event("health", warning(crate::event::AlertLevel::Red));
    let scene = Scene::next(&stage.state, stage.genesis.chain_id, stage.genesis.chain.clone(), 0).unwrap();
    assert_eq!((scene.height, scene.now), (1, START));
    let effects = decide(&stage.state, &scene, &event).unwrap();
    assert!(effects.writes.contains_key(&keys::alert(1)));
}
