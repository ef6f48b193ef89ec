//! A block's leaves: those that executing it gives against those of the log, and where execution has ended, those of the
//! log against the block's bytes and against each other.

use std::collections::HashMap;

use domain::execute::BundleInput;
use proof::block::Block;
use proof::digest::Digest;
use proof::leaf::{EventLeaf, Leaf, OK};
use proof::merkle::leaf_hash;

use super::Walk;
use crate::audit::anchors::{self, Anchored};
use crate::audit::log::{Claim, by_files};
use crate::audit::text;
use crate::core::inputs::Prepared;

impl Walk<'_> {
    /// Executes the block and holds what comes of it against the log.
    pub(super) fn execute(&mut self, height: u64, block: &Block, prepared: Prepared) {
        let anchors = anchors::within(&prepared);
        let outcome = match self.replay.execute(block, prepared.bundles) {
            Ok(outcome) => outcome,
            Err(fault) => {
                self.cannot_execute(height, fault.to_string(), String::new());
                self.by_log(height, None);
                return;
            }
        };
        let mut differs = None;
        for leaf in &outcome.leaves {
            differs = self.compare(leaf);
            if let Leaf::Event(leaf) = leaf {
                self.anchored(leaf, &anchors);
            }
            if differs.is_some() {
                break;
            }
        }
        // The block's own leaf is the last that the rules give.
        let beyond = |claim: &Claim| claim.leaf().is_some_and(|leaf| leaf.height() <= height);
        if differs.is_none()
            && let Some(claim) = self.log.take_if(&mut self.book, beyond)
        {
            differs = Some(format!("leaf {} of the log is none that the rules give", claim.index));
            self.log.believe(by_files(&claim).0, &mut self.book);
        }
        match differs {
            None => self.end(block.hash()),
            Some(what) => self.differs(height, block, what),
        }
    }

    /// Keeps the anchor that an event's leaf says was taken, if it is one.
    fn anchored(&mut self, leaf: &EventLeaf, anchors: &[Anchored]) {
        self.anchors.extend(anchors.iter().find(|anchor| leaf.code == OK && anchor.event == leaf.event).cloned());
    }

    /// Holds a leaf that the rules give against the log; says what differs.
    fn compare(&mut self, leaf: &Leaf) -> Option<String> {
        let bytes = leaf.to_bytes();
        let hash = leaf_hash(&bytes);
        let Some(claim) = self.log.take(&mut self.book) else {
            return Some("the log ends within this block".to_owned());
        };
        let entry = claim.entry.as_ref().map(|entry| *entry == bytes);
        let tile = claim.hash.map(|claimed| claimed == hash);
        if entry != Some(true) && tile != Some(true) && (entry, tile) != (None, None) {
            self.log.believe(by_files(&claim).0, &mut self.book);
            return Some(text::differ(claim.leaf().as_ref(), leaf, claim.index));
        }
        let size = self.log.size();
        if entry == Some(false) {
            self.book.problem(claim.entry_place(size), "not the leaf that its tile and the rules give", "");
        }
        if tile == Some(false) {
            self.book.problem(claim.hash_place(size), "not the hash that its entry and the rules give", "");
        }
        self.log.believe(Some(hash), &mut self.book);
        self.events += u64::from(matches!(leaf, Leaf::Event(_)));
        None
    }

    /// The rules do not give what the log holds: either the log is about another block than this one, or those who
    /// cosigned it vouch for what the rules do not give.
    fn differs(&mut self, height: u64, block: &Block, what: String) {
        self.stopped = Some(height);
        self.by_log(height, None);
        let place = format!("block {height}");
        match self.hash {
            Some(hash) if hash != block.hash() => self.other_block(height, block, &hash),
            _ => {
                let what = format!("{what}; from here on nothing is executed again, only held against the log");
                self.book.against_log(place, what, None);
            }
        }
    }

    /// A sealer signed a block that is not the one the log was made of.
    fn other_block(&mut self, height: u64, block: &Block, log: &Digest) {
        let what = format!("the block here is {}, that of the log is {log}", block.hash());
        self.book.problem(format!("block {height}"), what, self.sealer(block));
    }

    /// Takes the leaves of a block as the files have them, and holds the block against them as far as it is there. Gives
    /// those of events with their indices.
    pub(super) fn by_log(&mut self, height: u64, block: Option<(&Block, &Prepared)>) -> Vec<(u64, EventLeaf)> {
        let mut told = Vec::new();
        let entries = block.map(|(_, prepared)| entries(prepared)).unwrap_or_default();
        let anchors = block.map(|(_, prepared)| anchors::within(prepared)).unwrap_or_default();
        loop {
            let within = |claim: &Claim| claim.leaf().is_none_or(|leaf| leaf.height() <= height);
            let Some(claim) = self.log.take_if(&mut self.book, within) else {
                self.hash = None;
                self.height += 1;
                self.book.problem(format!("block {height}"), "the log has no leaf of its end", "");
                return told;
            };
            let (hash, agree) = by_files(&claim);
            if !agree {
                let what = format!("not the leaf whose hash is in {}", claim.hash_place(self.log.size()));
                self.book.problem(claim.entry_place(self.log.size()), what, "");
            }
            self.log.believe(hash, &mut self.book);
            match claim.leaf() {
                Some(Leaf::Event(leaf)) => {
                    self.events += u64::from(block.is_some());
                    self.anchored(&leaf, &anchors);
                    let found = entries.get(&(leaf.event, leaf.signed));
                    if block.is_some() && !found.is_some_and(|sound| *sound || leaf.code != OK) {
                        let what = format!("leaf {} is of no event of this block that is signed soundly", claim.index);
                        self.book.against_log(format!("block {height}"), what, None);
                    }
                    told.push((claim.index, leaf));
                }
                Some(Leaf::Block(leaf)) => {
                    if let Some((block, _)) = block.filter(|(block, _)| block.hash() != leaf.block) {
                        self.other_block(height, block, &leaf.block);
                    }
                    self.end(leaf.block);
                    return told;
                }
                _ => {}
            }
        }
    }
}

/// Everything in a block that can have a leaf, and whether it is signed soundly.
fn entries(prepared: &Prepared) -> HashMap<(Digest, Digest), bool> {
    let mut found = prepared.sources.iter().map(|source| (*source, false)).collect::<HashMap<_, _>>();
    for bundle in &prepared.bundles {
        if let BundleInput::Bundle { events, .. } = bundle {
            found.extend(events.iter().flatten().map(|event| ((event.id, event.signed), true)));
        }
    }
    found
}
