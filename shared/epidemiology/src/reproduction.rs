//! How many people each case infects, by day: the instantaneous reproduction number of Cori et al. 2013
//! (doi:10.1093/aje/kwt133), as R's EpiEstim computes it with weekly windows.
//!
//! With `I` the counts and `w` the serial interval, the infectiousness of a day is `L(t) = sum of w(s) I(t - s)`. Over a
//! week, the posterior of R is Gamma with shape `1 + sum of I` and rate `1/5 + sum of L`. The counts are taken as complete:
//! days that are still being reported want [`mod@crate::nowcast`] first.

use statrs::distribution::{ContinuousCDF, Gamma};
use statrs::statistics::Distribution;
use thiserror::Error;

use crate::random::Random;
use crate::series::{Frequency, Series};

mod interval;

pub use interval::{IntervalError, SerialInterval};

/// Days that share one R: EpiEstim's default, and a whole week, so that weekends do not show.
pub const WINDOW_DAYS: usize = 7;
/// The prior of R is Gamma with mean and standard deviation 5 (Cori et al. 2013): wide, and high, so that an outbreak is
/// not called controlled for want of cases.
const PRIOR: (f64, f64) = (1.0, 5.0);
/// Cases that some week of the outbreak must have had: with 11 the posterior's standard deviation is below 0.3 of its mean,
/// the bound that Cori et al. advise (web appendix 1).
const CASES_NEEDED: f64 = 11.0;
/// Cases that the week would have at R = 1, below which the prior speaks and not the counts.
const EXPECTED_NEEDED: f64 = 1.0;
/// Cases a week above which the Gamma's quantiles cost more than they tell; more than any week of any country has had.
const CASES_LIMIT: f64 = 1e8;

/// Why there is no reproduction number for a day.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum NotKnown {
    /// The counts are by week, and the serial interval in days.
    #[error("the reproduction number needs daily counts")]
    NotDaily,
    /// The outbreak is too young or too small.
    #[error("not yet: the outbreak is younger than a week and a serial interval, or had no week of 11 cases")]
    NotYet,
    /// So long without cases that nobody is left who could infect.
    #[error("no longer: nearly nobody is infectious any more")]
    Faded,
    /// More cases a week than there can be.
    #[error("more cases a week than are taken")]
    TooMany,
}

/// The posterior of R over the week that ends on a day.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reproduction {
    posterior: Gamma,
}

impl Reproduction {
    /// Its mean.
    pub fn mean(&self) -> f64 {
        self.posterior.mean().unwrap_or_default()
    }

    /// The value below which R lies with this probability (0.001 to 0.999).
    pub fn quantile(&self, probability: f64) -> f64 {
        self.posterior.inverse_cdf(probability.clamp(0.001, 0.999))
    }

    /// The ends of the 95 % interval.
    pub fn band95(&self) -> (f64, f64) {
        (self.quantile(0.025), self.quantile(0.975))
    }

    /// A value drawn from it.
    pub fn draw(&self, random: &mut Random) -> f64 {
        random.gamma(self.posterior.shape()) / self.posterior.rate()
    }

    /// P(R > 1): how sure it is that the outbreak grows.
    pub fn growing(&self) -> f64 {
        self.posterior.sf(1.0)
    }
}

/// R over the week that ends with the series' last day.
///
/// The outbreak starts with the first case after the last silence that is longer than any serial interval; that case has
/// no infector in the series and is nobody's secondary case.
///
/// # Errors
/// [`NotKnown`].
pub fn reproduction(series: &Series, interval: &SerialInterval) -> Result<Reproduction, NotKnown> {
    match series.frequency() {
        Frequency::Day => of_last_day(series.values(), interval),
        Frequency::Week => Err(NotKnown::NotDaily),
    }
}

/// [`reproduction`] as it was known at the end of each day of the series.
pub fn course(series: &Series, interval: &SerialInterval) -> Vec<Result<Reproduction, NotKnown>> {
    if series.frequency() == Frequency::Week {
        return vec![Err(NotKnown::NotDaily); series.len()];
    }
    (1..=series.len()).map(|days| of_last_day(series.values().get(..days).unwrap_or_default(), interval)).collect()
}

/// The infectiousness on the day after these counts: the cases it will have if each case infects one.
pub fn infectiousness(past: &[f64], interval: &SerialInterval) -> f64 {
    past.iter().rev().zip(interval.weights()).map(|(cases, weight)| cases * weight).sum()
}

fn of_last_day(values: &[f64], interval: &SerialInterval) -> Result<Reproduction, NotKnown> {
    let outbreak = outbreak(values, interval.weights().len());
    let settled = outbreak.windows(WINDOW_DAYS).any(|week| week.iter().sum::<f64>() >= CASES_NEEDED);
    let age = outbreak.len().saturating_sub(1);
    if !settled || age < WINDOW_DAYS || (age as f64) < interval.mean() {
        return Err(NotKnown::NotYet);
    }
    let from = outbreak.len() - WINDOW_DAYS;
    let expected: f64 =
        (from..outbreak.len()).map(|day| infectiousness(outbreak.get(..day).unwrap_or_default(), interval)).sum();
    if expected < EXPECTED_NEEDED {
        return Err(NotKnown::Faded);
    }
    let cases: f64 = outbreak.iter().skip(from).sum();
    if cases.max(expected) > CASES_LIMIT {
        return Err(NotKnown::TooMany);
    }
    Gamma::new(PRIOR.0 + cases, 1.0 / PRIOR.1 + expected)
        .map(|posterior| Reproduction { posterior })
        .map_err(|_| NotKnown::TooMany)
}

/// The counts from the first case after the last silence of at least `reach` days.
fn outbreak(values: &[f64], reach: usize) -> &[f64] {
    let mut start = values.len();
    let mut silence = 0;
    for (day, cases) in values.iter().enumerate().rev() {
        if *cases > 0.0 {
            (start, silence) = (day, 0);
        } else if start < values.len() {
            silence += 1;
            if silence >= reach {
                break;
            }
        }
    }
    values.get(start..).unwrap_or_default()
}

#[cfg(test)]
mod tests;
