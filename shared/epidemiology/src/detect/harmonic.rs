//! A harmonic quasi-Poisson regression: log mean = level + trend + one wave a year, over up to ten years.
//!
//! It has four parameters where [`super::Farrington`] has eleven, and reads twice the years. So it is steadier where a season
//! is smooth, and blind to a sharp one; the settings take the middle of both.

use nalgebra::{Matrix4, Vector4};

use super::farrington::Baseline;
use super::regression::{Fitted, Row, deviance, dispersion, level, weigh_down};

/// Years of baseline, as far as they are there.
const YEARS: usize = 10;
/// Weeks in a year, as in Farrington's.
const YEAR: usize = 52;
/// The last weeks are left out, as in Farrington's.
const EXCLUDED: usize = 26;
/// Parameters.
const PARAMETERS: usize = 4;
/// Steps after which a fit is given up; it takes five to ten.
const MOST_STEPS: usize = 40;
/// A fit stands when the deviance moves by less than this share of itself: means are then right to five digits.
const STILL: f64 = 1e-8;
/// Added to the diagonal of the normal equations, whose entries are sums of counts: it only matters where a column is empty,
/// as the trend's is when there is none, and sets its parameter to zero.
const RIDGE: f64 = 1e-9;
/// Logarithms of means stay within these: from one case in a hundred thousand years to more than there are people.
const BOUNDS: (f64, f64) = (-15.0, 25.0);

struct Fit {
    parameters: Vector4<f64>,
    fitted: Vec<Fitted>,
    dispersion: f64,
}

/// The columns of a week `time` weeks from the one judged.
fn columns(time: f64, trend: bool) -> Vector4<f64> {
    let years = time / YEAR as f64;
    let angle = std::f64::consts::TAU * years;
    Vector4::new(1.0, if trend { years } else { 0.0 }, angle.cos(), angle.sin())
}

impl Fit {
    fn new(rows: &[Row], trend: bool) -> Option<Self> {
        let design: Vec<Vector4<f64>> = rows.iter().map(|row| columns(row.time, trend)).collect();
        let mean = rows.iter().map(|row| row.count).sum::<f64>() / rows.len().max(1) as f64;
        // Half-way between the counts and their mean, and never the logarithm of nothing.
        let mut linear: Vec<f64> = rows.iter().map(|row| ((row.count + mean) / 2.0 + 0.01).ln()).collect();
        let mut before = f64::INFINITY;
        for _ in 0..MOST_STEPS {
            let (mut left, mut right) = (Matrix4::identity() * RIDGE, Vector4::zeros());
            for ((row, value), column) in rows.iter().zip(&linear).zip(&design) {
                let mean = value.exp();
                let weight = row.weight * mean;
                left += column * column.transpose() * weight;
                right += column * (weight * value + row.weight * (row.count - mean));
            }
            let solver = left.cholesky()?;
            let parameters = solver.solve(&right);
            linear = design.iter().map(|column| column.dot(&parameters).clamp(BOUNDS.0, BOUNDS.1)).collect();
            let now = deviance(rows, &linear);
            if !now.is_finite() {
                return None;
            }
            if (now - before).abs() < STILL * (now.abs() + 0.1) {
                let inverse = solver.inverse();
                let fitted: Vec<Fitted> = rows
                    .iter()
                    .zip(&linear)
                    .zip(&design)
                    .map(|((row, value), column)| {
                        let mean = value.exp();
                        Fitted { mean, leverage: row.weight * mean * column.dot(&(inverse * column)) }
                    })
                    .collect();
                let freedom = rows.len().checked_sub(PARAMETERS)?;
                let dispersion = dispersion(rows, &fitted, freedom);
                return dispersion.is_finite().then_some(Fit { parameters, fitted, dispersion });
            }
            before = now;
        }
        None
    }

    fn mean(&self, time: f64, trend: bool) -> f64 {
        columns(time, trend).dot(&self.parameters).clamp(BOUNDS.0, BOUNDS.1).exp()
    }
}

/// Fits twice: as it is, and with past outbreaks weighed down.
fn weighed(rows: &mut [Row], trend: bool) -> Option<Fit> {
    level(rows);
    let first = Fit::new(rows, trend)?;
    weigh_down(rows, &first.fitted, first.dispersion);
    Fit::new(rows, trend)
}

/// The baseline of the week at `index`; `None` without a case in it, or if it does not settle.
pub(crate) fn baseline(values: &[f64], index: usize) -> Option<Baseline> {
    let past = values.get(index.saturating_sub(YEARS * YEAR)..index.checked_sub(EXCLUDED)?)?;
    let most = past.iter().copied().fold(0.0, f64::max);
    if most == 0.0 {
        return None;
    }
    let lags = (EXCLUDED + 1..=EXCLUDED + past.len()).rev();
    let mut rows: Vec<Row> = past
        .iter()
        .zip(lags)
        .map(|(count, lag)| Row { time: -(lag as f64), season: 0, count: *count, weight: 1.0 })
        .collect();
    // A trend that leads beyond everything seen is not believed, as in Farrington's.
    let (fit, trend) = match weighed(&mut rows, true).filter(|fit| fit.mean(0.0, true) <= most) {
        Some(fit) => (fit, true),
        None => (weighed(&mut rows, false)?, false),
    };
    Some(Baseline { mean: fit.mean(0.0, trend), before: fit.mean(-1.0, trend), dispersion: fit.dispersion })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test panics")]

    use super::*;

    /// The mean of week `week` of a wave that rises by five percent a year.
    fn wave(week: usize) -> f64 {
        let years = week as f64 / 52.0;
        (3.0 + 0.05 * years + 0.8 * (std::f64::consts::TAU * years).sin()).exp()
    }

    #[test]
    fn a_wave_with_a_trend_is_found_again_in_spite_of_an_outbreak() {
        let mut counts: Vec<f64> = (0..624).map(wave).collect();
        counts[400..404].fill(200.0);
        let baseline = baseline(&counts, 600).unwrap();
        assert!((baseline.mean / wave(600) - 1.0).abs() < 0.02, "{baseline:?} {}", wave(600));
        assert!((baseline.before / wave(599) - 1.0).abs() < 0.02, "{baseline:?} {}", wave(599));
        // The last weeks are no part of it.
        counts[575..600].fill(0.0);
        assert_eq!(super::baseline(&counts, 600), Some(baseline));
    }

    #[test]
    fn nothing_and_too_little_give_none() {
        assert!(baseline(&[0.0; 300], 299).is_none() && baseline(&[1.0; 20], 19).is_none());
        assert!(baseline(&[1.0; 29], 28).is_none());
    }
}
