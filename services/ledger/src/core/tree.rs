//! Where the Merkle log's subtrees lie on disk: in the order in which appending completes them, 32 bytes each, in rows
//! of [`ROW`] hashes.
//!
//! The place of a subtree follows from its level and index alone, so no key is stored with it: two hashes a leaf are all
//! that the tree costs. Only the last row is ever written again, at most 1 KiB a batch.

use journal::{Batch, JournalError, Space};
use proof::digest::Digest;
use proof::merkle::{Node, Nodes};

/// Hashes in a row: small enough that writing the last row again costs little, large enough that keys cost nothing.
pub(crate) const ROW: u64 = 32;

/// How many subtrees the first `leaves` leaves complete: each leaf, and each pair of equal subtrees once.
fn completed(leaves: u64) -> u64 {
    2 * leaves - u64::from(leaves.count_ones())
}

/// The place of a subtree in the order of completion; it is completed by its last leaf, after all smaller ones.
fn place(level: u8, index: u64) -> Option<u64> {
    let last = index.checked_add(1)?.checked_mul(1_u64.checked_shl(u32::from(level))?)?.checked_sub(1)?;
    (last < 1 << 62).then(|| completed(last) + u64::from(level))
}

/// Subtrees that are on disk.
#[derive(Clone)]
pub(crate) struct StoredTree {
    space: Space,
}

impl StoredTree {
    pub(crate) fn new(space: Space) -> Self {
        StoredTree { space }
    }

    fn at(&self, place: u64) -> Result<Option<Digest>, JournalError> {
        let row = self.space.get((place / ROW).to_be_bytes())?;
        Ok(row.and_then(|row| row.as_chunks::<32>().0.get(usize::try_from(place % ROW).ok()?).copied()).map(Digest))
    }
}

impl Nodes for StoredTree {
    type Error = JournalError;

    fn node(&self, level: u8, index: u64) -> Result<Option<Digest>, JournalError> {
        place(level, index).map_or(Ok(None), |place| self.at(place))
    }
}

/// Subtrees on disk and those that the running batch has completed.
pub(crate) struct GrowingTree {
    stored: StoredTree,
    /// Where `fresh` begins.
    from: u64,
    fresh: Vec<Digest>,
    /// The tail row as it is on disk, so that it can be written again whole.
    row: Vec<Digest>,
}

impl GrowingTree {
    /// The tree after `leaves` leaves.
    pub(crate) fn open(space: Space, leaves: u64) -> Result<Self, JournalError> {
        let stored = StoredTree::new(space);
        let from = completed(leaves);
        let begin = from - from % ROW;
        let row = (begin..from).map(|place| stored.at(place)).collect::<Result<Option<Vec<_>>, _>>()?;
        // A tail row that is missing shows when the frontier is loaded, which reads every subtree of the right edge.
        Ok(GrowingTree { stored, from, fresh: Vec::new(), row: row.unwrap_or_default() })
    }

    /// Takes the subtrees that appending a leaf completed, in their order.
    pub(crate) fn push(&mut self, made: &[Node]) {
        self.fresh.extend(made.iter().map(|node| node.hash));
    }

    /// Puts every row that the running batch has touched.
    pub(crate) fn put(&self, batch: &mut Batch) {
        let first = self.from / ROW;
        let all = self.row.iter().chain(&self.fresh).copied().collect::<Vec<_>>();
        for (number, row) in (first..).zip(all.chunks(ROW as usize)) {
            let bytes = row.iter().flat_map(|hash| hash.0).collect::<Vec<_>>();
            batch.put(&self.stored.space, number.to_be_bytes(), &bytes);
        }
    }

    /// The running batch is on disk.
    pub(crate) fn settle(&mut self) {
        self.row.append(&mut self.fresh);
        self.from += u64::try_from(self.row.len()).unwrap_or(0) - self.from % ROW;
        let whole = self.row.len() - self.row.len() % ROW as usize;
        self.row.drain(..whole);
    }
}

impl Nodes for GrowingTree {
    type Error = JournalError;

    fn node(&self, level: u8, index: u64) -> Result<Option<Digest>, JournalError> {
        match place(level, index) {
            None => Ok(None),
            Some(place) if place < self.from => self.stored.at(place),
            Some(place) => Ok(usize::try_from(place - self.from).ok().and_then(|at| self.fresh.get(at)).copied()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proof::merkle::{Frontier, leaf_hash};

    use super::*;

    #[test]
    fn a_subtree_lies_where_appending_put_it() {
        let (mut frontier, mut made) = (Frontier::default(), Vec::new());
        for leaf in 0_u64..300 {
            frontier.append(leaf_hash(&leaf.to_be_bytes()), &mut made);
            assert_eq!(u64::try_from(made.len()).unwrap(), completed(leaf + 1));
        }
        for (at, node) in made.iter().enumerate() {
            assert_eq!(place(node.level, node.index), Some(u64::try_from(at).unwrap()), "{node:?}");
        }
    }
}
