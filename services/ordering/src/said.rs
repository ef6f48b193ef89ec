//! What the cosigners said last: how far they are, what they want, and whose blocks they vote to end.
//!
//! Pure. Notes are not signed, so nobody's word counts alone: an empty block is cut when so many want one that an honest
//! one is among them, and certificates and votes are verified. Limits: the notes of the cosigners of today.

use std::collections::{BTreeMap, BTreeSet};

use domain::chain::MemberId;
use proof::checkpoint::Certificate;
use proof::exclusion::{ExclusionCertificate, ExclusionVote};
use proof::handover::CosignerSet;
use proof::sign::PublicKey;
use wire::cosign::CosignNote;

use crate::tail::Tail;

/// The last words.
#[derive(Debug, Default)]
pub struct Said {
    notes: BTreeMap<MemberId, Word>,
    /// The newest certificate that was verified because somebody needed it.
    certificate: Option<Certificate>,
}

/// One cosigner's.
#[derive(Debug)]
struct Word {
    height: u64,
    wants_block: bool,
    wants_certificate: bool,
    exclusions: Vec<ExclusionCertificate>,
}

impl Said {
    /// Takes a note, if it is a cosigner's of today.
    pub fn hear(&mut self, payload: &[u8], tail: &Tail) {
        let Ok(note) = CosignNote::decode(payload) else { return };
        let best = note.best.as_deref().and_then(Certificate::parse);
        let word = Word {
            height: note.height,
            wants_block: note.wants_block,
            wants_certificate: note.wants_certificate,
            exclusions: note.exclusions,
        };
        let wants_certificate = word.wants_certificate;
        self.notes.retain(|member, _| tail.cosigns(member));
        if tail.cosigns(&note.member) {
            self.notes.insert(note.member, word);
        }
        let Some(best) = best else { return };
        let newer = self.certificate.as_ref().is_none_or(|held| best.checkpoint.size > held.checkpoint.size);
        if newer && (tail.would_advance(&best) || wants_certificate) && tail.accepts(&best) {
            self.certificate = Some(best);
        }
    }

    /// The tail moved on: a certificate that serves nothing any more is forgotten.
    pub fn moved(&mut self, tail: &Tail) {
        if self.certificate(tail).is_none() {
            self.certificate = None;
        }
    }

    /// The certificate for the next header: one that moves chain time, or that a named cosigner set waits for.
    pub fn certificate(&self, tail: &Tail) -> Option<&Certificate> {
        let wanted = |certificate: &&Certificate| tail.would_advance(certificate) || self.wants_handover(tail);
        self.certificate.as_ref().filter(wanted)
    }

    /// Whether an empty block is wanted so that chain time passes.
    pub fn wants_block(&self, tail: &Tail) -> bool {
        self.want(tail, |word| word.wants_block)
    }

    /// Whether a named cosigner set waits for a certificate.
    pub fn wants_handover(&self, tail: &Tail) -> bool {
        self.want(tail, |word| word.wants_certificate)
    }

    /// Whether so many say so that one of them is honest.
    fn want(&self, tail: &Tail, wants: impl Fn(&Word) -> bool) -> bool {
        self.notes.values().filter(|word| wants(word)).count() >= honest_among(tail.cosigners())
    }

    /// The height that at least one honest ledger has reached.
    pub fn followed(&self, tail: &Tail) -> u64 {
        let mut heights = self.notes.values().map(|word| word.height).collect::<Vec<_>>();
        heights.sort_unstable_by(|one, other| other.cmp(one));
        honest_among(tail.cosigners()).checked_sub(1).and_then(|place| heights.get(place)).copied().unwrap_or(0)
    }

    /// The exclusion of a sealer that q cosigners voted for and that is still to be carried out; nobody carries his own.
    pub fn exclusion(&self, tail: &Tail, own: &PublicKey) -> Option<ExclusionCertificate> {
        let next = tail.height() + 1;
        let voted = self
            .notes
            .values()
            .flat_map(|word| &word.exclusions)
            .filter(|vote| vote.sealer != *own && vote.height < next && tail.seals(&vote.sealer, next));
        let subjects = voted.clone().map(|vote| (vote.sealer, vote.height)).collect::<BTreeSet<_>>();
        subjects.into_iter().find_map(|(sealer, height)| {
            let same = voted.clone().filter(|vote| (vote.sealer, vote.height) == (sealer, height));
            let votes = same.flat_map(|vote| vote.votes.iter().cloned()).collect::<Vec<ExclusionVote>>();
            ExclusionCertificate::assemble(tail.chain(), sealer, height, &votes, tail.cosigners())
        })
    }
}

/// n - q + 1 of n: no more may lie.
fn honest_among(set: &CosignerSet) -> usize {
    (set.cosigners.len() + 1).saturating_sub(set.quorum()).max(1)
}

#[cfg(test)]
mod tests;
