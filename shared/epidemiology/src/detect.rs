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

/// The names of all detectors that judge one series, with their usual parameters.
pub const NAMES: [&str; 11] = [
    "alert",
    "watch",
    "farrington-flexible",
    "ears-c1",
    "ears-c2",
    "ears-c3",
    "cusum",
    "percentile-80",
    "percentile-90",
    "ewarn",
    "fixed",
];

/// The detector of this name, one of [`NAMES`]; a `fixed` one alarms at the first case.
pub fn named(name: &str) -> Option<Box<dyn Detector>> {
    Some(match name {
        "alert" => Box::new(Setting::ALERT),
        "watch" => Box::new(Setting::WATCH),
        "farrington-flexible" => Box::new(Farrington::default()),
        "ears-c1" => Box::new(Ears::new(Variant::C1)),
        "ears-c2" => Box::new(Ears::new(Variant::C2)),
        "ears-c3" => Box::new(Ears::new(Variant::C3)),
        "cusum" => Box::new(Cusum::default()),
        "percentile-80" => Box::new(Percentile { level: 0.8 }),
        "percentile-90" => Box::new(Percentile { level: 0.9 }),
        "ewarn" => Box::new(Doubling::default()),
        "fixed" => Box::new(Fixed { cases: 1.0 }),
        _ => return None,
    })
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test panics")]

    use super::*;

    #[test]
    fn every_name_has_its_detector_and_each_judges_a_long_series() {
        let series = open::weeks(&vec![3.0; 400]);
        for name in NAMES {
            let detector = named(name).unwrap();
            assert_eq!(detector.name(), name);
            let point = detector.at(&series, 399).unwrap();
            assert!(
                point.count == 3.0 && point.upper.is_finite() && point.alarm == (name == "fixed"),
                "{name} {point:?}"
            );
            // Exactly as much history as it says is enough, and one point less is not.
            let history = detector.history(Frequency::Week);
            assert!(
                detector.at(&series, history).is_ok() && (history == 0 || detector.at(&series, history - 1).is_err())
            );
        }
        assert!(named("glrnb").is_none());
    }
}
