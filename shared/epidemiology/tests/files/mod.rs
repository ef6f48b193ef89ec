//! The files beside the tests, and those of the folder named by `TOCSIN_SERIES` that may not be copied here.
#![allow(dead_code, clippy::unwrap_used, reason = "each test file uses its part of it, and panics")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use domain::time::Date;

/// A line of a table by the names of its columns.
pub type Row = BTreeMap<String, String>;

fn read(path: &Path) -> Vec<Row> {
    csv::Reader::from_path(path).unwrap().deserialize().map(Result::unwrap).collect()
}

/// The lines of a file in `tests/data`.
pub fn rows(name: &str) -> Vec<Row> {
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name))
}

/// The lines of a file that may not be copied; `None`, and says so, where it is absent.
pub fn elsewhere(name: &str) -> Option<Vec<Row>> {
    let path = PathBuf::from(std::env::var_os("TOCSIN_SERIES")?).join(name);
    let rows = path.exists().then(|| read(&path));
    if rows.is_none() {
        eprintln!("skipped: {} is not there", path.display());
    }
    rows
}

/// Dated counts of two columns.
pub fn points(rows: &[Row], date: &str, count: &str) -> Vec<(Date, f64)> {
    rows.iter().map(|row| (Date::parse(&row[date]).unwrap(), row[count].parse().unwrap())).collect()
}

/// Local confirmed cases of a city of Jiangsu in the summer of 2021, by day.
pub fn jiangsu(city: &str) -> Vec<(Date, f64)> {
    points(&rows("jiangsu_covid_2021_daily.csv"), "date", city)
}
