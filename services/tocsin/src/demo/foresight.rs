//! Too few beds, foreseen: every evening early warning is asked how many beds a city's newest forecast will fill, and whether
//! those that hospitals claim will be enough. The first warning counts, and so does the day that came.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::{Context, ensure};
use domain::time::Date;
use serde_json::Value;

use super::player::Player;
use super::wards::Wards;

/// The beds that are asked for. Every case is isolated, so that they are held against all patients.
const BEDS: &str = "isolation";

/// What was foreseen on which day.
#[derive(Clone, Copy, Debug)]
pub struct Foreseen {
    /// The day it was said.
    pub on: Date,
    /// Such beds with staff on that day.
    beds: u64,
    /// The first day short of beds when every day is high.
    earliest: Date,
    /// The same in the middle.
    expected: Date,
}

impl Foreseen {
    /// Of a region's answer; none where beds will be enough, or nobody has a fresh count of them.
    fn of(row: &Value, on: Date) -> Option<Self> {
        let day = |field: &str| row.get(field).and_then(Value::as_str).and_then(Date::parse);
        let expected = day("short_as_expected")?;
        let earliest = day("short_at_the_earliest")?;
        Some(Foreseen { on, beds: row.get("beds").and_then(Value::as_u64)?, earliest, expected })
    }
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
            let came = self
                .came(chain, foreseen)
                .map_or("never".to_owned(), |(day, patients)| format!("{day}, with {patients} patients"));
            // Writing to a String cannot fail.
            let _ = writeln!(
                out,
                "{chain:<10} on {} the {} {BEDS} beds with staff were foreseen not to last beyond {} (at the earliest {}); came on {came}",
                foreseen.on, foreseen.beds, foreseen.expected, foreseen.earliest
            );
        }
        out
    }
}

/// Looks ahead from a day, by what early warning committed on the logs that day and the beds that hospitals claimed; gives
/// lines to say.
pub async fn look(player: &Player<'_>, wards: &mut Wards<'_>, day: Date) -> anyhow::Result<Vec<String>> {
    let mut lines = Vec::new();
    let chains = player.outlooks.keys().map(ToString::to_string);
    for chain in chains.filter(|chain| !wards.foresight.foreseen.contains_key(chain)).collect::<Vec<_>>() {
        let Some(foreseen) = asked(player, &chain, day).await? else { continue };
        lines.push(format!("{day} {chain}: on {} {} beds will not be enough", foreseen.expected, foreseen.beds));
        wards.foresight.foreseen.insert(chain, foreseen);
    }
    Ok(lines)
}

/// Where beds will not be enough by a forecast that was made of this day, if anywhere.
async fn asked(player: &Player<'_>, chain: &str, day: Date) -> anyhow::Result<Option<Foreseen>> {
    let code = &player.scenario.disease.code;
    let path = format!("/v1/chains/{chain}/forecasting/demand?disease={code}&resource={BEDS}");
    let answer = player.caller.get(&path).await?;
    let rows = answer.get("regions").and_then(Value::as_array).context("an answer without regions")?;
    let is_today = |row: &&Value| row.get("reference_date").and_then(Value::as_str) == Some(&day.to_string());
    Ok(rows.iter().filter(is_today).find_map(|row| Foreseen::of(row, day)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn foreseen(beds: u64) -> Foreseen {
        Foreseen { on: Date(10), beds, earliest: Date(11), expected: Date(12) }
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

    #[test]
    fn a_region_whose_beds_are_enough_or_unknown_foresees_nothing() {
        let row =
            |beds: Value, day: Value| json!({ "beds": beds, "short_as_expected": day, "short_at_the_earliest": day });
        let found = Foreseen::of(&row(json!(120), json!("2021-07-30")), Date(10)).unwrap();
        assert_eq!((found.beds, found.expected), (120, Date::parse("2021-07-30").unwrap()));
        for none in [row(json!(120), Value::Null), row(Value::Null, json!("2021-07-30"))] {
            assert!(Foreseen::of(&none, Date(10)).is_none(), "{none}");
        }
    }
}
