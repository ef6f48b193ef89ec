//! The domain's own rule, run again on what is said of facilities, beds and patients, on holds that lapse, and on what
//! governance needs to decide designations: proposals, ballots on them, deadlines, a parent's decisions, proven misbehaviour.
//!
//! Who is designated does not stand in a leaf; it follows from ballots. The rule is pure and the ledgers agree on it, so
//! running it here gives the same without asking anybody, and a replay gives it again. What the ledger has already checked
//! (causes, expected versions, a parent's certificates) is left out, because the state here lacks what they are about.
//! Limits: some 300 bytes a bed kind, hold and transfer, 1 KiB an open proposal, in memory.

use anyhow::bail;
use domain::act::{Halt, Scene, Submitted};
use domain::due::DueWhat;
use domain::event::{Action, Event, EventId, Fact, Proposal};
use domain::execute::due;
use domain::facility::FacilityRecord;
use domain::genesis::{Genesis, KeyClass};
use domain::keys;
use domain::query;
use domain::report;
use domain::rule;
use domain::state::{Draft, Fault, MemoryState, View as _, Writes};
use host::projection::Entry;
use proof::digest::Digest;
use proof::leaf::Leaf;

/// Records that this area answers for: each change of one is kept.
pub(super) const OWN: [&[u8]; 6] = [b"beds/", b"designation/", b"hold/", b"profile/", b"reliability/", b"transfer/"];
/// What is kept beside them of what any entry writes: whose a facility is, who checked what, who may decide, and what a
/// proposal can only do while it is there.
const KEPT: [&[u8]; 11] = [
    b"facility/",
    b"spot-check/",
    b"open/",
    b"member/",
    b"key/",
    b"policy/",
    b"cosigners/",
    b"epochs",
    b"phase",
    b"misbehaviour/",
    keys::DUTIES,
];

/// What an entry is about.
enum About {
    /// A fact of this area, or a hold that lapses.
    Beds,
    /// A proposal, what is said of it, or evidence: whatever may change who decides what.
    Governance(EventId),
}

/// The small state.
pub(super) struct Ruled {
    state: MemoryState,
}

impl Ruled {
    /// The state of the genesis.
    pub(super) fn new(genesis: &Genesis) -> Self {
        let mut state = MemoryState::default();
        state.apply(&genesis.writes());
        Ruled { state }
    }

    /// Takes up a stored key.
    pub(super) fn restore(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.state.apply(&[(key, Some(value))].into());
    }

    /// The bytes at a key.
    pub(super) fn value(&self, key: &[u8]) -> anyhow::Result<Option<Vec<u8>>> {
        Ok(self.state.get(key).map_err(fault)?.map(|stored| stored.value))
    }

    /// Takes the next final entry; gives what it changed here.
    pub(super) fn take(&mut self, genesis: &Genesis, entry: &Entry<'_>) -> anyhow::Result<Writes> {
        let scene = Scene {
            chain_id: genesis.chain_id,
            chain: genesis.chain.clone(),
            height: entry.log.height,
            now: entry.at(),
            position: entry.log.position,
            leaf_index: entry.log.index,
        };
        let leaf = Leaf::from_bytes(&entry.log.leaf);
        let Some(about) = self.about(entry, leaf.as_ref())? else { return Ok(Writes::new()) };
        let writes = match (entry.event, entry.log.event_id, leaf) {
            (Some(Event { fact: Fact::Decision(decision), .. }), _, _) => {
                let Some(Leaf::Decision(leaf)) = Leaf::from_bytes(&decision.leaf.leaf) else {
                    return Ok(Writes::new());
                };
                self.drafted(|draft| report::decided(draft, &scene, &leaf.event, leaf.accepted))?
            }
            (Some(event), Some(id), _) => self.decide(&scene, id, &entry.log.signed, event)?,
            (None, _, Some(Leaf::Due(leaf))) => {
                self.drafted(|draft| due::act(draft, &scene, &leaf.event, leaf.what))?
            }
            _ => return Ok(Writes::new()),
        };
        self.keep(&about, writes)
    }

