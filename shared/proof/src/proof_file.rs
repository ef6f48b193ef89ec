//! The proof file: one text that shows, offline, that a signed event is in its chain's log, that log's checkpoint in its
//! parent's, and so on up to a chain whose cosigners the reader knows. Modelled on C2SP `tlog-proof`, a step a level:
//!
//! ```text
//! tocsin-proof@v1
//! handover 12                   how the top chain's cosigners became those of the certificate, if they changed; the
//!                               lines of `handover::text`
//!
//! chain cn.32.01 6b1f...        the chain and its id
//! index 17                      where the leaf is in its log
//! signed QmFzZTY0...            the event as its author signed it
//! leaf QmFzZTY0...              the leaf
//! CsUYapGGPo4dkMgIAUqom...      its inclusion proof, a hash a line, from the leaf upwards
//!
//! chain cn.32 ...               next: the anchor of cn.32.01, and so on; then the top chain's certificate
//!
//! tocsin/cn/9f2c4e6a81d05b73
//! 20852
//! 3Vv4zbMzKxHkVTL7+xUQ...
//!
//! — nhc.cn jWbPPwAAAABkGFDL...
//! ```
//!
//! Each proof has one text; whatever else is in a file is an error. Limits: [`MAX_STEPS`], [`MAX_SIGNED_BYTES`], 63
//! hashes a step, 256 handovers, [`MAX_TEXT_BYTES`].

pub(crate) mod parse;
#[cfg(test)]
mod tests;
mod trust;
pub(crate) mod verify;

use std::fmt::Write as _;

pub use trust::Trust;
pub use verify::{Anchored, Level, ProofError, StepFault, Verified};

use crate::checkpoint::Certificate;
use crate::digest::Digest;
use crate::handover::{self, Handover};
pub use crate::lines::FormatError;
use crate::lines::{put_bytes, put_hashes};
use crate::sign::ChainId;

/// Twice the depth of the deepest hierarchy of chains.
pub const MAX_STEPS: usize = 16;

/// A signed event is at most this long everywhere.
pub const MAX_SIGNED_BYTES: usize = 64 * 1024;

/// Sixteen steps with the longest events and paths make 1.5 MB, 256 handovers of 16 cosigners with the longest names 4.5.
pub const MAX_TEXT_BYTES: usize = 6 * 1024 * 1024;

/// The first line.
const VERSION_LINE: &str = "tocsin-proof@v1";

/// A proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProofFile {
    /// From the top chain's genesis cosigners to those of the certificate, in order; empty while they are the same.
    pub handovers: Vec<Handover>,
    /// The event's own chain first, the top chain last.
    pub steps: Vec<Step>,
    /// The top chain's final checkpoint.
    pub certificate: Certificate,
}

/// That an event is in the log of a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The chain's path.
    pub chain: String,
    /// The chain's id. It is a claim like all else here: the leaf's event id holds it, the level above the log of the leaf.
    pub chain_id: ChainId,
    /// The event's signed bytes; above the first step, an anchor of the chain below.
    pub signed: Vec<u8>,
    /// Its leaf's bytes.
    pub leaf: Vec<u8>,
    /// The leaf's index.
    pub index: u64,
    /// The inclusion proof in the checkpoint that the step above anchors, or in the certificate's.
    pub inclusion: Vec<Digest>,
}

impl ProofFile {
    /// The proof's text.
    pub fn text(&self) -> String {
        let room = self.steps.iter().map(|step| 512 + step.signed.len() * 4 / 3 + 45 * step.inclusion.len());
        let mut text = String::with_capacity(2048 + room.sum::<usize>());
        text.push_str(VERSION_LINE);
        text.push('\n');
        handover::text::write(&self.handovers, &mut text);
        self.steps.iter().for_each(|step| step.write(&mut text));
        text.push_str(&self.certificate.text());
        text
    }
}

impl Step {
    /// Appends the step's lines.
    pub(crate) fn write(&self, text: &mut String) {
        // Writing to a String cannot fail.
        let _ = write!(text, "chain {} {}\nindex {}\n", self.chain, self.chain_id, self.index);
        put_bytes(text, "signed", &self.signed);
        put_bytes(text, "leaf", &self.leaf);
        put_hashes(text, &self.inclusion);
    }
}
