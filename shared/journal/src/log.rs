//! Numbered records in a space, and the places of those who read them.
//!
//! An outbox is one: what must be sent is appended in the batch that decides it, a reader sends it and saves its place.
//! Numbers begin at 0 and are never used twice, also after everything was trimmed and the store opened again.

use crate::batch::Batch;
use crate::error::JournalError;
use crate::space::Space;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The writer's side: there is one.
pub struct Log {
    reader: LogReader,
}

/// The readers' side: cheap to clone, for any thread.
#[derive(Clone)]
pub struct LogReader {
    space: Space,
    next: Arc<AtomicU64>,
}

/// First byte of the keys of records, places and the floor.
const RECORD: u8 = b'r';
const PLACE: u8 = b'p';
const FLOOR: &[u8] = b"floor";

/// Records that one call of [`Log::trim`] removes at most, so that a batch stays small; the next call goes on.
const TRIM_RECORDS: usize = 10_000;

impl Log {
    /// The log in `space`, which must hold nothing else.
    pub fn open(space: Space) -> Result<Self, JournalError> {
        let floor = number(&space, FLOOR)?.unwrap_or(0);
        let last = space.range([RECORD], [RECORD + 1]).next_back().transpose()?;
        let next = match last {
            Some((key, _)) => floor.max(index(&space, &key)? + 1),
            None => floor,
        };
        Ok(Self { reader: LogReader { space, next: Arc::new(AtomicU64::new(next)) } })
    }

    /// Adds a record to a batch and gives its number. It can be read once the batch is committed.
    ///
    /// Commit batches in the order they were filled: a reader that has passed a number does not look back. A batch that
    /// is dropped leaves a number without a record.
    pub fn append(&mut self, batch: &mut Batch, record: impl AsRef<[u8]>) -> u64 {
        let index = self.reader.next.fetch_add(1, Ordering::AcqRel);
        batch.put(&self.reader.space, record_key(index), record);
        index
    }

    /// Saves in a batch that `reader` has done everything below `next`.
    pub fn save_place(&self, batch: &mut Batch, reader: &str, next: u64) {
        batch.put(&self.reader.space, place_key(reader), next.to_be_bytes());
    }

    /// Removes in a batch the records below `upto` that every saved place has passed; gives the first number kept.
    pub fn trim(&self, batch: &mut Batch, upto: u64) -> Result<u64, JournalError> {
        let space = &self.reader.space;
        let mut floor = upto.min(self.reader.next());
        for entry in space.prefix([PLACE]) {
            let (key, value) = entry?;
            floor = floor.min(decode(space, &key, &value)?);
        }
        let kept = number(space, FLOOR)?.unwrap_or(0);
        if floor <= kept {
            return Ok(kept);
        }
        for (removed, entry) in space.range(record_key(kept), record_key(floor)).enumerate() {
            let (key, _) = entry?;
            if removed == TRIM_RECORDS {
                floor = index(space, &key)?;
                break;
            }
            batch.delete(space, &key);
        }
        batch.put(space, FLOOR, floor.to_be_bytes());
        Ok(floor)
    }

    /// A reader.
    #[must_use]
    pub fn reader(&self) -> LogReader {
        self.reader.clone()
    }
}

impl std::ops::Deref for Log {
    type Target = LogReader;

    fn deref(&self) -> &LogReader {
        &self.reader
    }
}

impl LogReader {
    /// At most `limit` records from number `from` on, with their numbers. Numbers may be missing: see [`Log::append`].
    pub fn read(&self, from: u64, limit: usize) -> Result<Vec<(u64, Vec<u8>)>, JournalError> {
        self.space
            .range(record_key(from), [RECORD + 1])
            .take(limit)
            .map(|entry| {
                let (key, record) = entry?;
                Ok((index(&self.space, &key)?, record))
            })
            .collect()
    }

    /// The number that the next record will get.
    #[must_use]
    pub fn next(&self) -> u64 {
        self.next.load(Ordering::Acquire)
    }

    /// The saved place of a reader: 0 if it never saved one.
    pub fn place(&self, reader: &str) -> Result<u64, JournalError> {
        Ok(number(&self.space, &place_key(reader))?.unwrap_or(0))
    }
}

fn record_key(index: u64) -> [u8; 9] {
    let mut key = [RECORD; 9];
    if let Some(digits) = key.last_chunk_mut::<8>() {
        *digits = index.to_be_bytes();
    }
    key
}

fn place_key(reader: &str) -> Vec<u8> {
    [&[PLACE], reader.as_bytes()].concat()
}

/// The number in a record's key. A key that has none was not written by this module.
fn index(space: &Space, key: &[u8]) -> Result<u64, JournalError> {
    decode(space, key, key.get(1..).unwrap_or_default())
}

fn number(space: &Space, key: &[u8]) -> Result<Option<u64>, JournalError> {
    space.get(key)?.map(|value| decode(space, key, &value)).transpose()
}

fn decode(space: &Space, key: &[u8], value: &[u8]) -> Result<u64, JournalError> {
    let bytes =
        value.try_into().map_err(|_| JournalError::Damaged { space: space.name().to_owned(), key: key.to_vec() })?;
    Ok(u64::from_be_bytes(bytes))
}
