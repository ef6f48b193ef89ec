//! The JSON of what the chain says about its own government.

use domain::event::{Action, EventId};
use domain::governance::ProposalRecord;
use domain::query::PolicyInForce;
use domain::record::{CosignersRecord, EventRecord, KeyRecord, MemberRecord, PhaseRecord};
use domain::report::Subject;
use proof::sign::PublicKey;
use serde::Serialize;
use utoipa::ToSchema;

use super::super::view::BallotView;

/// A member of the chain.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MemberView {
    /// Its name on the chain.
    id: String,
    /// A name for people.
    name: String,
    /// What its node may do.
    node_role: &'static str,
    /// Professional roles.
    roles: Vec<String>,
    /// Its sector.
    sector: String,
    /// Regions it may report on; empty: all of the chain's.
    regions: Vec<String>,
    /// Whether its ledger cosigns, or will from the next set on.
    cosigner: bool,
    /// Whether it takes part now.
    active: bool,
    /// Its keys, ended ones too.
    keys: Vec<KeyView>,
}

/// A key of a member.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KeyView {
    /// What it is for.
    class: &'static str,
    /// The key in hex.
    key: String,
    /// The height at which it entered; it counts from the next one on.
    since: u64,
    /// The last height at which it counts; `null` while it is in use.
    until: Option<u64>,
    /// Since when it may have been in other hands.
    suspect_since: Option<String>,
}

/// Cosigner sets.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CosignersView {
    /// The height they are of.
    pub(super) height: u64,
    /// The epoch in force.
    pub(super) current: u32,
    /// The newest epoch; more than `current` while it waits for a certificate that covers its leaf.
    pub(super) newest: u32,
    /// Sets by epoch.
    pub(super) sets: Vec<CosignerSetView>,
    /// The cursor of the next page; `null` at the end.
    pub(super) next: Option<String>,
}

/// The cosigners of an epoch.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CosignerSetView {
    /// Its running number; 0 is the genesis'.
    epoch: u32,
    /// Members and keys in the chain's order.
    cosigners: Vec<CosignerView>,
    /// How many of them make a checkpoint final.
    quorum: usize,
    /// The index of the leaf that names the set; `null` for the genesis'.
    leaf_index: Option<u64>,
    /// Checkpoints larger than this are the set's; `null` while it is not in force, or when it was passed over.
    from_size: Option<u64>,
    /// The height whose header carried the certificate that put it in force.
    handover: Option<u64>,
}

/// Who cosigns, with which key.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CosignerView {
    /// The member.
    member: String,
    /// Its cosigner key in hex.
    key: String,
}

/// Policies.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PoliciesView {
    /// The height they are of.
    pub(super) height: u64,
    /// By class.
    pub(super) policies: Vec<PolicyView>,
}

/// The policy of a class.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PolicyView {
    /// The class of report or proposal.
    class: &'static str,
    /// The rule.
    rule: String,
    /// An undecided subject escalates after this much chain time (0: never).
    deadline_ms: u64,
    /// Whether it was set for this class; else it is that of `governance`, or what stands in for that.
    own: bool,
}

/// The phase of the response.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PhaseView {
    /// The height it is of.
    height: u64,
    /// `preparedness`, `response` or `recovery`.
    phase: Option<&'static str>,
    /// Whose directives count; `null`: those of every member with the right.
    dominant: Option<String>,
    /// Chain time since when.
    since: Option<String>,
}

/// Proposals.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProposalsView {
    /// The height they are of.
    pub(super) height: u64,
    /// By event id.
    pub(super) proposals: Vec<ProposalView>,
    /// The cursor of the next page; `null` at the end.
    pub(super) next: Option<String>,
}

/// A proposal and what became of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProposalView {
    /// The proposal's event.
    event_id: String,
    /// Who proposes.
    member: String,
    /// The class of policy that decides it.
    class: &'static str,
    /// Why.
    reason: String,
    /// What it does, as it was requested.
    #[schema(value_type = Vec<Object>)]
    actions: Vec<serde_json::Value>,
    /// Chain time when it was opened.
    at: String,
    /// `open`, `accepted` or `rejected`.
    outcome: &'static str,
    /// The height at which it was settled.
    settled_height: Option<u64>,
    /// The policy while it is open.
    policy: Option<String>,
    /// When it escalates unless decided.
    deadline: Option<String>,
    /// Ballots by member.
    ballots: Vec<BallotView>,
}

impl MemberView {
    pub(super) fn of(member: MemberRecord, keys: Vec<KeyView>) -> Self {
        MemberView {
            id: member.id,
            name: member.name,
            node_role: member.node_role.name(),
            roles: member.roles,
            sector: member.sector,
            regions: member.regions,
            cosigner: member.cosigner,
            active: member.active,
            keys,
        }
    }
}

impl KeyView {
    pub(super) fn of(key: &PublicKey, record: &KeyRecord) -> Self {
        KeyView {
            class: record.class.name(),
            key: key.to_string(),
            since: record.since,
            until: record.until,
            suspect_since: record.suspect_since.map(|since| since.to_string()),
        }
    }
}

impl CosignerSetView {
    pub(super) fn of(set: &CosignersRecord) -> Self {
        let cosigner =
            |(member, key): &(String, PublicKey)| CosignerView { member: member.clone(), key: key.to_string() };
        CosignerSetView {
            epoch: set.epoch,
            cosigners: set.cosigners.iter().map(cosigner).collect(),
            quorum: domain::genesis::quorum(set.cosigners.len()),
            leaf_index: set.leaf_index,
            from_size: set.from_size,
            handover: set.from_size.filter(|_| set.epoch != 0).map(|_| set.handover),
        }
    }
}

impl PolicyView {
    pub(super) fn of(found: PolicyInForce) -> Self {
        let PolicyInForce { class, policy, own } = found;
        PolicyView { class, rule: policy.rule, deadline_ms: policy.deadline_ms, own }
    }
}

impl PhaseView {
    pub(super) fn of(height: u64, record: Option<PhaseRecord>) -> Self {
        let since = record.as_ref().map(|record| record.since.to_string());
        let phase = record.as_ref().map(|record| record.phase.name());
        PhaseView { height, phase, since, dominant: record.and_then(|record| record.dominant) }
    }
}

impl ProposalView {
    pub(super) fn of(
        id: &EventId,
        record: &ProposalRecord,
        event: EventRecord,
        subject: Option<Subject>,
        ballots: Vec<BallotView>,
    ) -> Self {
        ProposalView {
            event_id: id.to_string(),
            member: event.member,
            class: record.actions.first().map(Action::class).unwrap_or_default(),
            reason: record.reason.clone(),
            actions: record.actions.iter().map(wire::json::action_view).collect(),
            at: record.at.to_string(),
            outcome: event.outcome.name(),
            settled_height: (event.settled_height != 0).then_some(event.settled_height),
            deadline: subject.as_ref().and_then(|subject| subject.deadline).map(|at| at.to_string()),
            policy: subject.map(|subject| subject.rule),
            ballots,
        }
    }
}
