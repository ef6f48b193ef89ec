use std::sync::Arc;

use domain::chain::{ChainPath, Lane};
use domain::event::{Deposit, Event, SecurityLevel};
use domain::genesis::{Member, NodeRole};
use proof::digest::Digest;
use proof::sign::{PublicKey, SecretKey};
use wire::ledger::LogEntry;

use super::*;

fn author() -> PublicKey {
    SecretKey::from_seed(&[7; 32]).public()
}

/// A chain with one medium.
pub(crate) fn genesis() -> Arc<Genesis> {
    let medium = Member {
        id: "daily".into(),
        name: "City Daily".into(),
        node_role: NodeRole::Common,
        roles: Vec::new(),
        sector: "health".into(),
        regions: Vec::new(),
        cosigner: false,
        keys: [(KeyClass::Author, vec![author()])].into(),
    };
    Arc::new(Genesis {
        file: Vec::new(),
        chain_id: Digest([1; 32]),
        chain: ChainPath::parse("cn.32.01").unwrap(),
        name: "Nanjing".into(),
        regions: vec!["320100".into()],
        genesis_time: Millis(1000),
        rules_version: 2,
        allow_fewer_cosigners: true,
        members: vec![medium],
        policies: Default::default(),
        children: Vec::new(),
        parent: Vec::new(),
        urgent_per_day: domain::genesis::URGENT_PER_DAY,
        duties: Vec::new(),
    })
}

/// A deposit that was executed; its id is its index.
pub(crate) fn deposit(index: u64, published: &str, title: &str) -> (LogEntry, Option<Event>) {
    let (digest, source) = (Digest::of(published.as_bytes()), "https://example.org/7".into());
    let fact = Fact::Deposit(Deposit { digest, source, title: title.into() });
    let event = Event {
        author: author(),
        lane: Lane::Normal,
        nonce: [0; 16],
        occurred_at: Millis(1000 + index),
        created_at: Millis(1000 + index),
        valid_until: Millis(0),
        region: "320100".into(),
        security: SecurityLevel::Public,
        response: None,
        fact,
        sealed: Vec::new(),
        causes: Vec::new(),
        expect: Vec::new(),
    };
    (log(index, EntryKind::Event), Some(event))
}

/// The end of a block.
pub(crate) fn block(index: u64) -> (LogEntry, Option<Event>) {
    (log(index, EntryKind::Block), None)
}

fn log(index: u64, kind: EntryKind) -> LogEntry {
    LogEntry {
        index,
        height: index,
        position: 0,
        lane: None,
        event_id: (kind == EntryKind::Event).then(|| id(index)),
        code: 0,
        signed: Vec::new(),
        kind,
        leaf: Vec::new(),
        chain_time: Millis(2000 + index),
    }
}

fn id(index: u64) -> Digest {
    Digest::of(&index.to_be_bytes())
}

/// The model after these entries and the rows it stored.
pub(crate) fn after(entries: &[(LogEntry, Option<Event>)]) -> (Deposits, BTreeMap<Vec<u8>, Vec<u8>>) {
    let (mut deposits, mut rows) = (Deposits::new(Standing::of(genesis())), BTreeMap::new());
    for (log, event) in entries {
        rows.extend(deposits.take(&Entry { log, event: event.as_ref() }).unwrap());
    }
    (deposits, rows)
}

#[test]
fn given_the_same_digest_again_then_the_first_stands_and_the_repeat_is_counted() {
    let (deposits, _) = after(&[deposit(0, "post", "first"), deposit(1, "post", "second"), block(2)]);
    let found = deposits.of(&Digest::of(b"post")).unwrap();
    assert_eq!((found.title.as_str(), found.event, found.repeats), ("first", id(0), 1));
    assert_eq!((found.leaf_index, found.height, found.deposited_at), (0, 0, Millis(2000)));
    assert_eq!(found.member, "daily");
    assert_eq!(deposits.at(), At { height: 2, chain_time: Millis(2002) });
}

#[test]
fn given_a_refused_deposit_then_there_is_none() {
    let (mut log, _) = deposit(0, "post", "first");
    log.code = 13;
    assert_eq!(after(&[(log, None)]).0.of(&Digest::of(b"post")), None);
}

#[test]
fn the_stored_rows_give_the_same_model() {
    let (deposits, rows) =
        after(&[deposit(0, "post", "a"), deposit(1, "post", "b"), deposit(2, "film", "c"), block(3)]);
    let mut restored = Deposits::new(Standing::of(genesis()));
    restored.at = codec::decode(&rows[AT]).unwrap();
    for (key, value) in rows.iter().filter(|(key, _)| key.as_slice() != AT) {
        restored.restore(key, value).unwrap();
    }
    assert_eq!(restored, deposits);
}
