//! Which series belong to which regime, how each is read, and what is not there.

use std::collections::BTreeMap;
use std::path::Path;

use domain::time::Date;
use epidemiology::backtest::Plan;
use epidemiology::models::ensemble::YOUNG;
use epidemiology::series::{Frequency, Series};

use super::Effort;
use crate::curve::csv;

/// A kind of series, and what is asked of a forecast of it.
pub struct Regime {
    /// Its name in the table.
    pub name: &'static str,
    /// Steps ahead that are scored.
    pub horizons: Vec<usize>,
    /// The largest relative WIS that the ensemble may have at each horizon; one figure for all together where there is one.
    pub goals: Vec<f64>,
    /// Within which the share of outcomes in the 95 % interval should be.
    pub coverage: (f64, f64),
    /// Whether every model is asked, or only the naive and the ensemble: fifty series cost what fifty cost.
    pub all_models: bool,
    /// The series, and from where of each is forecast.
    pub series: Vec<(String, Series, Plan)>,
}

/// Daily outbreaks that ended soon, and those that lasted.
const SHORT: [(&str, &str, &str); 6] = [
    ("Nanjing 2021", "jiangsu_covid_2021_daily.csv", "nanjing"),
    ("Yangzhou 2021", "jiangsu_covid_2021_daily.csv", "yangzhou"),
    ("Wenzhou 2020", "cn_wenzhou_covid_2020_daily.csv", "new_cases"),
    ("Beijing 2020", "cn_beijing_covid_2020_daily.csv", "new_cases"),
    ("Nanjing 2020", "cn_nanjing_covid_2020_daily.csv", "new_cases"),
    ("H7N9 China 2013", "fluH7N9_china_2013.csv", "date_of_onset"),
];
const LONG: [(&str, &str, &str); 3] = [
    ("Ebola Kikwit 1995", "ebola_kikwit_1995.csv", "onset"),
    ("Zika Girardot 2015", "zika_girardot_2015.csv", "cases"),
    ("SARS Canada 2003", "sars_canada_2003.csv", "cases_"),
];
/// The nation and the nine largest states, by their FIPS codes.
const LARGE: [&str; 10] = ["US", "06", "48", "12", "36", "42", "17", "39", "13", "37"];
const INFLUENZA: &str = "flusight_hosp_weekly_2022_to_2024-07.csv";
/// Simulated weekly counts.
pub const SIMULATED: &str = "sim_weekly_open_cases.csv";
/// Points known at the first origin of a short outbreak: two weeks.
const FIRST_SHORT: usize = 14;

/// All regimes with the series that are there, and what is not and why.
pub fn gather(data: &Path, effort: Effort) -> (Vec<Regime>, Vec<String>) {
    let mut missing = vec!["Wuhan 2020: left out, its definition of a case changed on 12 February".to_owned()];
    let quick = effort == Effort::Quick;
    let (days, weeks) = (vec![1, 7, 14], vec![1, 2, 4]);
    let mut daily = |list: &[(&str, &str, &str)]| -> Vec<(String, Series)> {
        let read = |(name, file, column): &(&str, &str, &str)| match of_days(data, file, column) {
            Ok(series) => Some(((*name).to_owned(), series)),
            Err(why) => {
                missing.push(format!("{name}: {why}"));
                None
            }
        };
        list.iter().filter_map(read).take(if quick { 2 } else { list.len() }).collect()
    };
    let (short, long) = (daily(&SHORT), daily(&LONG));
    let mut columns = |file: &str, take: &dyn Fn(usize, &str) -> bool| -> Vec<(String, Series)> {
        weekly(&data.join(file), take).unwrap_or_else(|why| {
            missing.push(format!("{file}: {why}"));
            Vec::new()
        })
    };
    // One of the five series of each scenario.
    let endemic = columns(SIMULATED, &|_, name| name.ends_with(if quick { "s04_r01" } else { "_r01" }));
    let influenza =
        columns(INFLUENZA, &|_, name| LARGE.iter().take(if quick { 2 } else { 10 }).any(|code| *code == name));
    let hub = columns(INFLUENZA, &|at, _| !quick || at % 13 == 0);
    let origins = if quick { 4 } else { 20 };
    let spread = |list: Vec<(String, Series)>, horizons: &[usize], origins: usize| {
        list.into_iter()
            .filter_map(|(name, series)| Some((name, Plan::spread(&series, origins, horizons).ok()?, series)))
            .map(|(name, plan, series)| (name, series, plan))
            .collect::<Vec<_>>()
    };
    let rolling = |list: Vec<(String, Series)>| {
        list.into_iter().map(|(name, series)| {
            let origins = (FIRST_SHORT..series.len()).step_by(if quick { 6 } else { 1 }).collect();
            (name, series, Plan { origins, horizons: vec![1, 7, 14] })
        })
    };
    let regime = |name, horizons, goals, coverage, all_models, series| Regime {
        name,
        horizons,
        goals,
        coverage,
        all_models,
        series,
    };
    let long = grown(long, if quick { 4 } else { 40 });
    let endemic = spread(endemic, &weeks, origins);
    let influenza = spread(influenza, &weeks, origins);
    let hub = spread(hub, &[1, 2, 3, 4], origins);
    let regimes = vec![
        regime(
            "short daily outbreak",
            days.clone(),
            vec![1.0, 1.1, 1.15],
            (0.85, 0.99),
            true,
            rolling(short).collect(),
        ),
        regime("long daily", days, vec![1.0, 0.8, 0.75], (0.90, 0.99), true, long),
        regime("weekly endemic", weeks.clone(), vec![0.94, 0.90, 0.82], (0.90, 0.98), true, endemic),
        regime("weekly influenza", weeks, vec![0.72, 0.78, 0.65], (0.88, 0.98), true, influenza),
        regime("FluSight locations", vec![1, 2, 3, 4], vec![0.75], (0.88, 1.0), false, hub),
    ];
    (regimes, missing)
}

