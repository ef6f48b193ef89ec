//! The serial interval: how many days after a case those it infected fall ill.

use statrs::distribution::{ContinuousCDF, Gamma};
use thiserror::Error;

/// The longest mean and standard deviation taken: those of tuberculosis are longer, but not followed by day.
const LONGEST_DAYS: f64 = 60.0;
/// Lags after which the interval is cut even if its tail is long.
const LONGEST_REACH: usize = 240;
/// What may be left in the tail that is cut: a thousandth of the precision that R is held to.
const TAIL: f64 = 1e-6;

/// Why two numbers are not the mean and spread of a serial interval.
#[derive(Clone, Copy, Debug, Error, PartialEq)]
pub enum IntervalError {
    /// The mean is not above 1 day (nobody infects on the day of their own onset) and at most 60.
    #[error("a mean serial interval of {0} days; it must be above 1 and at most {LONGEST_DAYS}")]
    Mean(f64),
    /// The standard deviation is not in the range.
    #[error("a standard deviation of {0} days; it must be at least 0.1 and at most {LONGEST_DAYS}")]
    Spread(f64),
}

/// A serial interval by whole days.
#[derive(Clone, Debug, PartialEq)]
pub struct SerialInterval {
    mean: f64,
    weights: Vec<f64>,
}

impl SerialInterval {
    /// A Gamma interval of this mean and standard deviation, shifted by a day and made discrete as in the web appendix 11
    /// of Cori et al. 2013 (doi:10.1093/aje/kwt133; EpiEstim's `discr_si`).
    ///
    /// # Errors
    /// [`IntervalError`].
    pub fn new(mean_days: f64, sd_days: f64) -> Result<Self, IntervalError> {
        if !(mean_days > 1.0 && mean_days <= LONGEST_DAYS) {
            return Err(IntervalError::Mean(mean_days));
        }
        if !(0.1..=LONGEST_DAYS).contains(&sd_days) {
            return Err(IntervalError::Spread(sd_days));
        }
        let shape = ((mean_days - 1.0) / sd_days).powi(2);
        let scale = sd_days * sd_days / (mean_days - 1.0);
        let wrong = |_| IntervalError::Spread(sd_days);
        let lower = Gamma::new(shape, 1.0 / scale).map_err(wrong)?;
        let upper = Gamma::new(shape + 1.0, 1.0 / scale).map_err(wrong)?;
        // The second difference of the integral of the Gamma's distribution function: the interval between two days
        // whose times of day are uniform.
        let integral = |day: f64| if day > 0.0 { day * lower.cdf(day) - shape * scale * upper.cdf(day) } else { 0.0 };
        let mut weights = Vec::new();
        let mut left = 1.0;
        while left > TAIL && weights.len() < LONGEST_REACH {
            let day = weights.len() as f64 + 1.0;
            let weight = (integral(day) - 2.0 * integral(day - 1.0) + integral(day - 2.0)).max(0.0);
            left -= weight;
            weights.push(weight);
        }
        Ok(SerialInterval { mean: mean_days, weights })
    }

    /// The mean that was given, in days.
    pub fn mean(&self) -> f64 {
        self.mean
    }

    /// The probability of a lag of 1 day, 2 days, ...; the sum is 1 but for the tail that was cut.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }
}
