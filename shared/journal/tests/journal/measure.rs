use crate::{key, record};
use journal::Store;
use std::time::{Duration, Instant};

/// Prints what a commit costs and what a record takes; run with `--nocapture`. The bounds are wide: they find a second
/// fsync or a doubled record, not a slow machine.
#[test]
fn a_commit_is_one_fsync_and_a_record_takes_about_its_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let space = store.space("events").unwrap();
    let mut waits = Vec::new();
    for number in 0..300 {
        let mut batch = store.batch();
        batch.put(&space, key(number), record(number));
        let began = Instant::now();
        store.commit(batch).unwrap();
        waits.push(began.elapsed());
    }
    waits.sort_unstable();
    let began = Instant::now();
    let (batches, size) = (80, 250);
    for number in 0..batches {
        let mut batch = store.batch();
        for record_number in 0..size {
            let number = 300 + number * size + record_number;
            batch.put(&space, key(number), record(number));
        }
        store.commit(batch).unwrap();
    }
    let rate = batches * size * 1_000_000 / u64::try_from(began.elapsed().as_micros()).unwrap();
    store.settle(&space).unwrap();
    let disk = store.disk().unwrap();
    let per_record = disk.tables / (300 + batches * size);
    println!("commit of one: p50 {:?}, p99 {:?}; {rate} records/s in batches of {size}", waits[150], waits[297]);
    println!("{per_record} bytes of tables per record of 600; journal {} KiB", disk.journal / 1024);
    assert!(waits[150] < Duration::from_millis(100), "{:?}", waits[150]);
    assert!((600..800).contains(&per_record), "{per_record}");
    assert_eq!(store.disk_bytes().unwrap(), disk.tables + disk.journal);
}
