//! The table of goals and figures, for people and as one JSON object. A goal that is missed is shown as such.

use serde_json::{Map, Value, json};

use super::Effort;
use super::detection::{Detection, MOST_SIGNALS};
use super::quality::{Found, Standing};
use super::speed::{FOUR, Speed};
use super::sweep::{AREAS, DISEASES, Sweep};
use crate::curve::text::{perhaps, table};

/// Seconds that are asked: a Farrington evaluation, a sweep of a nation, the four models, and those without the network.
const FARRINGTON_S: f64 = 0.001;
const SWEEP_S: f64 = 20.0;
const FOUR_S: f64 = 2.5;
const THREE_S: f64 = 0.5;

/// Everything that was measured.
pub struct Report {
    pub effort: Effort,
    pub regimes: Vec<Found>,
    pub detection: Result<Detection, String>,
    pub speed: Speed,
    pub missing: Vec<String>,
}

/// A figure beside its goal.
struct Held {
    name: String,
    figure: Option<f64>,
    goal: String,
    met: Option<bool>,
}

fn at_most(name: String, figure: Option<f64>, most: f64) -> Held {
    Held { name, figure, goal: format!("<= {most}"), met: figure.map(|figure| figure <= most) }
}

impl Found {
    fn ensemble(&self) -> Option<&Standing> {
        self.models.iter().find(|standing| standing.model == "ensemble")
    }

    /// The ensemble beside its goals.
    fn held(&self) -> Vec<Held> {
        let Some(ensemble) = self.ensemble() else { return Vec::new() };
        let mut held: Vec<Held> = match self.goals.as_slice() {
            [one] => vec![at_most("relative WIS over all horizons".to_owned(), ensemble.overall, *one)],
            goals => {
                let each = self.horizons.iter().zip(&ensemble.relative_wis).zip(goals);
                each.map(|((ahead, wis), goal)| at_most(format!("relative WIS, {ahead} ahead"), *wis, *goal)).collect()
            }
        };
        let (low, high) = self.coverage;
        held.push(Held {
            name: "share in the 95 % interval".to_owned(),
            figure: ensemble.coverage,
            goal: format!("{low} - {high}"),
            met: ensemble.coverage.map(|share| (low..=high).contains(&share)),
        });
        let blown = (self.blow_ups.1 > 0).then_some(self.blow_ups.0 as f64);
        held.push(at_most(format!("blow-ups in {} forecasts", self.blow_ups.1), blown, 0.0));
        held
    }
}

impl Speed {
    fn held(&self) -> Vec<Held> {
        let together = |wanted: &dyn Fn(&str) -> bool| {
            let times: Vec<f64> = self.models.iter().filter(|(name, _)| wanted(name)).map(|(_, time)| *time).collect();
            (!times.is_empty()).then(|| times.iter().sum())
        };
        // A part of the nation takes its part of the time.
        let nation = (AREAS * DISEASES) as f64;
        let sweep = self.sweep.as_ref().map(|sweep| sweep.seconds * nation / sweep.series as f64);
        let timed = self.sweep.as_ref().map_or(0, |sweep| sweep.series);
        vec![
            at_most("one Farrington evaluation, s of CPU".to_owned(), self.farrington, FARRINGTON_S),
            at_most(
                format!("{AREAS} x {DISEASES} series, all detectors, Rt, stage and level, s ({timed} timed)"),
                sweep,
                SWEEP_S,
            ),
            at_most(format!("{} on 365 days, s of CPU", FOUR.join(", ")), together(&|_| true), FOUR_S),
            at_most("the same without lstm, s of CPU".to_owned(), together(&|name| name != "lstm"), THREE_S),
        ]
    }
}

impl Report {
    /// The table.
    pub fn table(&self) -> String {
        let mut out = String::new();
        if self.effort == Effort::Quick {
            out.push_str("quick: few series and origins; the figures say that it works, not how good it is\n\n");
        }
        for regime in &self.regimes {
            out.push_str(&format!("{}\nensemble by series: {}\n", regime.name, named(&regime.series)));
            out.push_str(&standings(regime));
            out.push_str(&goals(&regime.held()));
            out.push('\n');
        }
        match &self.detection {
            Ok(detection) => out.push_str(&of_detection(detection)),
            Err(why) => out.push_str(&format!("detection: not measured, {why}\n")),
        }
        out.push_str("\nspeed\n");
        for (model, seconds) in &self.speed.models {
            out.push_str(&format!("  {model} on 365 days: {seconds:.3} s of CPU\n"));
        }
        if let Some(Sweep { series, seconds, alarms, staged, levels }) = &self.speed.sweep {
            out.push_str(&format!(
                "  sweep of {series} series: {seconds:.1} s; {alarms} alarms, {staged} past the sporadic stage, {levels} levels\n"
            ));
        }
        out.push_str(&goals(&self.speed.held()));
        out.push_str("\nnot measured\n");
        self.missing.iter().for_each(|missing| out.push_str(&format!("  {missing}\n")));
        out
    }

