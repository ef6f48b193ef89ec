#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test panics")]

use domain::time::Date;

use super::*;
use crate::forecast::MEDIAN;
use crate::series::Frequency;

/// Yangzhou's cases by day from 28 July 2021 (bulletins of the city's health commission).
const YANGZHOU: [f64; 16] =
    [2.0, 4.0, 10.0, 12.0, 26.0, 40.0, 32.0, 36.0, 58.0, 52.0, 36.0, 38.0, 48.0, 54.0, 37.0, 25.0];

fn daily(values: &[f64]) -> Series {
    let points: Vec<_> = (18_000..).map(Date).zip(values.iter().copied()).collect();
    Series::new(Frequency::Day, &points).unwrap()
}

fn near(value: f64, expected: f64, digits: i32) {
    assert!((value - expected).abs() < 0.51 * 10_f64.powi(-digits), "{value}, expected {expected}");
}

// The figures of the next two tests were computed with numpy's least squares, printed with the digits given here.

#[test]
fn yangzhou_to_5_august() {
    let fit = Grey::fit(&YANGZHOU[..9]).unwrap();
    near(fit.development, -0.243663362, 9);
    near(fit.input, 9.066621599, 9);
    for (step, expected) in [75.9873, 96.9533, 123.7041].into_iter().enumerate() {
        near(fit.value(9 + step), expected, 4);
    }
    near(fit.deviation_ratio, 0.342494, 6);
    near(fit.small_errors, 0.8889, 4);
    assert!(!fit.smooth());
}

#[test]
fn yangzhou_in_total_5_to_12_august() {
    let total: Vec<f64> = (9..=16).map(|days| YANGZHOU[..days].iter().sum()).collect();
    let fit = Grey::fit(&total).unwrap();
    near(fit.development, -0.104445920, 9);
    near(fit.input, 244.901534525, 9);
    near(fit.value(8), 586.60, 2);
    near(fit.value(9), 651.18, 2);
    assert!(fit.smooth());
}

#[test]
fn raw_counts_of_an_outbreak_are_refused_and_their_total_is_not() {
    let series = daily(&YANGZHOU);
    let counts = GreyModel { basis: Basis::Counts };
    assert!(matches!(counts.forecast(&series, 7), Err(NotApplicable::Condition(_))));
    let forecast = GreyModel { basis: Basis::Total }.forecast(&series, 7).unwrap();
    let total: Vec<f64> = (9..=16).map(|days| YANGZHOU[..days].iter().sum()).collect();
    let fit = Grey::fit(&total).unwrap();
    near(forecast.steps()[0][MEDIAN], fit.value(8) - fit.value(7), 9);
    let width = |step: usize| forecast.steps()[step][16] - forecast.steps()[step][6];
    near(width(3) / width(0), 2.0, 9);
}

#[test]
fn a_smooth_exponential_is_continued() {
    let values: Vec<f64> = (0..20).map(|day| 50.0 * 1.05_f64.powi(day)).collect();
    let forecast = GreyModel { basis: Basis::Counts }.forecast(&daily(&values), 3).unwrap();
    for (step, median) in (0..).zip(forecast.medians()) {
        assert!((median / (50.0 * 1.05_f64.powi(20 + step)) - 1.0).abs() < 2e-3, "{median}");
    }
}

#[test]
fn what_cannot_be_fitted_is_said() {
    let refused = |values: &[f64]| GreyModel { basis: Basis::Counts }.forecast(&daily(values), 2).unwrap_err();
    assert_eq!(refused(&[1.0, 2.0, 3.0]), SeriesError::TooShort { points: 3, needed: 4 }.into());
    assert_eq!(refused(&[5.0; 12]), SeriesError::Constant.into());
    assert!(matches!(refused(&[3.0, 0.0, 2.0, 1.0]), NotApplicable::Condition(_)));
    assert!(Grey::fit(&[1.0, 2.0, f64::NAN, 3.0]).is_err());
    assert!(Grey::fit(&[1e300, 1.1e300, 1.2e300, 1.1e308]).is_err());
}
