//! The player: acts the scenario out over REST, as its members' systems would, and waits until nothing is in flight
//! before scenario time jumps.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use domain::chain::ChainPath;
use domain::time::Date;
use host::clock::Clock;
use proof::digest::Digest;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep, sleep_until};

use super::cast::Cast;
use super::foresight::{self, Foresight};
use super::scenario::{self, City, Play, Scenario};
use super::wards::{self, Wards};
use crate::caller::{Caller, LOOK, PATIENCE, Submitted};
use crate::house::House;

/// Acts on behalf of all members.
pub struct Player<'a> {
    /// Who calls the services.
    pub caller: Caller<'a>,
    /// Early warning, by chain.
    pub outlooks: BTreeMap<ChainPath, forecasting::Desk>,
    pub scenario: &'a Scenario,
}

/// What was played.
#[derive(Default)]
pub struct Played {
    /// Everything submitted over REST, ballots included.
    pub events: Vec<Submitted>,
    /// Named plays.
    pub named: BTreeMap<String, Submitted>,
    /// What early warning said of beds.
    pub foresight: Foresight,
}

enum Act<'a> {
    Morning(Date),
    Daily(Date),
    /// Plays of one time; none follows another.
    Plays(&'a [Play]),
}

impl<'a> Player<'a> {
    pub fn new(house: &House, cast: &'a Cast, clock: Clock, scenario: &'a Scenario) -> anyhow::Result<Self> {
        Ok(Player { caller: Caller::new(house, cast, clock)?, outlooks: house.outlooks.clone(), scenario })
    }

    /// Plays every day in order; says a line a day.
    pub async fn play(&self, days_per_second: f64, say: &dyn Fn(&str)) -> anyhow::Result<Played> {
        let days = self.scenario.days()?;
        let mut acts = Vec::new();
        for day in &days {
            acts.push((wards::morning(*day)?, Act::Morning(*day)));
            acts.push((self.scenario.submit_at(*day)?, Act::Daily(*day)));
        }
        for plays in self.scenario.plays.chunk_by(|one, next| one.at == next.at) {
            let at = plays.first().map(|play| play.at.as_str()).unwrap_or_default();
            acts.push((scenario::time(at)?, Act::Plays(plays)));
        }
        acts.sort_by_key(|(at, _)| *at);
        let started = Instant::now();
        let first = days.first().copied().unwrap_or_default();
        let mut played = Played::default();
        let mut wards = Wards::new(self.scenario);
        for (at, act) in acts {
            self.caller.clock.set(at);
            match act {
                Act::Plays(plays) => {
                    let performed = plays.iter().map(|play| self.perform(play, &played.named));
                    let performed = futures::future::try_join_all(performed).await;
                    for (play, (request, events)) in
                        plays.iter().zip(performed.with_context(|| format!("the plays at {at}"))?)
                    {
                        let submitted = events.first().context("a play without an event")?;
                        wards.heard(&play.author, &request, submitted)?;
                        played.named.extend(play.name.clone().map(|name| (name, submitted.clone())));
                        played.events.extend(events);
                    }
                }
                Act::Morning(day) => {
                    let counted = wards.morning(&self.caller, day).await;
                    counted.with_context(|| format!("the hospitals' count on {day}"))?
                }
                Act::Daily(day) => {
                    let (reports, evening) =
                        futures::future::join(self.report_day(day), wards.evening(&self.caller, day, &played.named))
                            .await;
                    played.events.extend(reports.with_context(|| format!("the day {day}"))?);
                    evening.with_context(|| format!("the hospitals on {day}"))?;
                    say(&self.line(day).await?);
                    let foreseen = foresight::look(self, &mut wards, day).await?;
                    foreseen.iter().for_each(|line| say(line));
                    let passed = f64::from(day.0 - first.0 + 1) / days_per_second;
                    sleep_until(started + Duration::from_secs_f64(passed)).await;
                }
            }
        }
        played.foresight = wards.foresight;
        Ok(played)
    }

    /// One play: the fact, then the judgement of the people named. Gives what was posted and the events it became.
    async fn perform(
        &self,
        play: &Play,
        named: &BTreeMap<String, Submitted>,
    ) -> anyhow::Result<(Value, Vec<Submitted>)> {
        let mut request = Value::Object(play.fact.clone());
        self.fill(play, named, &mut request)?;
        let kind = request.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned();
        let submitted = self.caller.submit(&play.chain, &play.author, route(&kind)?, &request).await?;
        self.caller.until(&submitted, "state", &["final"]).await?;
        let mut events = vec![submitted.clone()];
        for endorser in &play.endorsers {
            let ballot = json!({ "choice": "endorse", "reason": "seen-and-checked" });
            let path = format!("events/{}/ballots", submitted.id);
            let ballot = self.caller.submit(&play.chain, endorser, &path, &ballot).await?;
            self.caller.until(&ballot, "state", &["final"]).await?;
            events.push(ballot);
        }
        Ok((request, events))
    }

