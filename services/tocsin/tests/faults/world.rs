//! A small world: one chain with four cosigners, two of them managers, a nats-server, and the services asked for.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bus::Bus;
use bus::server::{Find, NatsServer};
use domain::chain::ChainPath;
use domain::genesis::{Genesis, KeyClass, Member, NodeRole, PolicyText};
use domain::time::Millis;
use host::clock::Clock;
use host::keys::KeyRing;
use host::ledger::LedgerClient;
use host::node::Node;
use host::standing::Standing;
use host::stop::Stop;
use tempfile::TempDir;
use tokio::time::Instant;

use crate::process::{Process, signal};

/// The chain's path.
pub const CHAIN: &str = "cn.32.01";
/// The managers: both may run endorsement and ordering.
pub const MANAGERS: [&str; 2] = ["nanjing-cdc", "nanjing-health"];
/// Everybody; all cosign, three of them make a quorum.
pub const MEMBERS: [&str; 4] = [MANAGERS[0], MANAGERS[1], "nanjing-hospital", "lukou-airport"];
/// Longer than anything here takes on a busy machine; only a failure waits for it.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks at a condition: far below what is looked for.
const LOOK: Duration = Duration::from_millis(20);

/// The world. Dropping it ends every process.
pub struct World {
    pub genesis: Arc<Genesis>,
    pub rings: BTreeMap<&'static str, Arc<KeyRing>>,
    /// Our own connection.
    pub bus: Bus,
    pub http: reqwest::Client,
    running: BTreeMap<(&'static str, &'static str), Process>,
    /// Where a service listened first: it listens there again after a restart.
    addresses: BTreeMap<(&'static str, &'static str), SocketAddr>,
    nats: Option<NatsServer>,
    nats_binary: Find,
    nats_port: u16,
    nats_url: String,
    dir: TempDir,
}

impl World {
    /// Keys, genesis, a nats-server, and no service yet.
    pub async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let rings = MEMBERS.map(|id| {
            let ring = KeyRing::generate(id).unwrap();
            ring.save(&dir.path().join(format!("{id}.toml"))).unwrap();
            (id, Arc::new(ring))
        });
        let text = wire::genesis::render(&genesis(&rings));
        std::fs::write(dir.path().join("chain.toml"), &text).unwrap();
        let genesis = Arc::new(wire::genesis::parse(text.as_bytes()).unwrap());
        let nats_binary = match Find::locate().await.unwrap() {
            Find::Running(_) => panic!("NATS_URL names a server, but these tests kill theirs: unset it"),
            binary => binary,
        };
        let nats = NatsServer::start_with(&nats_binary, None, dir.path().join("nats")).await.unwrap();
        let bus = Bus::connect(nats.url(), "faults").await.unwrap();
        World {
            genesis,
            rings: rings.into(),
            bus,
            http: reqwest::Client::builder().timeout(Duration::from_secs(20)).build().unwrap(),
            running: BTreeMap::new(),
            addresses: BTreeMap::new(),
            nats_port: nats.port().unwrap(),
            nats_url: nats.url().to_owned(),
            nats: Some(nats),
            nats_binary,
            dir,
        }
    }

    /// As [`World::new`], with a ledger of every member, and `others` running.
    pub async fn with(others: &[(&'static str, &'static str)]) -> Self {
        let mut world = World::new().await;
        let ledgers = MEMBERS.map(|member| ("ledger", member));
        world.start_all(&[&ledgers, others].concat()).await;
        world
    }

    /// Starts services side by side and waits until all are open.
    pub async fn start_all(&mut self, services: &[(&'static str, &'static str)]) {
        for (service, member) in services {
            self.spawn(service, member);
        }
        for key in services {
            let address = self.running.get_mut(key).unwrap().open().await;
            self.addresses.insert(*key, address);
        }
    }

    /// Starts a service, again where it was, without waiting for it.
    pub fn spawn(&mut self, service: &'static str, member: &'static str) {
        let listen = self.addresses.get(&(service, member)).map_or("127.0.0.1:0".to_owned(), SocketAddr::to_string);
        let show = |path: PathBuf| path.display().to_string();
        let text = format!(
            "nats_url = {:?}\nlisten = '{listen}'\ndata = {:?}\ngenesis = {:?}\nkeys = {:?}\n",
            self.nats_url,
            show(self.data(service, member)),
            show(self.path("chain.toml")),
            show(self.path(&format!("{member}.toml"))),
        );
        let config = self.path(&format!("{service}-{member}.toml"));
        std::fs::write(&config, text).unwrap();
        self.running.insert((service, member), Process::start(service, CHAIN, member, &config));
    }

    /// Starts one service and waits until it is open.
    pub async fn start(&mut self, service: &'static str, member: &'static str) {
        self.start_all(&[(service, member)]).await;
    }

    /// Waits until a spawned service is open.
    pub async fn opened(&mut self, service: &'static str, member: &'static str) {
        let address = self.running.get_mut(&(service, member)).unwrap().open().await;
        self.addresses.insert((service, member), address);
    }

    /// The running service.
    pub fn process(&self, service: &'static str, member: &'static str) -> &Process {
        self.running.get(&(service, member)).unwrap()
    }

    /// `kill -9` of a service.
    pub fn kill(&mut self, service: &'static str, member: &'static str) {
        self.running.remove(&(service, member)).unwrap().kill();
    }

    /// `kill -9` of every service; which ones ran.
    pub fn kill_all(&mut self) -> Vec<(&'static str, &'static str)> {
        let killed = self.running.keys().copied().collect();
        for (_, process) in std::mem::take(&mut self.running) {
            process.kill();
        }
        killed
    }

    /// Where a service has its data.
    pub fn data(&self, service: &str, member: &str) -> PathBuf {
        self.path(&format!("data-{service}-{member}"))
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The directory of the nats-server's streams.
    pub fn streams(&self) -> PathBuf {
        self.path("nats/jetstream/jetstream/$G/streams")
    }

    /// `kill -9` of the nats-server.
    pub async fn kill_nats(&mut self) {
        let mut nats = self.nats.take().unwrap();
        signal(nats.pid().unwrap(), "KILL");
        nats.exited().await.unwrap();
    }

    /// The nats-server again, on its port and its data as they lie.
    pub async fn start_nats(&mut self) {
        let data = self.path("nats");
        let nats = NatsServer::start_with(&self.nats_binary, Some(self.nats_port), data).await.unwrap();
        self.nats = Some(nats);
    }

    /// A node of a member for clients in this process.
    pub fn node(&self, member: &'static str) -> Node {
        Node {
            genesis: Arc::clone(&self.genesis),
            standing: Standing::of(Arc::clone(&self.genesis)),
            member: member.to_owned(),
            keys: Arc::clone(&self.rings[member]),
            bus: self.bus.clone(),
            clock: Clock::wall(),
            data: self.path(&format!("data-test-{member}")),
            stop: Stop::new(),
        }
    }

    /// Asks one member's ledger and no other.
    pub fn ledger(&self, member: &'static str) -> LedgerClient {
        LedgerClient::of_member(&self.node(member), member)
    }

    /// A service's URL below the chain.
    pub fn url(&self, service: &'static str, member: &'static str, rest: &str) -> String {
        format!("http://{}/v1/chains/{CHAIN}{rest}", self.addresses[&(service, member)])
    }

    /// An API token of a member.
    pub fn token(&self, member: &'static str) -> String {
        let secret = self.rings[member].secret(KeyClass::Client).unwrap();
        let now = Clock::wall().wall_now();
        host::token::mint(&secret, member, &self.genesis.chain_id, now, host::token::MAX_SECONDS).unwrap()
    }

    /// Fetches JSON, or none while the service is not there or says no.
    pub async fn get(&self, url: &str) -> Option<serde_json::Value> {
        let answer = self.http.get(url).send().await.ok()?;
        match answer.status().is_success() {
            true => answer.json().await.ok(),
            false => None,
        }
    }
}

