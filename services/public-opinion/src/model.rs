//! The read model: the first deposit of each digest, and how often it was deposited again, from final events only.
//!
//! Limit: a row for each digest in memory, some 300 bytes and its source and title; a million deposits stay below 1 GB.

use std::collections::BTreeMap;

use anyhow::Context as _;
use domain::codec;
use domain::event::Fact;
use domain::genesis::{Genesis, KeyClass};
use domain::public_opinion::DepositRecord;
use domain::time::Millis;
use host::projection::{At, Changes, Entry, NotYet, Projection, Stored};
use host::standing::Standing;
use proof::digest::Digest;
use wire::ledger::EntryKind;

/// The row that says how far the model is.
const AT: &[u8] = b"at";
const DEPOSITS: &[u8] = b"deposit/";

/// A stored row.
pub(crate) type Row = (Vec<u8>, Vec<u8>);

/// What the final log says of deposits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Deposits {
    standing: Standing,
    at: (u64, Millis),
    first: BTreeMap<Digest, DepositRecord>,
}

impl Deposits {
    /// Nothing deposited yet.
    pub(crate) fn new(standing: Standing) -> Self {
        Deposits { at: (0, standing.genesis().genesis_time), standing, first: BTreeMap::new() }
    }

    /// The first deposit of a digest.
    pub(crate) fn of(&self, digest: &Digest) -> Option<DepositRecord> {
        self.first.get(digest).cloned()
    }

    /// The chain, for certificates.
    pub(crate) fn genesis(&self) -> &Genesis {
        self.standing.genesis()
    }

    /// Takes the next final entry and gives what must be stored of it.
    pub(crate) fn take(&mut self, entry: &Entry<'_>) -> anyhow::Result<Option<Row>> {
        if entry.log.kind == EntryKind::Block {
            self.at = (entry.log.height, entry.at());
            return Ok(Some((AT.to_vec(), codec::encode(&self.at))));
        }
        let (Some(event), Some(id)) = (entry.event, entry.log.event_id) else { return Ok(None) };
        let Fact::Deposit(deposit) = &event.fact else { return Ok(None) };
        let roster = self.standing.current();
        let author = roster.owner(KeyClass::Author, &event.author).ok_or(NotYet("the author"))?;
        let member = author.id.clone();
        let record = match self.first.remove(&deposit.digest) {
            Some(first) => DepositRecord { repeats: first.repeats.saturating_add(1), ..first },
            None => DepositRecord {
                event: id,
                member,
                source: deposit.source.clone(),
                title: deposit.title.clone(),
                deposited_at: entry.at(),
                height: entry.log.height,
                leaf_index: entry.log.index,
                repeats: 0,
            },
        };
        let row = (domain::keys::deposit(&deposit.digest), codec::encode(&record));
        self.first.insert(deposit.digest, record);
        Ok(Some(row))
    }

    /// Takes up a stored row.
    fn restore(&mut self, key: &[u8], value: &[u8]) -> anyhow::Result<()> {
        let digest = key.strip_prefix(DEPOSITS).and_then(|digest| std::str::from_utf8(digest).ok());
        let digest = digest.and_then(Digest::parse).context("the key of a stored deposit")?;
        self.first.insert(digest, codec::decode(value).context("a stored deposit does not decode")?);
        Ok(())
    }
}

impl Projection for Deposits {
    fn name(&self) -> &'static str {
        "public-opinion"
    }

    fn version(&self) -> u32 {
        1
    }

    fn at(&self) -> At {
        At { height: self.at.0, chain_time: self.at.1 }
    }

    fn load(&mut self, stored: &Stored) -> anyhow::Result<()> {
        if let Some(at) = stored.get(AT)? {
            self.at = codec::decode(&at).context("the stored height does not decode")?;
        }
        for row in stored.prefix(DEPOSITS) {
            let (key, value) = row?;
            self.restore(&key, &value)?;
        }
        Ok(())
    }

    fn apply(&mut self, entry: &Entry<'_>, changes: &mut Changes<'_>) -> anyhow::Result<()> {
        if let Some((key, value)) = self.take(entry)? {
            changes.put(&key, &value);
        }
        Ok(())
    }
}

#[cfg(test)]
pub(crate) mod tests;
