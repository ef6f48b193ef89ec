//! What a chain's log held at a size, who saw it, and when: C2SP `tlog-checkpoint` and `tlog-cosignature` (Ed25519, type
//! 0x04), byte for byte, as signed notes that standard tools read.
//!
//! It is narrower than C2SP in what it takes, so that each value has one text: no extension lines, no unknown
//! signatures, printable ASCII names. Limits: names of [`MAX_NAME_BYTES`], [`MAX_COSIGNATURES`] lines a note.

mod certificate;
mod cosignature;

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

pub use certificate::{Certificate, CertificateError};
pub use cosignature::{Cosignature, Cosigner, cosign};

use crate::digest::Digest;
use crate::sign::ChainId;

/// The longest origin or cosigner name: the ML-DSA-44 cosignatures of C2SP, which may follow, end there too.
pub const MAX_NAME_BYTES: usize = 255;

/// The most cosigners a chain has, and the number of signatures C2SP obliges everybody to read.
pub const MAX_COSIGNATURES: usize = 16;

/// q = floor(2n/3)+1 of n cosigners; all of them when n < 4.
pub fn quorum(n: usize) -> usize {
    if n < 4 { n } else { 2 * n / 3 + 1 }
}

/// C2SP tools hold sizes and times as signed 64-bit numbers.
const MAX_NUMBER: u64 = i64::MAX as u64;

/// The log of a chain at one size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log (see [`origin`]).
    pub origin: String,
    /// How many leaves.
    pub size: u64,
    /// The root over them.
    pub root: Digest,
}

/// The origin line of a chain's log: `tocsin/<path>/<first 16 hex digits of the chain id>`.
pub fn origin(chain: &str, id: &ChainId) -> String {
    let mut line = format!("tocsin/{chain}/");
    for byte in id.0.iter().take(8) {
        // Writing to a String cannot fail.
        let _ = write!(line, "{byte:02x}");
    }
    line
}

impl Checkpoint {
    /// The note text: origin, size and root, a line each.
    pub fn text(&self) -> String {
        let mut text = String::with_capacity(self.origin.len() + 72);
        self.write(&mut text);
        text
    }

    fn write(&self, text: &mut String) {
        let _ = write!(text, "{}\n{}\n", self.origin, self.size);
        STANDARD.encode_string(self.root.0, text);
        text.push('\n');
    }

    /// The checkpoint of that note text; `None` unless it is exactly what [`Checkpoint::text`] gives.
    pub fn parse(text: &str) -> Option<Self> {
        let mut lines = text.strip_suffix('\n')?.split('\n');
        let origin = lines.next().filter(|name| is_name(name))?.to_owned();
        let size = number(lines.next()?)?;
        let root = Digest(decode::<32>(lines.next()?)?);
        lines.next().is_none().then_some(Checkpoint { origin, size, root })
    }
}

/// An origin or cosigner name: printable ASCII without `+` (C2SP bars spaces and `+` from key names).
pub fn is_name(text: &str) -> bool {
    (1..=MAX_NAME_BYTES).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic() && b != b'+')
}

/// A decimal number without sign or leading zeroes.
pub(crate) fn number(text: &str) -> Option<u64> {
    let plain = text == "0" || (!text.starts_with('0') && text.bytes().all(|b| b.is_ascii_digit()));
    text.parse().ok().filter(|number| plain && *number <= MAX_NUMBER)
}

/// Exactly N bytes in canonical padded base64.
pub(crate) fn decode<const N: usize>(text: &str) -> Option<[u8; N]> {
    // The length is checked first, so that nothing long is ever decoded.
    let right_length = text.len() == N.div_ceil(3) * 4;
    right_length.then(|| STANDARD.decode(text).ok()?.try_into().ok())?
}

#[cfg(test)]
mod tests;
