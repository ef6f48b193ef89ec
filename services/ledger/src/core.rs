//! The heart of a ledger: blocks in, a longer log out. It knows disk and rules, but no network and no clock.
//!
//! [`Core::extend`] executes any number of blocks that follow the tip and makes all of them durable with one fsync; only
//! then are their checkpoints handed out to be cosigned. What one event costs does not depend on how long the log is: the
//! tree grows at its right edge, and the state is read by key.
//!
//! It runs on one thread that may block. Limits: [`MAX_BATCH_BLOCKS`] blocks and [`MAX_BATCH_BYTES`] a batch.

pub(crate) mod inputs;
pub(crate) mod open;
pub(crate) mod result;
pub(crate) mod scrub;
pub(crate) mod state;
pub(crate) mod store;
pub(crate) mod tip;
pub(crate) mod tree;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use domain::execute::{self, BlockInput};
use domain::query;
use domain::state::Fault;
use journal::JournalError;
use proof::block::{Block, LaneRange};
use proof::checkpoint::Checkpoint;
use proof::handover::CosignerSet;
use proof::leaf::Leaf;
use proof::merkle::{Frontier, MerkleError};
use proof::sign::PublicKey;

use crate::chain::Chain;
use crate::sets::{self, Sets};
use inputs::Prepared;
use result::BlockResult;
use state::State;
use store::{BUCKET, Numbered, Single, Spaces};
use tip::Head;
use tree::GrowingTree;

/// Blocks a batch: what one cosign note has room for.
pub(crate) const MAX_BATCH_BLOCKS: usize = wire::cosign::MAX_CHECKPOINTS;

/// Bytes of blocks a batch: under a second of signatures, and far below the largest write of the store.
pub(crate) const MAX_BATCH_BYTES: usize = 4 * 1024 * 1024;

/// Why the core could not go on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CoreError {
    /// What is on disk is not what was written: the store must be set aside and built anew.
    #[error("the ledger is damaged: {0}")]
    Damaged(String),
    /// q cosigners vouch for another checkpoint than ours at this height.
    #[error("q cosigners vouch for another checkpoint at height {0}")]
    Contradicted(u64),
    /// Our log is not the one this cosigner vouched for at this height, which another ledger has.
    #[error("this cosigner vouched for another log at height {0}, and another ledger has it")]
    Forsworn(u64),
    /// The disk or the operating system failed; what was committed is not affected.
    #[error("the ledger's disk failed: {0}")]
    Disk(String),
}

impl CoreError {
    fn damaged(what: impl Into<String>) -> Self {
        CoreError::Damaged(what.into())
    }
}

impl From<JournalError> for CoreError {
    fn from(error: JournalError) -> Self {
        if error.is_damage() { CoreError::Damaged(error.to_string()) } else { CoreError::Disk(error.to_string()) }
    }
}

impl From<Fault> for CoreError {
    fn from(fault: Fault) -> Self {
        if state::is_damage(&fault) { CoreError::Damaged(fault.0) } else { CoreError::Disk(fault.0) }
    }
}

impl From<MerkleError<JournalError>> for CoreError {
    fn from(error: MerkleError<JournalError>) -> Self {
        match error {
            MerkleError::Store(error) => error.into(),
            other => CoreError::damaged(other.to_string()),
        }
    }
}

/// A block that is executed, durable and read back: its checkpoint may be cosigned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Executed {
    pub(crate) height: u64,
    pub(crate) checkpoint: Checkpoint,
    /// Whose cosignatures of the checkpoint count.
    pub(crate) set: Arc<CosignerSet>,
    /// The set that is named and not in force yet.
    pub(crate) successor: Option<Arc<CosignerSet>>,
    /// Who sealed the block, what it took of the lanes, and at which height each lane last gave something.
    pub(crate) sealer: PublicKey,
    pub(crate) lanes: [LaneRange; 3],
    pub(crate) moved: [u64; 3],
}

/// What is written beside the blocks of a batch, because an fsync of its own would cost more than it is worth.
#[derive(Debug, Default)]
pub(crate) struct Beside {
    /// The best certificate's text.
    pub(crate) certificate: Option<String>,
    /// Heights and the times at which they were seen final.
    pub(crate) finals: Vec<(u64, u64)>,
}

/// An open ledger.
pub(crate) struct Core {
    chain: Arc<Chain>,
    spaces: Spaces,
    state: State,
    tree: GrowingTree,
    frontier: Frontier,
    head: Head,
    sets: Sets,
}

impl Core {
    /// The cosigner sets at the end of the chain.
    pub(crate) fn sets(&self) -> &Sets {
        &self.sets
    }

    /// Whether a key seals the block of a height, by the state at the tip.
    pub(crate) fn seals(&self, key: &PublicKey, height: u64) -> Result<bool, CoreError> {
        Ok(sets::seals(&self.state, key, height)?)
    }

    /// The end of the chain.
    pub(crate) fn head(&self) -> &Head {
        &self.head
    }

    /// The last block as [`Core::extend`] gave it; none at height 0.
    pub(crate) fn last(&self) -> Result<Option<Executed>, CoreError> {
        let block = self.spaces.block(self.head.tip.height)?;
        Ok(block.map(|block| self.executed(&block)))
    }

    /// The block stream has the tip too; says whether that is new.
    pub(crate) fn be_sure(&mut self) -> bool {
        !std::mem::replace(&mut self.head.sure, true)
    }

