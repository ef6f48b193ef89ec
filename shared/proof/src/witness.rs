//! A witness of logs: C2SP `tlog-witness`, `add-checkpoint`. Who brings a checkpoint shows that it continues the one that
//! the witness cosigned last, and the witness cosigns it under a key of its own. So a log that forks must do it in
//! front of somebody who has nothing to do with it.
//!
//! Our logs have no key of their own (`docs/decisions/0004-no-separate-log-key.md`): the "log's signature" is a quorum of
//! its cosigners. Fewer would let one liar lead the witness onto a branch that it could never leave.
//!
//! This is the decision only. The caller looks up the log by its origin, keeps what was cosigned last, and must compare
//! and store it in one step *before* it answers. Limits: [`MAX_REQUEST_BYTES`], 63 hashes, 32 signature lines.

mod request;

use crate::checkpoint::{Certificate, Checkpoint, Cosignature, Cosigner, number};
use crate::digest::Digest;
use crate::handover::CosignerSet;
use crate::merkle::{empty_root, verify_consistency};

pub use request::{MAX_REQUEST_BYTES, parse};

/// The content type of a conflict's body.
pub const SIZE_CONTENT_TYPE: &str = "text/x.tlog.size";

/// What a client asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The size that the witness cosigned last, as the client believes.
    pub old: u64,
    /// The consistency proof from there.
    pub proof: Vec<Digest>,
    /// The checkpoint, with those of its signatures that are cosignatures; there may be none.
    pub note: Certificate,
}

/// Why a checkpoint is not cosigned.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WitnessRefusal {
    /// 400: the body is no request, or the old size is beyond the checkpoint's.
    #[error("bad request: {0}")]
    BadRequest(&'static str),
    /// 403: the log's cosigners do not vouch for the checkpoint.
    #[error("{found} of the log's cosigners vouch for the checkpoint; {wanted} are needed")]
    Forbidden {
        /// The log's quorum.
        wanted: usize,
        /// How many valid cosignatures of the log's cosigners there are.
        found: usize,
    },
    /// 404: nobody asked the witness to watch that log.
    #[error("this witness does not know the log")]
    NotFound,
    /// 409: the old size is not the one cosigned last, or another root of that size was.
    #[error("this witness cosigned the log at size {0} last")]
    Conflict(u64),
    /// 422: the checkpoint does not continue the one cosigned last.
    #[error("the consistency proof does not hold")]
    Unprocessable,
}

impl WitnessRefusal {
    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            WitnessRefusal::BadRequest(_) => 400,
            WitnessRefusal::Forbidden { .. } => 403,
            WitnessRefusal::NotFound => 404,
            WitnessRefusal::Conflict(_) => 409,
            WitnessRefusal::Unprocessable => 422,
        }
    }

    /// The HTTP body: the size for a conflict (as [`SIZE_CONTENT_TYPE`]), a sentence for everything else (as plain text).
    pub fn body(&self) -> String {
        match self {
            WitnessRefusal::Conflict(size) => format!("{size}\n"),
            other => format!("{other}\n"),
        }
    }
}

/// The checkpoint that is now to be stored and cosigned. `known` is what the witness cosigned last of this log, `log` the
/// log's cosigners; `None` when the origin is not one that it watches.
pub fn decide(
    known: Option<(u64, Digest)>,
    request: &Request,
    log: Option<&CosignerSet>,
) -> Result<Checkpoint, WitnessRefusal> {
    let Certificate { checkpoint, cosignatures } = &request.note;
    let log = log.ok_or(WitnessRefusal::NotFound)?;
    let vouches = |cosigner: &&Cosigner| cosignatures.iter().any(|one| one.verify(cosigner, checkpoint));
    let (found, wanted) = (log.cosigners.iter().filter(vouches).count(), log.quorum());
    if found < wanted || wanted == 0 {
        return Err(WitnessRefusal::Forbidden { wanted, found });
    }
    if request.old > checkpoint.size {
        return Err(WitnessRefusal::BadRequest("the old size is beyond the checkpoint's"));
    }
    let (size, root) = known.unwrap_or_else(|| (0, empty_root()));
    let fork = size == checkpoint.size && size != 0 && root != checkpoint.root;
    if request.old != size || fork {
        return Err(WitnessRefusal::Conflict(size));
    }
    if !verify_consistency(size, checkpoint.size, &root, &checkpoint.root, &request.proof) {
        return Err(WitnessRefusal::Unprocessable);
    }
    Ok(checkpoint.clone())
}

/// The body of the answer to a checkpoint that was stored and cosigned.
pub fn answer(cosignature: &Cosignature) -> String {
    cosignature.line() + "\n"
}

/// The cosignatures in a witness's answer that are by a witness the client knows; all else in it is ignored.
pub fn answered(body: &str, checkpoint: &Checkpoint, witnesses: &[Cosigner]) -> Vec<Cosignature> {
    let cosignatures = body.lines().take(request::MAX_LINES).filter_map(Cosignature::parse);
    cosignatures.filter(|one| witnesses.iter().any(|witness| one.verify(witness, checkpoint))).collect()
}

/// The size in the body of a conflict, from which the client tries again.
pub fn conflicting_size(body: &str) -> Option<u64> {
    number(body.strip_suffix('\n')?)
}

#[cfg(test)]
mod tests;
