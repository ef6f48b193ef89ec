//! A small chain on a stage, for the given/when/then tests of this crate: members with keys, blocks of events, a clock
//! that moves when told, and the log and certificates that a parent wants to see. Seeds, not randomness.

mod facts;
mod log;

use std::collections::BTreeMap;

pub use facts::*;

use proof::digest::Digest;
use proof::leaf::Leaf;
use proof::merkle::{Frontier, Nodes};
use proof::sign::{PublicKey, SecretKey, event_id};

use crate::act::Submitted;
use crate::alert::AlertRecord;
use crate::chain::{ChainPath, Lane};
use crate::event::*;
use crate::execute::{self, BlockInput, BlockOutcome, BundleInput, Certified, Entry};
use crate::genesis::{Child, Genesis, KeyClass, Member, NodeRole, PolicyText, SILENT_AFTER_MS, URGENT_PER_DAY};
use crate::query;
use crate::record::{EventRecord, Outcome};
use crate::refusal::Code;
use crate::state::MemoryState;
use crate::time::Millis;

/// 20 July 2021, 00:00 UTC.
pub const START: Millis = Millis(1_626_739_200_000);
/// The policy of most tests: two of three professions, a supervisor's veto for an hour, urgent clusters ring at once.
pub const BALLOTS: &str = "n_of(2, epidemiologist@sector:health, lab@sector:cdc, clinician)";
/// The same with a veto window and provisional alerts.
pub const VETO: &str =
    "n_of(2, epidemiologist@sector:health, lab@sector:cdc, clinician) unless veto(supervisor) within 1h provisional";
/// A day.
pub const DEADLINE_MS: u64 = 86_400_000;

pub struct Stage {
    pub genesis: Genesis,
    pub state: MemoryState,
    pub height: u64,
    pub now: Millis,
    pub log: Vec<Leaf>,
    frontier: Frontier,
    nodes: BTreeMap<(u8, u64), Digest>,
    nonce: u64,
    numbers: BTreeMap<(String, Lane), u64>,
}

impl Nodes for Stage {
    type Error = ();
    fn node(&self, level: u8, index: u64) -> Result<Option<Digest>, ()> {
        Ok(self.nodes.get(&(level, index)).copied())
    }
}

pub fn disease() -> Disease {
    Disease { code: "U07.1".into(), name: "COVID-19".into() }
}

pub fn exercise() -> Disease {
    Disease { code: EXERCISE_DISEASE.into(), name: "exercise".into() }
}

pub fn secret(chain: &str, member: &str, class: KeyClass) -> SecretKey {
    SecretKey::from_seed(&Digest::of_parts(&[chain.as_bytes(), member.as_bytes(), class.name().as_bytes()]).0)
}

fn member(chain: &str, id: &str, node_role: NodeRole, role: &str, sector: &str, regions: &[&str]) -> Member {
    let cosigner = id != "regulator";
    let mut classes = vec![KeyClass::Author, KeyClass::Client];
    if node_role.manages() {
        classes.extend([KeyClass::Endorser, KeyClass::Sealer]);
    }
    if cosigner {
        classes.extend([KeyClass::Cosigner, KeyClass::Relay]);
    }
    Member {
        id: id.into(),
        name: id.into(),
        node_role,
        roles: vec![role.into()],
        sector: sector.into(),
        regions: regions.iter().map(|r| (*r).to_owned()).collect(),
        cosigner,
        keys: classes.into_iter().map(|class| (class, vec![secret(chain, id, class).public()])).collect(),
    }
}

pub fn genesis(chain: &str, policies: &[(&str, &str)], children: &[&Genesis]) -> Genesis {
    let child = |genesis: &&Genesis| Child {
        chain: genesis.chain.clone(),
        chain_id: genesis.chain_id,
        cosigners: of_class(genesis, KeyClass::Cosigner),
        relays: of_class(genesis, KeyClass::Relay).into_iter().map(|(_, key)| key).collect(),
        authors: of_class(genesis, KeyClass::Author),
        silent_after_ms: SILENT_AFTER_MS,
    };
    let mut all = BTreeMap::new();
    for class in
        ["case_report", "daily_aggregate", "suspected_cluster", "zero_report", "lab_result", "warning", "directive"]
    {
        let rule = policies.iter().find(|(name, _)| *name == class).map_or("author", |(_, rule)| *rule);
        all.insert(class.to_owned(), PolicyText { rule: rule.into(), deadline_ms: DEADLINE_MS });
    }
    let genesis = Genesis {
        file: Vec::new(),
        chain_id: Digest::of(chain.as_bytes()),
        chain: ChainPath::parse(chain).unwrap(),
        name: chain.into(),
        regions: vec!["3201".into(), "320115".into(), "3210".into()],
        genesis_time: START,
        rules_version: 2,
        allow_fewer_cosigners: false,
        members: vec![
            member(chain, "health", NodeRole::Master, "epidemiologist", "health", &[]),
            member(chain, "cdc", NodeRole::Management, "lab", "cdc", &[]),
            member(chain, "hospital", NodeRole::Common, "clinician", "health", &[]),
            member(chain, "airport", NodeRole::Common, "border", "transport", &["320115"]),
            member(chain, "regulator", NodeRole::Supervisor, "auditor", "government", &[]),
        ],
        policies: all,
        children: children.iter().map(child).collect(),
        parent: Vec::new(),
        urgent_per_day: URGENT_PER_DAY,
        duties: Vec::new(),
    };
    genesis.check().unwrap();
    genesis
}

fn of_class(genesis: &Genesis, class: KeyClass) -> Vec<(String, PublicKey)> {
    let keys = |member: &Member| member.keys.get(&class).map(|keys| (member.id.clone(), keys[0]));
    genesis.members.iter().filter_map(keys).collect()
}

