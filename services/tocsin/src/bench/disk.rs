//! What ledgers keep on disk for an event, after all that is in memory was written out.
//!
//! Counted are a store's tables: blocks, results, Merkle tree, state and indexes, as the file system allocates them. Not
//! counted is the write-ahead journal, which repeats what the tables hold, has a bound that does not grow with history
//! (64 MiB a store), and is named beside.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, ensure};
use journal::Store;

/// The spaces of a ledger's store.
const SPACES: [&str; 5] = ["blocks", "results", "tree", "state", "index"];

/// Compaction in the background is done when nothing has changed for so long.
const QUIET: Duration = Duration::from_millis(500);

/// Looks at most: ten seconds.
const LOOKS: usize = 20;

/// Bytes of the largest ledger.
#[derive(Clone, Copy, Debug)]
pub struct Disk {
    /// Tables.
    pub tables: u64,
    /// Write-ahead journal.
    pub journal: u64,
    /// Events in them.
    pub events: u64,
}

impl Disk {
    /// Bytes of tables for an event.
    pub fn per_event(&self) -> f64 {
        self.tables as f64 / self.events as f64
    }
}

/// Settles the closed stores and gives the largest.
pub fn measure(stores: &[PathBuf], events: u64) -> anyhow::Result<Disk> {
    ensure!(events > 0, "no events are in the log");
    let mut largest: Option<Disk> = None;
    for dir in stores {
        let store = Store::open(dir).with_context(|| format!("opening {}", dir.display()))?;
        for name in SPACES {
            store.settle(&store.space(name)?)?;
        }
        let mut used = store.disk()?;
        for _ in 0..LOOKS {
            std::thread::sleep(QUIET);
            let now = store.disk()?;
            let quiet = now.tables == used.tables;
            used = now;
            if quiet {
                break;
            }
        }
        let disk = Disk { tables: used.tables, journal: used.journal, events };
        if largest.is_none_or(|other| disk.tables > other.tables) {
            largest = Some(disk);
        }
    }
    largest.context("no ledger")
}
