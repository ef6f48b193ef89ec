//! Figures that close are still to be proven: each part by the child's own summary in an executed anchor.

use super::*;
use crate::proof_file::{ProofError, StepFault};

type Verdict = Result<VerifiedRollup, RollupError>;

fn part(chain: &str, child: &str, fault: RollupFault) -> Verdict {
    Err(RollupError::Part { chain: chain.into(), child: child.into(), fault })
}

fn chain(chain: &str, fault: RollupFault) -> Verdict {
    Err(RollupError::Chain { chain: chain.into(), fault })
}

fn forged(forger: &Forger) -> Verdict {
    verdict(&forger.proof(), &CITIES)
}

fn with(change: &dyn Fn(&mut RollupProof)) -> Verdict {
    let mut proof = golden_rollup();
    change(&mut proof);
    verdict(&proof, &[])
}

#[test]
fn a_province_cannot_count_what_a_city_did_not_say() {
    // Nanjing's cases are shifted to Yangzhou: the sum closes, the total is right.
    let shifted = |of: &str, leaf: &mut RollupLeaf| {
        if of == "cn.32" {
            leaf.parts[0].counts[2] -= 100;
            leaf.parts[1].counts[2] += 100;
        }
    };
    let found = forged(&Forger { sum: &shifted, ..HONEST });
    let fault = RollupFault::Said { class: "confirmed", counted: 135, said: 235 };
    assert_eq!(found, part("cn.32", "cn.32.01", fault));
    assert_eq!(
        found.unwrap_err().to_string(),
        "roll-up of cn.32, part cn.32.01: confirmed: it counts as 135, the child's own leaf says 235"
    );
    // A case that nobody reported is put down to Suqian, up to the nation's total.
    let invented = |of: &str, leaf: &mut RollupLeaf| {
        if of == "cn.32" {
            leaf.parts[2].counts[2] += 1;
            leaf.total[2] += 1;
        }
    };
    let found = forged(&Forger { sum: &invented, ..HONEST });
    assert_eq!(found, part("cn.32", "cn.32.13", RollupFault::Unbrought));
}

#[test]
fn each_fault_of_an_anchor_has_its_name() {
    let nanjing = |change: &dyn Fn(&mut Anchored)| {
        let anchored = |of: &mut Anchored| {
            if of.child == "cn.32.01" {
                change(of)
            }
        };
        forged(&Forger { anchored: &anchored, ..HONEST })
    };
    let fails = |fault| part("cn.32", "cn.32.01", fault);
    assert_eq!(nanjing(&|_| ()).map(|verified| verified.levels.len()), Ok(2));
    assert_eq!(nanjing(&|of| of.child = "cn.32.10".into()), fails(RollupFault::OtherChild("cn.32.10".into())));
    assert_eq!(nanjing(&|of| of.checkpoint.size = 8), fails(RollupFault::Size { wanted: 7, found: 8 }));
    assert_eq!(nanjing(&|of| of.leaves[0].leaf = other_leaf(1)), fails(RollupFault::Summary(9)));
    let next = |of: &mut Anchored| of.leaves[0].leaf = summary_leaf(10, &confirmed(235));
    assert_eq!(nanjing(&next), fails(RollupFault::Summary(9)));
    let unproven = nanjing(&|of| of.leaves[0].index = 5);
    assert_eq!(unproven, fails(RollupFault::Summary(9)), "the summary must be in the child's log");

    let event = |change: &dyn Fn(&mut EventLeaf)| {
        let event = |child: &str, leaf: &mut EventLeaf| {
            if child == "cn.32.01" {
                change(leaf)
            }
        };
        forged(&Forger { event: &event, ..HONEST })
    };
    assert_eq!(event(&|leaf| leaf.code = 34), fails(RollupFault::Step(StepFault::Refused(34))));
    assert_eq!(event(&|leaf| leaf.signed = Digest::default()), fails(RollupFault::Step(StepFault::SignedHash)));
    assert_eq!(event(&|leaf| leaf.event = Digest::default()), fails(RollupFault::Step(StepFault::EventId)));

    let moved = with(&|proof| proof.levels[1].anchors[0].index += 1);
    assert_eq!(moved, fails(RollupFault::Step(StepFault::Inclusion)));
    let blind = golden_rollup().verify(&trust(), &|_| None, &summary, &[]);
    assert_eq!(blind, part("cn", "cn.32", RollupFault::Step(StepFault::NotAnchor)));
    let deaf = golden_rollup().verify(&trust(), &anchor, &|_, _| None, &[]);
    assert_eq!(deaf, part("cn", "cn.32", RollupFault::Summary(30)));
}

