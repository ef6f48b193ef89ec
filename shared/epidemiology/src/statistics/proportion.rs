//! How sure a share is: severe cases among cases, vaccinated among the sick.

use statrs::distribution::{ContinuousCDF, Normal};

use super::StatisticsError;

/// The interval of Wilson (1927, doi:10.1080/01621459.1927.10502953) for the share `part / all`, at a confidence such as 0.95.
/// It stays within 0..1 and says something sensible of 0 among few, where the textbook's interval has no width.
///
/// # Errors
/// [`StatisticsError::TooFewValues`] for a share of nothing, [`StatisticsError::OutOfRange`].
pub fn wilson(part: u64, all: u64, confidence: f64) -> Result<(f64, f64), StatisticsError> {
    if all == 0 {
        return Err(StatisticsError::TooFewValues { values: 0, needed: 1 });
    }
    if part > all {
        return Err(StatisticsError::OutOfRange("a part is larger than the whole"));
    }
    if !(confidence > 0.0 && confidence < 1.0) {
        return Err(StatisticsError::OutOfRange("a confidence lies between 0 and 1"));
    }
    let z = Normal::standard().inverse_cdf(0.5 + confidence / 2.0);
    let (share, n) = (part as f64 / all as f64, all as f64);
    let scale = 1.0 + z * z / n;
    let middle = (share + z * z / (2.0 * n)) / scale;
    let half = z * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt() / scale;
    // None and all are the ends themselves; rounding must not move them.
    let low = if part == 0 { 0.0 } else { (middle - half).max(0.0) };
    let high = if part == all { 1.0 } else { (middle + half).min(1.0) };
    Ok((low, high))
}
