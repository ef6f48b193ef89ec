//! A ledger whose files were changed on the disk: it names the damage, answers nothing wrong, and is whole again from the
//! block stream or, when that is gone too, from the other ledgers.

use std::path::{Path, PathBuf};

use crate::gathered::check;
use crate::load::Load;
use crate::world::{MANAGERS, MEMBERS, World, until};

const SERVICES: [(&str, &str); 3] =
    [("endorsement", MANAGERS[0]), ("ordering", MANAGERS[0]), ("reporting", MANAGERS[0])];
/// The one that is hurt.
const VICTIM: &str = MEMBERS[3];

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_ledger_refuses_to_serve_and_recovers_from_the_stream_or_a_peer() {
    let mut world = World::with(&SERVICES).await;
    let load = Load::start(&world, MANAGERS[0]);
    load.goes_final(&world).await;
    world.kill("ledger", VICTIM);
    load.goes_final(&world).await;
    let sent = load.end().await;
    let whole = world.ledger(MEMBERS[0]).read_log(0, 500, 0, true).await.unwrap();

    hurt(&world.data("ledger", VICTIM));
    refuses_then_recovers(&mut world, &whole, 1).await;
    check(&world, &sent.receipts).await;

    // The same with nothing in the block stream: the blocks come from the other ledgers.
    world.kill("ledger", VICTIM);
    hurt(&world.data("ledger", VICTIM));
    world.kill("ordering", MANAGERS[0]);
    world.kill_nats().await;
    std::fs::remove_dir_all(world.streams().join(wire::subject::block_stream(&world.genesis.chain).name)).unwrap();
    world.start_nats().await;
    refuses_then_recovers(&mut world, &whole, 2).await;
    world.start("ordering", MANAGERS[0]).await;
    check(&world, &sent.receipts).await;
    let load = Load::start(&world, MANAGERS[0]);
    load.goes_final(&world).await;
    let more = load.end().await;
    check(&world, &sent.receipts.union(&more.receipts).copied().collect()).await;
}

/// Starts the victim: whatever it answers until it is whole is a beginning of the true log or a refusal.
async fn refuses_then_recovers(world: &mut World, whole: &[wire::ledger::LogEntry], times: usize) {
    world.spawn("ledger", VICTIM);
    let ledger = world.ledger(VICTIM);
    until("the damaged ledger whole again", async || {
        let Ok(entries) = ledger.read_log(0, 500, 0, false).await else { return None };
        let known = entries.len().min(whole.len());
        assert_eq!(entries[..known], whole[..known], "it answered what is not in the log");
        (known == whole.len()).then_some(())
    })
    .await;
    world.start_known("ledger", VICTIM).await;
    let said = world.process("ledger", VICTIM).said();
    assert!(said.iter().any(|line| line.contains("rebuilding the ledger")), "the damage was not named: {said:#?}");
    let aside =
        PathBuf::from(format!("{}.damaged-{times}", world.data("ledger", VICTIM).join("ledger/ledger").display()));
    assert!(aside.exists(), "{} was not kept", aside.display());
}

/// Flips a bit in the middle of what the largest file holds.
fn hurt(dir: &Path) {
    let mut files = vec![dir.to_owned()];
    let mut largest: Option<(usize, PathBuf)> = None;
    while let Some(path) = files.pop() {
        if path.to_string_lossy().contains(".damaged-") {
            continue;
        }
        if path.is_dir() {
            files.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        let written = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        if largest.as_ref().is_none_or(|(most, _)| written > *most) {
            largest = Some((written, path));
        }
    }
    let (written, path) = largest.unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[written / 2] ^= 1;
    std::fs::write(path, bytes).unwrap();
}
