//! One byte string for each leaf, and the same one for ever.

use proptest::prelude::*;

use super::*;
use crate::checkpoint::Cosigner;
use crate::golden;
use crate::sign::PublicKey;

fn event() -> Leaf {
    let (event, signed) = (Digest::of(b"event"), Digest::of(b"signed"));
    Leaf::Event(EventLeaf { height: 7, position: 3, lane: 1, event, signed, code: 34 })
}

fn cosigners(names: &[&str]) -> CosignersLeaf {
    let cosigner = |(seed, name): (u8, &&str)| Cosigner { name: (*name).to_owned(), key: PublicKey([seed; 32]) };
    CosignersLeaf {
        height: 7,
        epoch: 2,
        cosigners: (1..).zip(names).map(cosigner).collect(),
        relays: vec![PublicKey([9; 32])],
    }
}

fn decision() -> DecisionLeaf {
    let (event, reason) = (Digest::of(b"event"), "samples confirm it".to_owned());
    DecisionLeaf { height: 7, child: "cn.32.01".into(), event, accepted: true, reason }
}

fn rollup() -> RollupLeaf {
    let part = |child: &str, confirmed, summary| RollupPart {
        child: child.into(),
        counts: [0, 0, confirmed, 4, 0],
        summary,
        size: 90 * summary,
    };
    RollupLeaf {
        height: 7,
        disease: "U07.1".into(),
        total: [0, 1, 818, 8, 0],
        own: [0, 1, 0, 0, 0],
        parts: vec![part("cn.32.01", 235, 9), part("cn.32.10", 583, 30)],
    }
}

fn samples() -> [(&'static str, Leaf); 8] {
    let (event_id, block, state) = (Digest::of(b"event"), Digest::of(b"block"), Digest::of(b"state"));
    let end = BlockLeaf { height: 7, block, state, rules_version: 1, snapshot: None };
    [
        ("leaf-cosigners.hex", Leaf::Cosigners(cosigners(&["cdc.cn.32", "hospital.cn.32"]))),
        ("leaf-decision.hex", Leaf::Decision(decision())),
        ("leaf-rollup.hex", Leaf::Rollup(rollup())),
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
    bytes[0] = 8;
    assert_eq!(Leaf::from_bytes(&bytes), None, "there are seven tags");
    let [.., (_, end)] = samples();
    let mut bytes = end.to_bytes();
    bytes[77] = 2;
    assert_eq!(Leaf::from_bytes(&bytes), None, "a snapshot is there or not");
    let summary = |length| Leaf::Summary(SummaryLeaf { height: 1, number: 1, body: vec![0; length] });
    assert!(Leaf::from_bytes(&summary(MAX_SUMMARY_BYTES).to_bytes()).is_some());
    assert_eq!(Leaf::from_bytes(&summary(MAX_SUMMARY_BYTES + 1).to_bytes()), None);
}

fn holds(leaf: Leaf) -> bool {
    let bytes = leaf.to_bytes();
    let read = Leaf::from_bytes(&bytes);
    assert!(read.is_none() || bytes.len() <= MAX_LEAF_BYTES);
    read == Some(leaf)
}

#[test]
fn a_cosigner_set_has_1_to_16_members_each_once() {
    let set = |count: usize| {
        let names = (0..count).map(|at| format!("member-{at}.cn.32")).collect::<Vec<_>>();
        Leaf::Cosigners(cosigners(&names.iter().map(String::as_str).collect::<Vec<_>>()))
    };
    assert_eq!([0, 1, 16, 17].map(|count| holds(set(count))), [false, true, true, false]);
    assert!(!holds(Leaf::Cosigners(cosigners(&["cdc.cn.32", "cdc.cn.32"]))), "one name under two keys");
    let mut shared = cosigners(&["cdc.cn.32", "hospital.cn.32"]);
    shared.cosigners[1].key = shared.cosigners[0].key;
    assert!(!holds(Leaf::Cosigners(shared)), "one key under two names");
    assert!(!holds(Leaf::Cosigners(cosigners(&["a name with spaces"]))));
    let relays = |keys: std::ops::Range<u8>| {
        let relays = keys.map(|seed| PublicKey([seed; 32])).collect();
        Leaf::Cosigners(CosignersLeaf { relays, ..cosigners(&["cdc.cn.32"]) })
    };
    assert_eq!([relays(0..0), relays(0..32), relays(0..33)].map(holds), [true, true, false]);
    let twice = vec![PublicKey([9; 32]); 2];
    assert!(!holds(Leaf::Cosigners(CosignersLeaf { relays: twice, ..cosigners(&["cdc.cn.32"]) })));
    assert!(!holds(Leaf::Cosigners(cosigners(&[""]))));
}

#[test]
fn derived_leaves_hold_at_their_bounds_and_not_one_further() {
    let long = "x".repeat(64);
    let with = |parts: usize, child: &str| {
        let part = RollupPart { child: child.into(), counts: [u64::MAX; 5], summary: u64::MAX, size: u64::MAX };
        Leaf::Rollup(RollupLeaf { disease: long.clone(), parts: vec![part; parts], ..rollup() })
    };
    assert!(holds(with(0, "cn.32")));
    assert!(holds(with(MAX_PARTS, &long)), "the longest fits an entry");
    assert!(!holds(with(MAX_PARTS + 1, "cn.32")));
    assert!(!holds(with(1, &format!("{long}x"))));
    assert!(!holds(with(1, "")));
    let reason = |length| Leaf::Decision(DecisionLeaf { reason: "x".repeat(length), ..decision() });
    assert_eq!([0, 1024, 1025].map(|length| holds(reason(length))), [true, true, false]);
    let mut bytes = Leaf::Decision(decision()).to_bytes();
    let accepted = 1 + 8 + 4 + "cn.32.01".len() + 32;
    assert_eq!(bytes[accepted], 1);
    bytes[accepted] = 2;
    assert_eq!(Leaf::from_bytes(&bytes), None, "a report is accepted or not");
}

proptest! {
    #[test]
    fn whatever_decodes_encodes_to_the_same_bytes(
        sample in 0..8_usize,
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
