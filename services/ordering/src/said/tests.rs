//! What four cosigners say, one of whom may lie.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::chain::ChainPath;
use domain::genesis::{Genesis, KeyClass, Member, NodeRole, URGENT_PER_DAY};
use domain::time::Millis;
use proof::checkpoint::{Checkpoint, cosign, origin};
use proof::digest::Digest;
use proof::exclusion;
use proof::sign::SecretKey;

use super::*;

const START_S: u64 = 1_626_000_000;
const MEMBERS: [&str; 4] = ["m0", "m1", "m2", "m3"];

fn secret(member: &str, class: KeyClass) -> SecretKey {
    SecretKey::from_seed(&Digest::of_parts(&[member.as_bytes(), class.name().as_bytes()]).0)
}

fn tail() -> Tail {
    let keys = [KeyClass::Sealer, KeyClass::Cosigner];
    let member = |id: &str| Member {
        id: id.to_owned(),
        name: id.to_owned(),
        node_role: NodeRole::Management,
        roles: Vec::new(),
        sector: "cdc".to_owned(),
        regions: Vec::new(),
        cosigner: true,
        keys: keys.map(|class| (class, vec![secret(id, class).public()])).into(),
    };
    Tail::genesis(Arc::new(Genesis {
        file: Vec::new(),
        chain_id: Digest::of(b"chain"),
        chain: ChainPath::parse("cn.32").unwrap(),
        name: "Jiangsu".to_owned(),
        regions: vec!["32".to_owned()],
        genesis_time: Millis(START_S * 1000),
        rules_version: 2,
        allow_fewer_cosigners: false,
        members: MEMBERS.map(member).into(),
        policies: BTreeMap::new(),
        children: Vec::new(),
        parent: Vec::new(),
        urgent_per_day: URGENT_PER_DAY,
        duties: Vec::new(),
    }))
}

fn note(member: &str) -> CosignNote {
    CosignNote {
        member: member.to_owned(),
        checkpoints: Vec::new(),
        height: 0,
        best: None,
        wants_block: false,
        wants_certificate: false,
        exclusions: Vec::new(),
        halted: None,
    }
}

/// A certificate of three of the four at a time.
fn certificate(tail: &Tail, time_s: u64) -> Certificate {
    let checkpoint = Checkpoint { origin: origin("cn.32", tail.chain()), size: 9, root: Digest::of(b"root") };
    let word =
        |member: &str| cosign(&secret(member, KeyClass::Cosigner), &format!("{member}.cn.32"), &checkpoint, time_s);
    Certificate { cosignatures: MEMBERS[..3].iter().map(|member| word(member)).collect(), checkpoint }
}

fn vote(tail: &Tail, member: &str, sealer: &PublicKey, height: u64) -> ExclusionCertificate {
    let name = format!("{member}.cn.32");
    let vote = exclusion::vote(&secret(member, KeyClass::Cosigner), tail.chain(), sealer, height, &name);
    ExclusionCertificate { sealer: *sealer, height, votes: vec![vote] }
}

#[test]
fn one_alone_makes_nobody_seal_empty_blocks_and_a_stranger_counts_for_nothing() {
    let (tail, mut said) = (tail(), Said::default());
    let wants = |member: &str| CosignNote { wants_block: true, ..note(member) };
    said.hear(&wants("m0").encode(), &tail);
    said.hear(&wants("m0").encode(), &tail);
    said.hear(&wants("m9").encode(), &tail);
    assert!(!said.wants_block(&tail));
    said.hear(&wants("m1").encode(), &tail);
    assert!(said.wants_block(&tail));
    said.hear(&note("m1").encode(), &tail);
    assert!(!said.wants_block(&tail), "the last word counts");
}

#[test]
fn a_certificate_that_moves_no_time_is_taken_for_a_handover_only() {
    let (tail, mut said) = (tail(), Said::default());
    let best = Some(certificate(&tail, START_S).text());
    said.hear(&CosignNote { best: best.clone(), ..note("m0") }.encode(), &tail);
    assert_eq!(said.certificate(&tail), None);
    for member in ["m0", "m1"] {
        said.hear(&CosignNote { best: best.clone(), wants_certificate: true, ..note(member) }.encode(), &tail);
    }
    assert_eq!(said.certificate(&tail), Some(&certificate(&tail, START_S)));
    assert!(said.wants_handover(&tail));
    for member in ["m0", "m1"] {
        said.hear(&note(member).encode(), &tail);
    }
    assert_eq!(said.certificate(&tail), None, "nobody waits any more");
    let later = Some(certificate(&tail, START_S + 1).text());
    let mut said = Said::default();
    said.hear(&CosignNote { best: later, ..note("m0") }.encode(), &tail);
    assert!(said.certificate(&tail).is_some(), "it moves chain time");
}

#[test]
fn how_far_the_ledgers_are_one_liar_can_not_say() {
    let (tail, mut said) = (tail(), Said::default());
    for (member, height) in [("m0", 1_000_000), ("m1", 7), ("m2", 5)] {
        said.hear(&CosignNote { height, ..note(member) }.encode(), &tail);
    }
    assert_eq!(said.followed(&tail), 7);
}

#[test]
fn q_votes_on_one_height_exclude_a_sealer_and_fewer_or_forged_ones_do_not() {
    let (mut tail, mut said) = (tail(), Said::default());
    tail.tip.height = 40;
    let [bad, own] = ["m0", "m1"].map(|member| secret(member, KeyClass::Sealer).public());
    let mut say = |member: &str, votes: Vec<ExclusionCertificate>| {
        said.hear(&CosignNote { exclusions: votes, ..note(member) }.encode(), &tail);
        said.exclusion(&tail, &own)
    };
    assert_eq!(say("m1", vec![vote(&tail, "m1", &bad, 30)]), None);
    assert_eq!(say("m2", vec![vote(&tail, "m2", &bad, 31)]), None);
    let mut forged = vote(&tail, "m3", &bad, 30);
    forged.votes[0].signature[0] ^= 1;
    assert_eq!(say("m3", vec![forged]), None);
    assert_eq!(say("m3", vec![vote(&tail, "m3", &bad, 30)]), None, "two of four");
    let both = vec![vote(&tail, "m2", &bad, 31), vote(&tail, "m2", &bad, 30)];
    let exclusion = say("m2", both).expect("three of four");
    assert_eq!((exclusion.sealer, exclusion.height), (bad, 30));
    exclusion.verify(tail.chain(), tail.cosigners()).unwrap();
    assert_eq!(said.exclusion(&tail, &bad), None, "nobody carries his own");
    tail.tip.height = 29;
    assert_eq!(said.exclusion(&tail, &own), None, "it is about the past");
}
