//! The chain that is measured: one management member that admits and seals, eight authors, `n` ledgers, one
//! nats-server, all on this machine. Whether they run in one process or in many, each ledger verifies, executes and
//! fsyncs by itself.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use bus::Bus;
use bus::server::{Find, NatsServer};
use domain::chain::ChainPath;
use domain::genesis::{Genesis, KeyClass, Member, NodeRole, PolicyText};
use domain::time::Millis;
use host::clock::Clock;
use host::keys::KeyRing;
use host::ledger::LedgerClient;
use host::node::Node;
use host::outbox::Outbox;
use host::standing::Standing;
use host::stop::Stop;
use wire::ledger::Status;

/// Authors of the load, as in the figures of other systems it is compared with.
pub const AUTHORS: usize = 8;

/// The chain's one region.
pub const REGION: &str = "320100";

/// Far above what anything that is waited for here takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// Between two looks at a status.
const LOOK: Duration = Duration::from_millis(20);

/// Samples of the log, and entries in each.
const SAMPLES: u64 = 16;
const SAMPLE: u32 = 64;

/// The directory of a bench.
pub struct Place {
    dir: PathBuf,
    temporary: bool,
}

impl Place {
    /// The given directory, or a fresh one where this machine keeps temporary files.
    pub fn new(data: Option<PathBuf>) -> anyhow::Result<Self> {
        let temporary = data.is_none();
        let dir = match data {
            Some(dir) => dir,
            None => {
                let name = getrandom::u64().context("no randomness")?;
                std::env::temp_dir().join(format!("tocsin-bench-{name:016x}"))
            }
        };
        std::fs::create_dir_all(&dir).with_context(|| format!("making {}", dir.display()))?;
        let entries = std::fs::read_dir(&dir)?.count();
        ensure!(entries == 0, "{} is not empty: a bench begins on an empty chain", dir.display());
        Ok(Place { dir, temporary })
    }

    /// Its path.
    pub fn dir(&self) -> &Path {
        &self.dir
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.temporary {
            // What can't be removed lies where the system clears up.
            drop(std::fs::remove_dir_all(&self.dir));
        }
    }
}

/// A running chain.
pub struct Town {
    /// Its genesis.
    pub genesis: Arc<Genesis>,
    keys: Vec<Arc<KeyRing>>,
    server: NatsServer,
    nodes: Vec<Node>,
    ledgers: Vec<ledger::Desk>,
}

/// What the load needs to know.
pub struct Client {
    /// The chain.
    pub genesis: Arc<Genesis>,
    /// Every member's keys; the first member manages, the first [`AUTHORS`] write.
    pub keys: Vec<Arc<KeyRing>>,
    /// The nats-server's address.
    pub url: String,
    /// The nats-server's process.
    pub nats_pid: u32,
    /// Where to measure an fsync.
    pub dir: PathBuf,
    /// The first ledger's node, to ask it questions.
    pub node: Node,
}

impl Town {
    /// Starts the chain with all services.
    pub async fn open(place: &Place, n: usize) -> anyhow::Result<Self> {
        let town = Town::ledgers_only(place, n).await?;
        let first = town.nodes.first().context("no member")?;
        let outbox = Outbox::start(first, None).await?;
        let sealer = ordering::start(first.clone()).await?;
        endorsement::admit(first.below("endorsement"), outbox).await?;
        wait("the sealer", || sealer.is_ready()).await?;
        Ok(town)
    }

    /// Starts the chain's ledgers alone: whoever asks for this seals its blocks itself.
    pub async fn ledgers_only(place: &Place, n: usize) -> anyhow::Result<Self> {
        let (genesis, keys) = found(n)?;
        let find = Find::locate().await?;
        if let Find::Running(url) = find {
            let url = bus::without_password(&url);
            bail!("NATS_URL names {url}; bench measures a nats-server of its own: unset NATS_URL");
        }
        let server = NatsServer::start_with(&find, None, place.dir().join("nats")).await?;
        let (clock, stop) = (Clock::wall(), Stop::new());
        let mut nodes = Vec::new();
        let mut ledgers = Vec::new();
        for (member, ring) in genesis.members.iter().zip(&keys).take(n) {
            // A connection for each, as separate processes have.
            let bus = Bus::connect(server.url(), &member.id).await?;
            let node = Node {
                genesis: Arc::clone(&genesis),
                standing: Standing::start(Arc::clone(&genesis), &member.id, &bus, &stop).await,
                member: member.id.clone(),
                keys: Arc::clone(ring),
                bus,
                clock: clock.clone(),
                data: place.dir().join(&member.id),
                stop: stop.clone(),
            };
            ledgers.push(ledger::start(node.clone(), None).await?);
            nodes.push(node);
        }
        wait("the ledgers", || ledgers.iter().all(ledger::Desk::is_ready)).await?;
        Ok(Town { genesis, keys, server, nodes, ledgers })
    }

    /// What the load needs to know.
    pub fn client(&self) -> anyhow::Result<Client> {
        let node = self.nodes.first().context("no member")?.clone();
        Ok(Client {
            genesis: Arc::clone(&self.genesis),
            keys: self.keys.clone(),
            url: self.server.url().to_owned(),
            nats_pid: self.server.pid().context("the nats-server is not ours")?,
            dir: node.data.clone(),
            node,
        })
    }

