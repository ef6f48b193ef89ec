//! `tocsin forecast`: what comes next, by every model, and by the ensemble that warns and plans.

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use epidemiology::detect::{Detector, Setting};
use epidemiology::forecast::{Forecast, LEVELS, MEDIAN, NotApplicable};
use epidemiology::models::ensemble::{Ensemble, Issued};
use epidemiology::series::{Frequency, Series};
use serde_json::{Map, Value, json};

use super::picture::Picture;
use super::text::{figure, table};
use super::{Anywhere, Source, Unfit, models, share, unit};

/// Days and weeks ahead if not said otherwise.
const STEPS: (usize, usize) = (14, 4);
/// The ends of the 50 and the 95 % interval in [`LEVELS`].
const HALF: (usize, usize) = (6, 16);
const MOST: (usize, usize) = (1, 21);

/// `tocsin forecast`.
#[derive(Args)]
pub struct Options {
    #[command(flatten)]
    source: Source,
    /// How many days (14 if not given) or weeks (4) ahead
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=28))]
    steps: Option<u8>,
    /// One model by its name, or all
    #[arg(long, default_value = "all")]
    model: String,
    /// The authorities have declared an outbreak: nothing beats the flat naive then, and the ensemble falls back to it
    #[arg(long)]
    declared_outbreak: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// Draw the curve, the fan of the ensemble (or of the one model) and a detector's alarms into this file
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// The same picture as pixels
    #[arg(long, value_name = "FILE")]
    png: Option<PathBuf>,
}

/// What one model said.
struct Said {
    model: &'static str,
    forecast: Result<Forecast, NotApplicable>,
}

/// Forecasts and shows.
pub fn run(options: Options) -> anyhow::Result<()> {
    let series = options.source.read_to_forecast()?;
    let steps = options.steps.map_or(if series.frequency() == Frequency::Day { STEPS.0 } else { STEPS.1 }, usize::from);
    let ensemble = Ensemble { declared: options.declared_outbreak, ..Ensemble::default() };
    let asked = chosen(&options.model, options.declared_outbreak)?;
    let said = share::share(asked.len(), |at| {
        let model = asked.get(asked.len() - 1 - at)?;
        Some(Said { model: model.name(), forecast: model.forecast(&series, steps) })
    });
    let said: Vec<Said> = said.into_iter().rev().flatten().collect();
    let issued = asked.iter().any(|model| model.name() == "ensemble").then(|| ensemble.issue(&series, steps));
    let issued = issued.and_then(Result::ok);
    if options.svg.is_some() || options.png.is_some() {
        draw(&options, &series, &said)?;
    }
    if options.json {
        println!("{}", object(&options.source.column, &series, &said, issued.as_ref()));
    } else {
        print!("{}", page(&options.source.column, &series, &said, issued.as_ref()));
    }
    Ok(())
}

/// The models of that name.
fn chosen(name: &str, declared: bool) -> Result<Vec<Anywhere>, Unfit> {
    let mut models = models(declared);
    if name != "all" {
        let names: Vec<&str> = models.iter().map(|model| model.name()).collect();
        if !names.contains(&name) {
            return Err(Unfit::new("NO_SUCH_MODEL", format!("no model {name:?}; there are all, {}", names.join(", "))));
        }
        models.retain(|model| model.name() == name);
    }
    Ok(models)
}

/// The picture of the last model that has a forecast: the ensemble, where it was asked.
fn draw(options: &Options, series: &Series, said: &[Said]) -> anyhow::Result<()> {
    let shown = said.iter().rev().find_map(|said| Some((said.model, said.forecast.as_ref().ok()?)));
    let Some((model, forecast)) = shown else {
        return Err(
            Unfit::new("NO_SUCH_MODEL", "the model does not apply to this series, there is nothing to draw").into()
        );
    };
    let (detector, alarms) = alarms(series);
    let title =
        format!("{}: {model}, {} {} ahead", options.source.column, forecast.steps().len(), unit(series.frequency()));
    let picture = Picture { title: &title, series, forecast, model, detector, alarms: &alarms };
    let write = |file: &PathBuf, bytes: &[u8]| {
        std::fs::write(file, bytes).with_context(|| format!("writing {}", file.display()))
    };
    options.svg.iter().try_for_each(|file| write(file, picture.svg().as_bytes()))?;
    options.png.iter().try_for_each(|file| write(file, &picture.png()?))
}

