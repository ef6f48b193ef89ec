//! When a checkpoint is final: q cosigners vouch for the one this ledger has computed itself.
//!
//! Pure. Every cosigner cosigns every block, whatever batches it makes, so that any two of them have heights in common.
//! Signatures are verified only where q are claimed: under load most heights become final through a later one.
//! Limits: [`MAX_OPEN`] heights wait; a chain whose finality has stalled for longer becomes final from its newest on.

use std::collections::BTreeMap;
use std::sync::Arc;

use proof::checkpoint::{Certificate, Checkpoint, Cosignature};

use crate::chain::Chain;

/// Heights that may wait for cosignatures: 13 minutes of the fastest sealing at 5 blocks a second, 3 MB.
const MAX_OPEN: u64 = 4096;

/// What a note changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing.
    Nothing,
    /// A height is final.
    Final(u64, Certificate),
    /// q cosigners vouch for another checkpoint than ours: our copy is wrong.
    Contradicted(u64),
}

/// Checkpoints that wait to be final.
pub struct Finality {
    chain: Arc<Chain>,
    /// The highest final height.
    last: u64,
    /// Our checkpoints above it.
    own: BTreeMap<u64, Checkpoint>,
    /// By height, the last word of each cosigner, in the chain's order of cosigners.
    heard: BTreeMap<u64, Vec<Option<(Checkpoint, Cosignature)>>>,
}

impl Finality {
    /// After the last final height.
    pub fn new(chain: Arc<Chain>, last: u64) -> Self {
        Finality { chain, last, own: BTreeMap::new(), heard: BTreeMap::new() }
    }

    /// The highest final height.
    pub fn last(&self) -> u64 {
        self.last
    }

    /// This ledger has executed a height. Its own cosignature comes by [`Finality::vouch`] as everybody's.
    pub fn executed(&mut self, height: u64, checkpoint: Checkpoint) {
        if height > self.last {
            self.own.insert(height, checkpoint);
        }
        while self.own.len() as u64 > MAX_OPEN {
            self.own.pop_first();
        }
    }

    /// A cosigner's word; it counts only under the cosigner's own name. Heights far above ours wait for nothing. Anybody
    /// can write a name, so a word takes the place of another one only if its signature holds.
    pub fn vouch(&mut self, height: u64, certificate: Certificate) {
        let newest = self.own.last_key_value().map_or(self.last, |(height, _)| *height);
        if height <= self.last || height > newest + MAX_OPEN {
            return;
        }
        for cosignature in certificate.cosignatures {
            let place = self.chain.cosigners.iter().position(|cosigner| cosignature.is_by(cosigner));
            let heard = self.heard.entry(height).or_insert_with(|| vec![None; self.chain.cosigners.len()]);
            let Some((slot, cosigner)) =
                place.and_then(|place| heard.get_mut(place).zip(self.chain.cosigners.get(place)))
            else {
                continue;
            };
            let believed = match slot {
                None => true,
                Some((checkpoint, known)) if *checkpoint == certificate.checkpoint && *known == cosignature => false,
                Some(_) => cosignature.verify(cosigner, &certificate.checkpoint),
            };
            if believed {
                *slot = Some((certificate.checkpoint.clone(), cosignature));
            }
        }
    }

    /// Looks at these heights, highest first.
    pub fn settle(&mut self, mut heights: Vec<u64>) -> Verdict {
        heights.sort_unstable();
        for height in heights.into_iter().rev() {
            let (Some(own), Some(heard)) = (self.own.get(&height), self.heard.get(&height)) else { continue };
            let words = heard.iter().flatten();
            let (agreeing, others) = words.partition::<Vec<_>, _>(|(checkpoint, _)| checkpoint == own);
            if let Some(certificate) = self.assemble(own, &agreeing) {
                return self.finalise(height, certificate);
            }
            // Others contradict us only together: q of them on one other checkpoint.
            if let Some((other, _)) = others.first()
                && self.assemble(other, &others).is_some()
            {
                return Verdict::Contradicted(height);
            }
        }
        Verdict::Nothing
    }

    fn assemble(&self, checkpoint: &Checkpoint, words: &[&(Checkpoint, Cosignature)]) -> Option<Certificate> {
        if words.len() < self.chain.quorum {
            return None;
        }
        let candidates = words.iter().map(|(_, cosignature)| cosignature.clone()).collect::<Vec<_>>();
        Certificate::assemble(checkpoint, &candidates, &self.chain.cosigners, self.chain.quorum)
    }

    /// A whole certificate from somebody else; it is verified here. One for a size we have not reached says nothing yet.
    pub fn certificate(&mut self, certificate: &Certificate) -> Verdict {
        let size = certificate.checkpoint.size;
        let Some((height, own)) =
            self.own.iter().rev().find(|(_, own)| own.size <= size).filter(|(_, own)| own.size == size)
        else {
            return Verdict::Nothing;
        };
        let (height, agrees) = (*height, *own == certificate.checkpoint);
        if self.chain.is_final(certificate).is_err() {
            return Verdict::Nothing;
        }
        if agrees { self.finalise(height, certificate.clone()) } else { Verdict::Contradicted(height) }
    }

    fn finalise(&mut self, height: u64, certificate: Certificate) -> Verdict {
        self.last = height;
        self.own = self.own.split_off(&(height + 1));
        self.heard = self.heard.split_off(&(height + 1));
        Verdict::Final(height, certificate)
    }
}

#[cfg(test)]
mod tests;
