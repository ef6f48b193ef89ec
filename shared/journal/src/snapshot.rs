//! A still picture of a store: every read sees the same commits, however many come meanwhile.
//!
//! A dry run needs this: it states the height its reads belong to. Hold one for the length of a question only; as long
//! as it lives, nothing that it can see is cleared away.

use crate::error::JournalError;
use crate::space::{Entries, Space, bounds, checked};
use fjall::Readable;

/// All spaces of a store as they were when it was taken.
pub struct Snapshot {
    inner: fjall::Snapshot,
}

impl Snapshot {
    /// Over the engine's snapshot.
    pub(crate) fn new(inner: fjall::Snapshot) -> Self {
        Self { inner }
    }

    /// The value of a key.
    pub fn get(&self, space: &Space, key: impl AsRef<[u8]>) -> Result<Option<Vec<u8>>, JournalError> {
        let key = key.as_ref();
        let stored =
            self.inner.get(space.keyspace(), key).map_err(|error| JournalError::read(space.name(), key, error))?;
        stored.map(|stored| checked(space.name(), key, &stored)).transpose()
    }

    /// The entries with `from <= key < to` in key order.
    #[must_use]
    pub fn range(&self, space: &Space, from: impl AsRef<[u8]>, to: impl AsRef<[u8]>) -> Entries {
        match bounds(from.as_ref(), to.as_ref()) {
            Some(bounds) => Entries::new(space.shared_name(), self.inner.range::<&[u8], _>(space.keyspace(), bounds)),
            None => Entries::none(space.shared_name()),
        }
    }
}
