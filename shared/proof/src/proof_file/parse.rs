//! Reading a proof file, strictly: every line is known, every number and base64 string canonical, every list bounded.
//!
//! It looks at form only; what the lines prove is [`ProofFile::verify`].

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{MAX_SIGNED_BYTES, MAX_STEPS, MAX_TEXT_BYTES, ProofFile, Step, VERSION_LINE};
use crate::checkpoint::{Certificate, decode, is_name, number};
use crate::digest::Digest;
use crate::merkle::MAX_PROOF_HASHES;
use crate::sign::ENVELOPE_OVERHEAD;

/// An event leaf has 80 bytes and nothing else may stand in a step.
const MAX_LEAF_BYTES: usize = 80;

/// Where a text stops being a proof file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct FormatError {
    /// The line, from 1.
    pub line: usize,
    /// What was wanted there, or what is wrong.
    pub what: &'static str,
}

/// The lines not read yet.
struct Lines<'a> {
    rest: &'a str,
    /// How many lines were read.
    read: usize,
}

impl ProofFile {
    /// The proof of that text, which is exactly what [`ProofFile::text`] gives.
    pub fn parse(text: &str) -> Result<Self, FormatError> {
        let mut lines = Lines { rest: text, read: 0 };
        if text.len() > MAX_TEXT_BYTES {
            return lines.unread("longer than any proof file");
        }
        if lines.next()? != VERSION_LINE {
            return lines.error("the first line must be `tocsin-proof@v1`");
        }
        let mut steps = Vec::new();
        while lines.rest.starts_with("chain ") {
            if steps.len() == MAX_STEPS {
                return lines.unread("more than 16 steps");
            }
            steps.push(step(&mut lines)?);
        }
        if steps.is_empty() {
            return lines.unread("a `chain` line must follow");
        }
        match Certificate::parse(lines.rest) {
            Some(certificate) => Ok(ProofFile { steps, certificate }),
            None => lines.unread("a checkpoint with its cosignatures and nothing else must follow"),
        }
    }
}

fn step(lines: &mut Lines) -> Result<Step, FormatError> {
    let chain = lines.field("chain ", "`chain <path> <chain id>`", |text| {
        let (path, id) = text.split_once(' ')?;
        Some((Some(path).filter(|path| is_name(path))?.to_owned(), Digest::parse(id)?))
    })?;
    let index = lines.field("index ", "`index <number>`", number)?;
    let signed = lines.field("signed ", "`signed <base64 of 97 to 65536 bytes>`", |text| {
        bytes(text, MAX_SIGNED_BYTES).filter(|signed| signed.len() > ENVELOPE_OVERHEAD)
    })?;
    let leaf = lines.field("leaf ", "`leaf <base64 of an event leaf>`", |text| bytes(text, MAX_LEAF_BYTES))?;
    let mut inclusion = Vec::new();
    loop {
        let line = lines.next()?;
        if line.is_empty() {
            return Ok(Step { chain: chain.0, chain_id: chain.1, signed, leaf, index, inclusion });
        }
        if inclusion.len() == MAX_PROOF_HASHES {
            return lines.error("more than 63 hashes");
        }
        match decode(line) {
            Some(hash) => inclusion.push(Digest(hash)),
            None => return lines.error("a base64 SHA-256 hash or an empty line was expected"),
        }
    }
}

/// 1 to `limit` bytes in canonical base64; the engine refuses missing padding and stray bits by itself.
fn bytes(text: &str, limit: usize) -> Option<Vec<u8>> {
    if text.is_empty() || text.len() > limit.div_ceil(3) * 4 {
        return None;
    }
    STANDARD.decode(text).ok().filter(|bytes| bytes.len() <= limit)
}

impl<'a> Lines<'a> {
    fn next(&mut self) -> Result<&'a str, FormatError> {
        let Some((line, rest)) = self.rest.split_once('\n') else { return self.unread("the file ends too early") };
        self.rest = rest;
        self.read += 1;
        Ok(line)
    }

    fn field<T>(
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

    /// An error in the last line read.
    fn error<T>(&self, what: &'static str) -> Result<T, FormatError> {
        Err(FormatError { line: self.read, what })
    }

    /// An error in the line that follows.
    fn unread<T>(&self, what: &'static str) -> Result<T, FormatError> {
        Err(FormatError { line: self.read + 1, what })
    }
}
