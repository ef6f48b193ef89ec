//! Ledgers over a real nats-server: finality, answers, and what they do when the stream or a store fails. The test plays
//! the sealer.

mod disputed;
mod latecomer;
mod rising;
mod sums;
mod vouched;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bus::server::NatsServer;
use bus::{Bus, Publish};
use domain::chain::Lane;
use domain::genesis::{Genesis, KeyClass};
use host::clock::Clock;
use host::keys::KeyRing;
use host::ledger::LedgerClient;
use host::node::Node;
use host::standing::Standing;
use host::stop::Stop;
use proof::block::Block;
use proof::proof_file::{ProofFile, Trust};
use tempfile::TempDir;
use wire::ledger::{DryRunResult, Level, Status};
use wire::subject;

use crate::desk::Desk;
use crate::rig::{self, Sealer};

/// Far above what anything here takes, for a machine that does something else meanwhile.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Town {
    server: NatsServer,
    bus: Bus,
    dir: TempDir,
}

impl Town {
    /// The data directory of a server that lost everything but its passwords, without which nobody could come back.
    fn empty_server(&self) -> std::path::PathBuf {
        let place = |number: usize| self.dir.path().join(format!("nats-{number}"));
        let again = (1..).map(place).find(|place| !place.exists()).unwrap();
        std::fs::create_dir_all(&again).unwrap();
        std::fs::copy(self.dir.path().join("nats/passwords"), again.join("passwords")).unwrap();
        again
    }

    /// A directory that goes with the town.
    pub(crate) fn dir(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let server = NatsServer::start(dir.path().join("nats")).await.unwrap();
        let bus = Bus::connect(server.url(), "test").await.unwrap();
        Town { server, bus, dir }
    }

    pub(crate) fn node(&self, genesis: &Arc<Genesis>, member: &str) -> Node {
        let chain = genesis.chain.as_str();
        let classes = [KeyClass::Cosigner, KeyClass::Relay];
        let secrets = classes.into_iter().map(|class| (class, rig::secret(chain, member, class)));
        Node {
            genesis: Arc::clone(genesis),
            standing: Standing::of(Arc::clone(genesis)),
            member: member.to_owned(),
            keys: Arc::new(KeyRing::new(member, secrets)),
            bus: self.bus.clone(),
            clock: Clock::stepped(rig::START),
            data: self.dir.path().join(format!("{chain}-{member}")),
            stop: Stop::new(),
        }
    }

    pub(crate) async fn publish(&self, genesis: &Genesis, block: &Block) {
        let subject = subject::blocks(&genesis.chain);
        self.bus.publish(&subject, block.to_bytes().into(), Publish::default()).await.unwrap();
    }
}

