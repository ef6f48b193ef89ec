#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test panics")]

use domain::time::Date;

use super::*;

fn series(frequency: Frequency, values: &[f64]) -> Series {
    let points: Vec<_> = (0..).zip(values).map(|(at, value)| (Date(at * frequency.days()), *value)).collect();
    Series::new(frequency, &points).unwrap()
}

fn covid() -> SerialInterval {
    SerialInterval::new(4.7, 3.3).unwrap()
}

#[test]
fn an_interval_has_a_mean_above_a_day_and_a_spread() {
    for mean in [1.0, 61.0, f64::NAN] {
        assert!(matches!(SerialInterval::new(mean, 2.0), Err(IntervalError::Mean(_))), "{mean}");
    }
    for sd in [0.0, -1.0, 61.0, f64::INFINITY] {
        assert!(matches!(SerialInterval::new(5.0, sd), Err(IntervalError::Spread(_))), "{sd}");
    }
    let interval = SerialInterval::new(12.0, 3.0).unwrap();
    let mean: f64 = (1..).zip(interval.weights()).map(|(day, weight)| f64::from(day) * weight).sum();
    assert!((mean - 12.0).abs() < 1e-3, "{mean}");
    assert!(SerialInterval::new(60.0, 0.1).unwrap().weights().len() < 70);
    assert!(SerialInterval::new(1.01, 60.0).unwrap().weights().iter().all(|weight| weight.is_finite()));
}

#[test]
fn constant_counts_reproduce_themselves() {
    let steady = reproduction(&series(Frequency::Day, &[200.0; 60]), &covid()).unwrap();
    assert!((steady.mean() - 1.0).abs() < 2e-3 && steady.band95().0 < 1.0 && steady.band95().1 > 1.0);
    assert!((0.4..0.6).contains(&steady.growing()));
    let growing: Vec<f64> = (0..40).map(|day| (f64::from(day) * 0.1).exp() * 10.0).collect();
    assert!(reproduction(&series(Frequency::Day, &growing), &covid()).unwrap().growing() > 0.999);
}

#[test]
fn nothing_is_claimed_before_enough_cases_nor_long_after_them() {
    let mut values = vec![0.0; 5];
    values.extend([1.0, 2.0, 3.0, 3.0, 2.0, 4.0, 5.0]);
    assert_eq!(reproduction(&series(Frequency::Day, &values), &covid()), Err(NotKnown::NotYet), "seven days old");
    values.push(4.0);
    assert!(reproduction(&series(Frequency::Day, &values), &covid()).is_ok());
    assert_eq!(reproduction(&series(Frequency::Day, &[1.0; 30]), &covid()), Err(NotKnown::NotYet), "7 cases a week");
    values.extend([0.0; 30]);
    assert_eq!(reproduction(&series(Frequency::Day, &values), &covid()), Err(NotKnown::Faded));
    assert_eq!(reproduction(&series(Frequency::Week, &[20.0; 30]), &covid()), Err(NotKnown::NotDaily));
    assert_eq!(reproduction(&series(Frequency::Day, &[1e300; 30]), &covid()), Err(NotKnown::TooMany));
    assert!(reproduction(&series(Frequency::Day, &[1e7; 30]), &covid()).unwrap().band95().0.is_finite());
}

#[test]
fn after_a_long_silence_an_outbreak_starts_anew() {
    let first = [3.0, 5.0, 8.0, 9.0, 12.0, 8.0, 9.0, 11.0, 14.0];
    let mut twice = first.to_vec();
    twice.extend([0.0; 60]);
    twice.extend(first);
    let alone = reproduction(&series(Frequency::Day, &first), &covid()).unwrap();
    assert_eq!(reproduction(&series(Frequency::Day, &twice), &covid()), Ok(alone));
}

#[test]
fn the_course_is_what_was_known_each_day() {
    let values: Vec<f64> = (0..30).map(|day| f64::from(day % 9) + 4.0).collect();
    let whole = series(Frequency::Day, &values);
    let course = course(&whole, &covid());
    assert_eq!(course.len(), 30);
    assert!(course.iter().enumerate().all(|(at, day)| *day == reproduction(&whole.until(at + 1), &covid())));
}
