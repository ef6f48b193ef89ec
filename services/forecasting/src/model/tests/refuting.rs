//! What is refuted, and what nobody takes.

use domain::event::{Assessment, Stage};
use domain::time::DAY_MS;

use super::looking_ahead::outbreak;
use super::*;

/// The model as it is with these entries, and what it said last of stage and level.
fn last_assessment(entries: &[Taken]) -> Assessment {
    let assessments = said(&after(entries)).into_iter().filter_map(|event| match event.fact {
        Fact::Assessment(assessment) => Some(assessment),
        _ => None,
    });
    assessments.max_by_key(|assessment| assessment.basis.size).unwrap()
}

/// A refutation of the aggregate at `subject`, agreed to, and the end of its block.
pub(crate) fn refuted(first: u64, subject: u64) -> Vec<Taken> {
    let refute = Action::Refute { event: id(subject), reason: "counted twice".into() };
    let mut entries =
        vec![proposal(first, CDC, vec![refute]), ballot(first + 1, first, Choice::Endorse), block(first + 2)];
    for (log, _) in &mut entries {
        log.chain_time = Date::parse("2021-07-22").unwrap().start();
    }
    entries
}

/// Seen to fail with the refuted day not reported as changed: the last word was the alert of the day that counts no more.
#[test]
fn given_a_refuted_day_then_its_place_is_assessed_again_at_once() {
    let counted = outbreak(12);
    let first = last_assessment(&counted);
    assert!(first.stage != Stage::Sporadic && first.level.is_some(), "{first:?}");
    let index = counted.len() as u64;
    let again = last_assessment(&[counted, refuted(index, index - 3)].concat());
    assert_eq!((again.day.0, again.stage, again.level), (first.day.0 - 1, Stage::Sporadic, None));
    assert_eq!((again.disease, again.basis.size), (first.disease, index + 3), "the log up to the end of the block");
}

/// Seen to fail with [`crate::lookout::Lookout::block`] passing over a place of which nothing is left.
#[test]
fn given_that_nothing_of_a_place_is_left_then_that_is_said_too() {
    let counted = [daily(0, "2021-07-21", Origin::Local, 9), ballot(1, 0, Choice::Endorse), block(2)];
    assert!(last_assessment(&counted).level.is_some());
    let again = last_assessment(&[counted.to_vec(), refuted(3, 0)].concat());
    assert_eq!((again.stage, again.level, again.rule.as_str()), (Stage::Sporadic, None, ""));
    assert!(again.values.is_empty() && again.day == Date::parse("2021-07-21").unwrap());
}

/// Seen to fail with only forecasts and warnings dropped by `Pending::over`: what a service set up on an old log had to say
/// of it was sent for ever.
#[test]
fn given_that_the_chain_took_nothing_for_a_week_then_nothing_is_sent_any_more() {
    let mut entries = outbreak(14);
    assert!(!after(&entries).pending().is_empty());
    let (mut log, none) = block(entries.len() as u64);
    log.chain_time = entries.last().unwrap().0.chain_time.plus_ms(8 * DAY_MS);
    entries.push((log, none));
    assert_eq!(after(&entries).pending(), []);
    let restarted = restarted_at(&entries, entries.len() - 1);
    assert_eq!(restarted.pending(), []);
}
