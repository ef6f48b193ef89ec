//! The stage: opens the house of a play, goes through its sentences, and lets scenario time pass.
//!
//! Time stands still while a sentence is carried out and nothing is in flight between two sentences, so a play runs the
//! same way on a busy machine. Every deed takes a minute; `after` takes as long as it says, on every chain.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use alerts::cap::Status;
use anyhow::{Context, bail, ensure};
use bus::Bus;
use bus::server::NatsServer;
use domain::chain::{ChainPath, MemberId};
use domain::genesis::KeyClass;
use host::clock::Clock;
use host::keys::KeyRing;
use serde_json::Value;
use tocsin::demo::cast::{self, Cast};
use tocsin::house::{self, House, Plan};
use tokio::time::Instant;

use crate::play::{Line, Play, Seat, Sentence};
use crate::read;

/// Where the plays are.
pub const PLAYS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/scenarios/plays");

/// How long anything may take: some hundred times what it does on an idle machine.
const PATIENCE: Duration = Duration::from_secs(30);
/// Between two looks: a block takes a few milliseconds.
const LOOK: Duration = Duration::from_millis(10);
/// What a deed takes in scenario time: with less than a second, summaries would wait for it to pass.
const DEED_MS: u64 = 60_000;
/// A token's life: one call.
const TOKEN_SECONDS: u64 = 60;

/// Plays the file of that name; what does not come out as written ends the test with the sentence.
pub fn perform(name: &str) {
    let file = Path::new(PLAYS).join(format!("{name}.play"));
    let play = read::play(&std::fs::read_to_string(&file).unwrap()).unwrap_or_else(|error| panic!("{name}: {error}"));
    let dir = tempfile::tempdir().unwrap();
    house::runtime().unwrap().block_on(async {
        let mut stage = Stage::open(&play, dir.path()).await.unwrap();
        for line in &play.lines {
            let began = Instant::now();
            if let Err(error) = stage.line(line).await {
                panic!("{name}, line {}: {}\n  {error:#}", line.number, line.text);
            }
            println!("{:>6} ms  {}", began.elapsed().as_millis(), line.text);
        }
        stage.end().await.unwrap_or_else(|error| panic!("{name}, at the end: {error:#}"));
    });
}

/// A running play.
pub struct Stage<'p> {
    pub play: &'p Play,
    pub clock: Clock,
    pub cast: Cast,
    pub bus: Bus,
    /// Named events.
    pub events: BTreeMap<String, Happened>,
    /// The sentence being carried out.
    pub number: usize,
    /// Keys of those who join later.
    newcomers: BTreeMap<MemberId, Arc<KeyRing>>,
    /// Where those who joined listen.
    doors: BTreeMap<MemberId, SocketAddr>,
    /// Chains whose services ended.
    silent: BTreeSet<ChainPath>,
    house: House,
    http: reqwest::Client,
    _nats: NatsServer,
}

/// Who endorses automatically, by chain.
fn automatic(play: &Play) -> anyhow::Result<BTreeMap<ChainPath, Vec<MemberId>>> {
    let mut by_chain = BTreeMap::<_, Vec<_>>::new();
    for seat in play.automatic.iter().filter_map(|who| play.seats.get(who)) {
        let chain = ChainPath::parse(&seat.chain).context("the path of a chain")?;
        by_chain.entry(chain).or_default().push(seat.member.id.clone());
    }
    Ok(by_chain)
}

/// An event on its chain.
#[derive(Clone)]
pub struct Happened {
    pub chain: String,
    pub id: String,
    /// The line that gave it.
    pub number: usize,
}

