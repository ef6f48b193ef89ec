//! A set of changes that becomes durable as one, or not at all.

use crate::error::JournalError;
use crate::space::Space;
use crate::value::{self, MAX_KEY_BYTES, MAX_VALUE_BYTES};

/// Changes to any spaces of one store, in order; nothing happens until [`crate::Store::commit`].
///
/// Reads do not see a batch before it is committed.
pub struct Batch {
    inner: fjall::OwnedWriteBatch,
    store: u64,
    fault: Option<JournalError>,
}

impl Batch {
    /// An empty batch of the store with this number.
    pub(crate) fn new(inner: fjall::OwnedWriteBatch, store: u64) -> Self {
        Self { inner, store, fault: None }
    }

    /// Sets the value of a key. One outside the limits makes the commit fail as a whole.
    pub fn put(&mut self, space: &Space, key: impl AsRef<[u8]>, value: impl AsRef<[u8]>) {
        let (key, value) = (key.as_ref(), value.as_ref());
        if !self.admits(space, key) {
            return;
        }
        if value.len() > MAX_VALUE_BYTES {
            self.refuse(space, "value", value.len());
            return;
        }
        self.inner.insert(space.keyspace(), key, value::wrap(space.name(), key, value));
    }

    /// Removes a key; removing one that is not there is nothing.
    pub fn delete(&mut self, space: &Space, key: impl AsRef<[u8]>) {
        let key = key.as_ref();
        if self.admits(space, key) {
            self.inner.remove(space.keyspace(), key);
        }
    }

    /// How many changes it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.inner.len()
    }

    /// Whether it changes nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.inner.is_empty()
    }

    /// The engine's batch, if the store is its own and every change is within the limits.
    pub(crate) fn into_inner(self, store: u64) -> Result<fjall::OwnedWriteBatch, JournalError> {
        match self.fault {
            Some(fault) => Err(fault),
            None if self.store != store => Err(JournalError::WrongStore),
            None => Ok(self.inner),
        }
    }

    fn admits(&mut self, space: &Space, key: &[u8]) -> bool {
        if space.store() != self.store {
            self.fault.get_or_insert(JournalError::WrongStore);
            return false;
        }
        if key.is_empty() || key.len() > MAX_KEY_BYTES {
            self.refuse(space, "key", key.len());
            return false;
        }
        true
    }

    fn refuse(&mut self, space: &Space, what: &'static str, bytes: usize) {
        self.fault.get_or_insert(JournalError::TooLarge { space: space.name().to_owned(), what, bytes });
    }
}
