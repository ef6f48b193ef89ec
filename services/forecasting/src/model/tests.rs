use std::collections::BTreeMap;

use domain::chain::ChainPath;
use domain::event::{
    Action, Ballot, Choice, Correction, DailyAggregate, Decision, Event, Origin, Proposal, ProvenLeaf, SecurityLevel,
    SuspectedCluster,
};
use domain::genesis::{KeyClass, Member, NodeRole, PolicyText};
use domain::time::Date;
use proof::digest::Digest;
use proof::leaf::{DecisionLeaf, DueLeaf, Leaf};
use proof::sign::{PublicKey, SecretKey};
use wire::ledger::LogEntry;

use super::rows::pending_key;
use super::*;
use crate::detector::Watch;

mod checking;
mod levels;
pub(crate) mod looking_ahead;
pub(crate) mod refuting;
mod weekly;

const CDC: u8 = 1;
const HEALTH: u8 = 2;
const AIRPORT: u8 = 3;

fn key(seed: u8) -> PublicKey {
    SecretKey::from_seed(&[seed; 32]).public()
}

fn member(id: &str, seed: u8, role: &str, sector: &str) -> Member {
    Member {
        id: id.into(),
        name: id.into(),
        node_role: NodeRole::Management,
        roles: vec![role.into()],
        sector: sector.into(),
        regions: Vec::new(),
        cosigner: true,
        keys: [(KeyClass::Author, 0), (KeyClass::Cosigner, 100), (KeyClass::Endorser, 150), (KeyClass::Sealer, 200)]
            .map(|(class, first)| (class, vec![key(first + seed)]))
            .into(),
    }
}

/// A chain on which a count needs one epidemiologist of another member, and managing members warn by themselves.
pub(crate) fn genesis() -> Arc<Genesis> {
    chain("author")
}

/// The same, with warnings judged by this policy.
fn chain(warning: &str) -> Arc<Genesis> {
    let rule = |rule: &str| PolicyText { rule: rule.into(), deadline_ms: 3_600_000 };
    let n_of = "n_of(1, epidemiologist@sector:health, airside@sector:transport)";
    Arc::new(Genesis {
        file: Vec::new(),
        chain_id: Digest([1; 32]),
        chain: ChainPath::parse("cn.32.01").unwrap(),
        name: "Nanjing".into(),
        regions: vec!["320100".into(), "320114".into()],
        genesis_time: Millis(1_626_000_000_000),
        rules_version: 2,
        allow_fewer_cosigners: true,
        members: vec![
            member("cdc", CDC, "lab", "cdc"),
            member("health", HEALTH, "epidemiologist", "health"),
            member("airport", AIRPORT, "airside", "transport"),
        ],
        policies: [
            ("daily_aggregate", n_of),
            ("suspected_cluster", n_of),
            ("case_report", n_of),
            ("zero_report", "author"),
            ("lab_result", n_of),
            ("warning", warning),
            ("directive", "author"),
            ("governance", "n_of(1, epidemiologist, lab)"),
        ]
        .map(|(class, text)| (class.to_owned(), rule(text)))
        .into(),
        children: Vec::new(),
        parent: Vec::new(),
        urgent_per_day: domain::genesis::URGENT_PER_DAY,
        duties: Vec::new(),
    })
}

pub(crate) type Taken = (LogEntry, Option<Event>);

pub(crate) fn id(index: u64) -> EventId {
    Digest::of(&index.to_be_bytes())
}

fn log(index: u64, kind: EntryKind, leaf: Vec<u8>) -> LogEntry {
    LogEntry {
        index,
        height: index + 1,
        position: 0,
        lane: None,
        event_id: (kind == EntryKind::Event).then(|| id(index)),
        code: 0,
        signed: Vec::new(),
        kind,
        leaf,
        chain_time: Millis(1_626_739_200_000 + index),
    }
}

fn event(index: u64, author: u8, lane: Lane, fact: Fact) -> Taken {
    let event = Event {
        author: key(author),
        lane,
        nonce: [0; 16],
        occurred_at: Millis(1_626_739_000_000),
        created_at: Millis(1_626_739_000_000),
        valid_until: Millis(0),
        region: "320100".into(),
        security: SecurityLevel::Public,
        response: None,
        fact,
        sealed: Vec::new(),
        causes: Vec::new(),
        expect: Vec::new(),
    };
    (log(index, EntryKind::Event, Vec::new()), Some(event))
}

/// A fact that the member under test's neighbour states.
pub(crate) fn event_of(index: u64, fact: Fact) -> Taken {
    event(index, CDC, Lane::Normal, fact)
}

pub(crate) fn covid() -> Disease {
    Disease { code: "U07.1".into(), name: "COVID-19".into() }
}

