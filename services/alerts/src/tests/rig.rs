//! A nats-server, ledgers of the test's making, and the service with its door.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bus::server::{Find, NatsServer};
use bus::{Bus, ServeHandle};
use domain::alert::{AlertRecord, AlertState};
use domain::chain::ChainPath;
use domain::codec;
use domain::event::AlertLevel;
use domain::genesis::{Genesis, KeyClass, Member, NodeRole};
use domain::time::Millis;
use host::clock::Clock;
use host::keys::KeyRing;
use host::node::Node;
use host::rest::{Door, RunningDoor};
use host::standing::Standing;
use host::stop::Stop;
use proof::digest::Digest;
use proof::sign::PublicKey;
use tempfile::TempDir;
use tokio::sync::watch;
use wire::ledger::{AlertEntry, LedgerReply, LedgerRequest};

use crate::{Desk, cap};

pub(crate) const MEMBER: &str = "cdc";

pub(crate) fn path(text: &str) -> ChainPath {
    ChainPath::parse(text).unwrap()
}

/// An alert of a level that arose at a chain; `name` tells events apart.
pub(crate) fn alert(name: &str, origin: &str, state: AlertState, level: AlertLevel) -> AlertRecord {
    let made = crate::cap::tests::alert(state);
    AlertRecord { event: Digest::of(name.as_bytes()), origin: path(origin), level, headline: name.to_owned(), ..made }
}

/// Waits for what takes milliseconds; a test that hangs says where.
pub(crate) async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), future).await.unwrap_or_else(|_| panic!("{what} did not happen"))
}

