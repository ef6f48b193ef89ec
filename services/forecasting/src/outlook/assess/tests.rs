#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test panics")]

use super::*;
use crate::outlook::Counted;

/// Local confirmed cases of Nanjing from 20 July 2021 on, a day each, by the daily bulletins of the Jiangsu commission.
const NANJING: [u64; 34] =
    [0, 11, 12, 12, 2, 38, 31, 47, 18, 13, 6, 14, 11, 5, 3, 4, 1, 1, 2, 0, 2, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

fn day(text: &str) -> Date {
    Date::parse(text).unwrap()
}

/// What was known at the end of a day: zeros from 1 July on, and from 20 July on these counts.
fn known(counts: &[u64], until: &str, cluster: u64) -> Option<Known> {
    let (first, start) = (day("2021-07-01"), day("2021-07-20"));
    let counted = |date: u32| {
        let at = usize::try_from(date.checked_sub(start.0)?).ok()?;
        counts.get(at).copied()
    };
    let counted = |date: u32| Counted {
        confirmed: counted(date).unwrap_or(0),
        suspected: if date == start.0 { cluster } else { 0 },
        ..Counted::default()
    };
    let days = (first.0..=day(until).0).map(|date| (Date(date), counted(date))).collect();
    Known::of(&days, day(until), &[])
}

fn assess(until: &str) -> Assessed {
    let all = BTreeMap::from([("320100".to_owned(), known(&NANJING, until, 9).unwrap())]);
    Rulebook::shipped().unwrap().assess("U07.1", "320100", &all).unwrap()
}

#[test]
fn nothing_counted_is_sporadic_without_a_level() {
    let quiet = assess("2021-07-19");
    assert_eq!((quiet.stage, quiet.level, quiet.rule.as_str()), (Stage::Sporadic, None, ""));
}

#[test]
fn a_suspected_cluster_raises_the_alert_before_anything_is_confirmed() {
    let first = assess("2021-07-20");
    assert_eq!((first.stage, first.level), (Stage::Alert, Some(AlertLevel::Orange)));
    assert!(first.values.contains(&("suspected7".to_owned(), 9)), "{:?}", first.values);
}

#[test]
fn nanjing_grows_stays_and_declines_in_this_order() {
    let days = (day("2021-07-20").0..=day("2021-08-22").0).map(|date| Date(date).to_string());
    let mut course = days.map(|date| assess(&date).stage).collect::<Vec<_>>();
    course.dedup();
    assert_eq!(course, [Stage::Alert, Stage::Growth, Stage::Plateau, Stage::Decline]);
}

#[test]
fn values_are_named_once_in_order_and_few() {
    let values = assess("2021-08-01").values;
    assert!(values.windows(2).all(|pair| pair[0].0 < pair[1].0) && values.len() <= 32, "{values:?}");
    assert!(values.iter().all(|(name, _)| domain::chain::is_name(&name.replace('_', "-"))), "{values:?}");
}

#[test]
fn the_same_counts_give_the_same_whoever_computes() {
    assert_eq!(assess("2021-07-31"), assess("2021-07-31"));
}
