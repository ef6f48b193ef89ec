//! The chain that is simulated: four members that all cosign, the first two of which also admit and seal; its genesis, its
//! keys, and the events its members make.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use domain::chain::{ChainPath, Lane};
use domain::event::{
    Ballot, Choice, DailyAggregate, Deposit, Disease, Event, EventId, Fact, Origin, SecurityLevel, SuspectedCluster,
};
use domain::genesis::{Genesis, KeyClass, Member, NodeRole, PolicyText, URGENT_PER_DAY};
use domain::time::Millis;
use ledger::chain::Chain;
use proof::checkpoint::Certificate;
use proof::digest::Digest;
use proof::handover::CosignerSet;
use proof::sign::{Domain, SecretKey, Signed};

use crate::rng::Rng;

/// Cosigners: the smallest number that bears a liar.
pub(crate) const MEMBERS: usize = 4;

/// Scenario time when the run begins.
pub(crate) const START: Millis = Millis(1_626_739_200_000);

/// An undecided cluster escalates after this long, so that deadlines pass in nearly every run.
const DEADLINE_MS: u64 = 15_000;

/// Every member has all of these, though only the first two use them all.
const CLASSES: [KeyClass; 4] = [KeyClass::Author, KeyClass::Endorser, KeyClass::Sealer, KeyClass::Cosigner];

/// The chain.
pub(crate) struct Town {
    pub(crate) chain: Chain,
    /// Its cosigners.
    pub(crate) set: Arc<CosignerSet>,
}

/// One town for all runs: making keys costs more than a step.
pub(crate) static TOWN: LazyLock<Town> = LazyLock::new(Town::found);

pub(crate) fn name(member: usize) -> String {
    format!("m{member}")
}

impl Town {
    fn found() -> Self {
        let member = |number: usize| {
            let id = name(number);
            Member {
                name: id.clone(),
                node_role: NodeRole::Master,
                roles: vec!["epidemiologist".into()],
                sector: "health".into(),
                regions: Vec::new(),
                cosigner: true,
                keys: CLASSES.into_iter().map(|class| (class, vec![secret(number, class).public()])).collect(),
                id,
            }
        };
        let policies = BTreeMap::from([
            ("daily_aggregate".into(), PolicyText { rule: "author".into(), deadline_ms: 0 }),
            (
                "suspected_cluster".into(),
                PolicyText { rule: "n_of(2, epidemiologist, epidemiologist)".into(), deadline_ms: DEADLINE_MS },
            ),
        ]);
        let genesis = Genesis {
            file: Vec::new(),
            chain_id: Digest::default(),
            chain: ChainPath::parse("cn.32").unwrap(),
            name: "Jiangsu".into(),
            regions: vec!["3201".into()],
            genesis_time: START,
            rules_version: 2,
            allow_fewer_cosigners: false,
            members: (0..MEMBERS).map(member).collect(),
            policies,
            children: Vec::new(),
            parent: Vec::new(),
            urgent_per_day: URGENT_PER_DAY,
            duties: Vec::new(),
        };
        let genesis = wire::genesis::parse(wire::genesis::render(&genesis).as_bytes()).unwrap();
        Town { set: Arc::new(genesis.cosigner_set()), chain: Chain::new(Arc::new(genesis)) }
    }

    pub(crate) fn genesis(&self) -> &Arc<Genesis> {
        &self.chain.genesis
    }

    /// Whether a certificate makes its checkpoint final.
    pub(crate) fn is_final(&self, certificate: &Certificate) -> bool {
        self.set.verify(&self.chain.origin, certificate).is_ok()
    }

    /// A signed event of a member; `number` makes it another one.
    fn event(&self, member: usize, number: u64, lane: Lane, fact: Fact, causes: Vec<EventId>) -> Made {
        let secret = secret(member, KeyClass::Author);
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
            causes,
            expect: Vec::new(),
        };
        let signed = Signed::seal(secret, Domain::Event, self.chain.id(), wire::event::encode(&event)).to_bytes();
        Made { id: wire::event::id_of(self.chain.id(), &signed), signed, member }
    }

    /// The next event of one of two reporters: mostly reports, and ballots on clusters that others reported.
    pub(crate) fn report(&self, rng: &mut Rng, reporter: usize, number: u64, clusters: &[(EventId, usize)]) -> Made {
        let member = 2 * reporter + rng.index(2);
        let lane = *rng.pick(&[Lane::Urgent, Lane::High, Lane::Normal, Lane::Normal]);
        let disease = Disease { code: "U07.1".into(), name: "COVID-19".into() };
        let others = clusters.iter().filter(|(_, author)| *author != member).collect::<Vec<_>>();
        match rng.below(4) {
            0 if !others.is_empty() => {
                let (subject, _) = **rng.pick(&others);
                let choice = if rng.chance(800) { Choice::Endorse } else { Choice::Object };
                let fact = Fact::Ballot(Ballot { subject, choice, reason: String::new(), policy: String::new() });
                self.event(member, number, lane, fact, Vec::new())
            }
            0 | 1 => {
                let summary = "positives that may belong together".into();
                let fact = SuspectedCluster { disease, facility: "market".into(), positives: 2 + number, summary };
                self.event(member, number, lane, Fact::SuspectedCluster(fact), Vec::new())
            }
            2 => {
                let counts = [0, 0, number, 0, 0];
                let fact = DailyAggregate { disease, report_date: START.date(), origin: Origin::Local, counts };
                self.event(member, number, lane, Fact::DailyAggregate(fact), Vec::new())
            }
            _ => {
                let digest = Digest::of(&number.to_be_bytes());
                let fact = Deposit { digest, source: "gazette".into(), title: format!("number {number}") };
                self.event(
                    member,
                    number,
                    lane,
                    Fact::Deposit(fact),
                    clusters.last().map(|(id, _)| *id).into_iter().collect(),
                )
            }
        }
    }
}

/// An event as its author hands it in.
#[derive(Clone)]
pub(crate) struct Made {
    pub(crate) id: EventId,
    pub(crate) signed: Vec<u8>,
    pub(crate) member: usize,
}

impl Made {
    pub(crate) fn is_cluster(&self) -> bool {
        wire::event::open(TOWN.chain.id(), &self.signed)
            .is_ok_and(|opened| matches!(opened.event.fact, Fact::SuspectedCluster(_)))
    }
}

/// Every key there is, made once: deriving one costs as much as signing with it.
static KEYS: LazyLock<BTreeMap<(usize, KeyClass), SecretKey>> = LazyLock::new(|| {
    let secret = |member: usize, class: KeyClass| {
        SecretKey::from_seed(&Digest::of_parts(&[name(member).as_bytes(), class.name().as_bytes()]).0)
    };
    let keys = (0..MEMBERS).flat_map(|member| CLASSES.map(|class| (member, class)));
    keys.map(|(member, class)| ((member, class), secret(member, class))).collect()
});

pub(crate) fn secret(member: usize, class: KeyClass) -> &'static SecretKey {
    &KEYS[&(member, class)]
}