impl<'p> Stage<'p> {
    async fn open(play: &'p Play, dir: &Path) -> anyhow::Result<Self> {
        let cast = cast::hire(&play.chains, dir)?;
        let nats = NatsServer::start(dir.join("nats")).await?;
        let clock = Clock::stepped(play.begins);
        let plan = Plan {
            cast: &cast,
            nats: nats.url(),
            clock: clock.clone(),
            data: dir.join("data"),
            listen: ([127, 0, 0, 1], 0).into(),
            status: Status::Exercise,
            automatic: automatic(play)?,
            warns: Default::default(),
        };
        let house = house::open(plan).await?;
        let bus = Bus::connect(nats.url(), "play").await?;
        let http = reqwest::Client::builder().timeout(PATIENCE).build()?;
        let mut newcomers = BTreeMap::new();
        for id in play.seats.values().map(|seat| &seat.member.id) {
            newcomers.insert(id.clone(), Arc::new(KeyRing::generate(id)?));
        }
        let stage = Stage {
            play,
            clock,
            cast,
            bus,
            events: BTreeMap::new(),
            number: 0,
            newcomers,
            doors: BTreeMap::new(),
            silent: BTreeSet::new(),
            house,
            http,
            _nats: nats,
        };
        stage.until("the ledgers do not open", async || Ok(stage.ledgers().all(|(_, desk)| desk.is_ready()))).await?;
        Ok(stage)
    }

    async fn line(&mut self, line: &Line) -> anyhow::Result<()> {
        self.number = line.number;
        match &line.sentence {
            Sentence::Act(act) => {
                self.clock.advance(DEED_MS);
                self.act(act).await
            }
            Sentence::After(ms) => self.after(*ms).await,
            Sentence::Starts(who) => self.starts(who).await,
            Sentence::Falls(chain) => {
                let path = path(chain)?;
                self.house.hush(&path);
                self.silent.insert(path);
                Ok(())
            }
            Sentence::Then(check) => self.check(check).await,
        }
    }

    /// Lets time pass. A chain's time is that of its cosignatures, which blocks carry; somebody always says something
    /// within hours, so a manager of each chain says it until its block has the new time.
    async fn after(&self, ms: u64) -> anyhow::Result<()> {
        self.clock.advance(ms);
        let now = self.clock.now();
        for (path, troupe) in self.cast.iter().filter(|(path, _)| !self.silent.contains(path)) {
            let manager = troupe.genesis.managers().first().map(|member| member.id.clone()).context("no manager")?;
            let mut bulletin = 0;
            while self.status(path)?.chain_time.seconds() < now.seconds() {
                bulletin += 1;
                ensure!(bulletin < 100, "the time of {path} stands still");
                self.bulletin(path, &manager, bulletin).await?;
            }
        }
        Ok(())
    }

    /// Somebody who joined opens its house: its own door, and where it cosigns its own ledger, which catches up.
    async fn starts(&mut self, who: &str) -> anyhow::Result<()> {
        let seat = self.seat(who)?.clone();
        let keys = Arc::clone(self.keys(&seat.chain, &seat.member.id)?);
        let member = cast::engage(&seat.member, &keys)?;
        let door = self.house.join(&path(&seat.chain)?, &member, keys).await?;
        self.doors.insert(seat.member.id, door);
        self.until("its ledger does not open", async || Ok(self.ledgers().all(|(_, desk)| desk.is_ready()))).await
    }

    async fn end(self) -> anyhow::Result<()> {
        for chain in self.cast.keys().filter(|chain| !self.silent.contains(chain)) {
            self.until("the ledgers differ", async || self.ledgers_agree(chain)).await?;
        }
        self.house.close().await
    }

    /// Whether all ledgers of a chain stand at one height; then they must be equal.
    fn ledgers_agree(&self, chain: &ChainPath) -> anyhow::Result<bool> {
        let heads: Vec<_> = self.ledgers().filter(|(at, _)| *at == chain).map(|(_, desk)| desk.status()).collect();
        let first = heads.first().context("a chain without ledgers")?;
        if heads.iter().any(|head| head.height != first.height) {
            return Ok(false);
        }
        let equal = heads.iter().all(|head| head.root == first.root && head.state_digest == first.state_digest);
        ensure!(equal, "ledgers of {chain} at height {} have different roots or state digests", first.height);
        Ok(true)
    }

    fn ledgers(&self) -> impl Iterator<Item = (&ChainPath, &ledger::Desk)> {
        self.house.ledgers.iter().flat_map(|(chain, desks)| desks.values().map(move |desk| (chain, desk)))
    }