#[test]
fn each_part_has_its_anchor_in_its_place() {
    let missing = |child| part("cn.32", child, RollupFault::Missing);
    assert_eq!(with(&|proof| drop(proof.levels[1].anchors.remove(0))), missing("cn.32.01"));
    assert_eq!(with(&|proof| drop(proof.levels[1].anchors.pop())), missing("cn.32.10"));
    assert_eq!(with(&|proof| proof.levels[1].anchors.swap(0, 1)), missing("cn.32.01"));
    let repeated = |proof: &mut RollupProof| {
        let again = proof.levels[1].anchors[1].clone();
        proof.levels[1].anchors.push(again);
    };
    assert_eq!(with(&repeated), part("cn.32", "cn.32.10", RollupFault::Needless));
}

#[test]
fn each_chain_is_one_that_the_chain_above_vouches_for_and_stands_once() {
    let unvouched = |of| chain(of, RollupFault::Unvouched);
    assert_eq!(with(&|proof| proof.levels.push(proof.levels[1].clone())), unvouched("cn.32"));
    assert_eq!(with(&|proof| proof.levels[1].chain_id.0[0] ^= 1), unvouched("cn.32"));
    let tail = with(&|proof| proof.levels[1].chain_id.0[31] ^= 1);
    assert_eq!(tail, part("cn.32", "cn.32.01", RollupFault::Step(StepFault::EventId)));
    assert_eq!(with(&|proof| proof.levels[0].chain_id.0[31] ^= 1), unvouched("cn"));
    let turned = with(&|proof| proof.levels.reverse());
    assert_eq!(turned, Err(RollupError::TopChain { wanted: "cn".into(), found: "cn.32".into() }));
    assert_eq!(with(&|proof| proof.levels.clear()), Err(ProofError::Empty.into()));
}

#[test]
fn the_sum_itself_is_proven() {
    for (level, of) in ["cn", "cn.32"].into_iter().enumerate() {
        let outside = || chain(of, RollupFault::Inclusion);
        assert_eq!(with(&|proof| proof.levels[level].sum.index += 1), outside());
        assert_eq!(with(&|proof| proof.levels[level].sum.leaf = other_leaf(1)), outside());
    }
    let summary_instead = |proof: &mut RollupProof| {
        let body = &proof.levels[0].anchors[0].signed[crate::sign::ENVELOPE_OVERHEAD..];
        proof.levels[1].sum = anchor(body).unwrap().leaves[0].clone();
    };
    assert_eq!(with(&summary_instead), chain("cn.32", RollupFault::Leaf));
    let influenza = with(&|proof| proof.disease = "J10".into());
    assert_eq!(influenza, chain("cn", RollupFault::Disease("U07.1".into())));
}

#[test]
fn the_top_must_be_the_readers_chain_under_the_readers_cosigners() {
    let strangers = Trust { cosigners: CosignerSet { epoch: 0, cosigners: vec![] }, ..trust() };
    let found = golden_rollup().verify(&strangers, &anchor, &summary, &[]);
    assert!(matches!(found, Err(RollupError::Trust(ProofError::Certificate { .. }))));
    let lied = with(&|proof| proof.certificate.checkpoint.size += 1);
    assert!(matches!(lied, Err(RollupError::Trust(ProofError::Certificate { .. }))));
}
