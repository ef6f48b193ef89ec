use crate::{copy, files, fill, key, record};
use journal::{Entry, JournalError, Store};
use std::path::Path;

const RECORDS: u64 = 12;

/// Everything in a store, or the first error.
fn all(dir: &Path) -> Result<Vec<Entry>, JournalError> {
    let store = Store::open(dir)?;
    let space = store.space("events")?;
    store.scrub(&space)?;
    space.entries().collect()
}

/// Damages one byte after another of the files that `chosen` names and expects damage to be told, or all to be there.
fn every(dir: &Path, step: usize, chosen: impl Fn(&Path) -> bool) -> (usize, usize) {
    let (good, bad) = (dir.join("good"), dir.join("bad"));
    let wanted: Vec<_> = (0..RECORDS).map(|number| (key(number).to_vec(), record(number))).collect();
    let (mut told, mut unused) = (0, 0);
    for file in files(&good).into_iter().filter(|file| chosen(file)) {
        copy(&good, &bad);
        let bytes = std::fs::read(bad.join(file.strip_prefix(&good).unwrap())).unwrap();
        std::fs::remove_dir_all(&bad).unwrap();
        let written = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        for at in (0..written).step_by(step) {
            copy(&good, &bad);
            let mut damaged = bytes.clone();
            damaged[at] ^= 1 << (at % 8);
            std::fs::write(bad.join(file.strip_prefix(&good).unwrap()), damaged).unwrap();
            match all(&bad) {
                Ok(found) => {
                    assert_eq!(found, wanted, "byte {at} of {} gave a wrong answer", file.display());
                    unused += 1;
                }
                Err(error) => {
                    assert!(error.is_damage(), "byte {at} of {}: {error}", file.display());
                    told += 1;
                }
            }
            std::fs::remove_dir_all(&bad).unwrap();
        }
    }
    (told, unused)
}

fn store(dir: &Path) {
    let store = Store::open(dir).unwrap();
    let space = store.space("events").unwrap();
    fill(&store, &space, 0, RECORDS);
}

#[test]
fn no_damaged_byte_of_the_write_ahead_journal_makes_it_forget() {
    let dir = tempfile::tempdir().unwrap();
    store(&dir.path().join("good"));
    let (told, unused) = every(dir.path(), 61, |file| file.extension().is_some_and(|extension| extension == "jnl"));
    assert!(told > 80 && unused < 30, "{told} told, {unused} unused");
}

#[test]
fn a_damaged_end_of_the_last_batch_is_not_taken_for_a_crash() {
    let dir = tempfile::tempdir().unwrap();
    let good = dir.path().join("good");
    store(&good);
    let file = files(&good).into_iter().find(|file| file.extension().is_some_and(|e| e == "jnl")).unwrap();
    let bytes = std::fs::read(&file).unwrap();
    let written = bytes.iter().rposition(|byte| *byte != 0).unwrap() + 1;
    for at in written - 13..written {
        let bad = dir.path().join("bad");
        copy(&good, &bad);
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x20;
        std::fs::write(bad.join(file.strip_prefix(&good).unwrap()), damaged).unwrap();
        let error = all(&bad).unwrap_err();
        assert!(error.is_damage(), "byte {at}: {error}");
        std::fs::remove_dir_all(&bad).unwrap();
    }
}

#[test]
fn a_damaged_value_names_its_space() {
    let dir = tempfile::tempdir().unwrap();
    let (good, bad) = (dir.path().join("good"), dir.path().join("bad"));
    store(&good);
    flush(&good);
    copy(&good, &bad);
    let needle = &record(7)[100..140];
    let file = files(&bad)
        .into_iter()
        .filter(|file| file.extension().is_none_or(|extension| extension != "jnl"))
        .find(|file| std::fs::read(file).unwrap().windows(needle.len()).any(|window| window == needle))
        .expect("the record lies in a table");
    let mut bytes = std::fs::read(&file).unwrap();
    let at = bytes.windows(needle.len()).position(|window| window == needle).unwrap();
    bytes[at] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let store = Store::open(&bad).unwrap();
    let space = store.space("events").unwrap();
    let error = store.scrub(&space).unwrap_err();
    assert!(matches!(&error, JournalError::Damaged { space, .. } if space == "events"), "{error}");
    let error = space.get(key(7)).unwrap_err();
    assert!(
        matches!(&error, JournalError::Damaged { space, key: at } if space == "events" && at == &key(7)),
        "{error}"
    );
    assert_eq!(space.get(key(0)).unwrap(), Some(record(0)), "another block is not affected");
}

/// Writes what is in memory to tables.
fn flush(dir: &Path) {
    let store = Store::open(dir).unwrap();
    let space = store.space("events").unwrap();
    store.settle(&space).unwrap();
}

#[test]
fn no_damaged_byte_of_a_table_or_manifest_gives_a_wrong_answer() {
    let dir = tempfile::tempdir().unwrap();
    let good = dir.path().join("good");
    store(&good);
    flush(&good);
    let (told, unused) = every(dir.path(), 61, |file| file.extension().is_none_or(|extension| extension != "jnl"));
    assert!(told > 80, "{told} told, {unused} unused");
}
