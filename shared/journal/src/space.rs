//! A named, ordered map of bytes in a store, readable from any thread.

use crate::error::JournalError;
use crate::value;
use fjall::{Guard, Keyspace};
use std::ops::Bound;
use std::sync::Arc;

/// A handle on one space. Cloning is cheap; reads see every commit that has returned and none in part.
#[derive(Clone)]
pub struct Space {
    name: Arc<str>,
    keyspace: Keyspace,
    store: u64,
}

/// A key and its value.
pub type Entry = (Vec<u8>, Vec<u8>);

/// The engine's form of a range.
type Bounds<'a> = (Bound<&'a [u8]>, Bound<&'a [u8]>);

impl Space {
    /// The space over an opened keyspace.
    pub(crate) fn new(name: &str, keyspace: Keyspace, store: u64) -> Self {
        Self { name: name.into(), keyspace, store }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The value of a key.
    pub fn get(&self, key: impl AsRef<[u8]>) -> Result<Option<Vec<u8>>, JournalError> {
        let key = key.as_ref();
        let stored = self.keyspace.get(key).map_err(|error| JournalError::read(&self.name, key, error))?;
        stored.map(|stored| checked(&self.name, key, &stored)).transpose()
    }

    /// The entries with `from <= key < to` in key order, as they were when this was called.
    #[must_use]
    pub fn range(&self, from: impl AsRef<[u8]>, to: impl AsRef<[u8]>) -> Entries {
        match bounds(from.as_ref(), to.as_ref()) {
            Some(bounds) => Entries::new(&self.name, self.keyspace.range::<&[u8], _>(bounds)),
            None => Entries::none(&self.name),
        }
    }

    /// The entries whose key begins with `prefix`, in key order.
    #[must_use]
    pub fn prefix(&self, prefix: impl AsRef<[u8]>) -> Entries {
        Entries::new(&self.name, self.keyspace.prefix(prefix))
    }

    /// All entries in key order.
    #[must_use]
    pub fn entries(&self) -> Entries {
        Entries::new(&self.name, self.keyspace.iter())
    }

    /// The entry with the least key.
    pub fn first(&self) -> Result<Option<Entry>, JournalError> {
        self.keyspace.first_key_value().map(|guard| opened(&self.name, guard)).transpose()
    }

    /// The entry with the greatest key.
    pub fn last(&self) -> Result<Option<Entry>, JournalError> {
        self.keyspace.last_key_value().map(|guard| opened(&self.name, guard)).transpose()
    }

    /// The engine's handle.
    pub(crate) fn keyspace(&self) -> &Keyspace {
        &self.keyspace
    }

    /// The number of the store it belongs to.
    pub(crate) fn store(&self) -> u64 {
        self.store
    }

    /// Its name, shared.
    pub(crate) fn shared_name(&self) -> &Arc<str> {
        &self.name
    }
}

/// The engine's form of `from <= key < to`, or none if nothing can be between.
pub(crate) fn bounds<'a>(from: &'a [u8], to: &'a [u8]) -> Option<Bounds<'a>> {
    (from < to).then_some((Bound::Included(from), Bound::Excluded(to)))
}

/// The value in stored bytes, or the damage named.
pub(crate) fn checked(space: &str, key: &[u8], stored: &[u8]) -> Result<Vec<u8>, JournalError> {
    value::unwrap(space, key, stored)
        .ok_or_else(|| JournalError::Damaged { space: space.to_owned(), key: key.to_vec() })
}

/// The entry behind the engine's guard.
pub(crate) fn opened(space: &str, guard: Guard) -> Result<Entry, JournalError> {
    let (key, stored) = guard.into_inner().map_err(|error| JournalError::read(space, &[], error))?;
    let value = checked(space, &key, &stored)?;
    Ok((key.to_vec(), value))
}

/// Entries in key order, each checked as it is read; both ends may be read.
///
/// After an error it goes on behind the damaged entry if it can, so that a reader may count the damage.
pub struct Entries {
    space: Arc<str>,
    inner: Option<fjall::Iter>,
}

impl Entries {
    /// Over the engine's iterator.
    pub(crate) fn new(space: &Arc<str>, inner: fjall::Iter) -> Self {
        Self { space: space.clone(), inner: Some(inner) }
    }

    /// Nothing: what a range that ends before it begins holds.
    pub(crate) fn none(space: &Arc<str>) -> Self {
        Self { space: space.clone(), inner: None }
    }
}

impl Iterator for Entries {
    type Item = Result<Entry, JournalError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.inner.as_mut()?.next().map(|guard| opened(&self.space, guard))
    }
}

impl DoubleEndedIterator for Entries {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.inner.as_mut()?.next_back().map(|guard| opened(&self.space, guard))
    }
}
