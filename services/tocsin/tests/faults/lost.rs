//! A nats-server that comes back with less than it acknowledged: nothing final is lost, what had a receipt becomes final,
//! and finality goes on by itself.

use std::path::Path;

use domain::chain::Lane;
use wire::subject;

use crate::gathered::check;
use crate::load::Load;
use crate::world::{MANAGERS, World, copy};

const SERVICES: [(&str, &str); 5] = [
    ("endorsement", MANAGERS[0]),
    ("endorsement", MANAGERS[1]),
    // Two sealers: both find the loss, and one of them mends it.
    ("ordering", MANAGERS[0]),
    ("ordering", MANAGERS[1]),
    ("reporting", MANAGERS[0]),
];

/// Takes a copy of all streams, then loses what one of them got after it, under load.
async fn lose_the_tail(stream: &str) {
    let mut world = World::with(&SERVICES).await;
    let load = Load::start(&world, MANAGERS[0]);
    load.goes_final(&world).await;
    world.kill_nats().await;
    copy(&world.streams(), &world.path("older"));
    world.start_nats().await;
    load.goes_final(&world).await;
    let before = world.bus.stream_state(stream).await.unwrap();
    world.kill_nats().await;
    replace(&world.streams().join(stream), &world.path("older").join(stream));
    world.start_nats().await;
    let said = || std::fs::read_to_string(world.path("nats/nats-server.log")).unwrap_or_default();
    load.goes_final(&world).await;
    let sent = load.end().await;
    let ledgers = check(&world, &sent.receipts).await;
    let after = world.bus.stream_state(stream).await.unwrap();
    assert!(after.last > before.last, "{stream} ended at {} and ends at {}; {}", before.last, after.last, said());
    assert!(ledgers.iter().all(|ledger| ledger.status.halted.is_none()));
}

fn replace(now: &Path, older: &Path) {
    assert!(older.exists(), "{} was not copied", older.display());
    std::fs::remove_dir_all(now).unwrap();
    copy(older, now);
}

fn chain() -> domain::chain::ChainPath {
    domain::chain::ChainPath::parse(crate::world::CHAIN).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_stream_that_lost_its_tail_is_put_back_and_finality_goes_on() {
    lose_the_tail(&subject::block_stream(&chain()).name).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lane_that_lost_its_tail_is_filled_and_what_it_lost_is_sent_again() {
    lose_the_tail(&subject::intake_stream(Lane::Normal, &chain()).name).await;
}
