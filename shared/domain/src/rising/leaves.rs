//! The leaves that an anchor brings: read, proven in its checkpoint, and next in their order.

use proof::checkpoint::{Checkpoint, Cosigner};
use proof::leaf::{CosignersLeaf, Leaf, SummaryLeaf};
use proof::merkle;
use proof::sign::PublicKey;

use crate::chain::{ChainPath, MemberId, is_name};
use crate::event::ProvenLeaf;
use crate::genesis::cosigner_name;
use crate::refusal::{Code, Refusal};

use super::{ChildRecord, Summary};

/// What a leaf says.
pub(super) enum Brought {
    /// What changed below.
    Summary(Summary),
    /// Who cosigns the child from now on.
    Set(Set),
}

/// A child's new cosigner set.
pub(super) struct Set {
    pub(super) epoch: u32,
    pub(super) cosigners: Vec<(MemberId, PublicKey)>,
    pub(super) relays: Vec<PublicKey>,
}

/// Whether it says that it goes on where we are; that it does is for [`read`].
pub(super) fn is_new(child: &ChildRecord, proven: &ProvenLeaf) -> bool {
    match Leaf::from_bytes(&proven.leaf) {
        Some(Leaf::Summary(leaf)) => leaf.number > child.summary,
        Some(Leaf::Cosigners(leaf)) => leaf.epoch > child.epoch,
        _ => false,
    }
}

/// A leaf that is in the child's log and next in its order.
pub(super) fn read(child: &ChildRecord, proven: &ProvenLeaf, checkpoint: &Checkpoint) -> Result<Brought, Refusal> {
    if !is_in(proven, checkpoint) {
        return Err(wrong(Code::AnchorFork, "a leaf is not in the child's log at this size"));
    }
    match Leaf::from_bytes(&proven.leaf) {
        Some(Leaf::Summary(leaf)) => summary(child, &leaf).map(Brought::Summary),
        Some(Leaf::Cosigners(leaf)) => set(child, leaf).map(Brought::Set),
        _ => Err(wrong(Code::Malformed, "a leaf is neither a summary nor a cosigner set")),
    }
}

/// Whether a leaf is in the log of a checkpoint.
pub(super) fn is_in(proven: &ProvenLeaf, checkpoint: &Checkpoint) -> bool {
    let hash = merkle::leaf_hash(&proven.leaf);
    merkle::verify_inclusion(&hash, proven.index, checkpoint.size, &proven.inclusion, &checkpoint.root)
}

fn summary(child: &ChildRecord, leaf: &SummaryLeaf) -> Result<Summary, Refusal> {
    if leaf.number != child.summary.saturating_add(1) {
        return Err(wrong(Code::AnchorFork, "summaries rise in order of their numbers, without a gap"));
    }
    // A summary that its own chain derived but we cannot read would stop that child for ever, so we say it plainly.
    let summary = Summary::decode(&leaf.body).filter(|summary| summary.number == leaf.number);
    let summary = summary.ok_or_else(|| wrong(Code::Malformed, "a summary's body is not in canonical form"))?;
    if !summary.raised.iter().all(|alert| child.chain.covers(&alert.origin)) {
        return Err(wrong(Code::Malformed, "a raised alert arose outside the child"));
    }
    Ok(summary)
}

fn set(child: &ChildRecord, leaf: CosignersLeaf) -> Result<Set, Refusal> {
    if leaf.epoch <= child.epoch {
        return Err(wrong(Code::AnchorOld, "this cosigner set, or a later one, is known already"));
    }
    let cosigners = members(&leaf.cosigners, &child.chain);
    let cosigners = cosigners.ok_or_else(|| wrong(Code::Malformed, "a cosigner is not named as one of the child's"))?;
    Ok(Set { epoch: leaf.epoch, cosigners, relays: leaf.relays })
}

/// Members of a chain as its checkpoints name its cosigners.
pub(super) fn named(cosigners: &[(MemberId, PublicKey)], chain: &ChainPath) -> Vec<Cosigner> {
    let named = |(member, key): &(MemberId, PublicKey)| Cosigner { name: cosigner_name(member, chain), key: *key };
    cosigners.iter().map(named).collect()
}

/// The members behind the cosigners of a chain: names are `<member>.<path>`.
pub(super) fn members(cosigners: &[Cosigner], chain: &ChainPath) -> Option<Vec<(MemberId, PublicKey)>> {
    let member = |cosigner: &Cosigner| {
        let member = cosigner.name.strip_suffix(chain.as_str())?.strip_suffix('.')?;
        is_name(member).then(|| (member.to_owned(), cosigner.key))
    };
    cosigners.iter().map(member).collect()
}

fn wrong(code: Code, detail: &str) -> Refusal {
    Refusal::of(code, "leaves", detail)
}
