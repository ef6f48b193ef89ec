//! The rule every ledger runs on every event and must agree on: what holds of all events is checked here, then one
//! match hands the fact to the area that owns it. The front door runs the same rule as a dry run.
//!
//! It does not check form (`form::check`) or signatures (the caller did, in parallel), and it never sees an event
//! twice (`execute` drops repeats).

use crate::act::{Act, Halt, Scene, Submitted, not_a_key, unknown_cause};
use crate::event::{Event, Fact};
use crate::genesis::KeyClass;
use crate::record::{ChainRecord, EventRecord, KeyRecord, Kind, MemberRecord, Outcome};
use crate::refusal::{Code, Refusal};
use crate::state::{Draft, View, Writes};
use crate::{
    alert, ballot, credits, facility, governance, keys, materials, medical_resources, misbehaviour, outlook,
    public_opinion, report, rising,
};

/// What an event does to the state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effects {
    /// Keys read, with the versions seen.
    pub reads: Vec<(Vec<u8>, u64)>,
    /// Keys written.
    pub writes: Writes,
}

/// Decides an event. Same state, scene and event: same answer, on every ledger.
pub fn decide(view: &dyn View, scene: &Scene, submitted: &Submitted) -> Result<Effects, Halt> {
    let mut draft = Draft::new(view);
    let event = &submitted.event;
    in_time(scene, event)?;
    let member = match &event.fact {
        Fact::Anchor(anchor) => rising::anchor::relay(&mut draft, event, anchor)?,
        Fact::Proposal(proposal) => match governance::proposer(&mut draft, scene, event, proposal)? {
            Some(member) => member,
            None => author(&mut draft, scene, event)?,
        },
        _ => author(&mut draft, scene, event)?,
    };
    jurisdiction(&mut draft, &member, event)?;
    conditions(&mut draft, event)?;
    let act = Act { scene, submitted, member: &member };
    let outcome = area(&mut draft, &act)?;
    report::duty::heard(&mut draft, &act)?;
    credits::urgency::executed(&mut draft, &act)?;
    let record = EventRecord {
        height: scene.height,
        position: scene.position,
        leaf_index: scene.leaf_index,
        lane: event.lane,
        member: member.id,
        kind: Kind::of(&event.fact),
        code: proof::leaf::OK,
        outcome,
        settled_height: if outcome == Outcome::Open { 0 } else { scene.height },
    };
    draft.put(keys::event(&submitted.id), &record);
    let (reads, writes) = draft.finish();
    Ok(Effects { reads, writes })
}

/// One arm for every fact; the area owns the rule.
fn area(draft: &mut Draft<'_>, act: &Act<'_>) -> Result<Outcome, Halt> {
    match &act.event().fact {
        Fact::CaseReport(case) => report::plain(draft, act, &case.disease),
        Fact::ZeroReport(zero) => report::plain(draft, act, &zero.disease),
        Fact::LabResult(result) => report::plain(draft, act, &result.disease),
        Fact::DailyAggregate(daily) => report::daily(draft, act, daily),
        Fact::SuspectedCluster(cluster) => report::cluster(draft, act, cluster),
        Fact::Ballot(cast) => ballot::decide(draft, act, cast),
        Fact::Warning(warning) => alert::order::warning(draft, act, warning),
        Fact::Directive(directive) => alert::order::directive(draft, act, directive),
        Fact::Lifting(lifting) => alert::order::lifting(draft, act, lifting),
        Fact::Anchor(anchor) => rising::anchor::decide(draft, act, anchor),
        Fact::Appeal(appeal) => rising::appeal::decide(draft, act, appeal),
        Fact::CapacityClaim(claim) => medical_resources::claim::decide(draft, act, claim),
        Fact::FacilityProfile(profile) => facility::profile::decide(draft, act, profile),
        Fact::PatientFlow(flow) => medical_resources::flow::decide(draft, act, flow),
        Fact::BedHold(hold) => medical_resources::hold::decide(draft, act, hold),
        Fact::BedRelease(release) => medical_resources::hold::release(draft, act, release),
        Fact::Transfer(transfer) => medical_resources::transfer::decide(draft, act, transfer),
        Fact::SpotCheck(check) => medical_resources::spot_check::decide(draft, act, check),
        Fact::ItemDefined(item) => materials::define(draft, act, item),
        Fact::StockReceived(stock) => materials::received(draft, act, stock),
        Fact::StockIssued(stock) => materials::issued(draft, act, stock),
        Fact::StockCounted(count) => materials::counted(draft, act, count),
        Fact::StockWasted(waste) => materials::wasted(draft, act, waste),
        Fact::StockAdjusted(adjusted) => materials::adjusted(draft, act, adjusted),
        Fact::HandOver(hand_over) => materials::hand_over(draft, act, hand_over),
        Fact::TakeOver(take_over) => materials::take_over(draft, act, take_over),
        Fact::DiscrepancySettled(settled) => materials::settled(draft, act, settled),
        Fact::ResourceRequest(request) => materials::asked(draft, act, request),
        Fact::Commit(commit) => materials::commit(draft, act, commit),
        Fact::Release(release) => materials::release(draft, act, release),
        Fact::Requisition(taken) => materials::requisition(draft, act, taken),
        Fact::Pledge(pledge) => materials::pledge(draft, act, pledge),
        Fact::Purchase(purchase) => materials::purchase(draft, act, purchase),
        Fact::Deposit(deposit) => public_opinion::decide(draft, act, deposit),
        Fact::Forecast(forecast) => outlook::forecast(draft, act, forecast),
        Fact::Assessment(assessment) => outlook::assessment(draft, act, assessment),
        Fact::Proposal(proposal) => governance::decide(draft, act, proposal),
        Fact::Correction(correction) => report::correction::decide(draft, act, correction),
        Fact::Decision(decision) => rising::decision::decide(draft, act, decision),
        Fact::Misbehaviour(claim) => misbehaviour::decide(draft, act, claim),
    }
}