pub(crate) fn daily(index: u64, day: &str, origin: Origin, confirmed: u64) -> Taken {
    let counts = [1, 0, confirmed, 2, 0];
    let report_date = Date::parse(day).unwrap();
    event(
        index,
        CDC,
        Lane::Normal,
        Fact::DailyAggregate(DailyAggregate { disease: covid(), report_date, origin, counts }),
    )
}

pub(crate) fn ballot(index: u64, subject: u64, choice: Choice) -> Taken {
    let ballot = Ballot { subject: id(subject), choice, reason: String::new(), policy: String::new() };
    event(index, HEALTH, Lane::High, Fact::Ballot(ballot))
}

fn cluster(index: u64, lane: Lane, positives: u64) -> Taken {
    let summary = "routine sampling of airport staff".into();
    let cluster = SuspectedCluster { disease: covid(), facility: "lukou-airport".into(), positives, summary };
    event(index, AIRPORT, lane, Fact::SuspectedCluster(cluster))
}

pub(crate) fn block(index: u64) -> Taken {
    (log(index, EntryKind::Block, Vec::new()), None)
}

/// What was said, on the log.
pub(crate) fn said_event(index: u64, id: EventId, event: Event) -> Taken {
    (LogEntry { event_id: Some(id), ..log(index, EntryKind::Event, Vec::new()) }, Some(event))
}

/// What the member under test says.
const SAYS: Says = Says { warns: true, forecasts: true, checks: false };

fn empty() -> Days {
    empty_on(genesis())
}

fn empty_on(genesis: Arc<Genesis>) -> Days {
    let watch = Watch { disease: "U07.1".into(), confirmed_a_day: 5, cluster_positives: 3 };
    let author = Author { key: Box::new(|| key(HEALTH)), chain: Digest([1; 32]) };
    Days::new(genesis, Thresholds::new(vec![watch]).unwrap(), SAYS, Some(author), Arc::default()).unwrap()
}

/// The model after the entries, stopped and started again before the entry `cut`.
pub(crate) fn restarted_at(entries: &[Taken], cut: usize) -> Days {
    let (mut before, mut rows) = (empty(), BTreeMap::new());
    store(&mut before, &mut rows, &entries[..cut]);
    let mut restarted = empty();
    for (key, value) in rows.clone() {
        restarted.restore(&key, value).unwrap();
    }
    store(&mut restarted, &mut rows, &entries[cut..]);
    restarted
}

fn store(days: &mut Days, rows: &mut BTreeMap<Vec<u8>, Vec<u8>>, entries: &[Taken]) {
    for (log, event) in entries {
        for (key, value) in days.take(&Entry { log, event: event.as_ref() }).unwrap() {
            match value {
                Some(value) => rows.insert(key, value),
                None => rows.remove(&key),
            };
        }
    }
}

/// The model of this chain after these entries.
fn after_on(genesis: Arc<Genesis>, entries: &[Taken]) -> Days {
    let mut days = empty_on(genesis);
    store(&mut days, &mut BTreeMap::new(), entries);
    days
}

/// A log with what is said of it, and with what that leads to.
pub(crate) fn with_what_is_said(entries: Vec<Taken>) -> (Vec<Taken>, Vec<(EventId, Event)>) {
    with_what_is_said_on(&genesis(), entries)
}

fn with_what_is_said_on(genesis: &Arc<Genesis>, mut entries: Vec<Taken>) -> (Vec<Taken>, Vec<(EventId, Event)>) {
    let mut all = Vec::<(EventId, Event)>::new();
    loop {
        let said = after_on(Arc::clone(genesis), &entries).pending();
        let said = said.into_iter().map(|(id, body)| (id, wire::event::decode(&body).unwrap()));
        let mut fresh = said.filter(|(id, _)| !all.iter().any(|(other, _)| other == id)).collect::<Vec<_>>();
        fresh.sort_by_key(|(id, event)| (event.lane, event.created_at, *id));
        if fresh.is_empty() {
            return (entries, all);
        }
        for (id, event) in fresh {
            entries.push(said_event(entries.len() as u64, id, event.clone()));
            all.push((id, event));
        }
    }
}

/// The model after these entries.
pub(crate) fn after(entries: &[Taken]) -> Days {
    after_on(genesis(), entries)
}

fn confirmed_by_day(days: &Days) -> Vec<(String, u64)> {
    let found = days.list(&Filter::default(), None).collect::<Vec<_>>();
    found.iter().map(|day| (day.key.1.to_string(), confirmed(&day.counts))).collect()
}

fn warnings(days: &Days) -> Vec<Event> {
    said(days).into_iter().filter(|event| matches!(event.fact, Fact::Warning(_))).collect()
}

fn said(days: &Days) -> Vec<Event> {
    days.pending().iter().map(|(_, body)| wire::event::decode(body).unwrap()).collect()
}

