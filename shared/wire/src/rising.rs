//! What rises from a child chain to its parent, on the wire (`tocsin.ledger.v1`).

use domain::event::{Anchor, Appeal, Decision, MAX_BODY_BYTES, MAX_HANDOVERS, ProvenHandover, ProvenLeaf};
use domain::refusal::Refusal;
use proof::merkle::MAX_PROOF_HASHES;

use crate::canonical::{at_most, digests, raw, required, text};
use crate::proto::ledger::v1 as proto;

/// A checkpoint with the cosignatures of 16 members, each line under 300 bytes.
const MAX_CHECKPOINT_BYTES: usize = 6 * 1024;
/// More do not fit a body even if every summary is nearly empty.
const MAX_LEAVES: usize = 64;

pub(crate) fn anchor_out(fact: &Anchor) -> proto::Anchor {
    proto::Anchor {
        child: fact.child.clone(),
        checkpoint: fact.checkpoint.clone(),
        consistency: raw(&fact.consistency),
        leaves: fact.leaves.iter().map(leaf_out).collect(),
    }
}

pub(crate) fn anchor_in(fact: proto::Anchor) -> Result<Anchor, Refusal> {
    at_most(fact.checkpoint.len(), MAX_CHECKPOINT_BYTES, "checkpoint")?;
    at_most(fact.leaves.len(), MAX_LEAVES, "leaves")?;
    Ok(Anchor {
        child: text(fact.child, "child")?,
        checkpoint: fact.checkpoint,
        consistency: digests(&fact.consistency, MAX_PROOF_HASHES, "consistency")?,
        leaves: fact.leaves.into_iter().map(leaf_in).collect::<Result<_, _>>()?,
    })
}

pub(crate) fn leaf_out(leaf: &ProvenLeaf) -> proto::ProvenLeaf {
    proto::ProvenLeaf { leaf: leaf.leaf.clone(), index: leaf.index, inclusion: raw(&leaf.inclusion) }
}

pub(crate) fn leaf_in(leaf: proto::ProvenLeaf) -> Result<ProvenLeaf, Refusal> {
    Ok(ProvenLeaf {
        leaf: leaf.leaf,
        index: leaf.index,
        inclusion: digests(&leaf.inclusion, MAX_PROOF_HASHES, "inclusion")?,
    })
}

pub(crate) fn appeal_out(fact: &Appeal) -> proto::Appeal {
    proto::Appeal { child: fact.child.clone(), signed: fact.signed.clone() }
}

pub(crate) fn appeal_in(fact: proto::Appeal) -> Result<Appeal, Refusal> {
    at_most(fact.signed.len(), MAX_BODY_BYTES, "signed")?;
    Ok(Appeal { child: text(fact.child, "child")?, signed: fact.signed })
}

pub(crate) fn handover_out(one: &ProvenHandover) -> proto::ProvenHandover {
    proto::ProvenHandover { certificate: one.certificate.clone(), leaf: Some(leaf_out(&one.leaf)) }
}

pub(crate) fn handover_in(one: proto::ProvenHandover) -> Result<ProvenHandover, Refusal> {
    at_most(one.certificate.len(), MAX_CHECKPOINT_BYTES, "handovers.certificate")?;
    Ok(ProvenHandover { certificate: one.certificate, leaf: leaf_in(required(one.leaf, "handovers.leaf")?)? })
}

pub(crate) fn decision_out(fact: &Decision) -> proto::Decision {
    proto::Decision {
        certificate: fact.certificate.clone(),
        handovers: fact.handovers.iter().map(handover_out).collect(),
        leaf: Some(leaf_out(&fact.leaf)),
    }
}

pub(crate) fn decision_in(fact: proto::Decision) -> Result<Decision, Refusal> {
    at_most(fact.certificate.len(), MAX_CHECKPOINT_BYTES, "certificate")?;
    at_most(fact.handovers.len(), MAX_HANDOVERS, "handovers")?;
    Ok(Decision {
        certificate: fact.certificate,
        handovers: fact.handovers.into_iter().map(handover_in).collect::<Result<_, _>>()?,
        leaf: leaf_in(required(fact.leaf, "leaf")?)?,
    })
}
