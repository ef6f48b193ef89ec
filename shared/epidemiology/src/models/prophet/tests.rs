#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test panics")]

use super::*;
use crate::forecast::MEDIAN;

/// Two years and a half of days: a trend with a bend, a week, a year, and noise.
fn days(seed: u64, noise: f64) -> Vec<f64> {
    let mut random = Random::new(seed);
    let curve = |day: i32| {
        let day = f64::from(day);
        let (week, year) = ((day / 7.0 * std::f64::consts::TAU).sin(), (day / 365.25 * std::f64::consts::TAU).cos());
        200.0 + 0.2 * day - 0.3 * (day - 400.0).max(0.0) + 20.0 * week + 50.0 * year
    };
    (0..900).map(|day| curve(day) + noise * random.normal()).collect()
}

fn daily(values: &[f64]) -> Series {
    let points: Vec<_> = (18_000..).map(Date).zip(values.iter().copied()).collect();
    Series::new(Frequency::Day, &points).unwrap()
}

#[test]
fn trend_week_and_year_are_found_again() {
    let (clean, noisy) = (days(1, 0.0), days(1, 10.0));
    let fit = Fit::new(Date(18_000), Frequency::Day, &noisy[..870]).unwrap();
    for (index, value) in clean.iter().enumerate().skip(870) {
        assert!((fit.value(index) - value).abs() < 10.0, "{index}: {} and {value}", fit.value(index));
    }
    assert!((fit.noise() - 10.0).abs() < 1.0, "{}", fit.noise());
    assert!(fit.trend(600) < fit.trend(400), "the trend fell after the bend");
}

#[test]
fn the_weights_are_at_the_top_of_the_posterior() {
    let values: Vec<f64> = days(2, 15.0)[..120].iter().map(|value| value / 300.0).collect();
    let design = Design::new(Date(18_000), Frequency::Day, values.len());
    let (rows, changes) = (design.rows(values.len()), design.changes());
    let mode = Mode::find(&rows, &values, changes.clone());
    // The log posterior of the paper's model, but for a constant, written again without the sums that the search uses.
    let density = |weights: &nalgebra::DVector<f64>, noise: f64| {
        let fitted = &rows * weights;
        let squares: f64 = values.iter().zip(fitted.iter()).map(|(value, fit)| (value - fit).powi(2)).sum();
        let priors: f64 = (0..weights.len())
            .map(|at| match at {
                0 | 1 => -weights[at].powi(2) / 50.0,
                _ if changes.contains(&at) => -weights[at].abs() / 0.05,
                _ => -weights[at].powi(2) / 200.0,
            })
            .sum();
        priors - values.len() as f64 * noise.ln() - squares / (2.0 * noise * noise) - 2.0 * noise * noise
    };
    let top = density(&mode.weights, mode.noise);
    for at in 0..mode.weights.len() {
        for step in [-1e-3, 1e-3] {
            let mut beside = mode.weights.clone();
            beside[at] += step;
            assert!(density(&beside, mode.noise) < top, "weight {at}");
        }
    }
    assert!(density(&mode.weights, mode.noise * 1.01) < top && density(&mode.weights, mode.noise * 0.99) < top);
    assert!(changes.clone().any(|at| mode.weights[at] == 0.0), "the Laplace prior leaves some changes out");
}

#[test]
fn the_band_holds_what_comes() {
    let values = days(3, 10.0);
    let rows = Prophet { log_scale: false, seed: 1 }.forecast(&daily(&values[..870]), 400).unwrap();
    let inside = rows.steps().iter().zip(&values[870..]).filter(|(row, value)| (row[1]..=row[21]).contains(*value));
    let inside = inside.count();
    assert!(inside >= 25, "{inside} of 30");
    let width = |step: usize| rows.steps()[step][21] - rows.steps()[step][1];
    assert!((width(0) / 39.2 - 1.0).abs() < 0.15, "{}", width(0));
    assert!(width(399) > 1.3 * width(0), "the trend may bend: {}", width(399));
}

#[test]
fn seasons_that_multiply_want_the_log_scale() {
    let factors = [1.3, 1.2, 1.1, 1.0, 1.0, 0.9, 0.5];
    let value = |day: usize| 20.0 * 1.02_f64.powf(day as f64) * factors[day % 7];
    let values: Vec<f64> = (0..120).map(value).collect();
    let error = |log_scale| {
        let rows = Prophet { log_scale, seed: 1 }.forecast(&daily(&values), 14).unwrap();
        (0..14).map(|step| (rows.steps()[step][MEDIAN] / value(120 + step) - 1.0).abs()).sum::<f64>() / 14.0
    };
    assert!(error(true) < 0.05 && error(true) < error(false), "{} {}", error(true), error(false));
}

#[test]
fn short_constant_and_steep_series_are_answered_in_words_or_numbers() {
    let (linear, log) = (Prophet { log_scale: false, seed: 1 }, Prophet { log_scale: true, seed: 1 });
    let short = SeriesError::TooShort { points: 9, needed: 10 };
    assert_eq!(linear.forecast(&daily(&[1.0; 9]), 7), Err(short.into()));
    assert_eq!(linear.forecast(&daily(&[4.0; 30]), 7), Err(SeriesError::Constant.into()));
    assert!(Fit::new(Date(0), Frequency::Day, &[f64::NAN; 10]).is_err());
    let steep: Vec<f64> = (0..60).map(|day| 10_f64.powi(day / 4)).collect();
    assert!(log.forecast(&daily(&steep), 240).is_ok());
    assert!(matches!(log.forecast(&daily(&steep), 241), Err(NotApplicable::Condition(_))));
    let first = log.forecast(&daily(&steep), 14).unwrap();
    assert_eq!(first, log.forecast(&daily(&steep), 14).unwrap());
    assert_ne!(first, Prophet { seed: 2, ..log }.forecast(&daily(&steep), 14).unwrap());
}