#[test]
fn given_an_aggregate_nobody_judged_then_nothing_counts() {
    let days = after(&[daily(0, "2021-07-21", Origin::Local, 9), block(1)]);
    assert!(confirmed_by_day(&days).is_empty() && days.pending().is_empty());
    assert_eq!(days.at().height, 2);
}

#[test]
fn given_an_endorsed_aggregate_then_it_counts_and_one_of_the_same_key_supersedes_it() {
    let first = [daily(0, "2021-07-21", Origin::Local, 2), ballot(1, 0, Choice::Endorse)];
    assert_eq!(confirmed_by_day(&after(&first)), [("2021-07-21".to_owned(), 2)]);
    let second = [daily(2, "2021-07-21", Origin::Local, 3), ballot(3, 2, Choice::Endorse)];
    let days = after(&[first, second].concat());
    assert_eq!(confirmed_by_day(&days), [("2021-07-21".to_owned(), 3)]);
    assert_eq!(days.list(&Filter::default(), None).next().unwrap().events, [id(2)]);
}

#[test]
fn given_an_objected_aggregate_or_one_past_its_deadline_then_nothing_counts() {
    let due = Leaf::Due(DueLeaf { height: 3, position: 0, event: id(0), what: 2 }).to_bytes();
    let days = after(&[
        daily(0, "2021-07-21", Origin::Local, 9),
        (log(1, EntryKind::Due, due), None),
        daily(2, "2021-07-22", Origin::Local, 9),
        ballot(3, 2, Choice::Object),
    ]);
    assert!(confirmed_by_day(&days).is_empty() && days.pending().is_empty());
}

#[test]
fn given_origins_that_reach_the_threshold_together_then_one_warning_names_both() {
    let days = after(&[
        daily(0, "2021-07-21", Origin::Local, 4),
        daily(1, "2021-07-21", Origin::Imported, 2),
        ballot(2, 0, Choice::Endorse),
        ballot(3, 1, Choice::Endorse),
        daily(4, "2021-07-22", Origin::Local, 30),
        ballot(5, 4, Choice::Endorse),
    ]);
    let warnings = warnings(&days);
    assert_eq!(warnings.len(), 1, "the second day belongs to the same outbreak");
    let Fact::Warning(warning) = &warnings[0].fact else { panic!("not a warning") };
    assert_eq!(warning.headline, "COVID-19 in region 320100: 6 confirmed on 2021-07-21, threshold 5");
    let mut causes = warnings[0].causes.clone();
    causes.sort();
    let mut expected = vec![id(0), id(1)];
    expected.sort();
    assert_eq!((causes, warnings[0].lane), (expected, Lane::Urgent));
    assert_eq!(warnings[0].created_at, Millis(1_626_739_200_003), "the time of the ballot that decided");
}

#[test]
fn given_an_urgent_cluster_then_it_warns_unjudged_and_a_routine_one_does_not() {
    let days = after(&[cluster(0, Lane::Normal, 9), cluster(1, Lane::Urgent, 2), cluster(2, Lane::Urgent, 9)]);
    let warnings = warnings(&days);
    assert_eq!((warnings.len(), warnings[0].causes.clone()), (1, vec![id(2)]));
    let Fact::Warning(warning) = &warnings[0].fact else { panic!("not a warning") };
    assert_eq!(warning.level.name(), "yellow");
}

#[test]
fn given_the_warning_in_the_final_log_then_it_is_not_sent_again() {
    let mut days = after(&[cluster(0, Lane::Urgent, 9)]);
    let (warning, body) = days.pending().remove(0);
    let mut entry = log(1, EntryKind::Event, Vec::new());
    entry.event_id = Some(warning);
    let event = wire::event::decode(&body).unwrap();
    let rows = days.take(&Entry { log: &entry, event: Some(&event) }).unwrap();
    assert!(!days.pending().iter().any(|(id, _)| *id == warning));
    assert!(rows.contains(&(pending_key(&warning), None)));
}

#[test]
fn a_replay_gives_the_same_warnings_and_a_restart_anywhere_goes_on_with_them() {
    let entries = [
        daily(0, "2021-07-21", Origin::Local, 4),
        daily(1, "2021-07-21", Origin::Imported, 2),
        ballot(2, 0, Choice::Endorse),
        ballot(3, 1, Choice::Endorse),
        cluster(4, Lane::Urgent, 9),
        block(5),
    ];
    let whole = after(&entries);
    assert_eq!((warnings(&whole).len(), said(&whole).len()), (2, 3));
    for cut in 0..entries.len() {
        let restarted = restarted_at(&entries, cut);
        assert_eq!(restarted.pending(), whole.pending(), "restarted before entry {cut}");
        assert_eq!((&restarted.book, restarted.at), (&whole.book, whole.at), "restarted before entry {cut}");
        assert_eq!(restarted.detector, whole.detector, "restarted before entry {cut}");
        assert_eq!(restarted.lookout.places, whole.lookout.places, "restarted before entry {cut}");
    }
}

