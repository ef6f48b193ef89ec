//! `tocsin backtest`: how good each model would have been on this very curve, put back to many points of its past.

use std::time::Instant;

use clap::Args;
use epidemiology::backtest::{Evaluation, Plan, backtest};
use epidemiology::series::{Frequency, Series};
use serde_json::{Map, Value, json};

use super::progress::Progress;
use super::text::{perhaps, table};
use super::{Anywhere, Source, Unfit, models, share, unit};

/// `tocsin backtest`.
#[derive(Args)]
pub struct Options {
    #[command(flatten)]
    source: Source,
    /// Days (1,7,14 if not given) or weeks (1,2,4) ahead that are scored
    #[arg(long, value_delimiter = ',', value_parser = clap::value_parser!(u8).range(1..=28))]
    horizons: Vec<u8>,
    /// Points of the past, spread over the latter half of the curve, from which is forecast
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    origins: u16,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Puts all models back, and prints what they were worth.
pub fn run(options: Options) -> anyhow::Result<()> {
    let series = options.source.read_to_forecast()?;
    let mut horizons: Vec<usize> = options.horizons.iter().copied().map(usize::from).collect();
    if horizons.is_empty() {
        horizons = usual_horizons(series.frequency()).to_vec();
    }
    horizons.sort_unstable();
    horizons.dedup();
    let plan = Plan::spread(&series, usize::from(options.origins), &horizons).map_err(Unfit::from)?;
    let models = models(false);
    let progress = Progress::new(models.len() * plan.origins.len());
    let found = evaluate(&series, &models, &plan, &progress);
    if options.json {
        println!("{}", object(&found));
    } else {
        print!("{}", page(&series, &plan, &found));
    }
    Ok(())
}

/// A day, a week and a fortnight; or one, two and four weeks.
pub fn usual_horizons(frequency: Frequency) -> [usize; 3] {
    match frequency {
        Frequency::Day => [1, 7, 14],
        Frequency::Week => [1, 2, 4],
    }
}

/// Every model on every origin, on two threads.
pub fn evaluate(series: &Series, models: &[Anywhere], plan: &Plan, progress: &Progress) -> Vec<Evaluation> {
    let started = Instant::now();
    // The slow ones stand last: begun first, they leave no thread idle at the end.
    let found = share::share(models.len(), |at| {
        let model = models.get(models.len() - 1 - at)?;
        let mut clock = || started.elapsed().as_secs_f64();
        backtest(series, &[&**model], plan, &mut clock, &mut |_, _| progress.step()).pop()
    });
    found.into_iter().rev().flatten().collect()
}

fn object(found: &[Evaluation]) -> Value {
    let of_model = |evaluation: &Evaluation| {
        let horizons = evaluation.worth.iter().map(|worth| {
            let figures = json!({
                "mae": worth.mae,
                "rmse": worth.rmse,
                "wis": worth.wis,
                "relative_wis": worth.relative_wis,
                "coverage95": worth.coverage95,
                "seconds": evaluation.seconds,
            });
            (worth.horizon.to_string(), figures)
        });
        (evaluation.model.to_owned(), Value::Object(horizons.collect()))
    };
    json!({ "models": found.iter().map(of_model).collect::<Map<_, _>>() })
}

fn page(series: &Series, plan: &Plan, found: &[Evaluation]) -> String {
    let head = ["model", "ahead", "scored", "MAE", "RMSE", "WIS", "relative WIS", "in 95 %", "s/forecast"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for evaluation in found {
        for worth in evaluation.worth.iter().filter(|worth| worth.scored > 0) {
            rows.push(vec![
                evaluation.model.to_owned(),
                worth.horizon.to_string(),
                worth.scored.to_string(),
                perhaps(worth.mae, 2),
                perhaps(worth.rmse, 2),
                perhaps(worth.wis, 2),
                perhaps(worth.relative_wis, 3),
                perhaps(worth.coverage95, 2),
                format!("{:.3}", evaluation.seconds),
            ]);
        }
    }
    let mut out = format!("{} origins, {} known at the first\n\n", plan.origins.len(), known(series, plan));
    out.push_str(&table(&rows));
    for evaluation in found {
        let refused = &evaluation.not_applicable;
        if let Some((_, why)) = refused.last() {
            out.push_str(&format!("\n{}: not applicable at {} origins: {why}", evaluation.model, refused.len()));
        }
    }
    out.push_str("\n\nrelative WIS: that of the model over that of the flat naive, below 1 is better\n");
    out
}

fn known(series: &Series, plan: &Plan) -> String {
    format!("{} {}", plan.origins.first().copied().unwrap_or_default(), unit(series.frequency()))
}
