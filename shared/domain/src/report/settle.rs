//! How a report is settled: opened under its class's policy, judged as ballots come in and deadlines pass, and only then of
//! effect.

use crate::act::{Act, Halt, Scene};
use crate::alert::{self, AlertState, AlertText};
use crate::chain::Lane;
use crate::event::EventId;
use crate::policy::{Electors, Policy, Profile};
use crate::record::{EventRecord, Kind, Outcome, PolicyRecord};
use crate::refusal::{Code, Refusal};
use crate::state::{Draft, Fault};
use crate::{credits, governance, keys, materials, rising, roster};

use super::subject::{Claim, SettledRecord, Subject, outcome, parsed};
use super::totals;

/// Opens a report under its class's policy; a policy that needs no ballots settles it at once.
pub(crate) fn open(draft: &mut Draft<'_>, act: &Act<'_>, claim: Claim) -> Result<Outcome, Halt> {
    let Some(policy) = draft.get::<PolicyRecord>(&keys::policy(claim.kind.class()))? else {
        let detail = format!("this chain has no policy for {}", claim.kind.class());
        return Err(Refusal::new(Code::UnknownKind, detail).into());
    };
    open_under(draft, act, claim, policy)
}

/// Opens a report or proposal under this policy.
pub(crate) fn open_under(
    draft: &mut Draft<'_>,
    act: &Act<'_>,
    claim: Claim,
    policy: PolicyRecord,
) -> Result<Outcome, Halt> {
    let (scene, id) = (act.scene, act.submitted.id);
    let rule = parsed(&policy.rule)?;
    // Chain time is that of the last certificate, which on a quiet chain is hours old: a veto window or a deadline that
    // began then would be over before anybody saw the report. An author who writes a later time only delays himself.
    let opened = scene.now.max(act.event().created_at);
    let mut subject = Subject {
        kind: claim.kind,
        member: act.member.id.clone(),
        rule: policy.rule,
        opened,
        deadline: (claim.escalates && policy.deadline_ms != 0).then(|| opened.plus_ms(policy.deadline_ms)),
        window_end: rule.window_end(opened),
        escalated: false,
        ballots: Vec::new(),
        electors: electorate(draft, &rule, &act.member.id)?,
        amended: None,
        daily: claim.daily,
        alert: AlertText { events: act.event().causes.clone(), ..claim.alert },
        rings: claim.rings,
        rung: false,
        leaf_index: scene.leaf_index,
    };
    let outcome = outcome(&rule, &subject, scene.now);
    if outcome != Outcome::Open {
        take_effect(draft, scene, &id, &subject, outcome)?;
        return Ok(outcome);
    }
    if subject.rings && rule.provisional() && act.event().lane == Lane::Urgent {
        subject.ring(draft, scene, id, AlertState::Provisional)?;
        subject.rung = true;
    }
    for (at, what) in subject.falls_due() {
        draft.put(keys::due(at, &id, what.number()), &());
    }
    draft.put(keys::open(&id), &subject);
    Ok(Outcome::Open)
}

/// The electorate of a report opened now. Only a policy that asks for a share of it pays for reading every member.
pub(crate) fn electorate(draft: &Draft<'_>, policy: &Policy, author: &str) -> Result<Electors, Fault> {
    if !policy.has_electorate() {
        return Ok(Electors::none());
    }
    // All of them: a list cut short would be another electorate. Governance bounds how many a chain admits.
    let members = roster::members(draft.view(), usize::MAX)?;
    let active = members.iter().filter(|member| member.active);
    // Whether a member has an author key moves no electorate.
    let profiles = active.map(|member| Profile::of_record(member, true)).collect::<Vec<_>>();
    Ok(policy.electorate(&profiles, author))
}

/// Evaluates an open report at this time and, if decided, settles it; else keeps it as it is now.
pub(crate) fn judge(draft: &mut Draft<'_>, scene: &Scene, id: &EventId, subject: &Subject) -> Result<Outcome, Fault> {
    let policy = parsed(&subject.rule)?;
    let outcome = outcome(&policy, subject, scene.now);
    if outcome == Outcome::Open {
        draft.put(keys::open(id), subject);
        return Ok(outcome);
    }
    settle(draft, scene, id, subject, outcome)?;
    Ok(outcome)
}

/// The veto window of an open report ends: its policy is evaluated again. Gives the report if it stays open.
pub(crate) fn window_ends(draft: &mut Draft<'_>, scene: &Scene, id: &EventId) -> Result<Option<Subject>, Fault> {
    let Some(subject) = draft.get::<Subject>(&keys::open(id))? else {
        return Err(Fault(format!("something is due for {id}, which is not open")));
    };
    let open = judge(draft, scene, id, &subject)? == Outcome::Open;
    Ok(open.then_some(subject))
}

