//! What the play came to: counted from the logs, held against what the scenario asserts, and written out for a reader who
//! trusts the nation's genesis alone.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail};
use serde::Serialize;
use serde_json::Value;
use tokio::time::Instant;

use super::account::{self, Account};
use super::cast::{self, Cast};
use super::kept;
use super::latency::Latency;
use super::outlook::{self, Forecasting};
use super::player::{Played, Player};
use super::scenario::Scenario;
use crate::house::House;

/// How long the last day's totals may take to rise to the nation: two anchors and their blocks, at one-second grain of
/// chain time, with a failover in between.
const RISING: Duration = Duration::from_secs(60);
/// Between two looks at slow things.
const LOOK: Duration = Duration::from_millis(100);
/// Entries of a log page.
const PAGE: usize = 500;

/// The outcome, as `--json` prints it.
#[derive(Serialize)]
pub struct Outcome {
    chains: Vec<ChainOutcome>,
    alerts: Vec<Alert>,
    alert_latency: Latency,
    proof_verified: bool,
    /// Gifts whose donors' files hold and say what the books say.
    gifts_proven: usize,
    state_digests_equal: bool,
    forecasting: Forecasting,
    #[serde(flatten)]
    account: Account,
}

#[derive(Serialize)]
struct ChainOutcome {
    chain: String,
    height: u64,
    events: u64,
    #[serde(rename = "final")]
    finals: u64,
    rejected: u64,
    confirmed_total: u64,
}

#[derive(Serialize)]
struct Alert {
    id: String,
    level: String,
    chain: String,
    status: &'static str,
    sent_at: String,
}

/// Waits until everything has risen, then counts.
pub async fn gather(
    player: &Player<'_>,
    house: &House,
    cast: &Cast,
    played: &Played,
    alert_latency: Latency,
    nats: &str,
    dir: &Path,
) -> anyhow::Result<Outcome> {
    risen(player).await?;
    for event in &played.events {
        player.caller.until(event, "state", &["final"]).await?;
    }
    let state_digests_equal = digests_equal(house).await;
    let mut chains = Vec::new();
    for chain in &player.scenario.chains {
        chains.push(count(player, &chain.path).await?);
    }
    let lukou = played.named.get("lukou").context("the play has no urgent report")?;
    let proof = proof(player, &lukou.chain, &lukou.id).await?;
    let root = cast.keys().next().context("no chains")?;
    std::fs::copy(cast::genesis_file(dir, root), dir.join("nation.toml"))?;
    std::fs::write(dir.join("report.proof"), &proof)?;
    let genesis = crate::verify::read_genesis(&dir.join("nation.toml"))?;
    let proof_verified =
        crate::verify::verify(&proof, &genesis).is_ok_and(|verified| verified.leaf.event.to_string() == lukou.id);
    let alerts = alerts(player, dir).await?;
    let forecasting = outlook::gather(player).await?;
    let account = account::gather(cast, nats).await?;
    let gifts_proven = kept::gather(player, &genesis, |id| account.gift(id), dir).await?;
    Ok(Outcome {
        chains,
        alerts,
        alert_latency,
        proof_verified,
        gifts_proven,
        state_digests_equal,
        forecasting,
        account,
    })
}

/// Waits until every chain shows what the scenario asserts, or time is up: the verdict tells which does not.
async fn risen(player: &Player<'_>) -> anyhow::Result<()> {
    let end = Instant::now() + RISING;
    while Instant::now() < end {
        let mut all = true;
        for (chain, expected) in &player.scenario.assert_confirmed {
            all &= player.confirmed(chain).await? == *expected;
        }
        if all {
            break;
        }
        tokio::time::sleep(LOOK).await;
    }
    Ok(())
}

/// Whether all ledgers of each chain have the same state digest at the same height; they are compared as soon as they
/// stand at one height.
async fn digests_equal(house: &House) -> bool {
    let end = Instant::now() + RISING;
    for ledgers in house.ledgers.values() {
        loop {
            let heads: Vec<_> = ledgers.values().map(ledger::Desk::status).collect();
            let same_height = heads.windows(2).all(|pair| matches!(pair, [a, b] if a.height == b.height));
            if same_height {
                if !heads
                    .windows(2)
                    .all(|pair| matches!(pair, [a, b] if a.state_digest == b.state_digest && a.root == b.root))
                {
                    return false;
                }
                break;
            }
            if Instant::now() > end {
                return false;
            }
            tokio::time::sleep(LOOK).await;
        }
    }
    true
}

