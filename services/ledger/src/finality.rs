//! When a checkpoint is final: q cosigners of the set of its size vouch for the one this ledger has computed itself.
//!
//! Pure. Every cosigner cosigns every block, whatever batches it makes, so that any two of them have heights in common.
//! Which set judges a height, the state after its block says. Signatures are verified only where q are claimed: under
//! load most heights become final through a later one.
//! Limits: `MAX_OPEN` heights wait; a chain whose finality has stalled for longer becomes final from its newest on.

use std::collections::BTreeMap;
use std::sync::Arc;

use proof::checkpoint::{Certificate, Checkpoint, Cosignature, Cosigner};
use proof::handover::CosignerSet;
use proof::sign::PublicKey;

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

/// A checkpoint of ours and the set that judges it.
struct Own {
    checkpoint: Checkpoint,
    set: Arc<CosignerSet>,
}

/// Checkpoints that wait to be final.
pub struct Finality {
    /// The highest final height.
    last: u64,
    /// Our checkpoints above it.
    own: BTreeMap<u64, Own>,
    /// Sets that judge a height above it, or may soon, by epoch.
    sets: BTreeMap<u32, Arc<CosignerSet>>,
    /// By height, the last word under each cosigner key.
    heard: BTreeMap<u64, BTreeMap<PublicKey, (Checkpoint, Cosignature)>>,
}

impl Finality {
    /// After the last final height, with the set that judges the next.
    pub fn new(set: Arc<CosignerSet>, last: u64) -> Self {
        Finality { last, own: BTreeMap::new(), sets: BTreeMap::from([(set.epoch, set)]), heard: BTreeMap::new() }
    }

    /// The highest final height.
    pub fn last(&self) -> u64 {
        self.last
    }

    /// This ledger has executed a height, which that set judges. Its own cosignature comes by [`Finality::vouch`] as
    /// everybody's.
    pub fn executed(&mut self, height: u64, checkpoint: Checkpoint, set: Arc<CosignerSet>) {
        self.expect(&set);
        if height > self.last {
            self.own.insert(height, Own { checkpoint, set });
        }
        while self.own.len() as u64 > MAX_OPEN {
            self.own.pop_first();
        }
    }

    /// A set was named: words of its cosigners for heights that we have not executed yet are kept.
    pub fn expect(&mut self, set: &Arc<CosignerSet>) {
        self.sets.entry(set.epoch).or_insert_with(|| Arc::clone(set));
    }

    /// Those whose words may count, the newest set's first.
    pub fn cosigners(&self) -> impl Iterator<Item = &Cosigner> {
        self.sets.values().rev().flat_map(|set| &set.cosigners)
    }

    /// The one under whose name and key a word is.
    pub fn cosigner(&self, word: &Cosignature) -> Option<&Cosigner> {
        self.cosigners().find(|cosigner| word.is_by(cosigner))
    }

    /// A cosigner's word; it counts only under the cosigner's own name. Heights far above ours wait for nothing. Anybody
    /// can write a name, so a word takes the place of another one only if its signature holds.
    pub fn vouch(&mut self, height: u64, certificate: Certificate) {
        let newest = self.own.last_key_value().map_or(self.last, |(height, _)| *height);
        if height <= self.last || height > newest + MAX_OPEN {
            return;
        }
        for cosignature in certificate.cosignatures {
            let Some(cosigner) = self.cosigner(&cosignature).cloned() else { continue };
            let heard = self.heard.entry(height).or_default();
            let believed = match heard.get(&cosigner.key) {
                None => true,
                Some((checkpoint, known)) if *checkpoint == certificate.checkpoint && *known == cosignature => false,
                Some(_) => cosignature.verify(&cosigner, &certificate.checkpoint),
            };
            if believed {
                heard.insert(cosigner.key, (certificate.checkpoint.clone(), cosignature));
            }
        }
    }

    /// Looks at these heights, highest first.
    pub fn settle(&mut self, mut heights: Vec<u64>) -> Verdict {
        heights.sort_unstable();
        for height in heights.into_iter().rev() {
            let (Some(own), Some(heard)) = (self.own.get(&height), self.heard.get(&height)) else { continue };
            let words = own.set.cosigners.iter().filter_map(|cosigner| heard.get(&cosigner.key));
            let (agreeing, others) = words.partition::<Vec<_>, _>(|(checkpoint, _)| *checkpoint == own.checkpoint);
            if let Some(certificate) = assemble(&own.set, &own.checkpoint, &agreeing) {
                return self.finalise(height, certificate);
            }
            // Others contradict us only together: q of them on one other checkpoint.
            let contradicts = |(other, _): &&(Checkpoint, Cosignature)| {
                let words = others.iter().copied().filter(|(checkpoint, _)| checkpoint == other).collect::<Vec<_>>();
                assemble(&own.set, other, &words).is_some()
            };
            if others.len() >= own.set.quorum() && others.iter().copied().any(|word| contradicts(&word)) {
                return Verdict::Contradicted(height);
            }
        }
        Verdict::Nothing
    }

    /// A whole certificate from somebody else; it is verified here. One for a size we have not reached says nothing yet.
    pub fn certificate(&mut self, certificate: &Certificate) -> Verdict {
        let size = certificate.checkpoint.size;
        let found = self.own.iter().rev().find(|(_, own)| own.checkpoint.size <= size);
        let Some((height, own)) = found.filter(|(_, own)| own.checkpoint.size == size) else {
            return Verdict::Nothing;
        };
        if own.set.verify(&own.checkpoint.origin, certificate).is_err() {
            return Verdict::Nothing;
        }
        let (height, agrees) = (*height, own.checkpoint == certificate.checkpoint);
        if agrees { self.finalise(height, certificate.clone()) } else { Verdict::Contradicted(height) }
    }

    /// A height is final whose checkpoint was ours before this table began; the caller has verified its certificate.
    pub fn settled(&mut self, height: u64, certificate: Certificate) -> Verdict {
        if height > self.last { self.finalise(height, certificate) } else { Verdict::Nothing }
    }

    fn finalise(&mut self, height: u64, certificate: Certificate) -> Verdict {
        self.last = height;
        let epoch = self.own.get(&height).map_or(0, |own| own.set.epoch);
        self.sets = self.sets.split_off(&epoch);
        self.own = self.own.split_off(&(height + 1));
        self.heard = self.heard.split_off(&(height + 1));
        Verdict::Final(height, certificate)
    }
}

/// What q words on one checkpoint make.
fn assemble(set: &CosignerSet, checkpoint: &Checkpoint, words: &[&(Checkpoint, Cosignature)]) -> Option<Certificate> {
    if words.len() < set.quorum() {
        return None;
    }
    let candidates = words.iter().map(|(_, cosignature)| cosignature.clone()).collect::<Vec<_>>();
    Certificate::assemble(checkpoint, &candidates, &set.cosigners, set.quorum())
}

#[cfg(test)]
mod tests;
