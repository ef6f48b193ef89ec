//! Escalated reports: what nobody of a child chain decided in time, this chain's members may. Such a report is opened
//! here under the policy class `escalation` and balloted under the child's event id, like a report of our own, though
//! its bytes are on the child's chain; there is no [`EventRecord`] of it here.
//!
//! Once decided, the block derives a decision leaf, which counts at the child when it is an event there
//! (`rising::decision`). The child may still decide by itself; what it decides first stands, and ours then has no effect.
//!
//! Limits: a child names what it likes, so an event of our own is never opened so, and an id that two children name is
//! one subject whose decision goes to both. The reporting member is known by its name below, and an organisation that
//! goes by another name here can judge its own report.

use proof::leaf::{DecisionLeaf, Leaf};

use crate::act::{Halt, Scene, unknown_cause};
use crate::alert::AlertText;
use crate::ballot::BallotRecord;
use crate::chain::ChainPath;
use crate::codec::record;
use crate::event::{Choice, EventId};
use crate::record::{EventRecord, Kind, MemberRecord, Outcome};
use crate::refusal::{Code, Refusal};
use crate::report::subject::Subject;
use crate::report::{settle, subject};
use crate::state::{Draft, Fault};
use crate::time::Millis;
use crate::{governance, keys};

/// The policy class that decides it.
pub const CLASS: &str = "escalation";

/// Decision leaves a block derives: half a MiB with the longest reasons. The rest goes into the next blocks.
pub(crate) const MAX_DECISIONS_A_BLOCK: usize = 512;

record! {
    /// A report that nobody decided in time, as a summary names it.
    pub struct Escalated {
        /// The report.
        pub event: EventId,
        /// Its author's member below.
        pub member: String,
        /// What it is.
        pub kind: Kind,
        /// What it says, and rings.
        pub alert: AlertText,
    }

    /// A child's report that nobody decided in time, at `keys::escalated(child, event)`.
    pub struct EscalatedRecord {
        /// Our chain time when we learnt of it.
        pub at: Millis,
        /// The height at which we did.
        pub height: u64,
        /// Its author's member below.
        pub member: String,
        /// What it is.
        pub kind: Kind,
        /// Our chain time when the child's alerts said that it was decided there.
        pub decided_below: Option<Millis>,
        /// What this chain decided.
        pub outcome: Outcome,
        /// Why: the reason of a ballot, or of our own parent's decision.
        pub reason: String,
        /// The index of the decision leaf.
        pub leaf_index: Option<u64>,
    }

    /// The children that named an event escalated, at `keys::below(event)`.
    pub struct BelowRecord {
        /// By the order in which they did; as a rule one.
        pub children: Vec<ChainPath>,
    }
}

impl Escalated {
    /// What a summary says of an open report.
    pub(super) fn of(event: EventId, subject: &Subject) -> Self {
        Escalated { event, member: subject.member.clone(), kind: subject.kind, alert: subject.alert.clone() }
    }
}

/// Opens what a child escalated for the ballots of our members.
pub(super) fn open(
    draft: &mut Draft<'_>,
    scene: &Scene,
    child: &ChainPath,
    opened: Millis,
    escalated: &Escalated,
) -> Result<(), Fault> {
    let (id, key) = (escalated.event, keys::escalated(child, &escalated.event));
    if draft.get::<EscalatedRecord>(&key)?.is_some() {
        return Ok(());
    }
    let record = EscalatedRecord {
        at: scene.now,
        height: scene.height,
        member: escalated.member.clone(),
        kind: escalated.kind,
        decided_below: None,
        outcome: Outcome::Open,
        reason: String::new(),
        leaf_index: None,
    };
    draft.put(key, &record);
    if draft.get::<EventRecord>(&keys::event(&id))?.is_some() {
        return Ok(());
    }
    let mut below = below(draft, &id)?;
    below.children.push(child.clone());
    draft.put(keys::below(&id), &below);
    if draft.get::<Subject>(&keys::open(&id))?.is_some() {
        return Ok(());
    }
    let policy = governance::policy(draft, CLASS)?;
    let rule = subject::parsed(&policy.rule)?;
    let subject = Subject {
        kind: escalated.kind,
        member: escalated.member.clone(),
        rule: policy.rule,
        opened,
        deadline: (policy.deadline_ms != 0).then(|| opened.plus_ms(policy.deadline_ms)),
        window_end: rule.window_end(opened),
        escalated: false,
        ballots: Vec::new(),
        electors: settle::electorate(draft, &rule, &escalated.member)?,
        amended: None,
        daily: None,
        alert: escalated.alert.clone(),
        // It rang below, which rose to us; the child calls it off when the decision is an event there.
        rings: false,
        rung: true,
        leaf_index: scene.leaf_index,
    };
    for (at, what) in subject.falls_due() {
        draft.put(keys::due(at, &id, what.number()), &());
    }
    settle::judge(draft, scene, &id, &subject).map(drop)
}