async fn count(player: &Player<'_>, chain: &str) -> anyhow::Result<ChainOutcome> {
    let status = player.caller.get(&format!("/v1/chains/{chain}/status")).await?;
    let number = |name: &str| status.get(name).and_then(Value::as_u64).unwrap_or(0);
    let final_size = number("final_size");
    let mut outcome = ChainOutcome {
        chain: chain.to_owned(),
        height: number("height"),
        events: 0,
        finals: 0,
        rejected: 0,
        confirmed_total: player.confirmed(chain).await?,
    };
    let mut cursor = String::new();
    loop {
        let page = player.caller.get(&format!("/v1/chains/{chain}/log?limit={PAGE}{cursor}")).await?;
        let entries = page.get("entries").and_then(Value::as_array).cloned().unwrap_or_default();
        if entries.is_empty() {
            return Ok(outcome);
        }
        for entry in entries.iter().filter(|entry| entry.get("kind").and_then(Value::as_str) == Some("event")) {
            outcome.events += 1;
            let is_final = entry.get("index").and_then(Value::as_u64).is_some_and(|index| index < final_size);
            match entry.get("code").and_then(Value::as_str) {
                Some("OK") if is_final => outcome.finals += 1,
                Some(_) if is_final => outcome.rejected += 1,
                _ => {}
            }
        }
        let next = page.get("next").and_then(Value::as_str).context("a log page without a cursor")?;
        cursor = format!("&cursor={next}");
    }
}

/// The proof file up to the nation; it exists once the event has risen.
async fn proof(player: &Player<'_>, chain: &str, id: &str) -> anyhow::Result<String> {
    let end = Instant::now() + RISING;
    loop {
        match player.caller.text(&format!("/v1/chains/{chain}/events/{id}/proof")).await {
            Ok(text) => return Ok(text),
            Err(error) if Instant::now() > end => return Err(error),
            Err(_) => tokio::time::sleep(LOOK).await,
        }
    }
}

/// The play's alerts, exercise disease left out, each written as CAP too.
async fn alerts(player: &Player<'_>, dir: &Path) -> anyhow::Result<Vec<Alert>> {
    let caps = dir.join("alerts");
    std::fs::create_dir_all(&caps)?;
    let mut alerts = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = player.caller.get(&format!("/v1/alerts?limit={PAGE}{cursor}")).await?;
        let rows = page.get("alerts").and_then(Value::as_array).cloned().unwrap_or_default();
        for row in &rows {
            let text = |name: &str| row.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
            if row.pointer("/disease/code").and_then(Value::as_str) == Some(domain::event::EXERCISE_DISEASE) {
                continue;
            }
            let alert = Alert {
                id: text("id"),
                level: text("level"),
                chain: text("chain"),
                status: alerts::cap::Status::Exercise.name(),
                sent_at: text("sent_at"),
            };
            let cap = player.caller.text(&format!("/v1/alerts/{}.cap?chain={}", alert.id, alert.chain)).await?;
            std::fs::write(caps.join(format!("{}-{}.cap.xml", alert.chain, alert.id)), cap)?;
            alerts.push(alert);
        }
        match page.get("next").and_then(Value::as_str) {
            Some(next) if !rows.is_empty() => cursor = format!("&cursor={next}"),
            _ => return Ok(alerts),
        }
    }
}

impl Outcome {
    /// Everything the demo promises, or what does not hold.
    pub fn verdict(&self, scenario: &Scenario) -> anyhow::Result<()> {
        let totals: BTreeMap<_, _> =
            self.chains.iter().map(|chain| (chain.chain.as_str(), chain.confirmed_total)).collect();
        for (chain, expected) in &scenario.assert_confirmed {
            let found = totals.get(chain.as_str()).copied().unwrap_or(0);
            if found != *expected {
                bail!("{chain} has {found} confirmed cases where the scenario has {expected}");
            }
        }
        for chain in &self.chains {
            if chain.finals + chain.rejected != chain.events {
                bail!("{}: {} events, {} final, {} rejected", chain.chain, chain.events, chain.finals, chain.rejected);
            }
        }
        if !self.alerts.iter().any(|alert| alert.sent_at.starts_with("2021-07-20")) {
            bail!("no alert was sent on 20 July");
        }
        if !self.state_digests_equal {
            bail!("the ledgers of a chain differ");
        }
        if !self.proof_verified {
            bail!("the proof of the Lukou report does not verify");
        }
        let gifts = scenario.plays.iter().filter(|play| play.code.is_some()).count();
        if self.gifts_proven != gifts {
            bail!("{gifts} gifts have a donor, and the files of {} were checked", self.gifts_proven);
        }
        self.account.verdict()
    }

    /// A table for people.
    pub fn table(&self) -> String {
        let mut out = format!(
            "\n{:<10} {:>7} {:>7} {:>7} {:>9} {:>10}\n",
            "chain", "height", "events", "final", "rejected", "confirmed"
        );
        for chain in &self.chains {
            // Writing to a String cannot fail.
            let _ = writeln!(
                out,
                "{:<10} {:>7} {:>7} {:>7} {:>9} {:>10}",
                chain.chain, chain.height, chain.events, chain.finals, chain.rejected, chain.confirmed_total
            );
        }
        let _ = write!(out, "\n{}{}", self.forecasting.table(), self.account.table());
        let Latency { n, p50_ms, p99_ms } = &self.alert_latency;
        let _ = writeln!(out, "\nalerts of the play: {}", self.alerts.len());
        let _ = writeln!(out, "city report to the nation's alert: p50 {p50_ms:.1} ms, p99 {p99_ms:.1} ms (n = {n})");
        let _ = writeln!(out, "proof of the Lukou report verified: {}", self.proof_verified);
        let _ = writeln!(out, "gifts proven to their donors, from pledge to now: {}", self.gifts_proven);
        let _ = write!(out, "state digests equal on every chain: {}", self.state_digests_equal);
        out
    }
}
