//! One group of values in eight figures.

use super::{StatisticsError, finite, mean, squares};
use crate::forecast::quantile_of_sorted;

/// What a group of values looks like, in their own unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Description {
    /// How many values.
    pub n: usize,
    /// Their mean.
    pub mean: f64,
    /// Their standard deviation (divided by n - 1); 0 for a single value.
    pub sd: f64,
    /// The least.
    pub min: f64,
    /// A quarter lies below (R's type 7).
    pub lower_quartile: f64,
    /// One half lies below.
    pub median: f64,
    /// Three quarters lie below.
    pub upper_quartile: f64,
    /// The greatest.
    pub max: f64,
}

/// Describes finite values.
///
/// # Errors
/// [`StatisticsError::TooFewValues`] without any, [`StatisticsError::NotANumber`].
pub fn describe(values: &[f64]) -> Result<Description, StatisticsError> {
    if values.iter().any(|value| !value.is_finite()) {
        return Err(StatisticsError::NotANumber);
    }
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (Some(min), Some(max)) = (sorted.first(), sorted.last()) else {
        return Err(StatisticsError::TooFewValues { values: 0, needed: 1 });
    };
    let mean = finite(mean(values))?;
    let freedom = values.len().saturating_sub(1).max(1) as f64;
    Ok(Description {
        n: values.len(),
        mean,
        sd: finite((squares(values, mean) / freedom).sqrt())?,
        min: *min,
        lower_quartile: quantile_of_sorted(&sorted, 0.25),
        median: quantile_of_sorted(&sorted, 0.5),
        upper_quartile: quantile_of_sorted(&sorted, 0.75),
        max: *max,
    })
}
