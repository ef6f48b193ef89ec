//! Harmonic regression: a year's wave, and errors that remember. For diseases that come and go with the seasons.
//!
//! The yearly season is one sine wave, which two peaks are enough to place; the errors around it are autoregressive and
//! never differenced, since waves come back (Hyndman and Athanasopoulos, Forecasting: Principles and Practice, 3rd edition,
//! section 10.5; the orders chosen by unit root tests, which take a wave for a random walk, forecast influenza worse).

use nalgebra::{DMatrix, DVector};

use super::arima::fit::{Effort, Order, fit};
use super::arima::{Scale, normal_scores};
use crate::forecast::{Forecast, Model, NotApplicable};
use crate::series::{Frequency, Series, SeriesError};

/// Autoregressive terms: level, growth, and how growth turns.
const TERMS: usize = 3;
/// Days of a year.
const YEAR_DAYS: f64 = 365.25;
/// Years it takes to place the wave; with less the errors carry it alone.
const YEARS: f64 = 1.15;
/// Years that are looked at: as many as in which surveillance stays comparable.
const MOST_YEARS: f64 = 10.0;
/// Points it takes to tell the autoregressive terms from chance.
const FEWEST: usize = 20;

/// A yearly wave with autoregressive errors, on one scale.
#[derive(Clone, Copy, Debug)]
pub struct Harmonic {
    /// The scale it works on.
    pub scale: Scale,
}

impl Model for Harmonic {
    fn name(&self) -> &'static str {
        match self.scale {
            Scale::Raw => "harmonic",
            Scale::Log => "harmonic-log",
            Scale::Root => "harmonic-root",
            Scale::FourthRoot => "harmonic-fourth-root",
        }
    }

    fn forecast(&self, series: &Series, steps: usize) -> Result<Forecast, NotApplicable> {
        let year = YEAR_DAYS / f64::from(series.frequency().days());
        let most = (MOST_YEARS * year) as usize;
        let counts = series.values();
        let counts = counts.get(counts.len().saturating_sub(most)..).unwrap_or_default();
        if series.frequency() != Frequency::Week {
            return Err(NotApplicable::Condition("the yearly wave is fitted to weeks"));
        }
        if counts.len() < FEWEST {
            return Err(SeriesError::TooShort { points: counts.len(), needed: FEWEST }.into());
        }
        if counts.iter().all(|count| Some(count) == counts.first()) {
            return Err(SeriesError::Constant.into());
        }
        let values: Vec<f64> = counts.iter().map(|count| self.scale.apply(*count)).collect();
        let placed = counts.len() as f64 >= YEARS * year;
        let season = if placed { wave(&values, year, steps) } else { None };
        let season = season.unwrap_or_else(|| vec![0.0; values.len() + steps]);
        let errors: Vec<f64> = values.iter().zip(&season).map(|(value, season)| value - season).collect();
        let fitted = fit(&errors, Order::plain(TERMS, 0, 0, true), Effort::Quick);
        let fitted = fitted.ok_or(NotApplicable::Condition("no autoregression fits the series"))?;
        let scores = normal_scores();
        let rows = fitted.ahead(&errors, steps).into_iter().zip(season.iter().skip(values.len()));
        let rows = rows
            .map(|((mean, deviation), season)| scores.map(|score| self.scale.undo(season + mean + score * deviation)));
        Forecast::new(rows.collect())
    }
}

/// The sine wave of period `year` that is nearest to the values, over them and `steps` further points.
fn wave(values: &[f64], year: f64, steps: usize) -> Option<Vec<f64>> {
    let at = |row: usize, column: usize| {
        let angle = std::f64::consts::TAU * row as f64 / year;
        match column {
            0 => 1.0,
            1 => angle.sin(),
            _ => angle.cos(),
        }
    };
    let design = DMatrix::from_fn(values.len(), 3, at);
    let target = design.transpose() * DVector::from_column_slice(values);
    let found = (design.transpose() * design).lu().solve(&target)?;
    let whole = DMatrix::from_fn(values.len() + steps, 3, at) * found;
    whole.iter().all(|value| value.is_finite()).then(|| whole.as_slice().to_vec())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test panics")]

    use domain::time::Date;

    use super::*;
    use crate::random::Random;

    fn weeks(values: &[f64]) -> Series {
        let points: Vec<_> = (0_u32..).map(|at| Date(14_000 + at * 7)).zip(values.iter().copied()).collect();
        Series::new(Frequency::Week, &points).unwrap()
    }

    fn season(week: usize) -> f64 {
        (5.0 + 2.0 * (std::f64::consts::TAU * week as f64 * 7.0 / YEAR_DAYS).sin()).exp()
    }

    #[test]
    fn the_next_season_is_seen_from_the_last_ones() {
        let mut random = Random::new(3);
        // Two years and a half: the last known week is in the trough, the peak a year's half away.
        let counts: Vec<f64> = (0..143).map(|week| (season(week) * (0.1 * random.normal()).exp()).round()).collect();
        let forecast = Harmonic { scale: Scale::Log }.forecast(&weeks(&counts), 26).unwrap();
        for (step, row) in forecast.steps().iter().enumerate() {
            let due = season(143 + step);
            assert!(
                row[1] < due && due < row[21] && row[11] > 0.6 * due && row[11] < 1.6 * due,
                "{step} {due} {row:?}"
            );
        }
    }

    #[test]
    fn it_needs_weeks_and_something_that_varies() {
        let days = Series::new(Frequency::Day, &[(Date(14_000), 1.0)]).unwrap();
        let model = Harmonic { scale: Scale::Root };
        assert!(matches!(model.forecast(&days, 1), Err(NotApplicable::Condition(_))));
        assert_eq!(model.forecast(&weeks(&[4.0; 80]), 1), Err(SeriesError::Constant.into()));
        assert!(model.forecast(&weeks(&[4.0; 10]), 1).is_err());
        assert!(model.forecast(&weeks(&(0..30).map(season).collect::<Vec<_>>()), 4).is_ok());
    }
}
