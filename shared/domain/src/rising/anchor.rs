//! Anchors: what a child's final checkpoint and the derived leaves beside it do to its parent.
//!
//! An anchor carries three things: a *certificate* (the child's checkpoint with exactly q of its cosigners), leaves
//! proven in that checkpoint, in log order, and a *consistency proof* between that checkpoint and the one anchored last:
//!
//! | the checkpoint is | `consistency` goes | and the anchor is taken |
//! |---|---|---|
//! | larger than the one anchored last | from the anchored size to its own (empty when nothing was anchored) | always |
//! | as large | nowhere: empty, and the roots are equal | if it brings a leaf that is new here |
//! | smaller | from its own size to the anchored one | if it brings a leaf that is new here |
//!
//! A *late* anchor (the last two rows) moves neither the anchored size nor its event and is no sign of life; it is there
//! so that a cosigner set can be handed over by a certificate of the set before although a later size was anchored, and
//! so that a relay which anchors without leaves cannot keep the summaries of the others out.
//!
//! Leaves (`leaves`): summaries by number, the next one first and without a gap; and [`proof::leaf::CosignersLeaf`]s of
//! an epoch above the one known. The last of those becomes the child's set, with its relays and its epoch. The
//! certificate beside it is judged by the set known *before*, the next one by the new set: whoever hands a set over
//! picks a certificate of the old set that covers the leaf (the child's own header carried one), and follows with a
//! certificate of the new set. Epochs may be skipped where one certificate covers several leaves.
//!
//! Several relays may carry the same: the first counts, the others are refused as old. A relay names the version of
//! `child/<path>` it built on in `expect[]`, so that one who lost the race hears PRECONDITION_FAILED and not that his
//! consistency proof, from another size, is a fork.
//!
//! Refusals: ANCHOR_QUORUM, the set known here does not vouch. ANCHOR_OLD, not larger and nothing new. ANCHOR_FORK, the
//! two checkpoints do not continue each other, a leaf is not in its checkpoint, or summaries have a gap. MALFORMED, a
//! leaf that has no business here. Limits: an event body of 16 KiB, which holds at most 64 leaves (`form`), and within
//! it whatever sets and summaries fit; what does not fit goes with a later anchor.

use proof::checkpoint::{Certificate, Checkpoint, origin};
use proof::merkle;

use crate::act::{Act, Halt, not_a_key};
use crate::chain::ChainPath;
use crate::event::{Anchor, Event};
use crate::genesis::{NodeRole, quorum};
use crate::keys;
use crate::record::{MemberRecord, Outcome};
use crate::refusal::{Code, Refusal};

use crate::state::Draft;
use crate::time::Millis;

use super::leaves::{self, Brought};
use super::taken::{self, Carrier};
use super::{ChildRecord, silence};

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
        return Err(not_a_key(draft, event, detail)?.into());
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
    let certificate = vouched(&child, anchor)?;
    let checkpoint = &certificate.checkpoint;
    let newer = follows(&child, anchor, checkpoint)?;
    let carrier = Carrier {
        event: act.submitted.id,
        size: checkpoint.size,
        // The child's own clock, which no minority of its cosigners moves; ours may be hours old on a quiet chain.
        at: act.scene.now.max(Millis(certificate.time_s().saturating_mul(1000))),
    };
    for proven in &anchor.leaves {
        match leaves::read(&child, proven, checkpoint)? {
            Brought::Summary(summary) => {
                child.summary = summary.number;
                taken::summary(draft, act.scene, &child.chain, &carrier, &summary)?;
            }
            Brought::Set(set) => {
                child.epoch = set.epoch;
                child.cosigners = set.cosigners;
                // A set without a relay key would be the last thing this child could ever say.
                if !set.relays.is_empty() {
                    child.relays = set.relays;
                }
            }
        }
    }
    if newer {
        silence::heard(draft, act.scene, &mut child)?;
        child.size = checkpoint.size;
        child.root = checkpoint.root;
        child.anchor = Some(act.submitted.id);
    }
    draft.put(keys::child(&child.chain), &child);
    Ok(Outcome::Accepted)
}

/// The certificate, if the child's cosigners as we know them vouch for it.
fn vouched(child: &ChildRecord, anchor: &Anchor) -> Result<Certificate, Refusal> {
    let malformed = || Refusal::of(Code::Malformed, "checkpoint", "not a checkpoint note in canonical form");
    let certificate = Certificate::parse(&anchor.checkpoint).ok_or_else(malformed)?;
    let cosigners = leaves::named(&child.cosigners, &child.chain);
    let log = origin(child.chain.as_str(), &child.chain_id);
    certificate
        .verify(&log, &cosigners, quorum(cosigners.len()))
        .map_err(|error| Refusal::of(Code::AnchorQuorum, "checkpoint", error.to_string()))?;
    Ok(certificate)
}

/// Whether it goes beyond what was anchored last, with which it must be one log.
fn follows(child: &ChildRecord, anchor: &Anchor, checkpoint: &Checkpoint) -> Result<bool, Refusal> {
    let fork = |detail: &str| Err(Refusal::of(Code::AnchorFork, "consistency", detail));
    let (size, root) = (checkpoint.size, &checkpoint.root);
    if size == child.size && size != 0 && *root != child.root {
        return fork("the child's cosigners vouched for another root at this size");
    }
    let newer = size > child.size;
    if !newer && !anchor.leaves.iter().any(|proven| leaves::is_new(child, proven)) {
        return Err(Refusal::of(Code::AnchorOld, "checkpoint", "this size, or a larger one, is anchored already"));
    }
    let consistent = if child.size == 0 {
        anchor.consistency.is_empty()
    } else if newer {
        merkle::verify_consistency(child.size, size, &child.root, root, &anchor.consistency)
    } else {
        merkle::verify_consistency(size, child.size, root, &child.root, &anchor.consistency)
    };
    if consistent { Ok(newer) } else { fork("the log and the one anchored last do not continue each other") }
}
