use crate::{copy, fill, key, record};
use journal::{JournalError, MAX_KEY_BYTES, MAX_VALUE_BYTES, Store};

#[test]
fn what_was_committed_is_there_after_a_crash_at_any_moment() {
    let dir = tempfile::tempdir().unwrap();
    let (live, crashed) = (dir.path().join("live"), dir.path().join("crashed"));
    let store = Store::open(&live).unwrap();
    let (a, b) = (store.space("a").unwrap(), store.space("b").unwrap());
    for number in 0..20 {
        let mut batch = store.batch();
        batch.put(&a, key(number), record(number));
        batch.put(&b, key(number), record(number + 1));
        batch.delete(&a, key(number.wrapping_sub(2)));
        store.commit(batch).unwrap();
        // The files as a crash leaves them: nothing was closed.
        copy(&live, &crashed);
        let again = Store::open(&crashed).unwrap();
        let (a, b) = (again.space("a").unwrap(), again.space("b").unwrap());
        assert_eq!(a.get(key(number)).unwrap(), Some(record(number)));
        assert_eq!(b.get(key(number)).unwrap(), Some(record(number + 1)));
        assert_eq!(a.get(key(number.wrapping_sub(2))).unwrap(), None);
        assert_eq!(again.scrub(&a).unwrap(), (number + 1).min(2));
        drop((a, b, again));
        std::fs::remove_dir_all(&crashed).unwrap();
    }
}

#[test]
fn a_batch_cut_short_is_dropped_as_a_whole() {
    let dir = tempfile::tempdir().unwrap();
    let (live, crashed) = (dir.path().join("live"), dir.path().join("crashed"));
    let store = Store::open(&live).unwrap();
    let space = store.space("a").unwrap();
    fill(&store, &space, 0, 3);
    copy(&live, &crashed);
    let journal =
        |dir: &std::path::Path| crate::files(dir).into_iter().find(|f| f.extension().is_some_and(|e| e == "jnl"));
    let before = std::fs::read(journal(&crashed).unwrap()).unwrap();
    let written = before.iter().rposition(|byte| *byte != 0).unwrap() + 1;
    fill(&store, &space, 3, 4);
    let after = std::fs::read(journal(&live).unwrap()).unwrap();
    let whole = after.iter().rposition(|byte| *byte != 0).unwrap() + 1;
    for cut in [written + 1, written + 13, written + 300, whole - 5] {
        std::fs::remove_dir_all(&crashed).unwrap();
        copy(&live, &crashed);
        let mut bytes = after.clone();
        bytes[cut..].fill(0);
        std::fs::write(journal(&crashed).unwrap(), bytes).unwrap();
        let again = Store::open(&crashed).unwrap();
        let space = again.space("a").unwrap();
        assert_eq!(again.scrub(&space).unwrap(), 3, "cut at {cut}");
        fill(&again, &space, 3, 5);
        assert_eq!(again.scrub(&space).unwrap(), 5);
    }
}

#[test]
fn there_is_one_writer() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let space = store.space("a").unwrap();
    assert!(matches!(Store::open(dir.path()), Err(JournalError::Locked(_))));
    drop((store, space));
    Store::open(dir.path()).unwrap();
}

#[test]
fn ranges_are_in_order_from_both_ends_and_half_open() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let space = store.space("a").unwrap();
    let mut batch = store.batch();
    for key in ["a", "b/1", "b/2", "b0", "c"] {
        batch.put(&space, key, key.to_uppercase());
    }
    store.commit(batch).unwrap();
    let keys = |entries: journal::Entries| -> Vec<String> {
        entries.map(|entry| String::from_utf8(entry.unwrap().0).unwrap()).collect()
    };
    assert_eq!(keys(space.range("b", "c")), ["b/1", "b/2", "b0"]);
    assert_eq!(keys(space.prefix("b/")), ["b/1", "b/2"]);
    assert_eq!(keys(space.entries()).len(), 5);
    assert_eq!(keys(space.range("c", "b")), Vec::<String>::new());
    assert_eq!(space.range("a", "c").next_back().unwrap().unwrap(), (b"b0".to_vec(), b"B0".to_vec()));
    assert_eq!(space.first().unwrap(), Some((b"a".to_vec(), b"A".to_vec())));
    assert_eq!(space.last().unwrap(), Some((b"c".to_vec(), b"C".to_vec())));
}

#[test]
fn a_snapshot_stands_still() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let space = store.space("a").unwrap();
    fill(&store, &space, 0, 2);
    let still = store.snapshot();
    fill(&store, &space, 2, 4);
    assert_eq!(still.get(&space, key(2)).unwrap(), None);
    assert_eq!(still.get(&space, key(1)).unwrap(), Some(record(1)));
    assert_eq!(still.range(&space, key(0), key(9)).count(), 2);
    assert_eq!(space.range(key(0), key(9)).count(), 4);
}

#[test]
fn what_is_outside_the_limits_refuses_the_whole_batch_and_harms_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let space = store.space("a").unwrap();
    for (key, value) in
        [(vec![], vec![]), (vec![1; MAX_KEY_BYTES + 1], vec![]), (vec![1], vec![0; MAX_VALUE_BYTES + 1])]
    {
        let mut batch = store.batch();
        batch.put(&space, b"good", b"good");
        batch.put(&space, key, value);
        assert!(matches!(store.commit(batch), Err(JournalError::TooLarge { .. })));
    }
    assert_eq!(space.get(b"good").unwrap(), None);
    let mut batch = store.batch();
    batch.put(&space, vec![1; MAX_KEY_BYTES], b"");
    store.commit(batch).unwrap();
    assert_eq!(space.get(vec![1; MAX_KEY_BYTES]).unwrap(), Some(vec![]));
}

#[test]
fn batches_and_spaces_do_not_mix_between_stores() {
    let dir = tempfile::tempdir().unwrap();
    let (one, two) = (Store::open(dir.path().join("1")).unwrap(), Store::open(dir.path().join("2")).unwrap());
    let (space, other) = (one.space("a").unwrap(), two.space("a").unwrap());
    let mut batch = one.batch();
    batch.put(&space, b"k", b"v");
    assert!(matches!(two.commit(batch), Err(JournalError::WrongStore)));
    let mut batch = one.batch();
    batch.put(&other, b"k", b"v");
    assert!(matches!(one.commit(batch), Err(JournalError::WrongStore)));
    assert_eq!((space.get(b"k").unwrap(), other.get(b"k").unwrap()), (None, None));
}
