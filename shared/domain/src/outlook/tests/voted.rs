//! What members vote beside what was computed.

use super::*;
use crate::event::{Action, Choice, EventId, Phase, Proposal};
use crate::governance::DEFAULT_RULE;
use crate::query::DefinitionKey;
use crate::stage::vote;

fn respond(region: &str, stage: Option<Stage>, level: Option<AlertLevel>) -> Action {
    Action::SetResponse { disease: disease(), region: region.into(), stage, level }
}

fn rules(text: &str) -> Action {
    Action::SetRules { rules: Digest::of(text.as_bytes()) }
}

fn proposal(actions: Vec<Action>) -> Fact {
    Fact::Proposal(Proposal { actions, reason: "what we see on the ground".into() })
}

/// Proposed by the hospital and endorsed by both managers.
fn pass(chain: &mut stage::Stage, actions: Vec<Action>) -> EventId {
    let proposed = chain.say("hospital", proposal(actions));
    for manager in ["health", "cdc"] {
        assert_eq!(chain.outcome(&proposed), Outcome::Open);
        chain.say(manager, vote(proposed, Choice::Endorse));
    }
    assert_eq!(chain.outcome(&proposed), Outcome::Accepted);
    proposed
}

#[test]
fn what_members_vote_stands_beside_what_was_computed_until_they_vote_again() {
    let mut chain = chain();
    chain.say("hospital", Fact::Assessment(assess("2021-07-20")));
    let voted = |chain: &stage::Stage| query::response(&chain.state, &place("3201")).unwrap();
    assert_eq!(voted(&chain), None);
    let event = pass(&mut chain, vec![respond("3201", Some(Stage::Plateau), Some(AlertLevel::Red))]);
    let since = chain.now;
    let record = ResponseRecord { stage: Some(Stage::Plateau), level: Some(AlertLevel::Red), since, event };
    assert_eq!(voted(&chain), Some(record));
    let computed = query::assessment(&chain.state, &place("3201"), "hospital").unwrap().unwrap();
    assert_eq!((computed.record.stage, computed.record.level), (Stage::Growth, Some(AlertLevel::Orange)));
    chain.later(DAY_MS);
    let event = pass(&mut chain, vec![respond("3201", None, None)]);
    let since = chain.now;
    assert_eq!(voted(&chain), Some(ResponseRecord { stage: None, level: None, since, event }));
}

#[test]
fn a_vote_is_about_a_disease_and_a_region_of_the_chain() {
    let mut chain = chain();
    let refused = |chain: &mut stage::Stage, action| chain.code("hospital", proposal(vec![action]));
    assert_eq!(refused(&mut chain, respond("3301", None, None)), Some(Code::BadAction));
    let form = |action| {
        let event = crate::facility::testing::event(proposal(vec![action]));
        crate::form::check(&event).err().map(|refusal| (refusal.code, refusal.field))
    };
    assert_eq!(form(respond("3201", None, None)), None);
    assert_eq!(form(respond("Nanjing", None, None)), Some((Code::UnknownCode, "region")));
    let nameless = crate::event::Disease { code: "flu".into(), name: "flu".into() };
    let nameless = Action::SetResponse { disease: nameless, region: "3201".into(), stage: None, level: None };
    assert_eq!(form(nameless), Some((Code::UnknownCode, "disease.code")));
    assert_eq!(form(rules("a file")), None);
    assert_eq!(form(rules("")), Some((Code::BadDigest, "rules")));
}

fn define(from: &str, note: &str) -> Action {
    Action::SetDefinition { disease: disease(), from: day(from), note: note.into() }
}

