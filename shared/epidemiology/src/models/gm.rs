//! The grey model GM(1,1): an exponential through the cumulated counts, for a handful of points (Deng 1982,
//! doi:10.1016/S0167-6911(82)80025-X). It is made for smooth sequences; the test of class ratios says which are, and raw
//! daily counts of an outbreak hardly ever are. Their running total often is, see [`Basis`].

use statrs::distribution::{ContinuousCDF, Normal};

use crate::forecast::{Forecast, LEVELS, Model, NotApplicable};
use crate::series::{Series, SeriesError};

/// The last points that are fitted. The literature takes 5 to 10; over more, an epidemic is no exponential.
const POINTS: usize = 8;
/// Two parameters, and two points more, so that there are residuals to speak of.
const FEWEST: usize = 4;
/// The quartile of the normal distribution, the bound of a small error.
const QUARTILE: f64 = 0.6745;

/// What the exponential goes through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// The counts themselves.
    Counts,
    /// Their running total since the series' first point; its steps are the forecast.
    Total,
}

/// Continues the last eight points by GM(1,1), where its test of class ratios passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GreyModel {
    /// What is fitted.
    pub basis: Basis,
}

impl Model for GreyModel {
    fn name(&self) -> &'static str {
        match self.basis {
            Basis::Counts => "gm",
            Basis::Total => "gm-total",
        }
    }

    fn forecast(&self, series: &Series, steps: usize) -> Result<Forecast, NotApplicable> {
        let mut total = 0.0;
        let running = |count: &f64| {
            total += count;
            total
        };
        let sequence: Vec<f64> = match self.basis {
            Basis::Counts => series.values().to_vec(),
            Basis::Total => series.values().iter().map(running).collect(),
        };
        let last = sequence.get(sequence.len().saturating_sub(POINTS)..).unwrap_or_default();
        let fit = Grey::fit(last)?;
        if !fit.smooth() {
            return Err(NotApplicable::Condition("the class ratios are outside the bounds of GM(1,1)"));
        }
        let value = |index: usize| match self.basis {
            Basis::Counts => fit.value(index),
            Basis::Total => fit.value(index) - fit.value(index - 1),
        };
        let fitted = last.len();
        let recent = series.values().iter().skip(series.len() - fitted).enumerate().skip(1);
        let errors: f64 = recent.map(|(index, count)| (count - value(index)).powi(2)).sum();
        // Two parameters are spent, and the first point is met by construction.
        let spread = (errors / (fitted - 3) as f64).sqrt();
        let normal = Normal::standard();
        let row = |step: usize| {
            // What drives the counts off the curve in one step stays, and more comes: as in a random walk.
            let (centre, width) = (value(fitted + step), spread * (step as f64 + 1.0).sqrt());
            LEVELS.map(|level| centre + width * normal.inverse_cdf(level))
        };
        Forecast::new((0..steps).map(row).collect())
    }
}

/// A fitted GM(1,1): with `x` the sequence, `X` its running sum and `z(k) = (X(k) + X(k - 1)) / 2`, the least squares
/// solution of `x(k) = b - a z(k)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Grey {
    /// Minus the rate of growth per step.
    pub development: f64,
    /// The grey input `b`, in units of the sequence.
    pub input: f64,
    /// C: standard deviation of the residuals over that of the sequence. Below 0.35 is called good.
    pub deviation_ratio: f64,
    /// P: the share of residuals that lie within 0.6745 standard deviations of the sequence around their mean. Above 0.95
    /// is called good.
    pub small_errors: f64,
    sequence: Vec<f64>,
}

impl Grey {
    /// Fits a sequence, oldest first.
    ///
    /// # Errors
    /// Fewer than 4 points, all the same, or not all finite and above zero.
    pub fn fit(sequence: &[f64]) -> Result<Self, NotApplicable> {
        if sequence.len() < FEWEST {
            return Err(SeriesError::TooShort { points: sequence.len(), needed: FEWEST }.into());
        }
        if !sequence.iter().all(|value| *value > 0.0 && value.is_finite()) {
            return Err(NotApplicable::Condition("GM(1,1) needs values above zero"));
        }
        let spread = deviation(sequence);
        if spread <= 0.0 {
            return Err(SeriesError::Constant.into());
        }
        let mut sum = sequence.first().copied().unwrap_or_default();
        let behind = sequence.get(1..).unwrap_or_default();
        let centres: Vec<f64> = behind
            .iter()
            .map(|value| {
                sum += value;
                sum - value / 2.0
            })
            .collect();
        let (centre, level) = (mean(&centres), mean(behind));
        let pairs = || centres.iter().zip(behind).map(|(z, x)| (z - centre, x - level));
        let slope = pairs().map(|(z, x)| z * x).sum::<f64>() / pairs().map(|(z, _)| z * z).sum::<f64>();
        let mut fit = Grey {
            development: -slope,
            input: level - slope * centre,
            deviation_ratio: 0.0,
            small_errors: 0.0,
            sequence: sequence.to_vec(),
        };
        let residuals: Vec<f64> = sequence.iter().enumerate().map(|(index, value)| value - fit.value(index)).collect();
        let middle = mean(&residuals);
        let small = residuals.iter().filter(|residual| (*residual - middle).abs() < QUARTILE * spread).count();
        fit.deviation_ratio = deviation(&residuals) / spread;
        fit.small_errors = small as f64 / sequence.len() as f64;
        let numbers = [fit.development, fit.input, fit.deviation_ratio];
        if numbers.iter().all(|number| number.is_finite()) { Ok(fit) } else { Err(NotApplicable::NoNumber) }
    }

    /// The fitted value at an index, from 0; beyond the sequence, the forecast. May leave the numbers far ahead of a steep
    /// sequence.
    pub fn value(&self, index: usize) -> f64 {
        let first = self.sequence.first().copied().unwrap_or_default();
        if index == 0 {
            return first;
        }
        // The difference of two neighbouring values of (x(1) - b/a) exp(-a k) + b/a, without the division that a = 0
        // would spoil.
        let share = if self.development == 0.0 { 1.0 } else { -(-self.development).exp_m1() / self.development };
        (self.input - self.development * first) * share * (-self.development * (index as f64 - 1.0)).exp()
    }

    /// Whether every class ratio `x(k - 1) / x(k)` lies strictly between `exp(-2 / (n + 1))` and `exp(2 / (n + 1))`: the
    /// condition under which the model is meant to be used.
    pub fn smooth(&self) -> bool {
        let bound = 2.0 / (self.sequence.len() as f64 + 1.0);
        self.sequence.iter().zip(self.sequence.iter().skip(1)).all(|(before, here)| (before / here).ln().abs() < bound)
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The standard deviation, divided by n as in the papers' C.
fn deviation(values: &[f64]) -> f64 {
    let centre = mean(values);
    (values.iter().map(|value| (value - centre).powi(2)).sum::<f64>() / values.len() as f64).sqrt()
}

#[cfg(test)]
mod tests;
