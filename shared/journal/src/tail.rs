//! Looks at the write-ahead journal before the engine does.
//!
//! The engine replays a journal up to the first entry that it can't parse and cuts the file there. That is right for a
//! batch that a crash cut short, and wrong for a damaged byte in the middle: all that was committed after it would be
//! forgotten without a word. Both look different: a crash leaves the beginning of one batch and then zeros or nothing,
//! while a damaged journal still has the end mark of a batch behind the place that does not parse.
//!
//! Not found: a last batch whose pages a power failure wrote in part including its end is called damaged too (the
//! engine refuses it as well, by its checksum). The values' checksums are the engine's and ours, checked elsewhere.

use crate::error::JournalError;
use std::path::Path;

/// The end of every batch in the engine's format 3.
const END_MARK: &[u8; 4] = b"FJL\x03";

/// Whether a file is a write-ahead journal.
pub(crate) fn is_journal(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "jnl")
}

/// Fails if a journal in `dir` does not parse at a place that a crash can't explain.
pub(crate) fn check(dir: &Path) -> Result<(), JournalError> {
    for entry in std::fs::read_dir(dir)? {
        let path = entry?.path();
        if !is_journal(&path) {
            continue;
        }
        let bytes = std::fs::read(&path)?;
        let good = parsed(&bytes);
        if bytes.get(good..).is_some_and(ended) {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let what = format!("{name} does not parse from byte {good} on, though later batches were written");
            return Err(JournalError::DamagedFiles { dir: dir.to_owned(), what });
        }
    }
    Ok(())
}

/// How many bytes of whole batches a journal begins with.
fn parsed(bytes: &[u8]) -> usize {
    let mut rest = bytes;
    let mut good = 0;
    while let Some(after) = batch(rest) {
        good = bytes.len() - after.len();
        rest = after;
    }
    good
}

/// What follows the batch at the beginning, or none if there is no whole one.
fn batch(bytes: &[u8]) -> Option<&[u8]> {
    let (start, mut rest) = bytes.split_at_checked(START_BYTES)?;
    let (1, count) = (*start.first()?, u32::from_le_bytes(start.get(1..5)?.try_into().ok()?)) else { return None };
    for _ in 0..count {
        rest = item(rest)?;
    }
    let (end, rest) = rest.split_at_checked(END_BYTES)?;
    (*end.first()? == 3 && end.ends_with(END_MARK)).then_some(rest)
}

/// Tag, item count, sequence number.
const START_BYTES: usize = 1 + 4 + 8;
/// Tag, checksum, end mark.
const END_BYTES: usize = 1 + 8 + 4;
/// Tag, value type, compression, keyspace, key length, value length, length on disk.
const ITEM_BYTES: usize = 1 + 1 + 1 + 8 + 2 + 4 + 4;

fn item(bytes: &[u8]) -> Option<&[u8]> {
    let (head, rest) = bytes.split_at_checked(ITEM_BYTES)?;
    if *head.first()? != 2 {
        return None;
    }
    let key = u16::from_le_bytes(head.get(11..13)?.try_into().ok()?);
    let value = u32::from_le_bytes(head.get(17..21)?.try_into().ok()?);
    rest.get(usize::from(key) + usize::try_from(value).ok()?..)
}

/// Whether there is the end of a batch among bytes that do not parse: anywhere, or, with one byte of it damaged, as the
/// last thing written.
fn ended(rest: &[u8]) -> bool {
    let written = rest.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    let written = rest.get(..written).unwrap_or_default();
    let alike = written.last_chunk::<4>().map_or(0, |last| last.iter().zip(END_MARK).filter(|(a, b)| a == b).count());
    alike + 1 >= END_MARK.len() || written.windows(END_MARK.len()).any(|window| window == END_MARK)
}