    /// How far the chain's first ledger is.
    pub fn status(&self, chain: &ChainPath) -> anyhow::Result<wire::ledger::Status> {
        let first = self.house.ledgers.get(chain).and_then(|desks| desks.values().next());
        Ok(first.context("a chain without ledgers")?.status())
    }

    /// Waits until every ledger of the chain has executed the block of this height.
    pub async fn executed(&self, chain: &str, height: u64) -> anyhow::Result<()> {
        let there = |desk: &ledger::Desk| desk.status().height >= height;
        self.until("not every ledger executes the block", async || {
            Ok(self.ledgers().filter(|(at, _)| at.as_str() == chain).all(|(_, desk)| there(desk)))
        })
        .await
    }

    /// Looks until it is so. What was last seen belongs into the error the look gives.
    pub async fn until(&self, what: &str, so: impl AsyncFn() -> anyhow::Result<bool>) -> anyhow::Result<()> {
        let ends = Instant::now() + PATIENCE;
        while !so().await? {
            ensure!(Instant::now() < ends, "{what} within {} s", PATIENCE.as_secs());
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }

    pub fn seat(&self, who: &str) -> anyhow::Result<&Seat> {
        self.play.seats.get(who).with_context(|| format!("{who} takes no part"))
    }

    pub fn event(&self, name: &str) -> anyhow::Result<&Happened> {
        self.events.get(name).with_context(|| format!("\"{name}\" has not happened"))
    }

    /// The private keys of a member.
    pub fn keys(&self, chain: &str, id: &str) -> anyhow::Result<&Arc<KeyRing>> {
        let troupe = self.cast.get(&path(chain)?).context("no such chain")?;
        troupe.keys.get(id).or_else(|| self.newcomers.get(id)).with_context(|| format!("{id} has no keys"))
    }

    /// A public read; none where there is nothing (yet).
    pub async fn get(&self, path: &str) -> anyhow::Result<Option<Value>> {
        let answer = self.http.get(self.url(path, None)).send().await?;
        match answer.status().as_u16() {
            200 => Ok(Some(answer.json().await?)),
            404 => Ok(None),
            status => bail!("GET {path}: {status}: {}", answer.text().await?),
        }
    }

    /// A public read of a text.
    pub async fn text(&self, path: &str) -> anyhow::Result<Option<String>> {
        let answer = self.http.get(self.url(path, None)).send().await?;
        let ok = answer.status().is_success();
        Ok(Some(answer.text().await?).filter(|_| ok))
    }

    /// A member's POST: what is answered for its one event.
    pub async fn post(&self, chain: &str, id: &str, route: &str, media: &str, body: Vec<u8>) -> anyhow::Result<Value> {
        let chain_id = self.cast.get(&path(chain)?).context("no such chain")?.genesis.chain_id;
        let secret = self.keys(chain, id)?.secret(KeyClass::Client).context("no client key")?;
        let token = host::token::mint(&secret, id, &chain_id, self.clock.wall_now(), TOKEN_SECONDS)?;
        let url = self.url(&format!("/v1/chains/{chain}/{route}"), Some(id));
        let request = self.http.post(url).bearer_auth(token);
        // A door takes the same request again for a repetition of the first; a play that says a thing twice means it.
        let request = request.header("content-type", media).header("idempotency-key", format!("line-{}", self.number));
        let answer = request.body(body).send().await?;
        let (ok, body) = (answer.status().is_success(), answer.json::<Value>().await?);
        // A batch of one: its row, or the problem of the whole request.
        Ok(if ok { body["results"][0].clone() } else { serde_json::json!({ "problem": body }) })
    }

    /// At a member's own door, or the house's.
    fn url(&self, path: &str, id: Option<&str>) -> String {
        let own = id.and_then(|id| self.doors.get(id)).copied();
        format!("http://{}{path}", own.unwrap_or_else(|| self.house.door.addr()))
    }
}

/// The path of a chain.
pub fn path(chain: &str) -> anyhow::Result<ChainPath> {
    ChainPath::parse(chain).with_context(|| format!("{chain} is no chain path"))
}
