//! The seasonal naive: what was counted one season ago is counted again.

use crate::forecast::{Forecast, Model, NotApplicable, quantiles};
use crate::series::{Series, SeriesError};

/// The count of the same weekday a week ago, or of the same week a year ago, is the median; its spread comes from the
/// differences between a count and that of one season before, and their mirror images (Hyndman and Athanasopoulos,
/// Forecasting: Principles and Practice, 3rd edition, sections 5.2 and 5.5).
#[derive(Clone, Copy, Debug, Default)]
pub struct SeasonalNaive;

impl Model for SeasonalNaive {
    fn name(&self) -> &'static str {
        "seasonal-naive"
    }

    fn forecast(&self, series: &Series, steps: usize) -> Result<Forecast, NotApplicable> {
        let (values, season) = (series.values(), series.frequency().season());
        // Two whole seasons: every step of one season then has its counterpart, and the spread a difference for each.
        if values.len() < 2 * season {
            return Err(SeriesError::TooShort { points: values.len(), needed: 2 * season }.into());
        }
        let changes = values.iter().zip(values.iter().skip(season)).map(|(before, after)| after - before);
        let spread = quantiles(&mut changes.flat_map(|change| [change, -change]).collect::<Vec<_>>());
        let latest = values.get(values.len() - season..).unwrap_or_default();
        let rows = latest.iter().cycle().take(steps).enumerate().map(|(step, median)| {
            // Each season further on adds one more independent difference.
            let seasons = (1 + step / season) as f64;
            spread.map(|change| median + change * seasons.sqrt())
        });
        Forecast::new(rows.collect())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test panics")]

    use domain::time::Date;

    use super::*;
    use crate::series::Frequency;

    fn series(values: &[f64]) -> Series {
        let points: Vec<_> = (18_000..).map(Date).zip(values.iter().copied()).collect();
        Series::new(Frequency::Day, &points).unwrap()
    }

    #[test]
    fn the_median_is_that_of_a_week_ago() {
        let values: Vec<f64> = (0..21).map(|at| f64::from(10 * (at % 7) + at / 7)).collect();
        let forecast = SeasonalNaive.forecast(&series(&values), 9).unwrap();
        let medians: Vec<f64> = forecast.medians().collect();
        assert_eq!(medians, [2.0, 12.0, 22.0, 32.0, 42.0, 52.0, 62.0, 2.0, 12.0]);
        // Every difference is 1, so that the band is one wide in the first week, the root of 2 in the second.
        let (first, second) = (forecast.steps()[1], forecast.steps()[8]);
        assert!((first[21] - 13.0).abs() < 1e-12 && (second[21] - 12.0 - 2_f64.sqrt()).abs() < 1e-12);
    }

    #[test]
    fn it_needs_two_seasons() {
        let refused = SeasonalNaive.forecast(&series(&[1.0; 13]), 1).unwrap_err();
        assert_eq!(refused, SeriesError::TooShort { points: 13, needed: 14 }.into());
    }
}
