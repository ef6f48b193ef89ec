#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test panics")]

use domain::time::Date;

use super::*;
use crate::detect::open::{columns, simulated};
use crate::detect::signal::{opens, signals};

/// The weeks judged, counted from 0: the golden's 576 to 624.
const JUDGED: std::ops::Range<usize> = 575..624;

/// What a detector does on the fifty open series, in the terms of the module's head.
#[derive(Debug)]
struct Performance {
    false_positives: f64,
    found: f64,
    in_first_week: f64,
    delay: f64,
    signals_per_quarter: f64,
}

fn performance(detector: &dyn Detector) -> Performance {
    let labels = columns(include_str!("../../../tests/data/sim_weekly_open_outbreaks.csv"));
    let all = simulated();
    let outbreaks = labels["series"].len();
    let (mut wrong, mut quiet, mut found, mut first, mut delay, mut opened) = (0, 0, 0, 0, 0, 0);
    for (name, weeks) in labels["series"].iter().zip(&labels["labelled_weeks"]) {
        let weeks: Vec<usize> = weeks.split(';').map(|week| week.parse::<usize>().unwrap() - 1).collect();
        let points = detector.sweep(&all[name], JUDGED.start).unwrap();
        assert_eq!(points.len(), JUDGED.len());
        let alarms: Vec<bool> = points.iter().map(|point| point.alarm).collect();
        let outside: Vec<usize> = JUDGED.filter(|week| !weeks.contains(week)).collect();
        quiet += outside.len();
        wrong += outside.iter().filter(|week| alarms[**week - JUDGED.start]).count();
        if let Some(at) = weeks.iter().find(|week| alarms[**week - JUDGED.start]) {
            found += 1;
            first += usize::from(*at == weeks[0]);
            delay += at - weeks[0];
        }
        opened += signals(&alarms, Frequency::Week).len();
    }
    let share = |part: usize, all: usize| part as f64 / all as f64;
    Performance {
        false_positives: share(wrong, quiet),
        found: share(found, outbreaks),
        in_first_week: share(first, outbreaks),
        delay: share(delay, found),
        signals_per_quarter: share(opened * 13, outbreaks * JUDGED.len()),
    }
}

#[test]
fn alert_is_rare_and_finds_more_than_farrington_alone() {
    let alert = performance(&Setting::ALERT);
    assert!(alert.false_positives <= 0.01 && alert.found >= 0.42, "{alert:?}");
    assert!(alert.signals_per_quarter <= 0.5, "{alert:?}");
    // Farrington at the level that gives it as many false positives.
    let farrington = performance(&Farrington { alpha: 0.01, ..Farrington::default() });
    assert!(farrington.false_positives >= alert.false_positives && farrington.found < alert.found, "{farrington:?}");
}

#[test]
fn watch_finds_half_and_most_of_these_at_once() {
    let watch = performance(&Setting::WATCH);
    assert!(watch.false_positives <= 0.02 && watch.found >= 0.50, "{watch:?}");
    assert!(watch.in_first_week >= 0.35 && watch.delay <= 0.32, "{watch:?}");
    assert!(watch.signals_per_quarter <= 0.5, "{watch:?}");
}

#[test]
fn what_alerts_is_watched_and_nothing_is_seen_in_advance() {
    for series in simulated().values().step_by(7) {
        for index in (9..624).step_by(61) {
            let (alert, watch) = (Setting::ALERT.at(series, index).unwrap(), Setting::WATCH.at(series, index).unwrap());
            assert!(watch.upper <= alert.upper, "{index}: {alert:?} {watch:?}");
            assert_eq!(Setting::both(series, index).unwrap(), (alert, watch));
            assert_eq!(Setting::ALERT.at(&series.until(index + 1), index).unwrap(), alert);
        }
        assert!(Setting::ALERT.at(series, 8).is_err() && Setting::ALERT.at(series, 624).is_err());
    }
}

fn days(counts: &[f64]) -> Series {
    let points: Vec<_> = counts.iter().zip(0..).map(|(count, day)| (Date(day), *count)).collect();
    Series::new(Frequency::Day, &points).unwrap()
}

