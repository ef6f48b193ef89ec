//! Checking proofs without a tree (RFC 9162, 2.1.3.2 and 2.1.4.2; the proofs are those of RFC 6962).

use super::{empty_root, node_hash};
use crate::digest::Digest;

/// Whether the leaf of that hash is at `index` in the tree of `size` leaves with that root.
pub fn verify_inclusion(leaf: &Digest, index: u64, size: u64, path: &[Digest], root: &Digest) -> bool {
    if index >= size {
        return false;
    }
    let (mut node, mut last) = (index, size - 1);
    let mut hash = *leaf;
    for sibling in path {
        if last == 0 {
            return false;
        }
        if node & 1 == 1 || node == last {
            hash = node_hash(sibling, &hash);
            climb_ragged(&mut node, &mut last);
        } else {
            hash = node_hash(&hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    last == 0 && hash == *root
}

/// Whether the tree (`new`, `new_root`) begins with the tree (`old`, `old_root`).
pub fn verify_consistency(old: u64, new: u64, old_root: &Digest, new_root: &Digest, path: &[Digest]) -> bool {
    if old > new {
        return false;
    }
    if old == 0 || old == new {
        let roots_hold = if old == new { old_root == new_root } else { *old_root == empty_root() };
        return path.is_empty() && roots_hold && (old > 0 || *old_root == empty_root());
    }
    // An old tree that is one perfect subtree is itself the first node of the path.
    let (first, path) = if old.is_power_of_two() {
        (*old_root, path)
    } else if let Some((first, rest)) = path.split_first() {
        (*first, rest)
    } else {
        return false;
    };
    let (mut node, mut last) = (old - 1, new - 1);
    let perfect = node.trailing_ones();
    node >>= perfect;
    last >>= perfect;
    let (mut old_hash, mut new_hash) = (first, first);
    for sibling in path {
        if last == 0 {
            return false;
        }
        if node & 1 == 1 || node == last {
            old_hash = node_hash(sibling, &old_hash);
            new_hash = node_hash(sibling, &new_hash);
            climb_ragged(&mut node, &mut last);
        } else {
            new_hash = node_hash(&new_hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    last == 0 && old_hash == *old_root && new_hash == *new_root
}

/// A last node that is a left child has no sibling and stands for its parent too: climb until it is a right child.
fn climb_ragged(node: &mut u64, last: &mut u64) {
    while *node & 1 == 0 && *node != 0 {
        *node >>= 1;
        *last >>= 1;
    }
}
