//! The state while blocks execute: what is on disk, and over it what the running batch has changed.
//!
//! Members, keys and policies are read for every event and change seldom, so they stay in memory; everything else is
//! forgotten after each batch, so that memory does not grow with history.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};

use domain::keys;
use domain::state::{Changes, Entries, Fault, Versioned, View};
use journal::{Batch, JournalError, Space};
use proof::digest::Digest;

/// Keys that begin so are kept in memory between batches.
const HOT: [&[u8]; 10] = [
    b"chain",
    b"progress",
    b"digest",
    b"epochs",
    b"roster",
    b"cosigners/",
    b"member/",
    b"key/",
    b"policy/",
    b"bundle/",
];

/// Values kept in memory at most: a chain has a few hundred members and keys; more is somebody's flood of names.
const MAX_HOT: usize = 20_000;

/// Ranges that are read from their beginning in every block while entries come and go: a store walks over what was
/// deleted there, more with every block, unless it is told where the first living entry can be.
const QUEUES: [&[u8]; 2] = [keys::DUE, keys::CHANGED];

/// An order-free sum over all entries of a state, against rot: an entry that was lost, brought back or changed shows. It
/// is no proof towards others (sums of hashes can be forged); that is the state digest's business.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sum(pub(crate) [u64; 4]);

impl Sum {
    pub(crate) fn add(&mut self, key: &[u8], stored: &Versioned) {
        for (sum, word) in self.0.iter_mut().zip(words(key, stored)) {
            *sum = sum.wrapping_add(word);
        }
    }

    fn take(&mut self, key: &[u8], stored: &Versioned) {
        for (sum, word) in self.0.iter_mut().zip(words(key, stored)) {
            *sum = sum.wrapping_sub(word);
        }
    }
}

fn words(key: &[u8], stored: &Versioned) -> [u64; 4] {
    let hash = Digest::of_parts(&[key, &stored.version.to_be_bytes(), &stored.value]);
    let mut words = [0; 4];
    for (word, bytes) in words.iter_mut().zip(hash.0.as_chunks::<8>().0) {
        *word = u64::from_be_bytes(*bytes);
    }
    words
}

/// The state of the core.
pub(crate) struct State {
    space: Space,
    /// Read or written since the last batch, and what stays hot.
    seen: RefCell<HashMap<Vec<u8>, Option<Versioned>>>,
    /// Changed by the running batch.
    changed: Changes,
    sum: Sum,
    /// For each queue a key below which it has no entry.
    floors: RefCell<[Vec<u8>; 2]>,
}

impl State {
    pub(crate) fn new(space: Space, sum: Sum) -> Self {
        State {
            space,
            seen: RefCell::new(HashMap::new()),
            changed: BTreeMap::new(),
            sum,
            floors: RefCell::new(QUEUES.map(<[u8]>::to_vec)),
        }
    }

    /// The sum over all entries after the running batch.
    pub(crate) fn sum(&self) -> Sum {
        self.sum
    }

    /// Takes what a block changed.
    pub(crate) fn change(&mut self, changes: Changes) -> Result<(), Fault> {
        for (key, change) in changes {
            if let Some(old) = self.get(&key)? {
                self.sum.take(&key, &old);
            }
            if let Some(new) = &change {
                self.sum.add(&key, new);
                self.lower(&key);
            }
            self.seen.get_mut().insert(key.clone(), change.clone());
            self.changed.insert(key, change);
        }
        Ok(())
    }

    /// An entry was written: the floor of its queue is not above it.
    fn lower(&mut self, key: &[u8]) {
        for (queue, floor) in QUEUES.iter().zip(self.floors.get_mut()) {
            if key.starts_with(queue) && key < floor.as_slice() {
                *floor = key.to_vec();
            }
        }
    }

    /// Where a scan may begin: at its queue's floor when it reads the queue from its beginning.
    fn begin(&self, from: &[u8]) -> Vec<u8> {
        let floors = self.floors.borrow();
        let floor = QUEUES.iter().zip(floors.iter()).find(|(queue, _)| **queue == from);
        floor.map_or_else(|| from.to_vec(), |(_, floor)| floor.clone())
    }

    /// A scan found nothing below `first`.
    fn raise(&self, from: &[u8], first: &[u8]) {
        for (queue, floor) in QUEUES.iter().zip(self.floors.borrow_mut().iter_mut()) {
            if *queue == from && first > floor.as_slice() {
                *floor = first.to_vec();
            }
        }
    }

    /// Puts what the running batch changed.
    pub(crate) fn put(&self, batch: &mut Batch) {
        for (key, change) in &self.changed {
            match change {
                Some(stored) => batch.put(&self.space, key, stored.to_bytes()),
                None => batch.delete(&self.space, key),
            }
        }
    }

    /// The running batch is on disk.
    pub(crate) fn settle(&mut self) {
        self.changed.clear();
        let seen = self.seen.get_mut();
        seen.retain(|key, _| HOT.iter().any(|hot| key.starts_with(hot)));
        if seen.len() > MAX_HOT {
            seen.clear();
        }
    }
}