/// Waits until a desk's status is as wanted.
pub(crate) async fn until(desk: &Desk, what: &str, reached: impl Fn(&Status) -> bool) -> Status {
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

/// Ends a ledger and waits until its store is closed.
pub(crate) async fn end(node: &Node, desk: Desk) {
    node.stop.set();
    until(&desk, "the end", |status| !status.serving).await;
}

fn trust(genesis: &Genesis) -> Trust {
    Trust { chain: genesis.chain.to_string(), chain_id: genesis.chain_id, cosigners: genesis.cosigner_set() }
}

fn blocks(genesis: &Arc<Genesis>, sealer: &mut Sealer, heights: std::ops::Range<u64>) -> Vec<Block> {
    heights.map(|number| sealer.block(Lane::Normal, vec![rig::deposit(genesis, number)], None)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_cosigners_make_blocks_final_and_answer_every_question() {
    let town = Town::new().await;
    let genesis = rig::genesis("cn", 2, &[]);
    let nodes = ["m0", "m1"].map(|member| town.node(&genesis, member));
    let mut desks = Vec::new();
    for node in &nodes {
        desks.push(crate::start(node.clone(), None).await.unwrap());
    }
    for desk in &desks {
        until(desk, "ready", |status| status.serving).await;
    }
    let mut sealer = Sealer::new(&genesis);
    let first = blocks(&genesis, &mut sealer, 0..1).remove(0);
    let garbage = "no block".as_bytes().to_vec();
    town.bus.publish(&subject::blocks(&genesis.chain), garbage.into(), Publish::default()).await.unwrap();
    for block in std::iter::once(first.clone()).chain(blocks(&genesis, &mut sealer, 1..4)) {
        town.publish(&genesis, &block).await;
    }
    let statuses = [
        until(&desks[0], "final", |s| s.final_height == 4).await,
        until(&desks[1], "final", |s| s.final_height == 4).await,
    ];
    assert_eq!(statuses[0].root, statuses[1].root);
    assert_eq!(statuses[0].state_digest, statuses[1].state_digest);
    let certificate = proof::checkpoint::Certificate::parse(statuses[0].certificate.as_ref().unwrap()).unwrap();
    certificate.verify(&desks[0].chain.origin, &genesis.cosigners(), 2).unwrap();
    assert_eq!(certificate.checkpoint.size, statuses[0].final_size);

    let client = LedgerClient::of_member(&nodes[1], "m1");
    let (known, new) = (rig::deposit(&genesis, 2), rig::deposit(&genesis, 77));
    let stranger = rig::deposit(&rig::genesis("cn.32", 2, &[]), 5);
    let (height, results) = client.dry_run(vec![known.clone(), new, stranger]).await.unwrap();
    assert_eq!(height, 4);
    assert_eq!(results[0], DryRunResult::Executed);
    assert!(matches!(&results[1], DryRunResult::Ok { writes, .. } if !writes.is_empty()));
    assert!(matches!(&results[2], DryRunResult::Refused(_)), "another chain's author has no key here");
    let id = rig::id(&genesis, &known);
    let status = client.event_status(id).await.unwrap().unwrap();
    assert_eq!((status.level, status.height, status.sealed_at.0), (Level::Final, 3, rig::START.0 + 2));
    assert_eq!(status.final_at, Some(rig::START));
    assert_eq!(client.fetch_blocks(1, 1).await.unwrap(), [first.to_bytes()]);
    let log = client.read_log(0, 100, 0, true).await.unwrap();
    assert_eq!((log.len() as u64, log[4].signed.as_slice()), (statuses[1].size, known.as_slice()));
    let file = ProofFile::parse(&client.proof(id).await.unwrap()).unwrap();
    let verified = file.verify(&trust(&genesis), &wire::anchored).unwrap();
    assert_eq!((verified.leaf.event, verified.leaf.code), (id, 0));

    // A reader that waits hears of the next block at once, not at the end of its patience.
    let waiting = tokio::spawn({
        let (client, from) = (client.clone(), statuses[1].size);
        async move { client.read_log(from, 10, 5_000, true).await.unwrap() }
    });
    let asked = Instant::now();
    town.publish(&genesis, &blocks(&genesis, &mut sealer, 4..5).remove(0)).await;
    assert!(!waiting.await.unwrap().is_empty());
    assert!(asked.elapsed() < Duration::from_secs(4));
    for (node, desk) in nodes.iter().zip(desks) {
        end(node, desk).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_stream_and_a_wiped_ledger_are_recovered_from_the_other_one() {
    let mut town = Town::new().await;
    let genesis = rig::genesis("cn", 2, &[]);
    let nodes = ["m0", "m1"].map(|member| town.node(&genesis, member));
    let first = crate::start(nodes[0].clone(), None).await.unwrap();
    let second = crate::start(nodes[1].clone(), None).await.unwrap();
    let mut sealer = Sealer::new(&genesis);
    for block in blocks(&genesis, &mut sealer, 0..6) {
        town.publish(&genesis, &block).await;
    }
    let before = until(&first, "final", |status| status.final_height == 6).await;
    until(&second, "final", |status| status.final_height == 6).await;
    end(&nodes[1], second).await;
    std::fs::remove_dir_all(&nodes[1].data).unwrap();
    let port = town.server.port().unwrap();
    // The server comes back on the same port with nothing.
    let empty = town.empty_server();
    town.server.stop().await.unwrap();
    town.server = NatsServer::start_on(port, empty).await.unwrap();
    let again = Node { stop: Stop::new(), ..nodes[1].clone() };
    let deadline = Instant::now() + PATIENCE;
    let second = loop {
        match crate::start(again.clone(), None).await {
            Ok(desk) => break desk,
            Err(error) => assert!(Instant::now() < deadline, "{error:#}"),
        }
    };
    for block in blocks(&genesis, &mut sealer, 6..8) {
        town.publish(&genesis, &block).await;
    }
    let (one, two) = (
        until(&first, "final again", |status| status.final_height == 8).await,
        until(&second, "rebuilt", |status| status.final_height == 8).await,
    );
    assert_eq!((one.root, one.state_digest), (two.root, two.state_digest));
    assert!(one.final_size > before.final_size);
    end(&nodes[0], first).await;
    end(&again, second).await;
}

/// Flips a bit in the middle of what the largest file holds.
fn hurt(dir: &Path) {
    let mut files = vec![dir.to_owned()];
    let mut largest: Option<(usize, std::path::PathBuf)> = None;
    while let Some(path) = files.pop() {
        if path.is_dir() {
            files.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else {
            let bytes = std::fs::read(&path).unwrap();
            let written = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
            if largest.as_ref().is_none_or(|(most, _)| written > *most) {
                largest = Some((written, path));
            }
        }
    }
    let (written, path) = largest.unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[written / 2] ^= 1;
    std::fs::write(path, bytes).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_ledger_is_set_aside_and_built_anew_from_the_stream() {
    let town = Town::new().await;
    let genesis = rig::genesis("cn", 1, &[]);
    let node = town.node(&genesis, "m0");
    let desk = crate::start(node.clone(), None).await.unwrap();
    let mut sealer = Sealer::new(&genesis);
    for block in blocks(&genesis, &mut sealer, 0..5) {
        town.publish(&genesis, &block).await;
    }
    let before = until(&desk, "final", |status| status.final_height == 5).await;
    end(&node, desk).await;
    hurt(&node.data.join("ledger"));
    let node = Node { stop: Stop::new(), ..node };
    let desk = crate::start(node.clone(), None).await.unwrap();
    assert!(!desk.is_ready(), "nothing is served before it is checked");
    let after = until(&desk, "rebuilt", |status| status.final_height == 5).await;
    assert_eq!((after.root, after.state_digest), (before.root, before.state_digest));
    assert!(node.data.join("ledger.damaged-1").exists());
    end(&node, desk).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rival_in_the_place_of_a_lost_final_block_changes_nothing() {
    let mut town = Town::new().await;
    let genesis = rig::genesis("cn", 1, &[]);
    let node = town.node(&genesis, "m0");
    let desk = crate::start(node.clone(), None).await.unwrap();
    let mut sealer = Sealer::new(&genesis);
    let first = blocks(&genesis, &mut sealer, 0..1).remove(0);
    let mut rival = sealer.clone();
    town.publish(&genesis, &first).await;
    let second = blocks(&genesis, &mut sealer, 1..2).remove(0);
    town.publish(&genesis, &second).await;
    let before = until(&desk, "final", |status| status.final_height == 2).await;
    // A late rival at a height that the stream has given already changes nothing.
    let rival = blocks(&genesis, &mut rival, 50..51).remove(0);
    town.publish(&genesis, &rival).await;
    let third = blocks(&genesis, &mut sealer, 2..3).remove(0);
    town.publish(&genesis, &third).await;
    until(&desk, "final", |status| status.final_height == 3 && status.halted.is_none()).await;
    let port = town.server.port().unwrap();
    let empty = town.empty_server();
    town.server.stop().await.unwrap();
    town.server = NatsServer::start_on(port, empty).await.unwrap();
    let deadline = Instant::now() + PATIENCE;
    while town.bus.ensure_stream(&subject::block_stream(&genesis.chain)).await.is_err() {
        assert!(Instant::now() < deadline);
    }
    town.publish(&genesis, &first).await;
    town.publish(&genesis, &rival).await;
    // The rival stands where a final block stood: nobody who knows that one follows it, and the stream is put right behind.
    town.publish(&genesis, &second).await;
    town.publish(&genesis, &third).await;
    town.publish(&genesis, &blocks(&genesis, &mut sealer, 3..4).remove(0)).await;
    let after = until(&desk, "final again", |status| status.final_height == 4).await;
    assert!(after.halted.is_none() && after.final_size > before.final_size);
    end(&node, desk).await;
}
