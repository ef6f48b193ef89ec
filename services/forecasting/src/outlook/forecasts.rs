//! The forecasts of every model that applies to a series, as thousandths of a case.

use epidemiology::forecast::{Forecast, LEVELS, Model};
use epidemiology::models::arima::{Arima, Scale};
use epidemiology::models::ensemble::Ensemble;
use epidemiology::models::gm::{Basis, GreyModel};
use epidemiology::models::lstm::Lstm;
use epidemiology::models::naive::Naive;
use epidemiology::models::prophet::Prophet;
use epidemiology::models::renewal::Renewal;
use epidemiology::models::seasonal_naive::SeasonalNaive;
use epidemiology::reproduction::SerialInterval;
use epidemiology::series::{Frequency, Series};
use proof::digest::Digest;

/// Steps ahead: two weeks of days, as far as any of the models is worth something on daily counts; four weeks, as the forecast
/// hubs ask for.
const STEPS: (usize, usize) = (14, 4);
/// Days that were counted before anything is forecast: a week. Weeks have their own bound.
const FEWEST: usize = 7;
/// Points in which something happened: four weeks.
const RECENT: (usize, usize) = (28, 4);
/// Where every draw starts: a constant, so that everybody draws the same.
const SEED: u64 = 20_210_720;
/// What a text of parameters has room for, below the bound of an event's texts.
const MAX_WORDS: usize = 500;

/// One model's forecast.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Made {
    pub(crate) model: &'static str,
    /// What it was set to, for people.
    pub(crate) parameters: String,
    /// The hash of fitted weights, where it has any.
    pub(crate) weights: Option<Digest>,
    /// Thousandths of a case at the 23 levels, nearest step first.
    pub(crate) steps: Vec<[u64; LEVELS.len()]>,
}

/// The forecasts of all models that apply, of days from days and of weeks from weeks. A series on which nothing happened in
/// four weeks has none: that it goes on like that needs no model.
pub(crate) fn forecasts(series: &Series, interval: Option<&SerialInterval>) -> Vec<Made> {
    let of = |(day, week): (usize, usize)| if series.frequency() == Frequency::Day { day } else { week };
    let steps = of(STEPS);
    let (points, season_ago, season) = match series.frequency() {
        Frequency::Day => ("days", "a week ago", "weekly season"),
        Frequency::Week => ("weeks", "a year ago", "yearly season from two years on"),
    };
    let recent = series.values().iter().rev().take(of(RECENT)).any(|count| *count > 0.0);
    if series.len() < FEWEST || !recent {
        return Vec::new();
    }
    let ensemble = Ensemble { interval: interval.cloned(), declared: false, seed: SEED };
    let issued = ensemble.issue(series, steps).ok().map(|issued| {
        let mut words = format!("{:?}: {}", issued.regime, issued.members.join(" + "));
        if let Some(why) = issued.fallback {
            words.push_str(", since this is ");
            words.push_str(why);
        }
        (ensemble.name(), words, None, issued.forecast)
    });
    let lstm = Lstm { seed: SEED };
    let fitted = lstm.fit(series, steps).and_then(|fit| Ok((fit.forecast()?, Digest::of(&fit.weights_bytes()))));
    let fitted = fitted
        .ok()
        .map(|(forecast, weights)| (lstm.name(), format!("five networks, seed {SEED}"), Some(weights), forecast));
    let renewal = interval.map(|interval| Renewal { interval: interval.clone(), seed: SEED });
    let prophet = Prophet { log_scale: false, seed: SEED };
    let arima = Arima { scale: Scale::Raw };
    let simple: [(Option<&dyn Model>, String); 6] = [
        (Some(&Naive { seed: SEED }), format!("seed {SEED}")),
        (Some(&SeasonalNaive), season_ago.to_owned()),
        (Some(&arima), "order by AICc, counts as they are".to_owned()),
        (Some(&GreyModel { basis: Basis::Total }), format!("the running total of the last {points}")),
        (Some(&prophet), format!("25 changepoints or fewer, {season}, seed {SEED}")),
        (renewal.as_ref().map(|model| model as &dyn Model), format!("serial interval of the disease, seed {SEED}")),
    ];
    let simple = simple.into_iter().filter_map(|(model, words)| {
        let model = model?;
        Some((model.name(), words, None, model.forecast(series, steps).ok()?))
    });
    let made = simple.chain(fitted).chain(issued);
    made.map(|(model, words, weights, forecast)| Made {
        model,
        parameters: words.chars().take(MAX_WORDS).collect(),
        weights,
        steps: thousandths(&forecast),
    })
    .collect()
}

/// Rounded; a cast from a float saturates, and a forecast has no negative values.
fn thousandths(forecast: &Forecast) -> Vec<[u64; LEVELS.len()]> {
    let whole = |value: f64| ((value * 1000.0).round() as u64).min(domain::event::MAX_COUNT);
    forecast.steps().iter().map(|row| row.map(whole)).collect()
}