/// Origins of long series: spread over those at which so many days with cases are known that they are no short outbreak.
fn grown(list: Vec<(String, Series)>, origins: usize) -> Vec<(String, Series, Plan)> {
    let horizons = vec![1, 7, 14];
    let plan = |series: &Series| {
        let last = series.len().checked_sub(14)?;
        let first = (1..=last).find(|known| series.until(*known).non_zero() >= YOUNG)?;
        let apart = ((last - first) / origins).max(1);
        Some(Plan { origins: (first..=last).rev().step_by(apart).take(origins).collect(), horizons: horizons.clone() })
    };
    list.into_iter()
        .filter_map(|(name, series)| Some((name, plan(&series)?, series)))
        .map(|(n, p, s)| (n, s, p))
        .collect()
}

/// Daily counts of a file: a column, several columns whose names begin alike, or one case a row with its date. Days that are
/// not there had no case, and corrections below zero count as none: these files are as they were published.
fn of_days(data: &Path, file: &str, column: &str) -> Result<Series, String> {
    let mut reader = ::csv::Reader::from_path(data.join(file)).map_err(|_| "not there".to_owned())?;
    let header = reader.headers().map_err(|error| error.to_string())?.clone();
    let columns: Vec<usize> =
        (0..header.len()).filter(|at| header.get(*at).is_some_and(|name| name.starts_with(column))).collect();
    let case_a_row = column.starts_with("date");
    let date = if case_a_row { columns.first().copied() } else { header.iter().position(|name| name == "date") };
    let date = date.filter(|_| !columns.is_empty()).ok_or_else(|| format!("{file} has no {column}"))?;
    let mut days: BTreeMap<u32, f64> = BTreeMap::new();
    for record in reader.records() {
        let record = record.map_err(|error| error.to_string())?;
        let Some(day) = record.get(date).and_then(Date::parse) else { continue };
        let counts = columns.iter().filter_map(|at| record.get(*at)?.parse::<f64>().ok());
        let count = if case_a_row { 1.0 } else { counts.sum::<f64>().max(0.0) };
        *days.entry(day.0).or_default() += count;
    }
    let (Some(first), Some(last)) = (days.keys().next().copied(), days.keys().next_back().copied()) else {
        return Err(format!("{file} has no dates"));
    };
    let points: Vec<_> = (first..=last).map(|day| (Date(day), days.get(&day).copied().unwrap_or_default())).collect();
    Series::new(Frequency::Day, &points).map_err(|error| error.to_string())
}

/// The columns of a table of weeks that `take` wants, by place and name; each up to the first week that is missing in it.
pub fn weekly(file: &Path, take: &dyn Fn(usize, &str) -> bool) -> Result<Vec<(String, Series)>, String> {
    let bytes = std::fs::read(file).map_err(|_| "not there".to_owned())?;
    let mut reader = ::csv::Reader::from_reader(&*bytes);
    let header = reader.headers().map_err(|error| error.to_string())?.clone();
    let rows: Vec<::csv::StringRecord> =
        reader.records().collect::<Result<_, _>>().map_err(|error| error.to_string())?;
    let wanted = header.iter().enumerate().skip(1).filter(|(at, name)| take(at - 1, name));
    wanted
        .map(|(at, name)| {
            let there = |row: &&::csv::StringRecord| row.get(at).is_some_and(|count| count.parse::<f64>().is_ok());
            let missing = rows.iter().find(|row| !there(row)).and_then(|row| row.position());
            let end = missing.map_or(bytes.len(), |position| usize::try_from(position.byte()).unwrap_or(usize::MAX));
            let series = csv::parse(bytes.get(..end).unwrap_or(&bytes), name, Frequency::Week);
            Ok((name.to_owned(), series.map_err(|why| format!("{name}: {why}"))?))
        })
        .collect()
}