    fn about(&self, entry: &Entry<'_>, leaf: Option<&Leaf>) -> anyhow::Result<Option<About>> {
        let open = |id: EventId| {
            let open = query::subject(&self.state, &id).map_err(fault)?;
            Ok(open.map(|_| About::Governance(id)))
        };
        let Some(event) = entry.event else {
            return match leaf {
                Some(Leaf::Due(due)) if due.what == DueWhat::HoldEnds.number() => Ok(Some(About::Beds)),
                Some(Leaf::Due(due)) => open(due.event),
                _ => Ok(None),
            };
        };
        match &event.fact {
            Fact::CapacityClaim(_)
            | Fact::FacilityProfile(_)
            | Fact::PatientFlow(_)
            | Fact::BedHold(_)
            | Fact::BedRelease(_)
            | Fact::Transfer(_)
            | Fact::SpotCheck(_) => Ok(Some(About::Beds)),
            Fact::Misbehaviour(_) => Ok(entry.log.event_id.map(About::Governance)),
            Fact::Proposal(proposal) if !refutes(proposal) => Ok(entry.log.event_id.map(About::Governance)),
            Fact::Ballot(ballot) => open(ballot.subject),
            Fact::Correction(correction) => open(correction.subject),
            Fact::Decision(decision) => match Leaf::from_bytes(&decision.leaf.leaf) {
                Some(Leaf::Decision(leaf)) => open(leaf.event),
                _ => Ok(None),
            },
            _ => Ok(None),
        }
    }

    fn decide(&mut self, scene: &Scene, id: EventId, signed: &[u8], event: &Event) -> anyhow::Result<Writes> {
        let mut writes = self.own(scene, event)?;
        let event = Event { causes: Vec::new(), expect: Vec::new(), ..event.clone() };
        match rule::decide(&self.state, scene, &Submitted { id, signed: Digest::of(signed), event }) {
            Ok(effects) => {
                writes.extend(effects.writes);
                Ok(writes)
            }
            Err(Halt::Refused(refusal)) => bail!("the event {id} was executed, but is refused here: {refusal}"),
            Err(Halt::Fault(error)) => Err(fault(error)),
        }
    }

    /// Whose a facility is: the ledger lets only its owner claim, so who claimed owns it, even where something that is not
    /// followed here (a warehouse's stock) named it first. A facility that is voted on is somebody's, for the same reason.
    fn own(&mut self, scene: &Scene, event: &Event) -> anyhow::Result<Writes> {
        let author = || query::member_of_key(&self.state, KeyClass::Author, &event.author, scene.height);
        let owned = |facility: &str, member: String| {
            let record = domain::codec::encode(&FacilityRecord { member });
            (keys::facility(facility), Some(record))
        };
        let mut writes = Writes::new();
        match &event.fact {
            Fact::CapacityClaim(claim) => {
                writes.extend(author().map_err(fault)?.map(|member| owned(&claim.facility, member.id)));
            }
            Fact::FacilityProfile(profile) => {
                writes.extend(author().map_err(fault)?.map(|member| owned(&profile.facility, member.id)));
            }
            Fact::Proposal(proposal) => {
                for action in &proposal.actions {
                    if let Action::Designate { facility, .. } = action
                        && self.value(&keys::facility(facility))?.is_none()
                    {
                        writes.extend([owned(facility, String::new())]);
                    }
                }
            }
            _ => {}
        }
        self.state.apply(&writes);
        Ok(writes)
    }

    fn drafted(&self, act: impl FnOnce(&mut Draft<'_>) -> Result<(), Fault>) -> anyhow::Result<Writes> {
        let mut draft = Draft::new(&self.state);
        act(&mut draft).map_err(fault)?;
        Ok(draft.finish().1)
    }

    /// Keeps what later entries need. Of a proposal its record and ballots are kept until it is decided.
    fn keep(&mut self, about: &About, mut writes: Writes) -> anyhow::Result<Writes> {
        let subject = match about {
            About::Beds => None,
            About::Governance(subject) => Some(subject),
        };
        let kept_of = |id: &EventId| (keys::event(id), keys::proposal(id), keys::ballot(id, ""));
        let of_subject = subject.map(kept_of);
        writes.retain(|key, _| {
            let own = of_subject.as_ref().is_some_and(|(record, proposal, ballots)| {
                key == record || key == proposal || key.starts_with(ballots)
            });
            own || OWN.iter().chain(&KEPT).any(|kept| key.starts_with(kept))
        });
        self.state.apply(&writes);
        let Some((subject, (record, proposal, ballots))) = subject.zip(of_subject) else { return Ok(writes) };
        if query::subject(&self.state, subject).map_err(fault)?.is_none() {
            let old = self.state.scan(&ballots, &keys::end_of(&ballots), usize::MAX).map_err(fault)?;
            let mut gone: Writes = old.into_iter().map(|(key, _)| (key, None)).collect();
            gone.extend([(record, None), (proposal, None)]);
            self.state.apply(&gone);
            writes.extend(gone);
        }
        Ok(writes)
    }
}

/// Whether a proposal is about reports, which are not held here; its actions are all of one class.
fn refutes(proposal: &Proposal) -> bool {
    proposal.actions.iter().any(|action| matches!(action, Action::Refute { .. }))
}

fn fault(fault: Fault) -> anyhow::Error {
    anyhow::Error::msg(fault.to_string()).context("the small state of medical resources")
}