fn in_time(scene: &Scene, event: &Event) -> Result<(), Refusal> {
    if event.valid_until.0 != 0 && event.valid_until < scene.now {
        return Err(Refusal::of(Code::Expired, "valid_until", "the event's validity had passed; sign a new one"));
    }
    Ok(())
}

/// The member whose author key signed the event.
fn author(draft: &mut Draft<'_>, scene: &Scene, event: &Event) -> Result<MemberRecord, Halt> {
    let Some(key) = draft.get::<KeyRecord>(&keys::key(KeyClass::Author, &event.author))? else {
        return Err(not_a_key(draft, event, "events are signed with an author key")?.into());
    };
    if !key.active_at(scene.height) {
        return Err(inactive("the key is not active at this height").into());
    }
    match draft.get::<MemberRecord>(&keys::member(&key.member))? {
        Some(member) if member.active => Ok(member),
        _ => Err(inactive("the key's member does not take part in this chain").into()),
    }
}

fn inactive(detail: &str) -> Refusal {
    Refusal::of(Code::KeyInactive, "author", detail)
}

/// The region must be the chain's. What is stated must also be the member's to state; a judgement, an order or an
/// appeal is bound by roles instead, and an anchor is about its child wherever that is.
fn jurisdiction(draft: &mut Draft<'_>, member: &MemberRecord, event: &Event) -> Result<(), Halt> {
    if matches!(event.fact, Fact::Anchor(_)) {
        return Ok(());
    }
    let chain = draft.get::<ChainRecord>(&keys::chain())?;
    if !chain.is_some_and(|chain| chain.regions.contains(&event.region)) {
        return Err(Refusal::of(Code::UnknownCode, "region", "the chain takes no events of this region").into());
    }
    let by_role = matches!(
        event.fact,
        Fact::Ballot(_)
            | Fact::Directive(_)
            | Fact::Appeal(_)
            | Fact::Proposal(_)
            | Fact::Correction(_)
            | Fact::Decision(_)
            | Fact::Misbehaviour(_)
            | Fact::Requisition(_)
    );
    if !by_role && !member.regions.is_empty() && !member.regions.contains(&event.region) {
        let detail = "the region is not this member's to report on";
        return Err(Refusal::of(Code::OutOfJurisdiction, "region", detail).into());
    }
    Ok(())
}

/// Causes executed, expected versions met.
fn conditions(draft: &mut Draft<'_>, event: &Event) -> Result<(), Halt> {
    for cause in &event.causes {
        match draft.get::<EventRecord>(&keys::event(cause))? {
            // What a child escalated is on the child's chain, and judged here.
            None if rising::escalation::is_named(draft, cause)? => {}
            None => return Err(unknown_cause(cause).into()),
            Some(record) if record.code != proof::leaf::OK => {
                return Err(Refusal::new(Code::BadCause, format!("the cause {cause} was refused")).into());
            }
            Some(_) => {}
        }
    }
    for expect in &event.expect {
        let version = draft.version(expect.key.as_bytes())?;
        if version != expect.version {
            let detail = format!("the key has version {version}, not {}", expect.version);
            return Err(Refusal::of(Code::PreconditionFailed, "expect", detail).into());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
