//! A projection over entries handed in directly.

use super::*;
use wire::ledger::EntryKind;

/// Counts refused entries.
#[derive(Default, Debug, PartialEq)]
struct Refused(u64);

impl Projection for Refused {
    fn name(&self) -> &'static str {
        "refused"
    }

    fn version(&self) -> u32 {
        1
    }

    fn load(&mut self, stored: &Stored) -> anyhow::Result<()> {
        self.0 = stored.get(b"count")?.and_then(|bytes| bytes.try_into().ok()).map_or(0, u64::from_be_bytes);
        Ok(())
    }

    fn at(&self) -> At {
        At { height: 1, chain_time: Millis(0) }
    }

    fn apply(&mut self, entry: &Entry<'_>, changes: &mut Changes<'_>) -> anyhow::Result<()> {
        if entry.log.code != 0 {
            self.0 += 1;
            changes.put(b"count", &self.0.to_be_bytes());
        }
        Ok(())
    }
}

fn entry(index: u64, code: u16) -> LogEntry {
    LogEntry {
        index,
        height: 1,
        position: 0,
        lane: None,
        event_id: None,
        code,
        signed: Vec::new(),
        kind: EntryKind::Event,
        leaf: Vec::new(),
        chain_time: Millis(0),
    }
}

#[test]
fn an_entry_counts_once_also_after_a_restart_and_a_replay_gives_the_same() {
    let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let log: Vec<_> = (0..10).map(|index| entry(index, u16::from(index % 3 == 0))).collect();
    let mut follower = Follower::open(dir.path(), Refused::default()).unwrap();
    assert_eq!(follower.take(&log[..4]).unwrap(), (4, false));
    assert_eq!(follower.take(&log[2..6]).unwrap(), (6, false), "entries seen before are passed over");
    drop(follower);
    let mut follower = Follower::open(dir.path(), Refused::default()).unwrap();
    assert_eq!((follower.next, &follower.projection), (6, &Refused(2)));
    follower.take(&log[6..]).unwrap();
    assert_eq!(follower.projection, Refused(4));
    let mut replay = Follower::open(other.path(), Refused::default()).unwrap();
    replay.take(&log).unwrap();
    assert_eq!(replay.projection, follower.projection);
    assert!(replay.take(&[entry(12, 0)]).unwrap_err().to_string().contains("gap"));
}

/// Counts entries, and does not know the sixth until it is told.
struct Slow(u64, bool);

impl Projection for Slow {
    fn name(&self) -> &'static str {
        "slow"
    }

    fn version(&self) -> u32 {
        1
    }

    fn load(&mut self, _: &Stored) -> anyhow::Result<()> {
        Ok(())
    }

    fn at(&self) -> At {
        At { height: 1, chain_time: Millis(0) }
    }

    fn apply(&mut self, entry: &Entry<'_>, _: &mut Changes<'_>) -> anyhow::Result<()> {
        if entry.log.index == 5 && !self.1 {
            return Err(NotYet("the author").into());
        }
        self.0 += 1;
        Ok(())
    }
}

#[test]
fn an_entry_that_speaks_of_what_is_not_known_yet_waits_and_is_counted_once() {
    let dir = tempfile::tempdir().unwrap();
    let log: Vec<_> = (0..10).map(|index| entry(index, 0)).collect();
    let mut follower = Follower::open(dir.path(), Slow(0, false)).unwrap();
    assert_eq!(follower.take(&log).unwrap(), (5, true));
    assert_eq!(follower.take(&log[5..]).unwrap(), (5, true));
    follower.projection.1 = true;
    assert_eq!(follower.take(&log[5..]).unwrap(), (10, false));
    assert_eq!(follower.projection.0, 10);
}

#[test]
fn rows_of_an_earlier_version_are_not_read_and_the_log_is_taken_again() {
    let data = tempfile::tempdir().unwrap();
    let log: Vec<_> = (0..4).map(|index| entry(index, 1)).collect();
    let open = |version| Follower::open(&home::home(data.path(), "refused", version).unwrap(), Refused::default());
    open(1).unwrap().take(&log).unwrap();
    assert_eq!(open(1).unwrap().model(), &Refused(4));
    let mut raised = open(2).unwrap();
    assert_eq!((raised.next, raised.model()), (0, &Refused(0)));
    raised.take(&log).unwrap();
    assert_eq!(raised.model(), &Refused(4));
}
