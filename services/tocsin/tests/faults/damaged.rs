//! A ledger whose files were changed on the disk: it names the damage, answers nothing wrong, and is whole again from the
//! block stream or, when that is gone too, from the other ledgers.

use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use crate::gathered::check;
use crate::load::Load;
use wire::ledger::LogEntry;

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

    let store = world.data("ledger", VICTIM).join("ledger/ledger");
    let mut named = 0;
    for (file, place) in files(&store).iter().flat_map(|file| PLACES.map(|place| (file.clone(), place))) {
        // A rebuilt store does not have every file of the one before.
        if file.exists() {
            flip(&file, place);
            named += usize::from(recovers(&mut world, &whole).await);
            world.kill("ledger", VICTIM);
        }
    }
    assert!(named > 10, "of all the damage only {named} pieces were named");
    world.start("ledger", VICTIM).await;
    check(&world, &sent.receipts).await;

    // The same with nothing in the block stream: the blocks come from the other ledgers.
    world.kill("ledger", VICTIM);
    flip(&largest(&store), 2);
    world.kill("ordering", MANAGERS[0]);
    world.kill_nats().await;
    std::fs::remove_dir_all(world.streams().join(wire::subject::block_stream(&world.genesis.chain).name)).unwrap();
    world.start_nats().await;
    assert!(recovers(&mut world, &whole).await, "damage in the largest file was not named");
    world.start("ordering", MANAGERS[0]).await;
    check(&world, &sent.receipts).await;
    let load = Load::start(&world, MANAGERS[0]);
    load.goes_final(&world).await;
    let more = load.end().await;
    check(&world, &sent.receipts.union(&more.receipts).copied().collect()).await;
}

/// Starts the victim: whatever it answers until it is whole is a beginning of the true log or a refusal. True if it named
/// damage and built itself anew.
async fn recovers(world: &mut World, whole: &[LogEntry]) -> bool {
    world.spawn("ledger", VICTIM);
    let (ledger, other) = (world.ledger(VICTIM), world.ledger(MEMBERS[0]));
    until("the damaged ledger whole again", async || {
        let Ok(entries) = ledger.read_log(0, 500, 0, false).await else { return None };
        let known = entries.len().min(whole.len());
        assert_eq!(entries[..known], whole[..known], "it answered what is not in the log");
        if known < whole.len() {
            return None;
        }
        let (ours, theirs) = (ledger.status().await.ok()?, other.status().await.ok()?);
        // Nothing is sent meanwhile, so they end at one height, and must agree there.
        assert!(ours.height != theirs.height || ours.state_digest == theirs.state_digest, "{ours:?} {theirs:?}");
        (ours.height == theirs.height && ours.final_height == theirs.height).then_some(())
    })
    .await;
    world.opened("ledger", VICTIM).await;
    let said = world.process("ledger", VICTIM).said();
    said.iter().any(|line| line.contains("rebuilding the ledger"))
}

/// Every file below a directory that holds something, in name order.
fn files(dir: &Path) -> Vec<PathBuf> {
    let (mut waiting, mut found) = (vec![dir.to_owned()], Vec::new());
    while let Some(path) = waiting.pop() {
        match path.is_dir() {
            true => waiting.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path())),
            false if written(&path) > 0 => found.push(path),
            false => {}
        }
    }
    found.sort();
    found
}

fn largest(dir: &Path) -> PathBuf {
    files(dir).into_iter().max_by_key(|path| written(path)).unwrap()
}

/// How much of a file is used: stores make their files larger than what they hold.
fn written(path: &Path) -> usize {
    let bytes = std::fs::read(path).unwrap();
    bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1)
}

/// Where files are hurt: in the first, the middle and the last byte of what they hold.
const PLACES: [usize; 3] = [1, 2, 3];

/// Flips a bit at a place.
fn flip(path: &Path, place: usize) {
    let at = (written(path).saturating_sub(1)) * (place - 1) / 2;
    let mut file = std::fs::OpenOptions::new().read(true).write(true).open(path).unwrap();
    let mut byte = [0];
    file.seek(SeekFrom::Start(at as u64)).unwrap();
    file.read_exact(&mut byte).unwrap();
    file.seek(SeekFrom::Start(at as u64)).unwrap();
    file.write_all(&[byte[0] ^ 1]).unwrap();
}
