//! What the policies let count: the domain's own rule, run again on reports, assessments and warnings, on what is said about
//! them (ballots, liftings, deadlines, corrections, refutations, a parent's decisions), and on what changes who may say it (proposals,
//! proven misbehaviour), over a small state of its own.
//!
//! Acceptance does not stand in a leaf; it follows from ballots and deadlines. The rule is pure and the ledgers agree on
//! it, so running it here gives the same without asking anybody, and a replay gives it again. What the ledger has already
//! checked (causes, expected versions, a parent's certificates) is left out, because the state here lacks what they are
//! about; so is what is proposed about reports that are not held here.
//! Limits: some 700 bytes a day, region and origin, 500 bytes an accepted report until it is forgotten, and 1 KiB an open
//! one, in memory. Warnings are kept for good, 1 KiB each: a later one may replace an early one, and there are few.

mod ringing;

use std::collections::BTreeSet;

use anyhow::{Context as _, bail};
use domain::act::{Halt, Scene, Submitted};
use domain::event::{Action, Disease, Event, EventId, Fact};
use domain::execute::due;
use domain::genesis::Genesis;
use domain::governance::ProposalRecord;
use domain::keys;
use domain::outlook::ResponseRecord;
use domain::query::{self, Place};
use domain::record::{EventRecord, Kind, Outcome};
use domain::report::{self, Subject};
use domain::rule;
use domain::state::{self, Draft, Fault, MemoryState, View as _, Writes, decoded};
use domain::time::Date;
use host::projection::Entry;
use proof::digest::Digest;
use proof::leaf::Leaf;
use proof::sign::PublicKey;

pub(crate) use ringing::Ringing;

/// Rows of the small state.
pub(crate) const STATE: &[u8] = b"state/";

/// Accepted reports and those still open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Accepted {
    state: MemoryState,
}

/// An entry's effect: what to store, the disease of the aggregate it was about, and the reports and assessments that it
/// decided.
#[derive(Debug, Default)]
pub(crate) struct Step {
    pub(crate) writes: Writes,
    pub(crate) disease: Option<Disease>,
    /// Never [`Outcome::Open`]. One that was accepted can be rejected later: it was refuted.
    pub(crate) settled: Vec<(EventId, Outcome)>,
    /// The warnings that rang by it, ring no more, or were replaced.
    pub(crate) warnings: Vec<EventId>,
}

impl Accepted {
    /// The state of the genesis.
    pub(crate) fn new(genesis: &Genesis) -> Self {
        let mut state = MemoryState::default();
        state.apply(&genesis.writes());
        Accepted { state }
    }

    /// Takes up a stored key.
    pub(crate) fn restore(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.state.apply(&[(key, Some(value))].into());
    }

    /// Takes the next final entry.
    pub(crate) fn take(&mut self, genesis: &Genesis, entry: &Entry<'_>) -> anyhow::Result<Step> {
        let scene = Scene {
            chain_id: genesis.chain_id,
            chain: genesis.chain.clone(),
            height: entry.log.height,
            now: entry.at(),
            position: entry.log.position,
            leaf_index: entry.log.index,
        };
        let Some(subject) = self.subject(entry)? else { return Ok(Step::default()) };
        let disease = match entry.event.map(|event| &event.fact) {
            Some(Fact::DailyAggregate(daily)) => Some(daily.disease.clone()),
            _ => self.open(&subject)?.and_then(|open| open.alert.disease),
        };
        let mut draft = Draft::new(&self.state);
        let writes = match (entry.event, entry.log.event_id, Leaf::from_bytes(&entry.log.leaf)) {
            (Some(Event { fact: Fact::Decision(decision), .. }), _, _) => {
                let Some(Leaf::Decision(leaf)) = Leaf::from_bytes(&decision.leaf.leaf) else {
                    return Ok(Step::default());
                };
                report::decided(&mut draft, &scene, &subject, leaf.accepted).map_err(fault)?;
                draft.finish().1
            }
            (Some(event), Some(id), _) => self.decide(&scene, id, &entry.log.signed, event)?,
            (None, _, Some(Leaf::Due(leaf))) => {
                due::act(&mut draft, &scene, &subject, leaf.what).map_err(fault)?;
                draft.finish().1
            }
            _ => return Ok(Step::default()),
        };
        let (settled, warnings) = (settled(&writes)?, ringing::touched(&writes));
        Ok(Step { writes: self.keep(&subject, &settled, writes)?, disease, settled, warnings })
    }

