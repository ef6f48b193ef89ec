//! Reading the crate's text formats, strictly: line by line, every number and base64 string canonical, every list
//! bounded. And writing the pieces that several formats share.
//!
//! It looks at form only; what the lines prove, the formats' own modules check.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::checkpoint::{Certificate, decode};
use crate::digest::Digest;
use crate::merkle::MAX_PROOF_HASHES;

/// Where a text stops being what it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct FormatError {
    /// The line, from 1.
    pub line: usize,
    /// What was wanted there, or what is wrong.
    pub what: &'static str,
}

/// The lines not read yet.
pub(crate) struct Lines<'a> {
    pub(crate) rest: &'a str,
    /// How many lines were read.
    read: usize,
}

impl<'a> Lines<'a> {
    /// The lines of a text of at most `limit` bytes.
    pub(crate) fn of(text: &'a str, limit: usize, longer: &'static str) -> Result<Self, FormatError> {
        let lines = Lines { rest: text, read: 0 };
        if text.len() > limit { lines.unread(longer) } else { Ok(lines) }
    }

    pub(crate) fn next(&mut self) -> Result<&'a str, FormatError> {
        let Some((line, rest)) = self.rest.split_once('\n') else { return self.unread("the file ends too early") };
        self.rest = rest;
        self.read += 1;
        Ok(line)
    }

    pub(crate) fn field<T>(
        &mut self,
        name: &str,
        wanted: &'static str,
        read: impl FnOnce(&'a str) -> Option<T>,
    ) -> Result<T, FormatError> {
        match self.next()?.strip_prefix(name).and_then(read) {
            Some(value) => Ok(value),
            None => self.error(wanted),
        }
    }

    /// At most 63 hashes, a line each, up to an empty line.
    pub(crate) fn hashes(&mut self) -> Result<Vec<Digest>, FormatError> {
        let mut hashes = Vec::new();
        loop {
            let line = self.next()?;
            if line.is_empty() {
                return Ok(hashes);
            }
            if hashes.len() == MAX_PROOF_HASHES {
                return self.error("more than 63 hashes");
            }
            match decode(line) {
                Some(hash) => hashes.push(Digest(hash)),
                None => return self.error("a base64 SHA-256 hash or an empty line was expected"),
            }
        }
    }

    /// A checkpoint with its cosignatures, up to the empty line that ends it.
    pub(crate) fn certificate(&mut self) -> Result<Certificate, FormatError> {
        let note = || {
            let (checkpoint, rest) = self.rest.split_once("\n\n")?;
            let (lines, rest) = rest.split_once("\n\n")?;
            let text = self.rest.get(..checkpoint.len() + 2 + lines.len() + 1)?;
            Some((Certificate::parse(text)?, text.matches('\n').count() + 1, rest))
        };
        match note() {
            Some((certificate, read, rest)) => {
                self.rest = rest;
                self.read += read;
                Ok(certificate)
            }
            None => self.unread("a checkpoint with its cosignatures and an empty line must follow"),
        }
    }

    /// A checkpoint with its cosignatures, and with it the text ends.
    pub(crate) fn last_certificate(&self) -> Result<Certificate, FormatError> {
        match Certificate::parse(self.rest) {
            Some(certificate) => Ok(certificate),
            None => self.unread("a checkpoint with its cosignatures and nothing else must follow"),
        }
    }

    /// An error in the last line read.
    pub(crate) fn error<T>(&self, what: &'static str) -> Result<T, FormatError> {
        Err(FormatError { line: self.read, what })
    }

    /// An error in the line that follows.
    pub(crate) fn unread<T>(&self, what: &'static str) -> Result<T, FormatError> {
        Err(FormatError { line: self.read + 1, what })
    }
}

/// 1 to `limit` bytes in canonical base64; the engine refuses missing padding and stray bits by itself.
pub(crate) fn bytes(text: &str, limit: usize) -> Option<Vec<u8>> {
    if text.is_empty() || text.len() > limit.div_ceil(3) * 4 {
        return None;
    }
    STANDARD.decode(text).ok().filter(|bytes| bytes.len() <= limit)
}

/// Appends `<name> <base64>` as a line.
pub(crate) fn put_bytes(text: &mut String, name: &str, bytes: &[u8]) {
    text.push_str(name);
    text.push(' ');
    STANDARD.encode_string(bytes, text);
    text.push('\n');
}

/// Appends hashes, a line each, and the empty line that ends them.
pub(crate) fn put_hashes(text: &mut String, hashes: &[Digest]) {
    for hash in hashes {
        STANDARD.encode_string(hash.0, text);
        text.push('\n');
    }
    text.push('\n');
}
