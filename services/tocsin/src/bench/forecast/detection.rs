//! What detectors find and what they cry for nothing, on simulated weeks with labelled outbreaks; and how soon the settings
//! ring in cities that had no case before.

use std::path::Path;

use epidemiology::detect::signal::signals;
use epidemiology::detect::{Detector, Farrington, Setting};
use epidemiology::series::{Frequency, Series};

use super::series::{SIMULATED, weekly};
use crate::curve::csv;

/// The labels of the simulated series.
const LABELS: &str = "sim_weekly_open_outbreaks.csv";
/// The weeks that are judged, counted from 0: those in which outbreaks were put.
const JUDGED: std::ops::Range<usize> = 575..624;
/// Weeks of a quarter.
const QUARTER: f64 = 13.0;
/// Daily figures with zeros before the outbreak, and the cities in it.
const CITIES: (&str, [&str; 4]) = ("jiangsu_covid_2021_daily.csv", ["nanjing", "yangzhou", "huaian", "suqian"]);

/// A simulated series and the weeks of its outbreak, counted from 0.
pub struct Simulated {
    pub series: Series,
    pub outbreak: Vec<usize>,
}

/// What came of the detectors.
pub struct Detection {
    pub performances: Vec<Performance>,
    /// For each city and setting.
    pub cities: Vec<City>,
}

/// A detector on the simulated series. POD is the probability of detection.
pub struct Performance {
    pub name: &'static str,
    /// The share of weeks without outbreak that alarm.
    pub false_positives: f64,
    /// The share of outbreaks with an alarm in a week of theirs.
    pub found: f64,
    /// The share with an alarm in the first of them.
    pub in_first_week: f64,
    /// The mean of weeks from the first to the alarm, of those found.
    pub delay: f64,
    /// Signals a series and quarter.
    pub signals: f64,
    /// What is asked: at most this false, at least this found and this in the first week, at most this delay; nothing where
    /// it is there to compare with.
    pub goal: Option<(f64, f64, f64, f64)>,
}

/// A setting in a city that had no case.
pub struct City {
    pub name: &'static str,
    pub setting: &'static str,
    /// Days from the first case to the first alarm after it.
    pub delay: Option<usize>,
    /// Alarms before the first case.
    pub early: usize,
}

/// The simulated series, or why there are none.
pub fn simulated(data: &Path) -> Result<Vec<Simulated>, String> {
    let all = weekly(&data.join(SIMULATED), &|_, _| true).map_err(|why| format!("{SIMULATED}: {why}"))?;
    let mut labels = ::csv::Reader::from_path(data.join(LABELS)).map_err(|_| format!("{LABELS}: not there"))?;
    let mut found = Vec::new();
    for record in labels.records() {
        let record = record.map_err(|error| format!("{LABELS}: {error}"))?;
        let (Some(name), Some(weeks)) = (record.get(0), record.get(record.len() - 1)) else { continue };
        let weeks = weeks.split(';').filter_map(|week| week.parse::<usize>().ok()?.checked_sub(1));
        let Some((_, series)) = all.iter().find(|(known, _)| known == name) else { continue };
        found.push(Simulated { series: series.clone(), outbreak: weeks.collect() });
    }
    if found.is_empty() { Err(format!("{LABELS}: no label of a series")) } else { Ok(found) }
}

/// Everything about detectors.
pub fn measure(simulated: &[Simulated], data: &Path) -> Detection {
    let rare = Some((0.01, 0.42, 0.0, f64::INFINITY));
    let early = Some((0.02, 0.50, 0.35, 0.32));
    let farrington = |name, alpha| performance(simulated, &Farrington { alpha, ..Farrington::default() }, name, None);
    Detection {
        performances: vec![
            farrington("farrington-flexible, alpha 0.005", 0.005),
            farrington("farrington-flexible, alpha 0.02", 0.02),
            performance(simulated, &Setting::ALERT, "alert", rare),
            performance(simulated, &Setting::WATCH, "watch", early),
        ],
        cities: cities(data),
    }
}

