use std::sync::Arc;

use domain::chain::{ChainPath, Lane};
use domain::event::{Event, SecurityLevel, StockMove};
use domain::genesis::{Genesis, Member, NodeRole};
use proof::digest::Digest;
use proof::sign::{PublicKey, SecretKey};
use wire::ledger::LogEntry;

use super::*;

fn author() -> PublicKey {
    SecretKey::from_seed(&[7; 32]).public()
}

/// A chain with one warehouse.
pub(crate) fn genesis() -> Arc<Genesis> {
    let warehouse = Member {
        id: "depot".into(),
        name: "City depot".into(),
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
        members: vec![warehouse],
        policies: Default::default(),
        children: Vec::new(),
        parent: Vec::new(),
        urgent_per_day: domain::genesis::URGENT_PER_DAY,
        duties: Vec::new(),
    })
}

/// A movement that was executed; its id is its index. A negative quantity was issued.
pub(crate) fn moved(index: u64, item: &str, lot: &str, quantity: i64) -> (LogEntry, Option<Event>) {
    let stock = StockMove {
        facility: "depot".into(),
        item: item.into(),
        lot: lot.into(),
        quantity: quantity.unsigned_abs(),
        counterparty: "gulou".into(),
        expiry: None,
        donation: None,
    };
    let fact = if quantity > 0 { Fact::StockReceived(stock) } else { Fact::StockIssued(stock) };
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
pub(crate) fn after(entries: &[(LogEntry, Option<Event>)]) -> (Stock, BTreeMap<Vec<u8>, Vec<u8>>) {
    let (mut stock, mut rows) = (Stock::new(Standing::of(genesis())), BTreeMap::new());
    for (log, event) in entries {
        rows.extend(stock.take(&Entry { log, event: event.as_ref() }).unwrap());
    }
    (stock, rows)
}

fn first(stock: &Stock) -> (u64, u64, u64, u64) {
    let (lot, version) = stock.lots(&Filter::default(), &Place::default(), 1).0.remove(0);
    (lot.received, lot.issued, lot.on_hand(), version)
}

#[test]
fn given_receipts_and_an_issue_then_the_rest_is_on_hand_and_every_movement_raised_the_version() {
    let (stock, _) = after(&[
        moved(0, "n95-mask", "a", 100),
        moved(1, "n95-mask", "a", -30),
        moved(2, "n95-mask", "a", 5),
        block(3),
    ]);
    assert_eq!(first(&stock), (105, 30, 75, 3));
    assert_eq!(stock.at(), (3, Millis(2003)));
    let (moves, more) = stock.moves(&Filter::default(), 0, 500);
    let told: Vec<_> = moves.iter().map(|(index, one)| (*index, one.received, one.quantity, one.on_hand)).collect();
    assert_eq!((told, more), (vec![(0, true, 100, 100), (1, false, 30, 70), (2, true, 5, 75)], false));
    assert_eq!((moves[1].1.member.as_str(), moves[1].1.event), ("depot", id(1)));
}

#[test]
fn given_a_refused_issue_then_nothing_changes() {
    let (mut log, _) = moved(1, "n95-mask", "a", -200);
    log.code = 55;
    let (stock, _) = after(&[moved(0, "n95-mask", "a", 100), (log, None)]);
    assert_eq!(first(&stock), (100, 0, 100, 1));
    assert_eq!(stock.moves(&Filter::default(), 0, 500).0.len(), 1);
}

#[test]
fn given_an_empty_lot_then_it_is_still_listed() {
    let (stock, _) = after(&[moved(0, "n95-mask", "a", 7), moved(1, "n95-mask", "a", -7)]);
    assert_eq!(first(&stock), (7, 7, 0, 2));
}

#[test]
fn given_a_filter_then_only_what_fits_is_listed_page_by_page() {
    let (stock, _) = after(&[moved(0, "gown", "a", 1), moved(1, "n95-mask", "a", 2), moved(2, "n95-mask", "b", 3)]);
    let masks = Filter { item: Some("n95-mask".into()), ..Filter::default() };
    let (one, more) = stock.lots(&masks, &Place::default(), 1);
    assert_eq!((one[0].0.lot.as_str(), more), ("a", true));
    let (two, more) = stock.lots(&masks, &("depot".into(), "n95-mask".into(), "a".into()), 1);
    assert_eq!((two[0].0.lot.as_str(), more), ("b", false));
    let (moves, more) = stock.moves(&masks, 0, 1);
    assert_eq!((moves[0].0, more), (1, true));
    assert_eq!(stock.moves(&masks, 2, 1).0[0].1.quantity, 3);
}

#[test]
fn the_stored_rows_give_the_same_model() {
    let (stock, rows) = after(&[moved(0, "gown", "a", 9), moved(1, "gown", "a", -2), block(2)]);
    let mut restored = Stock::new(Standing::of(genesis()));
    restored.at = codec::decode(&rows[AT]).unwrap();
    for (key, value) in rows.iter().filter(|(key, _)| key.as_slice() != AT) {
        restored.restore(key, value).unwrap();
    }
    assert_eq!(restored, stock);
}
