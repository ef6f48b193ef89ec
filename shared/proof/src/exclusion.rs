//! The exclusion of a sealer: a quorum of cosigners signs "no block of this key after that height". It needs no place in
//! the log, because the sealer that is to go may be the one who starves the log; it rides in a block header instead.
//!
//! Why somebody is excluded it does not say, and it takes no other right from the key's owner. Limits: 16 votes,
//! [`MAX_EXCLUSION_BYTES`].

use crate::checkpoint::{Cosigner, MAX_COSIGNATURES, MAX_NAME_BYTES, is_name};
use crate::cursor::Cursor;
use crate::digest::put_lp;
use crate::handover::CosignerSet;
use crate::sign::{ChainId, Domain, PublicKey, SecretKey};

/// Sealer, height and 16 votes with the longest names make 5,209 bytes.
pub const MAX_EXCLUSION_BYTES: usize = 6 * 1024;

/// One cosigner's vote, by its cosigner key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExclusionVote {
    /// The cosigner's name.
    pub name: String,
    /// Over sealer and height.
    pub signature: [u8; 64],
}

/// The votes that exclude a sealer. The same type carries a single vote on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExclusionCertificate {
    /// Whose blocks are to end.
    pub sealer: PublicKey,
    /// The last height at which it may have sealed.
    pub height: u64,
    /// The votes, in the chain's order of cosigners.
    pub votes: Vec<ExclusionVote>,
}

/// Why an exclusion does not hold under a cosigner set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExclusionError {
    /// Not exactly a quorum: one more would give one exclusion two texts.
    #[error("{found} votes where exactly {wanted} exclude a sealer")]
    Count {
        /// The quorum.
        wanted: usize,
        /// How many it has.
        found: usize,
    },
    /// A name that is no cosigner's, one twice, or out of the chain's order.
    #[error("the vote of `{0}` is by no cosigner, repeated or out of order")]
    Stranger(String),
    /// A signature that does not hold.
    #[error("the vote of `{0}` does not hold")]
    Signature(String),
}

/// Votes for ending a sealer's blocks after a height.
pub fn vote(secret: &SecretKey, chain: &ChainId, sealer: &PublicKey, height: u64, name: &str) -> ExclusionVote {
    let signature = secret.sign(Domain::Exclusion, chain, &message(sealer, height));
    ExclusionVote { name: name.to_owned(), signature }
}

impl ExclusionVote {
    /// Whether it is this cosigner's, about that sealer and height.
    pub fn verify(&self, chain: &ChainId, sealer: &PublicKey, height: u64, cosigner: &Cosigner) -> bool {
        self.name == cosigner.name
            && cosigner.key.verify(Domain::Exclusion, chain, &message(sealer, height), &self.signature)
    }
}

impl ExclusionCertificate {
    /// The certificate that the first q cosigners with a valid candidate make; `None` when they are fewer.
    pub fn assemble(
        chain: &ChainId,
        sealer: PublicKey,
        height: u64,
        candidates: &[ExclusionVote],
        set: &CosignerSet,
    ) -> Option<Self> {
        let valid =
            |cosigner: &Cosigner| candidates.iter().find(|vote| vote.verify(chain, &sealer, height, cosigner)).cloned();
        let votes = set.cosigners.iter().filter_map(valid).take(set.quorum()).collect::<Vec<_>>();
        (set.quorum() > 0 && votes.len() == set.quorum()).then_some(ExclusionCertificate { sealer, height, votes })
    }

    /// Whether exactly a quorum of the set excludes the sealer, in the set's order.
    pub fn verify(&self, chain: &ChainId, set: &CosignerSet) -> Result<(), ExclusionError> {
        let (wanted, found) = (set.quorum(), self.votes.len());
        if found != wanted || wanted == 0 {
            return Err(ExclusionError::Count { wanted, found });
        }
        // Walking the set once finds each vote only behind the one before it.
        let mut rest = set.cosigners.iter();
        for vote in &self.votes {
            let cosigner = rest
                .find(|cosigner| cosigner.name == vote.name)
                .ok_or_else(|| ExclusionError::Stranger(vote.name.clone()))?;
            if !vote.verify(chain, &self.sealer, self.height, cosigner) {
                return Err(ExclusionError::Signature(vote.name.clone()));
            }
        }
        Ok(())
    }

    /// The certificate's bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = message(&self.sealer, self.height);
        out.push(u8::try_from(self.votes.len()).unwrap_or(u8::MAX));
        for vote in &self.votes {
            put_lp(&mut out, vote.name.as_bytes());
            out.extend_from_slice(&vote.signature);
        }
        out
    }

    /// The certificate of those bytes; `None` unless they are exactly what [`ExclusionCertificate::to_bytes`] gives and
    /// hold 1 to 16 votes.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut from = Cursor::new(bytes);
        let (sealer, height) = (PublicKey(from.array()?), from.u64()?);
        let count = from.u8().map(usize::from).filter(|count| (1..=MAX_COSIGNATURES).contains(count))?;
        let mut vote = || {
            let name = str::from_utf8(from.lp(MAX_NAME_BYTES)?).ok().filter(|name| is_name(name))?.to_owned();
            Some(ExclusionVote { name, signature: from.array()? })
        };
        let votes = (0..count).map(|_| vote()).collect::<Option<_>>()?;
        from.end(ExclusionCertificate { sealer, height, votes })
    }
}

/// What a vote signs, and how the certificate begins.
fn message(sealer: &PublicKey, height: u64) -> Vec<u8> {
    let mut out = Vec::with_capacity(MAX_EXCLUSION_BYTES / 8);
    out.extend_from_slice(&sealer.0);
    out.extend_from_slice(&height.to_be_bytes());
    out
}

#[cfg(test)]
mod tests;
