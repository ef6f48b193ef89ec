//! The anchors of a relay, made of its own log: what the parent lacks, with its proofs.

use domain::event::{Anchor, ProvenLeaf};
use domain::rising::{ChildRecord, Summary};
use proof::checkpoint::Certificate;
use proof::handover::Handover;
use proof::leaf::Leaf;

use crate::core::CoreError;
use crate::reader::Reader;

/// Summaries in one anchor at most; its 16 KiB body is the real bound.
const MAX_SUMMARIES: usize = 16;

/// The anchor that brings the cosigner set after the one the parent knows, under a certificate of that one.
pub(super) fn handover(reader: &Reader, record: &ChildRecord) -> Result<Option<Anchor>, CoreError> {
    let Some(Handover { certificate, leaf, index, inclusion }) =
        reader.handovers(record.epoch, u64::MAX)?.into_iter().next()
    else {
        return Ok(None);
    };
    let size = certificate.checkpoint.size;
    Ok(Some(Anchor {
        child: record.chain.to_string(),
        checkpoint: certificate.text(),
        // A later size may be anchored already: then the proof goes from here to there.
        consistency: reader.consistency(record.size.min(size), record.size.max(size))?,
        leaves: vec![ProvenLeaf { leaf, index, inclusion }],
    }))
}

/// The anchor from what the parent has to what is final here.
pub(super) fn anchor(reader: &Reader, record: &ChildRecord, certificate: &Certificate) -> Result<Anchor, CoreError> {
    let size = certificate.checkpoint.size;
    let mut summaries = Vec::new();
    while summaries.len() < MAX_SUMMARIES
        && let Some(proven) = reader.summary(record.summary + 1 + summaries.len() as u64, size)?
    {
        summaries.push(proven);
    }
    Ok(Anchor {
        child: record.chain.to_string(),
        checkpoint: certificate.text(),
        consistency: reader.consistency(record.size, size)?,
        leaves: summaries,
    })
}

/// Whether a summary raises something that cannot wait.
pub(super) fn rings(proven: &ProvenLeaf) -> bool {
    let Some(Leaf::Summary(leaf)) = Leaf::from_bytes(&proven.leaf) else { return false };
    Summary::decode(&leaf.body).is_some_and(|summary| !summary.raised.is_empty() || !summary.escalated.is_empty())
}
