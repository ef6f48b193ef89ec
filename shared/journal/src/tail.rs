//! Looks at the write-ahead journal before the engine does.
//!
//! The engine replays a journal up to the first entry that it can't parse and cuts the file there. That is right for a
//! batch that a crash cut short, and wrong for a damaged byte in the middle: all that was committed after it would be
//! forgotten without a word. Both look different: a crash leaves the beginning of one batch and then zeros or nothing,
//! while a damaged journal still has the end mark of a batch behind the place that does not parse.
//!
//! The engine also trusts a batch's sequence number, which no checksum covers: one that falls back would make it skip
//! the batch as written to tables already. So these must rise, over all journals in their order.
//!
//! Not found: a damaged sequence number in the very first batch of the oldest journal. A last batch whose pages a power failure wrote in part including its end is called damaged too (the
//! engine refuses it as well, by its checksum). Whether the content of a batch is right its checksum tells, in the engine.

use crate::error::JournalError;
use std::io::Read;
use std::path::Path;

/// The end of every batch in the engine's format 3.
const END_MARK: &[u8; 4] = b"FJL\x03";

/// Whether a file is a write-ahead journal.
pub(crate) fn is_journal(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "jnl")
}

/// Fails if a journal in `dir` does not parse at a place that a crash can't explain.
pub(crate) fn check(dir: &Path) -> Result<(), JournalError> {
    let mut journals = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        let path = entry?.path();
        if is_journal(&path) {
            let number: u64 = path.file_stem().and_then(|stem| stem.to_str()?.parse().ok()).unwrap_or(0);
            journals.push((number, path));
        }
    }
    journals.sort();
    let mut sequence = None;
    for (number, path) in journals {
        let bytes = written(&path)?;
        let good = parsed(&bytes, &mut sequence);
        if bytes.get(good..).is_some_and(ended) {
            let what = format!("{number}.jnl can't be read from byte {good} on, though more was written behind it");
            return Err(JournalError::DamagedFiles { dir: dir.to_owned(), what });
        }
    }
    Ok(())
}

/// A journal without the zeros at its end: the engine makes the file 64 MiB long at once and fills it from the front.
fn written(path: &Path) -> std::io::Result<Vec<u8>> {
    // Compared as a whole, a block of zeros costs no more than reading it.
    static ZEROS: [u8; 64 * 1024] = [0; 64 * 1024];
    let mut file = std::fs::File::open(path)?;
    let (mut bytes, mut zeros, mut block) = (Vec::new(), 0, Vec::new());
    loop {
        block.clear();
        let read = (&mut file).take(ZEROS.len() as u64).read_to_end(&mut block)?;
        if read == 0 {
            return Ok(bytes);
        }
        if ZEROS.starts_with(&block) {
            zeros += read;
        } else {
            bytes.resize(bytes.len() + zeros, 0);
            bytes.append(&mut block);
            zeros = 0;
        }
    }
}

/// How many bytes of whole batches a journal begins with. `sequence` is the last one's, of this or an earlier journal.
fn parsed(bytes: &[u8], sequence: &mut Option<u64>) -> usize {
    let mut rest = bytes;
    let mut good = 0;
    while let Some((found, after)) = batch(rest) {
        if sequence.is_some_and(|last| found <= last) || found > MAX_SEQUENCE {
            break;
        }
        *sequence = Some(found);
        good = bytes.len() - after.len();
        rest = after;
    }
    good
}

/// The sequence number of the batch at the beginning and what follows it, or none if there is no whole one.
fn batch(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let (start, mut rest) = bytes.split_at_checked(START_BYTES)?;
    if *start.first()? != 1 {
        return None;
    }
    let count = u32::from_le_bytes(start.get(1..5)?.try_into().ok()?);
    let sequence = u64::from_le_bytes(start.get(5..13)?.try_into().ok()?);
    for _ in 0..count {
        rest = item(rest)?;
    }
    let (end, rest) = rest.split_at_checked(END_BYTES)?;
    (*end.first()? == 3 && end.ends_with(END_MARK)).then_some((sequence, rest))
}

/// Two million commits a second for a century stay below it, and a damaged high byte does not.
const MAX_SEQUENCE: u64 = 1 << 53;
/// Tag, item count, sequence number.
const START_BYTES: usize = 1 + 4 + 8;
/// Tag, checksum, end mark.
const END_BYTES: usize = 1 + 8 + 4;
/// Tag, value type, compression, keyspace, key length, value length, length on disk.
const ITEM_BYTES: usize = 1 + 1 + 1 + 8 + 2 + 4 + 4;

fn item(bytes: &[u8]) -> Option<&[u8]> {
    let (head, rest) = bytes.split_at_checked(ITEM_BYTES)?;
    let (tag, kind, compression) = (*head.first()?, *head.get(1)?, *head.get(2)?);
    let key = u16::from_le_bytes(head.get(11..13)?.try_into().ok()?);
    let value = u32::from_le_bytes(head.get(13..17)?.try_into().ok()?);
    let stored = u32::from_le_bytes(head.get(17..21)?.try_into().ok()?);
    // We write values and tombstones only, and journals without compression: the engine takes a value that does not
    // unpack for the end of the journal.
    if tag != 2 || kind > 1 || compression != 0 || value != stored {
        return None;
    }
    rest.get(usize::from(key) + usize::try_from(stored).ok()?..)
}

/// Whether there is the end of a batch among bytes that do not parse: anywhere, or, with one byte of it damaged, as the
/// last thing written.
fn ended(rest: &[u8]) -> bool {
    let written = rest.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    let written = rest.get(..written).unwrap_or_default();
    let alike = written.last_chunk::<4>().map_or(0, |last| last.iter().zip(END_MARK).filter(|(a, b)| a == b).count());
    alike + 1 >= END_MARK.len() || written.windows(END_MARK.len()).any(|window| window == END_MARK)
}
