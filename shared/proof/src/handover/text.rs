//! Handovers as lines of a proof file:
//!
//! ```text
//! handover 17                   the index of the leaf that names the new set
//! leaf QmFzZTY0...              the leaf
//! CsUYapGGPo4dkMgIAUqom...      its inclusion proof, a hash a line
//!
//! tocsin/cn/9f2c4e6a81d05b73    the checkpoint, final under the set before
//! 20852
//! 3Vv4zbMzKxHkVTL7+xUQ...
//!
//! — nhc.cn jWbPPwAAAABkGFDL...
//!
//! ```

use std::fmt::Write as _;

use super::{Handover, MAX_HANDOVERS};
use crate::checkpoint::number;
use crate::lines::{FormatError, Lines, bytes, put_bytes, put_hashes};

/// The leaf of 16 cosigners with the longest names and 32 relays has 5,697 bytes.
const MAX_SET_BYTES: usize = 6 * 1024;

const START: &str = "handover ";

/// Appends them.
pub(crate) fn write(handovers: &[Handover], text: &mut String) {
    for handover in handovers {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{START}{}", handover.index);
        put_bytes(text, "leaf", &handover.leaf);
        put_hashes(text, &handover.inclusion);
        text.push_str(&handover.certificate.text());
        text.push('\n');
    }
}

/// Reads those that follow, if any.
pub(crate) fn read(lines: &mut Lines) -> Result<Vec<Handover>, FormatError> {
    let mut handovers = Vec::new();
    while lines.rest.starts_with(START) {
        if handovers.len() == MAX_HANDOVERS {
            return lines.unread("more than 256 handovers");
        }
        let index = lines.field(START, "`handover <index>`", number)?;
        let leaf =
            lines.field("leaf ", "`leaf <base64 of a cosigner set's leaf>`", |text| bytes(text, MAX_SET_BYTES))?;
        let inclusion = lines.hashes()?;
        let certificate = lines.certificate()?;
        handovers.push(Handover { certificate, leaf, index, inclusion });
    }
    Ok(handovers)
}
