//! Waiting until taken reports are final, by asking the reporting service as anybody could.

use std::time::Duration;

use anyhow::{Context, bail};
use reqwest::{Client, Url};
use serde::Deserialize;
use tokio::time::{Instant, sleep};

use super::answer::Row;

/// Between two questions: finality takes some hundred milliseconds, and a batch asks for one report at a time.
const PAUSE: Duration = Duration::from_millis(250);

/// An event's state with its times.
#[derive(Debug, Deserialize)]
struct State {
    state: String,
    code: Option<String>,
    outcome: Option<String>,
    height: Option<u64>,
    #[serde(default)]
    times: Times,
}

#[derive(Debug, Default, Deserialize)]
struct Times {
    taken_at: Option<String>,
    sealed_at: Option<String>,
    final_at: Option<String>,
}

/// Prints each taken report's end; how many were rejected. Reports that are not final after `patience` are an error.
pub(super) async fn all(client: &Client, chain: &Url, rows: &[Row], patience: Duration) -> anyhow::Result<usize> {
    let ends = Instant::now() + patience;
    let (mut rejected, mut open) = (0, 0);
    for (row, id) in rows.iter().filter_map(|row| Some((row, row.taken()?))) {
        let state = settled(client, chain.join(&format!("events/{id}"))?, ends).await?;
        println!("{}: {}", row.place(), said(&state));
        match state.state.as_str() {
            "rejected" => rejected += 1,
            "final" => {}
            _ => open += 1,
        }
    }
    if open > 0 {
        bail!("{open} reports are not final after {} s; the service keeps them until they are", patience.as_secs());
    }
    Ok(rejected)
}

/// Asks until the event is final or rejected, or the time is up; a service that restarts meanwhile is asked again.
async fn settled(client: &Client, url: Url, ends: Instant) -> anyhow::Result<State> {
    loop {
        let asked = ask(client, url.clone()).await;
        let late = Instant::now() >= ends;
        match asked {
            Ok(state) if late || matches!(state.state.as_str(), "final" | "rejected") => return Ok(state),
            Err(error) if late => return Err(error),
            Ok(_) | Err(_) => sleep(PAUSE).await,
        }
    }
}

async fn ask(client: &Client, url: Url) -> anyhow::Result<State> {
    let response = client.get(url).send().await?.error_for_status()?;
    response.json().await.context("the answer is not a reporting service's")
}

fn said(state: &State) -> String {
    let mut line = state.state.clone();
    if let Some(code) = &state.code {
        line += &format!(" with {code}");
    }
    if let Some(height) = state.height {
        line += &format!(", block {height}");
    }
    let times =
        [("taken", &state.times.taken_at), ("sealed", &state.times.sealed_at), ("final", &state.times.final_at)];
    for (name, at) in times {
        if let Some(at) = at {
            line += &format!(", {name} {at}");
        }
    }
    if let Some(outcome) = &state.outcome {
        line += &format!(", judgement {outcome}");
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_said_with_their_times() {
        let state: State = serde_json::from_str(
            r#"{"state": "final", "code": null, "outcome": "open", "height": 7, "event_id": "aa",
                "times": {"taken_at": "2021-07-20T10:00:00Z", "sealed_at": "2021-07-20T10:00:01Z", "final_at": null}}"#,
        )
        .unwrap();
        let line = "final, block 7, taken 2021-07-20T10:00:00Z, sealed 2021-07-20T10:00:01Z, judgement open";
        assert_eq!(said(&state), line);
        let state: State = serde_json::from_str(r#"{"state": "rejected", "code": "NOT_OWNER"}"#).unwrap();
        assert_eq!(said(&state), "rejected with NOT_OWNER");
    }
}
