//! Notes as C2SP writes them, as an independent crate reads them, and as nobody may write them.

use proptest::prelude::*;

use super::*;
use crate::golden;
use crate::sign::{PublicKey, SecretKey};
use crate::testing::NoteKey;

fn secret(seed: u8) -> SecretKey {
    SecretKey::from_seed(&[seed; 32])
}

fn cosigner(seed: u8) -> Cosigner {
    Cosigner { name: format!("member-{seed}.cn.32"), key: secret(seed).public() }
}

fn cosigners() -> Vec<Cosigner> {
    (1..=4).map(cosigner).collect()
}

fn checkpoint() -> Checkpoint {
    Checkpoint { origin: origin("cn.32", &Digest::of(b"genesis")), size: 20_852_163, root: Digest::of(b"root") }
}

fn by(seed: u8, time_s: u64) -> Cosignature {
    cosign(&secret(seed), &cosigner(seed).name, &checkpoint(), time_s)
}

fn certificate() -> Certificate {
    let candidates = [by(4, 1_626_739_230), by(2, 1_626_739_210), by(1, 1_626_739_220)];
    Certificate::assemble(&checkpoint(), &candidates, &cosigners(), 3).unwrap()
}

/// The example of C2SP `tlog-cosignature`.
const EXAMPLE: &str = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
const EXAMPLE_LINE: &str = "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==";

#[test]
fn the_examples_of_c2sp_read_as_they_say_and_write_back() {
    let checkpoint = Checkpoint::parse(EXAMPLE).unwrap();
    assert_eq!((checkpoint.origin.as_str(), checkpoint.size), ("example.com/behind-the-sofa", 20_852_163));
    assert_eq!(checkpoint.text(), EXAMPLE);
    let cosignature = Cosignature::parse(EXAMPLE_LINE).unwrap();
    assert_eq!((cosignature.name.as_str(), cosignature.time_s), ("witness.example.com/w1", 1_679_315_147));
    assert_eq!(hex::encode(cosignature.key_id), "8d66cf3f");
    assert_eq!(cosignature.line(), EXAMPLE_LINE);
}

#[test]
fn the_key_id_is_that_of_a_public_witness() {
    // The verifier key `remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2`.
    let material: [u8; 33] =
        STANDARD.decode("BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2").unwrap().try_into().unwrap();
    let (kind, key) = material.split_first_chunk::<1>().unwrap();
    assert_eq!(kind, &[0x04]);
    let witness = Cosigner { name: "remora.n621.de".into(), key: PublicKey(key.try_into().unwrap()) };
    assert_eq!(hex::encode(witness.key_id()), "da77ade7");
}

#[test]
fn independent_readers_take_our_certificates() {
    let text = certificate().text();
    let note = signed_note::Note::from_bytes(text.as_bytes()).unwrap();
    assert_eq!(note.to_bytes(), text.as_bytes());
    let witnesses = cosigners().into_iter().map(|one| Box::new(NoteKey(one)) as Box<dyn signed_note::Verifier>);
    let (verified, unverified) = note.verify(&signed_note::VerifierList::new(witnesses.collect())).unwrap();
    assert_eq!((verified.len(), unverified.len()), (3, 0));

    let theirs = tlog_tiles::Checkpoint::from_bytes(note.text()).unwrap();
    assert_eq!((theirs.origin(), theirs.size(), theirs.extension()), (checkpoint().origin.as_str(), 20_852_163, ""));
    assert_eq!(theirs.hash().0, checkpoint().root.0);
    assert_eq!(theirs.to_bytes(), checkpoint().text().as_bytes());
}

#[test]
fn the_bytes_of_a_certificate_are_golden() {
    golden::text("certificate.note", &certificate().text());
    assert_eq!(Certificate::parse(&certificate().text()), Some(certificate()));
    assert_eq!(certificate().verify(&checkpoint().origin, &cosigners(), 3), Ok(()));
}

#[test]
fn any_flipped_bit_of_a_certificate_is_detected() {
    let bytes = certificate().text().into_bytes();
    for bit in 0..bytes.len() * 8 {
        let mut bytes = bytes.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let read = String::from_utf8(bytes).ok().and_then(|text| Certificate::parse(&text));
        let holds = read.is_some_and(|read| read.verify(&checkpoint().origin, &cosigners(), 3).is_ok());
        assert!(!holds, "bit {bit}");
    }
}

#[test]
fn a_certificate_is_exactly_q_known_cosignatures_in_order() {
    let verify = |cosignatures, q| {
        let certificate = Certificate { checkpoint: checkpoint(), cosignatures };
        certificate.verify(&checkpoint().origin, &cosigners(), q)
    };
    let stranger = |seed| Err(CertificateError::Stranger(cosigner(seed).name));
    assert_eq!(verify(vec![by(1, 5), by(2, 5), by(4, 5)], 3), Ok(()));
    assert_eq!(verify(vec![by(1, 5), by(2, 5)], 3), Err(CertificateError::Count { wanted: 3, found: 2 }));
    assert_eq!(verify(vec![by(1, 5), by(2, 5)], 1), Err(CertificateError::Count { wanted: 1, found: 2 }));
    assert_eq!(verify(vec![], 0), Err(CertificateError::Count { wanted: 0, found: 0 }));
    assert_eq!(verify(vec![by(2, 5), by(1, 5)], 2), stranger(1), "out of order");
    assert_eq!(verify(vec![by(2, 5), by(2, 6)], 2), stranger(2), "twice");
    assert_eq!(verify(vec![by(1, 5), by(9, 5)], 2), stranger(9), "unknown");
    let renamed = Cosignature { name: cosigner(2).name, ..by(1, 5) };
    assert_eq!(verify(vec![renamed], 1), stranger(2), "another's key under a cosigner's name");
    let backdated = Cosignature { time_s: 4, ..by(1, 5) };
    assert_eq!(verify(vec![backdated], 1), Err(CertificateError::Signature(cosigner(1).name)));
    let elsewhere = certificate().verify("tocsin/cn/0000000000000000", &cosigners(), 3);
    let (wanted, found) = ("tocsin/cn/0000000000000000".into(), checkpoint().origin);
    assert_eq!(elsewhere, Err(CertificateError::Origin { wanted, found }));
}

