//! A ledger that was restored to before a block it vouched for, while the stream holds a rival of it.

use std::path::Path;

use host::node::Node;
use host::stop::Stop;

use super::disputed::start;
use super::{Town, blocks, end, until};
use crate::desk::Desk;
use crate::rig::{self, Sealer};

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let to = to.join(entry.file_name());
        match entry.path() {
            folder if folder.is_dir() => copy(&folder, &to),
            file => assert!(std::fs::copy(file, to).is_ok()),
        }
    }
}

async fn ended(nodes: &[Node], desks: Vec<Desk>) {
    for (node, desk) in nodes.iter().zip(desks) {
        end(node, desk).await;
    }
}

fn again(node: &Node) -> Node {
    Node { stop: Stop::new(), ..node.clone() }
}

/// Two of four vouched for a block; the stream lost it and holds a rival. One of the two was restored to before the block
/// and has executed the rival when the other one comes back: it takes the block back, and with a third one that reads a
/// stream put right, the block is final.
///
/// Seen to fail: without the branch of `Feed::run` that takes back what was vouched for, the restored one kept the rival.
/// Where a ledger that had stopped did not repeat its last word (`Cosigner::cosign`), the block was never final.
#[tokio::test(flavor = "multi_thread")]
async fn a_restored_ledger_takes_back_the_block_that_it_vouched_for() {
    let town = Town::new().await;
    let genesis = rig::genesis("cn", 4, &[]);
    let nodes = ["m0", "m1", "m2", "m3"].map(|member| town.node(&genesis, member));
    let mut sealer = Sealer::new(&genesis);
    let [first, second] = [0, 1].map(|number| blocks(&genesis, &mut sealer, number..number + 1).remove(0));
    let rival = blocks(&genesis, &mut sealer.clone(), 50..51).remove(0);
    let [third, fourth] = [2, 3].map(|number| blocks(&genesis, &mut sealer, number..number + 1).remove(0));

    let desks = start(&nodes).await;
    town.publish(&genesis, &first).await;
    for desk in &desks {
        until(desk, "final", |status| status.final_height == 1).await;
    }
    ended(&nodes, desks).await;
    let nodes = nodes.map(|node| again(&node));
    let (store, backup) = (nodes[0].data.join("ledger"), town.dir().join("backup"));
    copy(&store, &backup);
    let mut desks = start(&nodes).await;
    town.publish(&genesis, &second).await;
    for desk in &desks {
        until(desk, "final", |status| status.final_height == 2).await;
    }
    // Whoever has vouched for it was told by the others what it may vouch for.
    for member in ["m0", "m1"] {
        town.hears(&genesis, member, 2).await;
    }
    ended(&nodes[2..], desks.split_off(2)).await;
    town.publish(&genesis, &third).await;
    for member in ["m0", "m1"] {
        town.hears(&genesis, member, 3).await;
    }
    ended(&nodes[..2], desks).await;
    let nodes = nodes.map(|node| again(&node));

    std::fs::remove_dir_all(&store).unwrap();
    copy(&backup, &store);
    let town = town.lose_streams(&genesis).await;
    for block in [&first, &second, &rival] {
        town.publish(&genesis, block).await;
    }
    let restored = crate::start(nodes[0].clone(), None).await.unwrap();
    let holds = |hash| move |status: &wire::ledger::Status| status.height == 3 && status.block == hash;
    until(&restored, "the rival", holds(rival.hash())).await;
    let other = crate::start(nodes[1].clone(), None).await.unwrap();
    until(&restored, "its own block again", holds(third.hash())).await;

    let town = town.lose_streams(&genesis).await;
    for block in [&first, &second, &third, &fourth] {
        town.publish(&genesis, block).await;
    }
    let desks = vec![restored, other, crate::start(nodes[2].clone(), None).await.unwrap()];
    for desk in &desks {
        until(desk, "final", |status| status.final_height == 4 && status.halted.is_none()).await;
    }
    ended(&nodes[..3], desks).await;
}
