//! How trust passes from one cosigner set of a chain to the next: each set is named by a leaf of the log, and the set
//! before it vouches for a checkpoint that holds the leaf. Who knows the genesis set follows the handovers to the set of
//! today.
//!
//! It does not say *when* a set came into force; that is in the blocks. Nobody can be shown here that a later set
//! exists: who must know asks for a newer checkpoint. Limits: 16 cosigners a set, [`MAX_HANDOVERS`] in a file.

pub(crate) mod text;

use crate::checkpoint::{Certificate, CertificateError, Checkpoint, Cosigner, quorum};
use crate::digest::Digest;
use crate::leaf::Leaf;
use crate::lines::{FormatError, Lines};
use crate::merkle::{leaf_hash, verify_inclusion};

/// A change of cosigners each week for five years.
pub const MAX_HANDOVERS: usize = 256;

/// The cosigners of a chain in one epoch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CosignerSet {
    /// 0 for the genesis set; each later set has a greater one.
    pub epoch: u32,
    /// In the chain's order.
    pub cosigners: Vec<Cosigner>,
}

/// That a chain's cosigners named their successors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handover {
    /// A checkpoint final under the set before.
    pub certificate: Certificate,
    /// The leaf that names the new set.
    pub leaf: Vec<u8>,
    /// Its index.
    pub index: u64,
    /// Its inclusion in that checkpoint.
    pub inclusion: Vec<Digest>,
}

/// Which handover fails, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("handover {number}: {fault}")]
pub struct HandoverError {
    /// Its place in the list, from 1.
    pub number: usize,
    /// Why.
    pub fault: HandoverFault,
}

/// Why a handover does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HandoverFault {
    /// The set before does not vouch for its checkpoint.
    #[error("{0}")]
    Certificate(CertificateError),
    /// Its checkpoint is not beyond that of the handover before.
    #[error("its checkpoint of size {found} is not beyond {before}, that of the handover before")]
    Size {
        /// The size of its checkpoint.
        found: u64,
        /// The size of the one before.
        before: u64,
    },
    /// Its leaf names no cosigner set.
    #[error("the leaf names no cosigner set")]
    Leaf,
    /// The leaf is not in the checkpoint.
    #[error("the leaf is not in the log at that index")]
    Inclusion,
    /// The new set is not later than the one before.
    #[error("epoch {found} does not come after epoch {before}")]
    Epoch {
        /// The new set's.
        found: u32,
        /// That of the set before.
        before: u32,
    },
}

impl CosignerSet {
    /// How many of them make a checkpoint final.
    pub fn quorum(&self) -> usize {
        quorum(self.cosigners.len())
    }

    /// Whether exactly a quorum of them vouches, in the set's order.
    pub fn verify(&self, origin: &str, certificate: &Certificate) -> Result<(), CertificateError> {
        certificate.verify(origin, &self.cosigners, self.quorum())
    }
}

impl Handover {
    /// The set it names, if the set before hands over to it.
    fn take(&self, origin: &str, before: &CosignerSet) -> Result<CosignerSet, HandoverFault> {
        before.verify(origin, &self.certificate).map_err(HandoverFault::Certificate)?;
        let Checkpoint { size, root, .. } = &self.certificate.checkpoint;
        if !verify_inclusion(&leaf_hash(&self.leaf), self.index, *size, &self.inclusion, root) {
            return Err(HandoverFault::Inclusion);
        }
        let Some(Leaf::Cosigners(leaf)) = Leaf::from_bytes(&self.leaf) else { return Err(HandoverFault::Leaf) };
        if leaf.epoch <= before.epoch {
            return Err(HandoverFault::Epoch { found: leaf.epoch, before: before.epoch });
        }
        Ok(CosignerSet { epoch: leaf.epoch, cosigners: leaf.cosigners })
    }
}

/// Their text by itself, as proof files hold it too.
pub fn text(handovers: &[Handover]) -> String {
    let mut text = String::new();
    text::write(handovers, &mut text);
    text
}

/// The handovers of that text and of nothing else, at most [`MAX_HANDOVERS`] in at most `limit` bytes.
pub fn parse(text: &str, limit: usize) -> Result<Vec<Handover>, FormatError> {
    let mut lines = Lines::of(text, limit, "longer than any list of handovers")?;
    let handovers = text::read(&mut lines)?;
    if lines.rest.is_empty() { Ok(handovers) } else { lines.unread("nothing may follow the handovers") }
}

/// The set that the last handover names, each verified under the set before, the first under `from`. Epochs may be
/// skipped: a set that was replaced before it came into force hands nothing over.
pub fn follow(origin: &str, from: &CosignerSet, handovers: &[Handover]) -> Result<CosignerSet, HandoverError> {
    let (mut set, mut last) = (from.clone(), 0);
    for (number, handover) in (1..).zip(handovers) {
        let fail = |fault| HandoverError { number, fault };
        let found = handover.certificate.checkpoint.size;
        if found <= last {
            return Err(fail(HandoverFault::Size { found, before: last }));
        }
        set = handover.take(origin, &set).map_err(fail)?;
        last = found;
    }
    Ok(set)
}

#[cfg(test)]
mod tests;
