//! How the engine is set: for many small stores in one process, and for few bytes on disk.
//!
//! A demo or a bench hosts up to 24 ledgers of about six spaces, so that every figure here is paid 24 or 150 times:
//! 24 x (6 x 4 MiB memtables + 8 MiB cache) is under 800 MB with every memtable full, under 100 MB as a rule.

use fjall::config::{BloomConstructionPolicy, FilterPolicyEntry};
use fjall::config::{CompressionPolicy, FilterPolicy, PartitioningPolicy};
use fjall::{CompressionType, Database, DatabaseBuilder, KeyspaceCreateOptions};
use std::path::Path;

/// Memory for recent writes of one space. Smaller makes many small tables, larger makes 24 ledgers too heavy.
const MEMTABLE_BYTES: u64 = 4 * 1024 * 1024;

/// Memory for blocks read back. The hot state of a ledger (members, policies, open events) is far below this.
const CACHE_BYTES: u64 = 8 * 1024 * 1024;

/// Open table files of one store: 24 stores stay below the usual limit of 1,024 descriptors of a process.
const OPEN_FILES: usize = 24;

/// Threads that flush and compact. One keeps up with 5,000 records a second; more would compete with the rules.
const WORKERS: usize = 1;

/// Write-ahead journal kept at most, the least the engine allows: after it every space is flushed, and the files go.
const WAL_BYTES: u64 = 64 * 1024 * 1024;

/// The settings of a store.
pub(crate) fn database(dir: &Path) -> DatabaseBuilder<Database> {
    Database::builder(dir)
        .cache_size(CACHE_BYTES)
        .max_cached_files(Some(OPEN_FILES))
        .worker_threads(WORKERS)
        .max_journaling_size(WAL_BYTES)
        // A damaged compressed value would pass for the end of the journal (see `tail`), and signatures do not shrink.
        .journal_compression(CompressionType::None)
        // Commits say themselves when they are durable.
        .manual_journal_persist(true)
}

/// The settings of a space.
pub(crate) fn keyspace() -> KeyspaceCreateOptions {
    KeyspaceCreateOptions::default()
        .max_memtable_size(MEMTABLE_BYTES)
        .manual_journal_persist(true)
        // The engine leaves its two upper levels uncompressed; a small store is mostly upper levels.
        .data_block_compression_policy(CompressionPolicy::all(CompressionType::Lz4))
        // In pieces of 4 KiB everywhere, where the engine keeps filter and index of a 64 MiB table in one piece each: such
        // pieces, of a megabyte, push each other out of the cache, and from half a million events on each read of a key
        // that is not there read and hashed one again (twice the CPU an event, by `tocsin bench growth`).
        .filter_block_partitioning_policy(PartitioningPolicy::all(true))
        .index_block_partitioning_policy(PartitioningPolicy::all(true))
        // Ten bits a key: one false read in a hundred for two thirds of the bytes of the engine's default.
        .filter_policy(FilterPolicy::all(FilterPolicyEntry::Bloom(BloomConstructionPolicy::BitsPerKey(10.0))))
}
