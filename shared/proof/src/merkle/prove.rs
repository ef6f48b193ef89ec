//! Roots and proofs of any stored size, from perfect subtrees only: O(log size) reads each.

use super::{MerkleError, Nodes, empty_root, node_hash};
use crate::digest::Digest;

/// The root of the tree as it was at `size`.
pub fn root_at<N: Nodes + ?Sized>(nodes: &N, size: u64) -> Result<Digest, MerkleError<N::Error>> {
    if size == 0 { Ok(empty_root()) } else { subtree(nodes, 0, size) }
}

/// The audit path of leaf `index` in the tree of `size` leaves (RFC 6962, 2.1.1), from the leaf's sibling upwards.
pub fn inclusion<N: Nodes + ?Sized>(nodes: &N, index: u64, size: u64) -> Result<Vec<Digest>, MerkleError<N::Error>> {
    if index >= size {
        return Err(MerkleError::NoSuchIndex { index, size });
    }
    let mut path = Vec::with_capacity(height(size));
    let (mut from, mut to) = (0, size);
    while to - from > 1 {
        let middle = from + split(to - from);
        if index < middle {
            path.push(subtree(nodes, middle, to)?);
            to = middle;
        } else {
            path.push(subtree(nodes, from, middle)?);
            from = middle;
        }
    }
    path.reverse();
    Ok(path)
}

/// The proof that the tree of `new` leaves begins with the tree of `old` leaves (RFC 6962, 2.1.2). It is empty from
/// size 0 and between equal sizes, where there is nothing to prove.
pub fn consistency<N: Nodes + ?Sized>(nodes: &N, old: u64, new: u64) -> Result<Vec<Digest>, MerkleError<N::Error>> {
    if old > new {
        return Err(MerkleError::BadSize { old, new });
    }
    if old == 0 || old == new {
        return Ok(Vec::new());
    }
    let mut path = Vec::with_capacity(height(new) + 1);
    let (mut from, mut to) = (0, new);
    while old < to {
        let middle = from + split(to - from);
        if old <= middle {
            path.push(subtree(nodes, middle, to)?);
            to = middle;
        } else {
            path.push(subtree(nodes, from, middle)?);
            from = middle;
        }
    }
    // The verifier holds the old root already when the old tree is one perfect subtree.
    if from > 0 {
        path.push(subtree(nodes, from, to)?);
    }
    path.reverse();
    Ok(path)
}

/// The root over the leaves `from..to`, which is not empty and starts where a subtree of that size can start.
fn subtree<N: Nodes + ?Sized>(nodes: &N, from: u64, to: u64) -> Result<Digest, MerkleError<N::Error>> {
    let mut end = to;
    let mut root: Option<Digest> = None;
    while end > from {
        // Perfect subtrees from the right edge leftwards, each larger than the one before.
        let level = (end - from).trailing_zeros() as u8;
        let left = stored(nodes, level, (end >> level) - 1)?;
        root = Some(root.map_or(left, |right| node_hash(&left, &right)));
        end -= 1 << level;
    }
    Ok(root.unwrap_or_else(empty_root))
}

/// A node that a tree of the claimed size must have.
pub(super) fn stored<N: Nodes + ?Sized>(nodes: &N, level: u8, index: u64) -> Result<Digest, MerkleError<N::Error>> {
    nodes.node(level, index).map_err(MerkleError::Store)?.ok_or(MerkleError::Missing { level, index })
}

/// The largest power of two below `size`, which is at least 2.
fn split(size: u64) -> u64 {
    1 << (size - 1).ilog2()
}

/// How many levels lie above the leaves of a tree of `size` leaves.
fn height(size: u64) -> usize {
    (u64::BITS - size.saturating_sub(1).leading_zeros()) as usize
}
