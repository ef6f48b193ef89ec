//! What the offline verifier learns from an anchor: the link from a parent's log to a child's checkpoint.

use domain::event::Fact;
use proof::checkpoint::Certificate;
use proof::proof_file::Anchored;

/// The child's checkpoint that an event body anchors; `None` when the body is not an anchor that stands by itself.
///
/// Whether its cosignatures were enough the parent's ledger judged: the proof file shows that it executed the anchor.
pub fn anchored(body: &[u8]) -> Option<Anchored> {
    let Fact::Anchor(anchor) = crate::event::decode(body).ok()?.fact else { return None };
    let certificate = Certificate::parse(&anchor.checkpoint)?;
    Some(Anchored { child: anchor.child, checkpoint: certificate.checkpoint })
}
