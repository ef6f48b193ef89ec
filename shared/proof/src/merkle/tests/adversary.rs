//! True proofs hold and changed ones do not, on trees small enough to try everything and on trees too large to build.

use proptest::prelude::*;

use super::*;

/// Leaves that are all alike make every subtree of a level alike: a tree of any size without a store.
struct Uniform(Vec<Digest>);

impl Uniform {
    fn new() -> Self {
        let levels = std::iter::successors(Some(leaf_hash(b"alike")), |below| Some(node_hash(below, below)));
        Uniform(levels.take(64).collect())
    }
}

impl Nodes for Uniform {
    type Error = Infallible;

    fn node(&self, level: u8, _: u64) -> Result<Option<Digest>, Infallible> {
        Ok(self.0.get(usize::from(level)).copied())
    }
}

/// Every proof that differs from `path` by one bit, one hash less or one more.
fn changed(path: &[Digest]) -> Vec<Vec<Digest>> {
    let mut all = vec![[path, &[empty_root()]].concat(), [&[empty_root()], path].concat()];
    for at in 0..path.len() {
        let mut flipped = path.to_vec();
        flipped[at].0[at % 32] ^= 1;
        all.push(flipped);
        all.push([&path[..at], &path[at + 1..]].concat());
    }
    all
}

#[test]
fn inclusion_holds_for_its_leaf_index_and_root_only() {
    let leaves = numbered(33);
    let (_, stored) = grow(&leaves);
    for size in 1..=33 {
        let root = root_at(&stored, size).unwrap();
        for index in 0..size {
            let leaf = leaf_hash(&leaves[index as usize]);
            let path = inclusion(&stored, index, size).unwrap();
            assert!(verify_inclusion(&leaf, index, size, &path, &root), "leaf {index} of {size}");
            for other in (0..=size).filter(|other| *other != index) {
                assert!(!verify_inclusion(&leaf, other, size, &path, &root), "leaf {index} as {other} of {size}");
            }
            assert!(!verify_inclusion(&root, index, size, &path, &leaf) || size == 1);
            assert!(!verify_inclusion(&leaf, index, size, &path, &empty_root()));
            for path in changed(&path) {
                assert!(!verify_inclusion(&leaf, index, size, &path, &root));
            }
        }
    }
}

#[test]
fn consistency_holds_for_its_roots_only() {
    let (_, stored) = grow(&numbered(33));
    let (_, forked) = grow(&numbered(33).iter().map(|leaf| [leaf.as_slice(), b"!"].concat()).collect::<Vec<_>>());
    for new in 1..=33 {
        let new_root = root_at(&stored, new).unwrap();
        for old in 1..=new {
            let old_root = root_at(&stored, old).unwrap();
            let path = consistency(&stored, old, new).unwrap();
            assert!(verify_consistency(old, new, &old_root, &new_root, &path), "{old} to {new}");
            assert!(!verify_consistency(new + 1, new, &old_root, &new_root, &path));
            let fork = root_at(&forked, old).unwrap();
            let fork_path = consistency(&forked, old, new).unwrap();
            assert!(!verify_consistency(old, new, &fork, &new_root, &path));
            assert!(!verify_consistency(old, new, &fork, &new_root, &fork_path));
            assert!(!verify_consistency(old, new, &old_root, &fork, &path));
            for path in changed(&path) {
                assert!(!verify_consistency(old, new, &old_root, &new_root, &path), "{old} to {new}");
            }
            let same_root = verify_consistency(old, new, &old_root, &old_root, &[]);
            assert_eq!(same_root, old == new, "one root of {old} and {new} leaves");
        }
    }
}

proptest! {
    #[test]
    fn proofs_hold_at_any_size_a_checkpoint_can_state(
        new in prop_oneof![1..=1_000_000_u64, 1..=i64::MAX as u64],
        old in any::<prop::sample::Selector>(),
        index in 0.0..1.0_f64,
    ) {
        let nodes = Uniform::new();
        let old = old.select([1, new / 3 + 1, new - new / 7, new.next_power_of_two() / 2, new]).clamp(1, new);
        let index = ((new as f64 * index) as u64).min(new - 1);
        let root = root_at(&nodes, new).unwrap();
        prop_assert_eq!(Frontier::load(new, &nodes).unwrap().root(), root);

        let path = inclusion(&nodes, index, new).unwrap();
        prop_assert!(path.len() <= MAX_PROOF_HASHES);
        prop_assert!(verify_inclusion(&leaf_hash(b"alike"), index, new, &path, &root));
        prop_assert!(!verify_inclusion(&leaf_hash(b"other"), index, new, &path, &root));

        let path = consistency(&nodes, old, new).unwrap();
        prop_assert!(path.len() <= MAX_PROOF_HASHES + 1);
        let old_root = root_at(&nodes, old).unwrap();
        prop_assert!(verify_consistency(old, new, &old_root, &root, &path));
        for path in changed(&path) {
            prop_assert!(!verify_consistency(old, new, &old_root, &root, &path));
        }
    }
}
