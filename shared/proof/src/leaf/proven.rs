//! A leaf with the proof that it is in a log.

use super::Leaf;
use crate::checkpoint::Checkpoint;
use crate::digest::Digest;
use crate::merkle::{leaf_hash, verify_inclusion};

/// A leaf with its place in a log; in which one, what stands beside it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProvenLeaf {
    /// The leaf's bytes.
    pub leaf: Vec<u8>,
    /// Its index.
    pub index: u64,
    /// Its inclusion proof.
    pub inclusion: Vec<Digest>,
}

impl ProvenLeaf {
    /// Whether it is in the log of that checkpoint.
    pub fn is_in(&self, checkpoint: &Checkpoint) -> bool {
        verify_inclusion(&leaf_hash(&self.leaf), self.index, checkpoint.size, &self.inclusion, &checkpoint.root)
    }

    /// What it says, if it is a leaf.
    pub fn read(&self) -> Option<Leaf> {
        Leaf::from_bytes(&self.leaf)
    }
}
