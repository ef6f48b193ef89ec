//! The message in which a ledger says what it has validated and fsynced.
//!
//! The cosign stream keeps only the last message per member, so one message carries every checkpoint of the last batch;
//! readers that missed one catch up through `best`. Nothing here is believed without checking the cosignatures.

use domain::chain::MemberId;
use domain::refusal::{Code, Refusal};
use proof::exclusion::{ExclusionCertificate, MAX_EXCLUSION_BYTES};
use prost::Message as _;

use crate::canonical::{at_most, lenient, text};
use crate::proto::ledger::v1 as proto;

/// Checkpoints in one note: a ledger commits at most this many blocks in one batch.
pub const MAX_CHECKPOINTS: usize = 64;
/// Votes in one note: two lanes or nodes starved by each of four sealers.
pub const MAX_EXCLUSIONS: usize = 8;
/// Bytes of a note: 64 checkpoints under 600 bytes each and one certificate of 16 lines, eight votes under 300,
/// rounded up.
pub const MAX_MESSAGE_BYTES: usize = 64 * 1024;

/// One ledger's last word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CosignNote {
    /// The cosigning member.
    pub member: MemberId,
    /// Height and certificate text with the member's one cosignature, by rising height; at most [`MAX_CHECKPOINTS`].
    pub checkpoints: Vec<(u64, String)>,
    /// The last block it executed, cosigned or not.
    pub height: u64,
    /// The highest final certificate it knows, as text.
    pub best: Option<String>,
    /// Something waits for chain time to pass, so an empty block is wanted.
    pub wants_block: bool,
    /// A cosigner set that was named waits for a header whose certificate covers its leaf, as `best` does.
    pub wants_certificate: bool,
    /// Sealers whose blocks the member votes to end, each with its one vote; at most [`MAX_EXCLUSIONS`].
    pub exclusions: Vec<ExclusionCertificate>,
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
            height: self.height,
            best: self.best,
            wants_block: self.wants_block,
            wants_certificate: self.wants_certificate,
            exclusions: self.exclusions.iter().map(ExclusionCertificate::to_bytes).collect(),
            halted: self.halted,
        }
        .encode_to_vec()
    }

    /// From the wire.
    pub fn decode(bytes: &[u8]) -> Result<Self, Refusal> {
        at_most(bytes.len(), MAX_MESSAGE_BYTES, "note")?;
        let note: proto::CosignNote = lenient(bytes)?;
        at_most(note.checkpoints.len(), MAX_CHECKPOINTS, "checkpoints")?;
        at_most(note.exclusions.len(), MAX_EXCLUSIONS, "exclusions")?;
        let vote = |bytes: &Vec<u8>| {
            at_most(bytes.len(), MAX_EXCLUSION_BYTES, "exclusions")?;
            let no_vote = || Refusal::of(Code::Malformed, "exclusions", "not an exclusion of a sealer");
            ExclusionCertificate::from_bytes(bytes).ok_or_else(no_vote)
        };
        Ok(CosignNote {
            member: text(note.member, "member")?,
            checkpoints: note.checkpoints.into_iter().map(|one| (one.height, one.certificate)).collect(),
            height: note.height,
            best: note.best,
            wants_block: note.wants_block,
            wants_certificate: note.wants_certificate,
            exclusions: note.exclusions.iter().map(vote).collect::<Result<_, _>>()?,
            halted: note.halted,
        })
    }
}

#[cfg(test)]
mod tests {
    use proof::digest::Digest;
    use proof::exclusion;
    use proof::sign::SecretKey;

    use super::*;

    fn vote(name: &str) -> ExclusionCertificate {
        let (cosigner, sealer) = (SecretKey::from_seed(&[1; 32]), SecretKey::from_seed(&[2; 32]).public());
        let vote = exclusion::vote(&cosigner, &Digest([3; 32]), &sealer, 7, name);
        ExclusionCertificate { sealer, height: 7, votes: vec![vote] }
    }

    fn note(checkpoints: u64) -> CosignNote {
        CosignNote {
            member: "nanjing-cdc".into(),
            checkpoints: (1..=checkpoints).map(|height| (height, format!("checkpoint {height}"))).collect(),
            height: checkpoints,
            best: Some("certificate".into()),
            wants_block: true,
            wants_certificate: true,
            exclusions: vec![vote("nanjing-cdc.cn.32.01"); 8],
            halted: None,
        }
    }

    #[test]
    fn a_note_comes_back_within_its_limits() {
        for note in [note(0), note(64), CosignNote { best: None, halted: Some("fork".into()), ..note(1) }] {
            assert_eq!(CosignNote::decode(&note.clone().encode()), Ok(note));
        }
        let refused = CosignNote::decode(&note(65).encode()).unwrap_err();
        assert_eq!((refused.code, refused.field), (Code::Limit, "checkpoints"));
    }

    #[test]
    fn a_full_note_of_real_certificates_fits_its_message() {
        // 64 checkpoints with one line each and a certificate of 16 lines, all with the longest names.
        let line = format!("— {} {}\n", "n".repeat(129), "A".repeat(104));
        let checkpoint =
            format!("tocsin/{}/0011223344556677\n{}\n{}\n\n{line}", "c".repeat(64), u64::MAX, "A".repeat(44));
        let full = CosignNote {
            checkpoints: (0..64).map(|height| (height, checkpoint.clone())).collect(),
            best: Some(format!("{checkpoint}{}", line.repeat(15))),
            exclusions: vec![vote(&"n".repeat(129)); 8],
            halted: Some("w".repeat(1024)),
            ..note(0)
        };
        assert!(full.encode().len() <= MAX_MESSAGE_BYTES);
    }
}
