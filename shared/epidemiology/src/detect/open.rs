//! The simulated series with labelled outbreaks that the tests of detectors share.

#![allow(clippy::unwrap_used, reason = "a test panics")]

use std::collections::BTreeMap;

use domain::time::Date;

use crate::series::{Frequency, Series};

/// The columns of a table by their name.
pub(super) fn columns(text: &str) -> BTreeMap<String, Vec<String>> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let names: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let mut columns: BTreeMap<String, Vec<String>> = names.iter().map(|name| (name.clone(), Vec::new())).collect();
    for record in reader.records() {
        for (name, field) in names.iter().zip(&record.unwrap()) {
            columns.get_mut(name).unwrap().push(field.to_owned());
        }
    }
    columns
}

/// Consecutive weeks of these counts.
pub(super) fn weeks(counts: &[f64]) -> Series {
    let points: Vec<_> = counts.iter().zip(0..).map(|(count, week)| (Date(7 * week), *count)).collect();
    Series::new(Frequency::Week, &points).unwrap()
}

/// The fifty simulated series by name.
pub(super) fn simulated() -> BTreeMap<String, Series> {
    let mut table = columns(include_str!("../../tests/data/sim_weekly_open_cases.csv"));
    table.remove("week").unwrap();
    table
        .into_iter()
        .map(|(name, fields)| {
            let counts: Vec<f64> = fields.iter().map(|field| field.parse().unwrap()).collect();
            (name, weeks(&counts))
        })
        .collect()
}
