//! How good a model would have been: it is put back to many points of the past, asked there, and scored by what came.
//!
//! A model is given the series up to the origin and nothing else, so that it can't look ahead whatever it does.

use crate::forecast::{Forecast, Model, NotApplicable};
use crate::models::naive::Naive;
use crate::score::{absolute_error, covered95, wis};
use crate::series::{Series, SeriesError};

/// Before this many points no model but the flat naive has anything to go by.
pub const FIRST_ORIGIN: usize = 10;

/// From where to forecast, and how far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// How many points are known at each origin.
    pub origins: Vec<usize>,
    /// Steps ahead that are scored.
    pub horizons: Vec<usize>,
}

impl Plan {
    /// `count` origins spread evenly over the latter half of a series, each with something to score at every horizon.
    ///
    /// # Errors
    /// [`SeriesError::TooShort`] where not one origin is left, or none was asked for.
    pub fn spread(series: &Series, count: usize, horizons: &[usize]) -> Result<Self, SeriesError> {
        let furthest = horizons.iter().copied().max().unwrap_or_default().max(1);
        let needed = FIRST_ORIGIN + furthest;
        if series.len() < needed || count == 0 || horizons.is_empty() {
            return Err(SeriesError::TooShort { points: series.len(), needed });
        }
        let last = series.len() - furthest;
        let first = (series.len() / 2).clamp(FIRST_ORIGIN, last);
        let gaps = count.saturating_sub(1).clamp(1, MAX_ORIGINS);
        let mut origins: Vec<usize> =
            (0..count.min(MAX_ORIGINS)).map(|at| last - (last - first) * at / gaps).rev().collect();
        origins.dedup();
        Ok(Plan { origins, horizons: horizons.to_vec() })
    }
}

/// More origins than a series has points can't be told apart.
const MAX_ORIGINS: usize = crate::series::MAX_POINTS;

/// What a model's forecasts of one horizon were worth. Lower is better, but for the coverage.
#[derive(Clone, Debug, PartialEq)]
pub struct Worth {
    /// Steps ahead.
    pub horizon: usize,
    /// Forecasts that were scored; where there are none, the figures are missing too.
    pub scored: usize,
    /// Mean absolute error of the median, in counts.
    pub mae: Option<f64>,
    /// Root of the mean squared error of the median, in counts.
    pub rmse: Option<f64>,
    /// Mean weighted interval score, in counts.
    pub wis: Option<f64>,
    /// The mean score divided by that of the flat naive baseline over the same origins; none where the baseline was perfect.
    pub relative_wis: Option<f64>,
    /// The share of outcomes inside the 95 % interval.
    pub coverage95: Option<f64>,
}

/// What came of one model.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    /// The model's name.
    pub model: &'static str,
    /// One for each horizon, in the plan's order.
    pub worth: Vec<Worth>,
    /// Origins at which the model did not apply, and why.
    pub not_applicable: Vec<(usize, NotApplicable)>,
    /// Mean time of a forecast by the caller's clock.
    pub seconds: f64,
}

/// Puts every model back to every origin. `clock` tells seconds from any start (this crate has none); `progress` hears how
/// many of how many forecasts are done.
pub fn backtest(
    series: &Series,
    models: &[&dyn Model],
    plan: &Plan,
    clock: &mut dyn FnMut() -> f64,
    progress: &mut dyn FnMut(usize, usize),
) -> Vec<Evaluation> {
    let steps = plan.horizons.iter().copied().max().unwrap_or_default();
    let total = models.len() * plan.origins.len();
    let known: Vec<Series> = plan.origins.iter().map(|origin| series.until(*origin)).collect();
    let baseline: Vec<_> = known.iter().map(|past| Naive::default().forecast(past, steps)).collect();
    let evaluate = |(done, model): (usize, &&dyn Model)| {
        let started = clock();
        let forecasts: Vec<_> = known
            .iter()
            .zip(done * plan.origins.len()..)
            .map(|(past, before)| {
                let forecast = model.forecast(past, steps);
                progress(before + 1, total);
                forecast
            })
            .collect();
        let seconds = (clock() - started).max(0.0) / known.len().max(1) as f64;
        let worth =
            plan.horizons.iter().map(|horizon| worth(series, &known, &forecasts, &baseline, *horizon)).collect();
        let refused = known.iter().zip(forecasts).filter_map(|(past, forecast)| Some((past.len(), forecast.err()?)));
        Evaluation { model: model.name(), worth, not_applicable: refused.collect(), seconds }
    };
    models.iter().enumerate().map(evaluate).collect()
}

/// What was forecast at each origin.
type Forecasts = [Result<Forecast, NotApplicable>];

/// Scores one horizon over the origins at which there are a forecast and an outcome.
fn worth(series: &Series, known: &[Series], forecasts: &Forecasts, baseline: &Forecasts, horizon: usize) -> Worth {
    let mut sums = Sums::default();
    for ((past, forecast), naive) in known.iter().zip(forecasts).zip(baseline) {
        let row = |forecast: &Result<Forecast, NotApplicable>| {
            forecast.as_ref().ok().and_then(|forecast| forecast.steps().get(horizon.checked_sub(1)?).copied())
        };
        let outcome = series.values().get((past.len() + horizon).saturating_sub(1)).copied();
        let (Some(row), Some(naive), Some(outcome)) = (row(forecast), row(naive), outcome) else { continue };
        sums.count += 1;
        sums.absolute += absolute_error(&row, outcome);
        sums.squared += absolute_error(&row, outcome).powi(2);
        sums.wis += wis(&row, outcome);
        sums.naive += wis(&naive, outcome);
        sums.covered += usize::from(covered95(&row, outcome));
    }
    let mean = |sum: f64| (sums.count > 0).then(|| sum / sums.count as f64);
    Worth {
        horizon,
        scored: sums.count,
        mae: mean(sums.absolute),
        rmse: mean(sums.squared).map(f64::sqrt),
        wis: mean(sums.wis),
        relative_wis: (sums.naive > 0.0).then(|| sums.wis / sums.naive),
        coverage95: mean(sums.covered as f64),
    }
}

/// Sums over the scored origins.
#[derive(Default)]
struct Sums {
    count: usize,
    absolute: f64,
    squared: f64,
    wis: f64,
    naive: f64,
    covered: usize,
}

#[cfg(test)]
mod tests;
