//! What the policies let count: the domain's own rule, run again on the daily aggregates, on the ballots about them and on
//! their deadlines, over a small state of its own.
//!
//! Acceptance does not stand in a leaf; it follows from ballots and deadlines. The rule is pure and the ledgers agree on
//! it, so running it here gives the same without asking anybody, and a replay gives it again. What the ledger has already
//! checked (causes, expected versions) is left out, because the state here lacks what they are about.
//! Limit: some 200 bytes a day, region and origin, and 1 KiB an open aggregate, in memory.

use anyhow::bail;
use domain::event::{Disease, Event, EventId, Fact};
use domain::genesis::Genesis;
use domain::keys;
use domain::query;
use domain::report::{Subject, due};
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
        let subject = match entry.event.map(|event| &event.fact) {
            Some(Fact::DailyAggregate(_)) => entry.log.event_id,
            Some(Fact::Ballot(ballot)) => self.open(&ballot.subject)?.is_some().then_some(ballot.subject),
            _ => match Leaf::from_bytes(&entry.log.leaf) {
                Some(Leaf::Due(due)) => self.open(&due.event)?.is_some().then_some(due.event),
                _ => None,
            },
        };
        let Some(subject) = subject else { return Ok(Step::default()) };
        let disease = match entry.event.map(|event| &event.fact) {
            Some(Fact::DailyAggregate(daily)) => Some(daily.disease.clone()),
            _ => self.open(&subject)?.and_then(|open| open.alert.disease),
        };
        let writes = match (entry.event, entry.log.event_id, Leaf::from_bytes(&entry.log.leaf)) {
            (Some(event), Some(id), _) => self.decide(&scene, id, &entry.log.signed, event)?,
            (None, _, Some(Leaf::Due(leaf))) => {
                let mut draft = Draft::new(&self.state);
                due::act(&mut draft, &scene, &subject, leaf.what).map_err(fault)?;
                draft.finish().1
            }
            _ => return Ok(Step::default()),
        };
        Ok(Step { writes: self.keep(&subject, writes)?, disease })
    }

    fn open(&self, id: &EventId) -> anyhow::Result<Option<Subject>> {
        query::subject(&self.state, id).map_err(fault)
    }

    fn decide(&self, scene: &Scene, id: EventId, signed: &[u8], event: &Event) -> anyhow::Result<Writes> {
        let event = Event { causes: Vec::new(), expect: Vec::new(), ..event.clone() };
        match rule::decide(&self.state, scene, &Submitted { id, signed: Digest::of(signed), event }) {
            Ok(effects) => Ok(effects.writes),
            Err(Halt::Refused(refusal)) => bail!("the event {id} was executed, but is refused here: {refusal}"),
            Err(Halt::Fault(error)) => Err(fault(error)),
        }
    }

    /// Keeps what later entries need: days, and of an open aggregate its record and ballots. Totals, alerts and summaries
    /// are the ledger's.
    fn keep(&mut self, subject: &EventId, mut writes: Writes) -> anyhow::Result<Writes> {
        let (record, ballots) = (keys::event(subject), keys::ballot(subject, ""));
        let needed = |key: &[u8]| {
            key.starts_with(b"daily/") || key.starts_with(b"open/") || key.starts_with(&ballots) || key == record
        };
        writes.retain(|key, _| needed(key));
        self.state.apply(&writes);
        if self.open(subject)?.is_none() {
            let old = self.state.scan(&ballots, &keys::end_of(&ballots), usize::MAX).map_err(fault)?;
            let gone: Writes = old.into_iter().map(|(key, _)| (key, None)).chain([(record, None)]).collect();
            self.state.apply(&gone);
            writes.extend(gone);
        }
        Ok(writes)
    }
}

fn fault(fault: Fault) -> anyhow::Error {
    anyhow::Error::msg(fault.to_string()).context("the small state of daily aggregates")
}
