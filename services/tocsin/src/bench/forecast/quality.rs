//! What forecasts are worth: every model put back to the origins of every series, by regime.

use std::sync::Mutex;
use std::time::Instant;

use epidemiology::backtest::{Evaluation, backtest};
use epidemiology::forecast::{Forecast, Model, NotApplicable};
use epidemiology::series::Series;

use super::Effort;
use super::series::Regime;
use crate::curve::progress::Progress;
use crate::curve::{models, share};

/// No median may be more than this many times the largest of so many points, taken as at least so many cases.
const BLOW_UP: (f64, usize, f64) = (5.0, 28, 10.0);

/// What a regime's models were worth.
pub struct Found {
    /// The regime's name.
    pub name: &'static str,
    /// Steps ahead.
    pub horizons: Vec<usize>,
    /// The goals of the ensemble's relative WIS: one each, or one for all.
    pub goals: Vec<f64>,
    /// The goal of its coverage.
    pub coverage: (f64, f64),
    /// The series' names, with the relative WIS of the ensemble over all horizons.
    pub series: Vec<(String, Option<f64>)>,
    /// In the order of the models.
    pub models: Vec<Standing>,
    /// Of how many forecasts of the ensemble, how many had a median beyond the guard, a value that is no number or below 0.
    pub blow_ups: (usize, usize),
}

/// One model in one regime.
pub struct Standing {
    /// The model.
    pub model: &'static str,
    /// At each horizon the geometric mean of the relative WIS over the series in which there is one.
    pub relative_wis: Vec<Option<f64>>,
    /// The same over all horizons.
    pub overall: Option<f64>,
    /// The share of outcomes within the 95 % interval, of all series and horizons.
    pub coverage: Option<f64>,
    /// Forecasts that were scored, at all horizons.
    pub scored: usize,
    /// Mean time of a forecast.
    pub seconds: f64,
}

/// The ensemble, with a look at everything it says.
struct Watched<'a> {
    model: &'a (dyn Model + Send + Sync),
    seen: Mutex<(usize, usize)>,
}

impl Model for Watched<'_> {
    fn name(&self) -> &'static str {
        self.model.name()
    }

    fn forecast(&self, series: &Series, steps: usize) -> Result<Forecast, NotApplicable> {
        let forecast = self.model.forecast(series, steps)?;
        let (times, points, least) = BLOW_UP;
        let largest = series.values().iter().rev().take(points).fold(least, |largest: f64, count| largest.max(*count));
        let wild = forecast.medians().any(|median| median > times * largest)
            || forecast.steps().iter().flatten().any(|value| !value.is_finite() || *value < 0.0);
        if let Ok(mut seen) = self.seen.lock() {
            seen.0 += usize::from(wild);
            seen.1 += 1;
        }
        Ok(forecast)
    }
}

/// Every regime.
pub fn measure(regimes: &[Regime], effort: Effort) -> Vec<Found> {
    let of_regime = |regime: &Regime| -> usize {
        let origins: usize = regime.series.iter().map(|(_, _, plan)| plan.origins.len()).sum();
        origins * asked(regime, effort).len()
    };
    let progress = Progress::new(regimes.iter().map(of_regime).sum());
    regimes.iter().map(|regime| standing(regime, effort, &progress)).collect()
}

/// The places of the models that are asked in a regime.
fn asked(regime: &Regime, effort: Effort) -> Vec<usize> {
    let models = models(false);
    let all = regime.all_models;
    // The network takes longer than all others together; a quick look does without.
    let wanted = |name: &str| match name {
        "naive" | "ensemble" => true,
        "lstm" => all && effort == Effort::Whole,
        _ => all,
    };
    (0..models.len()).filter(|at| models.get(*at).is_some_and(|model| wanted(model.name()))).collect()
}

fn standing(regime: &Regime, effort: Effort, progress: &Progress) -> Found {
    let (models, asked) = (models(false), asked(regime, effort));
    let started = Instant::now();
    let blow_ups = Mutex::new((0, 0));
    // A job is a model on a series; the slow models stand last and are begun first.
    let jobs = asked.len() * regime.series.len();
    let found = share::share(jobs, |job| {
        let job = jobs - 1 - job;
        let model = models.get(*asked.get(job / regime.series.len())?)?;
        let (_, series, plan) = regime.series.get(job % regime.series.len())?;
        let watched = Watched { model: &**model, seen: Mutex::default() };
        let mut clock = || started.elapsed().as_secs_f64();
        let evaluation = backtest(series, &[&watched], plan, &mut clock, &mut |_, _| progress.step()).pop();
        if let (Ok(seen), Ok(mut sum), "ensemble") = (watched.seen.lock(), blow_ups.lock(), model.name()) {
            *sum = (sum.0 + seen.0, sum.1 + seen.1);
        }
        evaluation
    });
    let by_model = found.into_iter().rev().flatten().fold(Vec::<Vec<Evaluation>>::new(), |mut all, evaluation| {
        match all.last_mut().filter(|last| last.last().is_some_and(|before| before.model == evaluation.model)) {
            Some(last) => last.push(evaluation),
            None => all.push(vec![evaluation]),
        }
        all
    });
    let of_ensemble = by_model.iter().flatten().filter(|evaluation| evaluation.model == "ensemble");
    let overall = of_ensemble.map(|evaluation| {
        let wis = evaluation.worth.iter().filter_map(|worth| worth.relative_wis).filter(|wis| *wis > 0.0);
        geometric(&wis.map(f64::ln).collect::<Vec<_>>())
    });
    Found {
        name: regime.name,
        horizons: regime.horizons.clone(),
        goals: regime.goals.clone(),
        coverage: regime.coverage,
        series: regime.series.iter().map(|(name, ..)| name.clone()).zip(overall).collect(),
        models: by_model.iter().filter_map(|evaluations| stand(evaluations, regime.horizons.len())).collect(),
        blow_ups: blow_ups.into_inner().unwrap_or_default(),
    }
}

/// One model over its series.
fn stand(evaluations: &[Evaluation], horizons: usize) -> Option<Standing> {
    let model = evaluations.first()?.model;
    let at = |horizon: usize| evaluations.iter().filter_map(move |evaluation| evaluation.worth.get(horizon));
    let logs = |horizon: usize| -> Vec<f64> {
        at(horizon).filter_map(|worth| worth.relative_wis).filter(|wis| *wis > 0.0).map(f64::ln).collect()
    };
    let all: Vec<f64> = (0..horizons).flat_map(logs).collect();
    let scored: usize = (0..horizons).flat_map(at).map(|worth| worth.scored).sum();
    let inside = (0..horizons).flat_map(at).filter_map(|worth| Some(worth.coverage95? * worth.scored as f64));
    Some(Standing {
        model,
        relative_wis: (0..horizons).map(|horizon| geometric(&logs(horizon))).collect(),
        overall: geometric(&all),
        coverage: (scored > 0).then(|| inside.sum::<f64>() / scored as f64),
        scored,
        seconds: evaluations.iter().map(|evaluation| evaluation.seconds).sum::<f64>() / evaluations.len() as f64,
    })
}

/// The geometric mean of values whose logarithms these are.
fn geometric(logs: &[f64]) -> Option<f64> {
    (!logs.is_empty()).then(|| (logs.iter().sum::<f64>() / logs.len() as f64).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_twice_as_good_and_twice_as_bad_is_as_good() {
        assert!((geometric(&[2.0_f64.ln(), 0.5_f64.ln()]).unwrap_or_default() - 1.0).abs() < 1e-12);
        assert_eq!(geometric(&[]), None);
    }
}
