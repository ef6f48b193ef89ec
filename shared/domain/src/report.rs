//! Reports: what members observe, and how it comes to count. A report is opened under its class's policy, settled by
//! ballots (`ballot`) or deadlines, and only then has an effect: an aggregate enters the totals, a cluster or
//! warning rings confirmed.
//!
//! Case, zero and laboratory reports are judged and kept but add to no total: official counts are daily aggregates.

pub mod correction;
pub mod duty;
pub(crate) mod totals;

use crate::act::{Act, Halt, Scene};
use crate::alert::{self, AlertKind, AlertState, AlertText};
use crate::chain::Lane;
use crate::codec::record;
use crate::due::DueWhat;
use crate::event::{
    AlertLevel, Choice, DailyAggregate, Disease, EXERCISE_DISEASE, Event, EventId, Origin, SuspectedCluster,
};
use crate::policy::{CastBallot, Electors, Policy, Profile, Verdict};
use crate::record::{EventRecord, Kind, Outcome, PolicyRecord};
use crate::refusal::{Code, Refusal};
use crate::state::{Draft, Fault};
use crate::time::{Date, Millis};
use crate::{credits, governance, keys, materials, rising, roster};

pub use correction::Amended;
pub use totals::{Counts, DailyRecord, InForce, total};

record! {
    /// A report not settled yet, at `keys::open(id)`.
    pub struct Subject {
        /// What it is.
        pub kind: Kind,
        /// Its author's member.
        pub member: String,
        /// The policy as it stood when the report was opened.
        pub rule: String,
        /// Chain time when it was opened.
        pub opened: Millis,
        /// When it escalates, unless decided.
        pub deadline: Option<Millis>,
        /// When its veto window ends.
        pub window_end: Option<Millis>,
        /// Whether it has escalated.
        pub escalated: bool,
        /// Ballots so far, in order.
        pub ballots: Vec<CastBallot>,
        /// Who makes up the majorities and fractions of the policy.
        pub electors: Electors,
        /// Its last correction.
        pub amended: Option<Amended>,
        /// What counts once it is accepted.
        pub daily: Option<DailyClaim>,
        /// What rings, or would on escalation.
        pub alert: AlertText,
        /// Whether acceptance rings.
        pub rings: bool,
        /// Whether it has rung provisionally.
        pub rung: bool,
        /// The index of its leaf: of two aggregates for one key the later in the log is in force.
        pub leaf_index: u64,
    }

    /// What is kept of an accepted report that has an effect or that others vouched for, at `keys::settled(id)`, so that
    /// it can be undone.
    pub struct SettledRecord {
        /// Its author's member.
        pub member: String,
        /// Members that endorsed it.
        pub endorsers: Vec<String>,
        /// What counts.
        pub daily: Option<DailyClaim>,
        /// What it rang.
        pub alert: Option<AlertText>,
        /// Whether it was an exercise.
        pub exercise: bool,
    }

    /// What an aggregate claims.
    pub struct DailyClaim {
        /// ICD-10 code.
        pub disease: String,
        /// The place.
        pub region: String,
        /// The reporting day.
        pub date: Date,
        /// Imported or local.
        pub origin: Origin,
        /// Counts by classification.
        pub counts: Counts,
    }
}

impl Subject {
    /// Whether it is about the exercise disease.
    pub fn exercise(&self) -> bool {
        self.alert.disease.as_ref().is_some_and(|disease| exercise(&disease.code))
    }

    /// Everything that falls due for it, whether it has already or not.
    pub(crate) fn falls_due(&self) -> impl Iterator<Item = (Millis, DueWhat)> {
        let window = self.window_end.map(|at| (at, DueWhat::WindowEnd));
        // A report that escalated stays open, and its deadline is behind it.
        let deadline = self.deadline.map(|at| (at, DueWhat::Deadline));
        window.into_iter().chain(deadline)
    }
}

impl SettledRecord {
    fn of(subject: &Subject) -> Self {
        let endorsed = subject.ballots.iter().filter(|ballot| ballot.choice == Choice::Endorse);
        SettledRecord {
            member: subject.member.clone(),
            endorsers: endorsed.map(|ballot| ballot.member.clone()).collect(),
            daily: subject.daily.clone(),
            alert: subject.rings.then(|| subject.alert.clone()),
            exercise: subject.exercise(),
        }
    }
}

/// What a report asks for.
pub(crate) struct Claim {
    kind: Kind,
    alert: AlertText,
    rings: bool,
    daily: Option<DailyClaim>,
    escalates: bool,
}

