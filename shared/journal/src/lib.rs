//! How a record stays: one fjall store per directory with one writer, and readers on any thread.
//!
//! A commit is atomic over all spaces and durable when it returns. Every value carries a checksum over its space, key
//! and bytes that is verified at each read, so that a damaged file is an error and never an answer.
//!
//! It is not: a place that knows what bytes mean, a cache, or a repair tool. A damaged store is an error for the
//! caller, who moves it aside and rebuilds it from a stream or a peer.
//!
//! Limits: keys of 1 byte to 2 KiB, values to 16 MiB, one process per directory (see `space` and `store`).

mod batch;
mod error;
mod log;
mod snapshot;
mod space;
mod store;
mod tail;
mod tuning;
mod value;

pub use batch::Batch;
pub use error::JournalError;
pub use log::{Log, LogReader};
pub use snapshot::Snapshot;
pub use space::{Entries, Entry, Space};
pub use store::{DiskUse, Store};
pub use value::{MAX_KEY_BYTES, MAX_VALUE_BYTES};
