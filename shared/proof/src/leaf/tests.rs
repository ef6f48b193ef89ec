//! One byte string for each leaf, and the same one for ever.

use proptest::prelude::*;

use super::*;
use crate::golden;

fn event() -> Leaf {
    let (event, signed) = (Digest::of(b"event"), Digest::of(b"signed"));
    Leaf::Event(EventLeaf { height: 7, position: 3, lane: 1, event, signed, code: 34 })
}

fn samples() -> [(&'static str, Leaf); 5] {
    let (event_id, block, state) = (Digest::of(b"event"), Digest::of(b"block"), Digest::of(b"state"));
    let end = BlockLeaf { height: 7, block, state, rules_version: 1, snapshot: None };
    [
        ("leaf-event.hex", event()),
        ("leaf-due.hex", Leaf::Due(DueLeaf { height: 7, position: 0, event: event_id, what: 2 })),
        ("leaf-summary.hex", Leaf::Summary(SummaryLeaf { height: 7, number: 9, body: b"totals".to_vec() })),
        ("leaf-block.hex", Leaf::Block(end.clone())),
        ("leaf-block-snapshot.hex", Leaf::Block(BlockLeaf { snapshot: Some(Digest::of(b"snapshot")), ..end })),
    ]
}

#[test]
fn the_bytes_of_leaves_are_golden() {
    for (name, leaf) in samples() {
        golden::bytes(name, &leaf.to_bytes());
        assert_eq!(Leaf::from_bytes(&leaf.to_bytes()), Some(leaf.clone()));
        assert_eq!(leaf.height(), 7);
        assert_eq!(leaf.hash(), crate::merkle::leaf_hash(&leaf.to_bytes()));
    }
}

#[test]
fn a_leaf_cut_short_or_followed_by_anything_is_none() {
    for (_, leaf) in samples() {
        let bytes = leaf.to_bytes();
        for end in 0..bytes.len() {
            assert_eq!(Leaf::from_bytes(&bytes[..end]), None);
        }
        assert_eq!(Leaf::from_bytes(&[bytes.as_slice(), &[0]].concat()), None);
    }
}

#[test]
fn a_value_outside_its_range_is_none() {
    let mut bytes = event().to_bytes();
    bytes[13] = 3;
    assert_eq!(Leaf::from_bytes(&bytes), None, "there are three lanes");
    bytes[0] = 5;
    assert_eq!(Leaf::from_bytes(&bytes), None, "there are four tags");
    let [.., (_, end)] = samples();
    let mut bytes = end.to_bytes();
    bytes[77] = 2;
    assert_eq!(Leaf::from_bytes(&bytes), None, "a snapshot is there or not");
    let summary = |length| Leaf::Summary(SummaryLeaf { height: 1, number: 1, body: vec![0; length] });
    assert!(Leaf::from_bytes(&summary(MAX_SUMMARY_BYTES).to_bytes()).is_some());
    assert_eq!(Leaf::from_bytes(&summary(MAX_SUMMARY_BYTES + 1).to_bytes()), None);
}

proptest! {
    #[test]
    fn whatever_decodes_encodes_to_the_same_bytes(
        sample in 0..5_usize,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        tail in prop::collection::vec(any::<u8>(), 0..3),
    ) {
        let mut bytes = samples()[sample].1.to_bytes();
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        bytes.extend(tail);
        if let Some(leaf) = Leaf::from_bytes(&bytes) {
            prop_assert_eq!(leaf.to_bytes(), bytes);
        }
    }
}
