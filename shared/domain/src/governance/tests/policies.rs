//! Policies, quotas, and what they forbid.

use super::*;
use crate::record::PolicyRecord;
use crate::stage::{BALLOTS, VETO, daily};
use crate::time::DAY_MS;

/// Two members could fill it, so that a report by either can be accepted.
const EITHER: &str = "any(auditor, border)";

fn set(class: &str, rule: &str) -> Action {
    Action::SetPolicy { class: class.into(), rule: rule.into(), deadline_ms: 0 }
}

/// The whole refusal of a proposal.
fn refusal(chain: &mut Stage, action: Action) -> Refusal {
    let event = chain.event("hospital", proposal(vec![action]));
    let scene = Scene::next(&chain.state, chain.genesis.chain_id, chain.genesis.chain.clone(), chain.size()).unwrap();
    match crate::rule::decide(&chain.state, &scene, &event) {
        Err(Halt::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_policy_holds_for_what_is_opened_after_it() {
    let mut chain = Stage::new(&[("daily_aggregate", BALLOTS)]);
    let before = chain.say("hospital", daily("2021-07-20", 7));
    pass(&mut chain, vec![set("daily_aggregate", EITHER)]);
    let after = chain.say("hospital", daily("2021-07-21", 1));
    let rule = |chain: &Stage, id| query::subject(&chain.state, id).unwrap().unwrap().rule;
    assert_eq!((rule(&chain, &before).as_str(), rule(&chain, &after).as_str()), (BALLOTS, EITHER));
    chain.say("regulator", vote(before, Choice::Endorse));
    chain.say("regulator", vote(after, Choice::Endorse));
    assert_eq!((chain.outcome(&before), chain.outcome(&after)), (Outcome::Open, Outcome::Accepted));
}

#[test]
fn the_policy_of_governance_can_change_itself_and_holds_at_once() {
    let mut chain = Stage::new(&[]);
    pass(&mut chain, vec![set(FALLBACK_CLASS, EITHER)]);
    let proposed = chain.say("hospital", proposal(vec![set("zero_report", BALLOTS)]));
    chain.say("health", vote(proposed, Choice::Endorse));
    chain.say("regulator", vote(proposed, Choice::Endorse));
    assert_eq!(chain.outcome(&proposed), Outcome::Accepted);
    let stored = query::policy(&chain.state, "zero_report").unwrap();
    assert_eq!(stored, Some(PolicyRecord { rule: BALLOTS.into(), deadline_ms: 0 }));
}

#[test]
fn a_text_that_does_not_parse_is_refused_with_its_position() {
    let mut chain = Stage::new(&[]);
    let refused = refusal(&mut chain, set("lab_result", "n_of(2, lab, )"));
    assert_eq!(refused.code, Code::BadPolicy);
    assert!(refused.detail.chars().any(|letter| letter.is_ascii_digit()), "{}", refused.detail);
}

#[test]
fn a_policy_nobody_could_meet_or_of_no_class_is_refused() {
    let mut chain = Stage::new(&[]);
    for (rule, code) in [
        ("astrologer", Code::BadPolicy),
        ("auditor@sector:health", Code::BadPolicy),
        ("all(lab, clinician, epidemiologist)", Code::BadPolicy),
        ("clinician@region:4401", Code::BadPolicy),
    ] {
        assert_eq!(refusal(&mut chain, set("lab_result", rule)).code, code, "{rule}");
    }
    for class in ["ballot", "proposal", "weather", ""] {
        assert_eq!(refusal(&mut chain, set(class, EITHER)).code, Code::BadAction, "{class}");
    }
    for deadline_ms in [3_600_000, 31 * DAY_MS] {
        let action = Action::SetPolicy { class: "lab_result".into(), rule: VETO.into(), deadline_ms };
        let refused = refusal(&mut chain, action);
        assert_eq!((refused.code, refused.field), (Code::BadAction, "deadline_ms"));
    }
}

#[test]
fn a_change_of_members_or_keys_that_leaves_a_policy_to_nobody_is_refused() {
    let mut chain = Stage::new(&[("lab_result", EITHER)]);
    assert_eq!(refusal(&mut chain, set("case_report", "auditor")).code, Code::BadPolicy, "nobody else is an auditor");
    let author = chain.secret("regulator", KeyClass::Author).public();
    let roles = Action::SetRoles { member: "regulator".into(), node_role: NodeRole::Supervisor, roles: vec![] };
    let revoke = Action::RevokeKey { class: KeyClass::Author, key: author, suspect_since: None };
    let retire = Action::RetireKey { class: KeyClass::Author, key: author, overlap_blocks: 1000 };
    let expel = Action::Expel { member: "regulator".into() };
    for action in [roles.clone(), revoke, retire.clone(), expel] {
        let refused = refusal(&mut chain, action);
        assert_eq!(refused.code, Code::BadPolicy);
        assert!(refused.detail.contains("lab_result"), "{}", refused.detail);
    }
    // With the policy changed first, or another key beside it, it may.
    let fresh =
        Action::AddKey { member: "regulator".into(), class: KeyClass::Author, key: key("regulator", KeyClass::Author) };
    pass(&mut chain, vec![fresh, retire]);
    pass(&mut chain, vec![set("lab_result", "any(lab, clinician)")]);
    pass(&mut chain, vec![roles]);
}

#[test]
fn two_proposals_that_are_possible_each_alone_are_not_both_applied() {
    let mut chain = Stage::new(&[]);
    let policy = chain.say("hospital", proposal(vec![set("lab_result", EITHER)]));
    let roles = Action::SetRoles { member: "regulator".into(), node_role: NodeRole::Supervisor, roles: vec![] };
    let roles = chain.say("hospital", proposal(vec![roles]));
    for proposed in [policy, roles] {
        for manager in ["health", "cdc"] {
            chain.say(manager, vote(proposed, Choice::Endorse));
        }
    }
    assert_eq!((chain.outcome(&policy), chain.outcome(&roles)), (Outcome::Accepted, Outcome::Rejected));
    assert_eq!(query::member(&chain.state, "regulator").unwrap().unwrap().roles, ["auditor"]);
}

#[test]
fn a_quota_is_a_members_that_takes_part() {
    let mut chain = Stage::new(&[]);
    let quota = Action::SetQuota { member: "nobody".into(), urgent_per_day: 9 };
    assert_eq!(refused(&mut chain, quota), Some(Code::BadAction));
}
