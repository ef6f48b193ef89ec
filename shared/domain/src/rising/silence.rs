//! Silent children: a child that anchors nothing new for as long as its admission allows is marked by its parent's own
//! chain time, with a due leaf, and an alert that rises; its next anchor clears it.
//!
//! That a child is silent says nothing about why: its relays, the network or its whole chain may be down. A late anchor
//! (`anchor`) is no sign of life, for anybody may have kept an old certificate.

use proof::sign::ChainId;

use crate::act::Scene;
use crate::alert::{self, AlertKind, AlertState, AlertText};
use crate::due::DueWhat;
use crate::event::{AlertLevel, EventId};
use crate::genesis::bounds::MAX_CHILDREN;
use crate::keys;
use crate::record::ChainRecord;
use crate::state::{Draft, Fault, decoded};

use super::ChildRecord;

/// The due item at which the child is silent, unless it anchors before; its event id is the child's chain id.
pub(crate) fn due(child: &ChildRecord) -> Option<Vec<u8>> {
    let at = child.anchored_at.plus_ms(child.silent_after_ms);
    (child.silent_after_ms != 0).then(|| keys::due(at, &child.chain_id, DueWhat::Silence.number()))
}

/// The child anchored something new: its silence, if any, is over, and counts again from now.
pub(super) fn heard(draft: &mut Draft<'_>, scene: &Scene, child: &mut ChildRecord) -> Result<(), Fault> {
    if child.silent_since.take().is_some() {
        ring(draft, scene, child, AlertState::Cancelled)?;
    } else if let Some(due) = due(child) {
        draft.delete(due);
    }
    child.anchored_at = scene.now;
    if let Some(due) = due(child) {
        draft.put(due, &());
    }
    Ok(())
}

/// Its time has come: the child of that chain id is silent.
pub(crate) fn falls(draft: &mut Draft<'_>, scene: &Scene, child: &ChainId) -> Result<(), Fault> {
    let children = draft.scan(b"child/", MAX_CHILDREN)?;
    let children = children.iter().map(|(key, value)| decoded::<ChildRecord>(key, value));
    let children = children.collect::<Result<Vec<_>, _>>()?;
    let Some(mut child) = children.into_iter().find(|record| record.chain_id == *child) else {
        return Err(Fault(format!("no child of the identity {child} was admitted")));
    };
    child.silent_since = Some(scene.now);
    ring(draft, scene, &child, AlertState::Provisional)?;
    draft.put(keys::child(&child.chain), &child);
    Ok(())
}

fn ring(draft: &mut Draft<'_>, scene: &Scene, child: &ChildRecord, state: AlertState) -> Result<(), Fault> {
    let chain = draft.get::<ChainRecord>(&keys::chain())?;
    let region = chain.and_then(|chain| chain.regions.into_iter().next());
    let region = region.ok_or_else(|| Fault(String::from("the chain has no region of its own")))?;
    let headline = format!("Nothing heard from {} since {}", child.chain, child.anchored_at);
    let text = AlertText::line(AlertLevel::Yellow, AlertKind::Silence, &region, headline);
    // One silence is one alert: it follows the last anchor, or, before the first one, the child's admission.
    let event: EventId = child.anchor.unwrap_or(child.chain_id);
    alert::ring_text(draft, scene, event, state, text)
}
