//! Golden files under `shared/wire/golden/`: what outlives the process must not change unseen.
//!
//! `TOCSIN_GOLDEN=write` writes those that are missing; it never overwrites one, so a change is a deletion in review.

use std::path::PathBuf;

/// Compares `found` with the golden file of that name.
pub(crate) fn check(name: &str, found: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden").join(name);
    if !path.exists() && std::env::var("TOCSIN_GOLDEN").is_ok_and(|mode| mode == "write") {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, format!("{found}\n")).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert_eq!(golden.trim_end(), found, "{name} changed: bytes already signed would not be read any more");
}

/// Bytes as hex in lines of 32 bytes, so that a difference is seen.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.chunks(32).map(hex::encode).collect::<Vec<_>>().join("\n")
}
