#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test panics")]

use domain::time::Date;

use super::*;
use crate::forecast::{LEVELS, MEDIAN};
use crate::random::Random;
use crate::series::Frequency;

fn series(frequency: Frequency, values: &[f64]) -> Series {
    let points: Vec<_> = (0_u32..).map(|at| Date(14_000 + at * frequency.days())).zip(values.iter().copied()).collect();
    Series::new(frequency, &points).unwrap()
}

/// Rounded counts around a level that may depend on time.
fn counts(points: usize, level: impl Fn(f64) -> f64) -> Vec<f64> {
    let mut random = Random::new(9);
    let noisy = (0..points).map(|at| {
        let level = level(at as f64);
        (level + level.sqrt() * random.normal()).max(0.0).round()
    });
    noisy.collect()
}

#[test]
fn the_kind_is_told_from_the_numbers() {
    let outbreak = series(Frequency::Day, &counts(30, |at| 3.0 + at));
    assert_eq!(Regime::of(&outbreak, false), Regime::Outbreak);
    let days = series(Frequency::Day, &counts(200, |_| 40.0));
    assert_eq!((Regime::of(&days, false), Regime::of(&days, true)), (Regime::Daily, Regime::Outbreak));
    let year = |at: f64| (std::f64::consts::TAU * at / 52.0).sin();
    let influenza = series(Frequency::Week, &counts(160, |at| (5.0 + 2.0 * year(at)).exp()));
    assert_eq!(Regime::of(&influenza, false), Regime::Waves);
    // A mild season, and chance alone.
    for endemic in [counts(160, |at| 20.0 + 6.0 * year(at)), counts(160, |_| 0.7)] {
        assert_eq!(Regime::of(&series(Frequency::Week, &endemic), false), Regime::Endemic);
    }
}

#[test]
fn it_says_which_models_spoke() {
    let issue = |series: &Series| Ensemble::default().issue(series, 4).unwrap();
    let outbreak = series(Frequency::Day, &counts(30, |at| 3.0 + at));
    let issued = issue(&outbreak);
    assert_eq!((issued.members, issued.fallback.is_some(), issued.guarded), (vec!["naive"], true, false));
    assert_eq!(issued.forecast, Naive::default().forecast(&outbreak, 4).unwrap());

    let days = issue(&series(Frequency::Day, &counts(120, |_| 40.0)));
    assert_eq!(days.members, ["arima-root", "renewal"]);
    let weeks = issue(&series(Frequency::Week, &counts(60, |_| 20.0)));
    assert_eq!((weeks.regime, weeks.fallback), (Regime::Endemic, None));
    assert_eq!(weeks.refused.iter().map(|(model, _)| *model).collect::<Vec<_>>(), ["seasonal-naive"]);

    let constant = issue(&series(Frequency::Week, &[0.0; 60]));
    assert_eq!((constant.members, constant.fallback), (vec!["naive"], Some("no other model applies")));
    assert!(constant.forecast.medians().all(|median| median == 0.0));
    assert!(Ensemble::default().issue(&series(Frequency::Day, &[1.0]), 4).is_err());
}

#[test]
fn one_member_that_runs_away_is_outvoted() {
    let at = |value: f64| Forecast::new(vec![[value; LEVELS.len()]]).unwrap();
    let three = together(&[at(10.0), at(1e9), at(12.0)], 1).unwrap();
    assert_eq!(three.steps()[0][MEDIAN], 12.0);
    assert_eq!(together(&[at(10.0), at(14.0)], 1).unwrap().steps()[0][0], 12.0);
}

#[test]
fn the_guard_cuts_what_counts_can_not_do() {
    let past = series(Frequency::Day, &[vec![60.0; 20], vec![3.0; 14]].concat());
    let naive = Forecast::new(vec![LEVELS.map(|level| 8.0 * level)]).unwrap();
    let wild = Forecast::new(vec![LEVELS.map(|level| 1e6 * level)]).unwrap();
    let (kept, cut) = guard(&past, &wild, &naive).unwrap();
    // Four times the naive's 99 % quantile, which is more than the three of each of the last 14 days.
    assert!(cut && (kept.steps()[0][22] - 4.0 * 8.0 * 0.99).abs() < 1e-9);
    assert_eq!(guard(&past, &naive, &naive).unwrap(), (naive, false));

    // Medians stay below five times the largest of 28 points, but at least 50 cases.
    let quiet = series(Frequency::Day, &[1.0; 40]);
    let wide = Forecast::new(vec![LEVELS.map(|level| 1_000.0 * level)]).unwrap();
    let (kept, _) = guard(&quiet, &wild, &wide).unwrap();
    assert!((kept.steps()[0][MEDIAN] - 50.0).abs() < 1e-9 && kept.steps()[0][22] > 1_000.0);
}

#[test]
fn a_pool_of_the_same_is_the_same_and_leaps_stay_leaps() {
    let whole = LEVELS.map(|level| (4.0 * level).floor());
    for row in [whole, LEVELS.map(|level| 10.0 * level), [0.0; LEVELS.len()]] {
        let one = Forecast::new(vec![row]).unwrap();
        let two = pooled(&[one.clone(), one.clone()], 1).unwrap();
        assert!(two.steps()[0].iter().zip(row).all(|(pooled, own)| (pooled - own).abs() < 1e-9), "{row:?} {two:?}");
    }
}

#[test]
fn a_pool_holds_what_either_member_holds() {
    let around = |middle: f64| Forecast::new(vec![LEVELS.map(|level| middle + level)]).unwrap();
    let row = pooled(&[around(10.0), around(20.0)], 1).unwrap().steps()[0];
    // Half of the chance is with each: level .2 of the pool is level .4 of the first member, level .8 is .6 of the second.
    assert!((row[5] - 10.4).abs() < 1e-9 && (row[17] - 20.6).abs() < 1e-9, "{row:?}");
    assert!(row[0] >= 10.0 && row[0] < 10.1 && row[22] > 20.9 && row[22] <= 21.0, "{row:?}");
}
