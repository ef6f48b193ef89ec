use crate::{fill, key, record};
use journal::{JournalError, Store};
use std::process::Command;

/// Set for the process whose files may not grow: where its store is.
const LIMITED_DIR: &str = "TOCSIN_TEST_LIMITED_DIR";

/// Not a test by itself: the process in [`after_a_failed_commit_nothing_more_is_written`].
#[test]
fn limited() {
    let Ok(dir) = std::env::var(LIMITED_DIR) else { return };
    let store = Store::open(dir).unwrap();
    let space = store.space("a").unwrap();
    fill(&store, &space, 0, 3);
    let mut batch = store.batch();
    for number in 3..143 {
        batch.put(&space, key(number), vec![7; 1024 * 1024]);
    }
    let failed = store.commit(batch).unwrap_err();
    assert!(matches!(&failed, JournalError::Io(_)), "{failed}");
    let mut batch = store.batch();
    batch.put(&space, key(200), b"small");
    assert!(matches!(store.commit(batch), Err(JournalError::Poisoned)), "it would follow a batch that is half there");
    assert_eq!(space.get(key(2)).unwrap(), Some(record(2)), "reading goes on");
    assert_eq!(space.get(key(3)).unwrap(), None, "the failed batch is not seen");
}

#[test]
fn after_a_failed_commit_nothing_more_is_written() {
    let dir = tempfile::tempdir().unwrap();
    // 64 MiB a file: as long as the engine makes its journal at first. Ignored, the signal becomes an error of `write`.
    let status = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 131072; exec \"$@\"", "limit"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "poison::limited", "--nocapture"])
        .env(LIMITED_DIR, dir.path())
        .status()
        .unwrap();
    assert!(status.success());
    let store = Store::open(dir.path()).unwrap();
    let space = store.space("a").unwrap();
    assert_eq!(store.scrub(&space).unwrap(), 3, "what was committed before is there, and no part of what failed");
}
