//! What a witness remembers: of each log what it cosigned last, the cosigner sets it was shown, the latest notes with
//! their signatures, and the forks it noticed.
//!
//! Every change is durable when it returns. It decides nothing. Limits: [`MAX_NOTES`] notes a log and [`MAX_FORKS`] forks;
//! a note has at most 16 cosignatures of 4 KB altogether, so that a log takes a megabyte.

use std::path::Path;

use journal::{JournalError, Space, Store};
use proof::checkpoint::{Certificate, Checkpoint, Cosigner};
use proof::digest::Digest;
use proof::handover::CosignerSet;
use proof::leaf::{CosignersLeaf, Leaf};

use super::Fork;

/// Notes kept of a log, the largest sizes: four minutes of a ledger that submits once a second.
const MAX_NOTES: usize = 256;

/// Forks kept. One ends a cosigner's keys; more than these tell nothing new.
const MAX_FORKS: usize = 64;

/// The open memory.
pub(crate) struct Book {
    store: Store,
    /// Origin to size and root.
    last: Space,
    /// Origin and epoch to the set, as the leaf that would name it.
    sets: Space,
    /// Origin, size and root to the note.
    notes: Space,
    /// A running number to a fork's four fields.
    forks: Space,
}

impl Book {
    pub(crate) fn open(dir: &Path) -> Result<Self, JournalError> {
        let store = Store::open(dir)?;
        let space = |name| store.space(name);
        let (last, sets, notes, forks) = (space("last")?, space("sets")?, space("notes")?, space("forks")?);
        Ok(Book { store, last, sets, notes, forks })
    }

    /// What was cosigned last of a log.
    pub(crate) fn last(&self, origin: &str) -> Result<Option<(u64, Digest)>, JournalError> {
        let Some(value) = self.last.get(origin)? else { return Ok(None) };
        let parts = value.split_first_chunk::<8>().and_then(|(size, root)| Some((*size, root.try_into().ok()?)));
        let (size, root) = parts.ok_or_else(|| self.damaged(&self.last, origin.as_bytes()))?;
        Ok(Some((u64::from_be_bytes(size), Digest(root))))
    }

    /// Keeps a log's set, if it is not kept yet.
    pub(crate) fn know(&self, origin: &str, set: &CosignerSet) -> Result<(), JournalError> {
        let key = [origin.as_bytes(), &[0], &set.epoch.to_be_bytes()].concat();
        if self.sets.get(&key)?.is_some() {
            return Ok(());
        }
        let (epoch, cosigners) = (set.epoch, set.cosigners.clone());
        let leaf = Leaf::Cosigners(CosignersLeaf { height: 0, epoch, cosigners, relays: Vec::new() });
        let mut batch = self.store.batch();
        batch.put(&self.sets, key, leaf.to_bytes());
        self.store.commit(batch)
    }

    /// The newest set of a log that was kept.
    pub(crate) fn newest(&self, origin: &str) -> Result<Option<CosignerSet>, JournalError> {
        let last = self.sets.prefix([origin.as_bytes(), &[0]].concat()).next_back().transpose()?;
        last.map(|entry| self.set(entry)).transpose()
    }

    /// Every cosigner that a log is known to have had, each once.
    pub(crate) fn cosigners(&self, origin: &str) -> Result<Vec<Cosigner>, JournalError> {
        let mut known = Vec::<Cosigner>::new();
        for entry in self.sets.prefix([origin.as_bytes(), &[0]].concat()) {
            for cosigner in self.set(entry?)?.cosigners {
                if !known.contains(&cosigner) {
                    known.push(cosigner);
                }
            }
        }
        Ok(known)
    }

    fn set(&self, (key, value): (Vec<u8>, Vec<u8>)) -> Result<CosignerSet, JournalError> {
        match Leaf::from_bytes(&value) {
            Some(Leaf::Cosigners(leaf)) => Ok(CosignerSet { epoch: leaf.epoch, cosigners: leaf.cosigners }),
            _ => Err(self.damaged(&self.sets, &key)),
        }
    }

