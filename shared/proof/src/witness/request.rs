//! The body of an `add-checkpoint` request:
//!
//! ```text
//! old 20852014
//! PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=      the consistency proof, a hash a line
//!
//! tocsin/cn.32/9f2c4e6a81d05b73                     the checkpoint and its signatures
//! 20852163
//! CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
//!
//! — cdc.cn.32 jWbPPwAAAABkGFDL...
//! ```
//!
//! Signatures that are no Ed25519 cosignatures are well-formed lines or an error, and otherwise ignored, as C2SP demands.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Request, WitnessRefusal};
use crate::checkpoint::{Certificate, Checkpoint, Cosignature, decode, number};
use crate::digest::Digest;
use crate::lines::put_hashes;
use crate::merkle::MAX_PROOF_HASHES;

/// Sixteen ML-DSA-44 signature lines of 3.4 KB, sixteen of ours and a proof of 63 hashes make 63 KB.
pub const MAX_REQUEST_BYTES: usize = 64 * 1024;

/// The signature lines read of a note: twice the cosigners of a chain, for the witnesses beside them.
pub(super) const MAX_LINES: usize = 32;

const NO_OLD: WitnessRefusal = WitnessRefusal::BadRequest("the first line must be `old <size>`");
const NO_HASH: WitnessRefusal = WitnessRefusal::BadRequest("hashes a line each, at most 63, and an empty line");
const NO_NOTE: WitnessRefusal = WitnessRefusal::BadRequest("a checkpoint with its signatures must follow");

/// The request of that body.
pub fn parse(body: &[u8]) -> Result<Request, WitnessRefusal> {
    if body.len() > MAX_REQUEST_BYTES {
        return Err(WitnessRefusal::BadRequest("longer than any request"));
    }
    let body = str::from_utf8(body).map_err(|_| NO_OLD)?;
    let (old, mut rest) = body.split_once('\n').ok_or(NO_OLD)?;
    let old = old.strip_prefix("old ").and_then(number).ok_or(NO_OLD)?;
    let mut proof = Vec::new();
    loop {
        let (line, after) = rest.split_once('\n').ok_or(NO_HASH)?;
        rest = after;
        if line.is_empty() {
            break;
        }
        if proof.len() == MAX_PROOF_HASHES {
            return Err(NO_HASH);
        }
        proof.push(Digest(decode(line).ok_or(NO_HASH)?));
    }
    Ok(Request { old, proof, note: note(rest).ok_or(NO_NOTE)? })
}

fn note(text: &str) -> Option<Certificate> {
    let (checkpoint, lines) = text.split_once("\n\n")?;
    // The blank line's first line end belongs to the checkpoint.
    let checkpoint = Checkpoint::parse(text.get(..checkpoint.len() + 1)?)?;
    let lines = lines.strip_suffix('\n')?.split('\n').collect::<Vec<_>>();
    let sound = lines.len() <= MAX_LINES && lines.iter().all(|line| is_signature(line));
    let cosignatures = lines.into_iter().filter_map(Cosignature::parse).collect();
    sound.then_some(Certificate { checkpoint, cosignatures })
}

/// Whether it is a signature line of a C2SP note: a key name, then a key id and a signature of whatever kind.
fn is_signature(line: &str) -> bool {
    let parts = line.strip_prefix("— ").and_then(|line| line.split_once(' '));
    parts.is_some_and(|(name, blob)| {
        !name.is_empty()
            && !name.contains(|c: char| c.is_whitespace() || c == '+')
            && STANDARD.decode(blob).is_ok_and(|blob| blob.len() > 4)
    })
}

impl Request {
    /// The request's body.
    pub fn body(&self) -> String {
        let mut text = String::with_capacity(1024 + 45 * self.proof.len());
        // Writing to a String cannot fail.
        let _ = writeln!(text, "old {}", self.old);
        put_hashes(&mut text, &self.proof);
        text.push_str(&self.note.text());
        text
    }
}
