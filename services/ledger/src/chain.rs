//! What never changes about the chain whose log this is. Who takes part in it does: that is in [`crate::sets`].

use std::sync::Arc;

use domain::chain::ChainPath;
use domain::genesis::{Genesis, cosigner_name};
use proof::checkpoint;
use proof::sign::ChainId;

/// A chain's identity.
#[derive(Debug)]
pub struct Chain {
    /// What it began with.
    pub genesis: Arc<Genesis>,
    /// The origin line of its checkpoints.
    pub origin: String,
}

impl Chain {
    /// The chain of a genesis.
    pub fn new(genesis: Arc<Genesis>) -> Self {
        Chain { origin: checkpoint::origin(genesis.chain.as_str(), &genesis.chain_id), genesis }
    }

    /// Its identity.
    pub fn id(&self) -> &ChainId {
        &self.genesis.chain_id
    }

    /// Its path.
    pub fn path(&self) -> &ChainPath {
        &self.genesis.chain
    }

    /// The name under which a member cosigns its checkpoints.
    pub fn cosigner(&self, member: &str) -> String {
        cosigner_name(member, self.path())
    }
}
