//! The recurrent network (LSTM) of the literature, small and averaged.
//!
//! A window of `ln(1 + count)` around its own level goes in, all steps ahead come out at once. Five networks from five seeds
//! are averaged, since they differ among themselves as much as they err. Each is trained without one fifth of the
//! windows and says what it errs by there; those errors make the quantiles.

use crate::forecast::{Forecast, LEVELS, Model, NotApplicable, quantile_of_sorted};
use crate::random::Random;
use crate::series::{Frequency, Series, SeriesError};

mod cell;
mod train;

use cell::Network;
use train::Sample;

/// Networks that are averaged, and parts of the history of which each leaves one out.
const MEMBERS: usize = 5;
/// Fewer points are too few for 1,300 weights, however they are held down.
const FEWEST: usize = 100;
/// The last points that are learned from: two years of days, or all the weeks there are in practice.
const RECENT: usize = 730;
/// The furthest step ahead: four weeks of days.
const FURTHEST: usize = 28;
/// `ln(1 + count)` beyond which a quantile is cut: e^46 is above any count, and finite.
const LARGEST_LOG: f64 = 46.0;

/// Forecasts by an average of five small recurrent networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lstm {
    /// Where the draws start.
    pub seed: u64,
}

impl Model for Lstm {
    fn name(&self) -> &'static str {
        "lstm"
    }

    fn forecast(&self, series: &Series, steps: usize) -> Result<Forecast, NotApplicable> {
        self.fit(series, steps)?.forecast()
    }
}

impl Lstm {
    /// Trains the networks on a series for a number of steps ahead.
    ///
    /// # Errors
    /// Fewer than 100 points, or six times the steps beyond the window; all points the same; no step or more than 28.
    pub fn fit(&self, series: &Series, steps: usize) -> Result<Fit, NotApplicable> {
        if !(1..=FURTHEST).contains(&steps) {
            return Err(NotApplicable::Condition("the network forecasts 1 to 28 steps"));
        }
        let shape = Shape::of(series.frequency());
        // A member leaves out a fifth of the windows and those whose outcomes overlap with theirs; as many must be left.
        let needed = FEWEST.max(shape.window + 6 * steps);
        if series.len() < needed {
            return Err(SeriesError::TooShort { points: series.len(), needed }.into());
        }
        let history = History::of(series, shape);
        let samples = history.samples(steps);
        let unit = samples.iter().flat_map(|sample| &sample.targets).map(|target| target * target).sum::<f64>();
        let unit = (unit / (samples.len() * steps) as f64).sqrt();
        if unit <= 0.0 {
            return Err(SeriesError::Constant.into());
        }
        let samples: Vec<Sample> = samples.into_iter().map(|sample| sample.scaled(unit)).collect();
        let mut fit =
            Fit { members: Vec::new(), errors: vec![Vec::new(); steps], means: vec![0.0; steps], ..Fit::default() };
        (fit.unit, fit.level) = (unit, history.level(history.values.len()));
        let now = history.window(history.values.len()).scaled(unit);
        for member in 0..MEMBERS {
            let out = member * samples.len() / MEMBERS..(member + 1) * samples.len() / MEMBERS;
            let near = out.start.saturating_sub(steps)..out.end + steps;
            let kept = samples.iter().enumerate().filter(|(at, _)| !near.contains(at)).map(|(_, sample)| sample);
            let kept: Vec<&Sample> = kept.collect();
            let network = train::train(&kept, steps, &mut Random::new(self.seed.wrapping_add(member as u64)));
            let mut trace = Vec::new();
            for sample in samples.get(out).unwrap_or_default() {
                let outputs = network.forward(&sample.window, &mut trace);
                for (errors, (target, output)) in fit.errors.iter_mut().zip(sample.targets.iter().zip(outputs)) {
                    // The error and its mirror image: which side it fell on in the past says little of the next.
                    errors.extend([target - output, output - target]);
                }
            }
            let outputs = network.forward(&now.window, &mut trace);
            fit.means.iter_mut().zip(outputs).for_each(|(mean, output)| *mean += output / MEMBERS as f64);
            fit.members.push(network);
        }
        fit.errors.iter_mut().for_each(|errors| errors.sort_by(f64::total_cmp));
        Ok(fit)
    }
}

