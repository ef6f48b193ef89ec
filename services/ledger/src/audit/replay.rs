//! Executing an archived chain again, from its genesis on, with the state in memory.
//!
//! It runs the rule that every ledger runs and keeps nothing else: whether a block is sound and follows, the caller has
//! checked. Limit: the state must fit memory, some 400 bytes an event.

use std::sync::Arc;

use domain::chain::MemberId;
use domain::execute::{self, BlockInput, BlockOutcome, BundleInput};
use domain::genesis::{Genesis, KeyClass};
use domain::record::{CosignersRecord, KeyRecord};
use domain::state::{Fault, MemoryState, read};
use domain::{keys, query};
use proof::block::{Block, Header};
use proof::checkpoint::{Certificate, CertificateError, Cosigner};
use proof::sign::PublicKey;

use crate::chain::Chain;
use crate::core::inputs;
use crate::sets;

/// A chain as far as it has been executed.
pub struct Replay {
    chain: Chain,
    state: MemoryState,
    size: u64,
}

impl Replay {
    /// At height 0.
    pub fn new(genesis: Arc<Genesis>) -> Self {
        let mut state = MemoryState::default();
        state.apply(&genesis.writes());
        Replay { chain: Chain::new(genesis), state, size: 0 }
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
        let mut prepared = inputs::prepare(self.chain.id(), std::slice::from_ref(block));
        self.execute(block, prepared.pop().map(|prepared| prepared.bundles).unwrap_or_default())
    }

    /// Executes a block whose bundles are opened already.
    pub(super) fn execute(&mut self, block: &Block, bundles: Vec<BundleInput>) -> Result<BlockOutcome, Fault> {
        let input = BlockInput {
            chain_id: *self.chain.id(),
            chain: self.chain.path().clone(),
            height: block.header.height,
            block: block.hash(),
            rules_version: self.chain.genesis.rules_version,
            certificate: sets::certified(&self.state, &self.chain, &block.header)?,
            excluded: self.excluded(&block.header)?,
            first_leaf: self.size,
            bundles,
        };
        let outcome = execute::block(&self.state, &input)?;
        self.state.change(&outcome.writes);
        self.size += outcome.leaves.len() as u64;
        Ok(outcome)
    }

    /// The sealer whom the votes in the next block's header exclude.
    pub(super) fn excluded(&self, header: &Header) -> Result<Option<PublicKey>, Fault> {
        sets::excluded(&self.state, &self.chain, header, self.size)
    }

    /// The cosigners that judge checkpoints of a size.
    pub fn cosigners_at_size(&self, size: u64) -> Result<Vec<Cosigner>, Fault> {
        Ok(sets::of_size(&self.state, self.chain.path(), size)?.cosigners)
    }

    /// The cosigners of all epochs so far.
    pub fn cosigners(&self) -> Result<Vec<Cosigner>, Fault> {
        let newest = query::epochs(&self.state)?.map_or(0, |epochs| epochs.newest);
        let mut known = Vec::new();
        for epoch in 0..=newest {
            let Some(record) = read::<CosignersRecord>(&self.state, &keys::cosigners(epoch))? else { continue };
            for (member, key) in record.cosigners {
                let cosigner = Cosigner { name: self.chain.cosigner(&member), key };
                if !known.contains(&cosigner) {
                    known.push(cosigner);
                }
            }
        }
        Ok(known)
    }

    /// Whether a certificate makes its checkpoint final, as far as cosigner sets are known here.
    pub fn is_final(&self, certificate: &Certificate) -> Result<Result<(), CertificateError>, Fault> {
        let set = sets::of_size(&self.state, self.chain.path(), certificate.checkpoint.size)?;
        Ok(set.verify(&self.chain.origin, certificate))
    }

    /// Whether a key may seal the block that comes next.
    pub fn seals(&self, key: &PublicKey) -> Result<bool, Fault> {
        sets::seals(&self.state, key, self.next()?)
    }

    /// The managing member whose endorser key this is at the height that comes next.
    pub(super) fn endorses(&self, key: &PublicKey) -> Result<Option<MemberId>, Fault> {
        let member = query::member_of_key(&self.state, KeyClass::Endorser, key, self.next()?)?;
        Ok(member.filter(|member| member.node_role.manages()).map(|member| member.id))
    }

    fn next(&self) -> Result<u64, Fault> {
        Ok(query::progress(&self.state)?.height.saturating_add(1))
    }

    /// Whose key of a class this is, in use or not.
    pub(super) fn owner(&self, class: KeyClass, key: &PublicKey) -> Result<Option<MemberId>, Fault> {
        let record = read::<KeyRecord>(&self.state, &keys::key(class, key))?;
        Ok(record.map(|record| record.member))
    }
}
