//! A forecast: for each step ahead, the quantiles of what will be counted then. A model gives one, or says why it does not
//! apply to a series.

use thiserror::Error;

use crate::series::{Series, SeriesError};

/// The 23 quantile levels of the public forecast hubs (CDC FluSight, COVID-19 Forecast Hub).
pub const LEVELS: [f64; 23] = [
    0.01, 0.025, 0.05, 0.10, 0.15, 0.20, 0.25, 0.30, 0.35, 0.40, 0.45, 0.50, 0.55, 0.60, 0.65, 0.70, 0.75, 0.80, 0.85,
    0.90, 0.95, 0.975, 0.99,
];
/// Where the median stands in [`LEVELS`].
pub const MEDIAN: usize = 11;
/// The ends of the 95 % interval in [`LEVELS`].
pub const BAND95: (usize, usize) = (1, 21);

/// The values at [`LEVELS`] of one step ahead.
pub type Quantiles = [f64; LEVELS.len()];

/// Quantiles of the steps ahead, nearest first: finite, not negative, each row ascending.
#[derive(Clone, Debug, PartialEq)]
pub struct Forecast {
    steps: Vec<Quantiles>,
}

impl Forecast {
    /// A forecast of these rows. Values below zero become zero and each row is put in order, since counts have no negative
    /// values and quantiles never cross; a value that is no number makes it inapplicable.
    ///
    /// # Errors
    /// [`NotApplicable::NoNumber`].
    pub fn new(mut steps: Vec<Quantiles>) -> Result<Self, NotApplicable> {
        for value in steps.iter_mut().flatten() {
            if !value.is_finite() {
                return Err(NotApplicable::NoNumber);
            }
            *value = value.max(0.0);
        }
        steps.iter_mut().for_each(|row| row.sort_by(f64::total_cmp));
        Ok(Forecast { steps })
    }

    /// The rows, nearest step first.
    pub fn steps(&self) -> &[Quantiles] {
        &self.steps
    }

    /// The medians, nearest step first.
    pub fn medians(&self) -> impl Iterator<Item = f64> + '_ {
        self.steps.iter().filter_map(|row| row.get(MEDIAN).copied())
    }
}

/// Why a model gives no forecast for a series.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum NotApplicable {
    /// The series is not fit for it.
    #[error(transparent)]
    Series(#[from] SeriesError),
    /// A condition of the model does not hold, in words.
    #[error("{0}")]
    Condition(&'static str),
    /// The computation left the numbers.
    #[error("the computation gave a value that is no number")]
    NoNumber,
}

/// A way to say what comes next. The same series, steps and seed always give the same forecast.
pub trait Model {
    /// Its name in tables and events; it never changes.
    fn name(&self) -> &'static str;

    /// Quantiles for the `steps` points that follow the series.
    ///
    /// # Errors
    /// Why the model does not apply to this series.
    fn forecast(&self, series: &Series, steps: usize) -> Result<Forecast, NotApplicable>;
}

/// The values at [`LEVELS`] of equally likely samples, between neighbours in proportion (R's type 7).
pub fn quantiles(samples: &mut [f64]) -> Quantiles {
    samples.sort_by(f64::total_cmp);
    LEVELS.map(|level| quantile_of_sorted(samples, level))
}

/// One quantile of ascending samples (R's type 7); 0 without samples.
pub fn quantile_of_sorted(samples: &[f64], level: f64) -> f64 {
    let last = samples.len().saturating_sub(1);
    let place = level.clamp(0.0, 1.0) * last as f64;
    let below = (place.floor() as usize).min(last);
    let value = |at: usize| samples.get(at.min(last)).copied().unwrap_or_default();
    value(below) + (place - below as f64) * (value(below + 1) - value(below))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test panics")]

    use super::*;

    #[test]
    fn levels_mirror_around_the_median() {
        assert!(LEVELS.iter().zip(LEVELS.iter().rev()).all(|(low, high)| (low + high - 1.0).abs() < 1e-12));
        assert!((LEVELS[MEDIAN] - 0.5).abs() < 1e-12);
        assert!((LEVELS[BAND95.1] - LEVELS[BAND95.0] - 0.95).abs() < 1e-12);
    }

    #[test]
    fn a_forecast_is_never_negative_and_never_crosses() {
        let mut row = LEVELS.map(|level| 10.0 - 20.0 * level);
        let forecast = Forecast::new(vec![row]).unwrap();
        assert!(forecast.steps()[0].windows(2).all(|pair| pair[0] <= pair[1]) && forecast.steps()[0][0] >= 0.0);
        row[3] = f64::NAN;
        assert_eq!(Forecast::new(vec![row]), Err(NotApplicable::NoNumber));
    }

    #[test]
    fn quantiles_are_those_of_r() {
        // quantile(c(1, 2, 4, 8), .4) is 2.4
        assert!((quantile_of_sorted(&[1.0, 2.0, 4.0, 8.0], 0.4) - 2.4).abs() < 1e-12);
        assert!((quantile_of_sorted(&[3.0], 0.99) - 3.0).abs() < 1e-12);
    }
}
