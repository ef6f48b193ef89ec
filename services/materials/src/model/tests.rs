//! The read model over entries handed in, on disk as in a service.

mod measure;
mod story;

use std::sync::Arc;

use domain::chain::{ChainPath, Lane};
use domain::event::*;
use domain::genesis::{Genesis, Member, NodeRole};
use domain::keys;
use domain::materials::MONEY;
use domain::time::{DAY_MS, Date};
use host::projection::Follower;
use proof::sign::{PublicKey, SecretKey, Signed};
use tempfile::TempDir;
use wire::ledger::LogEntry;

use super::*;

/// The day on which the story begins.
pub(crate) const START: Millis = Millis(1_626_739_200_000);

/// Members by name; each has a store of its own.
pub(crate) const MEMBERS: [&str; 3] = ["depot", "gulou", "charity"];

fn secret(member: &str) -> SecretKey {
    SecretKey::from_seed(&Digest::of(member.as_bytes()).0)
}

/// A chain with a warehouse, a hospital and a charity.
pub(crate) fn genesis() -> Arc<Genesis> {
    let member = |name: &str| Member {
        id: name.into(),
        name: name.into(),
        node_role: NodeRole::Common,
        roles: Vec::new(),
        sector: "health".into(),
        regions: Vec::new(),
        cosigner: false,
        keys: [(KeyClass::Author, vec![secret(name).public()])].into(),
    };
    Arc::new(Genesis {
        file: Vec::new(),
        chain_id: Digest([1; 32]),
        chain: ChainPath::parse("cn.32.01").unwrap(),
        name: "Nanjing".into(),
        regions: vec!["320100".into()],
        genesis_time: START,
        rules_version: 2,
        allow_fewer_cosigners: true,
        members: MEMBERS.into_iter().map(member).collect(),
        policies: Default::default(),
        children: Vec::new(),
        parent: Vec::new(),
        urgent_per_day: domain::genesis::URGENT_PER_DAY,
        duties: Vec::new(),
    })
}

/// A log as a ledger hands it out.
#[derive(Default)]
pub(crate) struct Log {
    pub(crate) entries: Vec<LogEntry>,
    pub(crate) now: Millis,
}

impl Log {
    pub(crate) fn new() -> Self {
        Log { entries: Vec::new(), now: START }
    }

    /// An executed event; its id.
    pub(crate) fn say(&mut self, member: &str, fact: Fact) -> EventId {
        self.entry(member, fact, 0)
    }

    /// An event that was refused.
    pub(crate) fn refused(&mut self, member: &str, fact: Fact) {
        self.entry(member, fact, 55);
    }

    fn entry(&mut self, member: &str, fact: Fact, code: u16) -> EventId {
        let index = u64::try_from(self.entries.len()).unwrap();
        let event = event(secret(member).public(), self.now, fact);
        let id = Digest::of(&index.to_be_bytes());
        // Nobody checks the signature of what is final; it takes a second for some ten thousand.
        let signed = Signed { key: event.author, signature: [0; 64], body: wire::event::encode(&event) };
        self.entries.push(LogEntry {
            event_id: Some(id),
            code,
            signed: signed.to_bytes(),
            ..self.line(EntryKind::Event)
        });
        id
    }

    /// The end of a block.
    pub(crate) fn block(&mut self) {
        let line = self.line(EntryKind::Block);
        self.entries.push(line);
    }

    /// The end of a day.
    pub(crate) fn night(&mut self) {
        self.block();
        self.now = self.now.date().start().plus_ms(DAY_MS);
    }

    fn line(&self, kind: EntryKind) -> LogEntry {
        let index = u64::try_from(self.entries.len()).unwrap();
        LogEntry {
            index,
            height: index + 1,
            position: 0,
            lane: None,
            event_id: None,
            code: 0,
            signed: Vec::new(),
            kind,
            leaf: Vec::new(),
            chain_time: self.now,
        }
    }
}

fn event(author: PublicKey, at: Millis, fact: Fact) -> Event {
    Event {
        author,
        lane: Lane::Normal,
        nonce: [0; 16],
        occurred_at: at,
        created_at: at,
        valid_until: Millis(0),
        region: "320100".into(),
        security: SecurityLevel::Public,
        response: None,
        fact,
        sealed: Vec::new(),
        causes: Vec::new(),
        expect: Vec::new(),
    }
}

/// A read model and the directory it lies in.
pub(crate) struct Followed {
    follower: Follower<Stock>,
    dir: TempDir,
}

impl Followed {
    pub(crate) fn model(&self) -> &Stock {
        self.follower.model()
    }

    /// After these entries, taken page by page.
    pub(crate) fn of(log: &Log, page: usize) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut follower = open(&dir);
        log.entries.chunks(page).for_each(|page| assert!(!follower.take(page).unwrap().1));
        Followed { follower, dir }
    }

    /// Every stored row.
    fn rows(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        self.model().shelf.stored().unwrap().prefix(b"").map(Result::unwrap).collect()
    }
}

