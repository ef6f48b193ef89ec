//! Too few beds, foreseen: every evening the newest forecast on a city's log is turned into beds by the published lengths
//! of stay and held against the beds that have staff. The first warning counts, and so does the day that came.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::{Context, ensure};
use domain::time::Date;
use planning::demand::{COVID_19, Coming, Shortage, shortage};
use serde_json::Value;

use super::player::Player;
use super::wards::Wards;

/// The model whose forecasts are taken: the one that the league table is about to judge by.
const MODEL: &str = "ensemble";

/// What was foreseen on which day.
#[derive(Clone, Copy, Debug)]
pub struct Foreseen {
    /// The day it was said.
    pub on: Date,
    /// Beds with staff on that day.
    beds: u64,
    said: Shortage,
}

/// What was foreseen, and what came.
#[derive(Default)]
pub struct Foresight {
    foreseen: BTreeMap<String, Foreseen>,
    /// Patients in hospital at the end of each day.
    counted: BTreeMap<String, Vec<(Date, u64)>>,
}

impl Foresight {
    /// The patients that lay in a chain's hospitals at the end of a day.
    pub fn counted(&mut self, chain: &str, day: Date, patients: u64) {
        self.counted.entry(chain.to_owned()).or_default().push((day, patients));
    }

    /// The first day with more patients than the beds that had staff when it was foreseen.
    fn came(&self, chain: &str, foreseen: &Foreseen) -> Option<(Date, u64)> {
        let days = self.counted.get(chain).into_iter().flatten();
        days.copied().find(|(day, patients)| *day > foreseen.on && *patients > foreseen.beds)
    }

    /// Whether on every chain what was foreseen came, and after it was said.
    pub fn verdict(&self) -> anyhow::Result<()> {
        for (chain, foreseen) in &self.foreseen {
            ensure!(self.came(chain, foreseen).is_some(), "{chain}: too few beds were foreseen and never came");
        }
        for (chain, days) in &self.counted {
            ensure!(
                self.foreseen.contains_key(chain),
                "{chain}: nobody foresaw what {} days of patients take",
                days.len()
            );
        }
        Ok(())
    }

    /// Lines for people.
    pub fn table(&self) -> String {
        let mut out = String::new();
        for (chain, foreseen) in &self.foreseen {
            let day =
                |ahead: Option<usize>| ahead.map_or("-".to_owned(), |ahead| ahead_of(foreseen.on, ahead).to_string());
            let came = self
                .came(chain, foreseen)
                .map_or("never".to_owned(), |(day, patients)| format!("{day}, with {patients} patients"));
            // Writing to a String cannot fail.
            let _ = writeln!(
                out,
                "{chain:<10} on {} the {} beds with staff were foreseen not to last beyond {} (at the earliest {}); came on {came}",
                foreseen.on,
                foreseen.beds,
                day(foreseen.said.expected),
                day(foreseen.said.earliest)
            );
        }
        out
    }
}

fn ahead_of(day: Date, ahead: usize) -> Date {
    Date(day.0.saturating_add(u32::try_from(ahead).unwrap_or(u32::MAX)))
}

/// Looks ahead from a day, by what early warning committed on the logs that day; gives lines to say.
pub async fn look(player: &Player<'_>, wards: &mut Wards<'_>, day: Date) -> anyhow::Result<Vec<String>> {
    let mut lines = Vec::new();
    let chains = player.outlooks.keys().map(ToString::to_string);
    let open =
        |chain: &String, wards: &Wards<'_>| wards.beds_of(chain) > 0 && !wards.foresight.foreseen.contains_key(chain);
    for chain in chains.filter(|chain| open(chain, wards)).collect::<Vec<_>>() {
        let Some(coming) = coming(player, &chain, day).await? else { continue };
        let beds = wards.beds_of(&chain);
        let [isolation, _] = COVID_19;
        // Every case lies in some bed, whichever it is.
        let said = shortage(&isolation.filled(&wards.cases(&chain, day)?, &coming), beds);
        let Some(expected) = said.expected else { continue };
        let foreseen = Foreseen { on: day, beds, said };
        lines.push(format!("{day} {chain}: on {} {beds} beds will not be enough", ahead_of(day, expected)));
        wards.foresight.foreseen.insert(chain, foreseen);
    }
    Ok(lines)
}

/// The cases to come by the newest forecast, if it was made of this day.
async fn coming(player: &Player<'_>, chain: &str, day: Date) -> anyhow::Result<Option<Vec<Coming>>> {
    let answer = player.caller.get(&format!("/v1/chains/{chain}/forecasting/forecasts")).await?;
    let rows = answer.get("forecasts").and_then(Value::as_array).context("no forecasts")?;
    let is = |row: &Value, field: &str, value: &str| row.get(field).and_then(Value::as_str) == Some(value);
    let (today, code) = (day.to_string(), &player.scenario.disease.code);
    let wanted =
        |row: &&Value| is(row, "model", MODEL) && is(row, "disease", code) && is(row, "reference_date", &today);
    let Some(steps) = rows.iter().find(wanted).and_then(|row| row.get("steps")).and_then(Value::as_array) else {
        return Ok(None);
    };
    let step = |step: &Value| {
        let milli = |field: &str| step.get(field).and_then(Value::as_u64).context("a step without quantiles");
        Ok(Coming { low: milli("low95_milli")?, middle: milli("median_milli")?, high: milli("high95_milli")? })
    };
    steps.iter().map(step).collect::<anyhow::Result<Vec<_>>>().map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn foreseen(beds: u64) -> Foreseen {
        Foreseen { on: Date(10), beds, said: Shortage { earliest: Some(1), expected: Some(2) } }
    }

    #[test]
    fn what_came_came_later_and_with_more_patients_than_beds() {
        let mut foresight = Foresight::default();
        for (day, patients) in [(9, 99), (10, 99), (11, 5), (12, 6)] {
            foresight.counted("city", Date(day), patients);
        }
        assert!(foresight.verdict().is_err(), "nobody foresaw it");
        foresight.foreseen.insert("city".into(), foreseen(5));
        assert_eq!(foresight.came("city", &foreseen(5)), Some((Date(12), 6)));
        assert!(foresight.verdict().is_ok());
        foresight.foreseen.insert("city".into(), foreseen(6));
        assert!(foresight.verdict().is_err(), "it never came");
    }
}
