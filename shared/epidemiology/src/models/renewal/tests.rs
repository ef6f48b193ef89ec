#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test panics")]

use domain::time::Date;

use super::*;
use crate::backtest::{Plan, backtest};
use crate::forecast::MEDIAN;
use crate::series::Frequency;

fn model() -> Renewal {
    Renewal { interval: SerialInterval::new(4.7, 3.3).unwrap(), seed: 7 }
}

fn daily(values: impl IntoIterator<Item = f64>) -> Series {
    let points: Vec<_> = (18_000..).map(Date).zip(values).collect();
    Series::new(Frequency::Day, &points).unwrap()
}

/// Infections whose R wanders around 1, reported less at the end of the week.
fn outbreak(seed: u64, days: usize) -> Series {
    let mut random = Random::new(seed);
    let (mut cases, mut log_rt) = (vec![40.0; 10], 0.0);
    while cases.len() < days {
        let crowded = cases.iter().rev().take(7).sum::<f64>() / 700.0;
        log_rt = 0.97 * log_rt + 0.03 * random.normal();
        let rt = f64::exp(log_rt - 0.05 * (crowded - 1.0));
        let mean = rt * infectiousness(&cases, &model().interval) + 2.0;
        let mixed = random.gamma(mean);
        cases.push(random.poisson(mixed));
    }
    let rhythm = [1.1, 1.05, 1.0, 1.05, 1.1, 0.9, 0.8];
    daily(cases.iter().enumerate().map(|(day, cases)| f64::round(cases * rhythm[day % 7])))
}

#[test]
fn steady_counts_stay_and_their_week_is_kept() {
    let rhythm = [140.0, 120.0, 110.0, 100.0, 100.0, 80.0, 50.0];
    let forecast = model().forecast(&daily((0..70).map(|day| rhythm[day % 7])), 14).unwrap();
    for (day, median) in forecast.medians().enumerate() {
        assert!((median / rhythm[day % 7] - 1.0).abs() < 0.15, "day {day}: {median}");
    }
}

#[test]
fn it_turns_when_rt_does() {
    let up = (0..25).map(|day| 5.0 * f64::exp(0.12 * f64::from(day)));
    let growing = daily(up.clone());
    let last = growing.values()[24];
    let rows = model().forecast(&growing, 14).unwrap();
    assert!(rows.steps()[6][MEDIAN] > 1.2 * last, "still growing");
    assert!(rows.steps()[13][MEDIAN] < 5.4 * last, "but damped: undamped growth would reach 5.4 times as many");
    let turned = daily(up.chain((0..12).map(|day| 80.0 * f64::exp(-0.1 * f64::from(day)))));
    let rows = model().forecast(&turned, 7).unwrap();
    assert!(rows.steps()[6][MEDIAN] < turned.values()[36]);
}

#[test]
fn it_says_when_it_does_not_apply() {
    let points: Vec<_> = (0..40).map(|week| (Date(week * 7), 50.0)).collect();
    let weekly = Series::new(Frequency::Week, &points).unwrap();
    for series in [weekly, daily([0.0, 1.0, 0.0, 2.0]), daily([0.0; 50])] {
        assert!(matches!(model().forecast(&series, 7), Err(NotApplicable::Condition(_))));
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_explosions_stay_numbers() {
    let explosive = daily((0..20).map(|day| f64::powi(2.4, day)));
    let forecast = model().forecast(&explosive, 60).unwrap();
    assert_eq!(forecast, model().forecast(&explosive, 60).unwrap());
    assert_ne!(forecast, Renewal { seed: 8, ..model() }.forecast(&explosive, 60).unwrap());
    assert!(model().forecast(&explosive, 0).unwrap().steps().is_empty());
}

#[test]
fn it_beats_the_naive_baseline_where_cases_infect_cases() {
    for seed in 1..=3 {
        let series = outbreak(seed, 300);
        let plan = Plan::spread(&series, 40, &[7, 14]).unwrap();
        let result = backtest(&series, &[&model()], &plan, &mut || 0.0, &mut |_, _| ());
        for worth in &result[0].worth {
            assert!(worth.relative_wis.unwrap() < 0.9, "{worth:?}");
            assert!((0.8..=1.0).contains(&worth.coverage95.unwrap()), "{worth:?}");
        }
    }
}
