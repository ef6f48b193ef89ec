//! Reading everything a ledger stores and deriving it again, before it says a word: the chain of blocks with their
//! signatures and bodies, every leaf and subtree up to the root that was cosigned, the indexes, and the sum of the state.
//!
//! It does not execute the blocks again: the state after them is held against the sum that was kept while they were
//! executed, so that a start costs some ten seconds for a million events, not a replay.

use domain::keys;
use domain::state::Versioned;
use proof::block::Tip;
use proof::checkpoint::Certificate;
use proof::digest::Digest;
use proof::leaf::Leaf;
use proof::merkle::{Frontier, Node, root_at};

use super::state::{Sum, collect};
use super::store::{BUCKET, Numbered, Single, Spaces};
use super::tip::Head;
use super::tree::{ROW, StoredTree};
use super::{Core, CoreError, inputs};
use crate::chain::Chain;
use crate::sets;

/// Entries of the state read at a time.
const PAGE: usize = 1024;

impl Core {
    /// Checks everything that is stored; the first thing wrong is named.
    pub(crate) fn scrub(&self) -> Result<(), CoreError> {
        let mut walk = Walk {
            spaces: &self.spaces,
            chain: &self.chain,
            tip: Tip::genesis(self.chain.id()),
            frontier: Frontier::default(),
            row: Vec::new(),
            rows: 0,
        };
        for height in 1..=self.head.tip.height {
            walk.block(height)?;
        }
        walk.end(&self.head)?;
        state(&self.spaces, &self.head)?;
        // What is not derived again is at least read, and so held against its checksums.
        self.spaces.store.scrub(&self.spaces.index)?;
        certificate(self)
    }
}

struct Walk<'a> {
    spaces: &'a Spaces,
    chain: &'a Chain,
    tip: Tip,
    frontier: Frontier,
    row: Vec<Digest>,
    rows: u64,
}

impl Walk<'_> {
    fn block(&mut self, height: u64) -> Result<(), CoreError> {
        let wrong = |what: &str| CoreError::damaged(format!("block {height}: {what}"));
        let block = self.spaces.block(height)?.ok_or_else(|| wrong("missing"))?;
        block.check_alone(self.chain.id()).map_err(|error| wrong(&error.to_string()))?;
        block.check_follows(&self.tip).map_err(|error| wrong(&error.to_string()))?;
        let result = self.spaces.result(height)?.ok_or_else(|| wrong("its results are missing"))?;
        if result.first_leaf != self.frontier.size() {
            return Err(wrong("its leaves do not follow the ones before"));
        }
        let sources = inputs::sources(self.chain.id(), &block);
        let (mut made, mut last) = (Vec::new(), None);
        for at in 0..result.leaves.len() {
            let leaf = result.leaf(at, height, &sources).ok_or_else(|| wrong("a leaf does not derive"))?;
            let index = self.frontier.size();
            if index.is_multiple_of(BUCKET) && self.spaces.number(Numbered::Bucket(index / BUCKET))? != Some(height) {
                return Err(wrong("the leaf index is wrong"));
            }
            if let Leaf::Summary(summary) = &leaf
                && self.spaces.number(Numbered::Summary(summary.number))? != Some(index)
            {
                return Err(wrong("the summary index is wrong"));
            }
            self.frontier.append(leaf.hash(), &mut made);
            last = Some(leaf);
        }
        match last {
            Some(Leaf::Block(leaf)) if leaf.block == block.hash() && leaf.state == result.state_digest => {}
            _ => return Err(wrong("its last leaf is not its own")),
        }
        self.tip = block.tip();
        self.subtrees(&made)
    }

    /// Holds completed subtrees against the stored rows.
    fn subtrees(&mut self, made: &[Node]) -> Result<(), CoreError> {
        for node in made {
            self.row.push(node.hash);
            if self.row.len() as u64 == ROW {
                self.whole_row()?;
            }
        }
        Ok(())
    }

    fn whole_row(&mut self) -> Result<(), CoreError> {
        let bytes = self.row.drain(..).flat_map(|hash| hash.0).collect::<Vec<_>>();
        if self.spaces.tree.get(self.rows.to_be_bytes())?.as_deref() != Some(&bytes) {
            return Err(CoreError::damaged(format!("row {} of the tree is not what the leaves give", self.rows)));
        }
        self.rows += 1;
        Ok(())
    }

    fn end(mut self, head: &Head) -> Result<(), CoreError> {
        if !self.row.is_empty() {
            self.whole_row()?;
        }
        if self.tip != head.tip || self.frontier.size() != head.size || self.frontier.root() != head.root {
            return Err(CoreError::damaged("the log does not end at the checkpoint that was cosigned"));
        }
        let beyond = (head.tip.height + 1).to_be_bytes();
        if self.spaces.blocks.range(beyond, [0xff; 9]).next().is_some() {
            return Err(CoreError::damaged("there are blocks beyond the tip"));
        }
        Ok(())
    }
}

/// The stored state adds up, and ends at the digest in the last block leaf.
fn state(spaces: &Spaces, head: &Head) -> Result<(), CoreError> {
    let mut sum = Sum::default();
    let mut entries = spaces.state.entries();
    loop {
        let page = collect(entries.by_ref(), PAGE)?;
        page.iter().for_each(|(key, stored)| sum.add(key, stored));
        if page.len() < PAGE {
            break;
        }
    }
    if sum != head.sum {
        return Err(CoreError::damaged("the state does not add up"));
    }
    let digest = spaces.state.get(keys::digest())?.and_then(|bytes| Versioned::from_bytes(&bytes));
    match digest {
        Some(stored) if stored.value == head.state_digest.0 => Ok(()),
        None if head.tip.height == 0 => Ok(()),
        _ => Err(CoreError::damaged("the state has not the digest of the last block")),
    }
}

/// The stored certificate is final and of this log.
fn certificate(core: &Core) -> Result<(), CoreError> {
    let Core { spaces, chain, head, state, .. } = core;
    let Some(text) = spaces.single(Single::Certificate)? else { return Ok(()) };
    let certificate = str::from_utf8(&text).ok().and_then(Certificate::parse);
    let certificate = certificate.ok_or_else(|| CoreError::damaged("the certificate does not parse"))?;
    let checkpoint = &certificate.checkpoint;
    let set = sets::of_size(state, chain.path(), checkpoint.size)?;
    set.verify(&chain.origin, &certificate).map_err(|error| CoreError::damaged(error.to_string()))?;
    if checkpoint.size > head.size
        || root_at(&StoredTree::new(spaces.tree.clone()), checkpoint.size)? != checkpoint.root
    {
        return Err(CoreError::damaged("the final checkpoint is not of this log"));
    }
    Ok(())
}