/// Asks until the answer is the one wanted.
pub(crate) async fn until<F: Future<Output = bool>>(what: &str, ask: impl Fn() -> F) {
    soon(what, async {
        while !ask().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
}

/// A ledger of a chain that has the alerts a test gives it.
pub(crate) struct Ledger {
    pub(crate) chain: ChainPath,
    alerts: watch::Sender<Vec<AlertRecord>>,
    _serving: ServeHandle,
}

impl Ledger {
    pub(crate) async fn start(bus: &Bus, chain: &str) -> Self {
        let chain = path(chain);
        let (alerts, seen) = watch::channel(Vec::<AlertRecord>::new());
        let subject = wire::subject::ledger(MEMBER, &chain);
        let serving = bus.serve(&subject, 8, move |request, _| {
            let mut seen = seen.clone();
            async move {
                let LedgerRequest::ReadAlerts { from, limit, wait_ms } = LedgerRequest::decode(&request).unwrap()
                else {
                    panic!("only alerts are asked for")
                };
                let wait = Duration::from_millis(wait_ms);
                let enough = seen.wait_for(|alerts| alerts.len() as u64 >= from);
                let _ = tokio::time::timeout(wait, enough).await;
                let alerts = seen.borrow().clone();
                let page = alerts.iter().filter(|alert| alert.number >= from).take(limit as usize);
                let entries = page.map(|alert| AlertEntry { number: alert.number, record: codec::encode(alert) });
                LedgerReply::Alerts(entries.collect()).encode().into()
            }
        });
        Ledger { chain, alerts, _serving: serving.await.unwrap() }
    }

    /// The alert is final under the next number.
    pub(crate) fn ring(&self, alert: AlertRecord) -> AlertRecord {
        let mut rung = alert;
        self.alerts.send_modify(|alerts| {
            rung.number = alerts.len() as u64 + 1;
            rung.leaf_index = 10 * rung.number;
            alerts.push(rung.clone());
        });
        rung
    }

    /// Rings `count` confirmed yellow alerts.
    pub(crate) fn ring_many(&self, name: &str, count: usize) -> Vec<AlertRecord> {
        let made = |n| alert(&format!("{name} {n}"), self.chain.as_str(), AlertState::Confirmed, AlertLevel::Yellow);
        (0..count).map(|n| self.ring(made(n))).collect()
    }
}

/// A server with a connection.
pub(crate) struct Rig {
    pub(crate) bus: Bus,
    pub(crate) dir: TempDir,
    server: NatsServer,
}

impl Rig {
    pub(crate) async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let server = NatsServer::start_with(&binary().await, None, dir.path().join("nats")).await.unwrap();
        let bus = Bus::connect(server.url(), "test").await.unwrap();
        Rig { bus, dir, server }
    }

    /// The server loses everything it had.
    pub(crate) async fn lose_streams(&mut self) {
        let port = self.server.port();
        let other = self.dir.path().join("other-nats");
        // The passwords stay, or nobody could come back.
        std::fs::create_dir_all(&other).unwrap();
        std::fs::copy(self.dir.path().join("nats/passwords"), other.join("passwords")).unwrap();
        let pid = self.server.pid().unwrap().to_string();
        assert!(std::process::Command::new("kill").args(["-KILL", &pid]).status().unwrap().success());
        self.server.exited().await.unwrap();
        self.server = NatsServer::start_with(&binary().await, port, other).await.unwrap();
    }

    /// The service on chains whose ledgers are `ledgers`, with its store in `data`.
    pub(crate) async fn service(&self, ledgers: &[&Ledger], data: &str) -> Service {
        let stop = Stop::new();
        let data = self.dir.path().join(data);
        let nodes = ledgers.iter().map(|ledger| node(&self.bus, &ledger.chain, &data, &stop));
        let desk = crate::start(nodes.collect(), cap::Status::Exercise).await.unwrap();
        let shared = actix_web::web::Data::new(desk.clone());
        let routes = move |config: &mut actix_web::web::ServiceConfig| {
            config.app_data(shared.clone());
            crate::routes(config);
        };
        let door = Door::new(Clock::wall()).with(routes, crate::openapi());
        let door = door.serve("127.0.0.1:0".parse().unwrap()).await.unwrap();
        Service { desk, door, stop, data }
    }

    /// Messages of the alert stream, each with its `ce-id`, in order.
    pub(crate) async fn stream(&self) -> Vec<(String, String)> {
        let stream = wire::subject::alert_stream().name;
        let last = self.bus.stream_state(&stream).await.map_or(0, |state| state.last);
        let mut messages = Vec::new();
        for sequence in 1..=last {
            let message = self.bus.message(&stream, sequence).await.unwrap().unwrap();
            let id = message.headers.iter().find(|(name, _)| name == "ce-id").unwrap().1.clone();
            messages.push((message.subject, id));
        }
        messages
    }
}

/// Never `NATS_URL`: the tests kill their server.
async fn binary() -> Find {
    match Find::locate().await {
        Ok(Find::Binary(path)) => Find::Binary(path),
        Ok(Find::Running(_)) => panic!("these tests kill their server: unset NATS_URL"),
        Err(error) => panic!("{error}"),
    }
}

fn node(bus: &Bus, chain: &ChainPath, data: &Path, stop: &Stop) -> Node {
    let member = Member {
        id: MEMBER.to_owned(),
        name: "Centre for Disease Control".to_owned(),
        node_role: NodeRole::Management,
        roles: Vec::new(),
        sector: "cdc".to_owned(),
        regions: Vec::new(),
        cosigner: true,
        // A cosigner is one by its key; this ledger signs nothing.
        keys: [(KeyClass::Cosigner, vec![PublicKey([1; 32])])].into(),
    };
    let genesis = Genesis {
        file: Vec::new(),
        chain_id: Digest::of(chain.as_str().as_bytes()),
        chain: chain.clone(),
        name: "Test".to_owned(),
        regions: vec!["320100".to_owned()],
        genesis_time: Millis(0),
        rules_version: 2,
        allow_fewer_cosigners: true,
        members: vec![member],
        policies: Default::default(),
        children: Vec::new(),
        parent: Vec::new(),
        urgent_per_day: domain::genesis::URGENT_PER_DAY,
        duties: Vec::new(),
    };
    let genesis = Arc::new(genesis);
    Node {
        genesis: Arc::clone(&genesis),
        standing: Standing::of(genesis),
        member: MEMBER.to_owned(),
        keys: Arc::new(KeyRing::new(MEMBER, [])),
        bus: bus.clone(),
        clock: Clock::wall(),
        data: data.to_owned(),
        stop: stop.clone(),
    }
}

/// A running service.
pub(crate) struct Service {
    pub(crate) desk: Desk,
    door: RunningDoor,
    stop: Stop,
    data: std::path::PathBuf,
}

impl Service {
    /// Waits until REST shows this many alerts of a chain.
    pub(crate) async fn shows(&self, chain: &str, count: usize) {
        let chain = path(chain);
        let shown = async || self.desk.alerts(&chain).await.is_ok_and(|alerts| alerts.len() == count);
        until(&format!("{count} alerts at {chain}"), shown).await;
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.door.addr())
    }

    pub(crate) async fn get(&self, path: &str) -> reqwest::Response {
        reqwest::get(self.url(path)).await.unwrap()
    }

    pub(crate) async fn json(&self, path: &str) -> serde_json::Value {
        let answer = self.get(path).await;
        assert_eq!(answer.status(), 200, "{path}");
        answer.json().await.unwrap()
    }

    /// The stable code of a refusal, with its status.
    pub(crate) async fn refused(&self, path: &str) -> (u16, String) {
        let answer = self.get(path).await;
        let status = answer.status().as_u16();
        assert_eq!(answer.headers()["content-type"], "application/problem+json", "{path}");
        let problem: serde_json::Value = answer.json().await.unwrap();
        (status, problem["code"].as_str().unwrap().to_owned())
    }

    /// Ends it and waits until its store is free.
    pub(crate) async fn end(self) {
        self.stop.set();
        self.door.stop().await;
        drop(self.desk);
        let dir = self.data.join("alerts");
        until("the store's end", async || journal::Store::open(&dir).is_ok()).await;
    }
}