impl Stage {
    /// A chain `cn.32.01` under these policies (`author` for the others).
    pub fn new(policies: &[(&str, &str)]) -> Self {
        Stage::of(genesis("cn.32.01", policies, &[]))
    }

    pub fn of(genesis: Genesis) -> Self {
        let mut state = MemoryState::default();
        state.apply(&genesis.writes());
        Stage {
            genesis,
            state,
            height: 0,
            now: START,
            log: Vec::new(),
            frontier: Frontier::default(),
            nodes: BTreeMap::new(),
            nonce: 0,
            numbers: BTreeMap::new(),
        }
    }

    pub fn secret(&self, member: &str, class: KeyClass) -> SecretKey {
        secret(self.genesis.chain.as_str(), member, class)
    }

    /// A finished event by a member's author key, in the normal lane.
    pub fn event(&mut self, member: &str, fact: Fact) -> Submitted {
        self.event_with(member, fact, |_| {})
    }

    pub fn event_with(&mut self, member: &str, fact: Fact, change: impl FnOnce(&mut Event)) -> Submitted {
        self.nonce += 1;
        let mut event = Event {
            author: self.secret(member, KeyClass::Author).public(),
            lane: Lane::Normal,
            nonce: u128::from(self.nonce).to_be_bytes(),
            occurred_at: self.now,
            created_at: self.now,
            valid_until: Millis(0),
            region: if member == "airport" { "320115".into() } else { "3201".into() },
            security: SecurityLevel::Public,
            response: None,
            fact,
            sealed: Vec::new(),
            causes: Vec::new(),
            expect: Vec::new(),
        };
        change(&mut event);
        let id = event_id(&self.genesis.chain_id, format!("{event:?}").as_bytes());
        Submitted { id, signed: Digest::of(id.as_bytes()), event }
    }

    /// One bundle of the health commission with these events, in the lane of the first, under its next number.
    pub fn bundle(&mut self, events: &[Submitted]) -> BundleInput {
        let lane = events.first().map_or(Lane::Normal, |submitted| submitted.event.lane);
        let number = self.numbers.entry(("health".into(), lane)).or_default();
        *number += 1;
        self.numbered("health", lane, self.numbers[&("health".into(), lane)], events)
    }

    pub fn numbered(&self, member: &str, lane: Lane, number: u64, events: &[Submitted]) -> BundleInput {
        let events = events.iter().cloned().map(Entry::Ok).collect();
        BundleInput::Bundle { endorser: self.secret(member, KeyClass::Endorser).public(), lane, number, events }
    }

    pub fn input(&self, bundles: Vec<BundleInput>) -> BlockInput {
        let height = self.height + 1;
        BlockInput {
            chain_id: self.genesis.chain_id,
            chain: self.genesis.chain.clone(),
            height,
            block: Digest::of(&height.to_be_bytes()),
            rules_version: 2,
            certificate: Some(Certified { time_s: self.now.seconds(), size: self.size() }),
            excluded: None,
            first_leaf: self.size(),
            bundles,
        }
    }

    pub fn size(&self) -> u64 {
        u64::try_from(self.log.len()).unwrap()
    }

    /// Executes a block and applies it.
    pub fn block(&mut self, bundles: Vec<BundleInput>) -> BlockOutcome {
        let input = self.input(bundles);
        self.execute(&input)
    }

    /// Executes this block and applies it.
    pub fn execute(&mut self, input: &BlockInput) -> BlockOutcome {
        let outcome = execute::block(&self.state, input).unwrap();
        self.state.change(&outcome.writes);
        self.height = input.height;
        outcome.leaves.iter().for_each(|leaf| self.push(leaf.clone()));
        outcome
    }

    /// Puts a leaf into the log, as a chain with other rules might.
    pub fn push(&mut self, leaf: Leaf) {
        let mut made = Vec::new();
        self.frontier.append(leaf.hash(), &mut made);
        self.nodes.extend(made.into_iter().map(|node| ((node.level, node.index), node.hash)));
        self.log.push(leaf);
    }

    /// A block with one bundle.
    pub fn play(&mut self, events: &[Submitted]) -> BlockOutcome {
        let bundle = self.bundle(events);
        self.block(vec![bundle])
    }

    /// A block with one event; its id.
    pub fn say(&mut self, member: &str, fact: Fact) -> EventId {
        let event = self.event(member, fact);
        self.play(std::slice::from_ref(&event));
        event.id
    }

    /// A block with one event; the code it was refused with.
    pub fn code(&mut self, member: &str, fact: Fact) -> Option<Code> {
        let event = self.event(member, fact);
        self.code_of(&event)
    }

    pub fn code_of(&mut self, event: &Submitted) -> Option<Code> {
        let outcome = self.play(std::slice::from_ref(event));
        let code = outcome.leaves.iter().find_map(|leaf| match leaf {
            Leaf::Event(leaf) if leaf.event == event.id => Some(leaf.code),
            _ => None,
        });
        Code::from_number(code.expect("a leaf of the event"))
    }

    /// An empty block this much later.
    pub fn later(&mut self, ms: u64) -> BlockOutcome {
        self.now = self.now.plus_ms(ms);
        self.block(Vec::new())
    }

    pub fn record(&self, id: &EventId) -> EventRecord {
        query::event_record(&self.state, id).unwrap().expect("a record of the event")
    }

    pub fn outcome(&self, id: &EventId) -> Outcome {
        self.record(id).outcome
    }

    pub fn alerts(&self) -> Vec<AlertRecord> {
        query::alerts(&self.state, 1, 1000).unwrap()
    }

    /// Confirmed cases over all days.
    pub fn confirmed(&self) -> u64 {
        query::total(&self.state, "U07.1").unwrap()[2]
    }
}
