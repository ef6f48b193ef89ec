//! The state a rule reads and what it changes: a sorted map of keys to versioned bytes, seen through [`View`].
//!
//! It is not a store: who keeps the bytes (the ledger's journal, or [`MemoryState`] in tests and the simulator) applies
//! what the executor hands back. A key's version is how often it was written since it last did not exist.

pub(crate) mod list;

use std::collections::BTreeMap;
use std::ops::Bound;

use crate::codec::{self, Record};

/// The store could not answer; the same call may succeed later. It is never the input's doing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("state: {0}")]
pub struct Fault(pub String);

/// A stored value and how often its key was written; an absent key has version 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Versioned {
    /// 1 at the first write.
    pub version: u64,
    /// The record's canonical bytes.
    pub value: Vec<u8>,
}

impl Versioned {
    /// The bytes under which a store keeps it: the version, then the value.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = self.version.to_be_bytes().to_vec();
        out.extend_from_slice(&self.value);
        out
    }

    /// What [`Versioned::to_bytes`] made.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (version, value) = bytes.split_first_chunk()?;
        Some(Versioned { version: u64::from_be_bytes(*version), value: value.to_vec() })
    }
}

/// Values by key with their versions, in key order.
pub type Entries = Vec<(Vec<u8>, Versioned)>;

/// Values by key, in key order.
pub type Stored = Vec<(Vec<u8>, Vec<u8>)>;

/// What one event writes: a value, or `None` to delete the key.
pub type Writes = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

/// What a block leaves in the state: the versioned value of every key it touched, or `None` for a deleted one. Several
/// events of a block may write one key, so versions are settled here and not by whoever stores them.
pub type Changes = BTreeMap<Vec<u8>, Option<Versioned>>;

/// Read access to a state.
pub trait View {
    /// The value of a key.
    fn get(&self, key: &[u8]) -> Result<Option<Versioned>, Fault>;
    /// At most `limit` entries with `from <= key < to`, in key order.
    fn scan(&self, from: &[u8], to: &[u8], limit: usize) -> Result<Entries, Fault>;
}

/// Reads and decodes one record.
pub fn read<R: Record>(view: &dyn View, key: &[u8]) -> Result<Option<R>, Fault> {
    view.get(key)?.map(|stored| decoded(key, &stored.value)).transpose()
}

/// Decodes a stored record; bytes that do not decode are a fault of the store, for rules write only what they can read.
pub fn decoded<R: Record>(key: &[u8], value: &[u8]) -> Result<R, Fault> {
    codec::decode(value).ok_or_else(|| Fault(format!("the record at {} does not decode", String::from_utf8_lossy(key))))
}

/// A state in memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemoryState(BTreeMap<Vec<u8>, Versioned>);

impl MemoryState {
    /// Applies one event's (or the genesis') writes.
    pub fn apply(&mut self, writes: &Writes) {
        for (key, value) in writes {
            match value {
                Some(value) => {
                    let version = self.0.get(key).map_or(1, |stored| stored.version.saturating_add(1));
                    self.0.insert(key.clone(), Versioned { version, value: value.clone() });
                }
                None => {
                    self.0.remove(key);
                }
            }
        }
    }

    /// Applies a block's changes.
    pub fn change(&mut self, changes: &Changes) {
        for (key, change) in changes {
            match change {
                Some(stored) => self.0.insert(key.clone(), stored.clone()),
                None => self.0.remove(key),
            };
        }
    }

    /// How many keys it holds.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it holds nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl View for MemoryState {
    fn get(&self, key: &[u8]) -> Result<Option<Versioned>, Fault> {
        Ok(self.0.get(key).cloned())
    }

    fn scan(&self, from: &[u8], to: &[u8], limit: usize) -> Result<Entries, Fault> {
        if from >= to {
            return Ok(Vec::new());
        }
        let range = self.0.range::<[u8], _>((Bound::Included(from), Bound::Excluded(to)));
        Ok(range.take(limit).map(|(key, stored)| (key.clone(), stored.clone())).collect())
    }
}

/// A state under a block in progress: what its events changed so far, over the state before it.
pub struct Overlay<'a> {
    base: &'a dyn View,
    changes: Changes,
}

impl<'a> Overlay<'a> {
    /// Nothing changed yet.
    pub fn new(base: &'a dyn View) -> Self {
        Overlay { base, changes: Changes::new() }
    }

    /// Takes one event's writes; every one raises its key's version.
    pub fn apply(&mut self, writes: Writes) -> Result<(), Fault> {
        for (key, value) in writes {
            let change = match value {
                Some(value) => {
                    let version = self.get(&key)?.map_or(0, |stored| stored.version).saturating_add(1);
                    Some(Versioned { version, value })
                }
                None => None,
            };
            self.changes.insert(key, change);
        }
        Ok(())
    }

    /// What changed.
    pub fn changes(&self) -> &Changes {
        &self.changes
    }

    /// What changed, at the end.
    pub fn into_changes(self) -> Changes {
        self.changes
    }
}

