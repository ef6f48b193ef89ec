//! Prophet: a trend of straight pieces plus seasons, fitted as a regression (Taylor and Letham 2018,
//! doi:10.1080/00031305.2017.1380080). Ours, written from the paper; the defaults are those of the reference program 1.5.
//!
//! It is strong where a season repeats and weak on outbreaks, whose trend it draws on for ever; `docs/decisions/0025` says
//! why we keep it and why by hand. Its counts may have any sign inside; what comes out is never negative.

use domain::time::Date;

use crate::forecast::{Forecast, Model, NotApplicable, quantiles};
use crate::random::Random;
use crate::series::{Frequency, Series, SeriesError};

mod design;
mod posterior;

use design::Design;
use posterior::Mode;

/// Futures that are simulated, twice the reference's 1,000, so that the 1 % quantile rests on twenty.
const PATHS: usize = 2_000;
/// Fewer points have no trend to speak of.
const FEWEST: usize = 10;
/// How many histories ahead it looks: further, more changes of trend would be drawn than anybody could believe or wait for.
const FURTHEST: usize = 4;
/// Added to the mean size of the changes of trend, so that its distribution exists where there were none (the reference's).
const LEAST_CHANGE: f64 = 1e-8;
/// `ln(1 + count)` beyond which a simulated count is cut: e^46 is above any count, and finite.
const LARGEST_LOG: f64 = 46.0;

/// Forecasts by trend and season.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prophet {
    /// Fit `ln(1 + count)` instead of the counts: for seasons that multiply.
    pub log_scale: bool,
    /// Where the draws start.
    pub seed: u64,
}

impl Model for Prophet {
    fn name(&self) -> &'static str {
        if self.log_scale { "prophet-log" } else { "prophet" }
    }

    fn forecast(&self, series: &Series, steps: usize) -> Result<Forecast, NotApplicable> {
        let scale = |count: &f64| if self.log_scale { count.ln_1p() } else { *count };
        let values: Vec<f64> = series.values().iter().map(scale).collect();
        let fit = Fit::new(series.date(0), series.frequency(), &values)?;
        if steps > FURTHEST * values.len() {
            return Err(NotApplicable::Condition("more than four times as far ahead as the series is long"));
        }
        let mut samples = fit.futures(steps, &mut Random::new(self.seed));
        if self.log_scale {
            samples.iter_mut().flatten().for_each(|value| *value = value.min(LARGEST_LOG).exp_m1());
        }
        Forecast::new(samples.iter_mut().map(|step| quantiles(step)).collect())
    }
}

/// Trend and seasons fitted to values of any sign.
#[derive(Clone, Debug)]
pub struct Fit {
    design: Design,
    mode: Mode,
    /// What the values were divided by: the largest of them, whatever its sign.
    scale: f64,
}

impl Fit {
    /// Fits values, the first of them at this date.
    ///
    /// # Errors
    /// Fewer than 10 values, all the same, or one that is no number.
    pub fn new(first: Date, frequency: Frequency, values: &[f64]) -> Result<Self, NotApplicable> {
        if values.len() < FEWEST {
            return Err(SeriesError::TooShort { points: values.len(), needed: FEWEST }.into());
        }
        if !values.iter().all(|value| value.is_finite()) {
            return Err(NotApplicable::NoNumber);
        }
        if values.iter().zip(values.iter().skip(1)).all(|(before, here)| before == here) {
            return Err(SeriesError::Constant.into());
        }
        let scale = values.iter().fold(0.0, |largest: f64, value| largest.max(value.abs()));
        let scaled: Vec<f64> = values.iter().map(|value| value / scale).collect();
        let design = Design::new(first, frequency, values.len());
        let mode = Mode::find(&design.rows(values.len()), &scaled, design.changes());
        Ok(Fit { design, mode, scale })
    }

    /// The trend at an index from the first value, in the values' units.
    pub fn trend(&self, index: usize) -> f64 {
        self.sum(index, self.design.trend_columns())
    }

    /// Trend and seasons at an index from the first value, in the values' units.
    pub fn value(&self, index: usize) -> f64 {
        self.sum(index, usize::MAX)
    }

    /// The standard deviation of the noise, in the values' units.
    pub fn noise(&self) -> f64 {
        self.mode.noise * self.scale
    }

    /// The first columns' part of the value at an index.
    fn sum(&self, index: usize, columns: usize) -> f64 {
        let row = self.design.row(index);
        let parts = row.iter().zip(self.mode.weights.iter()).take(columns);
        parts.map(|(value, weight)| value * weight).sum::<f64>() * self.scale
    }

    /// Values that may come, for each of the steps ahead: the trend goes on and changes as often, and by as much on
    /// average, as it did; noise is added.
    fn futures(&self, steps: usize, random: &mut Random) -> Vec<Vec<f64>> {
        let points = self.design.points();
        let times: Vec<f64> = (0..steps).map(|step| self.design.time(points + step)).collect();
        let centres: Vec<f64> = (0..steps).map(|step| self.value(points + step) / self.scale).collect();
        let changes = self.design.changes();
        let sizes = self.mode.weights.iter().skip(changes.start).take(changes.len());
        let size = sizes.map(|change| change.abs()).sum::<f64>() / changes.len().max(1) as f64 + LEAST_CHANGE;
        let ahead = times.last().map_or(0.0, |last| last - 1.0);
        let mut samples = vec![Vec::with_capacity(PATHS); steps];
        for _ in 0..PATHS {
            let count = random.poisson(changes.len() as f64 * ahead) as usize;
            let bends: Vec<(f64, f64)> =
                (0..count).map(|_| (1.0 + ahead * random.uniform(), random.laplace(size))).collect();
            for ((step, time), centre) in samples.iter_mut().zip(&times).zip(&centres) {
                let bent: f64 = bends.iter().map(|(since, change)| change * (time - since).max(0.0)).sum();
                step.push((centre + bent + self.mode.noise * random.normal()) * self.scale);
            }
        }
        samples
    }
}

#[cfg(test)]
mod tests;
