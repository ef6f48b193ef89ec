//! A log forked at height 5: who signed both branches is named, and nobody else can be.

use proptest::prelude::*;

use super::*;
use crate::checkpoint::{Checkpoint, cosign, origin};
use crate::digest::Digest;
use crate::golden;
use crate::lines::FormatError;
use crate::sign::SecretKey;
use crate::testing::{Log, other_leaf};

fn log_name() -> String {
    origin("cn.32", &Digest::of(b"genesis"))
}

fn cosigner(seed: u8) -> Cosigner {
    Cosigner { name: format!("member-{seed}.cn.32"), key: SecretKey::from_seed(&[seed; 32]).public() }
}

fn known() -> Vec<Cosigner> {
    (1..=4).map(cosigner).collect()
}

/// One end of block a height, the index; from height 5 on another one on the other branch.
fn branch(other: bool) -> Log {
    Log::of((0..20).map(|height| if other && height >= 5 { forked(height) } else { other_leaf(height) }).collect())
}

fn forked(height: u64) -> Vec<u8> {
    let block = Digest::of(b"another block");
    Leaf::Block(BlockLeaf { height, block, state: block, rules_version: 1, snapshot: None }).to_bytes()
}

fn vouched(log: &Log, size: u64, height: Option<u64>, signers: &[u8]) -> Vouched {
    let checkpoint = Checkpoint { origin: log_name(), size, root: log.root(size) };
    let sign = |seed: &u8| {
        cosign(
            &SecretKey::from_seed(&[*seed; 32]),
            &cosigner(*seed).name,
            &checkpoint,
            1_626_739_200 + u64::from(*seed),
        )
    };
    let cosignatures = signers.iter().map(sign).collect();
    let block = height.map(|at| ProvenLeaf { leaf: log.leaf(at), index: at, inclusion: log.inclusion(at, size) });
    Vouched { certificate: Certificate { checkpoint, cosignatures }, block }
}

/// One size and two roots.
fn same_size(first: &[u8], second: &[u8]) -> Evidence {
    Evidence { a: vouched(&branch(false), 9, None, first), b: vouched(&branch(true), 9, None, second) }
}

/// Two sizes and two blocks of height 6.
fn same_height(first: &[u8], second: &[u8]) -> Evidence {
    Evidence { a: vouched(&branch(false), 9, Some(6), first), b: vouched(&branch(true), 14, Some(6), second) }
}

fn check(evidence: &Evidence) -> Result<Vec<Cosigner>, EvidenceError> {
    evidence.check(&log_name(), &known())
}

fn names(seeds: &[u8]) -> Result<Vec<Cosigner>, EvidenceError> {
    Ok(seeds.iter().map(|seed| cosigner(*seed)).collect())
}

#[test]
fn exactly_those_who_signed_both_are_named() {
    for fork in [same_size, same_height] {
        assert_eq!(check(&fork(&[1, 2, 3], &[2, 3, 4])), names(&[2, 3]));
        assert_eq!(check(&fork(&[3, 1], &[1, 3])), names(&[1, 3]), "in the order of the known");
        assert_eq!(check(&fork(&[4], &[4])), names(&[4]));
        assert_eq!(check(&fork(&[1, 2], &[3, 4])), Err(EvidenceError::Nobody));
        let evidence = fork(&[1, 2], &[2]);
        let epochs = [known(), known()].concat();
        assert_eq!(evidence.check(&log_name(), &epochs), names(&[2]), "a cosigner of two epochs is one");
    }
}

#[test]
fn any_flipped_bit_of_evidence_is_detected() {
    for (name, evidence) in
        [("size.evidence", same_size(&[1, 2], &[1, 2])), ("height.evidence", same_height(&[2], &[2]))]
    {
        let text = evidence.text();
        golden::text(name, &text);
        assert_eq!(Evidence::parse(&text), Ok(evidence));
        let mut bytes = text.into_bytes();
        for bit in 0..bytes.len() * 8 {
            bytes[bit / 8] ^= 1 << (bit % 8);
            let read = str::from_utf8(&bytes).ok().and_then(|text| Evidence::parse(text).ok());
            assert!(read.is_none_or(|read| check(&read).is_err()), "{name}: bit {bit}");
            bytes[bit / 8] ^= 1 << (bit % 8);
        }
    }
}

#[test]
fn stories_that_agree_are_no_evidence() {
    let (honest, forked) = (branch(false), branch(true));
    let agree = |a: Vouched, b: Vouched| assert_eq!(check(&Evidence { a, b }), Err(EvidenceError::Agree));
    agree(vouched(&honest, 9, None, &[1]), vouched(&honest, 9, None, &[1]));
    agree(vouched(&honest, 9, None, &[1]), vouched(&honest, 14, None, &[1]));
    agree(vouched(&honest, 9, None, &[1]), vouched(&forked, 14, None, &[1]));
    agree(vouched(&honest, 9, Some(6), &[1]), vouched(&honest, 14, Some(6), &[1]));
    agree(vouched(&honest, 9, Some(4), &[1]), vouched(&forked, 14, Some(4), &[1]));
    agree(vouched(&honest, 9, Some(6), &[1]), vouched(&forked, 14, Some(7), &[1]));
    // Before the fork even the sizes agree.
    agree(vouched(&honest, 5, None, &[1]), vouched(&forked, 5, None, &[1]));
}

