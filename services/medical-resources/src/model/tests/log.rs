//! A small chain that the domain itself executes, and its log as a ledger serves it.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::act::Submitted;
use domain::chain::{ChainPath, Lane};
use domain::event::*;
use domain::execute::{self, BlockInput, BundleInput, Certified};
use domain::genesis::{Genesis, KeyClass, Member, NodeRole};
use domain::keys;
use domain::medical_resources::BedsRecord;
use domain::refusal::Code;
use domain::state::{MemoryState, read};
use domain::time::Millis;
use host::projection::Entry;
use proof::digest::Digest;
use proof::leaf::Leaf;
use proof::sign::SecretKey;
use wire::ledger::{EntryKind, LogEntry};

use crate::model::Resources;

/// 20 July 2021, 00:00 UTC.
pub(crate) const START: Millis = Millis(1_626_739_200_000);

pub(crate) struct Log {
    pub(crate) genesis: Arc<Genesis>,
    pub(crate) state: MemoryState,
    pub(crate) now: Millis,
    pub(crate) entries: Vec<(LogEntry, Option<Event>)>,
    inputs: Vec<BlockInput>,
    said: u64,
}

fn secret(member: &str, class: KeyClass) -> SecretKey {
    SecretKey::from_seed(&Digest::of_parts(&[member.as_bytes(), class.name().as_bytes()]).0)
}

fn member(id: &str, node_role: NodeRole) -> Member {
    let classes: &[KeyClass] = match node_role.manages() {
        true => &[KeyClass::Author, KeyClass::Endorser, KeyClass::Sealer],
        false => &[KeyClass::Author],
    };
    Member {
        id: id.into(),
        name: id.into(),
        node_role,
        roles: Vec::new(),
        sector: "health".into(),
        regions: Vec::new(),
        cosigner: false,
        keys: classes.iter().map(|class| (*class, vec![secret(id, *class).public()])).collect(),
    }
}

/// Two managers, two hospitals and an airport.
pub(crate) fn genesis() -> Arc<Genesis> {
    Arc::new(Genesis {
        file: Vec::new(),
        chain_id: Digest([1; 32]),
        chain: ChainPath::parse("cn.32.01").unwrap(),
        name: "Nanjing".into(),
        regions: vec!["320100".into()],
        genesis_time: START,
        rules_version: 2,
        allow_fewer_cosigners: true,
        members: vec![
            member("health", NodeRole::Master),
            member("cdc", NodeRole::Management),
            member("gulou", NodeRole::Common),
            member("zhongda", NodeRole::Common),
            member("airport", NodeRole::Common),
        ],
        policies: Default::default(),
        children: Vec::new(),
        parent: Vec::new(),
        urgent_per_day: domain::genesis::URGENT_PER_DAY,
        duties: Default::default(),
    })
}

impl Log {
    pub(crate) fn new() -> Self {
        let genesis = genesis();
        let mut state = MemoryState::default();
        state.apply(&genesis.writes());
        Log { genesis, state, now: START, entries: Vec::new(), inputs: Vec::new(), said: 0 }
    }

    /// A block a minute later with this event, which is taken; its id.
    pub(crate) fn say(&mut self, member: &str, fact: Fact) -> EventId {
        let (id, code) = self.post(member, fact);
        assert_eq!(Code::from_number(code), None, "the event was refused");
        id
    }

    /// A block with this event; the code it was refused with.
    pub(crate) fn refused(&mut self, member: &str, fact: Fact) -> Option<Code> {
        Code::from_number(self.post(member, fact).1)
    }

    fn post(&mut self, member: &str, fact: Fact) -> (EventId, u16) {
        self.said += 1;
        self.now = self.now.plus_ms(60_000);
        let event = Event {
            author: secret(member, KeyClass::Author).public(),
            lane: Lane::Normal,
            nonce: u128::from(self.said).to_be_bytes(),
            occurred_at: self.now,
            created_at: self.now,
            valid_until: Millis(0),
            region: "320100".into(),
            security: SecurityLevel::Public,
            response: None,
            fact,
            sealed: Vec::new(),
            causes: Vec::new(),
            expect: Vec::new(),
        };
        let body = wire::event::encode(&event);
        let id = proof::sign::event_id(&self.genesis.chain_id, &body);
        let submitted = Submitted { id, signed: Digest::of(&body), event };
        let endorser = secret("cdc", KeyClass::Endorser).public();
        let number = self.said;
        let events = vec![execute::Entry::Ok(submitted)];
        let leaves = self.block(vec![BundleInput::Bundle { endorser, lane: Lane::Normal, number, events }]);
        let code = leaves.iter().find_map(|leaf| match leaf {
            Leaf::Event(leaf) => Some(leaf.code),
            _ => None,
        });
        (id, code.expect("a leaf of the event"))
    }

    /// An empty block this much later.
    pub(crate) fn pass(&mut self, ms: u64) {
        self.now = self.now.plus_ms(ms);
        self.block(Vec::new());
    }

