//! What never changes about the chain whose log this is.

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::chain::{ChainPath, MemberId};
use domain::genesis::{Genesis, KeyClass};
use proof::block::{Block, BlockError};
use proof::checkpoint::{self, Certificate, CertificateError, Cosigner};
use proof::sign::{ChainId, PublicKey};

/// A chain's identity, cosigners and sealers.
#[derive(Debug)]
pub struct Chain {
    /// What it began with.
    pub genesis: Arc<Genesis>,
    /// The origin line of its checkpoints.
    pub origin: String,
    /// Whose cosignatures count, in order.
    pub cosigners: Vec<Cosigner>,
    /// The members behind `cosigners`, in the same order.
    pub members: Vec<MemberId>,
    /// How many of them make a checkpoint final.
    pub quorum: usize,
    sealers: BTreeSet<PublicKey>,
}

impl Chain {
    /// The chain of a genesis.
    pub fn new(genesis: Arc<Genesis>) -> Self {
        let sealers = genesis.members.iter().filter(|member| member.node_role.manages());
        let sealers = sealers.filter_map(|member| member.keys.get(&KeyClass::Sealer)).flatten().copied().collect();
        Chain {
            origin: checkpoint::origin(genesis.chain.as_str(), &genesis.chain_id),
            cosigners: genesis.cosigners(),
            members: genesis.members.iter().filter(|member| member.cosigner).map(|member| member.id.clone()).collect(),
            quorum: genesis.quorum(),
            sealers,
            genesis,
        }
    }

    /// Its identity.
    pub fn id(&self) -> &ChainId {
        &self.genesis.chain_id
    }

    /// Its path.
    pub fn path(&self) -> &ChainPath {
        &self.genesis.chain
    }

    /// Whether a certificate makes its checkpoint final here.
    pub fn is_final(&self, certificate: &Certificate) -> Result<(), CertificateError> {
        certificate.verify(&self.origin, &self.cosigners, self.quorum)
    }

    /// A block of this chain by one of its sealers, whatever it follows.
    pub fn block(&self, bytes: &[u8]) -> Result<Block, Unfit> {
        let block = Block::from_bytes(bytes)?;
        if !self.sealers.contains(&block.header.sealer) {
            return Err(Unfit::Stranger(block.header.sealer));
        }
        block.check_alone(self.id())?;
        Ok(block)
    }
}

/// Why a message of the block stream is passed over.
#[derive(Debug, thiserror::Error)]
pub enum Unfit {
    /// Not a block, or not a sound one.
    #[error(transparent)]
    Block(#[from] BlockError),
    /// Sealed by nobody who may.
    #[error("{0} is no sealer of this chain")]
    Stranger(PublicKey),
}
