//! The RFC 6962 Merkle tree over SHA-256: what makes the log append-only in the eyes of others.
//!
//! Only *perfect* subtrees are ever stored, each once and never changed: the node (level, index) covers the leaves
//! `index << level` to `(index + 1) << level`. Roots and proofs of any earlier size come from them.
//!
//! It is not a store: nodes are read through [`Nodes`]. Limits: a proof has at most [`MAX_PROOF_HASHES`] hashes.

mod frontier;
mod prove;
#[cfg(test)]
mod tests;
mod verify;

use sha2::{Digest as _, Sha256};

pub use frontier::Frontier;
pub use prove::{consistency, inclusion, root_at};
pub use verify::{verify_consistency, verify_inclusion};

use crate::digest::Digest;

/// A tree of 2^63 leaves, more than a checkpoint can state, needs no longer inclusion proof; a consistency proof may
/// have one hash more.
pub const MAX_PROOF_HASHES: usize = 63;

/// A perfect subtree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node {
    /// 0 for a leaf.
    pub level: u8,
    /// Which one on its level, from the left.
    pub index: u64,
    /// Its root.
    pub hash: Digest,
}

/// Where perfect subtrees are read from.
pub trait Nodes {
    /// Why reading can fail.
    type Error;

    /// The root of a perfect subtree; `None` when it was never stored.
    fn node(&self, level: u8, index: u64) -> Result<Option<Digest>, Self::Error>;
}

/// Why a root or proof cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MerkleError<E> {
    /// The tree of that size has no such leaf.
    #[error("no leaf {index} in a tree of {size}")]
    NoSuchIndex {
        /// The leaf asked for.
        index: u64,
        /// The size of the tree.
        size: u64,
    },
    /// A tree does not grow into a smaller one.
    #[error("no consistency proof from size {old} to {new}")]
    BadSize {
        /// The earlier size asked for.
        old: u64,
        /// The later size asked for.
        new: u64,
    },
    /// The store lacks a node of a tree of that size: it is damaged or shorter than claimed.
    #[error("missing tree node at level {level}, index {index}")]
    Missing {
        /// The node's level.
        level: u8,
        /// The node's index on its level.
        index: u64,
    },
    /// The store failed.
    #[error("reading a tree node: {0}")]
    Store(E),
}

/// `SHA-256(0x00 || leaf)`.
pub fn leaf_hash(leaf: &[u8]) -> Digest {
    let mut hash = Sha256::new();
    hash.update([0]);
    hash.update(leaf);
    Digest(hash.finalize().into())
}

/// `SHA-256(0x01 || left || right)`.
pub fn node_hash(left: &Digest, right: &Digest) -> Digest {
    let mut hash = Sha256::new();
    hash.update([1]);
    hash.update(left.0);
    hash.update(right.0);
    Digest(hash.finalize().into())
}

/// The root of the tree without leaves: the SHA-256 of nothing.
pub fn empty_root() -> Digest {
    Digest::of(&[])
}
