//! Reports, totals and deadlines.

use crate::alert::{AlertKind, AlertState};
use crate::due::DueWhat;
use crate::event::{AlertLevel, Choice, EXERCISE_DISEASE, EventId, Fact};
use crate::query;
use crate::record::Outcome;
use crate::refusal::Code;
use crate::stage::*;
use crate::time::Date;

const AGGREGATES: &[(&str, &str)] = &[("daily_aggregate", BALLOTS)];

fn accept(stage: &mut Stage, id: EventId) {
    for member in ["health", "cdc", "hospital"] {
        if stage.outcome(&id) == Outcome::Open && stage.record(&id).member != member {
            stage.say(member, vote(id, Choice::Endorse));
        }
    }
    assert_eq!(stage.outcome(&id), Outcome::Accepted);
}

#[test]
fn counts_enter_the_total_when_ballots_accept_them_and_not_before() {
    let mut stage = Stage::new(AGGREGATES);
    let id = stage.say("hospital", daily("2021-07-20", 7));
    assert_eq!((stage.confirmed(), stage.outcome(&id)), (0, Outcome::Open));
    stage.say("health", vote(id, Choice::Endorse));
    assert_eq!(stage.confirmed(), 0);
    stage.say("cdc", vote(id, Choice::Endorse));
    assert_eq!((stage.confirmed(), stage.outcome(&id)), (7, Outcome::Accepted));
    assert_eq!(stage.record(&id).settled_height, 3);
    let days = query::day_totals(&stage.state, "U07.1", Date(0), 10).unwrap();
    assert_eq!(days, [(Date::parse("2021-07-20").unwrap(), [0, 0, 7, 0, 0])]);
    // Nothing is left waiting for a settled report.
    assert_eq!(query::open_events(&stage.state, None, 10).unwrap(), []);
    let outcome = stage.later(1000);
    assert_eq!((outcome.pending, outcome.next_due), (false, None));
}

#[test]
fn a_second_aggregate_supersedes_the_first_on_acceptance() {
    let mut stage = Stage::new(AGGREGATES);
    let first = stage.say("hospital", daily("2021-07-20", 7));
    accept(&mut stage, first);
    let second = stage.say("hospital", daily("2021-07-20", 9));
    assert_eq!(stage.confirmed(), 7);
    accept(&mut stage, second);
    assert_eq!(stage.confirmed(), 9);
    let other = stage.say("hospital", daily("2021-07-21", 1));
    accept(&mut stage, other);
    assert_eq!(stage.confirmed(), 10);
}

#[test]
fn of_two_open_aggregates_the_later_in_the_log_stays_in_force() {
    let mut stage = Stage::new(AGGREGATES);
    let early = stage.say("hospital", daily("2021-07-20", 7));
    let late = stage.say("hospital", daily("2021-07-20", 9));
    accept(&mut stage, late);
    accept(&mut stage, early);
    assert_eq!(stage.confirmed(), 9);
}

#[test]
fn a_day_belongs_to_the_member_that_reports_it_until_its_claim_is_rejected() {
    let mut stage = Stage::new(AGGREGATES);
    let first = stage.say("hospital", daily("2021-07-20", 7));
    assert_eq!(stage.code("cdc", daily("2021-07-20", 8)), Some(Code::NotOwner));
    stage.say("regulator", vote(first, Choice::Veto));
    assert_eq!(stage.outcome(&first), Outcome::Rejected);
    assert_eq!(stage.code("cdc", daily("2021-07-20", 8)), None);
    assert_eq!(stage.confirmed(), 0);
}

#[test]
fn an_exercise_counts_in_no_official_total() {
    let mut stage = Stage::new(&[]);
    let id = stage.say("health", daily_of(exercise(), "2021-07-20", 5));
    assert_eq!(stage.outcome(&id), Outcome::Accepted);
    assert_eq!(query::totals(&stage.state, 10).unwrap(), []);
    assert_eq!(query::day_totals(&stage.state, EXERCISE_DISEASE, Date(0), 10).unwrap(), []);
}

#[test]
fn reports_of_single_cases_and_zero_reports_add_to_no_total() {
    let mut stage = Stage::new(&[]);
    for fact in [case(), zero()] {
        let id = stage.say("health", fact);
        assert_eq!(stage.outcome(&id), Outcome::Accepted);
    }
    assert_eq!(query::totals(&stage.state, 10).unwrap(), []);
}

#[test]
fn a_class_without_a_policy_is_not_taken() {
    let mut genesis = genesis("cn.32.01", &[], &[]);
    genesis.policies.remove("case_report");
    let mut stage = Stage::of(genesis);
    assert_eq!(stage.code("health", case()), Some(Code::UnknownKind));
}

#[test]
fn acceptance_waits_for_the_end_of_the_veto_window() {
    let mut stage = Stage::new(&[("daily_aggregate", VETO)]);
    let id = stage.say("hospital", daily("2021-07-20", 7));
    stage.say("health", vote(id, Choice::Endorse));
    stage.say("cdc", vote(id, Choice::Endorse));
    assert_eq!(stage.outcome(&id), Outcome::Open);
    let outcome = stage.later(3_599_000);
    let due = stage.now.plus_ms(1000);
    assert_eq!((outcome.pending, outcome.next_due), (false, Some(due)));
    assert!(!outcome.wants_block(stage.now) && outcome.wants_block(due), "nobody seals blocks for what is not due yet");
    assert_eq!(stage.outcome(&id), Outcome::Open);
    let outcome = stage.later(1000);
    assert_eq!((stage.outcome(&id), stage.confirmed()), (Outcome::Accepted, 7));
    let proof::leaf::Leaf::Due(leaf) = &outcome.leaves[0] else { panic!("a due leaf first") };
    assert_eq!((leaf.event, leaf.what), (id, DueWhat::WindowEnd.number()));
    // The deadline went with the decision.
    assert!(!stage.later(DEADLINE_MS).leaves.iter().any(|leaf| matches!(leaf, proof::leaf::Leaf::Due(_))));
}

