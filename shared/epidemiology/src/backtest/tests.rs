#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test panics")]

use std::cell::RefCell;

use domain::time::Date;

use super::*;
use crate::forecast::LEVELS;
use crate::series::Frequency;

fn series(values: &[f64]) -> Series {
    let points: Vec<_> = (18_000..).map(Date).zip(values.iter().copied()).collect();
    Series::new(Frequency::Day, &points).unwrap()
}

/// Says the last count plus one, and remembers all that it was shown; knows nothing of series of even length.
#[derive(Default)]
struct Spy {
    shown: RefCell<Vec<Vec<f64>>>,
}

impl Model for Spy {
    fn name(&self) -> &'static str {
        "spy"
    }

    fn forecast(&self, series: &Series, steps: usize) -> Result<Forecast, NotApplicable> {
        self.shown.borrow_mut().push(series.values().to_vec());
        if series.len().is_multiple_of(2) {
            return Err(NotApplicable::Condition("an even length"));
        }
        let last = series.values()[series.len() - 1];
        Forecast::new(vec![[last + 1.0; LEVELS.len()]; steps])
    }
}

#[test]
fn origins_are_spread_over_the_latter_half() {
    let plan = Plan::spread(&series(&[1.0; 100]), 4, &[1, 14]).unwrap();
    assert_eq!(plan.origins, [50, 62, 74, 86]);
    assert_eq!(Plan::spread(&series(&[1.0; 25]), 20, &[14]).unwrap().origins, [11]);
    assert_eq!(Plan::spread(&series(&[1.0; 23]), 20, &[14]).unwrap_err().code(), "SERIES_TOO_SHORT");
    assert!(Plan::spread(&series(&[1.0; 100]), 0, &[1]).is_err());
}

#[test]
fn figures_are_those_counted_by_hand() {
    let mut values: Vec<f64> = (0..20).map(f64::from).collect();
    values[16] = 18.0;
    let spy = Spy::default();
    let plan = Plan { origins: vec![11, 12, 13, 16], horizons: vec![1, 4] };
    let origins = Plan { origins: vec![11, 13, 15], ..plan.clone() };
    let mut ticks = 0.0;
    let mut clock = || {
        ticks += 6.0;
        ticks
    };
    let mut heard = Vec::new();
    let found = backtest(&series(&values), &[&spy], &origins, &mut clock, &mut |done, total| heard.push((done, total)));
    // From 11, 13 and 15 points the next is one more each time; four ahead it is 14, 18 (the changed one) and 18.
    let (next, fourth) = (&found[0].worth[0], &found[0].worth[1]);
    assert_eq!((next.scored, next.mae, next.wis, next.coverage95), (3, Some(0.0), Some(0.0), Some(1.0)));
    assert_eq!((fourth.mae, fourth.rmse), (Some((3.0 + 5.0 + 3.0) / 3.0), Some((43.0_f64 / 3.0).sqrt())));
    assert_eq!(next.relative_wis, Some(0.0));
    assert!((found[0].seconds - 2.0).abs() < 1e-12);
    assert_eq!(heard, [(1, 3), (2, 3), (3, 3)]);

    let refused = backtest(&series(&values), &[&spy], &plan, &mut || 0.0, &mut |_, _| ());
    assert_eq!(refused[0].not_applicable.iter().map(|(origin, _)| *origin).collect::<Vec<_>>(), [12, 16]);
    assert_eq!(refused[0].worth[0].scored, 2);
}

#[test]
fn a_model_is_shown_nothing_after_the_origin() {
    let values: Vec<f64> = (0..30).map(f64::from).collect();
    let mut changed = values.clone();
    changed[20..].iter_mut().for_each(|value| *value = 1e6);
    let (before, after) = (Spy::default(), Spy::default());
    let plan = Plan { origins: vec![15, 20], horizons: vec![1] };
    for (spy, values) in [(&before, &values), (&after, &changed)] {
        backtest(&series(values), &[spy], &plan, &mut || 0.0, &mut |_, _| ());
    }
    assert_eq!(before.shown, after.shown);
    assert_eq!(before.shown.borrow().iter().map(Vec::len).collect::<Vec<_>>(), [15, 20]);
}

#[test]
fn the_baseline_is_worth_one_and_no_outcome_means_no_figure() {
    let values: Vec<f64> = (0..40).map(|at| f64::from(at * 29 % 13)).collect();
    let plan = Plan { origins: vec![30, 39, 40], horizons: vec![2] };
    let found = backtest(&series(&values), &[&Naive::default()], &plan, &mut || 0.0, &mut |_, _| ());
    assert_eq!((found[0].worth[0].scored, found[0].worth[0].relative_wis), (1, Some(1.0)));
    let nothing = backtest(
        &series(&values),
        &[&Naive::default()],
        &Plan { origins: vec![40], ..plan },
        &mut || 0.0,
        &mut |_, _| (),
    );
    let worth = &nothing[0].worth[0];
    assert_eq!((worth.scored, worth.mae, worth.wis, worth.relative_wis, worth.coverage95), (0, None, None, None, None));
}
