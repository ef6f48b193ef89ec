//! A log in memory, for the tests of everything that is proven to be in one.

use std::collections::BTreeMap;
use std::convert::Infallible;

use crate::digest::Digest;
use crate::leaf::{BlockLeaf, Leaf};
use crate::merkle::{Frontier, Nodes, inclusion, leaf_hash, root_at};

/// Leaves and the tree over them.
pub(crate) struct Log {
    leaves: Vec<Vec<u8>>,
    nodes: BTreeMap<(u8, u64), Digest>,
}

impl Log {
    pub(crate) fn of(leaves: Vec<Vec<u8>>) -> Self {
        let (mut frontier, mut made) = (Frontier::default(), Vec::new());
        for leaf in &leaves {
            frontier.append(leaf_hash(leaf), &mut made);
        }
        let nodes = made.into_iter().map(|node| ((node.level, node.index), node.hash)).collect();
        Log { leaves, nodes }
    }

    pub(crate) fn leaf(&self, index: u64) -> Vec<u8> {
        self.leaves[index as usize].clone()
    }

    pub(crate) fn root(&self, size: u64) -> Digest {
        root_at(self, size).unwrap()
    }

    pub(crate) fn inclusion(&self, index: u64, size: u64) -> Vec<Digest> {
        inclusion(self, index, size).unwrap()
    }
}

impl Nodes for Log {
    type Error = Infallible;

    fn node(&self, level: u8, index: u64) -> Result<Option<Digest>, Infallible> {
        Ok(self.nodes.get(&(level, index)).copied())
    }
}

/// The end of a block that nothing is proven about.
pub(crate) fn other_leaf(height: u64) -> Vec<u8> {
    let state = Digest::of(&height.to_be_bytes());
    Leaf::Block(BlockLeaf { height, block: state, state, rules_version: 1, snapshot: None }).to_bytes()
}
