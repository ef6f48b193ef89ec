//! What is no proof file, line by line.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::*;

/// The golden text with one piece replaced, and where and why reading it stops.
#[track_caller]
fn refused(from: &str, to: &str) -> FormatError {
    let good = golden_proof().text();
    let text = good.replacen(from, to, 1);
    assert_ne!(text, good, "{from:?} is not in the golden proof");
    ProofFile::parse(&text).unwrap_err()
}

#[test]
fn every_line_is_known() {
    let first = FormatError { line: 1, what: "the first line must be `tocsin-proof@v1`" };
    assert_eq!(refused("tocsin-proof@v1", "tocsin-proof@v2"), first);
    assert_eq!(refused("@v1\n", "@v1\r\n"), first);
    assert_eq!(refused("tocsin-proof", "\u{feff}tocsin-proof"), first);
    assert_eq!(refused("@v1\n", "@v1\nextra AAAA\n").line, 2);
    assert_eq!(refused("index 7\n", "index 7\r\n").line, 3);
    assert_eq!(refused("index 7\n", "index 7 \n").line, 3);
    assert_eq!(refused("index 7\n", "index 7\nindex 7\n").line, 4);
    assert_eq!(refused("index 7\n", "").line, 3);
    assert_eq!(refused("index 7", "index 07").line, 3);
    assert_eq!(refused("index 7", "index +7").line, 3);
    assert_eq!(refused("index 7", "index -7").line, 3);
    assert_eq!(refused("index 7", "index 18446744073709551616").line, 3);
    assert_eq!(refused("chain cn.32.01 ", "chain cn.32.01  ").line, 2);
    assert_eq!(refused("chain cn.32.01 ", "chain ").line, 2);
    assert_eq!(refused("chain cn.32.01 ", "chain cn+32 ").line, 2);
    assert_eq!(refused("chain cn.32.01 ", "chain \u{a0}cn ").line, 2);
    let id = chain_id("cn.32.01").to_string();
    assert_eq!(refused(&id, &id.to_uppercase()).line, 2);
    assert_eq!(refused(&id, &id[1..]).line, 2);
}

#[test]
fn nothing_stands_after_the_certificate_or_is_missing_before_it() {
    let good = golden_proof().text();
    for end in 0..good.len() {
        let Some(cut) = good.get(..end) else { continue };
        // A note that lost a whole signature line is still a note; the quorum catches that one.
        let read = ProofFile::parse(cut);
        assert!(read.map_or(true, |read| verdict(&read).is_err()), "{end} bytes");
    }
    for tail in ["\n", "x", "— nobody.cn AAAA\n", "chain cn 00\n", "\0"] {
        assert!(ProofFile::parse(&format!("{good}{tail}")).is_err(), "{tail:?}");
    }
    let none = FormatError { line: 2, what: "a `chain` line must follow" };
    assert_eq!(ProofFile::parse(&format!("tocsin-proof@v1\n{}", golden_proof().certificate.text())), Err(none));
}

#[test]
fn base64_has_one_spelling() {
    let step = &golden_proof().steps[0];
    let hash = STANDARD.encode(step.inclusion[0].0);
    let stray = |text: &str| {
        // 32 bytes leave two unused bits in the last digit; setting one of them names the same bytes.
        let (head, last) = text.split_at(text.len() - 2);
        let digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let at = digits.find(last.chars().next().unwrap()).unwrap();
        format!("{head}{}=", &digits[at + 1..at + 2])
    };
    for changed in [
        hash.trim_end_matches('=').to_owned(),
        format!("{hash}="),
        stray(&hash),
        hash[4..].to_owned(),
        format!(" {hash}"),
    ] {
        assert_eq!(refused(&hash, &changed).line, 6, "{changed}");
    }
    for (name, bytes, line) in [("signed", &step.signed, 4), ("leaf", &step.leaf, 5)] {
        let text = STANDARD.encode(bytes);
        for changed in [String::new(), format!("{text}AAAA="), format!("{text}\n{text}"), text.replace('A', "-")] {
            assert!(refused(&text, &changed).line >= line, "{name} {changed}");
        }
    }
}

#[test]
fn bounds_hold_at_their_number_and_not_one_further() {
    let read = |change: &dyn Fn(&mut ProofFile)| {
        let mut proof = golden_proof();
        change(&mut proof);
        ProofFile::parse(&proof.text()).map(|read| assert_eq!(read, proof)).map_err(|error| error.what)
    };
    let hashes = |count| move |proof: &mut ProofFile| proof.steps[0].inclusion = vec![Digest::default(); count];
    assert_eq!(read(&hashes(0)), Ok(()));
    assert_eq!(read(&hashes(63)), Ok(()));
    assert_eq!(read(&hashes(64)), Err("more than 63 hashes"));
    let steps = |count| move |proof: &mut ProofFile| proof.steps = vec![proof.steps[0].clone(); count];
    assert_eq!(read(&steps(MAX_STEPS)), Ok(()));
    assert_eq!(read(&steps(MAX_STEPS + 1)), Err("more than 16 steps"));
    let signed = |length| move |proof: &mut ProofFile| proof.steps[0].signed = vec![0; length];
    let wrong = Err("`signed <base64 of 97 to 65536 bytes>`");
    assert_eq!(read(&signed(96)), wrong);
    assert_eq!(read(&signed(97)), Ok(()));
    assert_eq!(read(&signed(MAX_SIGNED_BYTES)), Ok(()));
    assert_eq!(read(&signed(MAX_SIGNED_BYTES + 1)), wrong);
    let leaf = |length| move |proof: &mut ProofFile| proof.steps[0].leaf = vec![0; length];
    assert_eq!(read(&leaf(80)), Ok(()));
    assert_eq!(read(&leaf(81)), Err("`leaf <base64 of an event leaf>`"));
    let all = |proof: &mut ProofFile| {
        signed(MAX_SIGNED_BYTES)(proof);
        hashes(63)(proof);
        steps(MAX_STEPS)(proof);
        assert!(proof.text().len() < MAX_TEXT_BYTES);
    };
    assert_eq!(read(&all), Ok(()));
    let long = "x".repeat(MAX_TEXT_BYTES + 1);
    assert_eq!(ProofFile::parse(&long), Err(FormatError { line: 1, what: "longer than any proof file" }));
}
