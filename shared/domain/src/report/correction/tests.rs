//! Questions and their answers.

use super::*;
use crate::alert::AlertState;
use crate::event::{Choice, Fact};
use crate::query;
use crate::stage::*;

fn correct(subject: EventId, counts: Option<[u64; 5]>) -> Fact {
    Fact::Correction(Correction { subject, counts, statement: "two cases were counted twice".into() })
}

const AGGREGATES: &[(&str, &str)] =
    &[("daily_aggregate", BALLOTS), ("suspected_cluster", VETO), ("case_report", BALLOTS)];

fn asked() -> (Stage, EventId) {
    let mut stage = Stage::new(AGGREGATES);
    let id = stage.say("hospital", daily("2021-07-20", 7));
    stage.say("health", vote(id, Choice::Endorse));
    stage.say("cdc", vote(id, Choice::Ask));
    (stage, id)
}

#[test]
fn a_correction_amends_the_claim_and_every_ballot_before_it_lapses() {
    let (mut stage, id) = asked();
    let before = query::subject(&stage.state, &id).unwrap().unwrap();
    let record = stage.record(&id);
    stage.now = stage.now.plus_ms(1000);
    let correction = stage.say("hospital", correct(id, Some([0, 0, 5, 0, 0])));
    assert_eq!(stage.outcome(&correction), Outcome::Accepted);
    let after = query::subject(&stage.state, &id).unwrap().unwrap();
    assert_eq!((after.daily.unwrap().counts[2], after.ballots.len()), (5, 0));
    assert_eq!((after.deadline, after.opened, after.electors), (before.deadline, before.opened, before.electors));
    assert_eq!(after.amended.unwrap().event, correction);
    assert_eq!(stage.record(&id), record, "the report itself is what it was");
    let ballots = query::ballots(&stage.state, &id, 10).unwrap();
    assert!(ballots.len() == 2 && ballots.iter().all(|(_, ballot)| ballot.lapsed));
    // One endorsement is not two: the first no longer counts until it is given again.
    assert_eq!(stage.code("cdc", vote(id, Choice::Endorse)), None);
    assert_eq!((stage.outcome(&id), stage.confirmed()), (Outcome::Open, 0));
    assert_eq!(stage.code("health", vote(id, Choice::Endorse)), None);
    assert_eq!((stage.outcome(&id), stage.confirmed()), (Outcome::Accepted, 5));
    assert!(query::ballots(&stage.state, &id, 10).unwrap().iter().all(|(_, ballot)| !ballot.lapsed));
}

#[test]
fn a_ballot_signed_before_the_correction_judged_another_claim() {
    let (mut stage, id) = asked();
    let early = stage.event("cdc", vote(id, Choice::Endorse));
    stage.now = stage.now.plus_ms(1000);
    stage.say("hospital", correct(id, Some([0, 0, 5, 0, 0])));
    assert_eq!(stage.code_of(&early), Some(Code::BadCause));
    assert_eq!(stage.code("cdc", vote(id, Choice::Endorse)), None);
}

#[test]
fn who_has_judged_again_after_a_correction_has_judged() {
    let (mut stage, id) = asked();
    stage.now = stage.now.plus_ms(1000);
    stage.say("hospital", correct(id, None));
    stage.say("cdc", vote(id, Choice::Object));
    assert_eq!(stage.code("cdc", vote(id, Choice::Endorse)), Some(Code::AlreadyBalloted));
    // A second correction gives everybody the word again.
    stage.now = stage.now.plus_ms(1000);
    stage.say("hospital", correct(id, Some([0, 0, 4, 0, 0])));
    assert_eq!(stage.code("cdc", vote(id, Choice::Endorse)), None);
    assert_eq!(stage.code("health", vote(id, Choice::Endorse)), None);
    assert_eq!(stage.confirmed(), 4);
}

#[test]
fn a_correction_puts_no_deadline_off() {
    let (mut stage, id) = asked();
    stage.now = stage.now.plus_ms(DEADLINE_MS - 1000);
    stage.say("hospital", correct(id, None));
    stage.later(1000);
    assert!(query::subject(&stage.state, &id).unwrap().unwrap().escalated);
    // An escalated report is open still, and so to be corrected.
    assert_eq!(stage.code("hospital", correct(id, Some([0, 0, 1, 0, 0]))), None);
}

#[test]
fn what_rang_stays_as_it_rang() {
    let mut stage = Stage::new(AGGREGATES);
    let event = stage.event_with("airport", cluster(disease()), urgent);
    stage.play(std::slice::from_ref(&event));
    assert_eq!(stage.code("airport", correct(event.id, None)), None);
    stage.say("health", vote(event.id, Choice::Endorse));
    stage.say("cdc", vote(event.id, Choice::Endorse));
    stage.later(3_600_000);
    let alerts = stage.alerts();
    assert_eq!(
        alerts.iter().map(|alert| alert.state).collect::<Vec<_>>(),
        [AlertState::Provisional, AlertState::Confirmed]
    );
    assert_eq!(alerts[0].headline, alerts[1].headline);
}

#[test]
fn only_its_own_member_corrects_a_report_and_only_while_it_is_open() {
    let (mut stage, id) = asked();
    assert_eq!(stage.code("health", correct(id, None)), Some(Code::NotOwner));
    let nobody = proof::digest::Digest::of(b"nobody's");
    assert_eq!(stage.code("hospital", correct(nobody, None)), Some(Code::BadCause));
    let ballot = query::ballots(&stage.state, &id, 1).unwrap()[0].1.event;
    assert_eq!(stage.code("cdc", correct(ballot, None)), Some(Code::BadCause), "a ballot is no report");
    let case = stage.say("hospital", case());
    assert_eq!(stage.code("hospital", correct(case, Some([0, 0, 1, 0, 0]))), Some(Code::BadAction));
    assert_eq!(stage.code("hospital", correct(case, None)), None);
    stage.say("cdc", vote(id, Choice::Endorse));
    assert_eq!(stage.outcome(&id), Outcome::Accepted);
    assert_eq!(stage.code("hospital", correct(id, Some([0; 5]))), Some(Code::Closed));
    assert_eq!(stage.confirmed(), 7);
}
