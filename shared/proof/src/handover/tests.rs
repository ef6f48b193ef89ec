//! From the genesis set to the set of today, and every way that does not lead there.

use super::*;
use crate::checkpoint::{cosign, origin};
use crate::leaf::CosignersLeaf;
use crate::sign::SecretKey;
use crate::testing::{Log, other_leaf};

const ORIGIN_PATH: &str = "cn.32";

fn log_name() -> String {
    origin(ORIGIN_PATH, &Digest::of(b"genesis"))
}

fn secret(seed: u8) -> SecretKey {
    SecretKey::from_seed(&[seed; 32])
}

fn set(epoch: u32, seeds: std::ops::RangeInclusive<u8>) -> CosignerSet {
    let cosigner = |seed| Cosigner { name: format!("member-{seed}.cn.32"), key: secret(seed).public() };
    CosignerSet { epoch, cosigners: seeds.map(cosigner).collect() }
}

fn leaf(set: &CosignerSet) -> Vec<u8> {
    Leaf::Cosigners(CosignersLeaf { height: 3, epoch: set.epoch, cosigners: set.cosigners.clone(), relays: Vec::new() })
        .to_bytes()
}

/// The log of 30 leaves in which epoch 1 is named at 4, epoch 2 at 11 and epoch 3 at 12.
struct Story {
    log: Log,
    sets: [CosignerSet; 4],
}

const NAMED: [u64; 4] = [0, 4, 11, 12];

fn story() -> Story {
    let sets = [set(0, 1..=4), set(1, 3..=6), set(2, 1..=7), set(3, 2..=5)];
    let mut leaves = (0..30).map(other_leaf).collect::<Vec<_>>();
    for epoch in 1..4 {
        leaves[NAMED[epoch] as usize] = leaf(&sets[epoch]);
    }
    Story { log: Log::of(leaves), sets }
}

impl Story {
    /// The first q of a set vouch for a size.
    fn certificate(&self, by: usize, size: u64) -> Certificate {
        let checkpoint = Checkpoint { origin: log_name(), size, root: self.log.root(size) };
        let vouch = |cosigner: &Cosigner| {
            let seed = (1..=7).find(|seed| secret(*seed).public() == cosigner.key).unwrap();
            cosign(&secret(seed), &cosigner.name, &checkpoint, 1_626_739_200)
        };
        let set = &self.sets[by];
        let cosignatures = set.cosigners.iter().take(set.quorum()).map(vouch).collect();
        Certificate { checkpoint, cosignatures }
    }

    /// The handover to a set by a set before it, at a size.
    fn handover(&self, by: usize, to: usize, size: u64) -> Handover {
        Handover {
            certificate: self.certificate(by, size),
            leaf: self.log.leaf(NAMED[to]),
            index: NAMED[to],
            inclusion: self.log.inclusion(NAMED[to], size),
        }
    }

    fn follow(&self, handovers: &[Handover]) -> Result<CosignerSet, HandoverError> {
        follow(&log_name(), &self.sets[0], handovers)
    }
}

#[test]
fn every_set_is_reached_from_the_genesis_set() {
    let story = story();
    let (one, two, three) = (story.handover(0, 1, 7), story.handover(1, 2, 13), story.handover(2, 3, 20));
    assert_eq!(story.follow(&[]), Ok(story.sets[0].clone()));
    assert_eq!(story.follow(std::slice::from_ref(&one)), Ok(story.sets[1].clone()));
    assert_eq!(story.follow(&[one.clone(), two.clone()]), Ok(story.sets[2].clone()));
    assert_eq!(story.follow(&[one.clone(), two, three]), Ok(story.sets[3].clone()));
    let skipping = [one, story.handover(1, 3, 13)];
    assert_eq!(story.follow(&skipping), Ok(story.sets[3].clone()), "one certificate covered both leaves");
}

#[test]
fn only_the_set_before_hands_over() {
    let story = story();
    let fails = |handovers: &[Handover], number| match story.follow(handovers) {
        Err(HandoverError { number: at, fault: HandoverFault::Certificate(_) }) if at == number => (),
        other => panic!("{other:?}"),
    };
    fails(&[story.handover(1, 1, 7)], 1);
    fails(&[story.handover(0, 1, 7), story.handover(0, 2, 13)], 2);
    fails(&[story.handover(1, 2, 13)], 1);
    let other = follow("tocsin/cn/0000000000000000", &story.sets[0], &[story.handover(0, 1, 7)]);
    assert!(other.is_err(), "another chain's set");
}

#[test]
fn each_fault_has_its_name() {
    let story = story();
    let one = story.handover(0, 1, 7);
    let fault = |handovers: &[Handover]| story.follow(handovers).unwrap_err();
    let at = |number, fault| HandoverError { number, fault };

    let back = HandoverFault::Epoch { found: 1, before: 1 };
    assert_eq!(fault(&[one.clone(), story.handover(1, 1, 13)]), at(2, back));
    for size in [7, 6] {
        let early = HandoverFault::Size { found: size, before: 7 };
        assert_eq!(fault(&[one.clone(), story.handover(1, 1, size)]), at(2, early));
    }
    let moved = Handover { index: 5, ..one.clone() };
    assert_eq!(fault(&[moved]), at(1, HandoverFault::Inclusion));
    let forged = Handover { leaf: leaf(&set(1, 5..=7)), ..one.clone() };
    assert_eq!(fault(&[forged]), at(1, HandoverFault::Inclusion));
    let unnamed = Handover { leaf: story.log.leaf(2), index: 2, inclusion: story.log.inclusion(2, 7), ..one };
    assert_eq!(fault(&[unnamed]), at(1, HandoverFault::Leaf));
}

#[test]
fn their_text_comes_back_and_nothing_else_is_one() {
    let story = story();
    let handovers = [story.handover(0, 1, 7), story.handover(1, 2, 13)];
    let whole = text(&handovers);
    assert_eq!(parse(&whole, whole.len()).as_deref(), Ok(handovers.as_slice()));
    assert_eq!(parse("", 0), Ok(Vec::new()));
    assert!(parse(&whole, whole.len() - 1).is_err(), "over the bound");
    assert!(parse(&format!("{whole}\n"), 1 << 20).is_err(), "something follows");
    assert!(parse(whole.trim_end(), 1 << 20).is_err(), "something is missing");
}
