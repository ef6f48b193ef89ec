//! The core over real files: the same end whatever the batches, restarts or places it is replayed from, and no damaged
//! byte that goes unnoticed and matters.

use std::path::{Path, PathBuf};

use domain::chain::Lane;
use domain::genesis::Genesis;
use proof::merkle::verify_inclusion;
use wire::ledger::{EntryKind, LogEntry};

use super::*;
use crate::progress::Finals;
use crate::reader::Reader;
use crate::rig::{self, Sealer};

fn chain() -> Arc<Chain> {
    Arc::new(Chain::new(rig::genesis("cn.32", 4, &[])))
}

/// Blocks with deposits, counts, repeats, a junk message and an empty block; `size` events each.
fn history(genesis: &Arc<Genesis>, blocks: u64, size: u64) -> Vec<Block> {
    let mut sealer = Sealer::new(genesis);
    let mut all = Vec::new();
    for number in 0..blocks {
        let first = number * size;
        let mut events = (first..first + size).map(|event| rig::deposit(genesis, event)).collect::<Vec<_>>();
        // The last event of the block before comes again.
        if let Some(repeated) = first.checked_sub(1) {
            events.push(rig::deposit(genesis, repeated));
        }
        // One whose last byte was changed: its signature does not hold.
        let mut forged = rig::deposit(genesis, 1_000_000 + number);
        forged[40] ^= 1;
        events.push(forged);
        all.push(sealer.block(Lane::Normal, events, None));
        all.push(sealer.block(Lane::Urgent, vec![rig::daily(genesis, 2_000_000 + number, number)], None));
    }
    all.push(sealer.junk());
    all.push(sealer.block(Lane::Normal, Vec::new(), None));
    all
}

fn extend(core: &mut Core, blocks: &[Block]) -> Vec<Executed> {
    core.extend(blocks, &[], &Beside::default()).unwrap()
}

fn reader(core: &Core, chain: &Arc<Chain>) -> Reader {
    Reader::new(Arc::clone(chain), core.spaces().clone(), Arc::new(Finals::default()))
}

fn log(core: &Core, chain: &Arc<Chain>) -> Vec<LogEntry> {
    reader(core, chain).log(0, u64::MAX, usize::MAX, usize::MAX, core.head()).unwrap()
}

#[test]
fn any_batches_and_restarts_end_at_the_same_digests() {
    let chain = chain();
    let blocks = history(&chain.genesis, 6, 20);
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut first = Core::open(one.path(), Arc::clone(&chain)).unwrap();
    let single = blocks.iter().flat_map(|block| extend(&mut first, std::slice::from_ref(block))).collect::<Vec<_>>();
    let mut batched = Vec::new();
    for batch in blocks.chunks(5) {
        // Opened anew for every batch: what is on disk is all there is.
        let mut second = Core::open(two.path(), Arc::clone(&chain)).unwrap();
        batched.extend(extend(&mut second, batch));
    }
    let second = Core::open(two.path(), Arc::clone(&chain)).unwrap();
    assert_eq!(batched, single);
    assert_eq!(second.head(), first.head());
    assert_eq!(log(&second, &chain), log(&first, &chain));
    first.scrub().unwrap();
    second.scrub().unwrap();
    // 6 x (20 deposits + forged + block leaf + daily + block leaf + a summary at most) and the junk and empty blocks.
    let entries = log(&first, &chain);
    let count = |kind| entries.iter().filter(|entry| entry.kind == kind).count();
    assert_eq!((count(EntryKind::Block), count(EntryKind::Event)), (14, 6 * 22 + 1));
    assert!(count(EntryKind::Summary) >= 1);
    assert_eq!(entries.iter().filter(|entry| entry.kind == EntryKind::Event && entry.code != 0).count(), 7);
}

