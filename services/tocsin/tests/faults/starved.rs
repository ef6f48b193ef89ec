//! A sealer that leaves a lane lying, or names a node's bundles as lost: the cosigners see it, vote, and an honest sealer's
//! block ends its key everywhere. The test plays the bad sealer with the first manager's key; an honest one that seals
//! beside it under the same load stays. No event tells of any of this: the votes are beside the log, in cosign notes.
//!
//! Why each takes half a minute: nobody is convicted by less (`STARVED_MS` in the ledger).
//!
//! Seen to fail, both, with the votes switched off (`Warden::vote` in the ledger returning at once): "waited in vain: three
//! of four vote".

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bus::{Bus, Publish, PublishError};
use domain::chain::Lane;
use domain::genesis::{Genesis, KeyClass};
use domain::record::KeyRecord;
use domain::{event::EventId, keys};
use ordering::lane::LaneQueue;
use ordering::tail::Tail;
use proof::block::{Block, Header, LaneRange};
use proof::exclusion::ExclusionCertificate;
use proof::sign::{PublicKey, SecretKey, Signed};
use tokio::task::JoinHandle;
use wire::cosign::CosignNote;
use wire::subject;

use crate::events::{bundle, case, id, signed};
use crate::gathered::check;
use crate::invariants::Answers;
use crate::load::Load;
use crate::world::{MANAGERS, MEMBERS, World, until};

const BAD: &str = MANAGERS[0];
const HONEST: &str = MANAGERS[1];
/// Between two blocks of the bad sealer: a busy chain's pace, so that time is what convicts and not the number.
const EVERY: Duration = Duration::from_millis(500);
/// Between two looks of the bad sealer while there is nothing to hide.
const LOOK: Duration = Duration::from_millis(3);
/// Bundles of a block of its.
const TAKES: usize = 16;

/// What the bad sealer does with what it should take.
#[derive(Clone, Copy)]
enum Leaves {
    /// It takes nothing of the urgent lane.
    Urgent,
    /// It names every bundle of this node in the normal lane as lost, and seals when there is one to hide.
    Node(PublicKey),
}

/// The bad sealer at work.
struct Bad {
    bus: Bus,
    genesis: Arc<Genesis>,
    secret: SecretKey,
    leaves: Leaves,
    /// The heights of the blocks it brought into the stream.
    sealed: Arc<Mutex<Vec<u64>>>,
}

impl Bad {
    fn new(world: &World, leaves: Leaves) -> Self {
        let secret = world.rings[BAD].secret(KeyClass::Sealer).unwrap();
        Bad { bus: world.bus.clone(), genesis: Arc::clone(&world.genesis), secret, leaves, sealed: Arc::default() }
    }

    /// Seals block after block, as well as it can.
    async fn run(self) {
        let blocks = subject::block_stream(&self.genesis.chain).name;
        let lane = subject::intake_stream(Lane::Normal, &self.genesis.chain).name;
        let mut tail = Tail::genesis(Arc::clone(&self.genesis));
        let mut queue = LaneQueue::after(0);
        loop {
            for sequence in tail.sequence + 1..=self.bus.stream_state(&blocks).await.unwrap().last {
                let message = self.bus.message(&blocks, sequence).await.unwrap().unwrap();
                let _ = tail.hear(sequence, &message.payload);
            }
            let [_, _, cursor] = tail.cursors();
            queue.advance(cursor, 0);
            for sequence in queue.next_sequence()..=self.bus.stream_state(&lane).await.unwrap().last {
                let message = self.bus.message(&lane, sequence).await.unwrap().unwrap();
                queue.arrive(sequence, message.payload.to_vec(), 1, 0);
            }
            let Some(block) = self.cut(&tail, &queue) else {
                tokio::time::sleep(LOOK).await;
                continue;
            };
            let fence = Publish { expect_last: Some(tail.sequence), ..Publish::default() };
            match self.bus.publish(&subject::blocks(&self.genesis.chain), block.to_bytes().into(), fence).await {
                Ok(_) => {
                    self.sealed.lock().unwrap().push(block.header.height);
                    tokio::time::sleep(EVERY).await;
                }
                // Somebody was faster.
                Err(PublishError::WrongSequence) => {}
                Err(error) => panic!("{error}"),
            }
        }
    }

