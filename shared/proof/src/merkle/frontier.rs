//! The right edge of a tree: all that appending needs, at most 64 hashes whatever the size.

use super::{MerkleError, Node, Nodes, empty_root, node_hash, prove::stored};
use crate::digest::Digest;

/// The roots of the perfect subtrees that a tree of this size is made of, largest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    edge: Vec<Digest>,
}

impl Frontier {
    /// The edge of a stored tree.
    pub fn load<N: Nodes + ?Sized>(size: u64, nodes: &N) -> Result<Self, MerkleError<N::Error>> {
        let levels = (0..u64::BITS as u8).rev().filter(|level| size >> level & 1 == 1);
        // The bit is set, so the subtree is the last whole one on its level.
        let edge = levels.map(|level| stored(nodes, level, (size >> level) - 1)).collect::<Result<_, _>>()?;
        Ok(Frontier { size, edge })
    }

    /// The edge of a tree of this size from what [`Frontier::edge`] gave; none if it can't be one.
    pub fn restore(size: u64, edge: Vec<Digest>) -> Option<Self> {
        (u32::try_from(edge.len()) == Ok(size.count_ones())).then_some(Frontier { size, edge })
    }

    /// The roots of the perfect subtrees, largest first: one for each bit of the size.
    pub fn edge(&self) -> &[Digest] {
        &self.edge
    }

    /// How many leaves the tree has.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root of the tree.
    pub fn root(&self) -> Digest {
        let mut smaller = self.edge.iter().rev();
        match smaller.next() {
            None => empty_root(),
            Some(last) => smaller.fold(*last, |right, left| node_hash(left, &right)),
        }
    }

    /// Appends a leaf (its [`leaf_hash`](super::leaf_hash)) and pushes every subtree it completes onto `made`: the leaf
    /// itself and, on average, one more.
    pub fn append(&mut self, leaf: Digest, made: &mut Vec<Node>) {
        let mut node = Node { level: 0, index: self.size, hash: leaf };
        made.push(node);
        // A right child completes its parent; its left sibling is the smallest subtree of the edge.
        while node.index & 1 == 1
            && let Some(left) = self.edge.pop()
        {
            node = Node { level: node.level + 1, index: node.index >> 1, hash: node_hash(&left, &node.hash) };
            made.push(node);
        }
        self.edge.push(node.hash);
        self.size += 1;
    }
}
