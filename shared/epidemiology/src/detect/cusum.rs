//! CUSUM: small excesses add up until they are too many. Daily or weekly.
//!
//! The one-sided sum of Rossi et al. 1999 (doi:10.1002/(SICI)1097-0258(19990830)18:16<2111::AID-SIM171>3.0.CO;2-Q) over
//! counts that were made normal by their transformation, as in R's `algo.cusum(trans = "rossi")`. Two things differ: the mean
//! is that of the points just before the sum begins, not one for the whole series, and the sum is folded over the last
//! [`MEMORY`] points only, so that any point can be judged alone. After an alarm the sum begins anew.

use super::{Detector, Point, needs};
use crate::forecast::NotApplicable;
use crate::series::{Frequency, Series};

/// Points over which the sum is folded.
const MEMORY: usize = 12;
/// Points before these, whose mean is the reference: long enough for a steady mean, short enough to follow a season.
const BASELINE: usize = 28;
/// The least reference mean. The standard deviation of its counts is 0.5, the floor that EARS has.
const LEAST_MEAN: f64 = 0.25;

/// A CUSUM.
#[derive(Clone, Copy, Debug)]
pub struct Cusum {
    /// What is taken off each point, in standard deviations. 1.04 with a limit of 2.26 are the defaults of R's `algo.cusum`.
    pub slack: f64,
    /// The sum beyond which it alarms.
    pub limit: f64,
}

impl Default for Cusum {
    fn default() -> Self {
        Cusum { slack: 1.04, limit: 2.26 }
    }
}

/// A Poisson count with mean `mean` as an almost standard normal value.
fn normal(count: f64, mean: f64) -> f64 {
    (count - 3.0 * mean + 2.0 * (mean * count).sqrt()) / (2.0 * mean.sqrt())
}

/// The count that [`normal`] makes `value`.
fn count_of(value: f64, mean: f64) -> f64 {
    let root = (4.0 * mean + 2.0 * mean.sqrt() * value).max(0.0).sqrt() - mean.sqrt();
    root.max(0.0).powi(2)
}

impl Detector for Cusum {
    fn name(&self) -> &'static str {
        "cusum"
    }

    fn history(&self, _: Frequency) -> usize {
        BASELINE + MEMORY - 1
    }

    fn at(&self, series: &Series, index: usize) -> Result<Point, NotApplicable> {
        let values = series.values();
        needs(values, index, self.history(series.frequency()))?;
        let start = index + 1 - MEMORY;
        let baseline = values.get(start - BASELINE..start).unwrap_or_default();
        let mean = (baseline.iter().sum::<f64>() / BASELINE as f64).max(LEAST_MEAN);
        let before = values.get(start..index).unwrap_or_default().iter().fold(0.0, |sum: f64, count| {
            let sum = (sum + normal(*count, mean) - self.slack).max(0.0);
            if sum > self.limit { 0.0 } else { sum }
        });
        Ok(Point::new(values, index, mean, count_of(self.limit + self.slack - before, mean)))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test panics")]

    use super::*;
    use crate::detect::open::weeks;

    #[test]
    fn the_transformation_and_its_inverse_agree() {
        assert!(normal(4.0, 4.0).abs() < 1e-12);
        for (count, mean) in [(0.0, 1.0), (3.0, 0.25), (40.0, 12.0)] {
            assert!((count_of(normal(count, mean), mean) - count).abs() < 1e-9, "{count} {mean}");
        }
    }

    #[test]
    fn a_small_lasting_excess_alarms_and_the_sum_begins_anew() {
        // Nine where four are usual: (9 - 12 + 12) / 4 = 2.25, less 1.04: 1.21 a week. Two weeks make 2.42 > 2.26.
        let mut counts = vec![4.0; 60];
        counts[50..56].fill(9.0);
        let points = Cusum::default().sweep(&weeks(&counts), 48).unwrap();
        let alarms: Vec<usize> = (0..points.len()).filter(|at| points[*at].alarm).map(|at| at + 48).collect();
        assert_eq!(alarms, [51, 53, 55]);
        assert!(points.iter().all(|point| point.expected == 4.0));
    }

    #[test]
    fn zeros_are_no_trouble() {
        let mut counts = vec![0.0; 50];
        counts[49] = 3.0;
        let point = Cusum::default().at(&weeks(&counts), 49).unwrap();
        assert!(point.alarm && point.upper.is_finite(), "{point:?}");
        assert!(Cusum::default().at(&weeks(&counts), 38).is_err());
    }
}
