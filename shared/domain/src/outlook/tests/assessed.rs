//! Assessments and what members make of them.

use super::*;
use crate::event::{Action, Choice, Proposal};
use crate::stage::{BALLOTS, vote};

fn latest(chain: &stage::Stage, region: &str, member: &str) -> query::Assessed {
    query::assessment(&chain.state, &place(region), member).unwrap().expect("an assessment")
}

#[test]
fn without_a_policy_an_assessment_stands_as_said() {
    let mut chain = chain();
    let event = chain.say("hospital", Fact::Assessment(assess("2021-07-20")));
    let found = latest(&chain, "3201", "hospital");
    let record = AssessmentRecord {
        event,
        member: "hospital".into(),
        day: day("2021-07-20"),
        stage: Stage::Growth,
        level: Some(AlertLevel::Orange),
        rule: "doubling".into(),
        index_milli: 640,
        rules: Digest::of(b"rules"),
        basis_size: 1,
    };
    assert_eq!((found.record, found.outcome), (record, Outcome::Accepted));
    assert!(is_quiet(&chain));
}

/// Switched off by hand (no comparison of days): the older one stood in front.
#[test]
fn of_each_member_the_latest_day_stays_in_front_however_late_an_older_one_comes() {
    let mut chain = chain();
    let said = |stage, on: &str| Fact::Assessment(Assessment { stage, ..assess(on) });
    chain.say("hospital", said(Stage::Alert, "2021-07-20"));
    let late = chain.say("hospital", said(Stage::Sporadic, "2021-07-18"));
    assert_eq!(
        (chain.outcome(&late), latest(&chain, "3201", "hospital").record.stage),
        (Outcome::Accepted, Stage::Alert)
    );
    let again = chain.say("hospital", said(Stage::Growth, "2021-07-20"));
    assert_eq!(latest(&chain, "3201", "hospital").record.event, again, "the same day looked at again");
    chain.say("health", said(Stage::Plateau, "2021-07-17"));
    assert_eq!(latest(&chain, "3201", "hospital").record.stage, Stage::Growth);
    assert_eq!(latest(&chain, "3201", "health").record.stage, Stage::Plateau);
}

#[test]
fn under_a_policy_members_judge_it_but_its_author_does_not() {
    for (choice, end) in [(Choice::Endorse, Outcome::Accepted), (Choice::Object, Outcome::Rejected)] {
        let mut chain = begun(with_policy("assessment", BALLOTS));
        let event = chain.say("hospital", Fact::Assessment(assess("2021-07-20")));
        assert_eq!(latest(&chain, "3201", "hospital").outcome, Outcome::Open);
        assert_eq!(chain.code("hospital", vote(event, choice)), Some(Code::SelfEndorse));
        for judge in ["health", "cdc"] {
            assert_eq!(latest(&chain, "3201", "hospital").outcome, Outcome::Open);
            assert_eq!(chain.code(judge, vote(event, choice)), None);
        }
        assert_eq!(latest(&chain, "3201", "hospital").outcome, end);
        assert_eq!(query::open_events(&chain.state, None, 10).unwrap(), []);
        assert!(is_quiet(&chain));
    }
}

/// Switched off by hand (`patient` taken away): after a day the chain was no longer quiet.
#[test]
fn nobody_s_decision_is_waited_for_so_it_neither_escalates_nor_rings() {
    let mut chain = begun(with_policy("assessment", BALLOTS));
    let event = chain.say("hospital", Fact::Assessment(assess("2021-07-20")));
    let outcome = chain.later(DEADLINE_MS);
    assert_eq!((outcome.pending, outcome.next_due), (false, None));
    assert_eq!(chain.outcome(&event), Outcome::Open);
    assert!(is_quiet(&chain));
    // What comes late still counts.
    for judge in ["health", "cdc"] {
        chain.say(judge, vote(event, Choice::Endorse));
    }
    assert_eq!(chain.outcome(&event), Outcome::Accepted);
}

#[test]
fn an_assessment_found_wrong_later_is_rejected() {
    let mut chain = begun(with_policy("assessment", BALLOTS));
    let event = chain.say("hospital", Fact::Assessment(assess("2021-07-20")));
    let refute = Action::Refute { event, reason: "wrong-counts".into() };
    let refute = Fact::Proposal(Proposal { actions: vec![refute], reason: "computed again".into() });
    assert_eq!(chain.code("cdc", refute.clone()), Some(Code::BadAction), "it is open still");
    for judge in ["health", "cdc"] {
        chain.say(judge, vote(event, Choice::Endorse));
    }
    let proposed = chain.say("hospital", refute);
    for manager in ["health", "cdc"] {
        chain.say(manager, vote(proposed, Choice::Endorse));
    }
    assert_eq!(latest(&chain, "3201", "hospital").outcome, Outcome::Rejected);
    assert!(is_quiet(&chain));
}

#[test]
fn a_forecast_is_not_judged() {
    let mut chain = chain();
    let event = chain.say("hospital", Fact::Forecast(days()));
    assert_eq!(chain.code("health", vote(event, Choice::Endorse)), Some(Code::BadCause));
    let mut genesis = stage::genesis("cn.32.01", &[], &[]);
    genesis.policies.insert("forecast".into(), PolicyText { rule: BALLOTS.into(), deadline_ms: 0 });
    assert_eq!(genesis.check().map_err(|refusal| refusal.code), Err(Code::Config));
}
