//! A log in memory, for the tests of everything that is proven to be in one, and a second reader of cosignatures.

use std::collections::BTreeMap;
use std::convert::Infallible;

use crate::checkpoint::Cosigner;
use crate::digest::Digest;
use crate::leaf::{BlockLeaf, Leaf};
use crate::merkle::{Frontier, Nodes, consistency, inclusion, leaf_hash, root_at};

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

    pub(crate) fn consistency(&self, old: u64, new: u64) -> Vec<Digest> {
        consistency(self, old, new).unwrap()
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

/// A `cosignature/v1` verifier written from the specification alone, for the independent note reader.
pub(crate) struct NoteKey(pub(crate) Cosigner);

impl signed_note::Verifier for NoteKey {
    fn name(&self) -> &str {
        &self.0.name
    }

    fn key_id(&self) -> u32 {
        signed_note::key_id(&self.0.name, &[&[0x04], self.0.key.0.as_slice()].concat())
    }

    fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        let (time, signature) = signature.split_first_chunk::<8>().unwrap();
        let head = format!("cosignature/v1\ntime {}\n", u64::from_be_bytes(*time));
        self.0.key.verify_raw(&[head.as_bytes(), message].concat(), signature.try_into().unwrap())
    }
}
