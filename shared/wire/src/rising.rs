//! What rises from a child chain to its parent, on the wire (`tocsin.ledger.v1`).

use domain::event::{Anchor, Appeal, MAX_BODY_BYTES, ProvenSummary};
use domain::refusal::Refusal;
use proof::merkle::MAX_PROOF_HASHES;

use crate::canonical::{at_most, digests, raw, text};
use crate::proto::ledger::v1 as proto;

/// A checkpoint with the cosignatures of 16 members, each line under 300 bytes.
const MAX_CHECKPOINT_BYTES: usize = 6 * 1024;
/// More do not fit a body even if every summary is nearly empty.
const MAX_SUMMARIES: usize = 64;

pub(crate) fn anchor_out(fact: &Anchor) -> proto::Anchor {
    proto::Anchor {
        child: fact.child.clone(),
        checkpoint: fact.checkpoint.clone(),
        consistency: raw(&fact.consistency),
        summaries: fact.summaries.iter().map(summary_out).collect(),
    }
}

pub(crate) fn anchor_in(fact: proto::Anchor) -> Result<Anchor, Refusal> {
    at_most(fact.checkpoint.len(), MAX_CHECKPOINT_BYTES, "checkpoint")?;
    at_most(fact.summaries.len(), MAX_SUMMARIES, "summaries")?;
    Ok(Anchor {
        child: text(fact.child, "child")?,
        checkpoint: fact.checkpoint,
        consistency: digests(&fact.consistency, MAX_PROOF_HASHES, "consistency")?,
        summaries: fact.summaries.into_iter().map(summary_in).collect::<Result<_, _>>()?,
    })
}

fn summary_out(summary: &ProvenSummary) -> proto::ProvenSummary {
    proto::ProvenSummary { leaf: summary.leaf.clone(), index: summary.index, inclusion: raw(&summary.inclusion) }
}

fn summary_in(summary: proto::ProvenSummary) -> Result<ProvenSummary, Refusal> {
    Ok(ProvenSummary {
        leaf: summary.leaf,
        index: summary.index,
        inclusion: digests(&summary.inclusion, MAX_PROOF_HASHES, "inclusion")?,
    })
}

pub(crate) fn appeal_out(fact: &Appeal) -> proto::Appeal {
    proto::Appeal { child: fact.child.clone(), signed: fact.signed.clone() }
}

pub(crate) fn appeal_in(fact: proto::Appeal) -> Result<Appeal, Refusal> {
    at_most(fact.signed.len(), MAX_BODY_BYTES, "signed")?;
    Ok(Appeal { child: text(fact.child, "child")?, signed: fact.signed })
}