#[test]
fn a_new_case_definition_is_known_by_the_day_from_which_it_counts() {
    let mut chain = chain();
    let asked = |chain: &stage::Stage, of: Option<&str>| query::definitions(&chain.state, of, None, 10).unwrap();
    assert_eq!(asked(&chain, None), []);
    pass(&mut chain, vec![define("2021-08-01", "antigen tests count")]);
    let (event, since) = (pass(&mut chain, vec![define("2021-07-25", "contacts with symptoms count")]), chain.now);
    let first = DefinitionKey { disease: "U07.1".into(), from: day("2021-07-25") };
    let record = DefinitionRecord { note: "contacts with symptoms count".into(), since, event };
    let days = |found: Vec<(DefinitionKey, DefinitionRecord)>| found.into_iter().map(|(key, _)| key.from).collect();
    let known: Vec<_> = days(asked(&chain, Some("U07.1")));
    assert_eq!(
        (asked(&chain, None).first(), known),
        (Some(&(first.clone(), record)), vec![first.from, day("2021-08-01")])
    );
    assert_eq!(asked(&chain, Some("A00")), []);
    let behind: Vec<_> = days(query::definitions(&chain.state, None, Some(&first), 10).unwrap());
    assert_eq!(behind, [day("2021-08-01")]);
    // Members were wrong about it: the later word of the same day stands.
    let event = pass(&mut chain, vec![define("2021-07-25", "contacts count only with a test")]);
    let (_, record) = asked(&chain, None).remove(0);
    assert_eq!((record.note.as_str(), record.event), ("contacts count only with a test", event));
}

#[test]
fn a_case_definition_is_announced_at_most_a_year_ahead() {
    let form = |action| {
        let event = crate::facility::testing::event(proposal(vec![action]));
        crate::form::check(&event).err().map(|refusal| (refusal.code, refusal.field))
    };
    // That event is signed on 20 July 2021.
    assert_eq!(form(define("2022-07-21", "antigen tests count")), None);
    assert_eq!(form(define("2022-07-22", "antigen tests count")), Some((Code::BadTime, "from")));
    assert_eq!(form(define("2021-07-25", "")), Some((Code::OutOfRange, "note")));
}

#[test]
fn votes_on_the_response_have_a_policy_of_their_own_or_that_of_governance() {
    let rule = |chain: &mut stage::Stage| {
        let proposed = chain.say("hospital", proposal(vec![respond("3201", None, None), rules("a file")]));
        query::subject(&chain.state, &proposed).unwrap().unwrap().rule
    };
    assert_eq!(rule(&mut begun(with_policy("response", "any(auditor, border)"))), "any(auditor, border)");
    assert_eq!(rule(&mut chain()), DEFAULT_RULE);
    // A phase is decided by others, so it is proposed apart.
    let phase = Action::SetPhase { phase: Phase::Response, dominant: None };
    let event = crate::facility::testing::event(proposal(vec![phase, rules("a file")]));
    assert_eq!(crate::form::check(&event).map_err(|refusal| refusal.code), Err(Code::BadAction));
}

/// Switched off by hand (no comparison with the rules set): the assessment by other rules was taken.
#[test]
fn once_members_set_rules_an_assessment_follows_them() {
    let mut chain = chain();
    assert_eq!(query::rules(&chain.state).unwrap(), None);
    let by = |text: &str| Fact::Assessment(Assessment { rules: Digest::of(text.as_bytes()), ..assess("2021-07-20") });
    assert_eq!(chain.code("hospital", by("ours")), None, "until then everybody follows his own");
    let event = pass(&mut chain, vec![rules("july")]);
    let in_force = query::rules(&chain.state).unwrap().unwrap();
    assert_eq!(in_force, RulesRecord { rules: Digest::of(b"july"), since: chain.now, event });
    assert_eq!(chain.code("hospital", by("ours")), Some(Code::RulesNotInForce));
    assert_eq!(chain.code("hospital", by("july")), None);
    pass(&mut chain, vec![rules("august")]);
    assert_eq!(chain.code("hospital", by("july")), Some(Code::RulesNotInForce));
    assert_eq!(chain.code("hospital", by("august")), None);
}
