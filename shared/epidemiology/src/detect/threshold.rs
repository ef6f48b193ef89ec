//! Rules that need no statistics: a fixed number of cases, and twice the recent mean. Daily or weekly.

use super::{Detector, Point, needs};
use crate::forecast::NotApplicable;
use crate::series::{Frequency, Series};

/// A fixed number of cases alarms, as one of plague or cholera does in China's CIDARS since 2008.
#[derive(Clone, Copy, Debug)]
pub struct Fixed {
    /// So many alarm.
    pub cases: f64,
}

impl Detector for Fixed {
    fn name(&self) -> &'static str {
        "fixed"
    }

    fn history(&self, _: Frequency) -> usize {
        0
    }

    fn at(&self, series: &Series, index: usize) -> Result<Point, NotApplicable> {
        needs(series.values(), index, 0)?;
        // The largest count that is still usual is one case less; nothing is expected.
        Ok(Point::new(series.values(), index, 0.0, (self.cases - 1.0).max(0.0)))
    }
}

/// More than twice the mean of the last points alarms: the rule of WHO's early warning networks (EWARN, 2012) for diseases
/// that do not alarm at the first case.
#[derive(Clone, Copy, Debug)]
pub struct Doubling {
    /// Points whose mean is doubled; the networks take two or three weeks.
    pub points: usize,
    /// How often the mean.
    pub factor: f64,
}

impl Default for Doubling {
    fn default() -> Self {
        Doubling { points: 3, factor: 2.0 }
    }
}

impl Detector for Doubling {
    fn name(&self) -> &'static str {
        "ewarn"
    }

    fn history(&self, _: Frequency) -> usize {
        self.points.max(1)
    }

    fn at(&self, series: &Series, index: usize) -> Result<Point, NotApplicable> {
        let values = series.values();
        let points = self.history(series.frequency());
        needs(values, index, points)?;
        let recent = values.get(index - points..index).unwrap_or_default();
        let mean = recent.iter().sum::<f64>() / points as f64;
        Ok(Point::new(values, index, mean, self.factor * mean))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test panics")]

    use super::*;
    use crate::detect::open::weeks;

    #[test]
    fn one_case_of_plague_alarms() {
        let alarms = |cases| Fixed { cases }.sweep(&weeks(&[0.0, 1.0, 4.0, 5.0]), 0).unwrap();
        assert_eq!(alarms(1.0).iter().map(|point| point.alarm).collect::<Vec<_>>(), [false, true, true, true]);
        assert_eq!(alarms(5.0).iter().map(|point| point.alarm).collect::<Vec<_>>(), [false, false, false, true]);
    }

    #[test]
    fn more_than_twice_the_mean_of_three_weeks_alarms() {
        let series = weeks(&[1.0, 2.0, 3.0, 4.0, 7.0]);
        let points = Doubling::default().sweep(&series, 0).unwrap();
        let seen: Vec<_> = points.iter().map(|point| (point.expected, point.upper, point.alarm)).collect();
        assert_eq!(seen, [(2.0, 4.0, false), (3.0, 6.0, true)]);
        assert!(Doubling::default().at(&series, 2).is_err());
    }
}
