#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test panics")]

use proptest::prelude::*;

use super::*;

/// Days from the 100th on: a number, a signed zero (0) or silence (-1).
fn counts(days: &[i64], definitions: &[u32]) -> Counts {
    let mut said = Vec::new();
    for (day, cases) in (100..).zip(days) {
        match cases {
            -1 => {}
            0 => said.push((Date(day), Said::None)),
            cases => said.push((Date(day), Said::Cases(*cases as u64))),
        }
    }
    let last = Date(99 + days.len() as u32);
    let definitions: Vec<_> = definitions.iter().map(|day| Date(*day)).collect();
    Counts::new(Date(100), last, &said, &definitions).unwrap()
}

fn flags(counts: &Counts) -> Vec<(u32, Why)> {
    counts.flagged().iter().map(|flag| (flag.date.0, flag.why)).collect()
}

fn learned(counts: &Counts) -> (u32, Vec<f64>) {
    let series = counts.series().unwrap();
    (series.date(0).0, series.values().to_vec())
}

#[test]
fn a_signed_zero_is_a_zero_and_silence_is_not() {
    let counts = counts(&[3, 0, -1, 2], &[]);
    let days: Vec<_> = counts.days().map(|(date, count)| (date.0, count)).collect();
    assert_eq!(days, [(100, Some(3)), (101, Some(0)), (102, None), (103, Some(2))]);
    assert_eq!(flags(&counts), [(102, Why::Silence(1))]);
    assert_eq!(learned(&counts), (103, vec![2.0]));
}

#[test]
fn what_several_say_of_a_day_is_added_up() {
    let said = [
        (Date(5), Said::Cases(2)),
        (Date(5), Said::None),
        (Date(5), Said::Cases(3)),
        (Date(4), Said::Cases(9)),
        (Date(7), Said::Cases(9)),
    ];
    let counts = Counts::new(Date(5), Date(6), &said, &[Date(4), Date(7)]).unwrap();
    assert_eq!(counts.days().map(|(_, count)| count).collect::<Vec<_>>(), [Some(5), None]);
    assert_eq!(flags(&counts), [(6, Why::Silence(1))]);
}

#[test]
fn a_batch_after_silence_is_spread_over_the_days_it_stands_for() {
    // Given a usual 2 to 3 a day, three silent days, and twenty cases at once.
    let counts = counts(&[2, 3, -1, -1, -1, 20, 3], &[]);
    assert_eq!(flags(&counts), [(102, Why::Silence(3)), (105, Why::Batch(3))]);
    assert_eq!(learned(&counts), (100, vec![2.0, 3.0, 5.0, 5.0, 5.0, 5.0, 3.0]));
    assert_eq!(counts.days().nth(5), Some((Date(105), Some(20))), "the count itself stays");
}

#[test]
fn growth_after_silence_and_a_jump_without_silence_are_no_batches() {
    assert_eq!(flags(&counts(&[2, 3, -1, 20, 9, 22], &[])), [(102, Why::Silence(1))]);
    assert_eq!(flags(&counts(&[2, 3, 2, 20, 3], &[])), []);
    assert_eq!(flags(&counts(&[2, 3, -1, 12], &[])), [(102, Why::Silence(1))], "four times three is not above it");
    assert_eq!(flags(&counts(&[0, 0, -1, 4], &[])), [(102, Why::Silence(1))], "four cases are just cases");
    assert_eq!(flags(&counts(&[0, 0, -1, 5], &[])), [(102, Why::Silence(1)), (103, Why::Batch(1))]);
}

#[test]
fn the_first_word_after_silence_can_be_a_batch() {
    let counts = counts(&[-1, -1, 6, 1], &[]);
    assert_eq!(flags(&counts), [(100, Why::Silence(2)), (102, Why::Batch(2))]);
    assert_eq!(learned(&counts), (100, vec![2.0, 2.0, 2.0, 1.0]));
}

#[test]
fn nothing_is_learned_across_a_new_definition() {
    let counts = counts(&[10, 11, 12, 130, 90, 80], &[103]);
    assert_eq!(flags(&counts), [(103, Why::Definition)]);
    assert_eq!(learned(&counts), (103, vec![130.0, 90.0, 80.0]));
}

#[test]
fn who_is_silent_now_is_said_and_gives_no_series() {
    let counts = counts(&[1, 2, -1, -1], &[]);
    assert_eq!(counts.silent_days(), 2);
    assert_eq!(counts.series(), Err(CountsError::Series(SeriesError::Gap(Date(102)))));
    assert_eq!(super::Counts::new(Date(3), Date(5), &[], &[]).unwrap().silent_days(), 3);
}

#[test]
fn a_week_with_a_missing_day_is_missing() {
    let mut days = vec![1; 23];
    days[9] = -1;
    let weeks = counts(&days, &[]).weeks();
    assert_eq!(weeks, [(Date(100), Some(7)), (Date(107), None), (Date(114), Some(7))]);
}

#[test]
fn days_must_be_some_and_not_too_many() {
    let of = |first, last| Counts::new(Date(first), Date(last), &[], &[]).map(|counts| counts.days().count());
    assert_eq!(of(5, 4), Err(CountsError::Days(0)));
    assert_eq!(of(0, 11_000), Err(CountsError::Days(11_001)));
    assert_eq!(of(0, u32::MAX), Err(CountsError::Days(u32::MAX)));
    assert_eq!(of(0, 10_999), Ok(11_000));
    assert_eq!(of(u32::MAX, u32::MAX), Ok(1));
}

proptest! {
    #[test]
    fn spreading_changes_no_total(days in proptest::collection::vec(-1i64..30, 1..60)) {
        let counts = counts(&days, &[]);
        if let Ok(series) = counts.series() {
            let from = series.date(0);
            let told: u64 = counts.days().filter(|(date, _)| *date >= from).filter_map(|(_, count)| count).sum();
            prop_assert!((series.values().iter().sum::<f64>() - told as f64).abs() < 1e-6);
            prop_assert_eq!(series.date(series.len() - 1), counts.days().last().unwrap().0);
        }
        let silent = counts.days().filter(|(_, count)| count.is_none()).count() as u32;
        let flagged: u32 = counts.flagged().iter().map(|flag| if let Why::Silence(days) = flag.why { days } else { 0 }).sum();
        prop_assert_eq!(silent, flagged);
    }
}
