//! One story of a chain as a malicious nats-server shows it: its own server, the honest ledgers that see nothing else,
//! and the liars, who sign whatever that story says.
//!
//! The ledgers are real services. What a liar is, is here: cosigner keys and a hand that signs two branches.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bus::server::NatsServer;
use bus::{Bus, Publish, ServeHandle};
use domain::codec::Record;
use domain::genesis::{Genesis, KeyClass};
use domain::time::Millis;
use host::clock::Clock;
use host::keys::KeyRing;
use host::ledger::LedgerClient;
use host::node::Node;
use host::rest::{Desks, Door};
use host::standing::Standing;
use host::stop::Stop;
use ledger::Desk;
use proof::checkpoint::{Certificate, Checkpoint, Cosignature, cosign, origin};
use proof::digest::Digest;
use tempfile::TempDir;
use wire::cosign::CosignNote;
use wire::ledger::{LedgerReply, LedgerRequest, Refused, Status};
use wire::subject;

use crate::chain::{self, Sealer};

/// Far above what anything here takes, for a machine that does something else meanwhile.
const PATIENCE: Duration = Duration::from_secs(60);

/// A story.
pub struct Branch {
    pub genesis: Arc<Genesis>,
    pub sealer: Sealer,
    bus: Bus,
    server: NatsServer,
    dir: TempDir,
    honest: Vec<(Node, Desk)>,
    liars: Vec<&'static str>,
    /// Answers in the name of everybody who is not there.
    posing: Vec<ServeHandle>,
}

