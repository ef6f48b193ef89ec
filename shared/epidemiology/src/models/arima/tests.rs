#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test panics")]

use std::path::Path;

use super::fit::{Effort, Order, fit};

/// A column of a CSV file, the rows from `first` to `last` by their first column where given.
fn column(file: &Path, column: &str, span: Option<(&str, &str)>) -> Vec<f64> {
    let mut reader = csv::Reader::from_path(file).unwrap();
    let at = reader.headers().unwrap().iter().position(|name| name == column).unwrap();
    let rows = reader.records().map(Result::unwrap);
    let inside = rows.filter(|row| span.is_none_or(|(first, last)| (first..=last).contains(&&row[0])));
    inside.map(|row| row[at].parse().unwrap()).collect()
}

/// The series a golden row was computed on; nothing where its file may not be copied and is not here.
fn input(name: &str) -> Option<Vec<f64>> {
    let copied = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/jiangsu_covid_2021_daily.csv");
    let elsewhere = |file: &str| {
        std::env::var_os("TOCSIN_SERIES").map(|folder| Path::new(&folder).join(file)).filter(|file| file.exists())
    };
    match name {
        "jiangsu.yangzhou[2021-07-28..2021-08-20]" => {
            Some(column(&copied, "yangzhou", Some(("2021-07-28", "2021-08-20"))))
        }
        "jiangsu.nanjing[2021-07-21..2021-08-10]" => {
            Some(column(&copied, "nanjing", Some(("2021-07-21", "2021-08-10"))))
        }
        "cn_wenzhou.new_cases[2020-01-23..2020-02-20]" => {
            let file = elsewhere("cn_wenzhou_covid_2020_daily.csv")?;
            // A correction of the first day's total is taken as nought cases.
            Some(
                column(&file, "new_cases", Some(("2020-01-23", "2020-02-20")))
                    .into_iter()
                    .map(|count| count.max(0.0))
                    .collect(),
            )
        }
        "flusight.US log1p[all rows]" => {
            let file = elsewhere("flusight_hosp_weekly_2022_to_2024-07.csv")?;
            Some(column(&file, "US", None).into_iter().map(f64::ln_1p).collect())
        }
        other => panic!("an unknown series: {other}"),
    }
}

#[test]
fn likelihoods_and_means_are_those_of_r() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/golden_arima_R.csv");
    let mut compared = 0;
    for row in csv::Reader::from_path(file).unwrap().records().map(Result::unwrap) {
        let Some(values) = input(&row[0]) else {
            eprintln!("skipped, TOCSIN_SERIES does not name a folder with it: {}", &row[0]);
            continue;
        };
        let number = |at: usize| row[at].parse::<f64>().unwrap();
        let [ar, differences, ma] = [0, 1, 2].map(|at| row[2][at..=at].parse::<usize>().unwrap());
        assert_eq!(values.len().to_string(), row[1]);
        let fitted = fit(&values, Order::plain(ar, differences, ma, differences == 0), Effort::Thorough).unwrap();
        let ahead = fitted.ahead(&values, 14);
        assert!(fitted.filtered.log_likelihood >= number(7) - 0.02, "{row:?} {fitted:?}");
        for (step, due) in [(0, number(9)), (6, number(10)), (13, number(11))] {
            assert!((ahead[step].0 - due).abs() <= 0.05_f64.max(0.005 * due.abs()), "{row:?} {step} {ahead:?}");
        }
        // R divides the squares by the points, we by the degrees of freedom. Its exact covariance may differ in the third digit.
        let [parameters, points] = [fitted.order.parameters() - 1, fitted.points].map(|count| count as f64);
        let deviation = ahead[6].1 * ((points - parameters) / points).sqrt();
        assert!((deviation / number(12) - 1.0).abs() < 0.01, "{row:?} {deviation}");
        compared += 1;
    }
    assert!(compared >= 8);
}