impl Claim {
    /// A claim that rings when accepted.
    pub(crate) fn rings(kind: Kind, alert: AlertText) -> Self {
        Claim { kind, alert, rings: true, daily: None, escalates: true }
    }

    /// A claim that rings this text, and only if nobody decides it in time.
    pub(crate) fn silent(kind: Kind, alert: AlertText) -> Self {
        Claim { kind, alert, rings: false, daily: None, escalates: true }
    }

    /// A claim that rings only if nobody decides it in time.
    pub(crate) fn quiet(event: &Event, kind: Kind, disease: &Disease) -> Self {
        let what = kind.name().replace('_', " ");
        let headline = format!("No decision by its deadline on a {what}");
        let line = AlertText::line(AlertLevel::Yellow, AlertKind::Escalation, &event.region, headline);
        let alert = AlertText { disease: Some(disease.clone()), ..line };
        Claim::silent(kind, alert)
    }

    /// The same, but it waits for its ballots however long: nothing hangs on their decision.
    pub(crate) fn patient(self) -> Self {
        Claim { escalates: false, ..self }
    }
}

/// A case report, zero report or laboratory result.
pub(crate) fn plain(draft: &mut Draft<'_>, act: &Act<'_>, disease: &Disease) -> Result<Outcome, Halt> {
    let event = act.event();
    open(draft, act, Claim::quiet(event, Kind::of(&event.fact), disease))
}

/// Counts of a day. The key (disease, region, date, origin) belongs to the member that first claims it.
pub(crate) fn daily(draft: &mut Draft<'_>, act: &Act<'_>, daily: &DailyAggregate) -> Result<Outcome, Halt> {
    let event = act.event();
    let claim = DailyClaim {
        disease: daily.disease.code.clone(),
        region: event.region.clone(),
        date: daily.report_date,
        origin: daily.origin,
        counts: daily.counts,
    };
    totals::claim(draft, &act.member.id, &claim)?;
    let quiet = Claim::quiet(event, Kind::DailyAggregate, &daily.disease);
    open(draft, act, Claim { daily: Some(claim), ..quiet })
}

/// Several positives. Only an urgent one rings; it adds to no total.
pub(crate) fn cluster(draft: &mut Draft<'_>, act: &Act<'_>, cluster: &SuspectedCluster) -> Result<Outcome, Halt> {
    let event = act.event();
    if event.lane != Lane::Urgent {
        return open(draft, act, Claim::quiet(event, Kind::SuspectedCluster, &cluster.disease));
    }
    let name = &cluster.disease.name;
    let headline = format!("Suspected cluster of {name}: {} positive at {}", cluster.positives, cluster.facility);
    let line = AlertText::line(AlertLevel::Yellow, AlertKind::Cluster, &event.region, headline);
    let text = AlertText { disease: Some(cluster.disease.clone()), ..line };
    open(draft, act, Claim::rings(Kind::SuspectedCluster, text))
}

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
        alert::ring(draft, scene, id, AlertState::Provisional, &subject)?;
        subject.rung = true;
    }
    for (at, what) in subject.falls_due() {
        draft.put(keys::due(at, &id, what.number()), &());
    }
    draft.put(keys::open(&id), &subject);
    Ok(Outcome::Open)
}

/// Parses a policy kept in the state. The genesis was checked, so a text that does not parse is the store's fault.
pub(crate) fn parsed(rule: &str) -> Result<Policy, Fault> {
    Policy::parse(rule).map_err(|refusal| Fault(format!("a stored policy does not parse: {}", refusal.detail)))
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

/// What a report's ballots amount to at this time.
fn outcome(policy: &Policy, subject: &Subject, now: Millis) -> Outcome {
    match policy.evaluate(&subject.ballots, &subject.electors, &subject.member, now, subject.opened) {
        Verdict::Accepted => Outcome::Accepted,
        Verdict::Rejected(_) => Outcome::Rejected,
        Verdict::Open => Outcome::Open,
    }
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
        alert::ring(draft, scene, *id, AlertState::Provisional, &subject)?;
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
        alert::lifted(draft, scene, id, subject, outcome)?;
    }
    let state = match outcome {
        Outcome::Accepted if subject.rings => Some(AlertState::Confirmed),
        // What rang must not ring on: a rejected alert is called off, and so is an escalation once somebody decided.
        Outcome::Accepted | Outcome::Rejected => subject.rung.then_some(AlertState::Cancelled),
        Outcome::Open => None,
    };
    match state {
        Some(state) => alert::ring(draft, scene, *id, state, subject),
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

/// Whether counts of this disease are only an exercise.
pub(crate) fn exercise(disease: &str) -> bool {
    disease == EXERCISE_DISEASE
}

#[cfg(test)]
mod tests;
