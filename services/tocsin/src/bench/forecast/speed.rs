//! How long it takes: one Farrington evaluation, a full sweep of a nation, and the models of the literature on a year of days.

use std::hint::black_box;
use std::time::Instant;

use domain::time::Date;
use epidemiology::detect::{Detector, Farrington, NAMES, Setting, named};
use epidemiology::random::Random;
use epidemiology::reproduction::{SerialInterval, reproduction};
use epidemiology::series::{Frequency, Series};
use epidemiology::stage::{Evidence, Machine, RtBelief};

use super::Effort;
use super::detection::Simulated;
use crate::bench::cpu::of_this_thread;
use crate::curve::{models, share};

/// Prefectures and notifiable diseases of a nation like China.
pub const AREAS: usize = 340;
pub const DISEASES: usize = 40;
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
    /// Series, and the seconds that all detectors, Rt and the stage took for the newest point of each, on two threads.
    pub sweep: Option<(usize, f64)>,
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
        (model.name(), least(|| drop(black_box(model.forecast(&year, STEPS)))))
    });
    Speed {
        models: timed.collect(),
        farrington: simulated.and_then(|simulated| farrington(simulated)),
        sweep: simulated.filter(|all| !all.is_empty()).map(|all| sweep(all, AREAS * DISEASES / share_of_nation)),
    }
}

/// A year of days with a rhythm of the week and a wave, drawn from a seed.
fn year() -> Series {
    let mut random = Random::new(365);
    let count = |day: u32| {
        let wave = 40.0 * (1.0 + 0.5 * (f64::from(day) / 60.0).sin());
        random.poisson(if day % 7 > 4 { 0.7 * wave } else { wave })
    };
    series(Frequency::Day, (0..365).map(count).collect())
}

/// A series of counts that are known to be counts.
fn series(frequency: Frequency, counts: Vec<f64>) -> Series {
    let dates = (18_000..).step_by(frequency.days() as usize).map(Date);
    let points: Vec<_> = dates.zip(counts).collect();
    // A single zero stands for what can't be: no counts.
    Series::new(frequency, &points).or_else(|_| Series::new(frequency, &[(Date(0), 0.0)])).unwrap_or_else(|_| year())
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

/// All detectors at the newest week of so many series, then Rt and the stage by their newest days.
fn sweep(simulated: &[Simulated], series_in_all: usize) -> (usize, f64) {
    // The settings are judged together, as where they watch.
    let alone =
        NAMES.into_iter().filter(|name| ![Setting::ALERT, Setting::WATCH].map(|both| both.name()).contains(name));
    let alone: Vec<&str> = alone.collect();
    // A serial interval like that of most respiratory diseases; the time it takes is that of any.
    let interval = SerialInterval::new(4.7, 3.3).ok();
    let started = Instant::now();
    let alarms = share::share(series_in_all, |at| {
        let Some(Simulated { series: weeks, .. }) = simulated.get(at % simulated.len()) else { return 0 };
        let newest = weeks.len() - 1;
        let judged = alone.iter().filter_map(|name| named(name)?.at(weeks, newest).ok());
        let settings = Setting::both(weeks, newest).map(|(alert, watch)| [alert, watch]).into_iter().flatten();
        let alarms = judged.chain(settings).filter(|point| point.alarm).count();
        let days = weeks.values().iter().rev().take(90).copied().collect();
        usize::from(stage(&series(Frequency::Day, days), interval.as_ref(), alarms > 0)) + alarms
    });
    black_box(alarms);
    (series_in_all, started.elapsed().as_secs_f64())
}

fn stage(days: &Series, interval: Option<&SerialInterval>, alarm: bool) -> u8 {
    let rt = interval.and_then(|interval| reproduction(days, interval).ok());
    let cases = |skip: usize| days.values().iter().rev().skip(skip).take(7).sum::<f64>() as u64;
    let evidence = Evidence {
        day: days.date(days.len() - 1),
        n7: cases(0),
        n7_prev: cases(7),
        rt: rt.map(|rt| RtBelief { mean: rt.mean(), p_above_1: rt.growing() }),
        alarm,
        linked_suspected: 0,
        days_since_last_case: days
            .values()
            .iter()
            .rev()
            .zip(0..)
            .find(|(count, _)| **count > 0.0)
            .map(|(_, days)| days),
        max_incubation: Some(14),
    };
    Machine::default().step(&evidence).number()
}