impl View for State {
    fn get(&self, key: &[u8]) -> Result<Option<Versioned>, Fault> {
        if let Some(known) = self.seen.borrow().get(key) {
            return Ok(known.clone());
        }
        let stored = read(&self.space, key)?;
        self.seen.borrow_mut().insert(key.to_vec(), stored.clone());
        Ok(stored)
    }

    fn scan(&self, from: &[u8], to: &[u8], limit: usize) -> Result<Entries, Fault> {
        if from >= to || limit == 0 {
            return Ok(Vec::new());
        }
        let changed =
            || self.changed.range::<[u8], _>((std::ops::Bound::Included(from), std::ops::Bound::Excluded(to)));
        // Each changed key hides at most one stored entry, so this many stored ones are enough.
        let enough = limit.saturating_add(changed().count());
        let mut merged =
            collect(self.space.range(self.begin(from), to), enough)?.into_iter().collect::<BTreeMap<_, _>>();
        for (key, change) in changed() {
            match change {
                Some(stored) => merged.insert(key.clone(), stored.clone()),
                None => merged.remove(key),
            };
        }
        // Entries deleted in the running batch stay above the floor until it is on disk; then they are no more.
        self.raise(from, merged.first_key_value().map_or(to, |(first, _)| first));
        Ok(merged.into_iter().take(limit).collect())
    }
}

/// One key of a stored state.
fn read(space: &Space, key: &[u8]) -> Result<Option<Versioned>, Fault> {
    let stored = space.get(key).map_err(fault)?;
    stored.map(|bytes| versioned(key, &bytes)).transpose()
}

/// At most `limit` entries of a stored state.
pub(crate) fn collect(
    entries: impl Iterator<Item = Result<(Vec<u8>, Vec<u8>), JournalError>>,
    limit: usize,
) -> Result<Entries, Fault> {
    entries
        .take(limit)
        .map(|entry| {
            let (key, bytes) = entry.map_err(fault)?;
            let stored = versioned(&key, &bytes)?;
            Ok((key, stored))
        })
        .collect()
}

/// The stored form of a value.
pub(crate) fn versioned(key: &[u8], bytes: &[u8]) -> Result<Versioned, Fault> {
    Versioned::from_bytes(bytes).ok_or_else(|| Fault(format!("{DAMAGED}: {}", String::from_utf8_lossy(key))))
}

/// How a fault says that the store is damaged: the executor passes only text through.
const DAMAGED: &str = "damaged state";

/// What the executor is told of a failed read.
pub(crate) fn fault(error: JournalError) -> Fault {
    Fault(if error.is_damage() { format!("{DAMAGED}: {error}") } else { error.to_string() })
}

/// Whether a fault came of damage rather than of a passing trouble of the disk.
pub(crate) fn is_damage(fault: &Fault) -> bool {
    fault.0.starts_with(DAMAGED) || fault.0.contains("does not decode")
}

#[cfg(test)]
mod tests {
    use journal::Store;

    use super::*;

    fn entry(version: u64, value: &[u8]) -> Option<Versioned> {
        Some(Versioned { version, value: value.to_vec() })
    }

    #[test]
    fn a_queue_is_read_right_whatever_was_taken_from_it_before() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        let mut state = State::new(store.space("state").unwrap(), Sum::default());
        let mut expected = BTreeMap::new();
        // Keys come in no order and go from the front, across batches.
        for step in 0_u64..60 {
            let key = format!("due/{:016x}", step * 37 % 64).into_bytes();
            let mut changes = Changes::from([(key.clone(), entry(1, b"x"))]);
            expected.insert(key, ());
            if step % 3 != 0
                && let Some((first, ())) = expected.pop_first()
            {
                changes.insert(first, None);
            }
            state.change(changes).unwrap();
            if step % 4 == 0 {
                let mut batch = store.batch();
                state.put(&mut batch);
                store.commit(batch).unwrap();
                state.settle();
            }
            let found = state.scan(keys::DUE, &keys::end_of(keys::DUE), 100).unwrap();
            assert!(found.iter().map(|(key, _)| key).eq(expected.keys()), "step {step}");
            let first = state.scan(keys::DUE, &keys::end_of(keys::DUE), 1).unwrap();
            assert_eq!(first.first(), found.first());
        }
    }

    #[test]
    fn a_scan_sees_the_running_batch_over_the_disk_and_the_sum_forgets_what_was_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        let mut state = State::new(store.space("state").unwrap(), Sum::default());
        state.change(Changes::from([(b"a".to_vec(), entry(1, b"1")), (b"b".to_vec(), entry(1, b"1"))])).unwrap();
        let mut batch = store.batch();
        state.put(&mut batch);
        store.commit(batch).unwrap();
        state.settle();
        state.change(Changes::from([(b"a".to_vec(), None), (b"c".to_vec(), entry(1, b"1"))])).unwrap();
        let keys = |limit| state.scan(b"a", b"z", limit).unwrap().into_iter().map(|(key, _)| key).collect::<Vec<_>>();
        assert_eq!(keys(9), [b"b".to_vec(), b"c".to_vec()]);
        assert_eq!(keys(1), [b"b".to_vec()]);
        let mut expected = Sum::default();
        for key in [b"b", b"c"] {
            expected.add(key, &entry(1, b"1").unwrap());
        }
        assert_eq!(state.sum(), expected);
        assert_ne!(state.sum(), Sum::default());
    }
}