    fn block(&mut self, bundles: Vec<BundleInput>) -> Vec<Leaf> {
        let height = self.inputs.len() as u64 + 1;
        let input = BlockInput {
            chain_id: self.genesis.chain_id,
            chain: self.genesis.chain.clone(),
            height,
            block: Digest::of(&height.to_be_bytes()),
            rules_version: 2,
            certificate: Some(Certified { time_s: self.now.seconds(), size: self.entries.len() as u64 }),
            excluded: None,
            first_leaf: self.entries.len() as u64,
            bundles,
        };
        let leaves = self.execute(&input);
        self.inputs.push(input);
        leaves
    }

    fn execute(&mut self, input: &BlockInput) -> Vec<Leaf> {
        let outcome = execute::block(&self.state, input).unwrap();
        self.state.change(&outcome.writes);
        let mut events = BTreeMap::new();
        for bundle in &input.bundles {
            let BundleInput::Bundle { events: said, .. } = bundle else { continue };
            for entry in said {
                let execute::Entry::Ok(submitted) = entry else { continue };
                events.insert(submitted.id, submitted.event.clone());
            }
        }
        for leaf in &outcome.leaves {
            let (kind, event_id, code) = match leaf {
                Leaf::Event(leaf) => (EntryKind::Event, Some(leaf.event), leaf.code),
                Leaf::Due(leaf) => (EntryKind::Due, Some(leaf.event), 0),
                Leaf::Block(_) => (EntryKind::Block, None, 0),
                _ => (EntryKind::Summary, None, 0),
            };
            let event = event_id.filter(|_| kind == EntryKind::Event && code == 0);
            let event = event.and_then(|id| events.get(&id).cloned());
            let log = LogEntry {
                index: self.entries.len() as u64,
                height: input.height,
                position: 0,
                lane: None,
                event_id,
                code,
                signed: event.as_ref().map(wire::event::encode).unwrap_or_default(),
                kind,
                leaf: leaf.to_bytes(),
                chain_time: outcome.chain_time,
            };
            self.entries.push((log, event));
        }
        outcome.leaves
    }

    /// The model after the whole log.
    pub(crate) fn model(&self) -> Resources {
        follow(&self.genesis, &self.entries)
    }

    /// The model after so many entries, and the ledger at the end of the block they end in.
    pub(crate) fn cut(&self, entries: usize) -> (Resources, Log) {
        let height = self.entries[entries - 1].0.height;
        let mut ledger = Log::new();
        for input in self.inputs.iter().filter(|input| input.height <= height) {
            ledger.execute(input);
        }
        (follow(&self.genesis, &self.entries[..entries]), ledger)
    }

    pub(crate) fn last_claim(&self, facility: &str, resource: Resource) -> EventId {
        read::<BedsRecord>(&self.state, &keys::beds(facility, resource)).unwrap().unwrap().event
    }
}

fn follow(genesis: &Arc<Genesis>, entries: &[(LogEntry, Option<Event>)]) -> Resources {
    let mut model = Resources::new(genesis.clone());
    for (log, event) in entries {
        model.take(&Entry { log, event: event.as_ref() }).unwrap();
    }
    model
}

pub(crate) fn gulou() -> FacilityProfile {
    FacilityProfile {
        facility: "gulou".into(),
        kind: FacilityKind::TertiaryHospital,
        title: "Gulou Hospital".into(),
        place: Some((32_058_000, 118_780_000)),
        licensed: vec![(Resource::AdultIcu, 30)],
        capabilities: vec!["dialysis".into()],
    }
}

pub(crate) fn claim(facility: &str, resource: Resource, staffed: u64, occupied: u64) -> Fact {
    Fact::CapacityClaim(CapacityClaim { facility: facility.into(), resource, staffed, occupied })
}

pub(crate) fn flow(facility: &str, [admitted, discharged, died]: [u64; 3], hold: Option<EventId>) -> Fact {
    let (facility, resource) = (facility.to_owned(), Resource::AdultIcu);
    Fact::PatientFlow(PatientFlow { facility, resource, admitted, discharged, died, hold })
}

pub(crate) fn step(step: TransferStep) -> Fact {
    Fact::Transfer(Transfer { step })
}

pub(crate) fn request(from: &str, to: &str, patients: u64) -> Fact {
    step(TransferStep::Request(TransferRequest {
        from: from.into(),
        to: to.into(),
        resource: Resource::AdultIcu,
        leaving: Resource::AdultIcu,
        patients,
        severity: "severe".into(),
        reason: "full".into(),
    }))
}

pub(crate) fn check(facility: &str, claim: EventId, staffed: u64, occupied: u64) -> Fact {
    let (resource, reason) = (Resource::AdultIcu, "routine".to_owned());
    Fact::SpotCheck(SpotCheck { facility: facility.into(), resource, claim, staffed, occupied, reason })
}

pub(crate) fn designate(facility: &str, designated: bool) -> Fact {
    let action = Action::Designate { facility: facility.into(), disease: "U07.1".into(), designated };
    Fact::Proposal(Proposal { actions: vec![action], reason: "it has an isolation wing".into() })
}

pub(crate) fn vote(subject: EventId) -> Fact {
    Fact::Ballot(Ballot { subject, choice: Choice::Endorse, reason: String::new(), policy: String::new() })
}
