//! Calls the services of a house over REST on behalf of its members, as their systems would.

use std::time::Duration;

use anyhow::{Context, bail};
use domain::chain::ChainPath;
use domain::genesis::KeyClass;
use host::clock::Clock;
use serde::Serialize;
use serde_json::Value;
use tokio::time::Instant;

use crate::demo::cast::Cast;
use crate::house::House;

/// How long an act may take until it is final; a failover of a node takes some ten seconds.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks at an event's state: a block takes a few milliseconds.
pub(crate) const LOOK: Duration = Duration::from_millis(10);
/// How long a connection may wait for its next call. The door closes one that was idle for five seconds, and a call that is
/// on its way at that moment is lost.
const IDLE: Duration = Duration::from_secs(2);
/// A token's life: one call.
const TOKEN_SECONDS: u64 = 60;

/// Acts for every member of a cast.
pub struct Caller<'a> {
    /// Where the door is.
    pub base: String,
    /// Scenario time.
    pub clock: Clock,
    pub cast: &'a Cast,
    http: reqwest::Client,
}

/// An event that was submitted.
#[derive(Clone, Debug)]
pub struct Submitted {
    pub chain: String,
    pub id: String,
    /// The receipt in base64, if an endorsement node gave one at once.
    pub receipt: Option<String>,
}

impl<'a> Caller<'a> {
    pub fn new(house: &House, cast: &'a Cast, clock: Clock) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder().timeout(PATIENCE).pool_idle_timeout(IDLE).build()?;
        Ok(Caller { base: format!("http://{}", house.door.addr()), clock, cast, http })
    }

    /// Posts a request as a member and gives the event it became.
    pub async fn submit(&self, chain: &str, member: &str, path: &str, request: &Value) -> anyhow::Result<Submitted> {
        let mut all = self.post(chain, member, path, request).await?;
        all.pop().with_context(|| format!("{member} posted {path} to {chain} and got no event"))
    }

    /// Posts several requests at once; all are taken.
    pub async fn submit_all(
        &self,
        chain: &str,
        member: &str,
        path: &str,
        requests: &[Value],
    ) -> anyhow::Result<Vec<Submitted>> {
        self.post(chain, member, path, requests).await
    }

    async fn post<R: Serialize + ?Sized>(
        &self,
        chain: &str,
        member: &str,
        path: &str,
        request: &R,
    ) -> anyhow::Result<Vec<Submitted>> {
        let url = format!("{}/v1/chains/{chain}/{path}", self.base);
        let answer = self.http.post(url).bearer_auth(self.token(chain, member)?).json(request).send().await?;
        let status = answer.status();
        let body: Value = answer.json().await?;
        let refused = || format!("{member} posted {path} to {chain} and got {status}: {body}");
        let rows =
            body.get("results").and_then(Value::as_array).filter(|_| status.is_success()).with_context(refused)?;
        let taken = |row: &Value| {
            let id = row.get("event_id").and_then(Value::as_str).filter(|_| row.get("problem").is_none());
            let receipt = row.get("receipt").and_then(Value::as_str).map(str::to_owned);
            Some(Submitted { chain: chain.to_owned(), id: id?.to_owned(), receipt })
        };
        rows.iter().map(|row| taken(row).with_context(refused)).collect()
    }

    /// A fresh API token of a member.
    pub fn token(&self, chain: &str, member: &str) -> anyhow::Result<String> {
        let path = ChainPath::parse(chain).context("no chain path")?;
        let troupe = self.cast.get(&path).with_context(|| format!("no chain {chain}"))?;
        let secret = troupe.keys.get(member).and_then(|ring| ring.secret(KeyClass::Client));
        let secret = secret.with_context(|| format!("{member} has no client key"))?;
        let now = self.clock.wall_now();
        Ok(host::token::mint(&secret, member, &troupe.genesis.chain_id, now, TOKEN_SECONDS)?)
    }

    /// Waits until a field of the event's state has one of these values.
    pub async fn until(&self, event: &Submitted, field: &str, values: &[&str]) -> anyhow::Result<()> {
        let path = format!("/v1/chains/{}/events/{}", event.chain, event.id);
        let end = Instant::now() + PATIENCE;
        loop {
            let state = self.get(&path).await?;
            if state.get(field).and_then(Value::as_str).is_some_and(|value| values.contains(&value)) {
                return Ok(());
            }
            let rejected = state.get("state").and_then(Value::as_str) == Some("rejected");
            if rejected || Instant::now() > end {
                bail!("event {} of {} did not come to {field} {values:?}: {state}", event.id, event.chain);
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Waits until every chain above has anchored the event or the anchor that carried it.
    pub async fn until_risen(&self, event: &Submitted) -> anyhow::Result<()> {
        let (mut carried, end) = (event.clone(), Instant::now() + PATIENCE);
        while let Some(parent) = ChainPath::parse(&carried.chain).and_then(|chain| chain.parent()) {
            let anchor = loop {
                if let Some(anchor) = self.anchor(&parent, &carried).await? {
                    break anchor;
                }
                if Instant::now() > end {
                    bail!("{parent} did not anchor event {} of {}", carried.id, carried.chain);
                }
                tokio::time::sleep(LOOK).await;
            };
            carried = Submitted { chain: parent.to_string(), id: anchor, receipt: None };
        }
        Ok(())
    }

    /// The parent's last anchor of the event's chain, if it goes beyond the event. Another ledger may answer each question,
    /// and may not have what the one before told of.
    async fn anchor(&self, parent: &ChainPath, event: &Submitted) -> anyhow::Result<Option<String>> {
        let Ok(state) = self.get(&format!("/v1/chains/{}/events/{}", event.chain, event.id)).await else {
            return Ok(None);
        };
        let children = self.get(&format!("/v1/chains/{parent}/children")).await?;
        let ours = |child: &&Value| child.get("chain").and_then(Value::as_str) == Some(&event.chain);
        let child = children.as_array().and_then(|children| children.iter().find(ours));
        let child = child.with_context(|| format!("{parent} has no child {}", event.chain))?;
        let number = |of: &Value, field| of.get(field).and_then(Value::as_u64);
        let beyond = number(&state, "index").is_some_and(|index| number(child, "size") > Some(index));
        Ok(child.get("anchor").and_then(Value::as_str).filter(|_| beyond).map(str::to_owned))
    }

    /// A public read.
    pub async fn get(&self, path: &str) -> anyhow::Result<Value> {
        let answer = self.http.get(format!("{}{path}", self.base)).send().await?;
        let status = answer.status();
        let body: Value = answer.json().await.with_context(|| path.to_owned())?;
        if status.is_success() { Ok(body) } else { bail!("GET {path}: {status}: {body}") }
    }

    /// A public read of text.
    pub async fn text(&self, path: &str) -> anyhow::Result<String> {
        let answer = self.http.get(format!("{}{path}", self.base)).send().await?;
        let status = answer.status();
        let body = answer.text().await?;
        if status.is_success() { Ok(body) } else { bail!("GET {path}: {status}: {body}") }
    }
}
