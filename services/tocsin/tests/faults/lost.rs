//! A nats-server that comes back with less than it acknowledged: nothing final is lost, what had a receipt becomes final,
//! and finality goes on by itself.

use std::path::Path;

use domain::chain::Lane;
use wire::subject;

use crate::gathered::check;
use crate::kills::every_directive_rings;
use crate::load::Load;
use crate::world::{MANAGERS, World, copy};

const SERVICES: [(&str, &str); 6] = [
    ("endorsement", MANAGERS[0]),
    ("endorsement", MANAGERS[1]),
    // Two sealers: both find the loss, and one of them mends it.
    ("ordering", MANAGERS[0]),
    ("ordering", MANAGERS[1]),
    ("reporting", MANAGERS[0]),
    ("alerts", MANAGERS[1]),
];

/// Takes a copy of all streams, then loses what some of them got after it, under load.
async fn lose_the_tail(streams: &[String]) {
    let mut world = World::with(&SERVICES).await;
    let load = Load::start(&world, MANAGERS[0]);
    load.goes_final(&world).await;
    world.kill_nats().await;
    copy(&world.streams(), &world.path("older"));
    world.start_nats().await;
    load.goes_final(&world).await;
    let mut before = Vec::new();
    for stream in streams {
        before.push(world.bus.stream_state(stream).await.unwrap().last);
    }
    world.kill_nats().await;
    for stream in streams {
        replace(&world.streams().join(stream), &world.path("older").join(stream));
    }
    world.start_nats().await;
    load.goes_final(&world).await;
    let sent = load.end().await;
    let ledgers = check(&world, &sent.receipts).await;
    assert!(ledgers.iter().all(|ledger| ledger.status.halted.is_none()));
    for (stream, before) in streams.iter().zip(before) {
        let after = world.bus.stream_state(stream).await.unwrap().last;
        assert!(after >= before, "{stream} ended at {before} and ends at {after}");
    }
    every_directive_rings(&world, &sent.directives).await;
}

pub fn replace(now: &Path, older: &Path) {
    assert!(older.exists(), "{} was not copied", older.display());
    std::fs::remove_dir_all(now).unwrap();
    copy(older, now);
}

fn chain() -> domain::chain::ChainPath {
    domain::chain::ChainPath::parse(crate::world::CHAIN).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_stream_that_lost_its_tail_is_put_back_and_finality_goes_on() {
    lose_the_tail(&[subject::block_stream(&chain()).name]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lane_that_lost_its_tail_is_filled_and_what_it_lost_is_sent_again() {
    lose_the_tail(&[subject::intake_stream(Lane::Normal, &chain()).name]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_comes_back_as_it_was_some_time_ago_loses_nothing() {
    let lanes = Lane::ALL.map(|lane| subject::intake_stream(lane, &chain()).name);
    // The high lane is empty: nobody votes here.
    let used = lanes.into_iter().filter(|name| !name.contains(Lane::High.name()));
    lose_the_tail(
        &used.chain([subject::block_stream(&chain()).name, subject::alert_stream().name]).collect::<Vec<_>>(),
    )
    .await;
}

/// Seen to fail with streams made at the start of the services only: nothing of the lane was final any more.
#[tokio::test(flavor = "multi_thread")]
async fn streams_that_the_servers_operator_deletes_are_made_anew_and_lose_nothing() {
    let world = World::with(&SERVICES).await;
    let load = Load::start(&world, MANAGERS[0]);
    load.goes_final(&world).await;
    let streams = [subject::intake_stream(Lane::Normal, &chain()), subject::block_stream(&chain())];
    for stream in streams {
        let delete = format!("$JS.API.STREAM.DELETE.{}", stream.name);
        world.bus.request(&delete, "".into(), std::time::Duration::from_secs(5)).await.unwrap();
        assert!(world.bus.stream_state(&stream.name).await.is_err(), "{} is still there", stream.name);
        load.goes_final(&world).await;
    }
    let sent = load.end().await;
    let ledgers = check(&world, &sent.receipts).await;
    assert!(ledgers.iter().all(|ledger| ledger.status.halted.is_none()));
    every_directive_rings(&world, &sent.directives).await;
}
