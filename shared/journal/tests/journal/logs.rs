use journal::{Log, Store};

fn append(store: &Store, log: &mut Log, records: &[&str]) -> Vec<u64> {
    let mut batch = store.batch();
    let numbers = records.iter().map(|record| log.append(&mut batch, record)).collect();
    store.commit(batch).unwrap();
    numbers
}

#[test]
fn numbers_go_on_after_a_restart_and_places_stay() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let mut log = Log::open(store.space("outbox").unwrap()).unwrap();
    let reader = log.reader();
    assert_eq!(append(&store, &mut log, &["a", "b", "c"]), [0, 1, 2]);
    assert_eq!(reader.read(1, 5).unwrap(), [(1, b"b".to_vec()), (2, b"c".to_vec())]);
    assert_eq!(reader.read(0, 1).unwrap().len(), 1);
    let mut batch = store.batch();
    log.save_place(&mut batch, "sender", 2);
    store.commit(batch).unwrap();
    drop((log, reader, store));
    let store = Store::open(dir.path()).unwrap();
    let mut log = Log::open(store.space("outbox").unwrap()).unwrap();
    assert_eq!((log.next(), log.place("sender").unwrap(), log.place("other").unwrap()), (3, 2, 0));
    assert_eq!(append(&store, &mut log, &["d"]), [3]);
}

#[test]
fn trimming_keeps_what_a_reader_has_not_passed_and_never_gives_a_number_twice() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let mut log = Log::open(store.space("outbox").unwrap()).unwrap();
    append(&store, &mut log, &["a", "b", "c"]);
    for (place, upto, kept, left) in [(1, 3, 1, 2), (3, 2, 2, 1), (3, 1, 2, 1), (3, 99, 3, 0)] {
        let mut batch = store.batch();
        log.save_place(&mut batch, "sender", place);
        store.commit(batch).unwrap();
        let mut batch = store.batch();
        assert_eq!(log.trim(&mut batch, upto).unwrap(), kept);
        store.commit(batch).unwrap();
        assert_eq!(log.read(0, 10).unwrap().len(), left);
    }
    drop((log, store));
    let store = Store::open(dir.path()).unwrap();
    let mut log = Log::open(store.space("outbox").unwrap()).unwrap();
    assert_eq!(append(&store, &mut log, &["d"]), [3], "everything was trimmed, and 3 is still the next");
}

#[test]
fn one_trim_removes_at_most_ten_thousand_records_and_the_next_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let mut log = Log::open(store.space("outbox").unwrap()).unwrap();
    append(&store, &mut log, &vec!["x"; 10_500]);
    for (kept, changes) in [(10_000, 10_001), (10_500, 501), (10_500, 0)] {
        let mut batch = store.batch();
        assert_eq!(log.trim(&mut batch, 10_500).unwrap(), kept);
        assert_eq!(batch.len(), changes);
        store.commit(batch).unwrap();
    }
    assert_eq!(log.read(0, 10).unwrap(), []);
}
