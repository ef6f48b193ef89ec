//! What can go wrong with a store, split by what the caller must do about it.

use std::path::PathBuf;

/// An answer of the store that is not data.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// Another process (or another `Store` in this one) has the directory open: there is one writer.
    #[error("{0} is open in another process")]
    Locked(PathBuf),
    /// A value, or the block that holds it, is not what was written. The key is empty if the block can't tell it.
    #[error("space {space:?} is damaged at key {key:02x?}")]
    Damaged {
        /// The space the damage is in.
        space: String,
        /// The key whose value is damaged, or empty if a whole block is.
        key: Vec<u8>,
    },
    /// The store can't be opened because its files are not what was written.
    #[error("the files in {dir} are damaged: {what}")]
    DamagedFiles {
        /// The directory of the store.
        dir: PathBuf,
        /// What was found wrong.
        what: String,
    },
    /// An earlier commit failed, so what is on disk is unknown: close the store and open it again.
    #[error("an earlier commit failed; the store takes no more writes until it is opened again")]
    Poisoned,
    /// A key or value is outside the limits of this crate. Nothing of the batch was written.
    #[error("space {space:?}: {what} of {bytes} bytes is outside the limits")]
    TooLarge {
        /// The space it was meant for.
        space: String,
        /// `key` or `value`.
        what: &'static str,
        /// Its length.
        bytes: usize,
    },
    /// A batch was handed to a store that did not make it.
    #[error("the batch belongs to another store")]
    WrongStore,
    /// The disk or the operating system failed; the data that was committed is not affected.
    #[error("the store failed: {0}")]
    Io(String),
}

impl JournalError {
    /// Whether the stored bytes are damaged, so that the store must be moved aside and rebuilt.
    #[must_use]
    pub fn is_damage(&self) -> bool {
        matches!(self, Self::Damaged { .. } | Self::DamagedFiles { .. })
    }

    /// An error met while reading `key` of `space` (an empty key if it is not known).
    pub(crate) fn read(space: &str, key: &[u8], error: fjall::Error) -> Self {
        match damage(&error) {
            Some(_) => Self::Damaged { space: space.to_owned(), key: key.to_vec() },
            None => Self::write(error),
        }
    }

    /// An error met while opening the store in `dir`.
    pub(crate) fn open(dir: &std::path::Path, error: fjall::Error) -> Self {
        match (&error, damage(&error)) {
            (fjall::Error::Locked, _) => Self::Locked(dir.to_owned()),
            (_, Some(what)) => Self::DamagedFiles { dir: dir.to_owned(), what },
            (_, None) => Self::write(error),
        }
    }

    /// An error met while writing: what is on disk already is not in question.
    pub(crate) fn write(error: fjall::Error) -> Self {
        match error {
            fjall::Error::Poisoned => Self::Poisoned,
            other => Self::Io(other.to_string()),
        }
    }
}

impl From<std::io::Error> for JournalError {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error.to_string())
    }
}

/// What is damaged, or none if the error says nothing about the stored bytes.
fn damage(error: &fjall::Error) -> Option<String> {
    match error {
        fjall::Error::Io(io) | fjall::Error::Storage(fjall::LsmError::Io(io)) => damaged_io(io),
        fjall::Error::Poisoned | fjall::Error::KeyspaceDeleted | fjall::Error::Locked => None,
        other => Some(other.to_string()),
    }
}

/// Files that end early, are missing or hold impossible lengths are damage; everything else is the machine's trouble.
fn damaged_io(io: &std::io::Error) -> Option<String> {
    use std::io::ErrorKind::{InvalidData, InvalidInput, NotFound, Other, UnexpectedEof};
    // The engine reports a broken block trailer as `Other`, a broken offset as `InvalidInput`.
    let damaged = matches!(io.kind(), InvalidData | InvalidInput | NotFound | Other | UnexpectedEof);
    (damaged && io.raw_os_error().is_none_or(|code| code == NOT_FOUND)).then(|| io.to_string())
}

/// `ENOENT`: a table that the manifest names and the directory does not have.
const NOT_FOUND: i32 = 2;