fn open(dir: &TempDir) -> Follower<Stock> {
    Follower::open(dir.path(), Stock::new(Standing::of(genesis()))).unwrap()
}

pub(crate) fn stock(facility: &str, item: &str, lot: &str, quantity: u64) -> StockMove {
    StockMove {
        facility: facility.into(),
        item: item.into(),
        lot: lot.into(),
        quantity,
        counterparty: "elsewhere".into(),
        expiry: None,
        donation: None,
    }
}

pub(crate) fn give(from: &str, to: &str, item: &str, lot: &str, quantity: u64) -> HandOver {
    HandOver {
        from: from.into(),
        to: to.into(),
        item: item.into(),
        lot: lot.into(),
        quantity,
        condition: "good".into(),
        commit: None,
    }
}

pub(crate) fn take(hand_over: EventId, item: &str, lot: &str, quantity: u64) -> Fact {
    Fact::TakeOver(TakeOver { hand_over, item: item.into(), lot: lot.into(), quantity, condition: "good".into() })
}

pub(crate) fn settle(hand_over: EventId, lost: u64, returned: u64) -> Fact {
    Fact::DiscrepancySettled(DiscrepancySettled { hand_over, lost, returned })
}

pub(crate) fn pledge(item: &str, quantity: u64, code: &str) -> Fact {
    let donor = Digest::of(code.as_bytes());
    Fact::Pledge(Pledge { item: item.into(), quantity, donor, purpose: "wards".into() })
}

/// A gift of masks and one of money, from which gowns are bought: pledged, received, handed over, fought over, used.
pub(crate) struct Story {
    pub(crate) log: Log,
    pub(crate) masks: EventId,
    pub(crate) money: EventId,
    pub(crate) hand_over: EventId,
    /// The events of the masks' way, in order.
    pub(crate) way: Vec<EventId>,
    /// Those of the money and what it bought.
    pub(crate) spent: Vec<EventId>,
    pub(crate) request: EventId,
}

pub(crate) fn story() -> Story {
    let mut log = Log::new();
    log.say("gulou", Fact::StockReceived(stock("gulou", "gown", "own", 10)));
    let item = ItemDefined {
        item: "mask".into(),
        title: "Respirator N95".into(),
        gtin: "06291041500213".into(),
        unit: "piece".into(),
        pack: 20,
        cold_chain: false,
    };
    log.say("depot", Fact::ItemDefined(item));
    let masks = log.say("charity", pledge("mask", 1_000, "code-1"));
    let money = log.say("charity", pledge(MONEY, 50_000, "code-2"));
    let gift =
        StockMove { donation: Some(masks), expiry: Date::parse("2024-06-30"), ..stock("charity", "mask", "a", 900) };
    let mut way = vec![masks, log.say("charity", Fact::StockReceived(gift))];
    let fen = StockMove { donation: Some(money), ..stock("charity", MONEY, "m", 50_000) };
    let mut spent = vec![money, log.say("charity", Fact::StockReceived(fen))];
    log.night();
    let asked = ResourceRequest {
        facility: "gulou".into(),
        item: "mask".into(),
        quantity: 600,
        needed_by: START.date(),
        reason: "wards".into(),
    };
    let request = log.say("gulou", Fact::ResourceRequest(asked));
    let promise = Commit { request, from: "charity".into(), lot: "a".into(), quantity: 600 };
    let commit = log.say("charity", Fact::Commit(promise));
    let hand_over = HandOver { commit: Some(commit), ..give("charity", "gulou", "mask", "a", 600) };
    let hand_over = log.say("charity", Fact::HandOver(hand_over));
    way.extend([commit, hand_over]);
    log.night();
    way.push(log.say("gulou", take(hand_over, "mask", "a", 550)));
    log.refused("gulou", Fact::StockIssued(stock("gulou", "mask", "a", 600)));
    way.push(log.say("gulou", settle(hand_over, 30, 20)));
    let bought = Purchase {
        facility: "charity".into(),
        item: "gown".into(),
        lot: "b".into(),
        quantity: 40,
        expiry: None,
        supplier: "mill".into(),
        paid: vec![Payment { facility: "charity".into(), lot: "m".into(), amount: 30_000 }],
    };
    spent.push(log.say("charity", Fact::Purchase(bought)));
    log.night();
    way.push(log.say("charity", settle(hand_over, 30, 20)));
    way.push(log.say("gulou", Fact::StockIssued(stock("gulou", "mask", "a", 500))));
    let gowns = log.say("charity", Fact::HandOver(give("charity", "gulou", "gown", "b", 40)));
    spent.extend([gowns, log.say("gulou", take(gowns, "gown", "b", 40))]);
    spent.push(log.say("gulou", Fact::StockIssued(stock("gulou", "gown", "b", 3))));
    log.block();
    Story { log, masks, money, hand_over, way, spent, request }
}