/// Looks until there is an answer, at most [`PATIENCE`].
pub async fn until<T>(what: &str, look: impl AsyncFn() -> Option<T>) -> T {
    let ends = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(Instant::now() < ends, "waited {PATIENCE:?} in vain: {what}");
        tokio::time::sleep(LOOK).await;
    }
}

/// Copies a directory and all below it.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let to = to.join(path.file_name().unwrap());
        match path.is_dir() {
            true => copy(&path, &to),
            false => drop(std::fs::copy(&path, &to).unwrap()),
        }
    }
}

fn genesis(rings: &[(&'static str, Arc<KeyRing>)]) -> Genesis {
    let policy = |rule: &str| PolicyText { rule: rule.to_owned(), deadline_ms: 0 };
    let kinds = ["case_report", "daily_aggregate", "zero_report", "suspected_cluster", "lab_result"];
    let judged = kinds.into_iter().map(|kind| (kind.to_owned(), policy("n_of(1, epidemiologist)")));
    let announced = ["warning", "directive"].into_iter().map(|kind| (kind.to_owned(), policy("author")));
    Genesis {
        file: Vec::new(),
        chain_id: proof::digest::Digest::of(b"known once written"),
        chain: ChainPath::parse(CHAIN).unwrap(),
        name: "Nanjing".to_owned(),
        regions: vec!["320100".to_owned()],
        genesis_time: Millis::parse("2021-07-01T00:00:00Z").unwrap(),
        rules_version: 2,
        allow_fewer_cosigners: false,
        members: rings.iter().map(|(id, ring)| member(id, ring)).collect(),
        policies: judged.chain(announced).collect(),
        children: Vec::new(),
        parent: Vec::new(),
        urgent_per_day: domain::genesis::URGENT_PER_DAY,
        duties: Vec::new(),
    }
}

fn member(id: &str, ring: &KeyRing) -> Member {
    let manages = MANAGERS.contains(&id);
    let mut keys = ring.public();
    if !manages {
        keys.retain(|class, _| !matches!(class, KeyClass::Endorser | KeyClass::Sealer));
    }
    Member {
        id: id.to_owned(),
        name: id.to_owned(),
        node_role: if manages { NodeRole::Management } else { NodeRole::Common },
        roles: vec!["epidemiologist".to_owned()],
        sector: "health".to_owned(),
        regions: Vec::new(),
        cosigner: true,
        keys,
    }
}
