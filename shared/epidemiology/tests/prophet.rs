//! Prophet against the reference program 1.5.0.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test panics")]

mod files;

use domain::time::Date;
use epidemiology::forecast::Model;
use epidemiology::models::prophet::{Fit, Prophet};
use epidemiology::series::{Frequency, Series};

/// Compares trend and value of every step ahead: within 3 %, or within 1.5 % of the largest value fitted where that is more
/// (values near zero). The reference stops short of the mode of its posterior where the Laplace prior has its edges, ours
/// does not; on these series they are at most 1.2 % of the largest value apart.
fn compare(name: &str, frequency: Frequency, points: &[(Date, f64)]) {
    let values: Vec<f64> = points.iter().map(|(_, value)| *value).collect();
    let fit = Fit::new(points[0].0, frequency, &values).unwrap();
    let largest = values.iter().copied().fold(0.0, f64::max);
    let golden = golden(name);
    assert_eq!(golden.len(), 14, "{name}");
    for row in golden {
        let index = values.len() - 1 + row["h"].parse::<usize>().unwrap();
        for (ours, column) in [(fit.value(index), "yhat"), (fit.trend(index), "trend")] {
            let theirs: f64 = row[column].parse().unwrap();
            let allowed = (0.03 * theirs.abs()).max(0.015 * largest);
            assert!((ours - theirs).abs() < allowed, "{name} {}: {column} {ours}, {theirs}", row["h"]);
        }
    }
}

fn golden(name: &str) -> Vec<files::Row> {
    let rows = files::rows("golden_prophet_1.5.0.csv");
    rows.into_iter().filter(|row| row["series"].starts_with(name)).collect()
}

/// The 24 days that the figures were computed on.
fn yangzhou() -> Vec<(Date, f64)> {
    let points = files::jiangsu("yangzhou");
    let from = points.iter().position(|(_, count)| *count > 0.0).unwrap();
    points[from..from + 24].to_vec()
}

#[test]
fn an_outbreak_with_a_week() {
    compare("jiangsu.yangzhou", Frequency::Day, &yangzhou());
}

#[test]
fn the_band_is_that_of_the_reference() {
    let series = Series::new(Frequency::Day, &yangzhou()).unwrap();
    let rows = Prophet { log_scale: false, seed: 1 }.forecast(&series, 14).unwrap();
    for (row, theirs) in rows.steps().iter().zip(golden("jiangsu.yangzhou")) {
        // Both are simulated, the reference's from 1,000 futures: within 5 % of the largest count, 58.
        let upper: f64 = theirs["yhat_upper80_mc"].parse().unwrap();
        assert!((row[19] - upper).abs() < 2.9, "{} {upper}", row[19]);
    }
}

#[test]
fn an_outbreak_with_a_correction_below_zero() {
    let Some(rows) = files::elsewhere("cn_wenzhou_covid_2020_daily.csv") else { return };
    let points = files::points(&rows, "date", "new_cases");
    let from = points.iter().position(|(date, _)| date.to_string() == "2020-01-23").unwrap();
    compare("cn_wenzhou", Frequency::Day, &points[from..from + 29]);
}

#[test]
fn influenza_with_a_year() {
    let Some(rows) = files::elsewhere("flusight_hosp_weekly_2022_to_2024-07.csv") else { return };
    let points = files::points(&rows, "week_ending", "US");
    let points: Vec<_> = points.into_iter().map(|(date, count)| (date, count.ln_1p())).collect();
    compare("flusight.US", Frequency::Week, &points);
}
