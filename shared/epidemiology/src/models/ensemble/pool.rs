//! How the members' forecasts become one.

use crate::forecast::{Forecast, LEVELS, NotApplicable, Quantiles, quantile_of_sorted};

/// At each level the median of the members' quantiles: one member that runs away moves it little (Ray et al. 2023,
/// doi:10.1016/j.ijforecast.2022.06.005). Of two members it is the mean.
///
/// # Errors
/// [`NotApplicable::NoNumber`], where a value is none.
pub fn together(forecasts: &[Forecast], steps: usize) -> Result<Forecast, NotApplicable> {
    let row = |step: usize| -> Quantiles {
        std::array::from_fn(|level| {
            let value = |forecast: &Forecast| forecast.steps().get(step)?.get(level).copied();
            let mut values: Vec<f64> = forecasts.iter().filter_map(value).collect();
            values.sort_by(f64::total_cmp);
            quantile_of_sorted(&values, 0.5)
        })
    };
    Forecast::new((0..steps).map(row).collect())
}

/// The linear pool: each member is right with equal chance, so that the pool's distribution function is the mean of theirs
/// (Stone 1961, doi:10.1214/aoms/1177704873). Where members agree it is as sharp as they are; where they do not, its
/// intervals hold both, which no mean of their quantiles does.
///
/// # Errors
/// [`NotApplicable::NoNumber`], where a value is none.
pub fn pooled(forecasts: &[Forecast], steps: usize) -> Result<Forecast, NotApplicable> {
    let row = |step: usize| -> Quantiles {
        let rows: Vec<&Quantiles> = forecasts.iter().filter_map(|forecast| forecast.steps().get(step)).collect();
        let mut values: Vec<f64> = rows.iter().flat_map(|row| row.iter().copied()).collect();
        values.sort_by(f64::total_cmp);
        values.dedup();
        let mean = |chance: &dyn Fn(&Quantiles) -> f64| {
            rows.iter().map(|row| chance(row)).sum::<f64>() / rows.len().max(1) as f64
        };
        // Counts are whole numbers: many quantiles are the same, and the function leaps there.
        let around = |value: f64| {
            let (less, most) = (mean(&|row| less_than(row, value)), mean(&|row| at_most(row, value)));
            [(value, less), (value, most)]
        };
        let course: Vec<(f64, f64)> = values.into_iter().flat_map(around).collect();
        LEVELS.map(|level| reached(&course, level))
    };
    Forecast::new((0..steps).map(row).collect())
}

/// The chance that the count is at most `value`.
fn at_most(row: &Quantiles, value: f64) -> f64 {
    chance(row, value, row.partition_point(|quantile| *quantile <= value))
}

/// The chance that the count is less than `value`.
fn less_than(row: &Quantiles, value: f64) -> f64 {
    chance(row, value, row.partition_point(|quantile| *quantile < value))
}

/// The chance that goes with a value when so many quantiles are below it: in proportion between two quantiles, none below the
/// lowest, sure above the highest.
fn chance(row: &Quantiles, value: f64, below: usize) -> f64 {
    let at = |index: usize| Some((*row.get(index)?, *LEVELS.get(index)?));
    match (below.checked_sub(1).and_then(at), at(below)) {
        (Some((low, chance)), Some((high, next))) => chance + (next - chance) * (value - low) / (high - low),
        (None, _) => 0.0,
        (_, None) => 1.0,
    }
}

/// The value at which a distribution function, known at ascending values, reaches a level: in proportion between two of them,
/// or where it leaps over it.
fn reached(course: &[(f64, f64)], level: f64) -> f64 {
    let after = course.partition_point(|(_, chance)| *chance < level);
    match (after.checked_sub(1).and_then(|before| course.get(before)), course.get(after)) {
        (Some((low, chance)), Some((high, next))) => low + (high - low) * (level - chance) / (next - chance),
        (None, Some((value, _))) | (Some((value, _)), None) => *value,
        (None, None) => 0.0,
    }
}
