//! What is no roll-up proof, line by line.

use super::*;
use crate::lines::FormatError;

#[track_caller]
fn line(from: &str, to: &str) -> usize {
    let good = golden_rollup().text();
    let text = good.replacen(from, to, 1);
    assert_ne!(text, good, "{from:?} is not in the golden roll-up");
    RollupProof::parse(&text).unwrap_err().line
}

#[test]
fn every_line_is_known() {
    let first = FormatError { line: 1, what: "the first line must be `tocsin-rollup@v1`" };
    let good = golden_rollup().text();
    assert_eq!(RollupProof::parse(&good.replace("@v1", "@v2")), Err(first));
    assert_eq!(line("disease U07.1", "disease U07 1"), 2);
    assert_eq!(line("disease", "handover 1\ndisease"), 2);
    assert_eq!(line("chain cn ", "chain cn  "), 3);
    assert_eq!(line("0 suspected, 1 probable", "0 suspected,1 probable"), 4);
    assert_eq!(line("0 suspected, 1 probable", "1 probable, 0 suspected"), 4);
    assert_eq!(line("0 suspected, 1 probable", "0 suspected, 01 probable"), 4);
    assert_eq!(line("0 suspected, 1 probable", "0 suspected, +1 probable"), 4);
    assert_eq!(line("0 suspected, 1 probable", "0 suspected, 18446744073709551616 probable"), 4);
    assert_eq!(line(", 0 discarded\n", "\n"), 4);
    assert_eq!(line(", 0 discarded\n", ", 0 discarded, 0 lost\n"), 4);
    assert_eq!(line("own 0", "total 0"), 5);
    assert_eq!(line("part cn.32 ", "part cn+32 "), 6);
    assert_eq!(line("part cn.32 ", "part "), 6);
    assert_eq!(line("index 3", "index 03"), 8);
    assert_eq!(line("anchor cn.32\n", "anchor cn 32\n"), 14);
    assert_eq!(line("anchor cn.32\n", "anchor cn.32\nanchor cn.32\n"), 15);
    for tail in ["\n", "x", "chain cn 00\n", "\0"] {
        assert!(RollupProof::parse(&format!("{good}{tail}")).is_err(), "{tail:?}");
    }
    for end in (0..good.len()).filter(|end| good.is_char_boundary(*end)) {
        // A note that lost a whole signature line is still a note; the quorum catches that one.
        let read = RollupProof::parse(&good[..end]);
        assert!(read.map_or(true, |read| verdict(&read, &[]).is_err()), "{end} bytes");
    }
    let bare = format!("tocsin-rollup@v1\ndisease U07.1\n{}", golden_rollup().certificate.text());
    assert_eq!(RollupProof::parse(&bare), Err(FormatError { line: 3, what: "a `chain` line must follow" }));
}

#[test]
fn a_level_alone_is_its_lines_and_nothing_else() {
    for level in golden_rollup().levels {
        let text = level.text();
        assert!(golden_rollup().text().contains(&text));
        assert_eq!(RollupLevel::parse(&text), Ok(level));
        assert_eq!(RollupLevel::parse(&(text + "x")).unwrap_err().what, "nothing must follow");
    }
}

#[test]
fn bounds_hold_at_their_number_and_not_one_further() {
    let read = |change: &dyn Fn(&mut RollupProof)| {
        let mut proof = golden_rollup();
        change(&mut proof);
        RollupProof::parse(&proof.text()).map(|read| assert_eq!(read, proof)).map_err(|error| error.what)
    };
    let parts = |count| {
        move |proof: &mut RollupProof| {
            proof.levels[1].figures.parts = vec![("cn.32.01".to_owned(), [u64::MAX; 5]); count];
        }
    };
    assert_eq!(read(&parts(MAX_PARTS)), Ok(()));
    assert_eq!(read(&parts(MAX_PARTS + 1)), Err("more than 512 parts"));
    let anchors = |count| {
        move |proof: &mut RollupProof| proof.levels[1].anchors = vec![proof.levels[1].anchors[0].clone(); count]
    };
    assert_eq!(read(&anchors(MAX_PARTS)), Ok(()));
    assert_eq!(read(&anchors(MAX_PARTS + 1)), Err("more than 512 anchors"));
    let levels = |count| move |proof: &mut RollupProof| proof.levels = vec![proof.levels[1].clone(); count];
    assert_eq!(read(&levels(MAX_LEVELS)), Ok(()));
    assert_eq!(read(&levels(MAX_LEVELS + 1)), Err("more than 512 chains"));
    let leaf = |length| move |proof: &mut RollupProof| proof.levels[1].sum.leaf = vec![1; length];
    assert_eq!(read(&leaf(crate::leaf::MAX_LEAF_BYTES)), Ok(()));
    assert_eq!(read(&leaf(crate::leaf::MAX_LEAF_BYTES + 1)), Err("`leaf <base64 of a roll-up leaf>`"));
    let long = "x".repeat(MAX_TEXT_BYTES + 1);
    assert_eq!(RollupProof::parse(&long), Err(FormatError { line: 1, what: "longer than any roll-up" }));
}
