//! Once over a nation: every detector, Rt, the stage and the level of every prefecture for every disease of the table, at the
//! newest point. The series are the simulated ones, again and again: what they take is what such series take.
//!
//! A level looks at all prefectures with the disease, so that a disease is a job: its series first, then a decision for each
//! prefecture over all of them.

use std::hint::black_box;
use std::time::Instant;

use domain::time::Date;
use epidemiology::detect::{Detector, NAMES, Setting, named};
use epidemiology::disease::{Parameters, Table};
use epidemiology::index::per_mille;
use epidemiology::level::{County, Profile, Rules, Situation, Spreading, decide};
use epidemiology::reproduction::{Reproduction, SerialInterval, reproduction};
use epidemiology::series::{Frequency, Series};
use epidemiology::stage::{Evidence, Machine, RtBelief, Stage};

use super::detection::Simulated;
use crate::curve::share;

/// Prefectures and notifiable diseases of a nation like China.
pub const AREAS: usize = 340;
pub const DISEASES: usize = 40;
/// Prefectures of a province, about.
const IN_A_PROVINCE: usize = 11;
/// Days that Rt looks at.
const DAYS: usize = 90;

/// What a sweep took, on two threads.
pub struct Sweep {
    /// Prefectures times diseases.
    pub series: usize,
    /// The seconds that passed.
    pub seconds: f64,
    /// Alarms, prefectures with an outbreak's stage, and levels that came out.
    pub alarms: usize,
    pub staged: usize,
    pub levels: usize,
}

/// One series, looked at.
struct Area {
    alarms: usize,
    stage: Stage,
    rt: Option<Reproduction>,
    county: County,
    /// Cases in the week before the last.
    before: u64,
}

/// Sweeps the first so many diseases of the table; nothing without simulated series.
pub fn measure(simulated: &[Simulated], diseases: usize) -> Option<Sweep> {
    let (table, rules) = (Table::shipped().ok()?, Rules::shipped().ok()?);
    let diseases: Vec<&Parameters> = table.rows().iter().take(diseases).collect();
    // The settings are judged together, as where they watch.
    let together = [Setting::ALERT, Setting::WATCH].map(|setting| setting.name());
    let alone: Vec<&str> = NAMES.into_iter().filter(|name| !together.contains(name)).collect();
    let started = Instant::now();
    let found = share::share(diseases.len(), |at| {
        let disease = diseases.get(at)?;
        let weeks = simulated.iter().cycle().skip(at * AREAS).map(|one| &one.series).take(AREAS);
        let areas: Vec<Area> = weeks.zip(0..).filter_map(|(weeks, area)| look(weeks, area, disease, &alone)).collect();
        let levels = levels(&rules, disease, &areas);
        let alarms = areas.iter().map(|area| area.alarms).sum::<usize>();
        let staged = areas.iter().filter(|area| area.stage != Stage::Sporadic).count();
        Some((areas.len(), alarms, staged, levels))
    });
    let seconds = started.elapsed().as_secs_f64();
    let none = Sweep { series: 0, seconds, alarms: 0, staged: 0, levels: 0 };
    let sum = |sum: Sweep, (series, alarms, staged, levels)| Sweep {
        series: sum.series + series,
        alarms: sum.alarms + alarms,
        staged: sum.staged + staged,
        levels: sum.levels + levels,
        ..sum
    };
    let sweep = black_box(found.into_iter().flatten().fold(none, sum));
    (sweep.series > 0).then_some(sweep)
}

/// A series of days; none of no counts.
pub(super) fn of_days(counts: impl Iterator<Item = f64>) -> Option<Series> {
    let points: Vec<_> = (18_000..).map(Date).zip(counts).collect();
    Series::new(Frequency::Day, &points).ok()
}

/// Detectors, Rt and stage of one series. Its last weeks stand for days: what they take is what days take.
fn look(weeks: &Series, area: usize, disease: &Parameters, alone: &[&str]) -> Option<Area> {
    let newest = weeks.len().saturating_sub(1);
    let judged = alone.iter().filter_map(|name| named(name)?.at(weeks, newest).ok());
    let settings = Setting::both(weeks, newest).map(|(alert, watch)| [alert, watch]).into_iter().flatten();
    let alarms = judged.chain(settings).filter(|point| point.alarm).count();
    let skipped = weeks.len().saturating_sub(DAYS);
    let days = of_days(weeks.values().iter().skip(skipped).copied())?;
    let serial = disease.serial.as_ref().map(|serial| &serial.value);
    let known = serial.and_then(|serial| SerialInterval::new(serial.mean, serial.sd?).ok());
    // Where none is published, that of most respiratory infections: the time it takes is that of any.
    let interval = known.or_else(|| SerialInterval::new(4.7, 3.3).ok());
    let rt = interval.and_then(|interval| reproduction(&days, &interval).ok());
    let cases = |skip: usize| days.values().iter().rev().skip(skip).take(7).sum::<f64>() as u64;
    let since = days.values().iter().rev().zip(0..).find(|(count, _)| **count > 0.0).map(|(_, days)| days);
    let evidence = Evidence {
        day: days.date(days.len().saturating_sub(1)),
        n7: cases(0),
        n7_prev: cases(7),
        rt: rt.as_ref().map(|rt| RtBelief { mean: rt.mean(), p_above_1: rt.growing() }),
        alarm: alarms > 0,
        linked_suspected: 0,
        days_since_last_case: since,
        max_incubation: disease.incubation.as_ref().map(|incubation| incubation.value.max),
    };
    let county = County {
        prefecture: format!("prefecture {area}"),
        province: format!("province {}", area / IN_A_PROVINCE),
        week: cases(0),
        window: cases(0),
        ..County::default()
    };
    Some(Area { alarms, stage: Machine::default().step(&evidence), rt, county, before: cases(7) })
}

/// How many prefectures get a level, each by its own signs of spreading and by the counts of all.
fn levels(rules: &Rules, disease: &Parameters, areas: &[Area]) -> usize {
    let count = |with: &dyn Fn(&Area) -> bool| areas.iter().filter(|area| with(area)).count() as u32;
    let spreading = Spreading {
        growing_per_mille: None,
        areas: count(&|area| area.county.week > 0),
        areas_before: count(&|area| area.before > 0),
        exported: false,
    };
    let mut situation = Situation {
        profile: Profile::of(disease),
        counties: areas.iter().map(|area| area.county.clone()).collect(),
        linked_counties: 0,
        imported_only: false,
        spreading,
    };
    let decided = areas.iter().filter(|area| {
        situation.spreading.growing_per_mille = area.rt.as_ref().map(|rt| u32::from(per_mille(rt.growing())));
        black_box(decide(rules, &situation)).is_some()
    });
    decided.count()
}
