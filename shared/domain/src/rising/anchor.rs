//! Anchors: what a child's final checkpoint and summaries do to its parent.
//!
//! Several relays may carry the same: the first counts, the others are refused as old. A relay names the version of
//! `child/<path>` it built on in `expect[]`, so that one who lost the race hears PRECONDITION_FAILED and not that his
//! consistency proof, from another size, is a fork.

use proof::checkpoint::{Certificate, Cosigner, origin};
use proof::digest::Digest;
use proof::leaf::Leaf;
use proof::merkle;

use crate::alert;
use crate::chain::ChainPath;
use crate::event::{Anchor, Event, EventId, ProvenLeaf};
use crate::genesis::{NodeRole, cosigner_name, quorum};
use crate::keys;
use crate::record::{MemberRecord, Outcome};
use crate::refusal::{Code, Refusal};
use crate::report::Counts;
use crate::report::totals::{move_day, move_total};
use crate::rule::{self, Act, Halt, Scene};
use crate::state::{Draft, Fault};

use super::{ChildRecord, EscalatedRecord, Summary};

/// The child that an anchor is of, if it was admitted here.
fn child_of(draft: &mut Draft<'_>, anchor: &Anchor) -> Result<ChildRecord, Halt> {
    let path = ChainPath::parse(&anchor.child);
    let child = match &path {
        Some(path) => draft.get::<ChildRecord>(&keys::child(path))?,
        None => None,
    };
    let unknown = || Refusal::of(Code::UnknownChild, "child", "no child chain of that path was admitted");
    Ok(child.ok_or_else(unknown)?)
}

/// Who states an anchor: the child itself, by one of its relay keys. It is no member here and has no roles.
pub(crate) fn relay(draft: &mut Draft<'_>, event: &Event, anchor: &Anchor) -> Result<MemberRecord, Halt> {
    let child = child_of(draft, anchor)?;
    if !child.relays.contains(&event.author) {
        let detail = "an anchor is signed with a relay key of the child";
        return Err(rule::not_a_key(draft, event, detail)?.into());
    }
    Ok(MemberRecord {
        id: child.chain.to_string(),
        name: child.chain.to_string(),
        node_role: NodeRole::Common,
        roles: Vec::new(),
        sector: String::new(),
        regions: Vec::new(),
        cosigner: false,
        active: true,
    })
}

/// Takes a child's anchor.
pub(crate) fn decide(draft: &mut Draft<'_>, act: &Act<'_>, anchor: &Anchor) -> Result<Outcome, Halt> {
    let mut child = child_of(draft, anchor)?;
    let certificate = follows(&child, anchor)?;
    let (size, root) = (certificate.checkpoint.size, certificate.checkpoint.root);
    for proven in &anchor.leaves {
        let summary = summary(&child, proven, size, &root)?;
        child.summary = summary.number;
        take(draft, act.scene, &child.chain, &summary)?;
    }
    child.size = size;
    child.root = root;
    child.anchored_at = act.scene.now;
    child.anchor = Some(act.submitted.id);
    draft.put(keys::child(&child.chain), &child);
    Ok(Outcome::Accepted)
}

/// The certificate, if the child's cosigners vouch for it and it continues what was anchored last.
fn follows(child: &ChildRecord, anchor: &Anchor) -> Result<Certificate, Refusal> {
    let malformed = || Refusal::of(Code::Malformed, "checkpoint", "not a checkpoint note in canonical form");
    let certificate = Certificate::parse(&anchor.checkpoint).ok_or_else(malformed)?;
    let cosigners =
        child.cosigners.iter().map(|(member, key)| Cosigner { name: cosigner_name(member, &child.chain), key: *key });
    let log = origin(child.chain.as_str(), &child.chain_id);
    certificate
        .verify(&log, &cosigners.collect::<Vec<_>>(), quorum(child.cosigners.len()))
        .map_err(|error| Refusal::of(Code::AnchorQuorum, "checkpoint", error.to_string()))?;
    let fork = |detail: &str| Refusal::of(Code::AnchorFork, "consistency", detail);
    let (size, root) = (certificate.checkpoint.size, &certificate.checkpoint.root);
    if size == child.size && size != 0 && *root != child.root {
        return Err(fork("the child's cosigners vouched for another root at this size"));
    }
    if size <= child.size {
        return Err(Refusal::of(Code::AnchorOld, "checkpoint", "this size, or a larger one, is anchored already"));
    }
    let consistent = if child.size == 0 {
        anchor.consistency.is_empty()
    } else {
        merkle::verify_consistency(child.size, size, &child.root, root, &anchor.consistency)
    };
    if consistent { Ok(certificate) } else { Err(fork("the log does not continue the one anchored last")) }
}

/// A summary that is in the child's log and next in number.
fn summary(child: &ChildRecord, proven: &ProvenLeaf, size: u64, root: &Digest) -> Result<Summary, Refusal> {
    let wrong = |code: Code, detail: &str| Refusal::of(code, "summaries", detail);
    let hash = merkle::leaf_hash(&proven.leaf);
    if !merkle::verify_inclusion(&hash, proven.index, size, &proven.inclusion, root) {
        return Err(wrong(Code::AnchorFork, "a summary is not in the child's log at this size"));
    }
    let Some(Leaf::Summary(leaf)) = Leaf::from_bytes(&proven.leaf) else {
        return Err(wrong(Code::Malformed, "a leaf is not a summary leaf"));
    };
    if leaf.number != child.summary.saturating_add(1) {
        return Err(wrong(Code::AnchorFork, "summaries rise in order of their numbers, without a gap"));
    }
    // A summary that its own chain derived but we cannot read would stop that child for ever, so we say it plainly.
    let summary = Summary::decode(&leaf.body).filter(|summary| summary.number == leaf.number);
    let summary = summary.ok_or_else(|| wrong(Code::Malformed, "a summary's body is not in canonical form"))?;
    let below = |origin: &ChainPath| child.chain.covers(origin);
    if !summary.raised.iter().all(|alert| below(&alert.origin)) {
        return Err(wrong(Code::Malformed, "a raised alert arose outside the child"));
    }
    Ok(summary)
}

/// Replaces the child's part of the totals and has its alerts ring here.
fn take(draft: &mut Draft<'_>, scene: &Scene, child: &ChainPath, summary: &Summary) -> Result<(), Fault> {
    for total in &summary.totals {
        match total.date {
            None => {
                let before = replace(draft, keys::child_total(child, &total.disease), &total.counts)?;
                move_total(draft, scene, &total.disease, &before, &total.counts)?;
            }
            Some(date) => {
                let before = replace(draft, keys::child_day(child, &total.disease, date), &total.counts)?;
                move_day(draft, scene, &total.disease, date, &before, &total.counts)?;
            }
        }
    }
    for raised in &summary.raised {
        alert::enter(draft, scene, raised.clone())?;
    }
    for event in &summary.escalated {
        escalate(draft, scene, child, event);
    }
    Ok(())
}

fn replace(draft: &mut Draft<'_>, key: Vec<u8>, counts: &Counts) -> Result<Counts, Fault> {
    let before = draft.get::<Counts>(&key)?.unwrap_or_default();
    draft.put(key, counts);
    Ok(before)
}

fn escalate(draft: &mut Draft<'_>, scene: &Scene, child: &ChainPath, event: &EventId) {
    let record = EscalatedRecord { at: scene.now, height: scene.height };
    draft.put(keys::escalated(child, event), &record);
}
