//! Admission nodes and a ledger that do as they are told, over a real nats-server.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bus::server::NatsServer;
use bus::{Bus, ServeHandle};
use bytes::Bytes;
use domain::chain::{ChainPath, Lane};
use domain::event::{Disease, Event, EventId, Fact, SecurityLevel, ZeroReport};
use domain::genesis::{Genesis, KeyClass, Member, NodeRole};
use domain::record::{Kind, Outcome};
use domain::refusal::Code;
use domain::time::Millis;
use proof::digest::Digest;
use proof::sign::{Domain, PublicKey, SecretKey, Signed};
use wire::admission::{AdmitReply, AdmitRequest, Admitted, ReceiptBody, RefusalBody};
use wire::ledger::{EntryKind, EventStatus, LedgerReply, LedgerRequest, Level, LogEntry, Status};

use super::super::Outbox;
use crate::clock::Clock;
use crate::keys::KeyRing;
use crate::node::Node;
use crate::standing::Standing;
use crate::stop::Stop;

/// How an admission node behaves.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Manner {
    Receipt,
    Refuse,
    Silent,
    /// A receipt under a key of its own invention.
    Forge,
}

#[derive(Default)]
struct Log {
    admitted: Vec<EventId>,
    sealed: Vec<(EventId, u16)>,
}

pub(super) struct World {
    pub(super) genesis: Arc<Genesis>,
    pub(super) clock: Clock,
    pub(super) stop: Stop,
    parent: Arc<Genesis>,
    bus: Bus,
    dir: tempfile::TempDir,
    log: Arc<Mutex<Log>>,
    requests: Arc<AtomicUsize>,
    serving: Mutex<Vec<ServeHandle>>,
    _server: NatsServer,
}

fn seed(chain: &str, n: usize, class: u8) -> SecretKey {
    SecretKey::from_seed(&Digest::of(format!("{chain} {n} {class}").as_bytes()).0)
}

fn genesis(path: &str) -> Genesis {
    let member = |n: usize| Member {
        id: format!("m{n}"),
        name: format!("Member {n}"),
        node_role: NodeRole::Management,
        roles: Vec::new(),
        sector: "health".to_owned(),
        regions: Vec::new(),
        cosigner: n == 0,
        keys: BTreeMap::from([
            (KeyClass::Author, vec![seed(path, n, 0).public()]),
            (KeyClass::Endorser, vec![seed(path, n, 1).public()]),
            (KeyClass::Cosigner, vec![seed(path, n, 2).public()]),
        ]),
    };
    Genesis {
        file: Vec::new(),
        chain_id: Digest::of(path.as_bytes()),
        chain: ChainPath::parse(path).unwrap(),
        name: path.to_owned(),
        regions: vec!["32".to_owned()],
        genesis_time: Millis(1_626_000_000_000),
        rules_version: 2,
        allow_fewer_cosigners: true,
        members: (0..4).map(member).collect(),
        policies: BTreeMap::new(),
        children: Vec::new(),
        parent: Vec::new(),
        urgent_per_day: domain::genesis::URGENT_PER_DAY,
        duties: Vec::new(),
    }
}

impl World {
    /// A server, a ledger, a parent that takes every appeal, and admission nodes `m0`... of these manners.
    pub(super) async fn start(manners: &[Manner]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let server = NatsServer::start(dir.path().join("nats")).await.unwrap();
        let bus = Bus::connect(server.url(), "outbox test").await.unwrap();
        // The server may be shared: every test has a chain of its own.
        let name = dir.path().file_name().unwrap().to_string_lossy().to_lowercase();
        let name: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
        let parent = Arc::new(genesis(&name));
        let world = World {
            genesis: Arc::new(genesis(&format!("{name}.32"))),
            clock: Clock::stepped(Millis(1_626_800_000_000)),
            stop: Stop::new(),
            parent,
            bus,
            dir,
            log: Arc::default(),
            requests: Arc::default(),
            serving: Mutex::default(),
            _server: server,
        };
        world.answer_as_ledger().await;
        world.admit(manners).await;
        let taken = world.serve_admission(&world.parent, 0, Manner::Receipt).await;
        world.serving.lock().unwrap().push(taken);
        world
    }

