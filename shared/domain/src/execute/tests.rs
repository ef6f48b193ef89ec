//! Whole blocks: order, repeats, bundle numbers, junk, summaries, digests.

use proof::digest::Digest;
use proof::leaf::Leaf;

use super::*;
use crate::event::{AlertLevel, Choice};
use crate::query;
use crate::refusal::Refusal;
use crate::stage::*;
use crate::state::MemoryState;

#[test]
fn the_block_leaf_is_last_and_carries_the_digest() {
    let mut stage = Stage::new(&[]);
    let event = stage.event("health", case());
    let outcome = stage.play(&[event]);
    let Some(Leaf::Block(leaf)) = outcome.leaves.last() else { panic!("a block leaf") };
    assert_eq!((leaf.height, leaf.state, leaf.rules_version), (1, outcome.state_digest, 2));
    assert_eq!(query::state_digest(&stage.state).unwrap(), Some(outcome.state_digest));
    assert_eq!((outcome.executed, outcome.refused, outcome.leaves.len()), (1, 0, 2));
}

/// A run with every kind of thing in it; `seed` changes one count.
fn history(seed: u64) -> (Stage, Vec<BlockInput>, Vec<BlockOutcome>) {
    let mut stage = Stage::new(&[("daily_aggregate", VETO), ("suspected_cluster", VETO), ("warning", BALLOTS)]);
    let (mut inputs, mut outcomes) = (Vec::new(), Vec::new());
    let mut subject = None;
    for block in 0..12 {
        stage.now = stage.now.plus_ms(if block == 8 { DEADLINE_MS } else { 700 });
        let alarm = stage.event_with("airport", cluster(disease()), urgent);
        let report = stage.event("hospital", daily(&format!("2021-07-{:02}", 10 + block), block + seed));
        let again = report.clone();
        let ballot = stage.event("cdc", vote(subject.unwrap_or(report.id), Choice::Endorse));
        let own = stage.event("hospital", vote(report.id, Choice::Endorse));
        subject = Some(report.id);
        let bundles = vec![stage.bundle(&[alarm]), stage.bundle(&[report, again, ballot, own])];
        let input = stage.input(bundles.clone());
        outcomes.push(stage.block(bundles));
        inputs.push(input);
    }
    (stage, inputs, outcomes)
}

#[test]
fn the_same_blocks_give_the_same_leaves_and_digests_on_a_ledger_that_starts_from_zero() {
    let (stage, inputs, outcomes) = history(0);
    let mut state = MemoryState::default();
    state.apply(&stage.genesis.writes());
    for (input, outcome) in inputs.iter().zip(&outcomes) {
        assert_eq!(&block(&state, input).unwrap(), outcome);
        state.change(&outcome.writes);
    }
    assert_eq!(state, stage.state);
    assert!(executed_once(&stage.log));
    let (_, _, other) = history(1);
    let digests = |outcomes: &[BlockOutcome]| outcomes.iter().map(|outcome| outcome.state_digest).collect::<Vec<_>>();
    assert!(digests(&outcomes).iter().zip(digests(&other)).all(|(one, two)| *one != two));
}

#[test]
fn a_digest_follows_from_every_change_and_from_the_digest_before() {
    let key = |text: &str| text.as_bytes().to_vec();
    let stored = |version, value: &str| Some(crate::state::Versioned { version, value: key(value) });
    let base = Changes::from([(key("a"), stored(1, "x"))]);
    let of = |changes: &Changes| digest(&Digest::default(), changes);
    for other in [
        Changes::from([(key("b"), stored(1, "x"))]),
        Changes::from([(key("a"), stored(2, "x"))]),
        Changes::from([(key("a"), stored(1, "y"))]),
        Changes::from([(key("a"), None)]),
        Changes::new(),
    ] {
        assert_ne!(of(&base), of(&other));
    }
    assert_ne!(of(&base), digest(&Digest::of(b"before"), &base));
}

