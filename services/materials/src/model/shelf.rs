//! The records of this area as a state that rules read: on disk, and for what a batch has written and not committed yet,
//! in memory.

use std::collections::{BTreeMap, VecDeque};

use anyhow::Context as _;
use domain::codec::{self, Record};
use domain::state::{Entries, Fault, Versioned, View};
use host::projection::{Changes, Stored};

use super::rows;

/// A batch of entries is at most a page of the log, so what was written longer ago is on disk.
const BATCH: u64 = wire::ledger::MAX_LIMIT as u64;

/// The records.
#[derive(Default)]
pub(super) struct Shelf {
    stored: Option<Stored>,
    /// By key: the index that wrote it last, and what.
    written: BTreeMap<Vec<u8>, (u64, Versioned)>,
    order: VecDeque<(u64, Vec<u8>)>,
}

impl Shelf {
    /// What is stored.
    pub(super) fn over(stored: Stored) -> Self {
        Shelf { stored: Some(stored), ..Shelf::default() }
    }

    /// The stored rows.
    pub(super) fn stored(&self) -> anyhow::Result<&Stored> {
        self.stored.as_ref().context("the read model is not loaded yet")
    }

    /// A record with its version.
    pub(super) fn versioned(&self, key: &[u8]) -> anyhow::Result<Option<Versioned>> {
        if let Some((_, written)) = self.written.get(key) {
            return Ok(Some(written.clone()));
        }
        let Some(stored) = self.stored()?.get(&rows::state(key))? else { return Ok(None) };
        Versioned::from_bytes(&stored).map(Some).context("a stored record has no version")
    }

    /// A record.
    pub(super) fn read<R: Record>(&self, key: &[u8]) -> anyhow::Result<Option<R>> {
        self.versioned(key)?.map(|found| codec::decode(&found.value).context("a record does not decode")).transpose()
    }

    /// Writes a record; its version is how often that was done, as in the ledgers' state.
    pub(super) fn write(
        &mut self,
        index: u64,
        key: Vec<u8>,
        value: Vec<u8>,
        changes: &mut Changes<'_>,
    ) -> anyhow::Result<()> {
        let version = self.versioned(&key)?.map_or(0, |before| before.version).saturating_add(1);
        let versioned = Versioned { version, value };
        changes.put(&rows::state(&key), &versioned.to_bytes());
        self.order.push_back((index, key.clone()));
        self.written.insert(key, (index, versioned));
        Ok(())
    }

    /// How many records are held in memory.
    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        self.written.len()
    }

    /// Forgets what is on disk by the time the entry at an index is taken.
    pub(super) fn forget_before(&mut self, index: u64) {
        while let Some((written, _)) = self.order.front()
            && written.saturating_add(BATCH) < index
        {
            let Some((written, key)) = self.order.pop_front() else { return };
            if self.written.get(&key).is_some_and(|(last, _)| *last == written) {
                self.written.remove(&key);
            }
        }
    }
}

impl View for Shelf {
    fn get(&self, key: &[u8]) -> Result<Option<Versioned>, Fault> {
        self.versioned(key).map_err(|error| Fault(format!("{error:#}")))
    }

    /// No effect of this area walks the state.
    fn scan(&self, _: &[u8], _: &[u8], _: usize) -> Result<Entries, Fault> {
        Err(Fault(String::from("the read model of goods is not walked")))
    }
}