#[test]
fn each_fault_has_its_name() {
    let changed = |change: &dyn Fn(&mut Evidence)| {
        let mut evidence = same_height(&[1, 2], &[1, 2]);
        change(&mut evidence);
        check(&evidence)
    };
    assert_eq!(changed(&|it| it.b.block = None), Err(EvidenceError::Alone));
    assert_eq!(changed(&|it| it.a.block.as_mut().unwrap().index = 7), Err(EvidenceError::Block));
    let due = |it: &mut Evidence| it.a.block.as_mut().unwrap().leaf = vec![2];
    assert_eq!(changed(&due), Err(EvidenceError::Block));
    let of_other = |it: &mut Evidence| it.b.block = it.a.block.clone();
    assert_eq!(changed(&of_other), Err(EvidenceError::Block), "the block of the first branch is not in the second");
    let elsewhere = "tocsin/cn.33/0000000000000000".to_owned();
    let moved = |it: &mut Evidence| it.b.certificate.checkpoint.origin = elsewhere.clone();
    assert_eq!(changed(&moved), Err(EvidenceError::Origin(elsewhere.clone())));

    let name = |seed| cosigner(seed).name;
    assert_eq!(check(&same_size(&[1, 9], &[1])), Err(EvidenceError::Stranger(name(9))));
    assert_eq!(check(&same_size(&[1], &[1, 1])), Err(EvidenceError::Stranger(name(1))));
    let framed = |it: &mut Evidence| {
        let mut forged = it.a.certificate.cosignatures[0].clone();
        forged.name = name(3);
        forged.key_id = cosigner(3).key_id();
        it.a.certificate.cosignatures.push(forged);
    };
    assert_eq!(changed(&framed), Err(EvidenceError::Signature(name(3))), "nobody can be framed");
}

#[test]
fn gathering_keeps_the_signatures_of_those_who_signed_both() {
    let whole = same_height(&[1, 2, 3, 9], &[2, 3, 4]);
    let gathered = Evidence::gather(&log_name(), &known(), &whole.a, &whole.b).unwrap();
    assert_eq!(gathered, same_height(&[2, 3], &[2, 3]));
    let one_sided = same_size(&[1, 2], &[3, 4]);
    let nothing = Evidence::gather(&log_name(), &known(), &one_sided.a, &one_sided.b);
    assert_eq!(nothing, Err(EvidenceError::Nobody));
}

#[test]
fn every_line_is_known() {
    let text = same_height(&[1, 2], &[1, 2]).text();
    let line = |from: &str, to: &str| {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text, "{from:?}");
        Evidence::parse(&changed).unwrap_err().line
    };
    assert_eq!(line("@v1", "@v2"), 1);
    assert_eq!(line("block 6", "block 06"), 2);
    assert_eq!(line("block 6", "blocks 6"), 2);
    assert_eq!(line("leaf ", "leaf  "), 3);
    assert_eq!(line("block 6\n", "block 6\nblock 6\n"), 3);
    assert!(Evidence::parse(&format!("{text}\n")).is_err());
    for end in (0..text.len()).filter(|end| text.is_char_boundary(*end)) {
        let read = Evidence::parse(&text[..end]);
        // What lost whole signature lines still accuses those who are left in it.
        assert!(read.is_err() || text[..end].ends_with('\n'), "{end} bytes");
    }
    let long = "x".repeat(MAX_TEXT_BYTES + 1);
    assert_eq!(Evidence::parse(&long), Err(FormatError { line: 1, what: "longer than any evidence" }));
}

#[test]
fn the_longest_evidence_fits_its_bound() {
    let mut evidence = same_height(&[1], &[1]);
    for side in [&mut evidence.a, &mut evidence.b] {
        side.certificate.checkpoint.origin = "x".repeat(crate::checkpoint::MAX_NAME_BYTES);
        side.certificate.cosignatures[0].name = "y".repeat(crate::checkpoint::MAX_NAME_BYTES);
        side.certificate.cosignatures = vec![side.certificate.cosignatures[0].clone(); 16];
        let block = side.block.as_mut().unwrap();
        block.leaf = vec![0; 110];
        block.index = i64::MAX as u64;
        block.inclusion = vec![Digest::default(); 63];
    }
    assert!(evidence.text().len() <= MAX_TEXT_BYTES, "{}", evidence.text().len());
    assert_eq!(Evidence::parse(&evidence.text()), Ok(evidence));
}

proptest! {
    /// Whoever signs what: the accused are the intersection, whatever the sizes and heights of the fork.
    #[test]
    fn the_accused_signed_both(
        first in prop::collection::btree_set(1..=4_u8, 1..4),
        second in prop::collection::btree_set(1..=4_u8, 1..4),
        sizes in (8..20_u64, 8..20_u64),
        height in 5..8_u64,
    ) {
        let (first, second) = (Vec::from_iter(first), Vec::from_iter(second));
        let a = vouched(&branch(false), sizes.0, Some(height), &first);
        let b = vouched(&branch(true), sizes.1, Some(height), &second);
        let evidence = Evidence { a, b };
        prop_assert_eq!(Evidence::parse(&evidence.text()), Ok(evidence.clone()));
        let both = first.iter().copied().filter(|seed| second.contains(seed)).collect::<Vec<_>>();
        let wanted = if both.is_empty() { Err(EvidenceError::Nobody) } else { names(&both) };
        prop_assert_eq!(check(&evidence), wanted);
    }
}
