//! The guard: what no forecast of counts may say, whichever model said it.

use crate::forecast::{Forecast, MEDIAN, NotApplicable};
use crate::series::{Frequency, Series};

/// No quantile may be more than this many times what was counted of late, or what the naive's 99 % quantile allows.
const MOST_ABOVE: f64 = 4.0;
/// "Of late" is two weeks of days, four weeks of weeks.
const RECENT_DAYS: usize = 14;
const RECENT_WEEKS: usize = 4;
/// No median may be more than this many times the largest of so many points, taken as at least so many cases.
const MOST_MEDIAN: f64 = 5.0;
const MEDIAN_POINTS: usize = 28;
const MEDIAN_CASES: f64 = 10.0;

/// The forecast within its bounds, and whether anything had to be cut.
///
/// # Errors
/// [`NotApplicable::NoNumber`], where a value is none.
pub fn guard(series: &Series, forecast: &Forecast, naive: &Forecast) -> Result<(Forecast, bool), NotApplicable> {
    let largest =
        |points: usize| series.values().iter().rev().take(points).fold(0.0, |largest: f64, count| largest.max(*count));
    let recent = largest(match series.frequency() {
        Frequency::Day => RECENT_DAYS,
        Frequency::Week => RECENT_WEEKS,
    });
    let most_median = MOST_MEDIAN * largest(MEDIAN_POINTS).max(MEDIAN_CASES);
    let mut cut = false;
    let rows = forecast.steps().iter().zip(naive.steps()).map(|(row, naive)| {
        let most = MOST_ABOVE * naive.iter().copied().fold(recent, f64::max);
        let mut row = *row;
        for (at, value) in row.iter_mut().enumerate() {
            let bound = if at <= MEDIAN { most.min(most_median) } else { most };
            cut |= *value > bound;
            *value = value.min(bound);
        }
        row
    });
    let rows = rows.collect();
    Ok((Forecast::new(rows)?, cut))
}
