//! A parent's decision on a report that escalated: it counts here once it is a proven event of this log. Any member may
//! carry it; what is believed are the parent's cosigners, whom the genesis names and whose successors each event proves.
//!
//! The report, if it is still open, is settled by the parent's word: whichever way comes first stands, and the other is
//! refused as closed. A report of a child of ours that escalated through us is settled the same way, and our own
//! decision leaf carries the word further down.
//!
//! In place of a decision leaf the event may bring a cosigners leaf: it then only follows the parent's sets, for when
//! more handovers have come about than one event holds ([`MAX_HANDOVERS`](crate::event::MAX_HANDOVERS), and 16 KiB). Limits: a decision under a set that
//! the parent has left, but we do not know yet to be left, is believed; nobody can show us here that a later set exists.

use proof::checkpoint::Certificate;
use proof::handover::{CosignerSet, Handover, follow};
use proof::leaf::{DecisionLeaf, Leaf};

use crate::act::{Act, Halt};
use crate::chain::ChainPath;
use crate::event::{Decision, ProvenLeaf};
use crate::keys;
use crate::record::{EventRecord, Outcome, ParentRecord};
use crate::refusal::{Code, Refusal};
use crate::report::settle;
use crate::report::subject::Subject;
use crate::state::Draft;

use super::{escalation, leaves};

fn bad(field: &'static str, detail: impl Into<String>) -> Refusal {
    Refusal::of(Code::BadDecision, field, detail)
}

/// Settles the report the parent decided, or follows the parent's cosigner sets.
pub(crate) fn decide(draft: &mut Draft<'_>, act: &Act<'_>, decision: &Decision) -> Result<Outcome, Halt> {
    let path = act.scene.chain.parent();
    let known = draft.get::<ParentRecord>(&keys::parent())?;
    let Some((path, known)) = path.zip(known) else {
        return Err(bad("", "this chain knows no parent whose decisions it could prove").into());
    };
    let certificate = parsed(&decision.certificate)?;
    let origin = match &known.origin {
        Some(origin) => origin.clone(),
        None => first_origin(&path, &certificate)?,
    };
    let set = followed(&path, &known, &origin, decision)?;
    let set = match Leaf::from_bytes(&decision.leaf.leaf) {
        Some(Leaf::Decision(leaf)) => {
            set.verify(&origin, &certificate).map_err(|error| bad("certificate", error.to_string()))?;
            if !leaves::is_in(&decision.leaf, &certificate.checkpoint) {
                return Err(bad("leaf", "the leaf is not in the parent's log at that index").into());
            }
            settle(draft, act, &leaf)?;
            set
        }
        Some(Leaf::Cosigners(leaf)) if leaf.epoch <= set.epoch => {
            return Err(Refusal::new(Code::Closed, "the parent's cosigner set is known already").into());
        }
        Some(Leaf::Cosigners(_)) => {
            let handover = [handover(certificate.clone(), &decision.leaf)];
            follow(&origin, &set, &handover).map_err(|error| bad("leaf", error.to_string()))?
        }
        _ => return Err(bad("leaf", "the leaf is no decision").into()),
    };
    let cosigners = leaves::members(&set.cosigners, &path);
    let cosigners = cosigners.ok_or_else(|| bad("handovers", "a cosigner is not named as one of the parent's"))?;
    let size = known.size.max(certificate.checkpoint.size);
    let record = ParentRecord { epoch: set.epoch, cosigners, size, origin: Some(origin) };
    if record != known {
        draft.put(keys::parent(), &record);
    }
    Ok(Outcome::Accepted)
}

/// The parent's cosigner set after the handovers beside a decision.
fn followed(path: &ChainPath, known: &ParentRecord, origin: &str, decision: &Decision) -> Result<CosignerSet, Refusal> {
    let set = CosignerSet { epoch: known.epoch, cosigners: leaves::named(&known.cosigners, path) };
    let mut handovers = Vec::new();
    for proven in &decision.handovers {
        // Who built this on what we knew before an event that came in between proves the same, from further back.
        let passed =
            matches!(Leaf::from_bytes(&proven.leaf.leaf), Some(Leaf::Cosigners(leaf)) if leaf.epoch <= set.epoch);
        if !passed {
            handovers.push(handover(parsed(&proven.certificate)?, &proven.leaf));
        }
    }
    follow(origin, &set, &handovers).map_err(|error| bad("handovers", error.to_string()))
}

fn parsed(text: &str) -> Result<Certificate, Refusal> {
    Certificate::parse(text).ok_or_else(|| bad("certificate", "not a checkpoint note in canonical form"))
}

fn handover(certificate: Certificate, proven: &ProvenLeaf) -> Handover {
    Handover { certificate, leaf: proven.leaf.clone(), index: proven.index, inclusion: proven.inclusion.clone() }
}

/// The origin of the first checkpoint shown to us: ours names the parent's path, and its id is taken as it stands here,
/// for what is trusted are the keys.
fn first_origin(path: &ChainPath, certificate: &Certificate) -> Result<String, Refusal> {
    let claimed = &certificate.checkpoint.origin;
    let id = claimed.strip_prefix("tocsin/").and_then(|rest| rest.strip_prefix(path.as_str())?.strip_prefix('/'));
    let is_id = |id: &str| id.len() == 16 && id.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    match id {
        Some(id) if is_id(id) => Ok(claimed.clone()),
        _ => Err(bad("certificate", "the checkpoint is not of this chain's parent")),
    }
}

/// Settles the report by the parent's word.
fn settle(draft: &mut Draft<'_>, act: &Act<'_>, leaf: &DecisionLeaf) -> Result<(), Halt> {
    let (scene, id) = (act.scene, &leaf.event);
    if leaf.child != scene.chain.as_str() {
        return Err(bad("leaf", "the decision is for another chain").into());
    }
    let own = draft.get::<EventRecord>(&keys::event(id))?.is_some();
    let Some(subject) = draft.get::<Subject>(&keys::open(id))? else {
        if own || escalation::is_named(draft, id)? {
            return Err(Refusal::new(Code::Closed, "the report is settled").into());
        }
        return Err(bad("leaf", "no report of that id is on this chain").into());
    };
    if !subject.escalated {
        return Err(bad("leaf", "the report has not escalated; this chain decides it").into());
    }
    let outcome = if leaf.accepted { Outcome::Accepted } else { Outcome::Rejected };
    if own {
        settle::settle(draft, scene, id, &subject, outcome)?;
    } else {
        escalation::settle_as(draft, id, &subject, outcome, &leaf.reason)?;
    }
    Ok(())
}