fn performance(
    simulated: &[Simulated],
    detector: &dyn Detector,
    name: &'static str,
    goal: Option<(f64, f64, f64, f64)>,
) -> Performance {
    let (mut wrong, mut quiet, mut found, mut first, mut delay, mut opened) = (0, 0, 0, 0, 0, 0);
    for Simulated { series, outbreak } in simulated {
        let alarms: Vec<bool> = JUDGED.map(|week| detector.at(series, week).is_ok_and(|point| point.alarm)).collect();
        let rings =
            |week: usize| week.checked_sub(JUDGED.start).and_then(|at| alarms.get(at)).is_some_and(|alarm| *alarm);
        let outside = JUDGED.filter(|week| !outbreak.contains(week));
        quiet += outside.clone().count();
        wrong += outside.filter(|week| rings(*week)).count();
        if let Some(late) = outbreak.iter().position(|week| rings(*week)) {
            found += 1;
            first += usize::from(late == 0);
            delay += late;
        }
        opened += signals(&alarms, Frequency::Week).len();
    }
    let share = |part: usize, all: usize| part as f64 / all.max(1) as f64;
    Performance {
        name,
        false_positives: share(wrong, quiet),
        found: share(found, simulated.len()),
        in_first_week: share(first, simulated.len()),
        delay: share(delay, found),
        signals: share(opened, simulated.len() * JUDGED.len()) * QUARTER,
        goal,
    }
}

fn cities(data: &Path) -> Vec<City> {
    let (file, cities) = CITIES;
    let mut found = Vec::new();
    for name in cities {
        let Ok(series) = csv::read(&data.join(file), name, Frequency::Day) else { continue };
        let Some(case) = series.values().iter().position(|count| *count > 0.0) else { continue };
        for (setting, name_of) in [(Setting::ALERT, "alert"), (Setting::WATCH, "watch")] {
            let rings = |day: &usize| setting.at(&series, *day).is_ok_and(|point| point.alarm);
            let delay = (case..series.len()).find(rings).map(|day| day - case);
            found.push(City { name, setting: name_of, delay, early: (0..case).filter(rings).count() });
        }
    }
    found
}

impl Performance {
    /// Whether it does what is asked, where something is.
    pub fn met(&self) -> Option<bool> {
        let (wrong, found, first, delay) = self.goal?;
        Some(
            self.false_positives <= wrong
                && self.found >= found
                && self.in_first_week >= first
                && self.delay <= delay
                && self.signals <= MOST_SIGNALS,
        )
    }
}

/// Signals an area, disease and quarter that people can answer.
pub const MOST_SIGNALS: f64 = 0.5;

impl City {
    /// At most one day late, and no alarm before.
    pub fn met(&self) -> bool {
        self.delay.is_some_and(|days| days <= 1) && self.early == 0
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test panics")]

    use domain::time::Date;
    use epidemiology::detect::Fixed;

    use super::*;

    #[test]
    fn figures_are_those_counted_by_hand() {
        // One case in week 580 of an outbreak of 579 to 581, and one in a quiet week far from it; the other series has none.
        let series = |ones: &[usize]| {
            let count = |week: usize| f64::from(u8::from(ones.contains(&week)));
            let points: Vec<_> = (0..624).map(|week| (Date(7 * week), count(week as usize))).collect();
            Series::new(Frequency::Week, &points).unwrap()
        };
        let simulated = [
            Simulated { series: series(&[580, 600]), outbreak: vec![579, 580, 581] },
            Simulated { series: series(&[]), outbreak: vec![590] },
        ];
        let found = performance(&simulated, &Fixed { cases: 1.0 }, "fixed", Some((0.01, 0.5, 0.0, 1.0)));
        assert_eq!((found.found, found.in_first_week, found.delay), (0.5, 0.0, 1.0));
        assert!((found.false_positives - 1.0 / (46.0 + 48.0)).abs() < 1e-12);
        assert!((found.signals - 2.0 * 13.0 / 98.0).abs() < 1e-12);
        assert_eq!(found.met(), Some(false));
        assert_eq!(Performance { false_positives: 0.01, ..found }.met(), Some(true));
    }
}
