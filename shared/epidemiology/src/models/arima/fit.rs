//! Fitting one order to one series, and going on from there.

use super::likelihood::{Filtered, advance, filter};
use super::optimise::{bfgs, nelder_mead};
use super::polynomial::{difference, integrate, of_lags, product, roots_beyond, stationary, weights};

/// The order of a seasonal ARIMA.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// Autoregressive terms, differences, moving average terms.
    pub plain: [usize; 3],
    /// The same at the season's lag.
    pub seasonal: [usize; 3],
    /// The season's lag, in points; 1 where there is none.
    pub season: usize,
    /// Whether the differenced series has a mean of its own (a drift, if there was one difference).
    pub constant: bool,
}

impl Order {
    /// An order without a season.
    pub fn plain(ar: usize, differences: usize, ma: usize, constant: bool) -> Self {
        Order { plain: [ar, differences, ma], seasonal: [0; 3], season: 1, constant }
    }

    /// How many numbers are estimated, the variance included.
    pub fn parameters(&self) -> usize {
        self.terms() + usize::from(self.constant) + 1
    }

    /// Autoregressive and moving average terms together.
    fn terms(&self) -> usize {
        let ([ar, _, ma], [seasonal_ar, _, seasonal_ma]) = (self.plain, self.seasonal);
        ar + ma + seasonal_ar + seasonal_ma
    }

    /// The lags to difference at, in this order.
    fn lags(&self) -> impl Iterator<Item = usize> + Clone {
        let ([_, plain, _], [_, seasonal, _]) = (self.plain, self.seasonal);
        std::iter::repeat_n(self.season, seasonal).chain(std::iter::repeat_n(1, plain))
    }

    /// Free numbers as the coefficients of the two polynomials, each multiplied out over the season.
    fn coefficients(&self, free: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let ([ar, _, ma], [seasonal_ar, _, _]) = (self.plain, self.seasonal);
        let (ar, rest) = free.split_at(ar.min(free.len()));
        let (seasonal_ar, rest) = rest.split_at(seasonal_ar.min(rest.len()));
        let (ma, seasonal_ma) = rest.split_at(ma.min(rest.len()));
        let joined = |plain: &[f64], seasonal: &[f64]| {
            // Both polynomials are 1 - c B - ...; a moving average that is stationary in this sense is invertible.
            let plain = of_lags(&stationary(plain), 1, -1.0);
            let seasonal = of_lags(&stationary(seasonal), self.season, -1.0);
            product(&plain, &seasonal).into_iter().skip(1).collect::<Vec<_>>()
        };
        let ar = joined(ar, seasonal_ar).into_iter().map(|coefficient| -coefficient).collect();
        (ar, joined(ma, seasonal_ma))
    }
}

/// How much work a fit is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effort {
    /// One descent, on long series that of the start only: enough to compare orders.
    Quick,
    /// Several starts and the simplex too: for the order that was chosen.
    Thorough,
}

/// An order with its most likely coefficients.
#[derive(Clone, Debug)]
pub struct Fitted {
    /// What was fitted.
    pub order: Order,
    /// phi, multiplied out over the season.
    pub ar: Vec<f64>,
    /// theta, multiplied out over the season.
    pub ma: Vec<f64>,
    /// What the filter says of the differenced series.
    pub filtered: Filtered,
    /// Points after differencing.
    pub points: usize,
}

impl Fitted {
    /// Whether both polynomials keep away from the unit circle.
    pub fn is_sound(&self) -> bool {
        away_from_the_circle(&self.ar, &self.ma)
    }

    /// Akaike's criterion, corrected for few points (Hurvich and Tsai 1989, doi:10.1093/biomet/76.2.297).
    pub fn corrected_aic(&self) -> f64 {
        let (parameters, points) = (self.order.parameters() as f64, self.points as f64);
        let left = points - parameters - 1.0;
        if left <= 0.0 {
            return f64::INFINITY;
        }
        2.0 * (parameters - self.filtered.log_likelihood) + 2.0 * parameters * (parameters + 1.0) / left
    }

    /// The mean and the standard deviation of each of the next `steps` values. The variance of the shocks is taken per degree
    /// of freedom, since the one of the most likely fit is too small on short series.
    pub fn ahead(&self, values: &[f64], steps: usize) -> Vec<(f64, f64)> {
        let mut state = self.filtered.state.clone();
        let padded: Vec<f64> = self.ar.iter().copied().chain(std::iter::repeat(0.0)).take(state.len()).collect();
        let mut means = Vec::with_capacity(steps);
        for _ in 0..steps {
            means.push(self.filtered.mean + state.first().copied().unwrap_or_default());
            advance(&mut state, &padded);
        }
        let mut levels = vec![values.to_vec()];
        for lag in self.order.lags() {
            levels.push(difference(levels.last().map(Vec::as_slice).unwrap_or_default(), lag));
        }
        let lags: Vec<usize> = self.order.lags().collect();
        for (lag, level) in lags.iter().zip(&levels).rev() {
            means = integrate(level, &means, *lag);
        }
        let ar: Vec<f64> = of_lags(&self.ar, 1, -1.0);
        let below = lags.iter().fold(ar, |below, lag| product(&below, &of_lags(&[1.0], *lag, -1.0)));
        let free = self.points.saturating_sub(self.order.parameters() - 1).max(1);
        let variance = self.filtered.variance * self.points as f64 / free as f64;
        let mut squares = 0.0;
        let deviations = weights(&of_lags(&self.ma, 1, 1.0), &below, steps).into_iter().map(|weight| {
            squares += weight * weight;
            (variance * squares).sqrt()
        });
        means.into_iter().zip(deviations).collect()
    }
}

