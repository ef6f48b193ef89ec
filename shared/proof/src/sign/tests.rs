//! Signatures hold for one key, domain, chain and body, in one spelling.

use super::*;
use crate::golden;

const DOMAINS: [Domain; 7] =
    [Domain::Event, Domain::Bundle, Domain::Receipt, Domain::Refusal, Domain::Block, Domain::Share, Domain::Exclusion];

fn secret() -> SecretKey {
    SecretKey::from_seed(&[3; 32])
}

fn chain() -> ChainId {
    Digest::of(b"genesis")
}

#[test]
fn envelopes_and_event_ids_are_golden() {
    let mut lines = format!("event id {}\n", event_id(&chain(), b"body"));
    for domain in DOMAINS {
        let envelope = Signed::seal(&secret(), domain, &chain(), b"body".to_vec());
        assert_eq!(Signed::from_bytes(&envelope.to_bytes()), Some(envelope.clone()));
        lines += &format!("{} {}\n", domain.name(), hex::encode(envelope.to_bytes()));
    }
    golden::text("envelopes.txt", &lines);
}

#[test]
fn a_signature_is_worth_nothing_elsewhere() {
    for domain in DOMAINS {
        let envelope = Signed::seal(&secret(), domain, &chain(), b"body".to_vec());
        for other in DOMAINS {
            assert_eq!(envelope.verify(other, &chain()), domain == other, "{domain:?} as {other:?}");
        }
        assert!(!envelope.verify(domain, &Digest::of(b"other")));
        assert!(!Signed { body: b"bodies".to_vec(), ..envelope.clone() }.verify(domain, &chain()));
        assert!(!Signed { key: SecretKey::from_seed(&[4; 32]).public(), ..envelope }.verify(domain, &chain()));
    }
}

#[test]
fn an_envelope_holds_a_key_a_signature_and_at_least_one_byte() {
    assert_eq!(Signed::from_bytes(&[0; ENVELOPE_OVERHEAD]), None);
    assert!(Signed::from_bytes(&[0; ENVELOPE_OVERHEAD + 1]).is_some());
}

#[test]
fn weak_keys_and_second_spellings_of_a_signature_are_refused() {
    // The neutral element as key and R, with S = 0, satisfies the bare equation for every message.
    let mut neutral = [0; 32];
    neutral[0] = 1;
    let mut signature = [0; 64];
    signature[0] = 1;
    assert!(!PublicKey(neutral).verify_raw(b"anything", &signature));
    assert!(!PublicKey([0xff; 32]).verify_raw(b"anything", &signature), "no point");

    // S + L is the same number in the scalar field.
    let order = hex::decode("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010").unwrap();
    let mut signature = secret().sign_raw(b"message");
    assert!(secret().public().verify_raw(b"message", &signature));
    let mut carry = 0;
    for (byte, add) in signature[32..].iter_mut().zip(order) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        *byte = (sum & 0xff) as u8;
        carry = sum >> 8;
    }
    assert!(!secret().public().verify_raw(b"message", &signature));
}

#[test]
fn a_secret_key_shows_only_its_public_half() {
    let shown = format!("{:?}", secret());
    assert_eq!(shown, format!("SecretKey(of {})", secret().public()));
    assert_eq!(*secret().seed(), [3; 32]);
}

#[test]
fn digests_and_keys_read_64_lower_case_hex_digits_only() {
    let text = Digest::of(b"x").to_string();
    assert_eq!(Digest::parse(&text), Some(Digest::of(b"x")));
    assert_eq!(PublicKey::parse(&text), Some(PublicKey(Digest::of(b"x").0)));
    for wrong in
        [text.to_uppercase(), text[1..].to_owned(), format!("{text}0"), text.replace(&text[..1], "g"), String::new()]
    {
        assert_eq!(Digest::parse(&wrong), None, "{wrong}");
    }
}

#[test]
fn parts_are_framed_so_that_no_two_lists_hash_alike() {
    let lists: [&[&[u8]]; 5] = [&[b"ab"], &[b"a", b"b"], &[b"", b"ab"], &[b"ab", b""], &[]];
    for (at, one) in lists.iter().enumerate() {
        for other in &lists[at + 1..] {
            assert_ne!(Digest::of_parts(one), Digest::of_parts(other));
        }
    }
    let mut framed = Vec::new();
    put_lp(&mut framed, b"a");
    put_lp(&mut framed, b"b");
    assert_eq!(framed, b"\0\0\0\x01a\0\0\0\x01b");
    assert_eq!(Digest::of(&framed), Digest::of_parts(&[b"a", b"b"]));
}