    /// What members voted of each disease in each region.
    pub(crate) fn voted(&self) -> anyhow::Result<Vec<(Place, ResponseRecord)>> {
        query::responses(&self.state, None, None, None, usize::MAX).map_err(fault)
    }

    /// The days from which a disease is counted by another definition.
    pub(crate) fn definitions(&self, disease: &str) -> anyhow::Result<Vec<Date>> {
        let found = query::definitions(&self.state, Some(disease), None, usize::MAX).map_err(fault)?;
        Ok(found.into_iter().map(|(key, _)| key.from).collect())
    }

    /// The reports that open proposals would refute: forgotten, they would make the proposal infeasible here alone.
    pub(crate) fn named(&self) -> anyhow::Result<BTreeSet<EventId>> {
        let found = self.state.scan(PROPOSALS, &keys::end_of(PROPOSALS), usize::MAX).map_err(fault)?;
        let mut named = BTreeSet::new();
        for (key, stored) in found {
            let proposal: ProposalRecord = decoded(&key, &stored.value).map_err(fault)?;
            named.extend(proposal.actions.iter().filter_map(|action| match action {
                Action::Refute { event, .. } => Some(*event),
                _ => None,
            }));
        }
        Ok(named)
    }

    /// Gives up a report that nobody asks about any more; what is said of it later is passed over.
    pub(crate) fn forget(&mut self, id: &EventId) -> anyhow::Result<Writes> {
        let mut gone = Writes::from([(keys::event(id), None), (keys::settled(id), None), (keys::open(id), None)]);
        gone.extend(self.ballots(id)?);
        self.state.apply(&gone);
        Ok(gone)
    }

    /// The ballots on a subject, each to be removed.
    fn ballots(&self, subject: &EventId) -> anyhow::Result<Writes> {
        let ballots = keys::ballot(subject, "");
        let found = self.state.scan(&ballots, &keys::end_of(&ballots), usize::MAX).map_err(fault)?;
        Ok(found.into_iter().map(|(key, _)| (key, None)).collect())
    }

    /// How many reports are held.
    #[cfg(test)]
    pub(crate) fn held(&self) -> usize {
        self.state.scan(EVENT, &keys::end_of(EVENT), usize::MAX).map_or(0, |found| found.len())
    }

    /// What an entry is about, if it matters here: a report, a warning, or a change of who may report and judge one.
    fn subject(&self, entry: &Entry<'_>) -> anyhow::Result<Option<EventId>> {
        let open = |id: EventId| Ok(self.open(&id)?.is_some().then_some(id));
        let Some(event) = entry.event else {
            return match Leaf::from_bytes(&entry.log.leaf) {
                Some(Leaf::Due(due)) => open(due.event),
                _ => Ok(None),
            };
        };
        match &event.fact {
            Fact::CaseReport(_)
            | Fact::DailyAggregate(_)
            | Fact::SuspectedCluster(_)
            | Fact::ZeroReport(_)
            | Fact::LabResult(_)
            | Fact::Assessment(_)
            | Fact::Warning(_)
            | Fact::Lifting(_)
            | Fact::Misbehaviour(_) => Ok(entry.log.event_id),
            Fact::Proposal(proposal) if proposal.actions.iter().any(|action| self.concerns(action)) => {
                Ok(entry.log.event_id)
            }
            Fact::Ballot(ballot) => open(ballot.subject),
            Fact::Correction(correction) => open(correction.subject),
            Fact::Decision(decision) => match Leaf::from_bytes(&decision.leaf.leaf) {
                Some(Leaf::Decision(leaf)) => open(leaf.event),
                _ => Ok(None),
            },
            _ => Ok(None),
        }
    }

    /// Whether an action does anything here: what is refuted must be held and accepted, and facilities are not known here.
    fn concerns(&self, action: &Action) -> bool {
        match action {
            Action::Refute { event, .. } => {
                let record = state::read::<EventRecord>(&self.state, &keys::event(event));
                record.is_ok_and(|record| record.is_some_and(|record| record.outcome == Outcome::Accepted))
            }
            Action::Designate { .. } => false,
            _ => true,
        }
    }