    /// Waits until all ledgers are equally far and everything is final, checks that they agree, and gives the number of
    /// events in the log.
    pub async fn agreed(&self) -> anyhow::Result<u64> {
        let statuses = || self.ledgers.iter().map(ledger::Desk::status).collect::<Vec<Status>>();
        let level = |all: &[Status]| {
            all.first().is_some_and(|one| {
                all.iter().all(|other| other.height == one.height && other.final_height == one.height)
            })
        };
        wait("the ledgers' agreement", || level(&statuses())).await?;
        let all = statuses();
        let first = all.first().context("no ledger")?;
        let agree = all.iter().all(|other| other.root == first.root && other.state_digest == first.state_digest);
        ensure!(agree, "the ledgers disagree at height {}", first.height);
        // Every block has a leaf of its own; there are no deadlines and no summaries here.
        Ok(first.size.saturating_sub(first.height))
    }

    /// Ends everything and gives the directories of the ledgers' stores, which are closed then.
    pub async fn close(self) -> anyhow::Result<Vec<PathBuf>> {
        let stores = self.nodes.iter().map(|node| node.data.join("ledger")).collect();
        if let Some(node) = self.nodes.first() {
            node.stop.set();
        }
        wait("the end of the ledgers", || !self.ledgers.iter().any(ledger::Desk::is_ready)).await?;
        for node in self.nodes {
            node.bus.drain().await?;
        }
        drop(self.ledgers);
        self.server.stop().await?;
        Ok(stores)
    }
}

impl Client {
    /// A connection of the load's own.
    pub async fn connect(&self) -> anyhow::Result<Bus> {
        Ok(Bus::connect(&self.url, "load").await?)
    }

    /// Questions to the first ledger, asked over the load's own connection.
    pub async fn ledger(&self) -> anyhow::Result<LedgerClient> {
        let node = Node { bus: self.connect().await?, ..self.node.clone() };
        Ok(LedgerClient::of_member(&node, &node.member))
    }

    /// The number of final events that the ledgers refused.
    pub async fn refused(&self) -> anyhow::Result<u64> {
        let ledger = self.ledger().await?;
        let size = ledger.status().await?.final_size;
        let (mut at, mut refused) = (0, 0);
        while at < size {
            let entries = ledger.read_log(at, wire::ledger::MAX_LIMIT, 0, true).await?;
            refused += entries.iter().filter(|entry| entry.code != 0).count() as u64;
            at = entries.last().context("the log ends before its final size")?.index + 1;
        }
        Ok(refused)
    }

    /// Looks at samples all over the final log: a refused event would be final too, and cheaper.
    pub async fn check_results(&self) -> anyhow::Result<()> {
        let ledger = self.ledger().await?;
        let size = ledger.status().await?.final_size;
        for sample in 0..SAMPLES {
            for entry in ledger.read_log(size / SAMPLES * sample, SAMPLE, 0, true).await? {
                ensure!(entry.code == 0, "the event at {} was refused with code {}", entry.index, entry.code);
            }
        }
        Ok(())
    }
}

/// Waits for something another thread does.
pub async fn wait(what: &str, mut reached: impl FnMut() -> bool) -> anyhow::Result<()> {
    let deadline = Instant::now() + PATIENCE;
    while !reached() {
        ensure!(Instant::now() < deadline, "{what} did not come within {PATIENCE:?}");
        tokio::time::sleep(LOOK).await;
    }
    Ok(())
}

/// A genesis with fresh keys.
fn found(n: usize) -> anyhow::Result<(Arc<Genesis>, Vec<Arc<KeyRing>>)> {
    let count = AUTHORS.max(n);
    let keys = (0..count)
        .map(|number| Ok(Arc::new(KeyRing::generate(&format!("m{number}"))?)))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let members = keys.iter().enumerate().map(|(number, ring)| {
        let (manages, cosigner) = (number == 0, number < n);
        let mut public = ring.public();
        public.retain(|class, _| match class {
            KeyClass::Author | KeyClass::Root => true,
            KeyClass::Cosigner => cosigner,
            _ => manages,
        });
        Member {
            id: ring.member.clone(),
            name: format!("Member {number}"),
            node_role: if manages { NodeRole::Master } else { NodeRole::Common },
            roles: vec!["epidemiologist".to_owned()],
            sector: "health".to_owned(),
            regions: Vec::new(),
            cosigner,
            keys: public,
        }
    });
    let genesis = Genesis {
        file: Vec::new(),
        chain_id: Default::default(),
        chain: ChainPath::parse("bench").context("a chain path")?,
        name: "Bench".to_owned(),
        regions: vec![REGION.to_owned()],
        // A whole second: genesis files have no finer times.
        genesis_time: Millis(Clock::wall().now().seconds() * 1000),
        rules_version: 2,
        allow_fewer_cosigners: n < 4,
        members: members.collect(),
        policies: [("case_report".to_owned(), PolicyText { rule: "author".to_owned(), deadline_ms: 0 })].into(),
        children: Vec::new(),
        parent: Vec::new(),
        urgent_per_day: domain::genesis::URGENT_PER_DAY,
        duties: Vec::new(),
    };
    let text = wire::genesis::render(&genesis);
    let genesis = wire::genesis::parse(text.as_bytes()).context("the bench's genesis")?;
    Ok((Arc::new(genesis), keys))
}
