//! The roll-up proof: one text that shows, offline, what the total of a disease on a chain is the sum of. Each figure of
//! a child is in an anchor that the parent's log holds; each child that has children of its own may be broken down in
//! the same way, down to where the reports are.
//!
//! ```text
//! tocsin-rollup@v1
//! disease U07.1
//! handover 12                   how the top chain's cosigners became those of the certificate, if they changed; the
//!                               lines of `handover::text`
//!
//! chain cn 9f2c...              a chain and its id; the top chain first
//! total 0 suspected, 1 probable, 818 confirmed, 8 asymptomatic, 0 discarded
//! own 0 suspected, 1 probable, 0 confirmed, 0 asymptomatic, 0 discarded
//! part cn.32 0 suspected, 0 probable, 818 confirmed, 8 asymptomatic, 0 discarded
//! index 17                      where the chain's roll-up leaf is in its log
//! leaf QmFzZTY0...              the leaf, which says the same figures
//! CsUYapGGPo4dkMgIAUqom...      its inclusion proof, a hash a line
//!
//! anchor cn.32                  the event that brought the part's figure: for each part that has one, in the parts' order
//! index 5
//! signed QmFzZTY0...
//! leaf QmFzZTY0...
//! CsUYapGGPo4dkMgIAUqom...
//!
//! chain cn.32 6b1f...           a part's own roll-up, in the log that the anchor above brought; then the certificate
//! ```
//!
//! The figures stand in plain lines for people, and are held against each other and the leaves before any hash is, so
//! that what fails is named as the sum it is. It covers the total of all days; that no child is missing it shows only as
//! far as the reader names the children. Limits: [`MAX_LEVELS`], [`MAX_PARTS`] a chain, [`MAX_TEXT_BYTES`].

mod figures;
#[cfg(test)]
mod tests;
mod text;
mod verify;

pub use figures::{Gap, Gaps};
pub use verify::{RollupError, RollupFault, VerifiedLevel, VerifiedRollup};

use crate::checkpoint::Certificate;
use crate::digest::Digest;
use crate::handover::Handover;
pub use crate::leaf::MAX_PARTS;
use crate::leaf::{Counts, ProvenLeaf, RollupLeaf};
use crate::sign::ChainId;

/// The names of the five counts, in order.
pub const CLASSIFICATIONS: [&str; 5] = ["suspected", "probable", "confirmed", "asymptomatic", "discarded"];

/// Every chain of a nation that has children: provinces and, with counties below, some hundreds of prefectures.
pub const MAX_LEVELS: usize = 512;

/// A nation of 34 provinces and 333 prefectures has some 370 anchors of at most 24 KB; with counties, thousands of
/// short ones.
pub const MAX_TEXT_BYTES: usize = 32 * 1024 * 1024;

/// A total and what it is the sum of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RollupProof {
    /// ICD-10 code.
    pub disease: String,
    /// From the top chain's genesis cosigners to those of the certificate, in order; empty while they are the same.
    pub handovers: Vec<Handover>,
    /// The top chain first, every other one behind the chain that it is a part of.
    pub levels: Vec<RollupLevel>,
    /// The top chain's final checkpoint.
    pub certificate: Certificate,
}

/// One chain's sum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RollupLevel {
    /// The chain's path.
    pub chain: String,
    /// The chain's id: its log's origin holds 8 bytes of it, the anchors' event ids the whole.
    pub chain_id: ChainId,
    /// The plain lines.
    pub figures: Figures,
    /// The chain's roll-up leaf, in the certificate's log or in that of the anchor above.
    pub sum: ProvenLeaf,
    /// For each part that a summary brought, the anchor that carried it, in the leaf's order of parts.
    pub anchors: Vec<AnchorStep>,
}

/// A sum as people read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figures {
    /// The total.
    pub total: Counts,
    /// What the chain accepted by itself.
    pub own: Counts,
    /// The children's parts, by path.
    pub parts: Vec<(String, Counts)>,
}

/// The event that brought a child's figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnchorStep {
    /// The child's path.
    pub child: String,
    /// The anchor's signed bytes.
    pub signed: Vec<u8>,
    /// Its leaf's bytes.
    pub leaf: Vec<u8>,
    /// The leaf's index.
    pub index: u64,
    /// The inclusion proof in the log that the roll-up leaf is in.
    pub inclusion: Vec<Digest>,
}

impl Figures {
    /// Those of a leaf.
    pub fn of(leaf: &RollupLeaf) -> Self {
        let parts = leaf.parts.iter().map(|part| (part.child.clone(), part.counts));
        Figures { total: leaf.total, own: leaf.own, parts: parts.collect() }
    }
}
