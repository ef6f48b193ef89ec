//! Alerts: what must ring every feed. Each state of an alert is a record of its own, numbered without a gap, so that a
//! feed is a list read from a number on. Warnings and directives end here; clusters and escalations come from `report`.
//!
//! It does not publish: the alerts service does, when the leaf an alert names is final.

use proof::digest::Digest;

use crate::act::Scene;
use crate::chain::ChainPath;
use crate::codec::{by_place, record};
use crate::event::{AlertLevel, Disease, EventId, Ground};
use crate::record::Progress;
use crate::state::{Draft, Fault};
use crate::time::Millis;
use crate::{keys, rising, roster};

pub(crate) mod order;
mod warning;

pub use warning::WarningRecord;

/// How sure an alert is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AlertState {
    /// Not judged yet.
    Provisional,
    /// Judged right, or sent by one who may send it alone.
    Confirmed,
    /// Judged wrong, or over: a warning that was lifted, an escalation that somebody decided, a silence that ended.
    Cancelled,
}

impl AlertState {
    /// Every state.
    pub const ALL: [AlertState; 3] = [AlertState::Provisional, AlertState::Confirmed, AlertState::Cancelled];

    /// Its name in JSON and headers.
    pub fn name(self) -> &'static str {
        match self {
            AlertState::Provisional => "provisional",
            AlertState::Confirmed => "confirmed",
            AlertState::Cancelled => "cancelled",
        }
    }
}

/// What an alert is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AlertKind {
    /// An urgent suspected cluster.
    Cluster,
    /// An early warning.
    Warning,
    /// An order.
    Directive,
    /// A report nobody decided by its deadline.
    Escalation,
    /// A child chain that has anchored nothing for too long, or a member that has not reported what it owes.
    Silence,
    /// Cosigners that signed two stories of the log.
    Misbehaviour,
    /// A giver and a taker that do not say the same.
    Discrepancy,
    /// Stock that lies idle while a designated hospital is short of it.
    IdleStock,
}

impl AlertKind {
    /// Every kind.
    pub const ALL: [AlertKind; 8] = [
        AlertKind::Cluster,
        AlertKind::Warning,
        AlertKind::Directive,
        AlertKind::Escalation,
        AlertKind::Silence,
        AlertKind::Misbehaviour,
        AlertKind::Discrepancy,
        AlertKind::IdleStock,
    ];

    /// Its name in JSON and headers.
    pub fn name(self) -> &'static str {
        match self {
            AlertKind::Cluster => "cluster",
            AlertKind::Warning => "warning",
            AlertKind::Directive => "directive",
            AlertKind::Escalation => "escalation",
            AlertKind::Silence => "silence",
            AlertKind::Misbehaviour => "misbehaviour",
            AlertKind::Discrepancy => "discrepancy",
            AlertKind::IdleStock => "idle-stock",
        }
    }

    /// Whether it is news for the parent. What two stores of a chain do not agree on is theirs to settle.
    pub fn rises(self) -> bool {
        self != AlertKind::Discrepancy
    }
}

by_place!(AlertState, AlertKind);

record! {
    /// What an alert says, whatever its state.
    pub struct AlertText {
        /// How grave.
        pub level: AlertLevel,
        /// What it is about.
        pub kind: AlertKind,
        /// The disease, where it is about one.
        pub disease: Option<Disease>,
        /// The place.
        pub region: String,
        /// One line for people.
        pub headline: String,
        /// What to do; may be empty.
        pub instruction: String,
        /// The detector or rule of a computed warning (a name); else empty.
        pub rule: String,
        /// What a computed warning stands on.
        pub ground: Option<Ground>,
        /// The measure of a directive (a name); else empty.
        pub measure: String,
        /// Events it follows from: the causes its event states, and the lifting that ended it. At most
        /// [`crate::event::MAX_CAUSES`] and one.
        pub events: Vec<EventId>,
    }