    /// Whose author key this is or was; its hex where nobody's ever was.
    pub(crate) fn member_of(&self, key: &PublicKey) -> anyhow::Result<String> {
        let record = query::author_key(&self.state, key).map_err(fault)?;
        Ok(record.map_or_else(|| key.to_string(), |record| record.member))
    }

    /// Whether ballots on a report, an assessment or a warning are awaited.
    pub(crate) fn is_open(&self, id: &EventId) -> anyhow::Result<bool> {
        Ok(self.open(id)?.is_some())
    }

    fn open(&self, id: &EventId) -> anyhow::Result<Option<Subject>> {
        query::subject(&self.state, id).map_err(fault)
    }

    fn decide(&self, scene: &Scene, id: EventId, signed: &[u8], event: &Event) -> anyhow::Result<Writes> {
        let mut event = Event { causes: Vec::new(), expect: Vec::new(), ..event.clone() };
        if let Fact::Proposal(proposal) = &mut event.fact {
            proposal.actions.retain(|action| self.concerns(action));
        }
        match rule::decide(&self.state, scene, &Submitted { id, signed: Digest::of(signed), event }) {
            Ok(effects) => Ok(effects.writes),
            Err(Halt::Refused(refusal)) => bail!("the event {id} was executed, but is refused here: {refusal}"),
            Err(Halt::Fault(error)) => Err(fault(error)),
        }
    }

    /// Keeps what later entries need: days, votes, reports that are open or could be refuted, and who may do what. Totals,
    /// alerts, summaries and credits are the ledger's.
    fn keep(
        &mut self,
        subject: &EventId,
        settled: &[(EventId, Outcome)],
        mut writes: Writes,
    ) -> anyhow::Result<Writes> {
        let (record, proposal, ballots) = (keys::event(subject), keys::proposal(subject), keys::ballot(subject, ""));
        writes.retain(|key, _| {
            let own = *key == record || *key == proposal || key.starts_with(&ballots);
            own || KEPT.iter().any(|kept| key.starts_with(kept))
        });
        self.state.apply(&writes);
        let mut gone = Writes::new();
        if self.open(subject)?.is_none() {
            gone.extend(self.ballots(subject)?);
            gone.insert(proposal, None);
            // A report stays so that it can be refuted; a proposal or a proof of misbehaviour has done what it does.
            if !settled.contains(&(*subject, Outcome::Accepted)) {
                gone.insert(record, None);
            }
        }
        // What was rejected or refuted can't be refuted again.
        let rejected = settled.iter().filter(|(_, outcome)| *outcome == Outcome::Rejected);
        gone.extend(rejected.map(|(id, _)| (keys::event(id), None)));
        self.state.apply(&gone);
        writes.extend(gone);
        Ok(writes)
    }
}

/// The reports and assessments that were decided by these writes.
fn settled(writes: &Writes) -> anyhow::Result<Vec<(EventId, Outcome)>> {
    let mut found = Vec::new();
    for (key, value) in writes.iter().filter(|(key, _)| key.starts_with(EVENT)) {
        let Some(value) = value else { continue };
        let record: EventRecord = decoded(key, value).map_err(fault)?;
        let id = key.strip_prefix(EVENT).and_then(|id| EventId::parse(std::str::from_utf8(id).ok()?));
        if record.outcome != Outcome::Open && record.kind.judged() && record.kind != Kind::Proposal {
            found.push((id.context("the key of an event")?, record.outcome));
        }
    }
    Ok(found)
}

const EVENT: &[u8] = b"event/";
const PROPOSALS: &[u8] = b"proposal/";
/// What is kept of what any entry writes.
const KEPT: [&[u8]; 15] = [
    b"daily/",
    b"open/",
    b"settled/",
    b"warning/",
    b"lifting/",
    b"response/",
    b"definition/",
    b"member/",
    b"key/",
    b"policy/",
    b"cosigners/",
    b"epochs",
    b"phase",
    b"misbehaviour/",
    // What a proposal lifts must be there.
    keys::DUTIES,
];

fn fault(fault: Fault) -> anyhow::Error {
    anyhow::Error::msg(fault.to_string()).context("the small state of reports")
}