    /// The object.
    pub fn json(&self) -> String {
        let regimes = self.regimes.iter().map(|regime| {
            let models: Map<String, Value> =
                regime.models.iter().map(|found| (found.model.to_owned(), standing(regime, found))).collect();
            let series: Map<String, Value> =
                regime.series.iter().map(|(name, wis)| (name.clone(), json!(wis))).collect();
            let value = json!({
                "ensemble_by_series": series,
                "models": models,
                "goals": held(&regime.held()),
            });
            (regime.name.to_owned(), value)
        });
        let detection = match &self.detection {
            Ok(detection) => detection_object(detection),
            Err(why) => json!({ "not_measured": why }),
        };
        let times: Map<String, Value> =
            self.speed.models.iter().map(|(name, seconds)| ((*name).to_owned(), json!(seconds))).collect();
        json!({
            "quick": self.effort == Effort::Quick,
            "regimes": regimes.collect::<Map<_, _>>(),
            "detection": detection,
            "speed": { "seconds": times, "sweep": self.speed.sweep.as_ref().map(sweep), "goals": held(&self.speed.held()) },
            "not_measured": self.missing,
        })
        .to_string()
    }
}

/// The series, with what the ensemble was worth on each where they are few: a mean may hide one of them.
fn named(series: &[(String, Option<f64>)]) -> String {
    match series {
        [] => "no series".to_owned(),
        few if few.len() <= 10 => {
            let one = |(name, wis): &(String, Option<f64>)| format!("{name} {}", perhaps(*wis, 2));
            few.iter().map(one).collect::<Vec<_>>().join(", ")
        }
        many => format!("{} series", many.len()),
    }
}

fn standings(regime: &Found) -> String {
    let ahead = regime.horizons.iter().map(|ahead| format!("{ahead} ahead"));
    let head = ["model".to_owned()].into_iter().chain(ahead);
    let mut rows: Vec<Vec<String>> = vec![head.chain(["in 95 %", "scored", "s/forecast"].map(str::to_owned)).collect()];
    for standing in regime.models.iter().filter(|standing| standing.scored > 0) {
        let wis = standing.relative_wis.iter().map(|wis| perhaps(*wis, 3));
        let last = [perhaps(standing.coverage, 2), standing.scored.to_string(), format!("{:.3}", standing.seconds)];
        rows.push([standing.model.to_owned()].into_iter().chain(wis).chain(last).collect());
    }
    table(&rows)
}

fn goals(held: &[Held]) -> String {
    let verdict = |held: &Held| match held.met {
        Some(true) => "met",
        Some(false) => "MISSED",
        None => "not measured",
    };
    let row = |held: &Held| {
        vec![format!("  {}", held.name), perhaps(held.figure, 4), held.goal.clone(), verdict(held).to_owned()]
    };
    table(&held.iter().map(row).collect::<Vec<_>>())
}

fn of_detection(detection: &Detection) -> String {
    let head = ["detection, simulated weeks", "FPR", "POD", "first week", "delay", "signals a quarter", "goal"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for found in &detection.performances {
        let goal = match (found.goal, found.met()) {
            (Some((wrong, pod, first, _)), Some(met)) => {
                let asked = format!("FPR <= {wrong}, POD >= {pod}, first >= {first}, signals <= {MOST_SIGNALS}");
                format!("{asked}: {}", if met { "met" } else { "MISSED" })
            }
            _ => "to compare with".to_owned(),
        };
        let figures = [found.false_positives, found.found, found.in_first_week, found.delay, found.signals];
        let figures = figures.map(|figure| format!("{figure:.4}"));
        rows.push([found.name.to_owned()].into_iter().chain(figures).chain([goal]).collect());
    }
    let mut out = table(&rows);
    for city in &detection.cities {
        let when = city.delay.map_or("never".to_owned(), |days| format!("{days} days after the first case"));
        let verdict = if city.met() { "met" } else { "MISSED" };
        out.push_str(&format!("  {} in {}: {when}, {} before it: {verdict}\n", city.setting, city.name, city.early));
    }
    out
}

fn standing(regime: &Found, standing: &Standing) -> Value {
    let wis: Map<String, Value> = regime
        .horizons
        .iter()
        .zip(&standing.relative_wis)
        .map(|(ahead, wis)| (ahead.to_string(), json!(wis)))
        .collect();
    json!({
        "relative_wis": wis,
        "overall": standing.overall,
        "coverage95": standing.coverage,
        "scored": standing.scored,
        "seconds": standing.seconds,
    })
}

fn held(held: &[Held]) -> Vec<Value> {
    let one = |held: &Held| json!({ "what": held.name, "figure": held.figure, "goal": held.goal, "met": held.met });
    held.iter().map(one).collect()
}

fn sweep(Sweep { series, seconds, alarms, staged, levels }: &Sweep) -> Value {
    json!({ "series": series, "seconds": seconds, "alarms": alarms, "past_sporadic": staged, "levels": levels })
}

fn detection_object(detection: &Detection) -> Value {
    let performances: Map<String, Value> = detection
        .performances
        .iter()
        .map(|found| {
            let figures = json!({
                "false_positive_rate": found.false_positives,
                "pod": found.found,
                "first_week_pod": found.in_first_week,
                "mean_delay_weeks": found.delay,
                "signals_per_quarter": found.signals,
                "met": found.met(),
            });
            (found.name.to_owned(), figures)
        })
        .collect();
    let city = |city: &super::detection::City| {
        json!({ "city": city.name, "setting": city.setting, "days_after_first_case": city.delay,
                "alarms_before": city.early, "met": city.met() })
    };
    json!({ "simulated": performances, "cities": detection.cities.iter().map(city).collect::<Vec<_>>() })
}
