//! ARIMA: a series explained by its own past and past shocks, the order found from the data.

pub mod fit;
pub mod likelihood;
pub mod optimise;
pub mod polynomial;
pub mod search;

use statrs::distribution::{ContinuousCDF, Normal};

use crate::forecast::{Forecast, LEVELS, Model, NotApplicable};
use crate::series::{Frequency, Series, SeriesError};

/// Fewer points can't tell any order from white noise.
const FEWEST: usize = 8;
/// A year of days, five of weeks: what is older says more about other times than about the next weeks, and costs as much.
const MOST_DAYS: usize = 365;
const MOST_WEEKS: usize = 260;
/// More cases than there are people: where the logarithm of a forecast leaves the possible, it stops here.
const MOST_CASES: f64 = 1e10;

/// The scale on which shocks add up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Counts as they are.
    Raw,
    /// `ln(1 + count)`: growth multiplies, and so do errors.
    Log,
    /// The square root: the scale on which Poisson counts vary equally at any level.
    Root,
    /// The fourth root of the count and three eighths (which keeps noughts near ones): between the two, as forecasters of
    /// influenza use it.
    FourthRoot,
}

/// What is added before the fourth root (Anscombe 1948, doi:10.1093/biomet/35.3-4.246).
const ANSCOMBE: f64 = 0.375;

impl Scale {
    /// A count on this scale.
    pub fn apply(self, count: f64) -> f64 {
        match self {
            Scale::Raw => count,
            Scale::Log => count.ln_1p(),
            Scale::Root => count.sqrt(),
            Scale::FourthRoot => (count + ANSCOMBE).sqrt().sqrt(),
        }
    }

    /// Back to a count. The scales are monotone, so that quantiles stay quantiles; a mean would not stay a mean.
    pub fn undo(self, value: f64) -> f64 {
        match self {
            Scale::Raw => value,
            Scale::Log => value.min(MOST_CASES.ln()).exp_m1(),
            Scale::Root => value.max(0.0).powi(2),
            Scale::FourthRoot => (value.max(0.0).powi(4) - ANSCOMBE).max(0.0),
        }
    }
}

/// Automatic ARIMA on one scale; daily series with a weekly pattern get seasonal terms.
#[derive(Clone, Copy, Debug)]
pub struct Arima {
    /// The scale it works on.
    pub scale: Scale,
}

impl Model for Arima {
    fn name(&self) -> &'static str {
        match self.scale {
            Scale::Raw => "arima",
            Scale::Log => "arima-log",
            Scale::Root => "arima-root",
            Scale::FourthRoot => "arima-fourth-root",
        }
    }

    fn forecast(&self, series: &Series, steps: usize) -> Result<Forecast, NotApplicable> {
        let (most, season) = match series.frequency() {
            Frequency::Day => (MOST_DAYS, Some(Frequency::Day.season())),
            // A year of weeks would need hundreds of terms; the yearly season is left to other models.
            Frequency::Week => (MOST_WEEKS, None),
        };
        let counts = series.values();
        let counts = counts.get(counts.len().saturating_sub(most)..).unwrap_or_default();
        if counts.len() < FEWEST {
            return Err(SeriesError::TooShort { points: counts.len(), needed: FEWEST }.into());
        }
        if counts.iter().all(|count| Some(count) == counts.first()) {
            return Err(SeriesError::Constant.into());
        }
        let values: Vec<f64> = counts.iter().map(|count| self.scale.apply(*count)).collect();
        let fitted = search::search(&values, season).ok_or(NotApplicable::Condition("no order fits the series"))?;
        let scores = normal_scores();
        let rows = fitted
            .ahead(&values, steps)
            .into_iter()
            .map(|(mean, deviation)| scores.map(|score| self.scale.undo(mean + score * deviation)));
        Forecast::new(rows.collect())
    }
}

/// The standard normal quantiles at [`LEVELS`].
pub fn normal_scores() -> [f64; LEVELS.len()] {
    let normal = Normal::standard();
    LEVELS.map(|level| normal.inverse_cdf(level))
}

#[cfg(test)]
mod tests;