    pub(super) async fn admit(&self, manners: &[Manner]) {
        for (n, manner) in manners.iter().enumerate() {
            let handle = self.serve_admission(&self.genesis, n, *manner).await;
            self.serving.lock().unwrap().push(handle);
        }
    }

    async fn serve_admission(&self, of: &Genesis, n: usize, manner: Manner) -> ServeHandle {
        let (chain, own) = (of.chain_id, self.genesis.chain_id);
        let secret = match manner {
            Manner::Forge => seed("forger", n, 1),
            _ => seed(of.chain.as_str(), n, 1),
        };
        let (log, requests, appeal) = (self.log.clone(), self.requests.clone(), chain != own);
        let handler = move |payload: Bytes, _| {
            let (secret, log) = (secret.clone(), log.clone());
            requests.fetch_add(1, Ordering::SeqCst);
            async move {
                if manner == Manner::Silent {
                    std::future::pending::<()>().await;
                }
                let request = AdmitRequest::decode(&payload).unwrap();
                let answer = |signed: Vec<u8>| {
                    let id = wire::event::id_of(&own, &signed);
                    if manner == Manner::Refuse {
                        let body = RefusalBody {
                            event_id: id,
                            code: Code::KeyInactive,
                            field: String::new(),
                            detail: "told to refuse".to_owned(),
                            refused_at: Millis(1),
                            dry_run_height: 0,
                        };
                        return Admitted::Refused(
                            Signed::seal(&secret, Domain::Refusal, &chain, body.encode()).to_bytes(),
                        );
                    }
                    let body = ReceiptBody {
                        event_id: id,
                        lane: Lane::Normal,
                        bundle_number: 1,
                        admitted_at: Millis(1),
                        dry_run_height: 0,
                        reads: Vec::new(),
                        writes: Vec::new(),
                    };
                    if !appeal && manner == Manner::Receipt {
                        log.lock().unwrap().admitted.push(id);
                    }
                    Admitted::Receipt(Signed::seal(&secret, Domain::Receipt, &chain, body.encode()).to_bytes())
                };
                let results = request.events.into_iter().map(answer).collect();
                Bytes::from(AdmitReply { results }.encode())
            }
        };
        self.bus.serve(&wire::subject::admit(&format!("m{n}"), &of.chain), 16, handler).await.unwrap()
    }

    async fn answer_as_ledger(&self) {
        let log = self.log.clone();
        let handler = move |payload: Bytes, _| {
            let log = log.clone();
            async move { Bytes::from(reply(LedgerRequest::decode(&payload).unwrap(), &log).await.encode()) }
        };
        let subject = wire::subject::ledger("m0", &self.genesis.chain);
        let handle = self.bus.serve(&subject, 64, handler).await.unwrap();
        self.serving.lock().unwrap().push(handle);
    }

    /// All that was admitted is final now.
    pub(super) fn seal(&self) {
        let mut log = self.log.lock().unwrap();
        let admitted = std::mem::take(&mut log.admitted);
        log.sealed.extend(admitted.into_iter().map(|id| (id, proof::leaf::OK)));
    }

    /// Of all that was admitted the log holds damaged copies only: leaves that refuse, and no answer to the events.
    pub(super) fn seal_damaged(&self) {
        let mut log = self.log.lock().unwrap();
        let admitted = std::mem::take(&mut log.admitted);
        log.sealed.extend(admitted.into_iter().map(|id| (id, Code::BadSignature.number())));
    }

    /// How many events of the chain got receipts.
    pub(super) fn admitted(&self) -> usize {
        self.log.lock().unwrap().admitted.len()
    }

