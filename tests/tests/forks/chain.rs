//! A chain of four cosigners and a sealer that seals whatever it likes: keys from seeds, no clock and no randomness.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::chain::{ChainPath, Lane};
use domain::event::{Deposit, Event, Fact, SecurityLevel};
use domain::genesis::{Genesis, KeyClass, Member, NodeRole, URGENT_PER_DAY};
use domain::time::Millis;
use proof::block::{Block, Header, LaneRange, Tip, VERSION};
use proof::checkpoint::Certificate;
use proof::digest::Digest;
use proof::sign::{Domain, SecretKey, Signed};
use wire::bundle::Bundle;

pub const START: Millis = Millis(1_626_739_200_000);
pub const MEMBERS: [&str; 4] = ["m0", "m1", "m2", "m3"];

pub fn secret(member: &str, class: KeyClass) -> SecretKey {
    SecretKey::from_seed(&Digest::of_parts(&[b"forks", member.as_bytes(), class.name().as_bytes()]).0)
}

/// Four members, all of whom cosign: q = 3.
pub fn genesis() -> Arc<Genesis> {
    use KeyClass::{Author, Client, Cosigner, Endorser, Relay, Sealer};
    let member = |id: &str| Member {
        id: id.to_owned(),
        name: id.to_owned(),
        node_role: NodeRole::Master,
        roles: vec!["epidemiologist".into()],
        sector: "health".into(),
        regions: Vec::new(),
        cosigner: true,
        keys: [Author, Endorser, Sealer, Cosigner, Relay, Client]
            .into_iter()
            .map(|class| (class, vec![secret(id, class).public()]))
            .collect(),
    };
    let genesis = Genesis {
        file: Vec::new(),
        chain_id: Digest::default(),
        chain: ChainPath::parse("cn").unwrap(),
        name: "cn".into(),
        regions: vec!["3201".into()],
        genesis_time: START,
        rules_version: 2,
        allow_fewer_cosigners: false,
        members: MEMBERS.map(member).into(),
        policies: BTreeMap::new(),
        children: Vec::new(),
        parent: Vec::new(),
        urgent_per_day: URGENT_PER_DAY,
        duties: Vec::new(),
    };
    Arc::new(wire::genesis::parse(wire::genesis::render(&genesis).as_bytes()).unwrap())
}

/// A signed event of a member.
pub fn event(genesis: &Genesis, member: &str, number: u64, fact: Fact) -> Vec<u8> {
    let secret = secret(member, KeyClass::Author);
    let event = Event {
        author: secret.public(),
        lane: Lane::Normal,
        nonce: u128::from(number).to_be_bytes(),
        occurred_at: START,
        created_at: START,
        valid_until: Millis(0),
        region: "3201".into(),
        security: SecurityLevel::Public,
        response: None,
        fact,
        sealed: Vec::new(),
        causes: Vec::new(),
        expect: Vec::new(),
    };
    Signed::seal(&secret, Domain::Event, &genesis.chain_id, wire::event::encode(&event)).to_bytes()
}

/// An event that no policy judges.
pub fn deposit(genesis: &Genesis, number: u64) -> Vec<u8> {
    let digest = Digest::of(&number.to_be_bytes());
    let fact = Fact::Deposit(Deposit { digest, source: "gazette".into(), title: format!("number {number}") });
    event(genesis, "m0", number, fact)
}

/// The sealer of `m3`, which may be copied to go two ways.
#[derive(Clone)]
pub struct Sealer {
    genesis: Arc<Genesis>,
    tip: Tip,
    bundles: u64,
}

impl Sealer {
    pub fn new(genesis: &Arc<Genesis>) -> Self {
        Sealer { genesis: Arc::clone(genesis), tip: Tip::genesis(&genesis.chain_id), bundles: 0 }
    }

    pub fn height(&self) -> u64 {
        self.tip.height
    }

    /// The next block, with one event.
    pub fn block(&mut self, signed: Vec<u8>, certificate: Option<Certificate>) -> Block {
        self.bundles += 1;
        let bundle = Bundle { lane: Lane::Normal, number: self.bundles, admitted_at: START, events: vec![signed] };
        let endorser = secret("m3", KeyClass::Endorser);
        let body = wire::bundle::encode(bundle);
        let bundle = Signed::seal(&endorser, Domain::Bundle, &self.genesis.chain_id, body).to_bytes();
        let mut lanes = self.tip.next.map(LaneRange::empty);
        lanes[Lane::Normal.index()].last += 1;
        let sealer = secret("m3", KeyClass::Sealer);
        let header = Header {
            version: VERSION,
            chain: self.genesis.chain_id,
            height: self.tip.height + 1,
            previous: self.tip.hash,
            sealer: sealer.public(),
            lanes,
            events: 1,
            body: Digest::default(),
            rules_version: 2,
            sealed_at_ms: START.0 + self.tip.height,
            certificate,
            exclusion: None,
        };
        let block = Block::seal(header, vec![bundle], &sealer);
        self.tip = block.tip();
        block
    }
}
