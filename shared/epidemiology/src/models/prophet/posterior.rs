//! The weights of highest posterior density, by coordinate descent.
//!
//! With the noise fixed, minus the log posterior is a sum of squares, a quadratic for each normal prior and an absolute
//! value for each Laplace prior: each coordinate has its minimum in closed form, and going round them leads to the one
//! minimum of all (Friedman et al. 2010, doi:10.18637/jss.v033.i01). Then the noise has its maximum in closed form too.
//! Both steps only climb.

use std::ops::Range;

use nalgebra::{DMatrix, DVector};

/// Standard deviation of the normal prior of slope and level, in units of the largest value per whole history.
const TREND_PRIOR: f64 = 5.0;
/// Scale of the Laplace prior of the changes of slope.
const CHANGE_PRIOR: f64 = 0.05;
/// Standard deviation of the normal prior of the waves.
const WAVE_PRIOR: f64 = 10.0;
/// Scale of the half-normal prior of the noise.
const NOISE_PRIOR: f64 = 0.5;
/// The noise the search starts from, as the reference does: from above, since with as many columns as points the density
/// is without bound where the noise vanishes, and what is wanted is the mode of a real noise.
const NOISE_START: f64 = 1.0;
/// The least noise: a thousandth of the largest value, below which counts do not go.
const NOISE_FLOOR: f64 = 1e-3;
/// Rounds of noise and weights; ten or twenty settle.
const ROUNDS: usize = 100;
/// Rounds of the coordinates for one noise.
const SWEEPS: usize = 20_000;
/// A round in which no weight moved the fit by more than this, relative to the noise, is the last.
const STILL: f64 = 1e-8;

/// The mode of the posterior, in scaled units.
#[derive(Clone, Debug)]
pub(super) struct Mode {
    /// One for each column.
    pub(super) weights: DVector<f64>,
    /// Standard deviation of the noise.
    pub(super) noise: f64,
}

impl Mode {
    /// Of these rows and values; the columns `changes` have the Laplace prior, those before them the trend's.
    pub(super) fn find(rows: &DMatrix<f64>, values: &[f64], changes: Range<usize>) -> Mode {
        let values = DVector::from_column_slice(values);
        let mut problem = Problem {
            products: rows.tr_mul(rows),
            squares: values.dot(&values),
            gradient: rows.tr_mul(&values),
            aims: rows.tr_mul(&values),
            changes,
        };
        let mut mode = Mode { weights: DVector::zeros(rows.ncols()), noise: NOISE_START };
        for _ in 0..ROUNDS {
            problem.settle(&mut mode);
            let noise = problem.noise(&mode.weights, values.len());
            let settled = (noise / mode.noise - 1.0).abs() < STILL;
            mode.noise = noise;
            if settled {
                break;
            }
        }
        mode
    }
}

/// The sums the posterior depends on.
struct Problem {
    /// Columns times columns.
    products: DMatrix<f64>,
    /// Values times values.
    squares: f64,
    /// Columns times values.
    aims: DVector<f64>,
    /// Columns times what the weights have left of the values.
    gradient: DVector<f64>,
    changes: Range<usize>,
}

impl Problem {
    /// The best weights for the noise.
    fn settle(&mut self, mode: &mut Mode) {
        let variance = mode.noise * mode.noise;
        for _ in 0..SWEEPS {
            let mut moved: f64 = 0.0;
            for ((column, products), weight) in self.products.column_iter().enumerate().zip(mode.weights.iter_mut()) {
                let (Some(own), Some(gradient)) = (products.get(column), self.gradient.get(column)) else { continue };
                let pull = gradient + own * *weight;
                let new = if self.changes.contains(&column) {
                    let shrunk = (pull.abs() - variance / CHANGE_PRIOR).max(0.0);
                    if *own > 0.0 { shrunk.copysign(pull) / own } else { 0.0 }
                } else {
                    let prior = if column < self.changes.start { TREND_PRIOR } else { WAVE_PRIOR };
                    pull / (own + variance / (prior * prior))
                };
                let step = new - *weight;
                if step != 0.0 {
                    moved = moved.max(step.abs() * own.sqrt());
                    self.gradient.axpy(-step, &products, 1.0);
                    *weight = new;
                }
            }
            if moved < STILL * mode.noise {
                break;
            }
        }
    }

    /// The best noise for the weights: the positive root of `4 s^4 + n s^2 = sum of squares` for a prior scale of 1/2.
    fn noise(&self, weights: &DVector<f64>, points: usize) -> f64 {
        let left = (self.squares - weights.dot(&self.aims) - weights.dot(&self.gradient)).max(0.0);
        let (points, prior) = (points as f64, 1.0 / (NOISE_PRIOR * NOISE_PRIOR));
        let variance = (-points + (points * points + 4.0 * prior * left).sqrt()) / (2.0 * prior);
        variance.sqrt().max(NOISE_FLOOR)
    }
}
