use std::sync::Arc;

use domain::chain::{ChainPath, Lane};
use domain::event::{CapacityClaim, Event, Resource, SecurityLevel};
use domain::genesis::{Genesis, Member, NodeRole};
use proof::digest::Digest;
use proof::sign::{PublicKey, SecretKey};
use wire::ledger::LogEntry;

use super::*;

fn author() -> PublicKey {
    SecretKey::from_seed(&[7; 32]).public()
}

/// A chain with one hospital.
pub(crate) fn genesis() -> Arc<Genesis> {
    let hospital = Member {
        id: "gulou".into(),
        name: "Gulou hospital".into(),
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
        members: vec![hospital],
        policies: Default::default(),
        children: Vec::new(),
        parent: Vec::new(),
        urgent_per_day: domain::genesis::URGENT_PER_DAY,
        duties: Vec::new(),
    })
}

/// A claim that was executed; its id is its index.
pub(crate) fn claim(index: u64, facility: &str, kind: &str, staffed: u64, occupied: u64) -> (LogEntry, Option<Event>) {
    let fact = CapacityClaim { facility: facility.into(), resource: Resource::parse(kind).unwrap(), staffed, occupied };
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
        fact: Fact::CapacityClaim(fact),
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
pub(crate) fn after(entries: &[(LogEntry, Option<Event>)]) -> (Beds, BTreeMap<Vec<u8>, Vec<u8>>) {
    let (mut beds, mut rows) = (Beds::new(Standing::of(genesis())), BTreeMap::new());
    for (log, event) in entries {
        rows.extend(beds.take(&Entry { log, event: event.as_ref() }).unwrap());
    }
    (beds, rows)
}

fn all(beds: &Beds) -> Vec<(String, String, u64, u64, u64)> {
    let lines = beds.list(&Filter::default(), &Default::default(), 500).0;
    let line = |(beds, version): (BedsRecord, u64)| {
        let available = beds.available();
        (beds.facility, beds.resource.name().to_owned(), beds.staffed, available, version)
    };
    lines.into_iter().map(line).collect()
}

#[test]
fn given_two_claims_of_the_same_beds_then_the_later_stands_with_version_two() {
    let (beds, _) = after(&[claim(0, "gulou", "adult-icu", 20, 5), claim(1, "gulou", "adult-icu", 18, 17), block(2)]);
    assert_eq!(all(&beds), [("gulou".into(), "adult-icu".into(), 18, 1, 2)]);
    let (line, _) = &beds.list(&Filter::default(), &Default::default(), 1).0[0];
    assert_eq!((line.member.as_str(), line.event, line.observed_at), ("gulou", id(1), Millis(1001)));
    assert_eq!(beds.at(), (2, Millis(2002)));
}

#[test]
fn given_a_refused_claim_then_nothing_changes() {
    let (mut log, _) = claim(1, "gulou", "adult-icu", 18, 17);
    log.code = 13;
    let (beds, _) = after(&[claim(0, "gulou", "adult-icu", 20, 5), (log, None)]);
    assert_eq!(all(&beds), [("gulou".into(), "adult-icu".into(), 20, 15, 1)]);
}

#[test]
fn given_a_filter_then_only_what_fits_is_listed_page_by_page() {
    let (beds, _) = after(&[
        claim(0, "gulou", "adult-icu", 20, 5),
        claim(1, "gulou", "isolation", 9, 9),
        claim(2, "zhongda", "adult-icu", 4, 0),
    ]);
    let icu = Filter { resource: Some("adult-icu".into()), ..Filter::default() };
    let (first, more) = beds.list(&icu, &Default::default(), 1);
    assert_eq!((first[0].0.facility.as_str(), more), ("gulou", true));
    let (rest, more) = beds.list(&icu, &("gulou".into(), "adult-icu".into()), 1);
    assert_eq!((rest[0].0.facility.as_str(), rest.len(), more), ("zhongda", 1, false));
    let nowhere = Filter { region: Some("321000".into()), ..Filter::default() };
    assert!(beds.list(&nowhere, &Default::default(), 500).0.is_empty());
}

#[test]
fn the_stored_rows_give_the_same_model() {
    let (beds, rows) =
        after(&[claim(0, "gulou", "adult-icu", 20, 5), claim(1, "gulou", "adult-icu", 18, 17), block(2)]);
    let mut restored = Beds::new(Standing::of(genesis()));
    restored.at = codec::decode(&rows[AT]).unwrap();
    for (_, value) in rows.iter().filter(|(key, _)| key.starts_with(BEDS)) {
        restored.restore(value).unwrap();
    }
    assert_eq!(restored, beds);
}