/// Trained networks and what they say.
#[derive(Clone, Debug, Default)]
pub struct Fit {
    members: Vec<Network>,
    /// What the members erred by at each step, in order.
    errors: Vec<Vec<f64>>,
    /// The average of the members at each step.
    means: Vec<f64>,
    /// What inputs, outputs and errors are in units of.
    unit: f64,
    /// What they are relative to.
    level: f64,
}

impl Fit {
    /// Every weight of every network, as the bytes of little-endian doubles: what the hash of a forecast's weights is of.
    pub fn weights_bytes(&self) -> Vec<u8> {
        self.members.iter().flat_map(|member| &member.weights).flat_map(|weight| weight.to_le_bytes()).collect()
    }

    /// Quantiles of the steps after the series that was fitted.
    ///
    /// # Errors
    /// [`NotApplicable::NoNumber`].
    pub fn forecast(&self) -> Result<Forecast, NotApplicable> {
        let rows = self.means.iter().zip(&self.errors).map(|(mean, errors)| {
            LEVELS.map(|level| {
                let value = self.level + self.unit * (mean + quantile_of_sorted(errors, level));
                value.min(LARGEST_LOG).exp_m1()
            })
        });
        Forecast::new(rows.collect())
    }
}

/// How much of a series a network sees.
#[derive(Clone, Copy, Debug)]
struct Shape {
    /// Points of a window.
    window: usize,
    /// The last of them, whose mean is the level.
    level: usize,
    /// Days of the season.
    season: f64,
}

impl Shape {
    fn of(frequency: Frequency) -> Shape {
        match frequency {
            // Two weeks; the level over one, since weekends are reported late.
            Frequency::Day => Shape { window: 14, level: 7, season: 7.0 },
            // A quarter of a year; the last week is the level, as in the naive baseline.
            Frequency::Week => Shape { window: 13, level: 1, season: 365.25 },
        }
    }
}

/// The part of a series that is learned from.
struct History {
    /// `ln(1 + count)`.
    values: Vec<f64>,
    /// Sine and cosine of each point's place in the season.
    season: Vec<(f64, f64)>,
    shape: Shape,
}

impl History {
    fn of(series: &Series, shape: Shape) -> History {
        let from = series.len().saturating_sub(RECENT);
        let values = series.values().iter().skip(from).map(|count| count.ln_1p()).collect();
        let angle = |at| std::f64::consts::TAU * f64::from(series.date(at).0) / shape.season;
        History { values, season: (from..series.len()).map(|at| angle(at).sin_cos()).collect(), shape }
    }

    /// The level at the end of the first `known` points.
    fn level(&self, known: usize) -> f64 {
        let last = self.values.iter().take(known).skip(known.saturating_sub(self.shape.level));
        last.sum::<f64>() / self.shape.level as f64
    }

    /// The window that ends with the first `known` points; nothing after it.
    fn window(&self, known: usize) -> Sample {
        let level = self.level(known);
        let points = self.values.iter().zip(&self.season).take(known).skip(known.saturating_sub(self.shape.window));
        let window = points.map(|(value, (sine, cosine))| [value - level, *sine, *cosine]).collect();
        Sample { window, targets: Vec::new() }
    }

    /// Every window with its outcomes, oldest first.
    fn samples(&self, steps: usize) -> Vec<Sample> {
        let sample = |known: usize| {
            let level = self.level(known);
            let targets = self.values.iter().skip(known).take(steps).map(|value| value - level).collect();
            Sample { targets, ..self.window(known) }
        };
        (self.shape.window..=self.values.len().saturating_sub(steps)).map(sample).collect()
    }
}

impl Sample {
    /// In units of the typical outcome.
    fn scaled(mut self, unit: f64) -> Self {
        for [value, ..] in &mut self.window {
            *value /= unit;
        }
        self.targets.iter_mut().for_each(|target| *target /= unit);
        self
    }
}

#[cfg(test)]
mod tests;
