//! How long it takes: one Farrington evaluation, a full sweep of a nation, and the models of the literature on a year of days.

use std::hint::black_box;
use std::time::Instant;

use epidemiology::detect::{Detector, Farrington};
use epidemiology::random::Random;
use epidemiology::series::{Frequency, Series};

use super::Effort;
use super::detection::Simulated;
use super::sweep::{self, DISEASES, Sweep};
use crate::bench::cpu::of_this_thread;
use crate::curve::models;

/// The models of the literature, in one name each.
pub const FOUR: [&str; 4] = ["arima-log", "gm-total", "prophet", "lstm"];
/// Days ahead.
const STEPS: usize = 14;
/// A time is the least of so many.
const TIMES: usize = 3;
/// Evaluations that are timed together: a tick of the scheduler is a few per cent of their time.
const EVALUATIONS: usize = 1_000;

/// What was measured, in seconds of CPU; of the sweep, in seconds that passed.
pub struct Speed {
    /// One Farrington evaluation; none without the simulated series.
    pub farrington: Option<f64>,
    /// Once over the nation, or a part of it.
    pub sweep: Option<Sweep>,
    /// Each of the four on 365 days.
    pub models: Vec<(&'static str, f64)>,
}

/// Measures it.
pub fn measure(simulated: Option<&Vec<Simulated>>, effort: Effort) -> Speed {
    let share_of_nation = if effort == Effort::Quick { 10 } else { 1 };
    let year = year();
    let models = models(false);
    let timed = models.iter().filter(|model| FOUR.contains(&model.name())).map(|model| {
        // That a model does not apply takes its time too, and its quality says so elsewhere.
        let forecast = || drop(black_box(year.as_ref().map(|year| model.forecast(year, STEPS))));
        (model.name(), least(forecast))
    });
    Speed {
        models: timed.collect(),
        farrington: simulated.and_then(|simulated| farrington(simulated)),
        sweep: simulated.and_then(|simulated| sweep::measure(simulated, DISEASES / share_of_nation)),
    }
}

/// A year of days with a rhythm of the week and a wave, drawn from a seed.
fn year() -> Option<Series> {
    let mut random = Random::new(365);
    let count = |day: u32| {
        let wave = 40.0 * (1.0 + 0.5 * (f64::from(day) / 60.0).sin());
        random.poisson(if day % 7 > 4 { 0.7 * wave } else { wave })
    };
    sweep::of_days((0..365).map(count))
}

fn farrington(simulated: &[Simulated]) -> Option<f64> {
    let detector = Farrington::default();
    let history = detector.history(Frequency::Week);
    let judged: Vec<&Series> =
        simulated.iter().map(|one| &one.series).filter(|series| series.len() > history).collect();
    let evaluate = || {
        for (at, series) in judged.iter().cycle().take(EVALUATIONS).enumerate() {
            black_box(detector.at(series, history + at % (series.len() - history))).ok();
        }
    };
    (!judged.is_empty()).then(|| least(evaluate) / EVALUATIONS as f64)
}

/// The least CPU time of some runs on this thread: what else the machine does is no part of it. Where the system does not tell
/// it, the time that passed.
fn least(work: impl Fn()) -> f64 {
    let once = |_| {
        let (passed, used) = (Instant::now(), of_this_thread());
        work();
        match (used, of_this_thread()) {
            (Ok(before), Ok(after)) => after.saturating_sub(before).as_secs_f64(),
            _ => passed.elapsed().as_secs_f64(),
        }
    };
    (0..TIMES).map(once).fold(f64::INFINITY, f64::min)
}
