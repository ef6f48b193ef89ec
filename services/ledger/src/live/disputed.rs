//! A stream that holds a rival of a block that a ledger has and does not know to be final: it stops, also when it was
//! away while that happened, and goes on by itself when its block is final.

use std::time::{Duration, Instant};

use bus::server::NatsServer;
use domain::genesis::Genesis;
use host::node::Node;
use host::stop::Stop;
use wire::cosign::CosignNote;
use wire::subject;

use super::{PATIENCE, Town, blocks, end, until};
use crate::desk::Desk;
use crate::rig::{self, Sealer};

impl Town {
    /// Waits until a member's word for a height has left it.
    pub(super) async fn hears(&self, genesis: &Genesis, member: &str, height: u64) {
        let stream = subject::cosign_stream(&genesis.chain).name;
        let deadline = Instant::now() + PATIENCE;
        loop {
            let last = self.bus.last_message(&stream, &subject::cosign(member, &genesis.chain)).await.unwrap();
            let note = last.and_then(|message| CosignNote::decode(&message.payload).ok());
            if note.is_some_and(|note| note.checkpoints.iter().any(|(said, _)| *said == height)) {
                return;
            }
            assert!(Instant::now() < deadline, "{member} does not vouch for {height}");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// The server comes back on the same port with nothing.
    pub(super) async fn lose_streams(mut self, genesis: &Genesis) -> Self {
        let (port, empty) = (self.server.port().unwrap(), self.empty_server());
        self.server.stop().await.unwrap();
        self.server = NatsServer::start_on(port, empty).await.unwrap();
        let deadline = Instant::now() + PATIENCE;
        while self.bus.ensure_stream(&subject::block_stream(&genesis.chain)).await.is_err() {
            assert!(Instant::now() < deadline);
        }
        self
    }
}

pub(super) async fn start(nodes: &[Node]) -> Vec<Desk> {
    let mut desks = Vec::new();
    for node in nodes {
        desks.push(crate::start(node.clone(), None).await.unwrap());
    }
    desks
}

/// Seen to fail: with only the last message read again at the start (`AGAIN` as 1), the ledger did not notice the rival and
/// never stopped. With
/// the call of `Worker::go_on` taken out, its block was final and it still stood.
#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_that_starts_before_a_rival_of_its_block_stops_until_its_own_is_final() {
    let town = Town::new().await;
    let genesis = rig::genesis("cn", 4, &[]);
    let one = town.node(&genesis, "m0");
    let others = ["m1", "m2", "m3"].map(|member| town.node(&genesis, member));
    let again = |node: &Node| Node { stop: Stop::new(), ..node.clone() };
    let mut sealer = Sealer::new(&genesis);
    let first = blocks(&genesis, &mut sealer, 0..1).remove(0);
    let mut other = sealer.clone();
    let second = blocks(&genesis, &mut sealer, 1..2).remove(0);
    let rival = blocks(&genesis, &mut other, 50..51).remove(0);

    let (desk, running) = (crate::start(one.clone(), None).await.unwrap(), start(&others).await);
    town.publish(&genesis, &first).await;
    for desk in running.iter().chain([&desk]) {
        until(desk, "final", |status| status.final_height == 1).await;
    }
    // It may vouch alone once the others have told it what they heard of it; its first word shows that they have.
    town.hears(&genesis, "m0", 1).await;
    // The second block is final only for the others, after the first ledger has left.
    for (node, desk) in others.iter().zip(running) {
        end(node, desk).await;
    }
    town.publish(&genesis, &second).await;
    town.hears(&genesis, "m0", 2).await;
    end(&one, desk).await;
    let others = others.map(|node| again(&node));
    for (node, desk) in others.iter().zip(start(&others).await) {
        until(&desk, "final without the first", |status| status.final_height == 2).await;
        end(node, desk).await;
    }

    let town = town.lose_streams(&genesis).await;
    town.publish(&genesis, &first).await;
    town.publish(&genesis, &rival).await;
    let (one, others) = (again(&one), others.map(|node| again(&node)));
    let desk = crate::start(one.clone(), None).await.unwrap();
    let stopped = until(&desk, "a rival of its block", |status| status.halted.is_some()).await;
    assert_eq!((stopped.height, stopped.final_height), (2, 1));
    let running = start(&others).await;
    until(&desk, "its block is final", |status| status.final_height == 2 && status.halted.is_none()).await;
    town.publish(&genesis, &second).await;
    town.publish(&genesis, &blocks(&genesis, &mut sealer, 2..3).remove(0)).await;
    for desk in running.iter().chain([&desk]) {
        until(desk, "final again", |status| status.final_height == 3 && status.halted.is_none()).await;
    }
    for (node, desk) in others.iter().zip(running).chain([(&one, desk)]) {
        end(node, desk).await;
    }
}