#[test]
fn a_repeated_event_is_a_no_op_without_a_leaf_that_keeps_its_place() {
    let mut stage = Stage::new(&[]);
    let event = stage.event("health", daily("2021-07-20", 5));
    let next = stage.event("health", case());
    stage.play(std::slice::from_ref(&event));
    let outcome = stage.play(&[event.clone(), event.clone(), next.clone()]);
    assert_eq!((codes(&outcome), outcome.executed), (vec![0], 1));
    assert_eq!(stage.record(&next.id).position, 2);
    assert_eq!((stage.record(&event.id).height, stage.confirmed()), (1, 5));
    // A refused event is answered for good, too.
    let refused = stage.event_with("health", case(), |event| event.region = "4401".into());
    stage.play(std::slice::from_ref(&refused));
    assert_eq!(codes(&stage.play(&[refused])), Vec::<u16>::new());
}

#[test]
fn bundle_numbers_leave_named_holes_that_later_arrivals_fill_once() {
    let mut stage = Stage::new(&[]);
    let events = (0..5).map(|_| stage.event("health", case())).collect::<Vec<_>>();
    let key = stage.secret("health", KeyClass::Endorser).public();
    let numbered =
        |stage: &Stage, number: u64, at: usize| stage.numbered("health", Lane::Normal, number, &events[at..=at]);
    let first = stage.block(vec![numbered(&stage, 1, 0), numbered(&stage, 4, 1)]);
    assert_eq!(codes(&first), [0, 0]);
    let record = query::bundle_record(&stage.state, &key, Lane::Normal).unwrap().unwrap();
    assert_eq!((record.next, record.holes), (5, vec![2, 3]));
    // A number seen twice is a no-op whatever it holds; a hole's number executes.
    let second = stage.block(vec![numbered(&stage, 4, 2), numbered(&stage, 3, 3), numbered(&stage, 3, 4)]);
    assert_eq!(codes(&second), [0]);
    assert_eq!(stage.record(&events[3].id).position, 1);
    let record = query::bundle_record(&stage.state, &key, Lane::Normal).unwrap().unwrap();
    assert_eq!((record.next, record.holes), (5, vec![2]));
    // Lanes count by themselves.
    assert_eq!(query::bundle_record(&stage.state, &key, Lane::Urgent).unwrap(), None);
}

#[test]
fn a_bundle_too_far_ahead_or_by_no_endorsement_node_is_one_refused_leaf() {
    let mut stage = Stage::new(&[]);
    let event = stage.event("health", case());
    let most = u64::try_from(MAX_HOLES).unwrap() + 1;
    let far = stage.numbered("health", Lane::Normal, most + 1, std::slice::from_ref(&event));
    let last = stage.numbered("health", Lane::Normal, u64::MAX, std::slice::from_ref(&event));
    let stranger = stage.numbered("hospital", Lane::Normal, 1, std::slice::from_ref(&event));
    let junk = BundleInput::Junk { lane: Lane::High, hash: Digest::of(b"junk"), code: Code::Malformed };
    let outcome = stage.block(vec![far, last, stranger, junk]);
    let bad = Code::BadBundle.number();
    assert_eq!((codes(&outcome), outcome.refused), (vec![bad, bad, bad, Code::Malformed.number()], 4));
    let near = stage.numbered("health", Lane::Normal, most, std::slice::from_ref(&event));
    assert_eq!(codes(&stage.block(vec![near])), [0]);
}

#[test]
fn an_event_in_another_lane_is_refused_but_not_for_good() {
    let mut stage = Stage::new(&[]);
    let event = stage.event_with("health", case(), urgent);
    let wrong = stage.numbered("health", Lane::Normal, 1, std::slice::from_ref(&event));
    assert_eq!(codes(&stage.block(vec![wrong])), [Code::LaneMismatch.number()]);
    assert_eq!(stage.code_of(&event), None);
}

