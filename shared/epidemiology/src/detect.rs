//! What is usual and what is not: each detector gives, for one point of a series, what was to be expected, how far above that
//! chance may carry it, and whether it went beyond.
//!
//! A detector is a pure function of the series up to that point. It never looks ahead, keeps nothing between calls, and does
//! not read more history than it says, so that the newest point of many series can be judged as it arrives.

mod cusum;
mod ears;
mod farrington;
mod harmonic;
mod law;
#[cfg(test)]
mod open;
mod percentile;
mod regression;
pub mod scan;
mod seasonal;
mod setting;
pub mod signal;
mod threshold;

pub use cusum::Cusum;
pub use ears::{Ears, Variant};
pub use farrington::{Baseline, Farrington};
pub use percentile::Percentile;
pub use setting::Setting;
pub use threshold::{Doubling, Fixed};

use crate::forecast::NotApplicable;
use crate::series::{Frequency, Series, SeriesError};

/// The judgement of one point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// What was counted.
    pub count: f64,
    /// What was to be expected.
    pub expected: f64,
    /// The largest count that is still usual.
    pub upper: f64,
    /// Whether this is to be looked into. Counts above `upper` are, unless the detector says otherwise.
    pub alarm: bool,
}

impl Point {
    fn new(values: &[f64], index: usize, expected: f64, upper: f64) -> Self {
        let count = values.get(index).copied().unwrap_or_default();
        Point { count, expected, upper, alarm: count > upper }
    }
}

/// A way to tell the unusual.
pub trait Detector {
    /// Its name in tables, commands and events; it never changes.
    fn name(&self) -> &'static str;

    /// How many points of such a series it needs before the one it judges.
    fn history(&self, frequency: Frequency) -> usize;

    /// Judges the point at `index` by those before it.
    ///
    /// # Errors
    /// Too short a history, an index behind the end, or a frequency it is not made for.
    fn at(&self, series: &Series, index: usize) -> Result<Point, NotApplicable>;

    /// Judges the point at `from` and all that follow. Points before [`Detector::history`] are not judged: the first of the
    /// result is the point at the larger of the two.
    ///
    /// # Errors
    /// As for [`Detector::at`].
    fn sweep(&self, series: &Series, from: usize) -> Result<Vec<Point>, NotApplicable> {
        (from.max(self.history(series.frequency()))..series.len()).map(|index| self.at(series, index)).collect()
    }
}

/// `index` must be a point of `values`, with `history` points before it.
fn needs(values: &[f64], index: usize, history: usize) -> Result<(), NotApplicable> {
    let needed = history.max(index).saturating_add(1);
    if index < history || values.len() < needed {
        let points = values.len().min(index.saturating_add(1));
        return Err(SeriesError::TooShort { points, needed }.into());
    }
    Ok(())
}

fn weekly(series: &Series) -> Result<(), NotApplicable> {
    match series.frequency() {
        Frequency::Week => Ok(()),
        Frequency::Day => Err(NotApplicable::Condition("this detector is made for weekly counts")),
    }
}
