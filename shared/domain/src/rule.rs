//! The rule every ledger runs on every event and must agree on: what holds of all events is checked here, then one
//! match hands the fact to the area that owns it. The front door runs the same rule as a dry run.
//!
//! It does not check form (`form::check`) or signatures (the caller did, in parallel), and it never sees an event
//! twice (`execute` drops repeats).

use proof::digest::Digest;
use proof::sign::ChainId;

use crate::chain::ChainPath;
use crate::event::{Event, EventId, Fact};
use crate::genesis::KeyClass;
use crate::record::{ChainRecord, EventRecord, KeyRecord, Kind, MemberRecord, Outcome};
use crate::refusal::{Code, Refusal};
use crate::state::{Draft, Fault, View, Writes};
use crate::time::Millis;
use crate::{
    alert, ballot, credits, facility, governance, keys, materials, medical_resources, misbehaviour, outlook,
    public_opinion, query, report, rising,
};

/// Where and when an event is decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scene {
    /// The chain's identity.
    pub chain_id: ChainId,
    /// The chain's path.
    pub chain: ChainPath,
    /// The height of the block that holds the event; for a dry run the next one.
    pub height: u64,
    /// Chain time.
    pub now: Millis,
    /// The event's place among all events of the block; for a dry run 0.
    pub position: u32,
    /// The index its leaf will have; for a dry run the log's size.
    pub leaf_index: u64,
}

impl Scene {
    /// The scene of a dry run: the block after the last one executed, at its chain time.
    pub fn next(view: &dyn View, chain_id: ChainId, chain: ChainPath, log_size: u64) -> Result<Self, Fault> {
        let progress = query::progress(view)?;
        let height = progress.height.saturating_add(1);
        Ok(Scene { chain_id, chain, height, now: progress.chain_time, position: 0, leaf_index: log_size })
    }
}

/// An event whose form and signature hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submitted {
    /// Its id on this chain.
    pub id: EventId,
    /// SHA-256 of its signed bytes.
    pub signed: Digest,
    /// What it states.
    pub event: Event,
}

/// Why a decision stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Halt {
    /// The answer is no; every ledger gives the same.
    Refused(Refusal),
    /// The store could not answer; try again.
    Fault(Fault),
}

impl From<Refusal> for Halt {
    fn from(refusal: Refusal) -> Self {
        Halt::Refused(refusal)
    }
}

impl From<Fault> for Halt {
    fn from(fault: Fault) -> Self {
        Halt::Fault(fault)
    }
}

/// What an event does to the state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effects {
    /// Keys read, with the versions seen.
    pub reads: Vec<(Vec<u8>, u64)>,
    /// Keys written.
    pub writes: Writes,
}

/// An event before an area's rule: where, what, and by whom.
#[derive(Clone, Copy, Debug)]
pub struct Act<'a> {
    /// Where and when.
    pub scene: &'a Scene,
    /// What.
    pub submitted: &'a Submitted,
    /// By whom.
    pub member: &'a MemberRecord,
}

impl Act<'_> {
    /// The event.
    pub fn event(&self) -> &Event {
        &self.submitted.event
    }
}

/// The field of a refusal that a cause not executed yet gives, which time may mend.
const UNKNOWN_CAUSE: &str = "causes";

/// Whether the refusal only says that a cause is not executed yet: admission then holds the event and tries again.
pub fn is_waiting(refusal: &Refusal) -> bool {
    refusal.code == Code::BadCause && refusal.field == UNKNOWN_CAUSE
}

/// A refusal because `cause` was not executed here yet.
pub(crate) fn unknown_cause(cause: &EventId) -> Refusal {
    Refusal::of(Code::BadCause, UNKNOWN_CAUSE, format!("the event {cause} was not executed on this chain yet"))
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
        Fact::Warning(warning) => alert::warning(draft, act, warning),
        Fact::Directive(directive) => alert::directive(draft, act, directive),
        Fact::Lifting(lifting) => alert::lifting(draft, act, lifting),
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

/// Why a key may not sign: known in another class, or a stranger's.
pub(crate) fn not_a_key(draft: &mut Draft<'_>, event: &Event, detail: &str) -> Result<Refusal, Fault> {
    for class in KeyClass::ALL {
        if draft.get::<KeyRecord>(&keys::key(class, &event.author))?.is_some() {
            return Ok(Refusal::of(Code::KeyClass, "author", detail));
        }
    }
    Ok(Refusal::of(Code::BadSignature, "author", "the key is not known on this chain"))
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