/// The deadline of an open report: who is still undecided escalates.
pub(crate) fn deadline(draft: &mut Draft<'_>, scene: &Scene, id: &EventId) -> Result<(), Fault> {
    let Some(mut subject) = window_ends(draft, scene, id)? else { return Ok(()) };
    subject.escalated = true;
    // One provisional alert for a report is enough: what already rang goes up by name only.
    if !subject.rung {
        subject.ring(draft, scene, *id, AlertState::Provisional)?;
        subject.rung = true;
    }
    rising::changed(draft, scene, keys::changed_escalated(id));
    draft.put(keys::open(id), &subject);
    Ok(())
}

/// Settles an open report for good.
pub(crate) fn settle(
    draft: &mut Draft<'_>,
    scene: &Scene,
    id: &EventId,
    subject: &Subject,
    outcome: Outcome,
) -> Result<(), Fault> {
    let Some(record) = draft.get::<EventRecord>(&keys::event(id))? else {
        return rising::escalation::settle(draft, id, subject, outcome);
    };
    // A proposal that has become impossible is rejected, however many agreed to it.
    let outcome = match (subject.kind, outcome) {
        (Kind::Proposal, Outcome::Accepted) => governance::feasible(draft, scene, id)?,
        _ => outcome,
    };
    draft.put(keys::event(id), &EventRecord { outcome, settled_height: scene.height, ..record });
    draft.delete(keys::open(id));
    for (at, what) in subject.falls_due() {
        draft.delete(keys::due(at, id, what.number()));
    }
    take_effect(draft, scene, id, subject, outcome)
}

fn take_effect(
    draft: &mut Draft<'_>,
    scene: &Scene,
    id: &EventId,
    subject: &Subject,
    outcome: Outcome,
) -> Result<(), Fault> {
    if let Some(claim) = &subject.daily {
        totals::settle(draft, scene, id, subject.leaf_index, claim, outcome)?;
    }
    if subject.kind == Kind::ResourceRequest && outcome == Outcome::Accepted {
        materials::idle::watch(draft, scene, id);
    }
    if subject.kind == Kind::Proposal {
        governance::settled(draft, scene, id, outcome)?;
    } else {
        credits::settled(draft, scene, id, subject, outcome)?;
        // Nothing is to be undone of a report that neither counted nor rang, and that nobody vouched for.
        if outcome == Outcome::Accepted && (subject.daily.is_some() || subject.rings || !subject.ballots.is_empty()) {
            draft.put(keys::settled(id), &SettledRecord::of(subject));
        }
    }
    if subject.kind == Kind::Lifting {
        lifted(draft, scene, id, subject, outcome)?;
    }
    let state = match outcome {
        Outcome::Accepted if subject.rings => Some(AlertState::Confirmed),
        // What rang must not ring on: a rejected alert is called off, and so is an escalation once somebody decided.
        Outcome::Accepted | Outcome::Rejected => subject.rung.then_some(AlertState::Cancelled),
        Outcome::Open => None,
    };
    match state {
        Some(state) => subject.ring(draft, scene, *id, state),
        None => Ok(()),
    }
}

/// Settles an open report by a decision from above, for who follows a log in which it was executed; one that is not open
/// in this state is left alone.
pub fn decided(draft: &mut Draft<'_>, scene: &Scene, id: &EventId, accepted: bool) -> Result<(), Fault> {
    let Some(subject) = draft.get::<Subject>(&keys::open(id))? else { return Ok(()) };
    let outcome = if accepted { Outcome::Accepted } else { Outcome::Rejected };
    settle(draft, scene, id, &subject, outcome)
}

/// Undoes an accepted report that was found wrong: what it counted leaves the totals, what it rang is called off.
pub(crate) fn refuted(draft: &mut Draft<'_>, scene: &Scene, id: &EventId, record: EventRecord) -> Result<(), Fault> {
    let member = record.member.clone();
    draft.put(keys::event(id), &EventRecord { outcome: Outcome::Rejected, settled_height: scene.height, ..record });
    let key = keys::settled(id);
    let settled = draft.get::<SettledRecord>(&key)?;
    credits::refuted(draft, scene, id, &member, settled.as_ref())?;
    let Some(settled) = settled else { return Ok(()) };
    draft.delete(key);
    if let Some(claim) = &settled.daily {
        totals::withdraw(draft, scene, id, claim)?;
    }
    match settled.alert {
        Some(text) => alert::ring_text(draft, scene, *id, AlertState::Cancelled, text),
        None => Ok(()),
    }
}

/// A lifting is decided: accepted, it calls off the alert of its warning, unless that is over by now.
fn lifted(
    draft: &mut Draft<'_>,
    scene: &Scene,
    id: &EventId,
    subject: &Subject,
    outcome: Outcome,
) -> Result<(), Fault> {
    let key = keys::lifting(id);
    let Some(warning) = draft.get::<EventId>(&key)? else {
        return Err(Fault(format!("the lifting {id} names no warning")));
    };
    draft.delete(key);
    let settled = draft.get::<SettledRecord>(&keys::settled(&warning))?;
    let text = settled.filter(|_| outcome == Outcome::Accepted).and_then(|settled| settled.alert);
    let Some(mut text) = text else { return Ok(()) };
    text.events.push(*id);
    alert::ring_text(draft, &subject.later(scene), warning, AlertState::Cancelled, text)
}