    /// An alert in one of its states, at `keys::alert(number)`. On an ancestor's chain the same alert has that chain's
    /// number and leaf index.
    pub struct AlertRecord {
        /// Its running number on this chain, from 1.
        pub number: u64,
        /// The event it comes from, on the chain `origin`.
        pub event: EventId,
        /// The chain on which it arose.
        pub origin: ChainPath,
        /// How sure it is.
        pub state: AlertState,
        /// How grave.
        pub level: AlertLevel,
        /// What it is about.
        pub kind: AlertKind,
        /// The disease, where it is about one.
        pub disease: Option<Disease>,
        /// The place.
        pub region: String,
        /// One line for people.
        pub headline: String,
        /// What to do; may be empty.
        pub instruction: String,
        /// Chain time at its origin.
        pub sent_at: Millis,
        /// The leaf on this chain that rang it: it is final when that leaf is.
        pub leaf_index: u64,
        /// As [`AlertText::rule`].
        pub rule: String,
        /// As [`AlertText::ground`]; basis and events are of the log of `origin`.
        pub ground: Option<Ground>,
        /// As [`AlertText::measure`].
        pub measure: String,
        /// As [`AlertText::events`].
        pub events: Vec<EventId>,
        /// The alert of an earlier warning that this one replaces.
        pub supersedes: Option<Superseded>,
    }

    /// An alert that a later one replaces, as it stood then. It arose on the same chain.
    pub struct Superseded {
        /// [`AlertRecord::id`].
        pub id: Digest,
        /// [`AlertRecord::sent_at`].
        pub sent_at: Millis,
    }
}

impl AlertText {
    /// An alert that says one line about a place, and nothing else.
    pub fn line(level: AlertLevel, kind: AlertKind, region: &str, headline: String) -> Self {
        AlertText {
            level,
            kind,
            disease: None,
            region: region.to_owned(),
            headline,
            instruction: String::new(),
            rule: String::new(),
            ground: None,
            measure: String::new(),
            events: Vec::new(),
        }
    }
}

impl AlertRecord {
    /// The same on every chain it rises to: `H("tocsin/v1/alert", event id, state)`.
    pub fn id(&self) -> Digest {
        alert_id(&self.event, self.state)
    }
}

/// The id of the alert that an event rings in one of its states.
pub fn alert_id(event: &EventId, state: AlertState) -> Digest {
    Digest::of_parts(&[b"tocsin/v1/alert", event.as_bytes(), state.name().as_bytes()])
}

/// Rings this text for an event of this chain.
pub(crate) fn ring_text(
    draft: &mut Draft<'_>,
    scene: &Scene,
    event: EventId,
    state: AlertState,
    text: AlertText,
) -> Result<(), Fault> {
    let mut alert = AlertRecord {
        number: 0,
        event,
        origin: scene.chain.clone(),
        state,
        level: text.level,
        kind: text.kind,
        disease: text.disease,
        region: text.region,
        headline: text.headline,
        instruction: text.instruction,
        sent_at: scene.now,
        leaf_index: 0,
        rule: text.rule,
        ground: text.ground,
        measure: text.measure,
        events: text.events,
        supersedes: None,
    };
    if alert.kind == AlertKind::Warning && !warning::rings(draft, &mut alert)? {
        return Ok(());
    }
    enter(draft, scene, alert)
}

/// Enters an alert under this chain's next number and the leaf being made, and has it rise.
pub(crate) fn enter(draft: &mut Draft<'_>, scene: &Scene, alert: AlertRecord) -> Result<(), Fault> {
    let mut progress = match draft.get::<Progress>(&keys::progress())? {
        Some(progress) => progress,
        // Only a dry run on a chain without blocks: a block sets the record before its events.
        None => roster::progress(draft.view())?,
    };
    progress.alerts = progress.alerts.saturating_add(1);
    let number = progress.alerts;
    draft.put(keys::progress(), &progress);
    if alert.kind.rises() {
        rising::changed(draft, scene, keys::changed_alert(number));
    }
    draft.put(keys::alert(number), &AlertRecord { number, leaf_index: scene.leaf_index, ..alert });
    Ok(())
}

#[cfg(test)]
mod tests;