#[test]
fn assembling_takes_the_first_q_valid_ones_and_no_others() {
    let other = Checkpoint { size: 1, ..checkpoint() };
    let fork = cosign(&secret(1), &cosigner(1).name, &other, 5);
    let assemble = |candidates: &[Cosignature], q| {
        let certificate = Certificate::assemble(&checkpoint(), candidates, &cosigners(), q)?;
        Some(certificate.cosignatures.into_iter().map(|one| one.name).collect::<Vec<_>>())
    };
    let names = |seeds: &[u8]| Some(seeds.iter().map(|seed| cosigner(*seed).name).collect::<Vec<_>>());
    assert_eq!(assemble(&[by(4, 1), by(3, 2), by(2, 3), by(1, 4)], 3), names(&[1, 2, 3]));
    assert_eq!(assemble(&[fork.clone(), by(4, 1), by(3, 2), by(2, 3)], 3), names(&[2, 3, 4]));
    assert_eq!(assemble(&[fork.clone(), by(1, 1), by(2, 2), by(2, 3)], 2), names(&[1, 2]));
    assert_eq!(assemble(&[fork, by(9, 1), by(2, 2)], 2), None);
    assert_eq!(assemble(&[by(1, 1)], 0), None);
}

#[test]
fn a_certificates_time_is_the_lower_median() {
    let at = |times: &[u64]| {
        let cosignatures = times.iter().map(|time_s| by(1, *time_s)).collect();
        Certificate { checkpoint: checkpoint(), cosignatures }.time_s()
    };
    assert_eq!(at(&[30, 10, 20]), 20);
    assert_eq!(at(&[40, 10, 30, 20]), 20);
    assert_eq!(at(&[10, 900]), 10);
    assert_eq!(at(&[7]), 7);
    assert_eq!(at(&[]), 0);
}

#[test]
fn there_is_one_text_for_each_checkpoint() {
    let good = checkpoint().text();
    assert_eq!(Checkpoint::parse(&good), Some(checkpoint()));
    let root = STANDARD.encode(checkpoint().root.0);
    let wrong = [
        good.trim_end().to_owned(),
        format!("{good}\n"),
        format!("{good}extension\n"),
        good.replace('\n', "\r\n"),
        good.replace("20852163", "020852163"),
        good.replace("20852163", "+20852163"),
        good.replace("20852163", "9223372036854775808"),
        good.replace("20852163", ""),
        good.replace("tocsin/", "toc sin/"),
        good.replace("tocsin/", "tocsin+"),
        good.replace("tocsin/", "tocsín/"),
        format!("\n20852163\n{root}\n"),
        format!("{}\n20852163\n{root}\n", "x".repeat(MAX_NAME_BYTES + 1)),
        good.replace('=', ""),
        good.replace(&root, &STANDARD.encode([0; 31])),
        good.replace(&root, &STANDARD.encode([0; 33])),
    ];
    for text in wrong {
        assert_ne!(text, good);
        assert_eq!(Checkpoint::parse(&text), None, "{text:?}");
    }
    assert!(Checkpoint::parse(&good.replace("20852163", "9223372036854775807")).is_some());
    assert!(Checkpoint::parse(&good.replace("20852163", "0")).is_some());
}

#[test]
fn a_note_has_1_to_16_lines_of_our_form_only() {
    let with = |count: usize| Certificate { checkpoint: checkpoint(), cosignatures: vec![by(1, 5); count] }.text();
    assert_eq!(Certificate::parse(&with(0)), None);
    assert!(Certificate::parse(&with(16)).is_some());
    assert_eq!(Certificate::parse(&with(17)), None);
    let late = Cosignature { time_s: MAX_NUMBER + 1, ..by(1, 5) };
    assert_eq!(Cosignature::parse(&late.line()), None);
    let good = with(1);
    for (from, to) in
        [("— ", "- "), ("— ", "—  "), ("\n\n", "\n"), ("\n\n", "\n\n\n"), ("\n—", "\r\n—"), ("— member", "— mem+ber")]
    {
        assert_eq!(Certificate::parse(&good.replace(from, to)), None, "{from:?} to {to:?}");
    }
    assert_eq!(Certificate::parse(&format!("{good}— other.example c2hvcnQ=\n")), None, "an unknown algorithm");
    assert_eq!(Certificate::parse(&format!("{good}\n")), None);
    assert_eq!(Certificate::parse(good.trim_end()), None);
}

proptest! {
    #[test]
    fn checkpoints_and_cosignatures_read_back(
        path in "[a-z0-9.-]{1,64}", size in 0..=MAX_NUMBER, root: [u8; 32], time_s in 0..=MAX_NUMBER, seed: u8,
    ) {
        let checkpoint = Checkpoint { origin: origin(&path, &Digest(root)), size, root: Digest(root) };
        let cosignature = cosign(&secret(seed), &cosigner(seed).name, &checkpoint, time_s);
        prop_assert!(cosignature.verify(&cosigner(seed), &checkpoint));
        prop_assert!(!cosignature.verify(&cosigner(seed.wrapping_add(1)), &checkpoint));
        let written = Certificate { checkpoint, cosignatures: vec![cosignature] };
        prop_assert_eq!(Certificate::parse(&written.text()), Some(written));
    }
}
