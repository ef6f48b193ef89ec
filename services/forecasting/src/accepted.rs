//! What the policies let count: the domain's own rule, run again on the daily aggregates, on what is said about them
//! (ballots, deadlines, corrections, refutations, a parent's decisions), and on what changes who may say it (proposals,
//! proven misbehaviour), over a small state of its own.
//!
//! Acceptance does not stand in a leaf; it follows from ballots and deadlines. The rule is pure and the ledgers agree on
//! it, so running it here gives the same without asking anybody, and a replay gives it again. What the ledger has already
//! checked (causes, expected versions, a parent's certificates) is left out, because the state here lacks what they are
//! about; so is what is proposed about other reports than aggregates.
//! Limit: some 700 bytes a day, region and origin, and 1 KiB an open aggregate, in memory.

use anyhow::bail;
use domain::event::{Action, Disease, Event, EventId, Fact};
use domain::genesis::Genesis;
use domain::keys;
use domain::query;
use domain::report::{self, Subject, due};
use domain::rule::{self, Halt, Scene, Submitted};
use domain::state::{Draft, Fault, MemoryState, View as _, Writes};
use host::projection::Entry;
use proof::digest::Digest;
use proof::leaf::Leaf;

/// Accepted aggregates and those still open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Accepted {
    state: MemoryState,
}

/// An entry's effect: what to store, and the disease of the aggregate it was about.
#[derive(Debug, Default)]
pub(crate) struct Step {
    pub(crate) writes: Writes,
    pub(crate) disease: Option<Disease>,
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
        Ok(Step { writes: self.keep(&subject, writes)?, disease })
    }

    /// What an entry is about, if it matters here: an aggregate, or a change of who may report and judge one.
    fn subject(&self, entry: &Entry<'_>) -> anyhow::Result<Option<EventId>> {
        let open = |id: EventId| Ok(self.open(&id)?.is_some().then_some(id));
        let Some(event) = entry.event else {
            return match Leaf::from_bytes(&entry.log.leaf) {
                Some(Leaf::Due(due)) => open(due.event),
                _ => Ok(None),
            };
        };
        match &event.fact {
            Fact::DailyAggregate(_) | Fact::Misbehaviour(_) => Ok(entry.log.event_id),
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

    /// Whether an action does anything here: what is refuted must be an aggregate that counts, and facilities are not known
    /// here.
    fn concerns(&self, action: &Action) -> bool {
        match action {
            Action::Refute { event, .. } => self.state.get(&keys::settled(event)).is_ok_and(|there| there.is_some()),
            Action::Designate { .. } => false,
            _ => true,
        }
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

    /// Keeps what later entries need: days, aggregates that are open or could be refuted, and who may do what. Totals,
    /// alerts, summaries and credits are the ledger's.
    fn keep(&mut self, subject: &EventId, mut writes: Writes) -> anyhow::Result<Writes> {
        let (record, proposal, ballots) = (keys::event(subject), keys::proposal(subject), keys::ballot(subject, ""));
        writes.retain(|key, _| {
            let own = *key == record || *key == proposal || key.starts_with(&ballots);
            own || KEPT.iter().any(|kept| key.starts_with(kept))
        });
        self.state.apply(&writes);
        let mut gone = Writes::new();
        if self.open(subject)?.is_none() {
            let old = self.state.scan(&ballots, &keys::end_of(&ballots), usize::MAX).map_err(fault)?;
            gone.extend(old.into_iter().map(|(key, _)| (key, None)));
            gone.insert(proposal, None);
            if self.state.get(&keys::settled(subject)).map_err(fault)?.is_none() {
                gone.insert(record, None);
            }
        }
        // What was refuted can't be refuted again.
        let refuted = writes.iter().filter(|(_, value)| value.is_none());
        let refuted = refuted.filter_map(|(key, _)| key.strip_prefix(SETTLED));
        gone.extend(refuted.map(|id| ([b"event/", id].concat(), None)));
        self.state.apply(&gone);
        writes.extend(gone);
        Ok(writes)
    }
}

/// Aggregates that count.
const SETTLED: &[u8] = b"settled/";
/// What is kept of what any entry writes.
const KEPT: [&[u8]; 10] = [
    b"daily/",
    b"open/",
    SETTLED,
    b"member/",
    b"key/",
    b"policy/",
    b"cosigners/",
    b"epochs",
    b"phase",
    b"misbehaviour/",
];

fn fault(fault: Fault) -> anyhow::Error {
    anyhow::Error::msg(fault.to_string()).context("the small state of daily aggregates")
}
