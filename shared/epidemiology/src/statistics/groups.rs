//! Groups of values: whether they differ in their mean, their ranks or their spread.

use super::{StatisticsError, chi_square_p, f_p, finite, mean, squares};
use crate::forecast::quantile_of_sorted;

/// A test that compares the variation between groups with the variation within.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GroupTest {
    /// The F value (Levene's W is one).
    pub statistic: f64,
    /// Degrees of freedom between and within; Welch's are fractions.
    pub df: (f64, f64),
    /// The chance of such a statistic if the groups are alike.
    pub p: f64,
    /// Eta squared, 0..1: the share of all variation that lies between the groups.
    pub eta_squared: f64,
}

/// Kruskal and Wallis's test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RankTest {
    /// H, corrected for ties.
    pub statistic: f64,
    /// Degrees of freedom: groups less one.
    pub df: usize,
    /// The chance of such a statistic if the groups are alike.
    pub p: f64,
    /// Epsilon squared, 0..1: H / (n - 1).
    pub epsilon_squared: f64,
}

/// Welch's test of two groups.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TTest {
    /// The t value; negative if the first group has the smaller mean.
    pub statistic: f64,
    /// Degrees of freedom after Welch and Satterthwaite.
    pub df: f64,
    /// The two-sided chance of such a statistic if the means are alike.
    pub p: f64,
}

/// From where Levene's test measures the spread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Centre {
    /// The mean, as Levene proposed.
    Mean,
    /// The median (Brown and Forsythe 1974, doi:10.1080/01621459.1974.10482955), the better choice for skewed counts.
    Median,
}

/// At least two groups of at least `needed` finite values each.
fn check(groups: &[Vec<f64>], needed: usize) -> Result<(), StatisticsError> {
    if groups.len() < 2 {
        return Err(StatisticsError::TooFewGroups { groups: groups.len(), needed: 2 });
    }
    if let Some(values) = groups.iter().map(Vec::len).min().filter(|values| *values < needed) {
        return Err(StatisticsError::TooFewValues { values, needed });
    }
    if groups.iter().flatten().any(|value| !value.is_finite()) {
        return Err(StatisticsError::NotANumber);
    }
    Ok(())
}

/// Sums of squares between the groups' means and within the groups.
fn sums_of_squares(groups: &[Vec<f64>]) -> (f64, f64) {
    let n: usize = groups.iter().map(Vec::len).sum();
    let grand = groups.iter().flatten().sum::<f64>() / n.max(1) as f64;
    groups.iter().fold((0.0, 0.0), |(between, within), group| {
        let centre = mean(group);
        (between + group.len() as f64 * (centre - grand).powi(2), within + squares(group, centre))
    })
}

/// One-way analysis of variance: do the groups' means differ, if the groups have the same spread?
///
/// # Errors
/// Fewer than two groups, an empty group, no more values than groups, no variation within the groups, values that are no
/// numbers.
pub fn anova(groups: &[Vec<f64>]) -> Result<GroupTest, StatisticsError> {
    check(groups, 1)?;
    let (n, k) = (groups.iter().map(Vec::len).sum::<usize>(), groups.len());
    if n <= k {
        return Err(StatisticsError::TooFewValues { values: n, needed: k + 1 });
    }
    let (between, within) = sums_of_squares(groups);
    if within <= 0.0 {
        return Err(StatisticsError::NoVariation);
    }
    let df = ((k - 1) as f64, (n - k) as f64);
    let statistic = finite((between / df.0) / (within / df.1))?;
    Ok(GroupTest { statistic, df, p: f_p(statistic, df)?, eta_squared: finite(between / (between + within))? })
}

