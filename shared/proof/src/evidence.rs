//! Evidence that cosigners vouched for two stories of one log. It proves itself: whoever knows the cosigners' keys needs
//! nothing else, and nobody can make it about somebody who signed one story only.
//!
//! Two checkpoints contradict each other when they are of one size and have other roots, or when each holds an end of
//! block of the same height and the two ends differ. Who signed under two different keys is not shown here, nor who
//! lied about anything but the log.
//!
//! ```text
//! tocsin-evidence@v1
//! block 17                      the index of the end of block in the first checkpoint's log, if blocks are compared
//! leaf QmFzZTY0...
//! CsUYapGGPo4dkMgIAUqom...      its inclusion proof, a hash a line
//!
//! tocsin/cn/9f2c4e6a81d05b73    the first checkpoint with cosignatures
//! 20
//! 3Vv4zbMzKxHkVTL7+xUQ...
//!
//! — nhc.cn jWbPPwAAAABkGFDL...
//!
//! block 17                      the same for the second
//! ```
//!
//! Each evidence has one text; whatever else is in a file is an error. Limits: 16 cosignatures a checkpoint,
//! [`MAX_TEXT_BYTES`].

mod text;

use crate::checkpoint::{Certificate, Cosignature, Cosigner};
use crate::leaf::{BlockLeaf, Leaf, ProvenLeaf};

pub use text::MAX_TEXT_BYTES;

/// Two stories of one log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// One.
    pub a: Vouched,
    /// The other.
    pub b: Vouched,
}

/// A checkpoint that somebody vouched for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vouched {
    /// The checkpoint with 1 to 16 cosignatures, not necessarily a quorum.
    pub certificate: Certificate,
    /// The end of block that is compared, where sizes differ.
    pub block: Option<ProvenLeaf>,
}

/// Why evidence proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvidenceError {
    /// A checkpoint is of another log.
    #[error("a checkpoint is of `{0}`")]
    Origin(String),
    /// Nothing contradicts.
    #[error("the two checkpoints do not contradict each other")]
    Agree,
    /// One end of block has nothing to be compared with.
    #[error("only one of the checkpoints comes with an end of block")]
    Alone,
    /// What is shown as an end of block is none, or is not in its checkpoint.
    #[error("an end of block is not in its checkpoint's log")]
    Block,
    /// A cosignature by nobody known, or one twice.
    #[error("the cosignature of `{0}` is by no known cosigner or repeated")]
    Stranger(String),
    /// A cosignature that does not hold.
    #[error("the cosignature of `{0}` does not hold")]
    Signature(String),
    /// Nobody signed both.
    #[error("no cosigner signed both checkpoints")]
    Nobody,
}

impl Evidence {
    /// The evidence that two checkpoints give, with no cosignatures but those of cosigners who signed both.
    pub fn gather(origin: &str, known: &[Cosigner], a: &Vouched, b: &Vouched) -> Result<Self, EvidenceError> {
        let both = |cosigner: &&Cosigner| a.cosignature(cosigner).is_some() && b.cosignature(cosigner).is_some();
        let liars = known.iter().filter(both).collect::<Vec<_>>();
        let of = |side: &Vouched| {
            let mut side = side.clone();
            let checkpoint = &side.certificate.checkpoint;
            side.certificate.cosignatures.retain(|one| liars.iter().any(|liar| one.verify(liar, checkpoint)));
            side
        };
        let evidence = Evidence { a: of(a), b: of(b) };
        evidence.check(origin, known).map(|_| evidence)
    }

    /// The cosigners among `known` who signed both stories of the log, and nobody else; every cosignature must be by one
    /// of `known`. A log's cosigners of all its epochs may be given.
    pub fn check(&self, origin: &str, known: &[Cosigner]) -> Result<Vec<Cosigner>, EvidenceError> {
        for side in [&self.a, &self.b] {
            let found = &side.certificate.checkpoint.origin;
            if found != origin {
                return Err(EvidenceError::Origin(found.clone()));
            }
        }
        self.contradict()?;
        let (first, second) = (self.a.signers(known)?, self.b.signers(known)?);
        let both = first.into_iter().filter(|cosigner| second.contains(cosigner)).cloned().collect::<Vec<_>>();
        if both.is_empty() { Err(EvidenceError::Nobody) } else { Ok(both) }
    }

    fn contradict(&self) -> Result<(), EvidenceError> {
        let contradict = match (self.a.end_of_block()?, self.b.end_of_block()?) {
            (None, None) => {
                let (a, b) = (&self.a.certificate.checkpoint, &self.b.certificate.checkpoint);
                a.size == b.size && a.root != b.root
            }
            // The whole ends are compared: another state after the same block is another story too.
            (Some(a), Some(b)) => a.height == b.height && a != b,
            _ => return Err(EvidenceError::Alone),
        };
        if contradict { Ok(()) } else { Err(EvidenceError::Agree) }
    }
}

impl Vouched {
    fn end_of_block(&self) -> Result<Option<BlockLeaf>, EvidenceError> {
        let Some(proven) = &self.block else { return Ok(None) };
        match proven.read() {
            Some(Leaf::Block(leaf)) if proven.is_in(&self.certificate.checkpoint) => Ok(Some(leaf)),
            _ => Err(EvidenceError::Block),
        }
    }

    /// Its valid cosignature by somebody.
    fn cosignature(&self, cosigner: &Cosigner) -> Option<&Cosignature> {
        let Certificate { checkpoint, cosignatures } = &self.certificate;
        cosignatures.iter().find(|one| one.verify(cosigner, checkpoint))
    }

    /// Who signed it, in the order of `known`, each once.
    fn signers<'a>(&self, known: &'a [Cosigner]) -> Result<Vec<&'a Cosigner>, EvidenceError> {
        let Certificate { checkpoint, cosignatures } = &self.certificate;
        let mut signed = vec![false; known.len()];
        for cosignature in cosignatures {
            let stranger = || EvidenceError::Stranger(cosignature.name.clone());
            // A cosigner of several epochs stands in `known` several times; its first place stands for all.
            let place = known.iter().position(|one| cosignature.is_by(one)).ok_or_else(stranger)?;
            let seen = signed.get_mut(place).filter(|seen| !**seen).ok_or_else(stranger)?;
            if !known.get(place).is_some_and(|one| cosignature.verify(one, checkpoint)) {
                return Err(EvidenceError::Signature(cosignature.name.clone()));
            }
            *seen = true;
        }
        Ok(known.iter().zip(signed).filter_map(|(one, signed)| signed.then_some(one)).collect())
    }
}

#[cfg(test)]
mod tests;