    /// How many requests admission nodes got.
    pub(super) fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }

    pub(super) fn endorser(&self, n: usize) -> PublicKey {
        seed(self.genesis.chain.as_str(), n, 1).public()
    }

    pub(super) async fn outbox(&self, name: &str) -> Outbox {
        self.outbox_until(name, self.stop.clone()).await
    }

    /// An outbox in a directory of that name; waits until the one before has let go of it.
    pub(super) async fn outbox_until(&self, name: &str, stop: Stop) -> Outbox {
        let data: PathBuf = self.dir.path().join(name);
        let node = Node {
            genesis: self.genesis.clone(),
            standing: Standing::of(self.genesis.clone()),
            member: "m0".to_owned(),
            keys: Arc::new(KeyRing::new("m0", [])),
            bus: self.bus.clone(),
            clock: self.clock.clone(),
            data,
            stop,
        };
        let ends = tokio::time::Instant::now() + Duration::from_secs(20);
        loop {
            match Outbox::start(&node, Some(Standing::of(self.parent.clone()))).await {
                Ok(outbox) => return outbox,
                Err(error) => assert!(tokio::time::Instant::now() < ends, "{error:#}"),
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// A signed zero report; the number makes it another one.
    pub(super) fn signed(&self, n: u64) -> Vec<u8> {
        let secret = seed(self.genesis.chain.as_str(), 0, 0);
        let mut nonce = [0; 16];
        nonce[..8].copy_from_slice(&n.to_be_bytes());
        let at = Millis(1_626_790_000_000);
        let event = Event {
            author: secret.public(),
            lane: Lane::Normal,
            nonce,
            occurred_at: at,
            created_at: at,
            valid_until: Millis(0),
            region: "32".to_owned(),
            security: SecurityLevel::Public,
            response: None,
            fact: Fact::ZeroReport(ZeroReport {
                disease: Disease { code: "U07.1".to_owned(), name: "COVID-19".to_owned() },
                report_date: at.date(),
                facility: "hospital".to_owned(),
            }),
            sealed: Vec::new(),
            causes: Vec::new(),
            expect: Vec::new(),
        };
        domain::form::check(&event).unwrap();
        Signed::seal(&secret, Domain::Event, &self.genesis.chain_id, wire::event::encode(&event)).to_bytes()
    }
}

async fn reply(request: LedgerRequest, log: &Mutex<Log>) -> LedgerReply {
    match request {
        LedgerRequest::Status => {
            let final_size = log.lock().unwrap().sealed.len() as u64;
            LedgerReply::Status(Status { final_size, serving: true, ..Status::default() })
        }
        LedgerRequest::ReadLog { from, limit, wait_ms, .. } => {
            let ends = tokio::time::Instant::now() + Duration::from_millis(wait_ms);
            loop {
                let entries: Vec<_> = {
                    let log = log.lock().unwrap();
                    let new = log.sealed.iter().enumerate().skip(from as usize).take(limit as usize);
                    new.map(|(index, (id, code))| entry(index as u64, *id, *code)).collect()
                };
                if !entries.is_empty() || tokio::time::Instant::now() >= ends {
                    return LedgerReply::Log(entries);
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
        LedgerRequest::EventStatus { id } => {
            let index = log.lock().unwrap().sealed.iter().position(|sealed| *sealed == (id, proof::leaf::OK));
            LedgerReply::EventStatus(index.map(|index| EventStatus {
                level: Level::Final,
                code: 0,
                outcome: Outcome::Accepted,
                height: 1,
                position: 0,
                index: index as u64,
                sealed_at: Millis(1),
                final_at: Some(Millis(2)),
                member: "m0".to_owned(),
                kind: Kind::ZeroReport,
                urgency_overdrawn: false,
            }))
        }
        other => panic!("nobody asks this: {other:?}"),
    }
}

fn entry(index: u64, id: EventId, code: u16) -> LogEntry {
    LogEntry {
        index,
        height: 1,
        position: 0,
        lane: Some(Lane::Normal),
        event_id: Some(id),
        code,
        signed: Vec::new(),
        kind: EntryKind::Event,
        leaf: vec![1],
        chain_time: Millis(1),
    }
}

/// Polls until it holds.
pub(super) async fn eventually(what: &str, holds: impl Fn() -> bool) {
    let ends = tokio::time::Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(tokio::time::Instant::now() < ends, "not in time: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Runs a test where actors can live.
pub(super) fn in_system(test: impl Future<Output = ()>) {
    actix_rt::System::with_tokio_rt(|| {
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
    })
    .block_on(test);
}