/// The escalated report that a ballot is about, if this member may judge it.
pub(crate) fn subject(draft: &mut Draft<'_>, id: &EventId, member: &MemberRecord) -> Result<Subject, Halt> {
    if !is_named(draft, id)? {
        return Err(unknown_cause(id).into());
    }
    match draft.get::<Subject>(&keys::open(id))? {
        Some(subject) if subject.member == member.id => {
            Err(Refusal::new(Code::SelfEndorse, "a member does not judge its own report").into())
        }
        Some(subject) => Ok(subject),
        None => Err(Refusal::new(Code::Closed, "the report is settled").into()),
    }
}

/// Whether a child named this event escalated, so that events here may follow from it.
pub(crate) fn is_named(draft: &mut Draft<'_>, id: &EventId) -> Result<bool, Fault> {
    Ok(!below(draft, id)?.children.is_empty())
}

fn below(draft: &mut Draft<'_>, id: &EventId) -> Result<BelowRecord, Fault> {
    Ok(draft.get(&keys::below(id))?.unwrap_or(BelowRecord { children: Vec::new() }))
}

/// Settles an escalated report by our members' ballots.
pub(crate) fn settle(draft: &mut Draft<'_>, id: &EventId, subject: &Subject, outcome: Outcome) -> Result<(), Fault> {
    let reason = reason(draft, id, subject, outcome)?;
    settle_as(draft, id, subject, outcome, &reason)
}

/// Settles an escalated report for good; the block derives the decision's leaf.
pub(super) fn settle_as(
    draft: &mut Draft<'_>,
    id: &EventId,
    subject: &Subject,
    outcome: Outcome,
    reason: &str,
) -> Result<(), Fault> {
    let children = below(draft, id)?.children;
    if children.is_empty() {
        return Err(Fault(format!("the open report {id} is neither ours nor a child's")));
    }
    close(draft, id, subject);
    for child in children {
        let key = keys::escalated(&child, id);
        let record = draft.get::<EscalatedRecord>(&key)?.filter(|record| record.outcome == Outcome::Open);
        let Some(record) = record else { continue };
        draft.put(key, &EscalatedRecord { outcome, reason: reason.to_owned(), ..record });
        draft.put(keys::decided(&child, id), &());
    }
    Ok(())
}

fn close(draft: &mut Draft<'_>, id: &EventId, subject: &Subject) {
    draft.delete(keys::open(id));
    for (at, what) in subject.falls_due() {
        draft.delete(keys::due(at, id, what.number()));
    }
}

/// The reason code of the last ballot that speaks for the outcome and has one.
fn reason(draft: &mut Draft<'_>, id: &EventId, subject: &Subject, outcome: Outcome) -> Result<String, Fault> {
    for cast in subject.ballots.iter().rev() {
        if (cast.choice == Choice::Endorse) != (outcome == Outcome::Accepted) {
            continue;
        }
        let ballot = draft.get::<BallotRecord>(&keys::ballot(id, &cast.member))?;
        if let Some(ballot) = ballot.filter(|ballot| !ballot.reason.is_empty()) {
            return Ok(ballot.reason);
        }
    }
    Ok(String::new())
}

/// The child's alerts say that it decided by itself (or took our decision): nobody needs to judge it here any more.
pub(super) fn decided_below(
    draft: &mut Draft<'_>,
    scene: &Scene,
    child: &ChainPath,
    id: &EventId,
) -> Result<(), Fault> {
    let key = keys::escalated(child, id);
    let Some(record) = draft.get::<EscalatedRecord>(&key)? else { return Ok(()) };
    draft.put(key, &EscalatedRecord { decided_below: Some(scene.now), ..record });
    let children = below(draft, id)?.children;
    if !children.contains(child) {
        return Ok(());
    }
    for other in &children {
        let other = draft.get::<EscalatedRecord>(&keys::escalated(other, id))?;
        if other.is_some_and(|other| other.decided_below.is_none() && other.outcome == Outcome::Open) {
            return Ok(());
        }
    }
    if let Some(subject) = draft.get::<Subject>(&keys::open(id))? {
        close(draft, id, &subject);
    }
    Ok(())
}

/// The leaf of a decision that waits under `key`, whose index its record keeps.
pub(crate) fn leaf(draft: &mut Draft<'_>, scene: &Scene, key: &[u8]) -> Result<Leaf, Fault> {
    let odd = || Fault(format!("no decision can be derived of {}", String::from_utf8_lossy(key)));
    let mut parts = std::str::from_utf8(key).map_err(|_| odd())?.split('/').skip(1);
    let child = parts.next().and_then(ChainPath::parse).ok_or_else(odd)?;
    let event = parts.next().and_then(EventId::parse).ok_or_else(odd)?;
    let at = keys::escalated(&child, &event);
    let record = draft.get::<EscalatedRecord>(&at)?.ok_or_else(odd)?;
    let leaf = DecisionLeaf {
        height: scene.height,
        child: child.to_string(),
        event,
        accepted: record.outcome == Outcome::Accepted,
        reason: record.reason.clone(),
    };
    draft.put(keys::decision(&child, scene.leaf_index), &event);
    draft.put(at, &EscalatedRecord { leaf_index: Some(scene.leaf_index), ..record });
    draft.delete(key.to_vec());
    Ok(Leaf::Decision(leaf))
}