#[test]
fn what_came_unfit_is_a_leaf_and_does_not_block_the_event_it_pretends_to_be() {
    let mut stage = Stage::new(&[]);
    let event = stage.event("health", case());
    let forged = Entry::Err((event.id, Digest::of(b"forged"), Refusal::new(Code::BadSignature, "forged")));
    let endorser = stage.secret("cdc", KeyClass::Endorser).public();
    let bundle = BundleInput::Bundle { endorser, lane: Lane::Normal, number: 1, events: vec![forged] };
    assert_eq!(codes(&stage.block(vec![bundle])), [Code::BadSignature.number()]);
    assert_eq!(stage.code_of(&event), None);
}

#[test]
fn chain_time_never_goes_back_and_due_items_run_first_by_time_then_id() {
    let mut stage = Stage::new(&[("case_report", BALLOTS)]);
    let mut events = (0..3).map(|_| stage.event("health", case())).collect::<Vec<_>>();
    stage.play(&events[..2]);
    stage.now = stage.now.plus_ms(1000);
    stage.play(&events[2..]);
    let mut input = stage.input(Vec::new());
    input.certificate = Some(Certified { time_s: 0, size: 0 });
    assert_eq!(block(&stage.state, &input).unwrap().chain_time, stage.now);
    input.certificate = None;
    assert_eq!(block(&stage.state, &input).unwrap().chain_time, stage.now);
    let outcome = stage.later(DEADLINE_MS);
    let due = outcome.leaves.iter().filter_map(|leaf| if let Leaf::Due(leaf) = leaf { Some(leaf.event) } else { None });
    events[..2].sort_by_key(|event| event.id);
    assert_eq!(due.collect::<Vec<_>>(), events.iter().map(|event| event.id).collect::<Vec<_>>());
    assert!(matches!(outcome.leaves[0], Leaf::Due(_)));
}

#[test]
fn more_due_items_than_a_block_takes_go_into_the_next() {
    let mut stage = Stage::new(&[("case_report", BALLOTS)]);
    let events = (0..MAX_DUE_A_BLOCK + 1).map(|_| stage.event("health", case())).collect::<Vec<_>>();
    stage.play(&events);
    let due = |outcome: &BlockOutcome| outcome.leaves.iter().filter(|leaf| matches!(leaf, Leaf::Due(_))).count();
    let outcome = stage.later(DEADLINE_MS);
    assert_eq!((due(&outcome), outcome.wants_block(stage.now)), (MAX_DUE_A_BLOCK, true));
    assert_eq!(due(&stage.later(0)), 1);
}

#[test]
fn summaries_come_at_once_for_what_is_urgent_and_else_once_a_second() {
    let mut stage = Stage::new(&[]);
    let report = stage.event("health", daily("2021-07-20", 1));
    let outcome = stage.play(&[report]);
    assert!(stage.summaries().is_empty() && outcome.pending, "not a second since the genesis");
    assert_eq!(stage.later(999).leaves.len(), 1);
    assert_eq!(stage.later(1).leaves.len(), 2, "a summary and the block");
    assert!(!stage.later(5000).pending && stage.summaries().len() == 1, "nothing changed since");
    let report = stage.event_with("health", daily("2021-07-21", 1), urgent);
    stage.play(&[report]);
    assert_eq!(stage.summaries().len(), 2);
    stage.say("health", warning(AlertLevel::Blue));
    assert_eq!(stage.summaries().iter().map(|(_, leaf)| leaf.number).collect::<Vec<_>>(), [1, 2, 3]);
}

#[test]
fn the_root_chain_makes_no_summaries() {
    let mut stage = Stage::of(genesis("cn", &[], &[]));
    stage.say("health", warning(AlertLevel::Blue));
    stage.say("health", daily("2021-07-20", 1));
    assert!(!stage.later(5000).pending);
    assert!(stage.summaries().is_empty());
}

#[test]
fn a_state_without_a_genesis_is_a_fault_and_not_an_answer() {
    let stage = Stage::new(&[]);
    assert!(block(&MemoryState::default(), &stage.input(Vec::new())).is_err());
}
