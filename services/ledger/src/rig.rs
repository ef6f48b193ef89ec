//! A chain for tests: a genesis with keys from seeds, authors, and a sealer that makes blocks as the ordering service
//! would. No randomness and no clock.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::chain::{ChainPath, Lane};
use domain::event::{Deposit, Event, Fact, SecurityLevel};
use domain::genesis::{Child, Genesis, KeyClass, Member, NodeRole, PolicyText, SILENT_AFTER_MS, URGENT_PER_DAY};
use domain::time::Millis;
use proof::block::{Block, Header, LaneRange, Tip, VERSION};
use proof::checkpoint::Certificate;
use proof::digest::Digest;
use proof::sign::{Domain, PublicKey, SecretKey, Signed};
use wire::bundle::Bundle;

pub(crate) const START: Millis = Millis(1_626_739_200_000);

pub(crate) fn secret(chain: &str, member: &str, class: KeyClass) -> SecretKey {
    SecretKey::from_seed(&Digest::of_parts(&[chain.as_bytes(), member.as_bytes(), class.name().as_bytes()]).0)
}

/// A genesis with `n` cosigners `m0`, `m1`, ..., all of which may do everything.
pub(crate) fn genesis(chain: &str, n: usize, children: &[&Genesis]) -> Arc<Genesis> {
    let member = |number: usize| {
        let id = format!("m{number}");
        let classes = [
            KeyClass::Author,
            KeyClass::Endorser,
            KeyClass::Sealer,
            KeyClass::Cosigner,
            KeyClass::Relay,
            KeyClass::Client,
        ];
        Member {
            name: id.clone(),
            node_role: NodeRole::Master,
            roles: vec!["epidemiologist".into()],
            sector: "health".into(),
            regions: Vec::new(),
            cosigner: true,
            keys: classes.into_iter().map(|class| (class, vec![secret(chain, &id, class).public()])).collect(),
            id,
        }
    };
    let child = |genesis: &&Genesis| Child {
        chain: genesis.chain.clone(),
        chain_id: genesis.chain_id,
        cosigners: of_class(genesis, KeyClass::Cosigner),
        relays: of_class(genesis, KeyClass::Relay).into_iter().map(|(_, key)| key).collect(),
        authors: of_class(genesis, KeyClass::Author),
        silent_after_ms: SILENT_AFTER_MS,
    };
    let classes =
        ["case_report", "daily_aggregate", "suspected_cluster", "zero_report", "lab_result", "warning", "directive"];
    let policy = PolicyText { rule: "author".into(), deadline_ms: 0 };
    let genesis = Genesis {
        file: Vec::new(),
        chain_id: Digest::default(),
        chain: ChainPath::parse(chain).unwrap(),
        name: chain.into(),
        regions: vec!["3201".into()],
        genesis_time: START,
        rules_version: 2,
        allow_fewer_cosigners: true,
        members: (0..n).map(member).collect(),
        policies: classes.into_iter().map(|class| (class.to_owned(), policy.clone())).collect(),
        children: children.iter().map(child).collect(),
        parent: Vec::new(),
        urgent_per_day: URGENT_PER_DAY,
        duties: Vec::new(),
    };
    Arc::new(wire::genesis::parse(wire::genesis::render(&genesis).as_bytes()).unwrap())
}

fn of_class(genesis: &Genesis, class: KeyClass) -> Vec<(String, PublicKey)> {
    genesis.members.iter().map(|member| (member.id.clone(), member.keys[&class][0])).collect()
}

