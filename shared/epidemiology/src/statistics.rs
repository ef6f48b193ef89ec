//! What sets one group of cases apart from another: age bands against the population, sexes, regions, facilities.
//!
//! | question | function |
//! |---|---|
//! | what do these values look like | [`describe`] |
//! | are these counts as they should be | [`goodness_of_fit`] |
//! | do rows and columns of a table belong together | [`independence`] |
//! | do groups differ in their mean | [`anova`], with unequal spread [`welch_anova`] or [`welch_t`] |
//! | do groups differ, in any unit | [`kruskal_wallis`] |
//! | do groups differ in their spread | [`levene`] |
//! | how sure is a share | [`wilson`] |
//!
//! Each test comes with the size of the effect, since with many cases everything is significant. It does not correct for
//! asking many questions, and it does not choose the question.

mod descriptive;
mod groups;
mod proportion;
mod table;

pub use descriptive::{Description, describe};
pub use groups::{Centre, GroupTest, RankTest, TTest, anova, kruskal_wallis, levene, welch_anova, welch_t};
pub use proportion::wilson;
pub use table::{ChiSquare, Contingency, goodness_of_fit, independence};

use statrs::distribution::{ChiSquared, ContinuousCDF};
use statrs::function::beta::checked_beta_reg;
use thiserror::Error;

/// Why a question has no answer. [`StatisticsError::code`] is what clients see; it never changes.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum StatisticsError {
    /// A value that is no finite number.
    #[error("a value is no finite number")]
    NotANumber,
    /// A count, or an expected count, below zero.
    #[error("a count is negative")]
    Negative,
    /// Fewer groups, rows, columns or categories than it takes.
    #[error("{groups} groups, at least {needed} are needed")]
    TooFewGroups {
        /// The groups there are.
        groups: usize,
        /// The groups it takes.
        needed: usize,
    },
    /// Fewer values than it takes, in all or in one group.
    #[error("{values} values, at least {needed} are needed")]
    TooFewValues {
        /// The values there are.
        values: usize,
        /// The values it takes.
        needed: usize,
    },
    /// Rows of different lengths, or not as many expected counts as observed ones.
    #[error("the rows of the table have different lengths")]
    Ragged,
    /// Nothing was to be expected in a category, row or column, so that no deviation can be measured there.
    #[error("a category, row or column has an expected count of zero")]
    ZeroExpected,
    /// Observed and expected counts have different totals.
    #[error("observed and expected counts have different totals")]
    TotalsDiffer,
    /// Nothing varies where the test measures variation.
    #[error("the values do not vary")]
    NoVariation,
    /// A share above one, a confidence outside of (0, 1), ....
    #[error("{0}")]
    OutOfRange(&'static str),
}

impl StatisticsError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            StatisticsError::NotANumber => "STATISTICS_NOT_A_NUMBER",
            StatisticsError::Negative => "STATISTICS_NEGATIVE",
            StatisticsError::TooFewGroups { .. } => "STATISTICS_TOO_FEW_GROUPS",
            StatisticsError::TooFewValues { .. } => "STATISTICS_TOO_FEW_VALUES",
            StatisticsError::Ragged => "STATISTICS_RAGGED",
            StatisticsError::ZeroExpected => "STATISTICS_ZERO_EXPECTED",
            StatisticsError::TotalsDiffer => "STATISTICS_TOTALS_DIFFER",
            StatisticsError::NoVariation => "STATISTICS_NO_VARIATION",
            StatisticsError::OutOfRange(_) => "STATISTICS_OUT_OF_RANGE",
        }
    }
}

/// The chance of a chi-square value at least this large.
fn chi_square_p(statistic: f64, df: usize) -> Result<f64, StatisticsError> {
    let law = ChiSquared::new(df as f64).map_err(|_| StatisticsError::NoVariation)?;
    finite(law.sf(statistic).clamp(0.0, 1.0))
}

/// The chance of an F value at least this large. The regularised beta function is asked at the small end, where it keeps its
/// digits; a p of 1e-15 would otherwise drown in a difference of ones.
fn f_p(statistic: f64, df: (f64, f64)) -> Result<f64, StatisticsError> {
    let place = df.1 / (df.0 * statistic + df.1);
    finite(checked_beta_reg(df.1 / 2.0, df.0 / 2.0, place).map_err(|_| StatisticsError::NoVariation)?)
}

/// A result that left the numbers (an overflow of huge values) is refused, never returned.
fn finite(value: f64) -> Result<f64, StatisticsError> {
    if value.is_finite() { Ok(value) } else { Err(StatisticsError::NotANumber) }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// The sum of squared distances from `centre`.
fn squares(values: &[f64], centre: f64) -> f64 {
    values.iter().map(|value| (value - centre).powi(2)).sum()
}

#[cfg(test)]
mod tests;