/// The points at which the setting rings that people are to look into.
fn alarms(series: &Series) -> (&'static str, Vec<usize>) {
    let alert = Setting::ALERT;
    let rings = |index: &usize| alert.at(series, *index).is_ok_and(|point| point.alarm);
    (alert.name(), (0..series.len()).filter(rings).collect())
}

fn value(row: &[f64], level: usize) -> f64 {
    row.get(level).copied().unwrap_or_default()
}

fn object(column: &str, series: &Series, said: &[Said], issued: Option<&Issued>) -> Value {
    let models: Map<String, Value> = said
        .iter()
        .map(|said| {
            let value = match &said.forecast {
                Err(why) => json!({ "applicable": false, "why": why.to_string() }),
                Ok(forecast) => {
                    let steps = forecast.steps().iter().enumerate().map(|(step, row)| {
                        json!({
                            "step": step + 1,
                            "date": series.date(series.len() + step).to_string(),
                            "median": value(row, MEDIAN),
                            "lower50": value(row, HALF.0),
                            "upper50": value(row, HALF.1),
                            "lower95": value(row, MOST.0),
                            "upper95": value(row, MOST.1),
                            "quantiles": row,
                        })
                    });
                    json!({ "applicable": true, "steps": steps.collect::<Vec<_>>() })
                }
            };
            (said.model.to_owned(), value)
        })
        .collect();
    let ensemble = issued.map(|issued| {
        let refused = issued.refused.iter().map(|(model, why)| ((*model).to_owned(), json!(why.to_string())));
        json!({
            "regime": issued.regime.name(),
            "members": issued.members,
            "refused": refused.collect::<Map<_, _>>(),
            "fallback": issued.fallback,
            "guarded": issued.guarded,
        })
    });
    json!({
        "column": column,
        "frequency": if series.frequency() == Frequency::Day { "day" } else { "week" },
        "points": series.len(),
        "first": series.date(0).to_string(),
        "last": series.date(series.len() - 1).to_string(),
        "levels": LEVELS,
        "ensemble": ensemble,
        "models": models,
    })
}

fn page(column: &str, series: &Series, said: &[Said], issued: Option<&Issued>) -> String {
    let unit = unit(series.frequency());
    let (first, last) = (series.date(0), series.date(series.len() - 1));
    let mut out = format!("{column}: {} {unit}, {first} to {last}\n\n", series.len());
    // The ensemble, or the only model, at every step; the others where they are compared.
    let main = said.last().map(|said| said.model).unwrap_or_default();
    if let Some(issued) = issued {
        out.push_str(&of_ensemble(issued));
    }
    let compared = |step: usize| match series.frequency() {
        Frequency::Day => matches!(step, 1 | 7 | 14 | 28),
        Frequency::Week => matches!(step, 1 | 2 | 4 | 8),
    };
    let mut rows = vec![["model", "date", "ahead", "median", "50 %", "95 %"].map(str::to_owned).to_vec()];
    let mut silent = Vec::new();
    for said in said.iter().rev() {
        match &said.forecast {
            Err(why) => silent.push(format!("  {}: {why}\n", said.model)),
            Ok(forecast) => {
                for (step, row) in (1..).zip(forecast.steps()).filter(|(step, _)| said.model == main || compared(*step))
                {
                    let interval = |(low, high)| format!("{} - {}", figure(value(row, low)), figure(value(row, high)));
                    rows.push(vec![
                        said.model.to_owned(),
                        series.date(series.len() + step - 1).to_string(),
                        step.to_string(),
                        figure(value(row, MEDIAN)),
                        interval(HALF),
                        interval(MOST),
                    ]);
                }
            }
        }
    }
    if rows.len() > 1 {
        out.push_str(&table(&rows));
    }
    if !silent.is_empty() {
        out.push_str("\nnot applicable\n");
        out.extend(silent.into_iter().rev());
    }
    out
}

/// How the ensemble came about.
fn of_ensemble(issued: &Issued) -> String {
    let mut out = format!("ensemble: regime {}, members {}", issued.regime.name(), issued.members.join(", "));
    if let Some(why) = issued.fallback {
        out.push_str(&format!("\n  the flat naive alone: {why}"));
    }
    for (model, why) in &issued.refused {
        out.push_str(&format!("\n  without {model}: {why}"));
    }
    if issued.guarded {
        out.push_str("\n  the guard cut quantiles that such counts can not reach");
    }
    out + "\n\n"
}
