//! What a store promises: durable and atomic commits, one writer, and no wrong answer from damaged files.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test ends by panicking; clippy knows only the functions marked as tests"
)]

mod damage;
mod durable;
mod logs;
mod measure;
mod poison;

use journal::{Space, Store};
use std::path::Path;

/// A record of 600 bytes that does not compress, as signatures and hashes do not.
fn record(number: u64) -> Vec<u8> {
    let mut state = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (0..600)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_be_bytes()[0]
        })
        .collect()
}

fn key(number: u64) -> [u8; 8] {
    number.to_be_bytes()
}

/// Commits records `from..to` one by one.
fn fill(store: &Store, space: &Space, from: u64, to: u64) {
    for number in from..to {
        let mut batch = store.batch();
        batch.put(space, key(number), record(number));
        store.commit(batch).unwrap();
    }
}

/// Copies a directory, so that a copy can be damaged.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to.join(entry.file_name()));
        } else if entry.path().extension().is_some_and(|extension| extension == "jnl") {
            // A journal is 64 MiB of zeros at first; some of them are enough.
            let bytes = std::fs::read(entry.path()).unwrap();
            let short = (1..).map(|n| n * 64 * 1024).find(|len| bytes.get(*len).is_none_or(|byte| *byte == 0));
            std::fs::write(to.join(entry.file_name()), &bytes[..short.unwrap().min(bytes.len())]).unwrap();
        } else {
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

/// All files of a store.
fn files(dir: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}
