//! Our proofs against two independent implementations, for every size up to 70 and every leaf and earlier size.

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use sha2::Sha256;
use tlog_tiles::tlog;

use super::*;

const SIZES: u64 = 70;

fn joined(hashes: &[Digest]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| hash.0).collect()
}

#[test]
fn ct_merkle_gives_the_same_roots_and_proofs() {
    let leaves = numbered(SIZES);
    let (_, stored) = grow(&leaves);
    let mut theirs = MemoryBackedTree::<Sha256, [u8; 8]>::new();
    for (new, leaf) in (1..).zip(&leaves) {
        theirs.push(*leaf);
        assert_eq!(root_at(&stored, new).unwrap().0[..], theirs.root().as_bytes()[..], "size {new}");
        for index in 0..new {
            let ours = joined(&inclusion(&stored, index, new).unwrap());
            assert_eq!(ours, theirs.prove_inclusion(index as usize).as_bytes(), "leaf {index} of {new}");
        }
        for old in 1..new {
            let ours = joined(&consistency(&stored, old, new).unwrap());
            assert_eq!(ours, theirs.prove_consistency((new - old) as usize).as_bytes(), "{old} to {new}");
        }
    }
}

/// Our nodes by the numbers the Go checksum database gives them.
struct Numbered<'a>(&'a Stored);

impl tlog::HashReader for Numbered<'_> {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<tlog::Hash>, tlog_tiles::Error> {
        let node = |index: &u64| tlog::Hash(self.0.0[&tlog::split_stored_hash_index(*index)].0);
        Ok(indexes.iter().map(node).collect())
    }
}

#[test]
fn tlog_tiles_gives_and_takes_the_same_proofs() {
    let leaves = numbered(SIZES);
    let (_, stored) = grow(&leaves);
    let theirs = Numbered(&stored);
    let convert = |hashes: &[tlog::Hash]| hashes.iter().map(|hash| Digest(hash.0)).collect::<Vec<_>>();
    let hash = |digest: Digest| tlog::Hash(digest.0);
    for new in 1..=SIZES {
        let root = root_at(&stored, new).unwrap();
        assert_eq!(tlog::tree_hash(new, &theirs).unwrap().0, root.0);
        for index in 0..new {
            let proof = tlog::prove_record(new, index, &theirs).unwrap();
            let leaf = leaf_hash(&leaves[index as usize]);
            tlog::check_record(&proof, new, hash(root), index, hash(leaf)).unwrap();
            assert_eq!(convert(&proof), inclusion(&stored, index, new).unwrap());
        }
        for old in 1..=new {
            let proof = tlog::prove_tree(new, old, &theirs).unwrap();
            let old_root = root_at(&stored, old).unwrap();
            tlog::check_tree(&proof, new, hash(root), old, hash(old_root)).unwrap();
            assert_eq!(convert(&proof), consistency(&stored, old, new).unwrap());
        }
    }
}
