//! Proofs made before and after the nation's cosigners changed hold under the same genesis.

use super::*;
use crate::handover::{HandoverError, HandoverFault, MAX_HANDOVERS};
use crate::leaf::CosignersLeaf;

/// Where the nation's log names epoch 1 and 2.
const NAMED: [u64; 2] = [15, 22];

fn set(epoch: u32) -> CosignerSet {
    let seeds = [1..=4, 3..=6, 4..=8][epoch as usize].clone();
    let cosigner = |seed: u8| Cosigner { name: format!("member-{seed}.cn"), key: secret(seed).public() };
    CosignerSet { epoch, cosigners: seeds.map(cosigner).collect() }
}

/// The nation's log of the golden proof, as it went on to 40 leaves.
fn nation() -> Log {
    let mut leaves = (0..40).map(other_leaf).collect::<Vec<_>>();
    leaves[0] = golden_proof().steps[2].leaf.clone();
    for (epoch, at) in (1..).zip(NAMED) {
        let CosignerSet { epoch, cosigners } = set(epoch);
        let leaf = CosignersLeaf { height: at, epoch, cosigners, relays: Vec::new() };
        leaves[at as usize] = Leaf::Cosigners(leaf).to_bytes();
    }
    Log::of(leaves)
}

fn certificate(log: &Log, size: u64, by: &CosignerSet) -> Certificate {
    let checkpoint = Checkpoint { origin: origin("cn", &chain_id("cn")), size, root: log.root(size) };
    let vouch = |cosigner: &Cosigner| {
        let seed = (1..=8).find(|seed| secret(*seed).public() == cosigner.key).unwrap();
        cosign(&secret(seed), &cosigner.name, &checkpoint, 1_626_739_300)
    };
    let cosignatures = by.cosigners.iter().take(by.quorum()).map(vouch).collect();
    Certificate { checkpoint, cosignatures }
}

fn handover(log: &Log, epoch: u32, size: u64) -> Handover {
    let index = NAMED[epoch as usize - 1];
    let certificate = certificate(log, size, &set(epoch - 1));
    Handover { certificate, leaf: log.leaf(index), index, inclusion: log.inclusion(index, size) }
}

/// The same report, proven by the set of that epoch in the nation's log of that size.
fn later(epoch: u32, size: u64) -> ProofFile {
    let log = nation();
    let mut proof = golden_proof();
    proof.handovers = (1..=epoch).map(|epoch| handover(&log, epoch, [18, 30][epoch as usize - 1])).collect();
    proof.steps[2].inclusion = log.inclusion(0, size);
    proof.certificate = certificate(&log, size, &set(epoch));
    proof
}

#[test]
fn proofs_before_and_after_a_change_of_cosigners_hold_under_one_genesis() {
    assert_eq!(set(0).cosigners, cosigners());
    for (epoch, size) in [(0, 13), (0, 17), (1, 19), (1, 25), (2, 31), (2, 40)] {
        let proof = later(epoch, size);
        let verified = verdict(&proof).unwrap();
        assert_eq!(verified.signed.body, b"nine positives at Lukou airport");
        assert_eq!(verified.levels[2].checkpoint.size, size);
        assert_eq!(ProofFile::parse(&proof.text()), Ok(proof));
    }
}

#[test]
fn any_flipped_bit_of_a_proof_with_handovers_is_detected() {
    // The nation's own step is enough: the steps below are no other than in the golden proof without handovers.
    let proof = later(1, 25);
    let text = ProofFile { steps: proof.steps[2..].to_vec(), ..proof }.text();
    golden::text("handed.proof", &text);
    let mut bytes = text.into_bytes();
    for bit in 0..bytes.len() * 8 {
        bytes[bit / 8] ^= 1 << (bit % 8);
        let read = str::from_utf8(&bytes).ok().and_then(|text| ProofFile::parse(text).ok());
        assert!(read.is_none_or(|read| verdict(&read).is_err()), "bit {bit}");
        bytes[bit / 8] ^= 1 << (bit % 8);
    }
}

#[test]
fn a_later_set_counts_only_when_it_was_handed_to_and_beyond_that_place() {
    let chain = || "cn".to_owned();
    let unhanded = ProofFile { handovers: vec![], ..later(1, 25) };
    assert!(matches!(verdict(&unhanded), Err(ProofError::Certificate { .. })));
    let mut skipped = later(2, 40);
    skipped.handovers.remove(0);
    match verdict(&skipped) {
        Err(ProofError::Handover {
            fault: HandoverError { number: 1, fault: HandoverFault::Certificate(_) }, ..
        }) => {}
        other => panic!("{other:?}"),
    }
    for size in [18, 17] {
        let early = Err(ProofError::Early { chain: chain(), found: size, handed: 18 });
        assert_eq!(verdict(&later(1, size)), early, "the set before judges what it handed over with");
    }
    let former = ProofFile { certificate: certificate(&nation(), 40, &set(0)), ..later(2, 40) };
    assert!(matches!(verdict(&former), Err(ProofError::Certificate { .. })), "the first set was replaced");
}

#[test]
fn handovers_are_bounded_and_their_lines_known() {
    let good = later(2, 40);
    let read = |count: usize| {
        let handovers = vec![good.handovers[0].clone(); count];
        ProofFile::parse(&ProofFile { handovers, ..good.clone() }.text()).map(|read| read.handovers.len())
    };
    assert_eq!(read(MAX_HANDOVERS), Ok(MAX_HANDOVERS));
    assert_eq!(read(MAX_HANDOVERS + 1).unwrap_err().what, "more than 256 handovers");
    let text = good.text();
    for end in (0..text.len()).filter(|end| text.is_char_boundary(*end)) {
        let read = ProofFile::parse(&text[..end]);
        assert!(read.map_or(true, |read| verdict(&read).is_err()), "{end} bytes");
    }
    let note = "a checkpoint with its cosignatures and an empty line must follow";
    for (from, to, line, what) in [
        ("handover 15\n", "handover 015\n", 2, "`handover <index>`"),
        ("handover 15\n", "handover 15\nhandover 15\n", 3, "`leaf <base64 of a cosigner set's leaf>`"),
        ("\n18\n", "\n018\n", 10, note),
        ("\n18\n", "\n18\n\n", 10, note),
        ("\n\nhandover 22", "\n\n\nhandover 22", 18, "a `chain` line must follow"),
        ("\n\nhandover 22", "\nhandover 22", 10, note),
    ] {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text, "{from:?}");
        assert_eq!(ProofFile::parse(&changed), Err(FormatError { line, what }), "{from:?} to {to:?}");
    }
}