/// The first point with a case and the first alarm, of a series that begins with nothing.
fn first(series: &Series, setting: Setting) -> (usize, usize) {
    let case = series.values().iter().position(|count| *count > 0.0).unwrap();
    let from = setting.history(series.frequency());
    let points = setting.sweep(series, from).unwrap();
    (case, from + points.iter().position(|point| point.alarm).unwrap())
}

#[test]
fn the_cities_of_jiangsu_alarm_on_the_day_of_their_first_case_and_not_before() {
    let table = columns(include_str!("../../../tests/data/jiangsu_covid_2021_daily.csv"));
    for (city, day) in
        [("nanjing", "2021-07-21"), ("yangzhou", "2021-07-28"), ("huaian", "2021-07-29"), ("suqian", "2021-07-25")]
    {
        let counts: Vec<f64> = table[city].iter().map(|count| count.parse().unwrap()).collect();
        for setting in [Setting::ALERT, Setting::WATCH] {
            let (case, alarm) = first(&days(&counts), setting);
            assert_eq!((case, table["date"][alarm].as_str()), (alarm, day), "{city}");
            // The wave is one signal.
            let points = setting.sweep(&days(&counts), 0).unwrap();
            let alarms: Vec<bool> = points.iter().map(|point| point.alarm).collect();
            assert_eq!(signals(&alarms, Frequency::Day).len(), 1, "{city}");
        }
    }
}

#[test]
fn the_cities_of_2020_alarm_within_a_day_of_their_first_case_after_a_quiet_time() {
    let Ok(folder) = std::env::var("TOCSIN_SERIES") else {
        eprintln!("skipped: TOCSIN_SERIES names no folder of series");
        return;
    };
    for city in ["beijing", "nanjing", "wenzhou", "wuhan"] {
        let Ok(text) = std::fs::read_to_string(format!("{folder}/cn_{city}_covid_2020_daily.csv")) else {
            eprintln!("skipped: no series of {city} in {folder}");
            continue;
        };
        let table = columns(&text);
        // The first waves begin with the file: four quiet weeks stand before them. A correction below zero is no case, and a
        // day without a bulletin has none.
        let mut counts = vec![0.0; 28];
        counts.extend(table["new_cases"].iter().map(|count| count.parse::<f64>().unwrap_or(0.0).max(0.0)));
        for setting in [Setting::ALERT, Setting::WATCH] {
            let (case, alarm) = first(&days(&counts), setting);
            assert_eq!(case, alarm, "{city} {setting:?}");
        }
    }
}

#[test]
fn a_day_without_a_season_follows_the_chance_of_its_own_counts() {
    // One case every ten days for two hundred days, as regular as can be.
    let mut counts: Vec<f64> = (0..200).map(|day| f64::from(u8::from(day % 10 == 0))).collect();
    let quiet = |counts: &[f64]| Setting::WATCH.sweep(&days(counts), 100).unwrap().iter().all(|point| !point.alarm);
    assert!(quiet(&counts));
    counts[150] = 4.0;
    let points = Setting::ALERT.sweep(&days(&counts), 0).unwrap();
    let alarms: Vec<bool> = points.iter().map(|point| point.alarm).collect();
    assert!(opens(&alarms, 150 - 9, Frequency::Day) && alarms[100..141].iter().all(|alarm| !alarm));
}

#[test]
fn seven_days_are_judged_together_once_there_are_years_of_them() {
    // Six years of two cases a day, in which every Monday has none: a single day's law would not hold.
    let mut counts: Vec<f64> = (0..2200).map(|day| if day % 7 == 0 { 0.0 } else { 2.0 }).collect();
    let calm = Setting::WATCH.sweep(&days(&counts), 2150).unwrap();
    assert!(calm.iter().all(|point| !point.alarm && point.count == 12.0 && (point.expected - 12.0).abs() < 0.1));
    counts[2160..2163].fill(10.0);
    let points = Setting::ALERT.sweep(&days(&counts), 2150).unwrap();
    let alarms: Vec<usize> = (0..points.len()).filter(|at| points[*at].alarm).map(|at| at + 2150).collect();
    // From the second day on, and as long as the days are in the window, over whatever edge of a week.
    assert_eq!(alarms, (2161..2169).collect::<Vec<_>>());
}
