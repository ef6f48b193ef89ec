//! `kill -9` of every kind of process, one after the other, under load: nothing that had a receipt is lost, and nobody
//! lends a hand.

use std::collections::BTreeSet;

use domain::event::EventId;
use proof::digest::Digest;

use crate::gathered::check;
use crate::load::Load;
use crate::world::{MANAGERS, MEMBERS, World, until};

const REPORTER: &str = MANAGERS[0];

/// One sealer and, besides the reporter's own, another endorsement node.
const SERVICES: [(&str, &str); 5] = [
    ("endorsement", MANAGERS[0]),
    ("endorsement", MANAGERS[1]),
    ("ordering", MANAGERS[0]),
    ("reporting", REPORTER),
    ("alerts", MEMBERS[3]),
];

/// Events that get their receipts while a service is away: about a second's.
const AWAY: usize = 80;

#[tokio::test(flavor = "multi_thread")]
async fn any_one_process_killed_under_load_loses_nothing_that_had_a_receipt() {
    let mut world = World::with(&SERVICES).await;
    let load = Load::start(&world, REPORTER);
    load.goes_final(&world).await;
    // With the service, whether reports are taken without it too: then it stays away for some of them.
    let kills = [
        ("reporting", REPORTER, false),
        ("endorsement", MANAGERS[0], true),
        ("ordering", MANAGERS[0], true),
        // The ledger that the killed services ask first, and the one that alerts follow.
        ("ledger", MANAGERS[0], true),
        ("alerts", MEMBERS[3], true),
        ("ledger", MEMBERS[3], true),
    ];
    for (service, member, others_take) in kills {
        world.kill(service, member);
        if others_take {
            load.goes_on(AWAY).await;
        }
        world.start(service, member).await;
        load.goes_final(&world).await;
    }
    world.kill_nats().await;
    world.start_nats().await;
    load.goes_final(&world).await;
    let sent = load.end().await;
    assert!(sent.receipts.len() > 200, "a load of {} events shows nothing", sent.receipts.len());
    assert!(sent.watched > 0, "no level was watched");
    check(&world, &sent.receipts).await;
    every_directive_rings(&world, &sent.directives).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_processes_killed_at_once_under_load_lose_nothing_that_had_a_receipt() {
    let mut world = World::with(&SERVICES).await;
    let load = Load::start(&world, REPORTER);
    load.goes_final(&world).await;
    for _ in 0..2 {
        load.goes_on(AWAY).await;
        world.kill_nats().await;
        let killed = world.kill_all();
        world.start_nats().await;
        world.start_all(&killed).await;
        load.goes_final(&world).await;
    }
    let sent = load.end().await;
    check(&world, &sent.receipts).await;
    every_directive_rings(&world, &sent.directives).await;
}

/// What is final rings: each directive is in the alert stream.
pub async fn every_directive_rings(world: &World, directives: &BTreeSet<EventId>) {
    assert!(!directives.is_empty());
    until("every directive in the alert stream", async || {
        let rung = rung(world).await?;
        directives.is_subset(&rung).then_some(())
    })
    .await;
}

/// The events that alerts in the stream come from.
async fn rung(world: &World) -> Option<BTreeSet<EventId>> {
    let stream = wire::subject::alert_stream().name;
    let state = world.bus.stream_state(&stream).await.ok()?;
    let mut events = BTreeSet::new();
    for sequence in state.first..=state.last {
        let message = world.bus.message(&stream, sequence).await.ok()??;
        let alert: serde_json::Value = serde_json::from_slice(&message.payload).ok()?;
        events.insert(Digest::parse(alert["event"].as_str()?)?);
    }
    Some(events)
}
