//! Every record that the rule wrote, with the entry that made it: what stood at any instant, and why.

use std::collections::BTreeMap;
use std::ops::Bound::{Excluded, Unbounded};

use anyhow::Context as _;
use domain::codec::{self, Reader, Record, Writer};
use domain::event::EventId;
use domain::time::Millis;
use host::projection::{Entry, Stored};
use proof::leaf::Leaf;

use super::Row;

/// Rows of moments begin with this; then comes the record's key and the index of the entry.
pub(super) const MOMENT: &[u8] = b"moment/";

/// A record as an entry of the log left it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    /// The entry's index in the log.
    pub(crate) index: u64,
    /// Its block's height.
    pub(crate) height: u64,
    /// Chain time of its block.
    pub(crate) at: Millis,
    /// The event; of something that fell due, the event it is about.
    pub(crate) event: EventId,
    /// Whether time alone brought it about.
    pub(crate) due: bool,
    /// The record's canonical bytes.
    pub(crate) value: Vec<u8>,
}

impl Record for Moment {
    fn write(&self, out: &mut Writer) {
        self.index.write(out);
        self.height.write(out);
        self.at.write(out);
        self.event.write(out);
        self.due.write(out);
        out.bytes(&self.value);
    }
    fn read(input: &mut Reader<'_>) -> Option<Self> {
        Some(Moment {
            index: Record::read(input)?,
            height: Record::read(input)?,
            at: Record::read(input)?,
            event: Record::read(input)?,
            due: Record::read(input)?,
            value: input.bytes()?.to_vec(),
        })
    }
}

/// Moments by record, oldest first: when and which entry. The moments themselves are read where they are stored.
#[derive(Default)]
pub(super) struct History {
    moments: BTreeMap<Vec<u8>, Vec<(Millis, u64)>>,
    rows: Rows,
}

enum Rows {
    /// Nothing is stored: a model by itself.
    Memory(BTreeMap<Vec<u8>, Vec<u8>>),
    Disk(Stored),
}

impl Default for Rows {
    fn default() -> Self {
        Rows::Memory(BTreeMap::new())
    }
}

impl History {
    /// From now on moments are read from the store, to which each goes when it is added.
    pub(super) fn read_from(&mut self, stored: Stored) {
        self.rows = Rows::Disk(stored);
    }

    /// Adds what an entry wrote; gives the row to store.
    pub(super) fn add(&mut self, key: &[u8], entry: &Entry<'_>, value: Vec<u8>) -> Option<Row> {
        let (event, due) = match (entry.log.event_id, Leaf::from_bytes(&entry.log.leaf)) {
            (Some(event), _) if entry.event.is_some() => (event, false),
            (_, Some(Leaf::Due(leaf))) => (leaf.event, true),
            _ => return None,
        };
        let (index, height, at) = (entry.log.index, entry.log.height, entry.at());
        let row = (row_key(key, index), codec::encode(&Moment { index, height, at, event, due, value }));
        self.moments.entry(key.to_vec()).or_default().push((at, index));
        if let Rows::Memory(rows) = &mut self.rows {
            rows.insert(row.0.clone(), row.1.clone());
        }
        Some((row.0, Some(row.1)))
    }

    /// Takes up a stored moment; rows come in key order, so those of a record come oldest first.
    pub(super) fn restore(&mut self, key: &[u8], value: &[u8]) -> anyhow::Result<()> {
        let moment: Moment = codec::decode(value).context("a stored moment does not decode")?;
        let record = key.len().checked_sub(17).and_then(|end| key.get(..end)).context("a moment's key is too short")?;
        self.moments.entry(record.to_vec()).or_default().push((moment.at, moment.index));
        if let Rows::Memory(rows) = &mut self.rows {
            rows.insert([MOMENT, key].concat(), value.to_vec());
        }
        Ok(())
    }

    /// Records whose keys begin with `prefix`, behind `after`.
    pub(super) fn keys<'a>(&'a self, prefix: &[u8], after: &[u8]) -> impl Iterator<Item = &'a Vec<u8>> + use<'a> {
        let (prefix, from) = (prefix.to_vec(), after.max(prefix).to_vec());
        let keys = self.moments.range::<Vec<u8>, _>((Excluded(from), Unbounded)).map(|(key, _)| key);
        keys.take_while(move |key| key.starts_with(&prefix))
    }

    /// How often a record was written.
    pub(super) fn changes(&self, key: &[u8]) -> u64 {
        self.moments.get(key).map_or(0, |moments| moments.len() as u64)
    }

    /// The record as it stood at an instant of chain time, and how often it had been written.
    pub(super) fn at(&self, key: &[u8], then: Millis) -> anyhow::Result<Option<(u64, Moment)>> {
        let Some(moments) = self.moments.get(key) else { return Ok(None) };
        let before = moments.partition_point(|(at, _)| *at <= then);
        let Some((_, index)) = before.checked_sub(1).and_then(|last| moments.get(last)) else { return Ok(None) };
        Ok(Some((before as u64, self.moment(key, *index)?)))
    }

    /// Changes of a record from the `from`th on, and whether there are more.
    pub(super) fn list(&self, key: &[u8], from: u64, limit: usize) -> anyhow::Result<(Vec<Moment>, bool)> {
        let from = usize::try_from(from).unwrap_or(usize::MAX);
        let moments = self.moments.get(key).and_then(|moments| moments.get(from..)).unwrap_or_default();
        let found = moments.iter().take(limit).map(|(_, index)| self.moment(key, *index)).collect::<Result<_, _>>()?;
        Ok((found, moments.len() > limit))
    }

    fn moment(&self, key: &[u8], index: u64) -> anyhow::Result<Moment> {
        let row = row_key(key, index);
        let value = match &self.rows {
            Rows::Memory(rows) => rows.get(&row).cloned(),
            Rows::Disk(stored) => stored.get(&row)?,
        };
        let value = value.context("a moment that was noted is not stored")?;
        codec::decode(&value).context("a stored moment does not decode")
    }
}

fn row_key(key: &[u8], index: u64) -> Vec<u8> {
    [MOMENT, key, format!("/{index:016x}").as_bytes()].concat()
}
