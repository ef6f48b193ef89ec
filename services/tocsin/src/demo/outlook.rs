//! What early warning did in the play: the course of the stages as the logs have it, every forecast that was committed,
//! and how good the models were by what was counted later.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::Context as _;
use domain::event::EXERCISE_DISEASE;
use serde::Serialize;
use serde_json::Value;

use super::player::Player;

/// Entries of a log page.
const PAGE: usize = 500;
/// Days ahead shown in the table; all are in the JSON.
const SHOWN: [u64; 3] = [1, 7, 14];

/// Early warning of the play.
#[derive(Serialize)]
pub struct Forecasting {
    /// Forecasts on the logs.
    forecasts: usize,
    /// Of those, such that at least one day ahead is counted by now.
    scored: usize,
    /// Assessments on the logs.
    assessments: usize,
    /// Ballots of members that computed an assessment again: those that agree and those that do not.
    recomputed_same: usize,
    recomputed_otherwise: usize,
    /// Each city's stages and levels, in order.
    stages: BTreeMap<String, Vec<Turn>>,
    /// How good each model was, by city, model and days ahead.
    league: BTreeMap<String, Vec<Value>>,
}

/// A day from which on another stage or level held.
#[derive(Serialize)]
struct Turn {
    day: String,
    stage: String,
    level: Option<String>,
    rule: String,
}

/// Reads the logs and tables of every city with early warning.
pub async fn gather(player: &Player<'_>) -> anyhow::Result<Forecasting> {
    let mut all = Forecasting {
        forecasts: 0,
        scored: 0,
        assessments: 0,
        recomputed_same: 0,
        recomputed_otherwise: 0,
        stages: BTreeMap::new(),
        league: BTreeMap::new(),
    };
    for chain in player.outlooks.keys().map(ToString::to_string) {
        let last = player.scenario.days()?.last().map(ToString::to_string).unwrap_or_default();
        all.read(player, &chain, &last).await?;
        let league = player.caller.get(&format!("/v1/chains/{chain}/forecasting/league")).await?;
        let rows = league.get("rows").and_then(Value::as_array).cloned().context("a league table without rows")?;
        all.league.insert(chain, rows);
    }
    Ok(all)
}

impl Forecasting {
    /// Takes up one city's log.
    async fn read(&mut self, player: &Player<'_>, chain: &str, last: &str) -> anyhow::Result<()> {
        let mut cursor = String::new();
        loop {
            let page = player.caller.get(&format!("/v1/chains/{chain}/log?limit={PAGE}{cursor}")).await?;
            let entries = page.get("entries").and_then(Value::as_array).cloned().unwrap_or_default();
            if entries.is_empty() {
                return Ok(());
            }
            let taken = entries.iter().filter(|entry| entry.get("code").and_then(Value::as_str) == Some("OK"));
            taken.filter_map(|entry| entry.get("event")).for_each(|event| self.take(chain, event, last));
            let next = page.get("next").and_then(Value::as_str).context("a log page without a cursor")?;
            cursor = format!("&cursor={next}");
        }
    }

    fn take(&mut self, chain: &str, event: &Value, last: &str) {
        let text = |name: &str| event.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        // What was reported to measure latencies is no part of the play.
        if event.pointer("/disease/code").and_then(Value::as_str) == Some(EXERCISE_DISEASE) {
            return;
        }
        match (text("kind").as_str(), text("policy").as_str(), text("choice").as_str()) {
            ("forecast", ..) => {
                self.forecasts += 1;
                self.scored += usize::from(text("reference_date").as_str() < last);
            }
            ("ballot", "recomputed", "endorse") => self.recomputed_same += 1,
            ("ballot", "recomputed", _) => self.recomputed_otherwise += 1,
            ("assessment", ..) => {
                self.assessments += 1;
                let level = event.get("level").and_then(Value::as_str).map(str::to_owned);
                let turn = Turn { day: text("day"), stage: text("stage"), level, rule: text("rule") };
                self.stages.entry(chain.to_owned()).or_default().push(turn);
            }
            _ => {}
        }
    }

    /// A table for people: the stages of each city, and the models' scores relative to the flat naive.
    pub fn table(&self) -> String {
        let mut out = String::new();
        for (chain, turns) in &self.stages {
            let turn = |turn: &Turn| {
                let level = turn.level.as_deref().map_or(String::new(), |level| format!(" ({level})"));
                format!("{} {}{level}", turn.day.get(5..).unwrap_or_default(), turn.stage)
            };
            let turns = turns.iter().map(turn).collect::<Vec<_>>().join(", ");
            // Writing to a String cannot fail.
            let _ = writeln!(out, "{chain:<10} {turns}");
        }
        let _ = writeln!(
            out,
            "\n{} forecasts committed before their outcome, {} scored; WIS relative to naive (coverage of the 95 % band)",
            self.forecasts, self.scored
        );
        for (chain, rows) in &self.league {
            let mut models = BTreeMap::<&str, Vec<String>>::new();
            for row in rows {
                let number = |name: &str| row.get(name).and_then(Value::as_f64);
                let horizon = row.get("horizon").and_then(Value::as_u64).unwrap_or_default();
                let daily = row.get("cadence").and_then(Value::as_str) == Some("day");
                let Some(model) =
                    row.get("model").and_then(Value::as_str).filter(|_| daily && SHOWN.contains(&horizon))
                else {
                    continue;
                };
                let relative = number("relative_wis").map_or("-".to_owned(), |relative| format!("{relative:.2}"));
                let covered = number("coverage95").unwrap_or_default();
                models.entry(model).or_default().push(format!("{horizon:>2} d {relative:>6} ({covered:.2})"));
            }
            for (model, scores) in models {
                let _ = writeln!(out, "{chain:<10} {model:<15} {}", scores.join("   "));
            }
        }
        out
    }
}
