//! The stages of the outbreaks of Nanjing and Yangzhou in the summer of 2021, evaluated at the end of each day from the
//! confirmed cases known then.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test panics")]

mod files;

use domain::time::Date;
use epidemiology::disease::Table;
use epidemiology::reproduction::{SerialInterval, course};
use epidemiology::series::{Frequency, Series};
use epidemiology::stage::{Evidence, Machine, RtBelief, Stage};

/// Each change of the stage and its day, with `silence` days without a case after the series.
fn changes(city: &str, silence: u32) -> Vec<(String, Stage)> {
    let covid = Table::shipped().unwrap().of("U07.1").unwrap().clone();
    let max_incubation = covid.incubation.unwrap().value.max;
    let serial = covid.serial.unwrap().value;
    let mut points = files::jiangsu(city);
    let last = points.last().unwrap().0.0;
    points.extend((1..=silence).map(|day| (Date(last + day), 0.0)));
    let series = Series::new(Frequency::Day, &points).unwrap();
    let rt = course(&series, &SerialInterval::new(serial.mean, serial.sd.unwrap()).unwrap());

    let mut machine = Machine::default();
    let mut changes = Vec::new();
    for at in 0..series.len() {
        let known = &series.values()[..=at];
        let last_days = |from: usize, to: usize| known.iter().rev().take(to).skip(from).sum::<f64>() as u64;
        let n7 = last_days(0, 7);
        let evidence = Evidence {
            day: series.date(at),
            n7,
            n7_prev: last_days(7, 14),
            rt: rt[at].as_ref().ok().map(|rt| RtBelief { mean: rt.mean(), p_above_1: rt.growing() }),
            alarm: n7 > 0,
            linked_suspected: if city == "nanjing" && series.date(at).to_string() == "2021-07-20" { 9 } else { 0 },
            days_since_last_case: known.iter().rev().position(|cases| *cases > 0.0).map(|days| days as u32),
            max_incubation: Some(max_incubation),
        };
        let before = machine.stage();
        let stage = machine.step(&evidence);
        if stage != before {
            changes.push((series.date(at).to_string(), stage));
        }
    }
    for (date, stage) in &changes {
        println!("{city} {date} {}", stage.name());
    }
    changes
}

fn days(changes: &[(String, Stage)]) -> Vec<(&str, &str)> {
    changes.iter().map(|(date, stage)| (date.as_str(), stage.name())).collect()
}

#[test]
fn nanjing_grows_peaks_falls_and_ends() {
    // Given the nine suspected cases of 20 July and the bulletins after them, and silence after 22 August.
    let expected = [
        ("2021-07-20", "alert"),
        ("2021-07-21", "growth"),
        ("2021-08-02", "plateau"),
        ("2021-08-04", "decline"),
        // The last case was on 12 August.
        ("2021-09-09", "ended"),
    ];
    assert_eq!(days(&changes("nanjing", 35)), expected);
}

#[test]
fn yangzhou_grows_peaks_falls_and_ends() {
    // The series ends on 22 August; of the two cases that came later the bulletins' days are not known here.
    let expected = [
        ("2021-07-28", "alert"),
        ("2021-07-29", "growth"),
        ("2021-08-14", "plateau"),
        ("2021-08-16", "decline"),
        ("2021-09-18", "ended"),
    ];
    assert_eq!(days(&changes("yangzhou", 35)), expected);
}

#[test]
fn the_small_clusters_around_do_not_flap_either() {
    for city in ["huaian", "suqian", "jiangsu_local_confirmed"] {
        let stages: Vec<_> = changes(city, 35).into_iter().map(|(_, stage)| stage.name()).collect();
        let once: std::collections::BTreeSet<_> = stages.iter().collect();
        assert_eq!(once.len(), stages.len(), "{city}: {stages:?}");
    }
}
