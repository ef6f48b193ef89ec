//! The place of the drills: the chains of `town.toml` in one house.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use alerts::cap::Status;
use anyhow::Context;
use bus::server::NatsServer;
use domain::time::{DAY_MS, Millis};
use host::clock::Clock;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::caller::{Caller, Submitted};
use crate::demo::cast::{self, Cast};
use crate::demo::scenario::Chain;
use crate::export;
use crate::house::{self, House, Plan};

/// The chains of the drills.
pub const TOWN: &str = include_str!("town.toml");
/// The city where somebody lies.
pub(super) const CITY: &str = "cn.32.01";
/// Its province.
pub(super) const PROVINCE: &str = "cn.32";
/// Who has every key that one member can have.
pub(super) const LIAR: &str = "city-commission";
/// 20 July 2021, 08:00 UTC.
const START: Millis = Millis(1_626_768_000_000);
/// Eight ledgers and their outboxes on two cores.
const OPENING: Duration = Duration::from_secs(30);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(20);
/// A drill is over in a minute; what has not happened by then does not happen.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Town {
    chain: Vec<Chain>,
}

/// A town that runs.
pub(super) struct Place {
    pub(super) dir: PathBuf,
    pub(super) cast: Cast,
    pub(super) clock: Clock,
    pub(super) house: House,
    nats: NatsServer,
}

/// Opens the chains of a town file below `dir`.
pub(super) async fn open(town: &str, dir: &Path) -> anyhow::Result<Place> {
    let town: Town = toml::from_str(town).context("the town file")?;
    let cast = cast::hire(&town.chain, dir)?;
    let nats = NatsServer::start(&dir.join("nats")).await?;
    let clock = Clock::stepped(START);
    clock.run_at_wall_speed();
    let house = start(&cast, &nats, &clock, dir).await?;
    Ok(Place { dir: dir.to_owned(), cast, clock, house, nats })
}

async fn start(cast: &Cast, nats: &NatsServer, clock: &Clock, dir: &Path) -> anyhow::Result<House> {
    let plan = Plan {
        cast,
        nats: nats.url(),
        clock: clock.clone(),
        data: dir.join("data"),
        listen: ([127, 0, 0, 1], 0).into(),
        status: Status::Exercise,
        automatic: BTreeMap::new(),
        warns: BTreeMap::new(),
    };
    let house = house::open(plan).await?;
    let ready = async {
        while !house.ledgers.values().flat_map(|ledgers| ledgers.values()).all(ledger::Desk::is_ready) {
            tokio::time::sleep(LOOK).await;
        }
    };
    tokio::time::timeout(OPENING, ready).await.context("the ledgers did not open in time")?;
    Ok(house)
}

impl Place {
    /// Who calls the services.
    pub(super) fn caller(&self) -> anyhow::Result<Caller<'_>> {
        Caller::new(&self.house, &self.cast, self.clock.clone())
    }

    /// Closes every service, lets `between` do what it wants with the data, and opens them again.
    pub(super) async fn reopen(self, between: impl AsyncFnOnce(&Path) -> anyhow::Result<()>) -> anyhow::Result<Self> {
        let Place { dir, cast, clock, house, nats } = self;
        house.close().await?;
        between(&dir.join("data")).await?;
        let house = start(&cast, &nats, &clock, &dir).await?;
        Ok(Place { dir, cast, clock, house, nats })
    }

    /// Ends everything.
    pub(super) async fn close(self) -> anyhow::Result<()> {
        self.house.close().await?;
        self.nats.stop().await?;
        Ok(())
    }
}

/// `count` cases that the hospital reports, all final.
pub(super) async fn report(caller: &Caller<'_>, count: usize) -> anyhow::Result<Vec<Submitted>> {
    let mut reports = Vec::new();
    for number in 0..count {
        // The same body is the same report, so each case was seen a minute after the other.
        let occurred_at = START.plus_ms(60_000 * u64::try_from(number)?);
        let request = json!({
            "kind": "case_report",
            "disease": { "code": "U07.1", "name": "COVID-19" },
            "classification": "confirmed",
            "report_date": "2021-07-20",
            "facility": "city-hospital",
            "region": "320100",
            "occurred_at": Millis(occurred_at.0 - DAY_MS).to_string(),
        });
        reports.push(caller.submit(CITY, "city-hospital", "reports", &request).await?);
    }
    for report in &reports {
        caller.until(report, "state", &["final"]).await?;
    }
    Ok(reports)
}

/// Looks at what a read gives until it holds.
pub(super) async fn until<T>(
    caller: &Caller<'_>,
    path: &str,
    what: &str,
    holds: impl Fn(&Value) -> Option<T>,
) -> anyhow::Result<T> {
    let look = async {
        loop {
            // A look may fail while a service starts; what it never says is said at the end.
            if let Ok(value) = caller.get(path).await
                && let Some(found) = holds(&value)
            {
                return found;
            }
            tokio::time::sleep(LOOK).await;
        }
    };
    tokio::time::timeout(PATIENCE, look).await.with_context(|| format!("waiting for {what}"))
}

/// A copy of the chains as the house serves them, and where each lies.
pub(super) async fn copy(caller: &Caller<'_>, dir: &Path) -> anyhow::Result<()> {
    let api = caller.base.parse().context("the door's address")?;
    export::copy(&api, Vec::new(), dir).await.map(drop)
}
