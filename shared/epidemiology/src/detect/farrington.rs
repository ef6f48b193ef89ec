//! Farrington Flexible: weekly counts against the same weeks of five years, with trend, past outbreaks weighed down.
//!
//! After Noufaily et al. 2013 (doi:10.1002/sim.5595), as in use at UKHSA and ECDC and in R's `surveillance`
//! (`farringtonFlexible`, `thresholdMethod = "nbPlugin"`), to whose bounds it is held.

use super::law::{CountLaw, Tie};
use super::regression::{Row, level, weigh_down};
use super::seasonal::Seasonal;
use super::{Detector, Point, needs, weekly};
use crate::forecast::NotApplicable;
use crate::series::{Frequency, Series};

/// Weeks from a week to the same week of the year before; a 53rd week is one more step in a series without holes.
const YEAR: usize = 52;
/// A bound cannot be trusted where there is next to nothing: at least this many cases in the last [`RECENT`] weeks.
const FEWEST_CASES: f64 = 5.0;
/// Weeks in which [`FEWEST_CASES`] are looked for, the judged one among them.
const RECENT: usize = 4;
/// Farrington Flexible, with the parameters of Noufaily et al.
#[derive(Clone, Copy, Debug)]
pub struct Farrington {
    /// Years of baseline.
    pub years: usize,
    /// Weeks before and after the same week of a past year that count as that week.
    pub half_window: usize,
    /// Seasons into which the rest of the year is cut.
    pub blocks: usize,
    /// The last weeks, which may hold the outbreak that is looked for, are no part of the baseline.
    pub excluded: usize,
    /// The chance of a false alarm in a week, if the law holds.
    pub alpha: f64,
}

impl Default for Farrington {
    fn default() -> Self {
        Farrington { years: 5, half_window: 3, blocks: 9, excluded: 26, alpha: 0.005 }
    }
}

/// What the baseline says of one week.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Baseline {
    /// The mean to be expected.
    pub mean: f64,
    /// The mean that was to be expected one week before.
    pub before: f64,
    /// Variance over mean, at least 1.
    pub dispersion: f64,
}

impl Farrington {
    /// The baseline of the week at `index`, from the weeks before it only. Without any case in it, no case is expected.
    ///
    /// # Errors
    /// Too short a history, or a regression that does not settle.
    pub fn baseline(&self, values: &[f64], index: usize) -> Result<Baseline, NotApplicable> {
        needs(values, index, self.history(Frequency::Week))?;
        let (mut rows, seasons) = (self.rows(values, index), self.blocks + 1);
        let most = rows.iter().map(|row| row.count).fold(0.0, f64::max);
        if most == 0.0 {
            return Ok(Baseline { mean: 0.0, before: 0.0, dispersion: 1.0 });
        }
        let trended = weighed(&mut rows, seasons, true);
        // A trend that leads beyond everything seen is not believed.
        let fit = match trended.filter(|fit| fit.mean(self.blocks, 0.0) <= most) {
            Some(fit) => fit,
            None => weighed(&mut rows, seasons, false).ok_or(NotApplicable::NoNumber)?,
        };
        let mean = fit.mean(self.blocks, 0.0);
        let before = fit.mean(self.season(1), -1.0);
        if mean.is_finite() && before.is_finite() {
            Ok(Baseline { mean, before, dispersion: fit.dispersion })
        } else {
            Err(NotApplicable::NoNumber)
        }
    }

    /// The weeks of the baseline.
    fn rows(&self, values: &[f64], index: usize) -> Vec<Row> {
        let past = self.excluded + 1..=self.years * YEAR + self.half_window;
        past.rev()
            .filter_map(|lag| {
                let count = values.get(index.checked_sub(lag)?)?;
                Some(Row { time: -(lag as f64), season: self.season(lag), count: *count, weight: 1.0 })
            })
            .collect()
    }

    /// The season of the week `lag` weeks before the one judged. The window round the same week is the last; the others follow
    /// it through the year.
    fn season(&self, lag: usize) -> usize {
        let (window, outside) = (2 * self.half_window + 1, YEAR - 2 * self.half_window - 1);
        // Weeks since the window round the same week began.
        let place = (YEAR + self.half_window - lag % YEAR) % YEAR;
        if place < window { self.blocks } else { (place - window) * self.blocks / outside }
    }
}

/// Fits twice: as it is, and with past outbreaks weighed down.
fn weighed(rows: &mut [Row], seasons: usize, trend: bool) -> Option<Seasonal> {
    level(rows);
    let first = Seasonal::fit(rows, seasons, trend)?;
    weigh_down(rows, &first.fitted, first.dispersion);
    Seasonal::fit(rows, seasons, trend)
}

impl Detector for Farrington {
    fn name(&self) -> &'static str {
        "farrington-flexible"
    }

    fn history(&self, _: Frequency) -> usize {
        self.years * YEAR + self.half_window
    }

    fn at(&self, series: &Series, index: usize) -> Result<Point, NotApplicable> {
        weekly(series)?;
        let values = series.values();
        let Baseline { mean, dispersion, .. } = self.baseline(values, index)?;
        let recent: f64 = values.iter().take(index + 1).rev().take(RECENT).sum();
        let point = Point::new(values, index, mean, CountLaw::new(mean, dispersion).upper(self.alpha, Tie::Whole));
        Ok(Point { alarm: point.alarm && recent >= FEWEST_CASES, ..point })
    }
}

#[cfg(test)]
mod tests;