/// The most likely coefficients of an order; nothing where the series is too short for it or leaves the numbers.
pub fn fit(values: &[f64], order: Order, effort: Effort) -> Option<Fitted> {
    let changes = order.lags().fold(values.to_vec(), |values, lag| difference(&values, lag));
    let terms = order.terms();
    // At least two points for each number that is estimated.
    if changes.len() < 2 * order.parameters() {
        return None;
    }
    let exact = |free: &[f64]| {
        let (ar, ma) = order.coefficients(free);
        filter(&ar, &ma, &changes, order.constant)
    };
    let unlikely = |free: &[f64]| exact(free).map_or(f64::INFINITY, |found| -found.log_likelihood);
    let conditional = |free: &[f64]| conditional_squares(&order, free, &changes);
    let zero = vec![0.0; terms];
    if effort == Effort::Quick && changes.len() > EXACT_POINTS {
        let (free, _) = bfgs(&conditional, &zero, ROUNDS);
        let (ar, ma) = order.coefficients(&free);
        return Some(Fitted { order, ar, ma, filtered: exact(&free)?, points: changes.len() });
    }
    let (start, _) = bfgs(&conditional, &zero, START_ROUNDS);
    let descend = |from: &[f64]| {
        let (found, value) = bfgs(&unlikely, from, ROUNDS);
        let (ar, ma) = order.coefficients(&found);
        (!away_from_the_circle(&ar, &ma), value, found)
    };
    let mut tries = vec![descend(&start)];
    if effort == Effort::Thorough && terms > 0 {
        let (near, _) = nelder_mead(&unlikely, &start, SIMPLEX_ROUNDS * terms);
        let opposite: Vec<f64> = start.iter().map(|number| -number).collect();
        tries.extend([near, zero, opposite].iter().map(|from| descend(from)));
    } else if tries.iter().any(|(on_the_circle, ..)| *on_the_circle) {
        tries.push(descend(&zero));
    }
    // A maximum away from the unit circle is preferred to any on it.
    let best = tries.into_iter().min_by(|left, right| left.0.cmp(&right.0).then(left.1.total_cmp(&right.1)));
    let (_, _, free) = best?;
    let (ar, ma) = order.coefficients(&free);
    let filtered = exact(&free)?;
    Some(Fitted { order, ar, ma, filtered, points: changes.len() })
}

/// Whether the roots of both polynomials are outside the unit circle by a margin. On it likelihoods pile up whatever the
/// series was made with (Sargan and Bhargava 1983, doi:10.2307/1912159), so that a maximum there says little.
fn away_from_the_circle(ar: &[f64], ma: &[f64]) -> bool {
    let moving: Vec<f64> = ma.iter().map(|coefficient| -coefficient).collect();
    roots_beyond(MARGIN, ar) && roots_beyond(MARGIN, &moving)
}

/// The margin of R's `forecast::auto.arima`.
const MARGIN: f64 = 1.01;
/// On more points than these the start is so near the most likely that orders can be compared there (the bound is that of
/// R's `forecast::auto.arima`).
const EXACT_POINTS: usize = 150;
/// The start needs to be near only.
const START_ROUNDS: usize = 8;
/// Moves of the simplex for each number.
const SIMPLEX_ROUNDS: usize = 40;
/// BFGS arrives in ten to thirty steps; flat likelihoods end here.
const ROUNDS: usize = 60;

/// Half the points times the logarithm of the sum of squared shocks, taking those before the series as nought: the start of
/// the exact search (Box and Jenkins' conditional sum of squares).
fn conditional_squares(order: &Order, free: &[f64], values: &[f64]) -> f64 {
    let (ar, ma) = order.coefficients(free);
    let mean = if order.constant { values.iter().sum::<f64>() / values.len().max(1) as f64 } else { 0.0 };
    let centred: Vec<f64> = values.iter().map(|value| value - mean).collect();
    let ar_back: Vec<f64> = ar.iter().rev().copied().collect();
    let ma_back: Vec<f64> = ma.iter().rev().copied().collect();
    let dot = |left: &[f64], right: &[f64]| left.iter().zip(right).map(|(left, right)| left * right).sum::<f64>();
    let mut shocks = vec![0.0; ma.len()];
    let mut squares = 0.0;
    for window in centred.windows(ar.len() + 1) {
        let carried = dot(shocks.get(shocks.len() - ma.len()..).unwrap_or_default(), &ma_back);
        let shock = window.last().copied().unwrap_or_default() - dot(window, &ar_back) - carried;
        squares += shock * shock;
        shocks.push(shock);
    }
    0.5 * values.len() as f64 * squares.ln()
}
