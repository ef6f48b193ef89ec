//! How likely a stationary series is under given ARMA coefficients, exactly: the Kalman filter of the state space form, in
//! the fast recursions that carry one vector of the covariance's change instead of the matrix.

use nalgebra::{DMatrix, DVector};

use super::polynomial;

/// What the filter found. The mean and the variance are those that make the series most likely.
#[derive(Clone, Debug)]
pub struct Filtered {
    /// The logarithm of the likelihood.
    pub log_likelihood: f64,
    /// The mean of the series; 0 where none was asked for.
    pub mean: f64,
    /// The variance of the shocks (the sum of squares divided by the number of points).
    pub variance: f64,
    /// What the state is expected to be one step after the last point, the mean taken off.
    pub state: Vec<f64>,
}

/// Below this change of the covariance (in units of the shocks' variance) the filter has settled: far below what a double
/// keeps of the sum of a few thousand terms.
const SETTLED: f64 = 1e-15;

/// Filters `values` under `x_t = sum ar_i x_{t-i} + e_t + sum ma_i e_{t-i}`, around a mean that is estimated with it (by
/// generalised least squares) where `with_mean`. Nothing where the coefficients leave the numbers.
///
/// State space form: Harvey 1989, section 3.4. Recursions: Morf, Sidhu and Kailath 1974, doi:10.1109/TAC.1974.1100576.
pub fn filter(ar: &[f64], ma: &[f64], values: &[f64], with_mean: bool) -> Option<Filtered> {
    let size = ar.len().max(ma.len() + 1);
    let ar: Vec<f64> = ar.iter().copied().chain(std::iter::repeat(0.0)).take(size).collect();
    let start = covariance_with_now(&ar, ma)?;
    let (mut state, mut unit) = (vec![0.0; size], vec![0.0; size]);
    let mut spread = *start.first()?;
    let mut gain = start;
    advance(&mut gain, &ar);
    let mut change = gain.clone();
    let mut factor = -1.0 / spread;
    let mut settled = false;
    let (mut logs, mut squares, mut crossed, mut units) = (0.0, 0.0, 0.0, 0.0);
    for value in values {
        let error = value - state.first()?;
        let error_of_unit = 1.0 - unit.first()?;
        logs += spread.ln();
        squares += error * error / spread;
        correct(&mut state, &ar, &gain, error / spread);
        if with_mean {
            crossed += error * error_of_unit / spread;
            units += error_of_unit * error_of_unit / spread;
            correct(&mut unit, &ar, &gain, error_of_unit / spread);
        }
        if !settled {
            let now = *change.first()?;
            let weight = factor * now;
            factor += factor * weight * now / spread;
            // The spread of a forecast is at least that of the shock itself; rounding must not push it below.
            let next = (spread + weight * now).max(1.0);
            advance(&mut change, &ar);
            for (gain, change) in gain.iter_mut().zip(&mut change) {
                *gain += *change * weight;
                *change -= *gain * now / next;
            }
            spread = next;
            settled = factor.abs() * change.iter().map(|value| value * value).sum::<f64>() < SETTLED;
        }
    }
    let count = values.len() as f64;
    let mean = if with_mean && units > 0.0 { crossed / units } else { 0.0 };
    let variance = (squares - mean * crossed) / count;
    let log_likelihood = -0.5 * (count * (1.0 + (std::f64::consts::TAU * variance).ln()) + logs);
    let sound = variance > 0.0 && log_likelihood.is_finite() && mean.is_finite();
    state.iter_mut().zip(&unit).for_each(|(state, unit)| *state -= mean * unit);
    sound.then_some(Filtered { log_likelihood, mean, variance, state })
}

/// One step of the transition: the first element feeds every element, the others move up by one.
pub fn advance(state: &mut [f64], ar: &[f64]) {
    let first = state.first().copied().unwrap_or_default();
    state.rotate_left(1);
    if let Some(last) = state.last_mut() {
        *last = 0.0;
    }
    state.iter_mut().zip(ar).for_each(|(value, coefficient)| *value += coefficient * first);
}

/// Moves a state on and corrects it by what was not expected.
fn correct(state: &mut [f64], ar: &[f64], gain: &[f64], error: f64) {
    advance(state, ar);
    state.iter_mut().zip(gain).for_each(|(value, gain)| *value += gain * error);
}

/// The covariance of each element of the state with the series' own value, in units of the shocks' variance.
fn covariance_with_now(ar: &[f64], ma: &[f64]) -> Option<Vec<f64>> {
    let shocks: Vec<f64> = std::iter::once(1.0).chain(ma.iter().copied()).collect();
    let below: Vec<f64> = std::iter::once(1.0).chain(ar.iter().map(|coefficient| -coefficient)).collect();
    let weights = polynomial::weights(&shocks, &below, shocks.len());
    let of_shocks =
        |lag: usize| shocks.iter().skip(lag).zip(&weights).map(|(shock, weight)| shock * weight).sum::<f64>();
    // Yule-Walker with a moving average: gamma_k - sum phi_j gamma_|k-j| = sum theta_j psi_{j-k}.
    let order = ar.iter().rposition(|coefficient| *coefficient != 0.0).map_or(0, |at| at + 1);
    let mut equations = DMatrix::<f64>::identity(order + 1, order + 1);
    for row in 0..=order {
        for (lag, coefficient) in (1..=order).zip(ar) {
            if let Some(cell) = equations.get_mut((row, row.abs_diff(lag))) {
                *cell -= coefficient;
            }
        }
    }
    let solved = equations.lu().solve(&DVector::from_fn(order + 1, |lag, _| of_shocks(lag)))?;
    let found: Vec<f64> = (0..ar.len())
        .map(|at| {
            let past: f64 =
                ar.iter().take(order).skip(at).zip(solved.iter().skip(1)).map(|(phi, gamma)| phi * gamma).sum();
            past + of_shocks(at)
        })
        .collect();
    // The first sum is the variance itself, which the shock of now alone already makes 1.
    found.first().is_some_and(|variance| variance.is_finite() && *variance >= 1.0 - 1e-9).then_some(found)
}
