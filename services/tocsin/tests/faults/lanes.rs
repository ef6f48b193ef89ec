//! Urgency: an urgent event overtakes whatever waits, and a normal one waits no longer than its place in its lane, whatever
//! is urgent (I9). The bundles go to the intake streams directly, so that the queues are long before anybody seals.

use std::collections::{BTreeMap, BTreeSet};

use bus::Publish;
use domain::chain::Lane;
use domain::event::EventId;
use proof::block::Block;

use crate::events::{bundle, case, id, signed};
use crate::gathered::check;
use crate::invariants::Answers;
use crate::world::{MANAGERS, MEMBERS, World, until};

/// Whose bundles these are; its endorsement node does not run.
const ENDORSER: &str = MANAGERS[1];
/// Normal events that wait.
const QUEUE: u64 = 10_000;
/// A block may be on its way while a bundle is acknowledged; the next one must have it.
const ON_ITS_WAY: u64 = 1;

/// Publishes bundles of new events and gives the events' ids by bundle number.
async fn publish(world: &World, lane: Lane, numbers: std::ops::RangeInclusive<u64>, each: u64) -> Vec<Vec<EventId>> {
    let mut ids = Vec::new();
    let mut sends = Vec::new();
    for number in numbers {
        let place = number * 100_000 + lane.index() as u64 * 1_000_000_000;
        let events: Vec<_> = (0..each).map(|n| signed(world, MEMBERS[2], lane, place + n, case())).collect();
        ids.push(events.iter().map(|event| id(world, event)).collect());
        let message = bundle(world, ENDORSER, lane, number, events);
        let subject = wire::subject::intake(lane, &world.genesis.chain);
        sends.push((subject, message));
    }
    for (subject, message) in sends {
        world.bus.publish(&subject, message.into(), Publish::default()).await.unwrap();
    }
    ids
}

async fn streams(world: &World) {
    for lane in Lane::ALL {
        world.bus.ensure_stream(&wire::subject::intake_stream(lane, &world.genesis.chain)).await.unwrap();
    }
}

/// The height of the last block in the stream.
async fn height(world: &World) -> u64 {
    world.bus.stream_state(&wire::subject::block_stream(&world.genesis.chain).name).await.map_or(0, |state| state.last)
}

/// The height of the block that holds each intake sequence of a lane.
fn heights(ledger: &Answers, lane: Lane) -> BTreeMap<u64, u64> {
    let blocks = ledger.blocks.iter().map(|bytes| Block::from_bytes(bytes).unwrap().header);
    blocks
        .flat_map(|header| {
            let range = &header.lanes[lane.index()];
            (range.first..=range.last).map(move |sequence| (sequence, header.height)).collect::<Vec<_>>()
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_urgent_event_overtakes_ten_thousand_normal_ones() {
    let mut world = World::with(&[]).await;
    streams(&world).await;
    let each = wire::bundle::MAX_EVENTS as u64;
    let bundles = QUEUE.div_ceil(each);
    let mut ids = publish(&world, Lane::Normal, 1..=bundles, each).await;
    ids.extend(publish(&world, Lane::Urgent, 1..=1, 1).await);
    // The urgent one came last; the first blocks are cut of the longest queue.
    world.start("ordering", MANAGERS[0]).await;
    until("the queue is worked on", async || (height(&world).await >= 3).then_some(())).await;
    let before = height(&world).await;
    ids.extend(publish(&world, Lane::Urgent, 2..=2, 1).await);
    let after = height(&world).await;
    let receipts: BTreeSet<_> = ids.into_iter().flatten().collect();
    assert!(receipts.len() as u64 > QUEUE);
    let ledgers = check(&world, &receipts).await;
    let (urgent, normal) = (heights(&ledgers[0], Lane::Urgent), heights(&ledgers[0], Lane::Normal));
    assert!(urgent[&1] <= 1 + ON_ITS_WAY, "the first urgent event waited until block {}", urgent[&1]);
    assert!(
        before < urgent[&2] && urgent[&2] <= after + 1 + ON_ITS_WAY,
        "sent between blocks {before} and {after}, the second urgent event is in block {}",
        urgent[&2]
    );
    let last = *normal.values().last().unwrap();
    assert!(urgent[&2] + 2 < last, "a queue that ends at block {last} was not overtaken");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_normal_event_waits_at_most_the_bound_under_an_urgent_flood() {
    let mut world = World::with(&[]).await;
    streams(&world).await;
    let (normal, flood) = (10, 200);
    let mut ids = publish(&world, Lane::Urgent, 1..=flood, 40).await;
    ids.extend(publish(&world, Lane::Normal, 1..=normal, 40).await);
    world.start("ordering", MANAGERS[0]).await;
    let receipts = ids.into_iter().flatten().collect();
    let ledgers = check(&world, &receipts).await;
    let (urgent, normal) = (heights(&ledgers[0], Lane::Urgent), heights(&ledgers[0], Lane::Normal));
    assert!(urgent.len() == 20 * normal.len(), "a flood of twenty times as much");
    let last = *urgent.values().last().unwrap();
    for (sequence, height) in &normal {
        // At least one bundle of every waiting lane is in every block.
        assert!(*height <= sequence + ON_ITS_WAY, "normal bundle {sequence} waited until block {height}");
    }
    assert!(last > normal.len() as u64 + ON_ITS_WAY, "the flood ended at block {last}, before anybody had to wait");
}
