//! Trees for the tests, the published vectors, and what stores and proofs must refuse.

mod adversary;
mod oracles;

use std::collections::BTreeMap;
use std::convert::Infallible;

use super::*;

/// Perfect subtrees in memory.
#[derive(Default)]
struct Stored(BTreeMap<(u8, u64), Digest>);

impl Nodes for Stored {
    type Error = Infallible;

    fn node(&self, level: u8, index: u64) -> Result<Option<Digest>, Infallible> {
        Ok(self.0.get(&(level, index)).copied())
    }
}

/// A tree of those leaves, appended one by one.
fn grow<T: AsRef<[u8]>>(leaves: &[T]) -> (Frontier, Stored) {
    let (mut frontier, mut stored, mut made) = (Frontier::default(), Stored::default(), Vec::new());
    for leaf in leaves {
        frontier.append(leaf_hash(leaf.as_ref()), &mut made);
    }
    stored.0.extend(made.iter().map(|node| ((node.level, node.index), node.hash)));
    assert_eq!(stored.0.len(), made.len(), "a node was made twice");
    (frontier, stored)
}

fn numbered(count: u64) -> Vec<[u8; 8]> {
    (0..count).map(u64::to_be_bytes).collect()
}

/// The eight leaves of the Certificate Transparency test vectors.
const LEAVES: [&str; 8] =
    ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];

/// The roots over the first 0 to 8 of them.
const ROOTS: [&str; 9] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

fn hashes(texts: &[&str]) -> Vec<Digest> {
    texts.iter().map(|text| Digest::parse(text).unwrap()).collect()
}

#[test]
fn the_vectors_of_certificate_transparency_hold() {
    let leaves = LEAVES.map(|leaf| hex::decode(leaf).unwrap());
    let (_, stored) = grow(&leaves);
    for (size, root) in ROOTS.iter().enumerate() {
        assert_eq!(grow(&leaves[..size]).0.root().to_string(), *root);
        assert_eq!(root_at(&stored, size as u64).unwrap().to_string(), *root);
    }
    assert_eq!(
        inclusion(&stored, 5, 8).unwrap(),
        hashes(&[
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ])
    );
    assert_eq!(
        consistency(&stored, 6, 8).unwrap(),
        hashes(&[
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ])
    );
}

#[test]
fn a_loaded_frontier_goes_on_as_the_one_that_was_lost() {
    let leaves = numbered(70);
    let (whole, stored) = grow(&leaves);
    for size in 0..=70 {
        let mut frontier = Frontier::load(size, &stored).unwrap();
        assert_eq!(frontier, grow(&leaves[..size as usize]).0);
        for leaf in &leaves[size as usize..] {
            frontier.append(leaf_hash(leaf), &mut Vec::new());
        }
        assert_eq!((frontier.size(), frontier.root()), (70, whole.root()));
    }
}

#[test]
fn a_store_that_lost_a_node_is_named_and_never_guessed_around() {
    let (_, mut stored) = grow(&numbered(11));
    stored.0.remove(&(1, 4));
    let missing = MerkleError::Missing { level: 1, index: 4 };
    assert_eq!(Frontier::load(11, &stored), Err(missing.clone()));
    assert_eq!(root_at(&stored, 11), Err(missing.clone()));
    assert_eq!(inclusion(&stored, 0, 11), Err(missing.clone()));
    assert_eq!(inclusion(&stored, 10, 11), Err(missing.clone()));
    assert_eq!(consistency(&stored, 8, 11), Err(missing));
    assert!(root_at(&stored, 8).is_ok(), "an earlier tree does not need it");
}

#[test]
fn what_no_tree_has_cannot_be_proven() {
    let (_, stored) = grow(&numbered(5));
    assert_eq!(inclusion(&stored, 5, 5), Err(MerkleError::NoSuchIndex { index: 5, size: 5 }));
    assert_eq!(inclusion(&stored, 0, 0), Err(MerkleError::NoSuchIndex { index: 0, size: 0 }));
    assert_eq!(consistency(&stored, 4, 3), Err(MerkleError::BadSize { old: 4, new: 3 }));
    assert_eq!(inclusion(&stored, 0, 9), Err(MerkleError::Missing { level: 0, index: 8 }));
}

#[test]
fn an_empty_tree_begins_every_tree_and_proves_nothing() {
    let (_, stored) = grow(&numbered(3));
    let root = root_at(&stored, 3).unwrap();
    assert_eq!(consistency(&stored, 0, 3), Ok(Vec::new()));
    assert!(verify_consistency(0, 3, &empty_root(), &root, &[]));
    assert!(verify_consistency(0, 0, &empty_root(), &empty_root(), &[]));
    assert!(!verify_consistency(0, 3, &root, &root, &[]));
    assert!(!verify_consistency(0, 0, &root, &root, &[]));
    assert!(!verify_consistency(0, 3, &empty_root(), &root, &[root]));
    assert!(!verify_consistency(3, 3, &root, &empty_root(), &[]));
}
