//! Executing an archived chain again, from its genesis on, with the state in memory.
//!
//! It runs the rule that every ledger runs and keeps nothing else: whether a block is sound and follows, the caller has
//! checked. Limit: the state must fit memory, some 400 bytes an event.

use std::sync::Arc;

use domain::chain::MemberId;
use domain::execute::{self, BlockInput, BlockOutcome, BundleInput, Certified};
use domain::genesis::{Genesis, KeyClass, cosigner_name};
use domain::record::{CosignersRecord, KeyRecord};
use domain::state::{Fault, MemoryState, read};
use domain::{keys, query};
use proof::block::Block;
use proof::checkpoint::{self, Certificate, CertificateError, Cosigner};
use proof::sign::PublicKey;

use crate::core::inputs;

/// A chain as far as it has been executed.
pub struct Replay {
    genesis: Arc<Genesis>,
    origin: String,
    state: MemoryState,
    size: u64,
}

impl Replay {
    /// At height 0.
    pub fn new(genesis: Arc<Genesis>) -> Self {
        let mut state = MemoryState::default();
        state.apply(&genesis.writes());
        let origin = checkpoint::origin(genesis.chain.as_str(), &genesis.chain_id);
        Replay { genesis, origin, state, size: 0 }
    }

    /// The state after the last block.
    pub fn state(&self) -> &MemoryState {
        &self.state
    }

    /// Leaves of the log after the last block.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Verifies a block's signatures and executes it.
    pub fn step(&mut self, block: &Block) -> Result<BlockOutcome, Fault> {
        let mut prepared = inputs::prepare(&self.genesis.chain_id, std::slice::from_ref(block));
        let is_final = match &block.header.certificate {
            Some(certificate) => self.is_final(certificate)?.is_ok(),
            None => false,
        };
        self.execute(block, prepared.pop().map(|prepared| prepared.bundles).unwrap_or_default(), is_final)
    }

    /// Executes a block whose bundles are opened already; its certificate counts if it is final.
    pub(super) fn execute(
        &mut self,
        block: &Block,
        bundles: Vec<BundleInput>,
        is_final: bool,
    ) -> Result<BlockOutcome, Fault> {
        let certificate = block.header.certificate.as_ref().filter(|_| is_final);
        let input = BlockInput {
            chain_id: self.genesis.chain_id,
            chain: self.genesis.chain.clone(),
            height: block.header.height,
            block: block.hash(),
            rules_version: self.genesis.rules_version,
            certificate: certificate
                .map(|certificate| Certified { time_s: certificate.time_s(), size: certificate.checkpoint.size }),
            excluded: None,
            first_leaf: self.size,
            bundles,
        };
        let outcome = execute::block(&self.state, &input)?;
        self.state.change(&outcome.writes);
        self.size += outcome.leaves.len() as u64;
        Ok(outcome)
    }

    /// The cosigners that judge checkpoints of a size.
    pub fn cosigners_at_size(&self, size: u64) -> Result<Vec<Cosigner>, Fault> {
        Ok(query::cosigners_at_size(&self.state, &self.genesis.chain, size)?.1)
    }

    /// The cosigners of all epochs so far.
    pub fn cosigners(&self) -> Result<Vec<Cosigner>, Fault> {
        let newest = query::epochs(&self.state)?.map_or(0, |epochs| epochs.newest);
        let mut known = Vec::new();
        for epoch in 0..=newest {
            let Some(record) = read::<CosignersRecord>(&self.state, &keys::cosigners(epoch))? else { continue };
            for (member, key) in record.cosigners {
                let cosigner = Cosigner { name: cosigner_name(&member, &self.genesis.chain), key };
                if !known.contains(&cosigner) {
                    known.push(cosigner);
                }
            }
        }
        Ok(known)
    }

    /// Whether a certificate makes its checkpoint final, as far as cosigner sets are known here.
    pub fn is_final(&self, certificate: &Certificate) -> Result<Result<(), CertificateError>, Fault> {
        let cosigners = self.cosigners_at_size(certificate.checkpoint.size)?;
        let quorum = domain::genesis::quorum(cosigners.len());
        Ok(certificate.verify(&self.origin, &cosigners, quorum))
    }

    /// The managing member whose key of a class this is at the height that comes next.
    pub(super) fn manager(&self, class: KeyClass, key: &PublicKey) -> Result<Option<MemberId>, Fault> {
        let height = query::progress(&self.state)?.height + 1;
        let member = query::member_of_key(&self.state, class, key, height)?;
        Ok(member.filter(|member| member.node_role.manages()).map(|member| member.id))
    }

    /// Whose key of a class this is, in use or not.
    pub(super) fn owner(&self, class: KeyClass, key: &PublicKey) -> Result<Option<MemberId>, Fault> {
        let record = read::<KeyRecord>(&self.state, &keys::key(class, key))?;
        Ok(record.map(|record| record.member))
    }
}
