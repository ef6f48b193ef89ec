#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test panics")]

use domain::time::Date;

use super::*;
use crate::backtest::{Plan, backtest};

fn daily(values: impl IntoIterator<Item = f64>) -> Series {
    let points: Vec<_> = (18_000..).map(Date).zip(values).collect();
    Series::new(Frequency::Day, &points).unwrap()
}

/// Waves of an outbreak that comes back, with a week and noise.
fn waves(seed: u64, days: usize) -> Series {
    let mut random = Random::new(seed);
    let rhythm = [1.2, 1.1, 1.0, 1.0, 1.1, 0.9, 0.7];
    let count = |day: usize| {
        let wave = (day as f64 / 60.0 * std::f64::consts::TAU).sin();
        random.poisson(100.0 * (0.8 * wave).exp() * rhythm[day % 7])
    };
    daily((0..days).map(count).collect::<Vec<_>>())
}

#[test]
fn slopes_are_those_of_finite_differences() {
    let mut random = Random::new(5);
    let mut network = Network::new(3, &mut random);
    let window = (0..6).map(|_| [random.normal(), random.normal(), random.normal()]).collect();
    let sample = Sample { window, targets: vec![0.5, -1.0, 2.0] };
    let mut slopes = vec![0.0; network.weights.len()];
    train::loss(&network, &sample, &mut slopes);
    let mut none = vec![0.0; slopes.len()];
    for (at, slope) in slopes.iter().enumerate() {
        let mut beside = |step: f64| {
            let kept = network.weights[at];
            network.weights[at] = kept + step;
            let value = train::loss(&network, &sample, &mut none);
            network.weights[at] = kept;
            value
        };
        let difference = (beside(1e-5) - beside(-1e-5)) / 2e-5;
        assert!((slope - difference).abs() < 1e-8 + 1e-6 * slope.abs(), "weight {at}: {slope}, {difference}");
    }
    assert!(slopes.iter().filter(|slope| slope.abs() > 1e-7).count() > slopes.len() * 9 / 10, "hardly any is zero");
}

#[test]
fn it_is_better_than_the_naive_baseline_on_waves_that_come_back() {
    let series = waves(2, 400);
    let plan = Plan { origins: (300..390).step_by(15).collect(), horizons: vec![1, 7] };
    let result = backtest(&series, &[&Lstm { seed: 1 }], &plan, &mut || 0.0, &mut |_, _| ());
    for worth in &result[0].worth {
        assert!(worth.relative_wis.unwrap() < 1.0, "{worth:?}");
    }
}

#[test]
fn the_same_seed_gives_the_same_weights_and_another_others() {
    let series = waves(3, 120);
    let fit = Lstm { seed: 1 }.fit(&series, 3).unwrap();
    let bytes = fit.weights_bytes();
    assert_eq!(bytes.len(), 8 * MEMBERS * fit.members[0].weights.len());
    assert_eq!(bytes, Lstm { seed: 1 }.fit(&series, 3).unwrap().weights_bytes());
    assert_ne!(bytes, Lstm { seed: 9 }.fit(&series, 3).unwrap().weights_bytes());
    assert_eq!(fit.forecast(), Lstm { seed: 1 }.forecast(&series, 3));
    assert!(fit.members.iter().zip(&fit.members[1..]).all(|(one, other)| one != other));
}

#[test]
fn a_window_knows_nothing_of_what_follows() {
    let series = waves(4, 130);
    let (all, past) = (History::of(&series, Shape::of(Frequency::Day)), series.until(120));
    let past = History::of(&past, Shape::of(Frequency::Day));
    assert_eq!(all.window(120).window, past.window(120).window);
    assert_eq!((all.samples(7).len(), all.samples(7)[0].targets.len()), (130 - 14 - 7 + 1, 7));
}

#[test]
fn it_says_when_it_does_not_apply() {
    let lstm = Lstm { seed: 1 };
    let refused = |values: Vec<f64>, steps| lstm.forecast(&daily(values), steps).unwrap_err();
    let some: Vec<f64> = (0..99).map(|day| f64::from(day % 5)).collect();
    assert_eq!(refused(some.clone(), 7), SeriesError::TooShort { points: 99, needed: 100 }.into());
    assert_eq!(refused(some.clone(), 28), SeriesError::TooShort { points: 99, needed: 182 }.into());
    assert_eq!(refused(vec![3.0; 150], 7), SeriesError::Constant.into());
    assert!(matches!(refused(some.clone(), 0), NotApplicable::Condition(_)));
    assert!(matches!(refused(some, 29), NotApplicable::Condition(_)));
    let steep = daily((0..110).map(|day| if day < 100 { 0.0 } else { 1e300 }));
    assert!(lstm.forecast(&steep, 14).is_ok());
}
