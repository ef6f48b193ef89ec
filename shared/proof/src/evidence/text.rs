//! Evidence as text, and back.

use std::fmt::Write as _;

use super::{Evidence, Vouched};
use crate::checkpoint::number;
use crate::leaf::ProvenLeaf;
use crate::lines::{FormatError, Lines, bytes, put_bytes, put_hashes};

/// Twice a checkpoint with 16 cosignatures under the longest names (6.3 KB) and an end of block with its proof (3.1 KB).
/// An event's body takes less; evidence by fewer signers fits.
pub const MAX_TEXT_BYTES: usize = 20 * 1024;

/// The first line.
const VERSION_LINE: &str = "tocsin-evidence@v1";

const BLOCK: &str = "block ";

/// An end of block with a snapshot's root has 110 bytes.
const MAX_BLOCK_BYTES: usize = 110;

impl Evidence {
    /// The evidence's text.
    pub fn text(&self) -> String {
        let mut text = format!("{VERSION_LINE}\n");
        self.a.write(&mut text);
        text.push('\n');
        self.b.write(&mut text);
        text
    }

    /// The evidence of that text, which is exactly what [`Evidence::text`] gives.
    pub fn parse(text: &str) -> Result<Self, FormatError> {
        let mut lines = Lines::of(text, MAX_TEXT_BYTES, "longer than any evidence")?;
        if lines.next()? != VERSION_LINE {
            return lines.error("the first line must be `tocsin-evidence@v1`");
        }
        let a = Vouched { block: block(&mut lines)?, certificate: lines.certificate()? };
        let b = Vouched { block: block(&mut lines)?, certificate: lines.last_certificate()? };
        Ok(Evidence { a, b })
    }
}

impl Vouched {
    fn write(&self, text: &mut String) {
        if let Some(block) = &self.block {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{BLOCK}{}", block.index);
            put_bytes(text, "leaf", &block.leaf);
            put_hashes(text, &block.inclusion);
        }
        text.push_str(&self.certificate.text());
    }
}

fn block(lines: &mut Lines) -> Result<Option<ProvenLeaf>, FormatError> {
    if !lines.rest.starts_with(BLOCK) {
        return Ok(None);
    }
    let index = lines.field(BLOCK, "`block <index>`", number)?;
    let leaf = lines.field("leaf ", "`leaf <base64 of an end of block>`", |text| bytes(text, MAX_BLOCK_BYTES))?;
    Ok(Some(ProvenLeaf { leaf, index, inclusion: lines.hashes()? }))
}
