//! How much each indicator counts: by what people judge (AHP) or by how much the indicators tell areas apart (entropy).

use std::cmp::Ordering;

use nalgebra::{DMatrix, DVector};
use thiserror::Error;

/// Judgements that contradict each other more than this are asked again (Saaty 1980).
pub const CONSISTENT: f64 = 0.1;
/// The consistency index of random judgements of 1 to 10 things (Saaty 1980, table of 500 random matrices).
const RANDOM: [f64; 10] = [0.0, 0.0, 0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49];
/// Saaty's scale ends at nine times as important.
const SCALE: f64 = 9.0;
/// Steps of the power method; a positive matrix of ten rows is done in far fewer.
const STEPS: usize = 200;

/// Why there are no weights.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum WeightsError {
    /// The judgements are not those of 1 to 10 things: every pair once.
    #[error("{0} judgements are not one for every pair of up to 10 things")]
    Pairs(usize),
    /// A judgement outside Saaty's scale.
    #[error("the judgement {0} is not between 1/9 and 9")]
    Scale(f64),
    /// The judgements contradict each other.
    #[error("the judgements contradict each other: consistency ratio {0:.3}, below {CONSISTENT} is due")]
    Inconsistent(f64),
    /// Fewer than two rows, rows of different length, or a value outside 0 to 1.
    #[error("at least two rows of equal length with values from 0 to 1 are due")]
    Rows,
    /// No indicator differs between the rows.
    #[error("no indicator differs between the rows")]
    Alike,
}

/// Weights by pairwise judgements.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// One for each thing; they sum to 1.
    pub weights: Vec<f64>,
    /// The consistency ratio, below [`CONSISTENT`].
    pub consistency: f64,
}

/// The analytic hierarchy process (Saaty 1980): `judgements` say how many times as important the first of each pair is, in
/// the order 1-2, 1-3, .., 1-n, 2-3, ... The weights are the principal eigenvector of the matrix of all ratios.
///
/// # Errors
/// [`WeightsError`], with the consistency ratio when it is too high.
pub fn judged(judgements: &[f64]) -> Result<Judged, WeightsError> {
    let things = (1..=RANDOM.len())
        .find(|things| things * (things - 1) / 2 == judgements.len())
        .ok_or(WeightsError::Pairs(judgements.len()))?;
    if let Some(wrong) = judgements.iter().find(|ratio| !(1.0 / SCALE..=SCALE).contains(*ratio)) {
        return Err(WeightsError::Scale(*wrong));
    }
    let judgement = |first: usize, second: usize| {
        let before = first * (2 * things - first - 1) / 2;
        judgements.get(before + second - first - 1).copied().unwrap_or(1.0)
    };
    let ratios = DMatrix::from_fn(things, things, |row, column| match row.cmp(&column) {
        Ordering::Less => judgement(row, column),
        Ordering::Equal => 1.0,
        Ordering::Greater => 1.0 / judgement(column, row),
    });
    let mut weights = DVector::from_element(things, 1.0 / things as f64);
    for _ in 0..STEPS {
        weights = &ratios * weights;
        weights /= weights.sum();
    }
    let eigenvalue = (&ratios * &weights).sum();
    let random = RANDOM.get(things - 1).copied().unwrap_or_default();
    let consistency =
        if random > 0.0 { (eigenvalue - things as f64).max(0.0) / (things as f64 - 1.0) / random } else { 0.0 };
    if consistency >= CONSISTENT {
        return Err(WeightsError::Inconsistent(consistency));
    }
    Ok(Judged { weights: weights.iter().copied().collect(), consistency })
}

/// Entropy weights (Shannon 1948): `rows` are areas or days, columns indicators; what is spread evenly over the rows tells
/// nothing and weighs nothing.
///
/// # Errors
/// [`WeightsError::Rows`], [`WeightsError::Alike`].
pub fn entropy(rows: &[Vec<f64>]) -> Result<Vec<f64>, WeightsError> {
    let columns = rows.first().map_or(0, Vec::len);
    let sound = |row: &Vec<f64>| row.len() == columns && row.iter().all(|value| (0.0..=1.0).contains(value));
    if rows.len() < 2 || columns == 0 || !rows.iter().all(sound) {
        return Err(WeightsError::Rows);
    }
    let most = (rows.len() as f64).ln();
    let told = |column: usize| {
        let values = || rows.iter().filter_map(|row| row.get(column)).copied();
        let sum: f64 = values().sum();
        let shares = values().map(|value| value / sum).filter(|share| *share > 0.0);
        if sum > 0.0 { (1.0 + shares.map(|share| share * share.ln()).sum::<f64>() / most).max(0.0) } else { 0.0 }
    };
    let told: Vec<f64> = (0..columns).map(told).collect();
    let all: f64 = told.iter().sum();
    // Rounding leaves some 1e-16 of columns that are alike.
    if all < 1e-12 { Err(WeightsError::Alike) } else { Ok(told.into_iter().map(|told| told / all).collect()) }
}
