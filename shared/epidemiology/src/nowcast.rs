//! How many there are already, of whom only some have been reported: a nowcast from the reporting triangle.
//!
//! Rows are days of onset, columns days until the report. What the triangle itself says of delays is little and, while an
//! outbreak grows, wild: a plain chain ladder multiplies yesterday's single case by what the first days did. So the delays
//! have a Dirichlet prior from past reports, the correction of a day's count is at most threefold, and the interval is
//! always given. The delays are taken backwards (the share of the cases known by delay `d` that came with delay `d`; Lawless
//! 1994, doi:10.2307/3315820), which is right for rows that are cut off, whether cases grow or fall.

use domain::time::Date;
use thiserror::Error;

use crate::forecast::quantile_of_sorted;
use crate::random::Random;

mod triangle;

pub use triangle::{Row, Triangle, TriangleError};

/// The most a day's count is multiplied by. On a food-borne outbreak with a median delay of a week, uncapped factors erred
/// five times as much as the counts as they stood.
pub const LARGEST_CORRECTION: f64 = 3.0;
/// The ends of the 90 % interval.
const BAND90: (f64, f64) = (0.05, 0.95);
/// The most past reports a prior is worth: they know a delay's share to about 3 %, and a few days of a large outbreak can
/// still show that delays have changed.
const PRIOR_STRENGTH: f64 = 200.0;
/// Reports that every prior has, spread evenly over the delays, so that none is impossible.
const PRIOR_EVEN: f64 = 1.0;
/// Cases a day is given beyond those counted before what is missing is drawn (Jeffreys' prior of a Poisson mean).
const JEFFREYS: f64 = 0.5;
/// The least share that a draw may leave known: below it, a day's count says nothing, and one case would stand for a city.
const LEAST_SHARE: f64 = 1e-3;
/// Draws; a hundred then lie beyond each end of the interval.
const DRAWS: usize = 2_000;

/// How long reports take, as a Dirichlet distribution over delays of 0, 1, 2, ... days.
#[derive(Clone, Debug, PartialEq)]
pub struct DelayPrior {
    weights: Vec<f64>,
}

impl DelayPrior {
    /// From how many past reports took 0, 1, 2, ... days: of settled rows ([`Triangle::settled`]), of an outbreak before, or
    /// of the same disease elsewhere.
    pub fn new(past: &[u32]) -> Self {
        let total: f64 = past.iter().copied().map(f64::from).sum();
        let scale = if total > PRIOR_STRENGTH { PRIOR_STRENGTH / total } else { 1.0 };
        let even = PRIOR_EVEN / past.len().max(1) as f64;
        DelayPrior { weights: past.iter().map(|reports| f64::from(*reports) * scale + even).collect() }
    }
}

/// Why there is no nowcast.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum NowcastError {
    /// Prior and triangle speak of different delays.
    #[error("the prior has {prior} delays, the triangle {triangle}")]
    Delays {
        /// Delays of the prior.
        prior: usize,
        /// Delays of the triangle.
        triangle: usize,
    },
}

/// What a day will have been, once all is reported.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Nowcast {
    /// The day of onset.
    pub date: Date,
    /// Cases reported so far.
    pub counted: f64,
    /// Cases expected in the end: those counted over the share expected to be known, at most three times those counted.
    pub expected: f64,
    /// The lower end of the 90 % interval; never above what is expected.
    pub lower: f64,
    /// The upper end, to which the cap does not apply: it says how much may be hidden.
    pub upper: f64,
}

/// The days that are not fully reported yet, oldest first.
///
/// # Errors
/// [`NowcastError`].
pub fn nowcast(triangle: &Triangle, prior: &DelayPrior, seed: u64) -> Result<Vec<Nowcast>, NowcastError> {
    let delays = triangle.delays();
    if prior.weights.len() != delays {
        return Err(NowcastError::Delays { prior: prior.weights.len(), triangle: delays });
    }
    let backward = Backward::of(triangle, prior);
    let likely = backward.known(|with, before| with / (with + before));
    let mut random = Random::new(seed);
    // A Beta number is the share of one Gamma number in the sum of two.
    let draws: Vec<Vec<f64>> = (0..DRAWS)
        .map(|_| {
            backward.known(|with, before| {
                let (with, before) = (random.gamma(with), random.gamma(before));
                if with + before > 0.0 { with / (with + before) } else { 0.0 }
            })
        })
        .collect();
    let open = triangle.rows().filter(|row| row.known.len() < delays);
    let days = open.map(|row| {
        let age = row.known.len() - 1;
        let counted: f64 = row.known.iter().copied().map(f64::from).sum();
        let share = likely.get(age).copied().unwrap_or(1.0);
        let expected = (counted / share.max(f64::MIN_POSITIVE)).min(counted * LARGEST_CORRECTION);
        let mut totals: Vec<f64> = draws
            .iter()
            .map(|known| {
                let share = known.get(age).copied().unwrap_or(1.0).max(LEAST_SHARE);
                let all = random.gamma(counted + JEFFREYS) / share;
                counted + random.poisson(all * (1.0 - share))
            })
            .collect();
        totals.sort_by(f64::total_cmp);
        Nowcast {
            date: row.date,
            counted,
            expected,
            lower: quantile_of_sorted(&totals, BAND90.0).min(expected),
            upper: quantile_of_sorted(&totals, BAND90.1).max(expected),
        }
    });
    Ok(days.collect())
}

/// For each delay: cases known with it, and cases known with a shorter one, in the rows that have got that far; with the
/// prior's. The parameters of the Beta distribution of the backward share.
struct Backward {
    shares: Vec<(f64, f64)>,
}

impl Backward {
    /// Rows that are fully reported are left to the prior, so that no report counts twice.
    fn of(triangle: &Triangle, prior: &DelayPrior) -> Backward {
        let mut shorter = 0.0;
        let mut shares: Vec<(f64, f64)> = prior
            .weights
            .iter()
            .map(|weight| {
                shorter += weight;
                (*weight, shorter - weight)
            })
            .collect();
        for row in triangle.rows().filter(|row| row.known.len() < triangle.delays()) {
            let mut shorter = 0.0;
            for ((with, before), cases) in shares.iter_mut().zip(row.known) {
                *with += f64::from(*cases);
                *before += shorter;
                shorter += f64::from(*cases);
            }
        }
        Backward { shares }
    }

    /// The share of all cases that is known after 0, 1, 2, ... days, given how to make a share of two parameters.
    fn known(&self, mut share: impl FnMut(f64, f64) -> f64) -> Vec<f64> {
        let mut known = 1.0;
        let longest_first = self.shares.iter().rev().map(|(with, before)| {
            let here = known;
            known *= 1.0 - share(*with, *before);
            here
        });
        let mut known: Vec<f64> = longest_first.collect();
        known.reverse();
        known
    }
}

#[cfg(test)]
mod tests;
