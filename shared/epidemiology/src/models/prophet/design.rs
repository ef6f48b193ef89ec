//! The columns of the regression: time, a constant, a hinge for each point where the trend may change, and waves.

use std::f64::consts::TAU;
use std::ops::Range;

use domain::time::Date;
use nalgebra::DMatrix;

use crate::series::Frequency;

/// Places where the trend may change, where there are points enough.
const CHANGES: usize = 25;
/// The part of the history in which it may: the last fifth is left to show where the trend goes.
const CHANGE_RANGE: f64 = 0.8;
/// Waves of a week: period in days, order, and the days of history they need (twice the period).
const WEEK: Wave = Wave { period: 7.0, order: 3, needs: 14 };
/// Waves of a year.
const YEAR: Wave = Wave { period: 365.25, order: 10, needs: 730 };

#[derive(Clone, Copy, Debug)]
struct Wave {
    period: f64,
    order: u32,
    needs: usize,
}

/// Which columns there are, and what stands in them at any index.
#[derive(Clone, Debug)]
pub(super) struct Design {
    first: Date,
    frequency: Frequency,
    points: usize,
    /// Scaled times after which the trend has changed.
    bends: Vec<f64>,
    waves: Vec<Wave>,
}

impl Design {
    /// The reference's defaults for a history of `points` (at least 2) from a date on.
    pub(super) fn new(first: Date, frequency: Frequency, points: usize) -> Self {
        let history = (points as f64 * CHANGE_RANGE).floor();
        let changes = CHANGES.min((history as usize).saturating_sub(1));
        let gap = (history - 1.0) / changes.max(1) as f64;
        let last = points as f64 - 1.0;
        let bends = (1..=changes).map(|change| (change as f64 * gap).round_ties_even() / last).collect();
        let span = (points - 1) * frequency.days() as usize;
        let mut waves = Vec::new();
        if span >= YEAR.needs {
            waves.push(YEAR);
        }
        if span >= WEEK.needs && frequency == Frequency::Day {
            waves.push(WEEK);
        }
        Design { first, frequency, points, bends, waves }
    }

    /// Points of the history.
    pub(super) fn points(&self) -> usize {
        self.points
    }

    /// The scaled time of an index: 0 at the first point of the history, 1 at its last.
    pub(super) fn time(&self, index: usize) -> f64 {
        index as f64 / (self.points as f64 - 1.0)
    }

    /// The columns of the changes of trend.
    pub(super) fn changes(&self) -> Range<usize> {
        2..self.trend_columns()
    }

    /// How many columns, from the first, make the trend.
    pub(super) fn trend_columns(&self) -> usize {
        2 + self.bends.len()
    }

    /// What stands in the columns at an index.
    pub(super) fn row(&self, index: usize) -> Vec<f64> {
        let time = self.time(index);
        let mut row = vec![time, 1.0];
        row.extend(self.bends.iter().map(|bend| (time - bend).max(0.0)));
        let day = f64::from(self.first.0) + index as f64 * f64::from(self.frequency.days());
        for wave in &self.waves {
            for order in 1..=wave.order {
                let angle = TAU * f64::from(order) * day / wave.period;
                row.extend([angle.sin(), angle.cos()]);
            }
        }
        row
    }

    /// The rows of the first `count` indices.
    pub(super) fn rows(&self, count: usize) -> DMatrix<f64> {
        let rows: Vec<f64> = (0..count).flat_map(|index| self.row(index)).collect();
        DMatrix::from_row_slice(count, rows.len() / count.max(1), &rows)
    }
}