#[test]
fn under_supervision_the_authors_word_stands_unless_it_is_stopped_in_time() {
    for (vetoed, end, total) in [(false, Outcome::Accepted, 7), (true, Outcome::Rejected, 0)] {
        let mut stage = Stage::new(&[("daily_aggregate", "supervision")]);
        let id = stage.say("hospital", daily("2021-07-20", 7));
        assert_eq!(stage.code("health", vote(id, Choice::Object)), Some(Code::RoleMissing), "nobody else is asked");
        if vetoed {
            stage.say("regulator", vote(id, Choice::Veto));
        }
        stage.later(4 * 3_600_000 - 1000);
        assert_eq!((stage.confirmed(), stage.outcome(&id) == Outcome::Open), (0, !vetoed));
        stage.later(1000);
        assert_eq!((stage.confirmed(), stage.outcome(&id)), (total, end));
    }
}

#[test]
fn a_report_nobody_decides_escalates_once_and_can_still_be_decided() {
    let mut stage = Stage::new(AGGREGATES);
    let id = stage.say("hospital", daily("2021-07-20", 7));
    let outcome = stage.later(DEADLINE_MS);
    let alerts = stage.alerts();
    assert_eq!(alerts.len(), 1);
    assert_eq!(
        (alerts[0].kind, alerts[0].state, alerts[0].event),
        (AlertKind::Escalation, AlertState::Provisional, id)
    );
    assert_eq!(alerts[0].leaf_index, stage.size() - u64::try_from(outcome.leaves.len()).unwrap());
    assert_eq!(stage.outcome(&id), Outcome::Open);
    assert!(query::subject(&stage.state, &id).unwrap().unwrap().escalated);
    assert_eq!(stage.later(DEADLINE_MS).alerts, 2..2);
    accept(&mut stage, id);
    assert_eq!(stage.confirmed(), 7);
    // The alarm over the missing decision is called off.
    assert_eq!(stage.alerts().last().unwrap().state, AlertState::Cancelled);
}

#[test]
fn an_urgent_cluster_rings_at_once_under_a_provisional_policy_and_again_when_decided() {
    for (choice, end) in [(Choice::Endorse, AlertState::Confirmed), (Choice::Object, AlertState::Cancelled)] {
        let mut stage = Stage::new(&[("suspected_cluster", VETO)]);
        let event = stage.event_with("airport", cluster(disease()), urgent);
        stage.play(std::slice::from_ref(&event));
        assert_eq!(stage.alerts().iter().map(|alert| alert.state).collect::<Vec<_>>(), [AlertState::Provisional]);
        stage.say("health", vote(event.id, choice));
        stage.say("cdc", vote(event.id, choice));
        stage.later(3_600_000);
        let alerts = stage.alerts();
        assert_eq!(alerts.iter().map(|alert| alert.state).collect::<Vec<_>>(), [AlertState::Provisional, end]);
        assert_eq!((alerts[1].level, alerts[1].kind), (AlertLevel::Yellow, AlertKind::Cluster));
        assert!(alerts[0].id() != alerts[1].id());
        // Its nine positives are no cases.
        assert_eq!(stage.confirmed(), 0);
    }
}

#[test]
fn on_a_quiet_chain_whose_time_stands_hours_back_a_veto_window_begins_with_the_report() {
    let mut stage = Stage::new(&[("suspected_cluster", VETO)]);
    let chain_time = stage.now;
    let written = chain_time.plus_ms(19 * 3_600_000);
    let event = stage.event_with("airport", cluster(disease()), |event| {
        urgent(event);
        event.created_at = written;
    });
    stage.play(std::slice::from_ref(&event));
    assert_eq!(stage.alerts()[0].sent_at, written);
    // The next certificate brings chain time to the present: the window is open still, and so is the report.
    stage.now = written;
    stage.say("health", vote(event.id, Choice::Endorse));
    stage.say("cdc", vote(event.id, Choice::Endorse));
    assert_eq!(stage.outcome(&event.id), Outcome::Open);
    stage.later(3_600_000);
    assert_eq!(stage.outcome(&event.id), Outcome::Accepted);
}

#[test]
fn a_cluster_that_rang_escalates_without_a_second_alert() {
    let mut stage = Stage::new(&[("suspected_cluster", VETO)]);
    let event = stage.event_with("airport", cluster(disease()), urgent);
    stage.play(std::slice::from_ref(&event));
    stage.later(DEADLINE_MS);
    assert_eq!(stage.alerts().len(), 1);
    assert!(query::subject(&stage.state, &event.id).unwrap().unwrap().escalated);
}

#[test]
fn a_cluster_that_is_not_urgent_is_quiet_and_an_exercise_rings_like_any_other() {
    let mut stage = Stage::new(&[("suspected_cluster", VETO)]);
    stage.say("airport", cluster(disease()));
    assert_eq!(stage.alerts(), []);
    let event = stage.event_with("airport", cluster(exercise()), urgent);
    stage.play(&[event]);
    assert_eq!(stage.alerts().len(), 1);
    assert_eq!(stage.alerts()[0].disease, Some(exercise()));
}

#[test]
fn a_plain_report_is_one_of_three_kinds() {
    let mut stage = Stage::new(&[]);
    let event = stage.event("health", lab());
    assert!(matches!(event.event.fact, Fact::LabResult(_)));
    assert_eq!(stage.code_of(&event), None);
}
