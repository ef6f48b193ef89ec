//! What a child's summary does here: it replaces the child's part of the totals, its alerts ring, and what nobody below
//! decided is opened for our members.

use crate::act::Scene;
use crate::alert::{self, AlertState};
use crate::chain::ChainPath;
use crate::codec::record;
use crate::event::EventId;
use crate::keys;
use crate::report::totals::Counts;
use crate::report::totals::{move_day, move_total};
use crate::state::{Draft, Fault};
use crate::time::Millis;

use super::{Summary, escalation};

record! {
    /// A child's latest anchored total of a disease, and what brought it, at `keys::child_total(path, disease)`.
    pub struct ChildTotal {
        /// The counts.
        pub counts: Counts,
        /// The number of the child's summary that says so.
        pub summary: u64,
        /// The size of the child's log in the anchor that brought that summary.
        pub size: u64,
        /// That anchor's event.
        pub anchor: EventId,
        /// What brought the figures before it, newest first: a sum that has risen names them, and is asked for its parts
        /// a moment later.
        pub earlier: Vec<(u64, EventId)>,
    }
}

/// Earlier anchors kept of a figure. A sum is asked for within a second of the block that derived it, as a rule, and a
/// child summarises at most once a second unless something is urgent.
const MAX_EARLIER: usize = 16;

impl ChildTotal {
    /// The anchor that brought the summary of that number, if it is one of the last.
    pub fn anchor_of(&self, summary: u64) -> Option<EventId> {
        let earlier = self.earlier.iter().find(|(number, _)| *number == summary).map(|(_, anchor)| *anchor);
        if self.summary == summary { Some(self.anchor) } else { earlier }
    }
}

/// The anchor that brings a summary.
pub(super) struct Carrier {
    /// Its event.
    pub(super) event: EventId,
    /// The size of the child's log in it.
    pub(super) size: u64,
    /// When: chain time, or the child's if that is later.
    pub(super) at: Millis,
}

/// Takes a summary of a child.
pub(super) fn summary(
    draft: &mut Draft<'_>,
    scene: &Scene,
    child: &ChainPath,
    carrier: &Carrier,
    summary: &Summary,
) -> Result<(), Fault> {
    for total in &summary.totals {
        let after = total.counts;
        match total.date {
            None => {
                let key = keys::child_total(child, &total.disease);
                let known = draft.get::<ChildTotal>(&key)?;
                let (before, mut earlier) = known.map_or(([0; 5], Vec::new()), |mut known| {
                    known.earlier.insert(0, (known.summary, known.anchor));
                    (known.counts, known.earlier)
                });
                earlier.truncate(MAX_EARLIER);
                let (size, anchor) = (carrier.size, carrier.event);
                draft.put(key, &ChildTotal { counts: after, summary: summary.number, size, anchor, earlier });
                move_total(draft, scene, &total.disease, &before, &after)?;
            }
            Some(date) => {
                let key = keys::child_day(child, &total.disease, date);
                let before = draft.get::<Counts>(&key)?.unwrap_or_default();
                draft.put(key, &after);
                move_day(draft, scene, &total.disease, date, &before, &after)?;
            }
        }
    }
    for raised in &summary.raised {
        if raised.state != AlertState::Provisional {
            escalation::decided_below(draft, scene, child, &raised.event)?;
        }
        alert::enter(draft, scene, raised.clone())?;
    }
    for escalated in &summary.escalated {
        escalation::open(draft, scene, child, carrier.at, escalated)?;
    }
    Ok(())
}