    fn cut(&self, tail: &Tail, queue: &LaneQueue) -> Option<Block> {
        let mut taken = queue.take(TAKES);
        if let Leaves::Node(node) = self.leaves {
            let is_of = |bytes: &Vec<u8>| Signed::from_bytes(bytes).is_some_and(|signed| signed.key == node);
            let sequences = taken.range.sequences().collect::<Vec<_>>();
            let hidden = sequences.iter().zip(&taken.bundles).filter(|(_, bytes)| is_of(bytes)).map(|(at, _)| *at);
            taken.range.holes = hidden.collect();
            taken.bundles.retain(|bytes| !is_of(bytes));
            if taken.range.holes.is_empty() {
                return None;
            }
        }
        let [urgent, high, _] = tail.tip.next.map(LaneRange::empty);
        let header = Header {
            events: u32::try_from(taken.bundles.len()).unwrap(),
            ..tail.next_header(self.secret.public(), [urgent, high, taken.range])
        };
        Some(Block::seal(header, taken.bundles, &self.secret))
    }
}

/// Puts bundles with one event each into the normal lane, one at a time, for ever; gives the first event.
fn feed(world: &World) -> (JoinHandle<()>, EventId) {
    // All made beforehand: more than the test lasts.
    let events = (0..400).map(|n| signed(world, MEMBERS[2], Lane::Normal, 7_000_000 + n, case())).collect::<Vec<_>>();
    let first = id(world, &events[0]);
    let bundles = (1..).zip(events).map(|(number, event)| bundle(world, HONEST, Lane::Normal, number, vec![event]));
    let bundles = bundles.collect::<Vec<_>>();
    let (bus, to) = (world.bus.clone(), subject::intake(Lane::Normal, &world.genesis.chain));
    let feeding = tokio::spawn(async move {
        for bundle in bundles {
            bus.publish(&to, bundle.into(), Publish::default()).await.unwrap();
            tokio::time::sleep(EVERY).await;
        }
    });
    (feeding, first)
}

/// What the cosigners vote in their last notes, with the member that votes.
async fn votes(world: &World) -> Vec<(&'static str, ExclusionCertificate)> {
    let stream = subject::cosign_stream(&world.genesis.chain).name;
    let mut votes = Vec::new();
    for member in MEMBERS {
        let subject = subject::cosign(member, &world.genesis.chain);
        let Ok(Some(note)) = world.bus.last_message(&stream, &subject).await else { continue };
        let note = CosignNote::decode(&note.payload).unwrap();
        votes.extend(note.exclusions.into_iter().map(|vote| (member, vote)));
    }
    votes
}

/// Waits until a quorum of the cosigners votes against the sealer.
async fn q_vote(world: &World, sealer: &PublicKey) {
    until("three of four vote", async || {
        let votes = votes(world).await;
        let against = votes.iter().filter(|(_, vote)| vote.sealer == *sealer).map(|(member, _)| *member);
        (against.collect::<BTreeSet<_>>().len() >= world.genesis.quorum()).then_some(())
    })
    .await;
}

/// The height with which the sealer's key ended, by a ledger's state; and that a block of the honest one carries why.
async fn excluded(world: &World, sealer: &PublicKey) -> u64 {
    let ledger = world.ledger(MEMBERS[3]);
    let key = keys::key(KeyClass::Sealer, sealer);
    let height = until("the key has ended", async || ledger.record::<KeyRecord>(&key).await.ok()??.until).await;
    let block = Block::from_bytes(&ledger.fetch_blocks(height, 1).await.unwrap()[0]).unwrap();
    let exclusion = block.header.exclusion.unwrap();
    assert_eq!(exclusion.sealer, *sealer);
    exclusion.verify(&world.genesis.chain_id, &world.genesis.cosigner_set()).unwrap();
    assert_eq!(block.header.sealer, honest(world));
    height
}

