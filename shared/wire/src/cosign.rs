//! The message in which a ledger says what it has validated and fsynced.
//!
//! The cosign stream keeps only the last message per member, so one message carries every checkpoint of the last batch;
//! readers that missed one catch up through `best`. Nothing here is believed without checking the cosignatures.

use domain::chain::MemberId;
use domain::refusal::Refusal;
use prost::Message as _;

use crate::canonical::{at_most, lenient, text};
use crate::proto::ledger::v1 as proto;

/// Checkpoints in one note: a ledger commits at most this many blocks in one batch.
pub const MAX_CHECKPOINTS: usize = 64;
/// Bytes of a note: 64 checkpoints under 600 bytes each and one certificate of 16 lines, rounded up.
pub const MAX_MESSAGE_BYTES: usize = 64 * 1024;

/// One ledger's last word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CosignNote {
    /// The cosigning member.
    pub member: MemberId,
    /// Height and certificate text with the member's one cosignature, by rising height; at most [`MAX_CHECKPOINTS`].
    pub checkpoints: Vec<(u64, String)>,
    /// The highest final certificate it knows, as text.
    pub best: Option<String>,
    /// Something waits for chain time to pass, so an empty block is wanted.
    pub wants_block: bool,
    /// Why it stopped cosigning.
    pub halted: Option<String>,
}

impl CosignNote {
    /// Bytes for the wire.
    pub fn encode(self) -> Vec<u8> {
        proto::CosignNote {
            member: self.member,
            checkpoints: self
                .checkpoints
                .into_iter()
                .map(|(height, certificate)| proto::Cosigned { height, certificate })
                .collect(),
            best: self.best,
            wants_block: self.wants_block,
            halted: self.halted,
        }
        .encode_to_vec()
    }

    /// From the wire.
    pub fn decode(bytes: &[u8]) -> Result<Self, Refusal> {
        at_most(bytes.len(), MAX_MESSAGE_BYTES, "note")?;
        let note: proto::CosignNote = lenient(bytes)?;
        at_most(note.checkpoints.len(), MAX_CHECKPOINTS, "checkpoints")?;
        Ok(CosignNote {
            member: text(note.member, "member")?,
            checkpoints: note.checkpoints.into_iter().map(|one| (one.height, one.certificate)).collect(),
            best: note.best,
            wants_block: note.wants_block,
            halted: note.halted,
        })
    }
}