#[test]
fn every_event_is_proven_at_every_later_checkpoint_and_found_by_index() {
    let chain = chain();
    let blocks = history(&chain.genesis, 4, 40);
    let dir = tempfile::tempdir().unwrap();
    let mut core = Core::open(dir.path(), Arc::clone(&chain)).unwrap();
    let checkpoints = extend(&mut core, &blocks);
    let reader = reader(&core, &chain);
    for number in [0, 1, 39, 40, 159] {
        let signed = rig::deposit(&chain.genesis, number);
        let id = rig::id(&chain.genesis, &signed);
        for Executed { height, checkpoint, .. } in &checkpoints {
            let step = reader.step(&id, checkpoint.size).unwrap();
            let Some(step) = step else {
                assert!(*height < 2 * (number / 40) + 1, "event {number} is in block {}", 2 * (number / 40) + 1);
                continue;
            };
            assert_eq!(step.signed, signed);
            let leaf = Leaf::from_bytes(&step.leaf).unwrap().hash();
            assert!(verify_inclusion(&leaf, step.index, checkpoint.size, &step.inclusion, &checkpoint.root));
        }
    }
    let all = log(&core, &chain);
    assert_eq!(all.len() as u64, core.head().size);
    for from in (0..core.head().size).step_by(13) {
        let page = reader.log(from, u64::MAX, 3, usize::MAX, core.head()).unwrap();
        assert_eq!(page.first(), all.get(usize::try_from(from).unwrap()));
    }
    for Executed { height, checkpoint, .. } in &checkpoints {
        assert_eq!(reader.height_at(checkpoint.size).unwrap(), Some(*height));
        assert_eq!(reader.root_at(checkpoint.size).unwrap(), checkpoint.root);
    }
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

fn copy(from: &Path, to: &Path) {
    for file in files(from) {
        let target = to.join(file.strip_prefix(from).unwrap());
        std::fs::create_dir_all(target.parent().unwrap()).unwrap();
        std::fs::copy(&file, target).unwrap();
    }
}

#[test]
fn a_flipped_byte_is_named_or_changes_nothing() {
    let chain = chain();
    let blocks = history(&chain.genesis, 3, 10);
    let whole = tempfile::tempdir().unwrap();
    let expected = {
        let mut core = Core::open(whole.path(), Arc::clone(&chain)).unwrap();
        blocks.chunks(2).for_each(|batch| drop(extend(&mut core, batch)));
        log(&core, &chain)
    };
    let (mut named, mut unused) = (0, 0);
    for file in files(whole.path()) {
        let name = file.strip_prefix(whole.path()).unwrap();
        let bytes = std::fs::read(&file).unwrap();
        // Files are written ahead in zeroes; what lies behind the last written byte is no data.
        let written = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        // The log of batches holds nearly all the data here; the others are a few bytes each.
        let samples = if written > 4096 { 16 } else { 1 };
        for place in (0..written).step_by((written / samples).max(1)) {
            let hurt = tempfile::tempdir().unwrap();
            copy(whole.path(), hurt.path());
            let mut bytes = bytes.clone();
            bytes[place] ^= 0x10;
            std::fs::write(hurt.path().join(name), bytes).unwrap();
            let opened = Core::open(hurt.path(), Arc::clone(&chain)).and_then(|core| core.scrub().map(|()| core));
            match opened {
                Err(error) => {
                    assert!(!error.to_string().is_empty());
                    named += 1;
                }
                Ok(core) => {
                    // A torn last batch is dropped whole: the log is then a shorter one and goes on from there.
                    let entries = log(&core, &chain);
                    assert!(expected.starts_with(&entries), "{} at {place} was not noticed", name.display());
                    unused += 1;
                }
            }
        }
    }
    assert!(named > 20, "{named} named, {unused} unused");
}

#[test]
fn a_lost_state_entry_is_named() {
    let chain = chain();
    let dir = tempfile::tempdir().unwrap();
    let mut core = Core::open(dir.path(), Arc::clone(&chain)).unwrap();
    extend(&mut core, &history(&chain.genesis, 1, 3));
    let spaces = core.spaces().clone();
    let (key, _) = spaces.state.prefix(b"event/").next().unwrap().unwrap();
    let mut batch = spaces.store.batch();
    batch.delete(&spaces.state, key);
    spaces.store.commit(batch).unwrap();
    assert!(core.scrub().unwrap_err().to_string().contains("does not add up"));
}
