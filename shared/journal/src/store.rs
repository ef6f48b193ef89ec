//! A directory of spaces with one writer.
//!
//! Two threads may commit at once, one after the other. A commit that failed leaves the disk in an unknown state (an
//! fsync that failed once may succeed the next time without having written), so the store takes no more writes then.

use crate::batch::Batch;
use crate::error::JournalError;
use crate::snapshot::Snapshot;
use crate::space::Space;
use crate::{tail, tuning};
use fjall::{Database, PersistMode};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// An open store. Cloning shares it; the directory is free again when the last clone and space are gone.
#[derive(Clone)]
pub struct Store {
    shared: Arc<Shared>,
}

struct Shared {
    database: Database,
    dir: PathBuf,
    /// Tells batches and spaces of several stores in one process apart.
    number: u64,
    poisoned: AtomicBool,
}

static NEXT_STORE: AtomicU64 = AtomicU64::new(0);

/// Bytes that a store takes on disk (blocks the file system has given out, not file lengths).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiskUse {
    /// Sorted tables and their manifests: what grows with the data.
    pub tables: u64,
    /// The write-ahead journal: at most about 128 MiB, however large the data.
    pub journal: u64,
}

impl Store {
    /// Opens the store in `dir`, which is made if it is not there, and replays what a crash left behind.
    ///
    /// A batch that a crash cut short is dropped as a whole; a journal that is damaged in any other way is an error,
    /// because replaying up to the damage would silently forget what was committed after it.
    pub fn open(dir: impl AsRef<Path>) -> Result<Self, JournalError> {
        let dir = dir.as_ref().to_owned();
        std::fs::create_dir_all(&dir)?;
        tail::check(&dir)?;
        let database = tuning::database(&dir).open().map_err(|error| JournalError::open(&dir, error))?;
        let number = NEXT_STORE.fetch_add(1, Ordering::Relaxed);
        Ok(Self { shared: Arc::new(Shared { database, dir, number, poisoned: AtomicBool::new(false) }) })
    }

    /// The space of this name, made if it is not there. Names are short ASCII words.
    pub fn space(&self, name: &str) -> Result<Space, JournalError> {
        let keyspace = self.shared.database.keyspace(name, tuning::keyspace).map_err(JournalError::write)?;
        Ok(Space::new(name, keyspace, self.shared.number))
    }

    /// An empty batch.
    #[must_use]
    pub fn batch(&self) -> Batch {
        Batch::new(self.shared.database.batch(), self.shared.number)
    }

    /// Makes a batch durable: when this returns, all of it survives a power failure. It blocks for an fsync.
    ///
    /// After an error other than [`JournalError::TooLarge`] and [`JournalError::WrongStore`] nothing may be written any
    /// more: open the store anew, and find there whether the batch took hold.
    pub fn commit(&self, batch: Batch) -> Result<(), JournalError> {
        let batch = batch.into_inner(self.shared.number)?;
        if self.shared.poisoned.load(Ordering::Acquire) {
            return Err(JournalError::Poisoned);
        }
        batch.durability(Some(PersistMode::SyncAll)).commit().map_err(|error| {
            self.shared.poisoned.store(true, Ordering::Release);
            JournalError::write(error)
        })
    }

    /// A still picture of all spaces.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        Snapshot::new(self.shared.database.snapshot())
    }

    /// Reads all of a space and gives the number of its entries, or the first damage.
    pub fn scrub(&self, space: &Space) -> Result<u64, JournalError> {
        space.entries().try_fold(0, |count, entry| entry.map(|_| count + 1))
    }

    /// Writes what a space still holds in memory to its tables and waits for it: for measuring what it takes on disk,
    /// and so that the next open has less to replay.
    pub fn settle(&self, space: &Space) -> Result<(), JournalError> {
        space.keyspace().rotate_memtable_and_wait().map_err(JournalError::write)
    }

    /// The directory.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.shared.dir
    }

    /// What the store takes on disk, journal included.
    pub fn disk_bytes(&self) -> Result<u64, JournalError> {
        self.disk().map(|disk| disk.tables + disk.journal)
    }

    /// What the store takes on disk, tables and journal apart.
    pub fn disk(&self) -> Result<DiskUse, JournalError> {
        let mut disk = DiskUse { tables: 0, journal: 0 };
        add(&self.shared.dir, &mut disk)?;
        Ok(disk)
    }
}

/// Adds what a directory takes. Files may go while it is read: compaction removes them.
fn add(dir: &Path, disk: &mut DiskUse) -> Result<(), JournalError> {
    use std::os::unix::fs::MetadataExt;
    // `stat` counts in units of 512 bytes whatever the file system's blocks are.
    const STAT_BLOCK: u64 = 512;
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => add(&entry.path(), disk)?,
            Ok(metadata) if tail::is_journal(&entry.path()) => disk.journal += metadata.blocks() * STAT_BLOCK,
            Ok(metadata) => disk.tables += metadata.blocks() * STAT_BLOCK,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}