impl Branch {
    /// A server with the ledgers of these members.
    pub async fn open(genesis: &Arc<Genesis>, honest: &[&'static str], liars: &[&'static str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let server = NatsServer::start(dir.path().join("nats")).await.unwrap();
        let bus = Bus::connect(server.url(), "operator").await.unwrap();
        let mut branch = Branch {
            genesis: Arc::clone(genesis),
            sealer: Sealer::new(genesis),
            bus,
            server,
            dir,
            honest: Vec::new(),
            liars: liars.to_vec(),
            posing: Vec::new(),
        };
        for member in chain::MEMBERS {
            if honest.contains(&member) { branch.employ(member).await } else { branch.pose(member).await }
        }
        for (_, desk) in &branch.honest {
            until(desk, "ready", |status| status.serving).await;
        }
        branch
    }

    async fn employ(&mut self, member: &str) {
        let keys = KeyRing::new(member, [(KeyClass::Cosigner, chain::secret(member, KeyClass::Cosigner))]);
        let node = Node {
            genesis: Arc::clone(&self.genesis),
            standing: Standing::of(Arc::clone(&self.genesis)),
            member: member.to_owned(),
            keys: Arc::new(keys),
            bus: self.bus.clone(),
            clock: Clock::stepped(chain::START),
            data: self.dir.path().join(member),
            stop: Stop::new(),
        };
        let desk = ledger::start(node.clone(), None).await.unwrap();
        self.honest.push((node, desk));
    }

    /// The operator answers in a member's name that it never heard of anything and has nothing.
    async fn pose(&mut self, member: &str) {
        let answer = |request: bytes::Bytes, _| async move {
            let reply = match LedgerRequest::decode(&request) {
                Ok(LedgerRequest::Heard { .. }) => LedgerReply::Heard(None),
                Ok(LedgerRequest::Status) => LedgerReply::Status(nothing()),
                _ => LedgerReply::Refused(Refused::from(domain::refusal::Refusal::new(
                    domain::refusal::Code::Corrupt,
                    "ask another",
                ))),
            };
            reply.encode().into()
        };
        let subject = subject::ledger(member, &self.genesis.chain);
        self.posing.push(self.bus.serve(&subject, 4, answer).await.unwrap());
    }

    /// The first honest ledger here.
    pub fn desk(&self) -> &Desk {
        &self.honest[0].1
    }

    /// Shows the next block, with this event, to everybody here; the liars cosign what comes of it.
    pub async fn show(&mut self, event: Vec<u8>, certificate: Option<Certificate>) -> Checkpoint {
        let block = self.sealer.block(event, certificate);
        let subject = subject::blocks(&self.genesis.chain);
        self.bus.publish(&subject, block.to_bytes().into(), Publish::default()).await.unwrap();
        let height = self.sealer.height();
        let status = until(self.desk(), "executed", |status| status.height >= height).await;
        let origin = origin(self.genesis.chain.as_str(), &self.genesis.chain_id);
        let checkpoint = Checkpoint { origin, size: status.size, root: status.root };
        for liar in self.liars.clone() {
            let note = CosignNote {
                member: liar.to_owned(),
                checkpoints: vec![(height, vouch(liar, &checkpoint).text())],
                height,
                best: None,
                wants_block: false,
                wants_certificate: false,
                exclusions: Vec::new(),
                halted: None,
            };
            self.say(liar, note.encode()).await;
        }
        checkpoint
    }

    async fn say(&self, member: &str, note: Vec<u8>) {
        let subject = subject::cosign(member, &self.genesis.chain);
        self.bus.publish(&subject, note.into(), Publish::default()).await.unwrap();
    }

    /// The last note of a member on this server, once it speaks of a height.
    pub async fn note(&self, member: &str, height: u64) -> Vec<u8> {
        let stream = subject::cosign_stream(&self.genesis.chain).name;
        let subject = subject::cosign(member, &self.genesis.chain);
        let deadline = Instant::now() + PATIENCE;
        loop {
            let found = self.bus.last_message(&stream, &subject).await.unwrap();
            let speaks =
                |bytes: &[u8]| CosignNote::decode(bytes).unwrap().checkpoints.iter().any(|(at, _)| *at == height);
            if let Some(message) = found.filter(|message| speaks(&message.payload)) {
                return message.payload.to_vec();
            }
            assert!(Instant::now() < deadline, "{member} says nothing of height {height}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// The operator lets through what a member said on another server.
    pub async fn carry(&self, from: &Branch, member: &str, height: u64) {
        self.say(member, from.note(member, height).await).await;
    }

    /// What a member goes on saying on another server gets through, as its ledger repeats it, until the first honest
    /// ledger here is as wanted.
    pub async fn hear(
        &self,
        from: &Branch,
        member: &str,
        height: u64,
        what: &str,
        reached: impl Fn(&Status) -> bool,
    ) -> Status {
        let deadline = Instant::now() + PATIENCE;
        loop {
            self.carry(from, member, height).await;
            let status = self.desk().status();
            if reached(&status) {
                return status;
            }
            assert!(Instant::now() < deadline, "{what}: {status:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// What each member whose note is here says of a height, alone.
    pub async fn words(&self, height: u64, members: &[&str]) -> Vec<Certificate> {
        let mut words = Vec::new();
        for member in members {
            let note = CosignNote::decode(&self.note(member, height).await).unwrap();
            let word = note.checkpoints.into_iter().find(|(at, _)| *at == height).unwrap().1;
            words.push(Certificate::parse(&word).unwrap());
        }
        words
    }

    pub async fn until(&self, what: &str, reached: impl Fn(&Status) -> bool) -> Status {
        until(self.desk(), what, reached).await
    }

    /// A record of the first honest ledger's state.
    pub async fn record<R: Record>(&self, key: &[u8]) -> Option<R> {
        let (node, _) = &self.honest[0];
        LedgerClient::of_member(node, &node.member).record_at(key).await.unwrap().1
    }

    /// Copies the chain as the first honest ledger serves it.
    pub async fn export(&self) -> PathBuf {
        let desks = actix_web::web::Data::new(Desks::new().with(self.genesis.chain.clone(), self.desk().clone()));
        let routes = move |config: &mut actix_web::web::ServiceConfig| {
            config.app_data(desks.clone());
            ledger::routes(config);
        };
        let door = Door::new(Clock::stepped(chain::START)).with(routes, ledger::openapi());
        let door = door.serve(([127, 0, 0, 1], 0).into()).await.unwrap();
        let url = reqwest::Url::parse(&format!("http://{}", door.addr())).unwrap();
        let to = self.dir.path().join("copy");
        tocsin::export::copy(&url, Vec::new(), &to).await.unwrap();
        door.stop().await;
        to
    }

    pub async fn close(self) {
        for (node, desk) in self.honest {
            node.stop.set();
            until(&desk, "the end", |status| !status.serving).await;
        }
        drop(self.server);
    }
}

/// A member's word for a checkpoint, whatever it said elsewhere.
fn vouch(member: &str, checkpoint: &Checkpoint) -> Certificate {
    let name = format!("{member}.cn");
    let word: Cosignature =
        cosign(&chain::secret(member, KeyClass::Cosigner), &name, checkpoint, chain::START.seconds());
    Certificate { checkpoint: checkpoint.clone(), cosignatures: vec![word] }
}

/// What a ledger says before the first block.
fn nothing() -> Status {
    Status {
        height: 0,
        block: Digest::default(),
        size: 0,
        root: Digest::default(),
        state_digest: Digest::default(),
        final_height: 0,
        final_size: 0,
        certificate: None,
        chain_time: Millis(0),
        serving: true,
        halted: None,
        wants_block: false,
    }
}

/// Waits until a ledger's status is as wanted.
async fn until(desk: &Desk, what: &str, reached: impl Fn(&Status) -> bool) -> Status {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let status = desk.status();
        if reached(&status) {
            return status;
        }
        assert!(Instant::now() < deadline, "{what}: {status:?}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}
