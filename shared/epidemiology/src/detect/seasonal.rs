//! A seasonal quasi-Poisson regression: log mean = level of the season + trend, fitted by iteratively reweighted least squares.
//!
//! Each point belongs to exactly one season, so that the weighted least squares of every step have a closed form: centre the
//! trend and the response within each season, take the slope, then read off the levels. The leverages come from the same
//! sums. This solves the very equations that a QR of the design matrix would, in one pass and without a matrix.

use super::regression::{Fitted, Row, deviance, dispersion};

/// Steps after which a fit is given up. A fit takes 5 to 20; the longer way is down to a season without any case.
const MOST_STEPS: usize = 60;
/// A fit stands when the deviance moves by less than this share of itself; R's `glm` has the same bound, and where a season
/// has no case at all its (endless) way down must be left at the same place to reach the same figures.
const STILL: f64 = 1e-8;

/// The sums of one season in one step.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    weight: f64,
    time: f64,
    response: f64,
}

/// A fitted regression.
#[derive(Clone, Debug)]
pub(crate) struct Seasonal {
    levels: Vec<f64>,
    slope: f64,
    /// Pearson's dispersion, at least 1.
    pub(crate) dispersion: f64,
    /// What the rows became.
    pub(crate) fitted: Vec<Fitted>,
}

impl Seasonal {
    /// Fits `rows` in `seasons` seasons, with a common trend or without. `None` if it does not settle, or has more parameters
    /// than rows.
    pub(crate) fn fit(rows: &[Row], seasons: usize, trend: bool) -> Option<Self> {
        let mut linear: Vec<f64> = rows.iter().map(|row| (row.count + 0.1).ln()).collect();
        let mut before = deviance(rows, &linear);
        for _ in 0..MOST_STEPS {
            let (levels, slope, leverage) = step(rows, &linear, seasons, trend);
            for (value, row) in linear.iter_mut().zip(rows) {
                *value = levels.get(row.season).copied().unwrap_or_default() + slope * row.time;
            }
            let now = deviance(rows, &linear);
            if !now.is_finite() {
                return None;
            }
            if (now - before).abs() < STILL * (now.abs() + 0.1) {
                let fitted = linear
                    .iter()
                    .zip(leverage)
                    .map(|(value, leverage)| Fitted { mean: value.exp(), leverage })
                    .collect();
                return Seasonal { levels, slope, dispersion: 1.0, fitted }.dispersed(rows, seasons, trend);
            }
            before = now;
        }
        None
    }

    /// Sets the dispersion: Pearson's statistic over the degrees of freedom that are left, never below 1.
    fn dispersed(mut self, rows: &[Row], seasons: usize, trend: bool) -> Option<Self> {
        let used = (0..seasons).filter(|season| rows.iter().any(|row| row.season == *season)).count();
        let freedom = rows.len().checked_sub(used + usize::from(trend)).filter(|freedom| *freedom > 0)?;
        self.dispersion = dispersion(rows, &self.fitted, freedom);
        self.dispersion.is_finite().then_some(self)
    }

    /// The mean to be expected at `time` in `season`.
    pub(crate) fn mean(&self, season: usize, time: f64) -> f64 {
        (self.levels.get(season).copied().unwrap_or_default() + self.slope * time).exp()
    }
}

/// One step of weighted least squares: levels, slope and the leverage of each row.
fn step(rows: &[Row], linear: &[f64], seasons: usize, trend: bool) -> (Vec<f64>, f64, Vec<f64>) {
    // Weight and working response of each row at the present means.
    let work: Vec<(f64, f64)> = rows
        .iter()
        .zip(linear)
        .map(|(row, value)| {
            let mean = value.exp();
            (row.weight * mean, value + (row.count - mean) / mean)
        })
        .collect();
    let mut sums = vec![Sums::default(); seasons];
    for (row, (weight, response)) in rows.iter().zip(&work) {
        if let Some(sum) = sums.get_mut(row.season) {
            sum.weight += weight;
            sum.time += weight * row.time;
            sum.response += weight * response;
        }
    }
    // From here on the sums hold means.
    for sum in sums.iter_mut().filter(|sum| sum.weight > 0.0) {
        sum.time /= sum.weight;
        sum.response /= sum.weight;
    }
    let of = |season: usize| sums.get(season).copied().unwrap_or_default();
    let (mut spread, mut together) = (0.0, 0.0);
    for (row, (weight, response)) in rows.iter().zip(&work) {
        let (centre, off) = (of(row.season), row.time - of(row.season).time);
        spread += weight * off * off;
        together += weight * off * (response - centre.response);
    }
    let slope = if trend && spread > 0.0 { together / spread } else { 0.0 };
    let levels = sums.iter().map(|sum| sum.response - slope * sum.time).collect();
    let leverage = rows
        .iter()
        .zip(&work)
        .map(|(row, (weight, _))| {
            let centre = of(row.season);
            let along = if trend && spread > 0.0 { (row.time - centre.time).powi(2) / spread } else { 0.0 };
            weight * (1.0 / centre.weight.max(f64::MIN_POSITIVE) + along)
        })
        .collect();
    (levels, slope, leverage)
}
