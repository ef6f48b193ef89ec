//! The read model: the domain's own records of facilities, beds, holds and transfers as the final log made them, now and at
//! any instant before.
//!
//! It repeats no rule: `ruled` runs the domain's over a small state of its own, and `history` keeps every record that the
//! rule wrote, with the entry that made it. Limits: what stands is in memory, some 300 bytes a record; of what stood, 16
//! bytes a change are in memory, and the record itself on disk.

mod history;
mod ruled;

use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::Context as _;
use domain::codec::{self, Record};
use domain::genesis::Genesis;
use domain::medical_resources::designation::DesignationRecord;
use domain::time::Millis;
use host::page::Page;
use host::projection::{At, Changes, Entry, Projection, Stored};
use wire::ledger::EntryKind;

pub(crate) use history::Moment;
use history::{History, MOMENT};
use ruled::{OWN, Ruled};

/// The row that says how far the model is.
const AT: &[u8] = b"at";
/// Rows of what stands begin with this.
const STATE: &[u8] = b"state/";

/// A stored row; without a value it is removed.
pub(crate) type Row = (Vec<u8>, Option<Vec<u8>>);

/// What the final log says of medical resources.
pub(crate) struct Resources {
    genesis: Arc<Genesis>,
    at: (u64, Millis),
    ruled: Ruled,
    history: History,
}

/// A record that stands, or stood: its key, itself, and how often it had been written.
pub(crate) struct Found<R> {
    pub(crate) key: String,
    pub(crate) record: R,
    pub(crate) version: u64,
}

impl Resources {
    /// Nothing stated yet.
    pub(crate) fn new(genesis: Arc<Genesis>) -> Self {
        let at = (0, genesis.genesis_time);
        Resources { at, ruled: Ruled::new(&genesis), genesis, history: History::default() }
    }

    /// The record at a key, as it stood when the chain's time was `then`; `None`: as it stands.
    pub(crate) fn one<R: Record>(&self, key: &[u8], then: Option<Millis>) -> anyhow::Result<Option<Found<R>>> {
        self.found(key.to_vec(), then)
    }

    /// Records whose keys begin with `prefix`, behind `after`, in key order.
    pub(crate) fn all<'a, R: Record + 'a>(
        &'a self,
        prefix: &[u8],
        after: &[u8],
        then: Option<Millis>,
    ) -> impl Iterator<Item = anyhow::Result<Found<R>>> + 'a {
        self.history.keys(prefix, after).filter_map(move |key| self.found(key.clone(), then).transpose())
    }

    /// The facilities that are designated for a disease.
    pub(crate) fn designated(&self, disease: &str, then: Option<Millis>) -> anyhow::Result<BTreeSet<String>> {
        let mut designated = BTreeSet::new();
        for found in self.all::<DesignationRecord>(b"designation/", b"", then) {
            let record = found?.record;
            if record.designated && record.disease == disease {
                designated.insert(record.facility);
            }
        }
        Ok(designated)
    }

    /// A page of the records behind `after` that are `wanted`.
    pub(crate) fn page<R: Record>(
        &self,
        prefix: &str,
        after: &[u8],
        then: Option<Millis>,
        limit: usize,
        wanted: impl Fn(&R) -> bool,
    ) -> anyhow::Result<Page<Found<R>>> {
        let all = self.all::<R>(prefix.as_bytes(), after, then);
        Page::of(all.filter(|found| found.as_ref().map_or(true, |found| wanted(&found.record))), limit)
    }

    fn found<R: Record>(&self, key: Vec<u8>, then: Option<Millis>) -> anyhow::Result<Option<Found<R>>> {
        let Some((version, value)) = self.value(&key, then)? else { return Ok(None) };
        let record = codec::decode(&value).with_context(|| format!("{} does not decode", text(&key)))?;
        Ok(Some(Found { key: text(&key), record, version }))
    }

    fn value(&self, key: &[u8], then: Option<Millis>) -> anyhow::Result<Option<(u64, Vec<u8>)>> {
        match then {
            None => Ok(self.ruled.value(key)?.map(|value| (self.history.changes(key), value))),
            Some(then) => Ok(self.history.at(key, then)?.map(|(version, moment)| (version, moment.value))),
        }
    }

    /// Changes of a record from the `from`th on (the first is 0), oldest first, and whether there are more.
    pub(crate) fn changes(&self, key: &[u8], from: u64, limit: usize) -> anyhow::Result<(Vec<Moment>, bool)> {
        self.history.list(key, from, limit)
    }

    /// Takes the next final entry and gives what must be stored of it.
    pub(crate) fn take(&mut self, entry: &Entry<'_>) -> anyhow::Result<Vec<Row>> {
        if entry.log.kind == EntryKind::Block {
            self.at = (entry.log.height, entry.at());
            return Ok(vec![(AT.to_vec(), Some(codec::encode(&self.at)))]);
        }
        let mut rows = Vec::new();
        for (key, value) in self.ruled.take(&self.genesis, entry)? {
            if let Some(value) = value.as_ref().filter(|_| OWN.iter().any(|own| key.starts_with(own))) {
                rows.extend(self.history.add(&key, entry, value.clone()));
            }
            rows.push(([STATE, &key].concat(), value));
        }
        Ok(rows)
    }

    /// Takes up a stored row.
    fn restore(&mut self, key: &[u8], value: Vec<u8>) -> anyhow::Result<()> {
        if key == AT {
            self.at = codec::decode(&value).context("the stored height does not decode")?;
        } else if let Some(key) = key.strip_prefix(STATE) {
            self.ruled.restore(key.to_vec(), value);
        } else if let Some(key) = key.strip_prefix(MOMENT) {
            self.history.restore(key, &value)?;
        }
        Ok(())
    }
}

/// A key as `expect[]` names it.
pub(crate) fn text(key: &[u8]) -> String {
    String::from_utf8_lossy(key).into_owned()
}

impl Projection for Resources {
    fn name(&self) -> &'static str {
        "medical-resources"
    }

    /// The first held the last claims only.
    fn version(&self) -> u32 {
        2
    }

    fn at(&self) -> At {
        At { height: self.at.0, chain_time: self.at.1 }
    }

    fn load(&mut self, stored: &Stored) -> anyhow::Result<()> {
        self.history.read_from(stored.clone());
        for row in stored.prefix(b"") {
            let (key, value) = row?;
            self.restore(&key, value)?;
        }
        Ok(())
    }

    fn apply(&mut self, entry: &Entry<'_>, changes: &mut Changes<'_>) -> anyhow::Result<()> {
        for (key, value) in self.take(entry)? {
            match value {
                Some(value) => changes.put(&key, &value),
                None => changes.delete(&key),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
pub(crate) mod tests;