/// Welch's analysis of variance (1951, doi:10.1093/biomet/38.3-4.330): as [`anova`], for groups of unequal spread.
///
/// # Errors
/// As [`anova`]; every group needs two values that differ.
pub fn welch_anova(groups: &[Vec<f64>]) -> Result<GroupTest, StatisticsError> {
    check(groups, 2)?;
    // A group counts by the precision of its mean.
    let mut parts = Vec::with_capacity(groups.len());
    for group in groups {
        let (n, centre) = (group.len() as f64, mean(group));
        let variance = squares(group, centre) / (n - 1.0);
        if variance <= 0.0 {
            return Err(StatisticsError::NoVariation);
        }
        parts.push((n, centre, n / variance));
    }
    let k = groups.len() as f64;
    let total: f64 = parts.iter().map(|(_, _, weight)| weight).sum();
    let grand = parts.iter().map(|(_, centre, weight)| weight * centre).sum::<f64>() / total;
    let between = parts.iter().map(|(_, centre, weight)| weight * (centre - grand).powi(2)).sum::<f64>() / (k - 1.0);
    let unequal: f64 = parts.iter().map(|(n, _, weight)| (1.0 - weight / total).powi(2) / (n - 1.0)).sum();
    let statistic = finite(between / (1.0 + 2.0 * (k - 2.0) / (k * k - 1.0) * unequal))?;
    let df = (k - 1.0, finite((k * k - 1.0) / (3.0 * unequal))?);
    let (explained, within) = sums_of_squares(groups);
    let eta_squared = finite(explained / (explained + within))?;
    Ok(GroupTest { statistic, df, p: f_p(statistic, df)?, eta_squared })
}

/// Welch's t test (1947, doi:10.1093/biomet/34.1-2.28): do two groups of unequal spread differ in their mean?
///
/// # Errors
/// As [`welch_anova`].
pub fn welch_t(first: &[f64], second: &[f64]) -> Result<TTest, StatisticsError> {
    // With two groups F is t squared, and the degrees of freedom within are Satterthwaite's.
    let test = welch_anova(&[first.to_vec(), second.to_vec()])?;
    let sign = if mean(first) < mean(second) { -1.0 } else { 1.0 };
    Ok(TTest { statistic: sign * test.statistic.sqrt(), df: test.df.1, p: test.p })
}

/// Kruskal and Wallis's rank test (1952, doi:10.1080/01621459.1952.10483441), with the correction for ties: do the groups
/// differ, whatever the unit and shape of the values?
///
/// # Errors
/// Fewer than two groups, an empty group, values that are all the same or no numbers.
pub fn kruskal_wallis(groups: &[Vec<f64>]) -> Result<RankTest, StatisticsError> {
    check(groups, 1)?;
    let mut values: Vec<(f64, usize)> = Vec::new();
    for (at, group) in groups.iter().enumerate() {
        values.extend(group.iter().map(|value| (*value, at)));
    }
    values.sort_by(|a, b| a.0.total_cmp(&b.0));
    let n = values.len() as f64;
    let mut ranks = vec![0.0; groups.len()];
    let (mut before, mut ties) = (0.0, 0.0);
    for tied in values.chunk_by(|a, b| a.0 == b.0) {
        let count = tied.len() as f64;
        // Equal values share the mean of the ranks they take up.
        let rank = before + (count + 1.0) / 2.0;
        for (_, group) in tied {
            ranks.iter_mut().skip(*group).take(1).for_each(|sum| *sum += rank);
        }
        before += count;
        ties += count.powi(3) - count;
    }
    let untied = 1.0 - ties / (n.powi(3) - n);
    if untied.is_nan() || untied <= 0.0 {
        return Err(StatisticsError::NoVariation);
    }
    let spread: f64 = ranks.iter().zip(groups).map(|(sum, group)| sum * sum / group.len() as f64).sum();
    let statistic = finite(((12.0 / (n * (n + 1.0)) * spread - 3.0 * (n + 1.0)) / untied).max(0.0))?;
    let df = groups.len() - 1;
    Ok(RankTest { statistic, df, p: chi_square_p(statistic, df)?, epsilon_squared: (statistic / (n - 1.0)).min(1.0) })
}

/// Levene's test: do groups differ in their spread? An analysis of variance of the distances from each group's centre.
///
/// # Errors
/// As [`anova`], of the distances.
pub fn levene(groups: &[Vec<f64>], centre: Centre) -> Result<GroupTest, StatisticsError> {
    check(groups, 1)?;
    let distances: Vec<Vec<f64>> = groups
        .iter()
        .map(|group| {
            let from = match centre {
                Centre::Mean => mean(group),
                Centre::Median => {
                    let mut sorted = group.clone();
                    sorted.sort_by(f64::total_cmp);
                    quantile_of_sorted(&sorted, 0.5)
                }
            };
            group.iter().map(|value| (value - from).abs()).collect()
        })
        .collect();
    anova(&distances)
}