fn honest(world: &World) -> PublicKey {
    world.rings[HONEST].secret(KeyClass::Sealer).unwrap().public()
}

/// The excluded one goes on, and a block of its stands in the stream above that height.
async fn goes_on(sealed: &Mutex<Vec<u64>>, height: u64) {
    let above = || sealed.lock().unwrap().last().is_some_and(|last| *last > height);
    until("one more block of the excluded one", async || above().then_some(())).await;
}

/// What it sealed above that height is in no ledger, and nobody else was excluded.
async fn only_it_is_out(world: &World, ledger: &Answers, sealer: &PublicKey, height: u64) {
    let headers = ledger.blocks.iter().map(|bytes| Block::from_bytes(bytes).unwrap().header).collect::<Vec<_>>();
    let later = headers.iter().filter(|header| header.height > height).map(|header| header.sealer);
    assert_eq!(later.collect::<BTreeSet<_>>(), BTreeSet::from([honest(world)]));
    let out = headers.iter().filter_map(|header| Some(header.exclusion.as_ref()?.sealer)).collect::<Vec<_>>();
    assert_eq!(out, [*sealer]);
    assert_eq!(votes(world).await.iter().filter(|(_, vote)| vote.sealer != *sealer).count(), 0);
    let key = keys::key(KeyClass::Sealer, &honest(world));
    assert_eq!(world.ledger(MEMBERS[3]).record::<KeyRecord>(&key).await.unwrap().unwrap().until, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sealer_that_starves_the_urgent_lane_is_excluded_and_the_lane_flows_again() {
    let mut world = World::with(&[]).await;
    for lane in Lane::ALL {
        world.bus.ensure_stream(&subject::intake_stream(lane, &world.genesis.chain)).await.unwrap();
    }
    let urgent = signed(&world, MEMBERS[2], Lane::Urgent, 1, case());
    let urgent = (id(&world, &urgent), bundle(&world, HONEST, Lane::Urgent, 1, vec![urgent]));
    let to = subject::intake(Lane::Urgent, &world.genesis.chain);
    world.bus.publish(&to, urgent.1.into(), Publish::default()).await.unwrap();
    let (feeding, normal) = feed(&world);
    let bad = Bad::new(&world, Leaves::Urgent);
    let (key, sealed) = (bad.secret.public(), Arc::clone(&bad.sealed));
    let sealing = tokio::spawn(bad.run());
    // The only sealer there is starves the lane: no event about it could get past it.
    q_vote(&world, &key).await;
    let ledger = world.ledger(MEMBERS[3]);
    assert_eq!(ledger.event_status(urgent.0).await.unwrap(), None, "it waits since the beginning");
    assert!(ledger.event_status(normal).await.unwrap().is_some(), "what came later did not");
    world.start("ordering", HONEST).await;
    let height = excluded(&world, &key).await;
    until("the urgent event is final", async || ledger.event_status(urgent.0).await.ok()??.final_at).await;
    goes_on(&sealed, height).await;
    sealing.abort();
    feeding.abort();
    let ledgers = check(&world, &BTreeSet::from([urgent.0, normal])).await;
    only_it_is_out(&world, &ledgers[0], &key, height).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sealer_that_names_a_nodes_bundles_as_lost_is_excluded_and_the_honest_one_beside_it_is_not() {
    let world = World::with(&[("endorsement", HONEST), ("ordering", HONEST), ("reporting", HONEST)]).await;
    let node = world.rings[HONEST].secret(KeyClass::Endorser).unwrap().public();
    let bad = Bad::new(&world, Leaves::Node(node));
    let (key, sealed) = (bad.secret.public(), Arc::clone(&bad.sealed));
    let load = Load::start(&world, HONEST);
    let sealing = tokio::spawn(bad.run());
    q_vote(&world, &key).await;
    let height = excluded(&world, &key).await;
    goes_on(&sealed, height).await;
    sealing.abort();
    let sent = load.end().await;
    let ledgers = check(&world, &sent.receipts).await;
    only_it_is_out(&world, &ledgers[0], &key, height).await;
}
