//! Who may judge what, when, and how often.

use crate::event::Choice;
use crate::query;
use crate::record::Outcome;
use crate::refusal::Code;
use crate::stage::*;

fn reported(policy: &'static str) -> (Stage, crate::event::EventId) {
    let mut stage = Stage::new(&[("daily_aggregate", policy)]);
    let id = stage.say("hospital", daily("2021-07-20", 7));
    (stage, id)
}

#[test]
fn nobody_judges_its_own_report() {
    let (mut stage, id) = reported(BALLOTS);
    assert_eq!(stage.code("hospital", vote(id, Choice::Endorse)), Some(Code::SelfEndorse));
}

#[test]
fn a_member_judges_once_but_a_question_is_no_judgement() {
    let (mut stage, id) = reported(BALLOTS);
    assert_eq!(stage.code("health", vote(id, Choice::Ask)), None);
    assert_eq!(stage.code("health", vote(id, Choice::Ask)), Some(Code::AlreadyBalloted));
    assert_eq!(stage.code("health", vote(id, Choice::Endorse)), None);
    assert_eq!(stage.code("health", vote(id, Choice::Object)), Some(Code::AlreadyBalloted));
    assert_eq!(stage.outcome(&id), Outcome::Open);
    let ballots = query::ballots(&stage.state, &id, 10).unwrap();
    assert_eq!(ballots.len(), 1);
    assert_eq!((ballots[0].0.as_str(), ballots[0].1.choice), ("health", Choice::Endorse));
}

#[test]
fn a_settled_report_is_closed() {
    let (mut stage, id) = reported(BALLOTS);
    stage.say("health", vote(id, Choice::Endorse));
    stage.say("cdc", vote(id, Choice::Endorse));
    assert_eq!(stage.outcome(&id), Outcome::Accepted);
    assert_eq!(stage.code("regulator", vote(id, Choice::Veto)), Some(Code::Closed));
    assert_eq!(stage.outcome(&id), Outcome::Accepted);
}

#[test]
fn the_policy_says_whose_ballots_count() {
    let (mut stage, id) = reported(BALLOTS);
    assert_eq!(stage.code("airport", vote(id, Choice::Endorse)), Some(Code::RoleMissing));
    assert_eq!(stage.code("health", vote(id, Choice::Veto)), Some(Code::RoleMissing));
}

#[test]
fn a_supervisors_veto_rejects_and_names_its_reason() {
    let (mut stage, id) = reported(BALLOTS);
    let mut silent = vote(id, Choice::Veto);
    let crate::event::Fact::Ballot(ballot) = &mut silent else { unreachable!() };
    ballot.reason.clear();
    assert_eq!(stage.code("regulator", silent), Some(Code::VetoReason));
    assert_eq!(stage.outcome(&id), Outcome::Open);
    assert_eq!(stage.code("regulator", vote(id, Choice::Veto)), None);
    assert_eq!((stage.outcome(&id), stage.confirmed()), (Outcome::Rejected, 0));
}

#[test]
fn another_holders_veto_counts_within_its_window_only() {
    const HOLDER: &str = "n_of(2, epidemiologist, lab, clinician) unless veto(auditor) within 1h";
    const BY_LAB: &str = "n_of(1, epidemiologist, clinician) unless veto(lab) within 1h";
    let (mut stage, id) = reported(HOLDER);
    stage.later(3_600_000);
    // The auditor is a supervisor as well, whose veto needs no window.
    assert_eq!(stage.code("regulator", vote(id, Choice::Veto)), None);
    let (mut stage, id) = reported(BY_LAB);
    assert_eq!(stage.code("cdc", vote(id, Choice::Veto)), None);
    assert_eq!(stage.outcome(&id), Outcome::Rejected);
    let (mut stage, id) = reported(BY_LAB);
    stage.later(3_600_000);
    assert_eq!(stage.code("cdc", vote(id, Choice::Veto)), Some(Code::Closed));
    assert_eq!(stage.outcome(&id), Outcome::Open);
}

#[test]
fn objections_that_fill_the_policy_reject() {
    let (mut stage, id) = reported(BALLOTS);
    stage.say("health", vote(id, Choice::Object));
    stage.say("cdc", vote(id, Choice::Object));
    assert_eq!(stage.outcome(&id), Outcome::Rejected);
}

#[test]
fn a_majority_is_of_those_who_were_there_when_the_report_was_opened() {
    let mut stage = Stage::new(&[("daily_aggregate", "voting")]);
    let takes_part = |stage: &mut Stage, active| {
        let record = query::member(&stage.state, "airport").unwrap().unwrap();
        let record = crate::codec::encode(&crate::record::MemberRecord { active, ..record });
        stage.state.apply(&[(crate::keys::member("airport"), Some(record))].into());
    };
    takes_part(&mut stage, false);
    let id = stage.say("hospital", daily("2021-07-20", 7));
    takes_part(&mut stage, true);
    assert_eq!(stage.code("airport", vote(id, Choice::Endorse)), Some(Code::NotElector));
    assert_eq!(stage.code("health", vote(id, Choice::Endorse)), None);
    assert_eq!(stage.outcome(&id), Outcome::Open);
    assert_eq!(stage.code("cdc", vote(id, Choice::Endorse)), None);
    assert_eq!(stage.outcome(&id), Outcome::Accepted, "two of three: the fourth was not there");
}

#[test]
fn only_what_a_policy_judges_is_judged_and_only_once_it_is_executed() {
    let (mut stage, id) = reported(BALLOTS);
    let ballot = stage.say("health", vote(id, Choice::Endorse));
    assert_eq!(stage.code("cdc", vote(ballot, Choice::Endorse)), Some(Code::BadCause));
    let unknown = proof::digest::Digest::of(b"unknown");
    let event = stage.event("cdc", vote(unknown, Choice::Endorse));
    assert_eq!(stage.code_of(&event), Some(Code::BadCause));
    assert_eq!(query::event_record(&stage.state, &event.id).unwrap(), None, "it waits for its subject");
}