/// A signed event of `m0`.
pub(crate) fn event(genesis: &Genesis, number: u64, lane: Lane, fact: Fact) -> Vec<u8> {
    let secret = secret(genesis.chain.as_str(), "m0", KeyClass::Author);
    let event = Event {
        author: secret.public(),
        lane,
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

/// A deposit that no policy judges.
pub(crate) fn deposit(genesis: &Genesis, number: u64) -> Vec<u8> {
    let fact = Fact::Deposit(Deposit {
        digest: Digest::of(&number.to_be_bytes()),
        source: "gazette".into(),
        title: format!("number {number}"),
    });
    event(genesis, number, Lane::Normal, fact)
}

/// A day's counts, which change a total and so rise.
pub(crate) fn daily(genesis: &Genesis, number: u64, confirmed: u64) -> Vec<u8> {
    let fact = Fact::DailyAggregate(domain::event::DailyAggregate {
        disease: domain::event::Disease { code: "U07.1".into(), name: "COVID-19".into() },
        report_date: START.date(),
        origin: domain::event::Origin::Local,
        counts: [0, 0, confirmed, 0, 0],
    });
    event(genesis, number, Lane::Urgent, fact)
}

/// The chain id of the event in signed bytes.
pub(crate) fn id(genesis: &Genesis, signed: &[u8]) -> Digest {
    wire::event::id_of(&genesis.chain_id, signed)
}

/// A sealer with its place in the chain.
#[derive(Clone)]
pub(crate) struct Sealer {
    genesis: Arc<Genesis>,
    pub(crate) tip: Tip,
    numbers: BTreeMap<usize, u64>,
}

impl Sealer {
    pub(crate) fn new(genesis: &Arc<Genesis>) -> Self {
        Sealer { genesis: Arc::clone(genesis), tip: Tip::genesis(&genesis.chain_id), numbers: BTreeMap::new() }
    }

    /// A block with one bundle of these events in a lane, or an empty one.
    pub(crate) fn block(&mut self, lane: Lane, events: Vec<Vec<u8>>, certificate: Option<Certificate>) -> Block {
        let bundles = if events.is_empty() { Vec::new() } else { vec![events] };
        self.bundles(lane, bundles, certificate)
    }

    /// A block with bundles of these events in a lane.
    pub(crate) fn bundles(
        &mut self,
        lane: Lane,
        bundles: Vec<Vec<Vec<u8>>>,
        certificate: Option<Certificate>,
    ) -> Block {
        let mut lanes = self.tip.next.map(LaneRange::empty);
        lanes[lane.index()].last += u64::try_from(bundles.len()).unwrap();
        let count = u32::try_from(bundles.iter().map(Vec::len).sum::<usize>()).unwrap();
        let endorser = secret(self.genesis.chain.as_str(), "m0", KeyClass::Endorser);
        let number = self.numbers.entry(lane.index()).or_insert(0);
        let sealed = bundles.into_iter().map(|events| {
            *number += 1;
            let body = wire::bundle::encode(Bundle { lane, number: *number, admitted_at: START, events });
            Signed::seal(&endorser, Domain::Bundle, &self.genesis.chain_id, body).to_bytes()
        });
        let sealed = sealed.collect();
        self.seal(lanes, sealed, count, certificate)
    }

    /// A block with one message that is no bundle.
    pub(crate) fn junk(&mut self) -> Block {
        let mut lanes = self.tip.next.map(LaneRange::empty);
        lanes[2].last += 1;
        self.seal(lanes, vec![b"no bundle".to_vec()], 0, None)
    }

    fn seal(
        &mut self,
        lanes: [LaneRange; 3],
        bundles: Vec<Vec<u8>>,
        events: u32,
        certificate: Option<Certificate>,
    ) -> Block {
        let secret = secret(self.genesis.chain.as_str(), "m0", KeyClass::Sealer);
        let header = Header {
            version: VERSION,
            chain: self.genesis.chain_id,
            height: self.tip.height + 1,
            previous: self.tip.hash,
            sealer: secret.public(),
            lanes,
            events,
            body: Digest::default(),
            rules_version: 2,
            sealed_at_ms: START.0 + self.tip.height,
            certificate,
            exclusion: None,
        };
        let block = Block::seal(header, bundles, &secret);
        self.tip = block.tip();
        block
    }
}
