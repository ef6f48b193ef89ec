//! What becomes of another member's computed warning.

use domain::event::{AlertLevel, Warning};

use super::super::check::RECOMPUTED;
use super::looking_ahead::outbreak;
use super::*;

/// Warnings that another member of the health sector or the disease control has to vouch for.
const JUDGED: &str = "n_of(1, lab@sector:cdc, epidemiologist@sector:health)";

/// What the checking member says of a warning that another one computed, under this policy.
fn checked(policy: &str, change: impl FnOnce(&mut Warning)) -> Vec<Event> {
    let entries = outbreak(14);
    let (_, said) = with_what_is_said(entries.clone());
    let by_rule = said.into_iter().rev().find_map(|(_, event)| match event.fact {
        Fact::Warning(warning) if Trigger::parse(&warning.method).is_none() => Some(warning),
        _ => None,
    });
    let mut theirs = Warning { supersedes: None, ..by_rule.unwrap() };
    change(&mut theirs);
    let stated = event(entries.len() as u64, CDC, Lane::Urgent, Fact::Warning(theirs));
    let mut days = empty_on(chain(policy));
    days.says = Says { warns: false, forecasts: false, checks: true };
    store(&mut days, &mut BTreeMap::new(), &[entries, vec![stated]].concat());
    super::said(&days)
}

fn vote(said: &[Event]) -> (Choice, &str) {
    let ballots = said.iter().filter_map(|event| if let Fact::Ballot(one) = &event.fact { Some(one) } else { None });
    let [ballot] = ballots.collect::<Vec<_>>()[..] else { panic!("{said:?}") };
    assert_eq!(ballot.policy, RECOMPUTED);
    (ballot.choice, &ballot.reason)
}

#[test]
fn given_a_warning_that_comes_out_the_same_then_it_is_endorsed() {
    let said = checked(JUDGED, |_| ());
    assert_eq!((said.len(), vote(&said)), (1, (Choice::Endorse, "the-same")));
}

#[test]
fn given_another_level_value_model_or_word_then_it_is_objected_to_with_what_was_computed_here() {
    let changes: [&dyn Fn(&mut Warning); 4] = [
        &|theirs| theirs.level = AlertLevel::Red,
        &|theirs| theirs.ground.as_mut().unwrap().values[0].1 += 1,
        &|theirs| theirs.ground.as_mut().unwrap().model = Digest([9; 32]),
        &|theirs| theirs.headline = "Stay at home".to_owned(),
    ];
    for change in changes {
        let said = checked(JUDGED, change);
        assert_eq!(vote(&said), (Choice::Object, "another-result"));
        let own = said.iter().any(|event| matches!(&event.fact, Fact::Assessment(own) if !own.values.is_empty()));
        assert!(own && said.len() == 2, "{said:?}");
    }
}

#[test]
fn given_a_log_that_never_was_then_it_is_objected_to() {
    let said = checked(JUDGED, |theirs| theirs.ground.as_mut().unwrap().basis.size -= 1);
    assert_eq!((said.len(), vote(&said)), (1, (Choice::Object, "no-such-log")));
}

#[test]
fn given_a_policy_that_settles_it_at_once_or_a_persons_warning_then_there_is_nothing_to_vote_on() {
    assert_eq!(checked("author", |_| ()), []);
    assert_eq!(checked(JUDGED, |theirs| (theirs.ground, theirs.method) = (None, String::new())), []);
}
