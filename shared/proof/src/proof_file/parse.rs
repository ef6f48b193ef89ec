//! Reading a proof file, strictly: every line is known, every number and base64 string canonical, every list bounded.
//!
//! It looks at form only; what the lines prove is [`ProofFile::verify`].

use super::{MAX_SIGNED_BYTES, MAX_STEPS, MAX_TEXT_BYTES, ProofFile, Step, VERSION_LINE};
use crate::checkpoint::{is_name, number};
use crate::digest::Digest;
use crate::handover;
use crate::lines::{FormatError, Lines, bytes};
use crate::sign::{ChainId, ENVELOPE_OVERHEAD};

/// An event leaf has 80 bytes and nothing else may stand in a step.
const MAX_LEAF_BYTES: usize = 80;

impl ProofFile {
    /// The proof of that text, which is exactly what [`ProofFile::text`] gives.
    pub fn parse(text: &str) -> Result<Self, FormatError> {
        let mut lines = Lines::of(text, MAX_TEXT_BYTES, "longer than any proof file")?;
        if lines.next()? != VERSION_LINE {
            return lines.error("the first line must be `tocsin-proof@v1`");
        }
        let handovers = handover::text::read(&mut lines)?;
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
        Ok(ProofFile { handovers, steps, certificate: lines.last_certificate()? })
    }
}

/// A step, from its `chain` line on.
pub(crate) fn step(lines: &mut Lines) -> Result<Step, FormatError> {
    let (chain, chain_id) = chain(lines)?;
    let index = index(lines)?;
    let (signed, leaf) = event(lines)?;
    Ok(Step { chain, chain_id, signed, leaf, index, inclusion: lines.hashes()? })
}

/// `chain <path> <chain id>`.
pub(crate) fn chain(lines: &mut Lines) -> Result<(String, ChainId), FormatError> {
    lines.field("chain ", "`chain <path> <chain id>`", path_and_id)
}

/// A chain's path and its id.
pub(crate) fn path_and_id(text: &str) -> Option<(String, ChainId)> {
    let (path, id) = text.split_once(' ')?;
    Some((Some(path).filter(|path| is_name(path))?.to_owned(), Digest::parse(id)?))
}

/// `index <number>`.
pub(crate) fn index(lines: &mut Lines) -> Result<u64, FormatError> {
    lines.field("index ", "`index <number>`", number)
}

/// An event's signed bytes and its leaf.
pub(crate) fn event(lines: &mut Lines) -> Result<(Vec<u8>, Vec<u8>), FormatError> {
    let signed = lines.field("signed ", "`signed <base64 of 97 to 65536 bytes>`", |text| {
        bytes(text, MAX_SIGNED_BYTES).filter(|signed| signed.len() > ENVELOPE_OVERHEAD)
    })?;
    let leaf = lines.field("leaf ", "`leaf <base64 of an event leaf>`", |text| bytes(text, MAX_LEAF_BYTES))?;
    Ok((signed, leaf))
}