fn proposal(index: u64, author: u8, actions: Vec<Action>) -> Taken {
    event(index, author, Lane::High, Fact::Proposal(Proposal { actions, reason: "as agreed".into() }))
}

/// What is accepted in a year of governance: a new member reports, an old one leaves, a key rotates.
fn governed() -> Vec<Taken> {
    let keys = [(KeyClass::Author, vec![key(CLINIC)])].into();
    let clinic = member("clinic", CLINIC, "lab", "health");
    let newcomer = Member { node_role: NodeRole::Common, cosigner: false, keys, ..clinic };
    let rotated = Action::AddKey { member: "health".into(), class: KeyClass::Author, key: key(ROTATED) };
    vec![
        proposal(0, CDC, vec![Action::Admit(Box::new(newcomer))]),
        ballot(1, 0, Choice::Endorse),
        proposal(2, CDC, vec![rotated]),
        ballot(3, 2, Choice::Endorse),
        by(CLINIC, daily(4, "2021-07-21", Origin::Local, 9)),
        by(ROTATED, ballot(5, 4, Choice::Endorse)),
    ]
}

const CLINIC: u8 = 4;
const ROTATED: u8 = 5;

fn by(author: u8, (log, event): Taken) -> Taken {
    (log, event.map(|event| Event { author: key(author), ..event }))
}

#[test]
fn given_members_and_keys_that_came_by_governance_then_their_reports_and_ballots_count() {
    assert_eq!(confirmed_by_day(&after(&governed())), [("2021-07-21".to_owned(), 9)]);
    // A proposal that nobody agreed to changes nothing: a stranger's aggregate was not executed by any ledger.
    let mut days = after(&governed()[..1]);
    let (log, event) = by(CLINIC, daily(1, "2021-07-21", Origin::Local, 9));
    assert!(days.take(&Entry { log: &log, event: event.as_ref() }).is_err());
}

#[test]
fn given_a_refuted_aggregate_then_its_day_counts_no_more_and_other_refutations_are_passed_over() {
    let refute = |index, subject| Action::Refute { event: id(subject), reason: format!("counted twice, says {index}") };
    let mut entries = governed();
    entries.push(cluster(6, Lane::Normal, 1));
    entries.push(proposal(7, CDC, vec![refute(7, 6)]));
    entries.push(ballot(8, 7, Choice::Endorse));
    entries.push(proposal(9, CDC, vec![refute(9, 4), refute(9, 6)]));
    let whole = after(&entries);
    assert_eq!(confirmed_by_day(&whole).len(), 1, "not decided yet");
    entries.push(ballot(10, 9, Choice::Endorse));
    entries.push(daily(11, "2021-07-21", Origin::Local, 3));
    entries.push(ballot(12, 11, Choice::Endorse));
    let whole = after(&entries);
    assert_eq!(confirmed_by_day(&whole), [("2021-07-21".to_owned(), 3)], "the day was free for another");
    for cut in 0..entries.len() {
        let restarted = restarted_at(&entries, cut);
        assert_eq!(restarted.book, whole.book, "restarted before entry {cut}");
        assert_eq!(restarted.accepted, whole.accepted, "restarted before entry {cut}");
    }
}

#[test]
fn given_a_correction_or_a_decision_from_above_then_it_is_followed() {
    let (leaf, counts) = (Digest([7; 32]), Some([0, 0, 4, 0, 0]));
    let correction = Correction { subject: id(0), counts, statement: "a transposed digit".into() };
    let ask = ballot(1, 0, Choice::Ask);
    let entries = [
        daily(0, "2021-07-21", Origin::Local, 40),
        ask,
        event(2, CDC, Lane::Normal, Fact::Correction(correction)),
        ballot(3, 0, Choice::Endorse),
        daily(4, "2021-07-22", Origin::Local, 2),
    ];
    assert_eq!(confirmed_by_day(&after(&entries)), [("2021-07-21".to_owned(), 4)]);
    let decided =
        DecisionLeaf { height: 9, child: "cn.32.01".into(), event: id(4), accepted: true, reason: String::new() };
    let proven = ProvenLeaf { leaf: Leaf::Decision(decided).to_bytes(), index: 3, inclusion: vec![leaf] };
    let decision = Decision { certificate: String::new(), handovers: Vec::new(), leaf: proven };
    let decided = event(5, HEALTH, Lane::High, Fact::Decision(decision));
    let days = after(&[entries.to_vec(), vec![decided]].concat());
    assert_eq!(confirmed_by_day(&days).len(), 2);
}
