//! What a parent's log holds of its children: the checkpoint of every anchor that the rules took.
//!
//! The rule that took it verified its cosigners; whether the child's copy is that log, [`super::between`] asks.

use domain::event::{EventId, Fact};
use domain::execute::BundleInput;
use proof::checkpoint::Certificate;
use proof::digest::Digest;

use crate::core::inputs::Prepared;

/// A checkpoint of a child in its parent's log.
#[derive(Clone, Debug)]
pub(super) struct Anchored {
    /// The child's path.
    pub(super) child: String,
    /// How many leaves of the child.
    pub(super) size: u64,
    /// The root over them.
    pub(super) root: Digest,
    /// The event that brought it.
    pub(super) event: EventId,
}

/// The anchors in a block's bundles, taken or not; most blocks have none.
pub(super) fn within(prepared: &Prepared) -> Vec<Anchored> {
    let events = prepared.bundles.iter().flat_map(|bundle| match bundle {
        BundleInput::Bundle { events, .. } => events.as_slice(),
        BundleInput::Junk { .. } => &[],
    });
    let anchored = events.flatten().filter_map(|submitted| {
        let Fact::Anchor(anchor) = &submitted.event.fact else { return None };
        let checkpoint = Certificate::parse(&anchor.checkpoint)?.checkpoint;
        let (size, root) = (checkpoint.size, checkpoint.root);
        Some(Anchored { child: anchor.child.clone(), size, root, event: submitted.id })
    });
    anchored.collect()
}
