//! Golden files: bytes that outlive the process and so may never change by accident.
//!
//! `TOCSIN_GOLDEN=write cargo test -p proof` writes them anew; a changed file is a changed format and needs a decision.

use std::path::PathBuf;

/// Compares a text with `golden/<name>`.
pub(crate) fn text(name: &str, found: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden").join(name);
    if std::env::var("TOCSIN_GOLDEN").is_ok_and(|wish| wish == "write") {
        std::fs::write(&path, found).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert_eq!(found, kept, "{} no longer holds", path.display());
}

/// The bytes in the hex text `golden/<name>`, of a format that is read and no longer written.
pub(crate) fn read(name: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden").join(name);
    let kept = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    hex::decode(kept.split_whitespace().collect::<String>()).unwrap()
}

/// Compares bytes with the hex text in `golden/<name>`, 32 bytes a line.
pub(crate) fn bytes(name: &str, found: &[u8]) {
    let lines = found.chunks(32).map(|line| hex::encode(line) + "\n").collect::<String>();
    text(name, &lines);
}
