//! A play as written in `tests/scenarios/*.toml`: the chains and their members, the figures by day, the timed plays.

use std::collections::BTreeMap;

use anyhow::{Context, bail};
use domain::chain::ChainPath;
use domain::time::{Date, Millis};
use serde::Deserialize;

use super::wards::Ward;

/// The outbreak in Jiangsu, July and August 2021, with the sources of its figures.
pub const JIANGSU_2021: &str = include_str!("../../../../tests/scenarios/jiangsu_2021.toml");

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    pub title: String,
    first_day: String,
    last_day: String,
    pub assert_as_of: String,
    pub assert_confirmed: Vec<(String, u64)>,
    pub disease: DiseaseName,
    #[serde(rename = "source")]
    pub sources: Vec<Source>,
    #[serde(rename = "chain")]
    pub chains: Vec<Chain>,
    pub daily: Daily,
    pub figures: Figures,
    #[serde(default, rename = "ward")]
    pub wards: Vec<Ward>,
    #[serde(rename = "play")]
    pub plays: Vec<Play>,
}

/// A disease by ICD-10 code and name.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DiseaseName {
    pub code: String,
    pub name: String,
}

/// Where a figure comes from.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    #[serde(rename = "where")]
    pub place: String,
    pub figure: String,
}

/// A chain of the play.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chain {
    pub path: String,
    pub name: String,
    pub regions: Vec<String>,
    pub genesis_time: String,
    pub rules_version: u32,
    pub policy: BTreeMap<String, Policy>,
    #[serde(rename = "member")]
    pub members: Vec<Member>,
    /// Who owes reports from the start.
    #[serde(default, rename = "duty")]
    pub duties: Vec<Duty>,
}

/// A member owes a report of a disease for every day.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Duty {
    pub member: String,
    pub disease: String,
    pub grace_hours: u32,
}

/// A policy of a chain.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    pub rule: String,
    pub deadline_ms: u64,
}

/// A member of a chain.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    pub id: String,
    pub name: String,
    pub node_role: String,
    pub roles: Vec<String>,
    pub sector: String,
    pub regions: Vec<String>,
    pub cosigner: bool,
}

/// How the daily figures are reported.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Daily {
    pub lane: String,
    pub origin: String,
    submit_at: String,
    pub endorse_policy: String,
    #[serde(rename = "city")]
    pub cities: Vec<City>,
}

/// Who reports and endorses a city's day.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct City {
    pub chain: String,
    pub region: String,
    pub author: String,
    pub endorsers: Vec<String>,
}

/// Confirmed cases by day, one column a city.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figures {
    pub cities: Vec<String>,
    days: Vec<Day>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Day {
    date: String,
    confirmed: Vec<u64>,
}

/// One timed act.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Play {
    #[serde(default)]
    pub name: Option<String>,
    pub at: String,
    pub chain: String,
    pub author: String,
    pub lane: String,
    pub region: String,
    pub exercise: bool,
    #[serde(default)]
    pub follows: Vec<String>,
    /// Fields of the fact that are the event ids of named plays.
    #[serde(default)]
    pub refers: BTreeMap<String, String>,
    /// What a deposit's digest is the SHA-256 of.
    #[serde(default)]
    pub text: Option<String>,
    /// The look-up code a donor was given; the pledge has its SHA-256.
    #[serde(default)]
    pub code: Option<String>,
    pub fact: serde_json::Map<String, serde_json::Value>,
    /// People who judge it, over REST.
    #[serde(default)]
    pub endorsers: Vec<String>,
}

impl Scenario {
    /// Reads a play; everything that must fit together in it is checked here.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let scenario: Scenario = toml::from_str(text).context("the scenario does not parse")?;
        let chains: Vec<_> = scenario.chains.iter().map(|chain| chain.path.as_str()).collect();
        for (what, chain) in (scenario.plays.iter().map(|play| ("play", &play.chain)))
            .chain(scenario.daily.cities.iter().map(|city| ("city", &city.chain)))
            .chain(scenario.wards.iter().map(|ward| ("ward", &ward.chain)))
            .chain(scenario.figures.cities.iter().map(|city| ("figures", city)))
        {
            if !chains.contains(&chain.as_str()) {
                bail!("a {what} names the chain {chain}, which the scenario does not have");
            }
        }
        let days = scenario.days()?;
        if days.first() != Some(&date(&scenario.first_day)?) || days.last() != Some(&date(&scenario.last_day)?) {
            bail!("the figures do not run from {} to {}", scenario.first_day, scenario.last_day);
        }
        if let Some(day) = scenario.figures.days.iter().find(|day| day.confirmed.len() != scenario.figures.cities.len())
        {
            bail!("{} does not have a figure for every city", day.date);
        }
        Ok(scenario)
    }

    /// The days in order.
    pub fn days(&self) -> anyhow::Result<Vec<Date>> {
        self.figures.days.iter().map(|day| date(&day.date)).collect()
    }

    /// Confirmed cases a city reported for a day.
    pub fn confirmed(&self, chain: &str, day: Date) -> u64 {
        let column = self.figures.cities.iter().position(|city| city == chain);
        let row = self.figures.days.iter().find(|row| row.date == day.to_string());
        column.zip(row).and_then(|(column, row)| row.confirmed.get(column)).copied().unwrap_or(0)
    }

    /// When a day's aggregate is submitted.
    pub fn submit_at(&self, day: Date) -> anyhow::Result<Millis> {
        time(&format!("{day}T{}Z", self.daily.submit_at))
    }
}

impl Chain {
    /// The chain's path.
    pub fn path(&self) -> anyhow::Result<ChainPath> {
        ChainPath::parse(&self.path).with_context(|| format!("{} is no chain path", self.path))
    }
}

/// A time of the play.
pub fn time(text: &str) -> anyhow::Result<Millis> {
    Millis::parse(text).with_context(|| format!("{text} is no UTC time"))
}

fn date(text: &str) -> anyhow::Result<Date> {
    Date::parse(text).with_context(|| format!("{text} is no date"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_figures_add_up_to_what_the_play_asserts() {
        let scenario = Scenario::parse(JIANGSU_2021).unwrap();
        let as_of = Date::parse(&scenario.assert_as_of).unwrap();
        for (chain, expected) in &scenario.assert_confirmed {
            let path = ChainPath::parse(chain).unwrap();
            let below = scenario.figures.cities.iter().filter(|city| path.covers(&ChainPath::parse(city).unwrap()));
            let days = scenario.days().unwrap();
            let sum: u64 = below
                .flat_map(|city| days.iter().map(move |day| (city, *day)))
                .filter(|(_, day)| *day <= as_of)
                .map(|(city, day)| scenario.confirmed(city, day))
                .sum();
            assert_eq!((chain, sum), (chain, *expected));
        }
    }

    #[test]
    fn a_city_without_a_figure_or_an_unknown_field_is_refused() {
        let short = JIANGSU_2021.replace(
            "{ date = \"2021-07-21\", confirmed = [11, 0, 0, 0] }",
            "{ date = \"2021-07-21\", confirmed = [11, 0, 0] }",
        );
        assert!(Scenario::parse(&short).unwrap_err().to_string().contains("2021-07-21"));
        let unknown = format!("surprise = 1\n{JIANGSU_2021}");
        assert!(Scenario::parse(&unknown).is_err());
    }
}
