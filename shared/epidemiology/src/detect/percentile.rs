//! The moving percentile of China's CIDARS: the last seven days against the same week, and the two before and after it, of
//! the last five years (Yang et al. 2011, Western Pacific Surveillance and Response 2(1); in use nationwide since 2008). Daily
//! or weekly.

use super::{Detector, Point, needs};
use crate::forecast::{NotApplicable, quantile_of_sorted};
use crate::series::{Frequency, Series};

/// Years looked back.
const YEARS: usize = 5;
/// Weeks before and after the same week.
const AROUND: usize = 2;

/// The moving percentile.
#[derive(Clone, Copy, Debug)]
pub struct Percentile {
    /// Alarms above this share of the 25 windows: CIDARS takes 0.8 for diarrhoea, influenza, mumps, rubella, ..., 0.9 for
    /// dysentery, dengue, hepatitis A, typhoid, ....
    pub level: f64,
}

/// Points between a window and the window `years` before.
fn year(frequency: Frequency, years: usize) -> usize {
    match frequency {
        // 365.25 days, so that leap years do not carry the window away.
        Frequency::Day => (years * 1461 + 2) / 4,
        Frequency::Week => years * 52,
    }
}

impl Detector for Percentile {
    fn name(&self) -> &'static str {
        if self.level < 0.85 { "percentile-80" } else { "percentile-90" }
    }

    fn history(&self, frequency: Frequency) -> usize {
        let week = 7 / frequency.days() as usize;
        year(frequency, YEARS) + AROUND * week + week - 1
    }

    fn at(&self, series: &Series, index: usize) -> Result<Point, NotApplicable> {
        let (values, frequency) = (series.values(), series.frequency());
        needs(values, index, self.history(frequency))?;
        let week = 7 / frequency.days() as usize;
        // The sum of the week that ends `back` points before.
        let window = |back: usize| {
            let end = (index + 1).saturating_sub(back);
            values.get(end.saturating_sub(week)..end).unwrap_or_default().iter().sum::<f64>()
        };
        let mut past: Vec<f64> = (1..=YEARS)
            .flat_map(|years| (0..=2 * AROUND).map(move |around| (years, around)))
            .map(|(years, around)| window(year(frequency, years) + AROUND * week - around * week))
            .collect();
        past.sort_by(f64::total_cmp);
        let (expected, upper) = (quantile_of_sorted(&past, 0.5), quantile_of_sorted(&past, self.level));
        let count = window(0);
        Ok(Point { count, expected, upper, alarm: count > upper })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test panics")]

    use domain::time::Date;

    use super::*;
    use crate::detect::open::weeks;

    fn days(counts: &[f64]) -> Series {
        let points: Vec<_> = counts.iter().zip(0..).map(|(count, day)| (Date(day), *count)).collect();
        Series::new(Frequency::Day, &points).unwrap()
    }

    #[test]
    fn twenty_five_windows_of_five_years_are_the_baseline() {
        // In each of five years the five weeks round the same week have 1..=5 cases; all the rest have a thousand.
        let mut counts = vec![1000.0; 300];
        for year in 1..=5 {
            for around in 0..5 {
                counts[290 - 52 * year - 2 + around] = (around + 1) as f64;
            }
        }
        counts[290] = 5.0;
        let point = Percentile { level: 0.8 }.at(&weeks(&counts), 290).unwrap();
        // Of 1..=5, five times each, the 80 % point (type 7) lies at place 19.2: between the last 4 and the first 5.
        assert!((point.expected, point.alarm) == (3.0, true) && (point.upper - 4.2).abs() < 1e-12, "{point:?}");
        counts[290] = 4.0;
        assert!(!Percentile { level: 0.8 }.at(&weeks(&counts), 290).unwrap().alarm);
        assert_eq!(Percentile { level: 0.9 }.at(&weeks(&counts), 290).unwrap().upper, 5.0);
    }

    #[test]
    fn of_days_the_last_seven_count_together_and_no_edge_of_a_week_matters() {
        let detector = Percentile { level: 0.9 };
        let reach = detector.history(Frequency::Day);
        let mut counts = vec![1.0; reach + 20];
        counts[reach + 9] = 3.0;
        let points = detector.sweep(&days(&counts), 0).unwrap();
        assert_eq!((points[0].count, points[0].upper, points[0].alarm), (7.0, 7.0, false));
        // Three in place of one stay in the window for seven days, whatever day of the week they fell on.
        let alarms: Vec<usize> = (0..points.len()).filter(|at| points[*at].alarm).collect();
        assert_eq!(alarms, (9..16).collect::<Vec<_>>());
        assert!(detector.at(&days(&counts), reach - 1).is_err());
    }
}
