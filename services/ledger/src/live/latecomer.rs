//! A ledger that comes to a stream in which a rival stands before the final block that was put back behind it: it takes
//! what is final from the others, before it reads the stream, or after it took the rival because nobody was there.

use std::sync::Arc;

use domain::genesis::Genesis;
use host::node::Node;
use host::stop::Stop;
use proof::block::Block;

use super::disputed::start;
use super::{Town, blocks, end, until};
use crate::desk::Desk;
use crate::rig::{self, Sealer};

/// Four ledgers, of which the first is gone with its directory, and a stream with a rival before what they made final.
struct Scene {
    town: Town,
    genesis: Arc<Genesis>,
    first: Node,
    others: [Node; 3],
    next: Block,
}

impl Scene {
    async fn set() -> Self {
        let town = Town::new().await;
        let genesis = rig::genesis("cn", 4, &[]);
        let first = town.node(&genesis, "m0");
        let others = ["m1", "m2", "m3"].map(|member| town.node(&genesis, member));
        let mut sealer = Sealer::new(&genesis);
        let mut chain = blocks(&genesis, &mut sealer, 0..1);
        let rival = blocks(&genesis, &mut sealer.clone(), 50..51).remove(0);
        chain.extend(blocks(&genesis, &mut sealer, 1..3));
        let nodes = others.iter().chain([&first]).cloned().collect::<Vec<_>>();
        let desks = start(&nodes).await;
        for block in &chain {
            town.publish(&genesis, block).await;
        }
        for desk in &desks {
            until(desk, "final", |status| status.final_height == 3).await;
        }
        for (node, desk) in nodes.iter().zip(desks) {
            end(node, desk).await;
        }
        std::fs::remove_dir_all(&first.data).unwrap();
        let town = town.lose_streams(&genesis).await;
        town.publish(&genesis, &chain.remove(0)).await;
        for block in [&rival].into_iter().chain(&chain) {
            town.publish(&genesis, block).await;
        }
        let again = |node: &Node| Node { stop: Stop::new(), ..node.clone() };
        let next = blocks(&genesis, &mut sealer, 3..4).remove(0);
        Scene { town, genesis, first: again(&first), others: others.each_ref().map(again), next }
    }

    /// Everybody is at one final end.
    async fn ends(&self, desk: Desk, running: Vec<Desk>) {
        self.town.publish(&self.genesis, &self.next).await;
        let mut roots = Vec::new();
        for desk in running.iter().chain([&desk]) {
            roots.push(until(desk, "one end", |status| status.final_height == 4).await.root);
        }
        roots.dedup();
        assert_eq!(roots.len(), 1);
        for (node, desk) in self.others.iter().zip(running).chain([(&self.first, desk)]) {
            end(node, desk).await;
        }
    }
}

/// Seen to fail: with nothing joined at the start (`Feed::run`) and what contradicts its log ignored (`Feed::join`), it took
/// the rival and stood at height 2.
#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_without_a_directory_takes_what_is_final_before_it_reads_of_a_rival() {
    let scene = Scene::set().await;
    let running = start(&scene.others).await;
    for desk in &running {
        until(desk, "there", |status| status.final_height == 3).await;
    }
    let desk = crate::start(scene.first.clone(), None).await.unwrap();
    until(&desk, "what is final", |status| status.final_height >= 3 && status.halted.is_none()).await;
    assert!(!scene.first.data.join("ledger.damaged-1").exists(), "it never took the rival");
    scene.ends(desk, running).await;
}

/// Seen to fail: with both switched off as above, it stood at the rival, height 2, and nothing was final for it.
#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_that_took_the_rival_alone_is_built_anew_when_the_others_prove_what_is_final() {
    let scene = Scene::set().await;
    let desk = crate::start(scene.first.clone(), None).await.unwrap();
    let alone = until(&desk, "the rival", |status| status.height == 2).await;
    assert_eq!(alone.final_height, 0);
    let running = start(&scene.others).await;
    until(&desk, "what is final", |status| status.final_height >= 3 && status.halted.is_none()).await;
    assert!(scene.first.data.join("ledger.damaged-1").exists(), "what it took is kept for people");
    scene.ends(desk, running).await;
}
