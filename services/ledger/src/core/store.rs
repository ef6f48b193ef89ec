//! The spaces of a ledger's store and the small records in them.
//!
//! | space | key | value |
//! |---|---|---|
//! | `blocks` | height | the block's bytes as they came |
//! | `results` | height | [`BlockResult`](super::result::BlockResult): what execution added to the block |
//! | `tree` | row number | subtrees of the Merkle log ([`super::tree`]) |
//! | `state` | state key | version, value |
//! | `index` | `b` + leaf index / [`BUCKET`] | height of the block that holds the bucket's first leaf |
//! | | `s` + summary number | leaf index and size of the summary |
//! | | `f` + height | when this ledger saw the block final, in milliseconds |
//! | | `tip`, `certificate`, `chain` | one each |

use std::path::Path;

use journal::{Batch, JournalError, Snapshot, Space, Store};
use proof::block::Block;

use super::result::BlockResult;

/// Leaves a bucket of the leaf index: one small row for many leaves, and at most seven steps to find a leaf's block.
pub(crate) const BUCKET: u64 = 64;

/// An open store with its spaces.
#[derive(Clone)]
pub(crate) struct Spaces {
    pub(crate) store: Store,
    pub(crate) blocks: Space,
    pub(crate) results: Space,
    pub(crate) tree: Space,
    pub(crate) state: Space,
    pub(crate) index: Space,
}

/// What is stored once.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Single {
    /// The tip record.
    Tip,
    /// The best certificate's text.
    Certificate,
    /// The chain id, so that a directory is never opened for another chain.
    Chain,
}

impl Single {
    fn key(self) -> &'static [u8] {
        match self {
            Single::Tip => b"tip",
            Single::Certificate => b"certificate",
            Single::Chain => b"chain",
        }
    }
}

/// What is stored by number.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Numbered {
    /// Leaf bucket to height.
    Bucket(u64),
    /// Summary number to leaf index.
    Summary(u64),
    /// Height to the time at which it was seen final.
    Final(u64),
}

impl Numbered {
    fn key(self) -> [u8; 9] {
        let (tag, number) = match self {
            Numbered::Bucket(number) => (b'b', number),
            Numbered::Summary(number) => (b's', number),
            Numbered::Final(number) => (b'f', number),
        };
        let mut key = [tag; 9];
        if let Some(rest) = key.last_chunk_mut::<8>() {
            *rest = number.to_be_bytes();
        }
        key
    }
}

impl Spaces {
    /// Opens the store in `dir`.
    pub(crate) fn open(dir: &Path) -> Result<Self, JournalError> {
        let store = Store::open(dir)?;
        Ok(Spaces {
            blocks: store.space("blocks")?,
            results: store.space("results")?,
            tree: store.space("tree")?,
            state: store.space("state")?,
            index: store.space("index")?,
            store,
        })
    }

    pub(crate) fn single(&self, what: Single) -> Result<Option<Vec<u8>>, JournalError> {
        self.index.get(what.key())
    }

    pub(crate) fn single_of(&self, snapshot: &Snapshot, what: Single) -> Result<Option<Vec<u8>>, JournalError> {
        snapshot.get(&self.index, what.key())
    }

    pub(crate) fn put_single(&self, batch: &mut Batch, what: Single, value: &[u8]) {
        batch.put(&self.index, what.key(), value);
    }

    pub(crate) fn number(&self, what: Numbered) -> Result<Option<u64>, JournalError> {
        let value = self.index.get(what.key())?;
        Ok(value.and_then(|value| value.first_chunk::<8>().copied()).map(u64::from_be_bytes))
    }

    pub(crate) fn put_number(&self, batch: &mut Batch, what: Numbered, value: u64) {
        batch.put(&self.index, what.key(), value.to_be_bytes());
    }

    /// The time of the first stored final height from `height` on.
    pub(crate) fn first_final(&self, height: u64) -> Result<Option<u64>, JournalError> {
        let (from, to) = (Numbered::Final(height).key(), Numbered::Final(u64::MAX).key());
        let first = self.index.range(from, to).next().transpose()?;
        Ok(first.and_then(|(_, value)| value.first_chunk::<8>().copied()).map(u64::from_be_bytes))
    }

    /// The block of a height.
    pub(crate) fn block(&self, height: u64) -> Result<Option<Block>, JournalError> {
        let key = height.to_be_bytes();
        let bytes = self.blocks.get(key)?;
        bytes.map(|bytes| Block::from_bytes(&bytes).map_err(|_| damaged(&self.blocks, &key))).transpose()
    }

    pub(crate) fn put_block(&self, batch: &mut Batch, height: u64, bytes: &[u8]) {
        batch.put(&self.blocks, height.to_be_bytes(), bytes);
    }

    /// What executing the block of a height added.
    pub(crate) fn result(&self, height: u64) -> Result<Option<BlockResult>, JournalError> {
        let key = height.to_be_bytes();
        let bytes = self.results.get(key)?;
        bytes.map(|bytes| BlockResult::from_bytes(&bytes).ok_or_else(|| damaged(&self.results, &key))).transpose()
    }

    pub(crate) fn put_result(&self, batch: &mut Batch, height: u64, result: &BlockResult) {
        batch.put(&self.results, height.to_be_bytes(), result.to_bytes());
    }
}

/// A record whose checksum holds and that yet is none.
fn damaged(space: &Space, key: &[u8]) -> JournalError {
    JournalError::Damaged { space: space.name().to_owned(), key: key.to_vec() }
}