impl View for Overlay<'_> {
    fn get(&self, key: &[u8]) -> Result<Option<Versioned>, Fault> {
        match self.changes.get(key) {
            Some(change) => Ok(change.clone()),
            None => self.base.get(key),
        }
    }

    fn scan(&self, from: &[u8], to: &[u8], limit: usize) -> Result<Entries, Fault> {
        if from >= to {
            return Ok(Vec::new());
        }
        let ours = || self.changes.range::<[u8], _>((Bound::Included(from), Bound::Excluded(to)));
        // Each of our entries can hide at most one of the base's, so this many are enough.
        let base = self.base.scan(from, to, limit.saturating_add(ours().count()))?;
        let mut merged = base.into_iter().collect::<BTreeMap<_, _>>();
        for (key, change) in ours() {
            match change {
                Some(stored) => merged.insert(key.clone(), stored.clone()),
                None => merged.remove(key),
            };
        }
        Ok(merged.into_iter().take(limit).collect())
    }
}

/// One event's reads and writes over a state: dropped when the event is refused.
pub struct Draft<'a> {
    reads: BTreeMap<Vec<u8>, u64>,
    layer: Layer<'a>,
}

impl<'a> Draft<'a> {
    /// A draft on top of another, to try what may have to be given up.
    pub fn over(under: &'a Draft<'_>) -> Self {
        Draft::new(&under.layer)
    }

    /// Keys under a prefix with their values as this event sees them, in key order, at most `limit`. Such a walk is not
    /// among the reads: a version of every member would tell a caller nothing.
    pub fn scan(&self, prefix: &[u8], limit: usize) -> Result<Stored, Fault> {
        let found = self.layer.scan(prefix, &crate::keys::end_of(prefix), limit)?;
        Ok(found.into_iter().map(|(key, stored)| (key, stored.value)).collect())
    }

    /// Nothing read or written yet.
    pub fn new(view: &'a dyn View) -> Self {
        Draft { reads: BTreeMap::new(), layer: Layer { view, writes: Writes::new() } }
    }

    /// The state under the draft.
    pub fn view(&self) -> &'a dyn View {
        self.layer.view
    }

    /// The record at a key, as this event sees it.
    pub fn get<R: Record>(&mut self, key: &[u8]) -> Result<Option<R>, Fault> {
        if let Some(written) = self.layer.writes.get(key) {
            return written.as_ref().map(|value| decoded(key, value)).transpose();
        }
        let stored = self.layer.view.get(key)?;
        self.reads.insert(key.to_vec(), stored.as_ref().map_or(0, |stored| stored.version));
        stored.map(|stored| decoded(key, &stored.value)).transpose()
    }

    /// The version of a key before this event; 0 when it does not exist.
    pub fn version(&mut self, key: &[u8]) -> Result<u64, Fault> {
        let version = self.layer.view.get(key)?.map_or(0, |stored| stored.version);
        self.reads.insert(key.to_vec(), version);
        Ok(version)
    }

    /// Writes a record.
    pub fn put<R: Record>(&mut self, key: Vec<u8>, record: &R) {
        self.layer.writes.insert(key, Some(codec::encode(record)));
    }

    /// Deletes a key.
    pub fn delete(&mut self, key: Vec<u8>) {
        self.layer.writes.insert(key, None);
    }

    /// What was read (key and version) and what is to be written.
    pub fn finish(self) -> (Vec<(Vec<u8>, u64)>, Writes) {
        (self.reads.into_iter().collect(), self.layer.writes)
    }
}

/// What an event has written so far, over the state before it.
struct Layer<'a> {
    view: &'a dyn View,
    writes: Writes,
}

impl View for Layer<'_> {
    fn get(&self, key: &[u8]) -> Result<Option<Versioned>, Fault> {
        let stored = self.view.get(key)?;
        Ok(match self.writes.get(key) {
            None => stored,
            Some(written) => written.as_ref().map(|value| Versioned {
                version: stored.map_or(0, |stored| stored.version).saturating_add(1),
                value: value.clone(),
            }),
        })
    }

    fn scan(&self, from: &[u8], to: &[u8], limit: usize) -> Result<Entries, Fault> {
        if from >= to {
            return Ok(Vec::new());
        }
        let ours = || self.writes.range::<[u8], _>((Bound::Included(from), Bound::Excluded(to)));
        // Each of our entries can hide at most one of the state's, so this many are enough.
        let under = self.view.scan(from, to, limit.saturating_add(ours().count()))?;
        let mut merged = under.into_iter().collect::<BTreeMap<_, _>>();
        for (key, value) in ours() {
            match value {
                Some(value) => {
                    let version = merged.get(key).map_or(0, |stored| stored.version).saturating_add(1);
                    merged.insert(key.clone(), Versioned { version, value: value.clone() });
                }
                None => {
                    merged.remove(key);
                }
            }
        }
        Ok(merged.into_iter().take(limit).collect())
    }
}

#[cfg(test)]
mod tests;
