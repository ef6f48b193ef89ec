//! A ledger that claims more than it has: it stops no sealer.

use bytes::Bytes;
use domain::chain::Lane;
use domain::time::Millis;
use proof::digest::Digest;
use wire::ledger::{LedgerReply, LedgerRequest, Status};

use crate::events::{id, signed, today};
use crate::gathered::check;
use crate::repeated::{REPORTER, admit};
use crate::world::{MANAGERS, MEMBERS, World, until};

const LIAR: &str = MEMBERS[3];

/// A million blocks that never were, and a year that has not come.
fn boast(request: &[u8]) -> LedgerReply {
    match LedgerRequest::decode(request) {
        Ok(LedgerRequest::FetchBlocks { .. }) => LedgerReply::Blocks(Vec::new()),
        _ => LedgerReply::Status(Status {
            height: 1_000_000,
            block: Digest::of(b"no block"),
            chain_time: Millis(4_000_000_000_000),
            serving: true,
            ..Status::default()
        }),
    }
}

/// Without the proof of a height in `ordering`'s recovery the restarted sealer asks the liar for its blocks for ever.
#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_that_claims_blocks_it_does_not_have_stops_no_sealer() {
    let mut world = World::with(&[("endorsement", REPORTER), ("ordering", MANAGERS[0])]).await;
    let first = signed(&world, REPORTER, Lane::Normal, 1, today(7));
    admit(&world, REPORTER, &first).await;
    let ledger = world.ledger(MEMBERS[1]);
    let first = id(&world, &first);
    until("the event is final", async || ledger.event_status(first).await.ok()??.final_at).await;
    world.kill("ledger", LIAR);
    let subject = wire::subject::ledger(LIAR, &world.genesis.chain);
    let lying = world
        .bus
        .serve(&subject, 8, |request: Bytes, _| async move { Bytes::from(boast(&request).encode()) })
        .await
        .unwrap();
    world.kill("ordering", MANAGERS[0]);
    world.start("ordering", MANAGERS[0]).await;
    let second = signed(&world, REPORTER, Lane::Normal, 2, today(8));
    admit(&world, REPORTER, &second).await;
    let second = id(&world, &second);
    until("the event is final beside the liar", async || ledger.event_status(second).await.ok()??.final_at).await;
    lying.stop().await;
    world.start("ledger", LIAR).await;
    check(&world, &[first, second].into()).await;
}
