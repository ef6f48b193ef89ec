//! Whom a reader trusts, and what he therefore believes about the top chain.

use super::ProofError;
use crate::checkpoint::{Certificate, origin};
use crate::handover::{CosignerSet, Handover, follow};
use crate::sign::ChainId;

/// Whom the reader trusts: the cosigners of the top chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trust {
    /// The top chain's path.
    pub chain: String,
    /// Its id.
    pub chain_id: ChainId,
    /// Its cosigners, as a rule those of the genesis; later sets are reached by handovers.
    pub cosigners: CosignerSet,
}

impl Trust {
    /// Whether the chain's cosigners vouch for a checkpoint: the set that the last handover names, or the trusted one
    /// when there is none.
    pub fn certify(&self, handovers: &[Handover], certificate: &Certificate) -> Result<(), ProofError> {
        let origin = origin(&self.chain, &self.chain_id);
        let chain = || self.chain.clone();
        let set = follow(&origin, &self.cosigners, handovers)
            .map_err(|fault| ProofError::Handover { chain: chain(), fault })?;
        set.verify(&origin, certificate).map_err(|fault| ProofError::Certificate { chain: chain(), fault })?;
        // A set comes into force behind the checkpoint that hands over to it.
        let handed = handovers.last().map_or(0, |last| last.certificate.checkpoint.size);
        let found = certificate.checkpoint.size;
        if !handovers.is_empty() && found <= handed {
            return Err(ProofError::Early { chain: chain(), found, handed });
        }
        Ok(())
    }
}
