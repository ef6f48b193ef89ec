//! A quorum ends a sealer's blocks; fewer, others, or the same votes about something else do not.

use super::*;
use crate::digest::Digest;
use crate::golden;

fn chain() -> ChainId {
    Digest::of(b"genesis")
}

fn secret(seed: u8) -> SecretKey {
    SecretKey::from_seed(&[seed; 32])
}

fn sealer() -> PublicKey {
    secret(70).public()
}

fn cosigner(seed: u8) -> Cosigner {
    Cosigner { name: format!("member-{seed}.cn.32"), key: secret(seed).public() }
}

fn set() -> CosignerSet {
    CosignerSet { epoch: 0, cosigners: (1..=4).map(cosigner).collect() }
}

fn by(seed: u8) -> ExclusionVote {
    vote(&secret(seed), &chain(), &sealer(), 41, &cosigner(seed).name)
}

fn with(seeds: &[u8]) -> ExclusionCertificate {
    ExclusionCertificate { sealer: sealer(), height: 41, votes: seeds.iter().map(|seed| by(*seed)).collect() }
}

#[test]
fn the_bytes_of_an_exclusion_are_golden() {
    let bytes = with(&[1, 2, 4]).to_bytes();
    golden::bytes("exclusion.hex", &bytes);
    assert_eq!(ExclusionCertificate::from_bytes(&bytes), Some(with(&[1, 2, 4])));
    assert_eq!(with(&[1, 2, 4]).verify(&chain(), &set()), Ok(()));
}

#[test]
fn any_flipped_bit_of_an_exclusion_is_detected() {
    let mut bytes = with(&[1, 2, 4]).to_bytes();
    for bit in 0..bytes.len() * 8 {
        bytes[bit / 8] ^= 1 << (bit % 8);
        let read = ExclusionCertificate::from_bytes(&bytes);
        assert!(read.is_none_or(|read| read.verify(&chain(), &set()).is_err()), "bit {bit}");
        bytes[bit / 8] ^= 1 << (bit % 8);
    }
    for end in 0..bytes.len() {
        assert_eq!(ExclusionCertificate::from_bytes(&bytes[..end]), None);
    }
    bytes.push(0);
    assert_eq!(ExclusionCertificate::from_bytes(&bytes), None);
}

#[test]
fn it_takes_exactly_a_quorum_of_the_set_in_order() {
    let verify = |seeds: &[u8]| with(seeds).verify(&chain(), &set());
    let stranger = |seed| Err(ExclusionError::Stranger(cosigner(seed).name));
    assert_eq!(verify(&[1, 2]), Err(ExclusionError::Count { wanted: 3, found: 2 }));
    assert_eq!(verify(&[1, 2, 3, 4]), Err(ExclusionError::Count { wanted: 3, found: 4 }));
    assert_eq!(verify(&[1, 4, 2]), stranger(2));
    assert_eq!(verify(&[1, 1, 2]), stranger(1));
    assert_eq!(verify(&[1, 2, 9]), stranger(9));
    let nobody = CosignerSet { epoch: 0, cosigners: vec![] };
    assert_eq!(with(&[]).verify(&chain(), &nobody), Err(ExclusionError::Count { wanted: 0, found: 0 }));
    let mut named = with(&[1, 2, 9]);
    named.votes[2].name = cosigner(4).name;
    assert_eq!(named.verify(&chain(), &set()), Err(ExclusionError::Signature(cosigner(4).name)));
}

#[test]
fn a_vote_is_about_one_sealer_height_and_chain() {
    let wrong = Err(ExclusionError::Signature(cosigner(1).name));
    let later = ExclusionCertificate { height: 42, ..with(&[1, 2, 4]) };
    assert_eq!(later.verify(&chain(), &set()), wrong);
    let other = ExclusionCertificate { sealer: secret(71).public(), ..with(&[1, 2, 4]) };
    assert_eq!(other.verify(&chain(), &set()), wrong);
    assert_eq!(with(&[1, 2, 4]).verify(&Digest::of(b"other"), &set()), wrong);
}

#[test]
fn assembling_takes_the_first_q_valid_votes() {
    let assemble = |votes: &[ExclusionVote]| ExclusionCertificate::assemble(&chain(), sealer(), 41, votes, &set());
    let about_other = vote(&secret(2), &chain(), &sealer(), 40, &cosigner(2).name);
    assert_eq!(assemble(&[by(4), about_other.clone(), by(3), by(1)]), Some(with(&[1, 3, 4])));
    assert_eq!(assemble(&[by(4), by(3), by(2), by(1)]), Some(with(&[1, 2, 3])));
    assert_eq!(assemble(&[by(4), about_other, by(9), by(1)]), None);
    let nobody = CosignerSet { epoch: 0, cosigners: vec![] };
    assert_eq!(ExclusionCertificate::assemble(&chain(), sealer(), 41, &[], &nobody), None);
}

#[test]
fn it_holds_at_its_bound_and_not_one_further() {
    let long = |count: usize| {
        let vote = ExclusionVote { name: "x".repeat(MAX_NAME_BYTES), ..by(1) };
        ExclusionCertificate { votes: vec![vote; count], ..with(&[]) }
    };
    assert!(long(16).to_bytes().len() <= MAX_EXCLUSION_BYTES);
    assert_eq!(ExclusionCertificate::from_bytes(&long(16).to_bytes()), Some(long(16)));
    assert_eq!(ExclusionCertificate::from_bytes(&long(17).to_bytes()), None);
    assert_eq!(ExclusionCertificate::from_bytes(&with(&[]).to_bytes()), None);
}
