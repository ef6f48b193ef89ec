//! Counts in categories: Pearson's chi-square tests.

use super::{StatisticsError, chi_square_p, finite};

/// Totals that agree to a hundred-millionth are the same total; expected counts are often shares times a total. (scipy's bound.)
const SAME_TOTAL: f64 = 1e-8;

/// Whether counts are as expected.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ChiSquare {
    /// Pearson's sum of (observed - expected)^2 / expected.
    pub statistic: f64,
    /// Degrees of freedom.
    pub df: usize,
    /// The chance of such a statistic if nothing but chance is at work.
    pub p: f64,
}

/// Whether rows and columns belong together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Contingency {
    /// The test.
    pub test: ChiSquare,
    /// Cramer's V, from 0 (nothing) to 1 (a row tells the column), always without the correction of Yates.
    pub cramers_v: f64,
    /// The smallest expected count. Below 5 the p-value is a rough one (Cochran 1954, doi:10.2307/3001616).
    pub least_expected: f64,
}

fn is_count(value: f64) -> Result<(), StatisticsError> {
    match value {
        _ if !value.is_finite() => Err(StatisticsError::NotANumber),
        _ if value < 0.0 => Err(StatisticsError::Negative),
        _ => Ok(()),
    }
}

/// Compares counts with what was expected of them, such as cases by age band with the population's shares of all cases.
/// `estimated` parameters of the expectation that were learned from the same counts each cost a degree of freedom.
///
/// # Errors
/// Fewer than two categories (or than `estimated` leaves room for), rows of different length, an expected zero, different
/// totals, values that are no counts.
pub fn goodness_of_fit(observed: &[f64], expected: &[f64], estimated: usize) -> Result<ChiSquare, StatisticsError> {
    if observed.len() != expected.len() {
        return Err(StatisticsError::Ragged);
    }
    let needed = estimated.saturating_add(2);
    if observed.len() < needed {
        return Err(StatisticsError::TooFewGroups { groups: observed.len(), needed });
    }
    observed.iter().chain(expected).try_for_each(|value| is_count(*value))?;
    if expected.contains(&0.0) {
        return Err(StatisticsError::ZeroExpected);
    }
    let (total, due) = (finite(observed.iter().sum::<f64>())?, finite(expected.iter().sum::<f64>())?);
    if (total - due).abs() > SAME_TOTAL * total.max(due) {
        return Err(StatisticsError::TotalsDiffer);
    }
    let statistic = finite(observed.iter().zip(expected).map(|(seen, due)| (seen - due).powi(2) / due).sum())?;
    let df = observed.len() - 1 - estimated;
    Ok(ChiSquare { statistic, df, p: chi_square_p(statistic, df)? })
}

/// Tests whether the rows of a table of counts differ by column. `yates` moves each count of a 2 x 2 table by up to one half
/// towards its expectation (Yates 1934, doi:10.2307/2983604) and does nothing to larger tables.
///
/// # Errors
/// Fewer than two rows or columns, rows of different length, a row or column without a case, values that are no counts.
pub fn independence(table: &[Vec<f64>], yates: bool) -> Result<Contingency, StatisticsError> {
    let columns = table.first().map_or(0, Vec::len);
    let narrow = table.len().min(columns);
    if narrow < 2 {
        return Err(StatisticsError::TooFewGroups { groups: narrow, needed: 2 });
    }
    if table.iter().any(|row| row.len() != columns) {
        return Err(StatisticsError::Ragged);
    }
    table.iter().flatten().try_for_each(|value| is_count(*value))?;
    let rows: Vec<f64> = table.iter().map(|row| row.iter().sum()).collect();
    let mut sums = vec![0.0; columns];
    table.iter().for_each(|row| sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += value));
    if rows.iter().chain(&sums).any(|sum| *sum == 0.0) {
        return Err(StatisticsError::ZeroExpected);
    }
    let total = finite(rows.iter().sum())?;
    let shift = if yates && table.len() == 2 && columns == 2 { 0.5 } else { 0.0 };
    let (mut plain, mut corrected, mut least) = (0.0, 0.0, f64::INFINITY);
    for (row, of_row) in table.iter().zip(&rows) {
        for (seen, of_column) in row.iter().zip(&sums) {
            let due = of_row / total * of_column;
            let off = (seen - due).abs();
            plain += off * off / due;
            // Never beyond the expectation: a count closer than one half is moved onto it.
            corrected += (off - f64::min(shift, off)).powi(2) / due;
            least = f64::min(least, due);
        }
    }
    let (statistic, df) = (finite(corrected)?, (table.len() - 1) * (columns - 1));
    Ok(Contingency {
        test: ChiSquare { statistic, df, p: chi_square_p(statistic, df)? },
        cramers_v: finite((plain / (total * (narrow - 1) as f64)).sqrt())?.min(1.0),
        least_expected: least,
    })
}
