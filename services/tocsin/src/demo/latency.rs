//! The way of an urgent report, timed: from the HTTP request in a city to the final alert stored on the nation's subject,
//! through three chains' finality. The reports are of the exercise disease and add to no total.

use std::time::Duration;

use anyhow::{Context, bail};
use bus::Bus;
use domain::chain::ChainPath;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::time::{Instant, timeout};

use super::player::Player;
use crate::spread::Spread;

/// How long one alert may take before the measurement is given up.
const PATIENCE: Duration = Duration::from_secs(30);

/// What was measured.
#[derive(Debug, Default, Serialize)]
pub struct Latency {
    /// How many reports.
    pub n: usize,
    /// Half were faster.
    pub p50_ms: f64,
    /// One in a hundred was slower.
    pub p99_ms: f64,
}

/// Sends urgent reports one after the other and waits for each one's alert at the nation.
pub async fn measure(player: &Player<'_>, nats: &str, reports: u32) -> anyhow::Result<Latency> {
    let city = player.scenario.plays.iter().find(|play| play.name.as_deref() == Some("lukou"));
    let city = city.context("the play has no urgent report to repeat")?;
    let root = ChainPath::parse(&city.chain).into_iter().flat_map(|mut path| {
        while let Some(parent) = path.parent() {
            path = parent;
        }
        Some(path)
    });
    let root = root.last().context("no root chain")?;
    let bus = Bus::connect(nats, "tocsin-demo-latency").await?;
    let stream = wire::subject::alert_stream().name;
    let mut feed = bus.pump(&stream, None, bus.stream_state(&stream).await?.last + 1);
    let mut times = Vec::new();
    for number in 0..reports {
        let request = json!({
            "kind": "suspected_cluster",
            "disease": { "code": domain::event::EXERCISE_DISEASE, "name": "Exercise" },
            "region": city.region, "facility": "exercise-site", "positives": 1, "lane": "urgent",
            "summary": format!("Exercise report {number}."),
        });
        let start = Instant::now();
        let submitted = player.caller.submit(&city.chain, &city.author, "reports", &request).await?;
        let heard = async {
            loop {
                for message in feed.next().await? {
                    let at_root = wire::subject::parse_alert(&message.subject).is_some_and(|(_, chain)| chain == root);
                    let alert: Value = serde_json::from_slice(&message.payload)?;
                    if at_root && alert.get("event").and_then(Value::as_str) == Some(&submitted.id) {
                        return anyhow::Ok(start.elapsed());
                    }
                }
            }
        };
        match timeout(PATIENCE, heard).await {
            Ok(elapsed) => times.push(elapsed?),
            Err(_) => bail!("report {number} rang nothing at {root} within {PATIENCE:?}"),
        }
    }
    let Spread { p50, p99 } = Spread::of(&mut times);
    Ok(Latency { n: times.len(), p50_ms: p50, p99_ms: p99 })
}