    fn executed(&self, block: &Block) -> Executed {
        Executed {
            height: block.header.height,
            checkpoint: self.head.checkpoint(&self.chain.origin),
            set: Arc::clone(&self.sets.judging),
            successor: self.sets.successor.as_ref().map(|(set, _)| Arc::clone(set)),
            sealer: block.header.sealer,
            lanes: block.header.lanes.clone(),
            moved: self.head.moved,
        }
    }

    /// The spaces, for readers.
    pub(crate) fn spaces(&self) -> &Spaces {
        &self.spaces
    }

    /// Executes blocks that follow the tip and each other (the caller has checked that), and makes them durable together
    /// with the sequence at which the block stream goes on behind each; none for blocks that did not come from there. It
    /// ends early behind a block that changed members or keys: by the state at the tip the caller could not know who may
    /// seal the later ones. After an error the core must be opened again.
    pub(crate) fn extend(
        &mut self,
        blocks: &[Block],
        sequences: &[u64],
        beside: &Beside,
    ) -> Result<Vec<Executed>, CoreError> {
        let mut batch = self.spaces.store.batch();
        let mut executed = Vec::with_capacity(blocks.len());
        let roster = query::roster_version(&self.state)?;
        for (block, prepared) in blocks.iter().zip(inputs::prepare(self.chain.id(), blocks)) {
            executed.push(self.execute(block, prepared, &mut batch)?);
            if query::roster_version(&self.state)? != roster {
                break;
            }
        }
        let blocks = blocks.get(..executed.len()).unwrap_or_default();
        if let Some(last) = executed.len().checked_sub(1) {
            self.head.sure = !sequences.is_empty();
            self.head.next_sequence = sequences.get(last).copied().unwrap_or(self.head.next_sequence);
        }
        self.head.sum = self.state.sum();
        let head = self.head.to_bytes();
        self.state.put(&mut batch);
        self.tree.put(&mut batch);
        self.spaces.put_single(&mut batch, Single::Tip, &head);
        if let Some(text) = &beside.certificate {
            self.spaces.put_single(&mut batch, Single::Certificate, text.as_bytes());
        }
        for (height, at) in &beside.finals {
            self.spaces.put_number(&mut batch, Numbered::Final(*height), *at);
        }
        self.spaces.store.commit(batch)?;
        self.state.settle();
        self.tree.settle();
        self.read_back(blocks, &head)?;
        Ok(executed)
    }

    fn execute(
        &mut self,
        block: &Block,
        prepared: Prepared,
        batch: &mut journal::Batch,
    ) -> Result<Executed, CoreError> {
        let (height, first_leaf) = (block.header.height, self.head.size);
        let input = BlockInput {
            chain_id: *self.chain.id(),
            chain: self.chain.path().clone(),
            height,
            block: block.hash(),
            rules_version: self.chain.genesis.rules_version,
            certificate: sets::certified(&self.state, &self.chain, &block.header)?,
            excluded: sets::excluded(&self.state, &self.chain, &block.header, first_leaf)?,
            first_leaf,
            bundles: prepared.bundles,
        };
        let outcome = execute::block(&self.state, &input)?;
        let mut made = Vec::new();
        for leaf in &outcome.leaves {
            let (hash, index) = (leaf.hash(), self.frontier.size());
            if index.is_multiple_of(BUCKET) {
                self.spaces.put_number(batch, Numbered::Bucket(index / BUCKET), height);
            }
            if let Leaf::Summary(summary) = leaf {
                self.spaces.put_number(batch, Numbered::Summary(summary.number), index);
                self.head.summaries = summary.number;
            }
            made.clear();
            self.frontier.append(hash, &mut made);
            self.tree.push(&made);
        }
        let (time, digest) = (outcome.chain_time, outcome.state_digest);
        let result = BlockResult::keep(first_leaf, time, digest, &outcome.leaves, &prepared.sources);
        self.spaces.put_block(batch, height, &block.to_bytes());
        self.spaces.put_result(batch, height, &result);
        self.state.change(outcome.writes)?;
        self.head.tip = block.tip();
        self.head.size = self.frontier.size();
        self.head.root = self.frontier.root();
        self.head.state_digest = digest;
        self.head.chain_time = time;
        self.head.pending = outcome.pending;
        self.head.next_due = outcome.next_due;
        // The range is empty where it begins when no alert rang.
        self.head.alerts = outcome.alerts.end.saturating_sub(1);
        for (moved, lane) in self.head.moved.iter_mut().zip(&block.header.lanes) {
            if lane.last >= lane.first {
                *moved = height;
            }
        }
        self.sets.after(&self.state, &self.chain, self.head.size)?;
        Ok(self.executed(block))
    }

    /// What was committed must be there before anybody is told so.
    fn read_back(&self, blocks: &[Block], head: &[u8]) -> Result<(), CoreError> {
        if self.spaces.single(Single::Tip)?.as_deref() != Some(head) {
            return Err(CoreError::damaged("the tip record does not read back"));
        }
        for block in blocks {
            let height = block.header.height;
            if self
                .spaces
                .block(height)?
                .is_none_or(|stored| stored.hash() != block.hash() || stored.bundles != block.bundles)
            {
                return Err(CoreError::damaged(format!("block {height} does not read back")));
            }
        }
        Ok(())
    }
}