    fn fill(&self, play: &Play, named: &BTreeMap<String, Submitted>, request: &mut Value) -> anyhow::Result<()> {
        let Value::Object(fields) = request else { bail!("a fact is an object") };
        let disease = json!({ "code": self.scenario.disease.code, "name": self.scenario.disease.name });
        if matches!(fields.get("kind").and_then(Value::as_str), Some("suspected_cluster" | "warning")) {
            fields.insert("disease".to_owned(), disease);
        }
        fields.insert("region".to_owned(), Value::String(play.region.clone()));
        fields.insert("lane".to_owned(), Value::String(play.lane.clone()));
        fields.insert("occurred_at".to_owned(), Value::String(play.at.clone()));
        if let Some(text) = &play.text {
            fields.insert("digest".to_owned(), Value::String(Digest::of(text.as_bytes()).to_string()));
        }
        if let Some(code) = &play.code {
            fields.insert("donor".to_owned(), Value::String(Digest::of(code.as_bytes()).to_string()));
        }
        for (field, name) in &play.refers {
            let referred = named.get(name).with_context(|| format!("{name} has not been played"))?;
            fields.insert(field.clone(), Value::String(referred.id.clone()));
        }
        let causes = play.follows.iter().map(|name| {
            let cause = named.get(name).with_context(|| format!("{name} has not been played"))?;
            Ok(Value::String(cause.id.clone()))
        });
        let causes = causes.collect::<anyhow::Result<Vec<_>>>()?;
        if !causes.is_empty() {
            fields.insert("causes".to_owned(), Value::Array(causes));
        }
        Ok(())
    }

    /// Every city's aggregate of a day, side by side, until all are accepted and the nation has heard of them.
    async fn report_day(&self, day: Date) -> anyhow::Result<Vec<Submitted>> {
        let cities = self.scenario.daily.cities.iter();
        let reports = futures::future::try_join_all(cities.map(|city| self.report_city(city, day))).await?;
        futures::future::try_join_all(reports.iter().map(|report| self.caller.until_risen(report))).await?;
        self.until_sums_close().await?;
        self.until_foreseen(day).await?;
        Ok(reports)
    }

    /// Waits until early warning has said of a day what it has to say, before its outcome: a forecast of yesterday is none.
    async fn until_foreseen(&self, day: Date) -> anyhow::Result<()> {
        let end = Instant::now() + PATIENCE;
        for (chain, desk) in &self.outlooks {
            while !desk.has_said(day).await? {
                ensure!(Instant::now() < end, "{chain}: early warning has not said all of {day}");
                sleep(LOOK).await;
            }
        }
        Ok(())
    }

    /// Waits until every chain counts what its children do.
    async fn until_sums_close(&self) -> anyhow::Result<()> {
        let paths =
            self.scenario.chains.iter().map(|chain| ChainPath::parse(&chain.path).context("the path of a chain"));
        let paths = paths.collect::<anyhow::Result<Vec<_>>>()?;
        let end = Instant::now() + PATIENCE;
        loop {
            let mut counted = BTreeMap::new();
            let mut below = BTreeMap::<_, u64>::new();
            for path in &paths {
                let confirmed = self.confirmed(&path.to_string()).await?;
                counted.insert(path.clone(), confirmed);
                if let Some(parent) = path.parent() {
                    *below.entry(parent).or_default() += confirmed;
                }
            }
            if below.iter().all(|(parent, sum)| counted.get(parent) == Some(sum)) {
                return Ok(());
            }
            ensure!(Instant::now() < end, "a sum does not close: {counted:?}");
            sleep(LOOK).await;
        }
    }

    async fn report_city(&self, city: &City, day: Date) -> anyhow::Result<Submitted> {
        let request = json!({
            "kind": "daily_aggregate",
            "disease": { "code": self.scenario.disease.code, "name": self.scenario.disease.name },
            "report_date": day.to_string(),
            "region": city.region,
            "origin": self.scenario.daily.origin,
            "lane": self.scenario.daily.lane,
            "counts": { "confirmed": self.scenario.confirmed(&city.chain, day) },
        });
        let submitted = self.caller.submit(&city.chain, &city.author, "reports", &request).await?;
        self.caller.until(&submitted, "outcome", &["accepted", "rejected"]).await?;
        self.caller.until(&submitted, "state", &["final"]).await?;
        Ok(submitted)
    }

    /// Confirmed cases in a chain's official total.
    pub async fn confirmed(&self, chain: &str) -> anyhow::Result<u64> {
        let totals = self.caller.get(&format!("/v1/chains/{chain}/totals")).await?;
        let rows = totals.get("totals").and_then(Value::as_array).cloned().unwrap_or_default();
        let row =
            rows.iter().find(|row| row.get("disease").and_then(Value::as_str) == Some(&self.scenario.disease.code));
        Ok(row.and_then(|row| row.pointer("/counts/confirmed")).and_then(Value::as_u64).unwrap_or(0))
    }

    async fn line(&self, day: Date) -> anyhow::Result<String> {
        let mut line = format!("{day} ");
        for chain in &self.scenario.chains {
            line += &format!(" {} {}", chain.name, self.confirmed(&chain.path).await?);
        }
        Ok(line)
    }
}

/// The route that takes a kind of fact.
fn route(kind: &str) -> anyhow::Result<&'static str> {
    Ok(match kind {
        "case_report" | "daily_aggregate" | "suspected_cluster" | "zero_report" | "lab_result" => "reports",
        "warning" => "warnings",
        "lifting" => "liftings",
        "directive" => "directives",
        "capacity_claim" => "beds",
        "facility_profile" | "patient_flow" | "bed_hold" | "bed_release" | "transfer" | "spot_check" => {
            "medical-resources"
        }
        "stock_received" | "stock_issued" | "stock_counted" | "stock_wasted" | "stock_adjusted" => "stock",
        "item_defined" => "items",
        "hand_over" | "take_over" | "discrepancy_settled" => "hand-overs",
        "resource_request" | "commit" | "requisition" | "release" => "requests",
        "pledge" => "donations",
        "purchase" => "purchases",
        "proposal" => "proposals",
        "deposit" => "deposits",
        other => bail!("no route takes {other}"),
    })
}