    /// The notes of one size.
    pub(crate) fn notes(&self, origin: &str, size: u64) -> Result<Vec<Certificate>, JournalError> {
        let prefix = [origin.as_bytes(), &[0], &size.to_be_bytes()].concat();
        let read = |entry: Result<(Vec<u8>, Vec<u8>), JournalError>| {
            let (key, value) = entry?;
            let note = str::from_utf8(&value).ok().and_then(Certificate::parse);
            note.ok_or_else(|| self.damaged(&self.notes, &key))
        };
        self.notes.prefix(prefix).map(read).collect()
    }

    /// Keeps a note, and if its checkpoint is about to be cosigned, as the last of its log. The smallest size goes when
    /// there are too many; one of the same size and root takes the place of the one before.
    pub(crate) fn keep(&self, note: &Certificate, cosigned: bool) -> Result<(), JournalError> {
        let Checkpoint { origin, size, root } = &note.checkpoint;
        let log = [origin.as_bytes(), &[0]].concat();
        let key = [log.as_slice(), &size.to_be_bytes(), root.as_bytes()].concat();
        let mut batch = self.store.batch();
        let kept = self.notes.prefix(&log).map(|entry| entry.map(|(key, _)| key)).collect::<Result<Vec<_>, _>>()?;
        let surplus = (kept.len() + usize::from(!kept.contains(&key))).saturating_sub(MAX_NOTES);
        for old in kept.iter().take(surplus) {
            batch.delete(&self.notes, old);
        }
        batch.put(&self.notes, key, note.text());
        if cosigned {
            batch.put(&self.last, origin, [size.to_be_bytes().as_slice(), root.as_bytes()].concat());
        }
        self.store.commit(batch)
    }

    /// Keeps a fork; false when the same was kept before or there are too many.
    pub(crate) fn keep_fork(&self, fork: &Fork) -> Result<bool, JournalError> {
        let known = self.forks()?;
        let same = |one: &Fork| (&one.origin, one.size, &one.named) == (&fork.origin, fork.size, &fork.named);
        if known.len() >= MAX_FORKS || known.iter().any(same) {
            return Ok(false);
        }
        let mut batch = self.store.batch();
        let mut value = Vec::new();
        let (size, named) = (fork.size.to_be_bytes(), fork.named.join("\n"));
        for part in [fork.origin.as_bytes(), &size, named.as_bytes(), fork.evidence.as_bytes()] {
            proof::digest::put_lp(&mut value, part);
        }
        batch.put(&self.forks, (known.len() as u64).to_be_bytes(), value);
        self.store.commit(batch)?;
        Ok(true)
    }

    /// The forks kept, oldest first.
    pub(crate) fn forks(&self) -> Result<Vec<Fork>, JournalError> {
        let read = |entry: Result<(Vec<u8>, Vec<u8>), JournalError>| {
            let (key, value) = entry?;
            fork(&value).ok_or_else(|| self.damaged(&self.forks, &key))
        };
        self.forks.entries().map(read).collect()
    }

    fn damaged(&self, space: &Space, key: &[u8]) -> JournalError {
        JournalError::Damaged { space: space.name().to_owned(), key: key.to_vec() }
    }
}

fn fork(mut value: &[u8]) -> Option<Fork> {
    let mut part = || {
        let (length, rest) = value.split_first_chunk::<4>()?;
        let (part, rest) = rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
        value = rest;
        Some(part)
    };
    let (origin, size, named, evidence) = (part()?, part()?, part()?, part()?);
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).ok();
    Some(Fork {
        origin: text(origin)?,
        size: u64::from_be_bytes(size.try_into().ok()?),
        named: text(named)?.split('\n').map(str::to_owned).collect(),
        evidence: text(evidence)?,
    })
}
