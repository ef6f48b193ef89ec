//! Governance: what a chain decides about itself, on its own log. A proposal is opened under the policy of its class,
//! balloted like a report, and applied by itself, whole, in the block in which its policy holds.
//!
//! A proposal is tried when it is made and again when it is applied: what has become impossible meanwhile (a member left,
//! the quorum would be lost) rejects it, and nothing of it is applied. Key changes that a member makes to its own keys,
//! signed with its root key, need no ballots. `apply` says what each action does, `sets` how cosigner sets follow each
//! other, `rotation` how keys enter and end, `stored` how a proposal is kept.

mod apply;
mod rotation;
pub(crate) mod sets;
mod stored;

use crate::act::{Act, Halt, Scene};
use crate::alert::{AlertKind, AlertText};
use crate::codec::record;
use crate::event::{Action, AlertLevel, Event, EventId, Proposal};
use crate::genesis::KeyClass;
use crate::keys;
use crate::record::{KeyRecord, Kind, MemberRecord, Outcome, PolicyRecord, RosterRecord};
use crate::refusal::{Code, Refusal};
use crate::report::settle;
use crate::report::subject::Claim;
use crate::state::{Draft, Fault};
use crate::time::Millis;

/// The policy of a proposal whose class, and `governance`, the chain sets none for: more than half of those who run it.
pub const DEFAULT_RULE: &str = "majority(manager)";
/// The class that stands in for every class of proposal without a policy of its own.
pub const FALLBACK_CLASS: &str = "governance";
/// The classes of policy that decide about the chain, beside the kinds of report.
pub const CLASSES: [&str; 9] =
    ["membership", "keys", "policies", "phase", "children", "refutation", "response", "escalation", FALLBACK_CLASS];

/// Whether there are policies of this class: of reports, or of decisions about the chain.
pub(crate) fn is_class(class: &str) -> bool {
    let judges = |kind: Kind| kind.judged() && kind.class() == kind.name() && kind != Kind::Proposal;
    CLASSES.contains(&class) || Kind::parse(class).is_some_and(judges)
}

record! {
    /// A proposal, at `keys::proposal(id)`. It is kept whatever became of it: how a chain came to be governed as it is
    /// can then be read without its whole log, and there are few.
    pub struct ProposalRecord {
        /// What it does.
        pub actions: Vec<Action>,
        /// Why.
        pub reason: String,
        /// When it was opened: chain time, or its signature where that is later.
        pub at: Millis,
    }
}

/// The policy of a class of proposal, or what stands in for it.
pub(crate) fn policy(draft: &mut Draft<'_>, class: &str) -> Result<PolicyRecord, Fault> {
    for class in [class, FALLBACK_CLASS] {
        if let Some(policy) = draft.get::<PolicyRecord>(&keys::policy(class))? {
            return Ok(policy);
        }
    }
    Ok(PolicyRecord { rule: DEFAULT_RULE.to_owned(), deadline_ms: 0 })
}

/// Who proposes: a member by its author key, or, for its own keys alone, by its root key.
pub(crate) fn proposer(
    draft: &mut Draft<'_>,
    scene: &Scene,
    event: &Event,
    proposal: &Proposal,
) -> Result<Option<MemberRecord>, Halt> {
    let Some(key) = draft.get::<KeyRecord>(&keys::key(KeyClass::Root, &event.author))? else { return Ok(None) };
    let member = draft.get::<MemberRecord>(&keys::member(&key.member))?;
    let Some(member) = member.filter(|member| member.active && key.active_at(scene.height)) else {
        return Err(Refusal::of(Code::KeyInactive, "author", "the root key is not active at this height").into());
    };
    for action in &proposal.actions {
        if !rotation::concerns(draft, action, &member.id)? {
            let detail = "a root key signs changes to its own member's keys and nothing else";
            return Err(Refusal::of(Code::KeyClass, "author", detail).into());
        }
    }
    Ok(Some(member))
}

/// Opens a proposal, or applies it at once when it is a member's word on its own keys.
pub(crate) fn decide(draft: &mut Draft<'_>, act: &Act<'_>, proposal: &Proposal) -> Result<Outcome, Halt> {
    let class = proposal.actions.first().map(Action::class).unwrap_or(FALLBACK_CLASS);
    let mut trial = Draft::over(draft);
    apply::all(&mut trial, act.scene, &act.submitted.id, &proposal.actions)?;
    let record = ProposalRecord {
        actions: proposal.actions.clone(),
        reason: proposal.reason.clone(),
        at: act.scene.now.max(act.event().created_at),
    };
    draft.put(keys::proposal(&act.submitted.id), &record);
    let by_root = draft.get::<KeyRecord>(&keys::key(KeyClass::Root, &act.event().author))?.is_some();
    if by_root {
        apply::all(draft, act.scene, &act.submitted.id, &proposal.actions)?;
        changed(draft)?;
        return Ok(Outcome::Accepted);
    }
    let policy = policy(draft, class)?;
    let claim = Claim::silent(Kind::Proposal, text(act.event(), class));
    settle::open_under(draft, act, claim, policy)
}

/// What rings if nobody decides the proposal by its deadline.
fn text(event: &Event, class: &str) -> AlertText {
    let headline = format!("No decision by its deadline on a proposal about {class}");
    AlertText::line(AlertLevel::Blue, AlertKind::Escalation, &event.region, headline)
}

/// What an accepted proposal amounts to now: accepted, or rejected because it can no longer be applied.
pub(crate) fn feasible(draft: &mut Draft<'_>, scene: &Scene, id: &EventId) -> Result<Outcome, Fault> {
    let Some(record) = draft.get::<ProposalRecord>(&keys::proposal(id))? else {
        return Err(Fault(format!("the open proposal {id} has no record")));
    };
    let mut trial = Draft::over(draft);
    match apply::all(&mut trial, scene, id, &record.actions) {
        Ok(()) => Ok(Outcome::Accepted),
        Err(Halt::Refused(_)) => Ok(Outcome::Rejected),
        Err(Halt::Fault(fault)) => Err(fault),
    }
}

/// Applies an accepted proposal.
pub(crate) fn settled(draft: &mut Draft<'_>, scene: &Scene, id: &EventId, outcome: Outcome) -> Result<(), Fault> {
    let record = draft.get::<ProposalRecord>(&keys::proposal(id))?;
    let Some(record) = record.filter(|_| outcome == Outcome::Accepted) else { return Ok(()) };
    match apply::all(draft, scene, id, &record.actions) {
        Ok(()) => changed(draft),
        Err(Halt::Fault(fault)) => Err(fault),
        Err(Halt::Refused(refusal)) => Err(Fault(format!("a feasible proposal was refused: {refusal}"))),
    }
}

/// Tells whoever keeps a copy of members, keys, cosigners and policies to read them again.
pub(crate) fn changed(draft: &mut Draft<'_>) -> Result<(), Fault> {
    let key = keys::roster();
    let version = draft.get::<RosterRecord>(&key)?.map_or(0, |roster| roster.version);
    draft.put(key, &RosterRecord { version: version.saturating_add(1) });
    Ok(())
}

#[cfg(test)]
mod tests;
