//! The JSON of children and of what they left undecided.

use domain::event::EventId;
use domain::report::Subject;
use domain::rising::{ChildRecord, EscalatedRecord};
use serde::Serialize;
use utoipa::ToSchema;

/// A child chain as its parent knows it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChildView {
    /// Its path.
    pub(crate) chain: String,
    /// SHA-256 of its genesis file, in hex.
    pub(crate) chain_id: String,
    /// The epoch of its cosigner set known here.
    pub(crate) epoch: u32,
    /// Leaves of its log that are anchored.
    pub(crate) size: u64,
    /// The root over them.
    pub(crate) root: String,
    /// The number of its last summary taken.
    pub(crate) summary: u64,
    /// Chain time here of the last anchor, or of the child's admission.
    pub(crate) anchored_at: String,
    /// The last anchor's event.
    pub(crate) anchor: Option<String>,
    /// Since when it is marked silent.
    pub(crate) silent_since: Option<String>,
    /// After how many milliseconds without an anchor it is; 0: never.
    pub(crate) silent_after_ms: u64,
}

impl ChildView {
    pub(super) fn of(child: ChildRecord) -> Self {
        ChildView {
            chain: child.chain.to_string(),
            chain_id: child.chain_id.to_string(),
            epoch: child.epoch,
            size: child.size,
            root: child.root.to_string(),
            summary: child.summary,
            anchored_at: child.anchored_at.to_string(),
            anchor: child.anchor.map(|anchor| anchor.to_string()),
            silent_since: child.silent_since.map(|since| since.to_string()),
            silent_after_ms: child.silent_after_ms,
        }
    }
}

/// A report that nobody below decided in time.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EscalatedView {
    /// Its event id on the child.
    pub(crate) event_id: String,
    /// What it is.
    pub(crate) kind: &'static str,
    /// Its author's member below.
    pub(crate) member: String,
    /// Chain time here when it was heard of.
    pub(crate) at: String,
    /// `open`, or what this chain decided.
    pub(crate) outcome: &'static str,
    /// Whether ballots can still be cast here.
    pub(crate) open: bool,
    /// When it goes further up, unless decided.
    pub(crate) deadline: Option<String>,
    /// The rule that decides it here, while it is open.
    pub(crate) policy: Option<String>,
    /// Why it was decided so; may be empty.
    pub(crate) reason: String,
    /// The index of the decision's leaf.
    pub(crate) decision_index: Option<u64>,
    /// Chain time here when the child said that it was decided there.
    pub(crate) decided_below: Option<String>,
}

impl EscalatedView {
    pub(super) fn of(event: EventId, record: EscalatedRecord, subject: Option<Subject>) -> Self {
        EscalatedView {
            event_id: event.to_string(),
            kind: record.kind.name(),
            member: record.member,
            at: record.at.to_string(),
            outcome: record.outcome.name(),
            open: subject.is_some(),
            deadline: subject.as_ref().and_then(|subject| subject.deadline).map(|at| at.to_string()),
            policy: subject.map(|subject| subject.rule),
            reason: record.reason,
            decision_index: record.leaf_index,
            decided_below: record.decided_below.map(|at| at.to_string()),
        }
    }
}
