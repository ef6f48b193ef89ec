//! `tocsin detect`: which points of a curve are unusual, by a detector of one's choice.

use clap::Args;
use epidemiology::detect::{NAMES, Point, named};
use epidemiology::forecast::NotApplicable;
use epidemiology::series::{Series, SeriesError};
use serde_json::{Value, json};

use super::text::{figure, table};
use super::{Source, Unfit};

/// `tocsin detect`.
#[derive(Args)]
pub struct Options {
    #[command(flatten)]
    source: Source,
    /// The detector: alert, watch, farrington-flexible, ears-c1, ...; an unknown one is answered with the list
    #[arg(long, default_value = "alert")]
    method: String,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Judges every point that has enough history.
pub fn run(options: Options) -> anyhow::Result<()> {
    let series = options.source.read()?;
    let (from, points) = judge(&series, &options.method)?;
    if options.json {
        println!("{}", object(&series, from, &points));
    } else {
        print!("{}", page(&series, from, &points));
    }
    Ok(())
}

/// The first point that is judged, and the judgements from there on.
fn judge(series: &Series, method: &str) -> Result<(usize, Vec<Point>), Unfit> {
    let detector = named(method)
        .ok_or_else(|| Unfit::new("NO_SUCH_METHOD", format!("no method {method:?}; there are {}", NAMES.join(", "))))?;
    let from = detector.history(series.frequency());
    if series.len() <= from {
        return Err(SeriesError::TooShort { points: series.len(), needed: from + 1 }.into());
    }
    let points = detector.sweep(series, from).map_err(|why| match why {
        NotApplicable::Series(error) => Unfit::from(error),
        why => Unfit::new("NOT_APPLICABLE", format!("{method}: {why}")),
    })?;
    Ok((from, points))
}

fn object(series: &Series, from: usize, points: &[Point]) -> Value {
    let point = |(index, point): (usize, &Point)| {
        json!({
            "date": series.date(index).to_string(),
            "count": point.count,
            "expected": point.expected,
            "upper": point.upper,
            "alarm": point.alarm,
        })
    };
    json!({ "points": (from..).zip(points).map(point).collect::<Vec<_>>() })
}

fn page(series: &Series, from: usize, points: &[Point]) -> String {
    let mut rows = vec![["date", "count", "expected", "upper", ""].map(str::to_owned).to_vec()];
    for (index, point) in (from..).zip(points) {
        let figures = [point.count, point.expected, point.upper].map(figure);
        let mark = if point.alarm { "alarm" } else { "" };
        rows.push([series.date(index).to_string()].into_iter().chain(figures).chain([mark.to_owned()]).collect());
    }
    let alarms = points.iter().filter(|point| point.alarm).count();
    format!("{}\n{alarms} alarms in {} points; the first {from} have no baseline\n", table(&rows), points.len())
}
