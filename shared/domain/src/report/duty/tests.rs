mod any;

use proof::leaf::Leaf;

use super::*;
use crate::alert::AlertRecord;
use crate::event::{Action, Choice, Proposal, ZeroReport};
use crate::genesis::{Duty, Genesis};
use crate::query;
use crate::record::Outcome;
use crate::stage::*;
use crate::state::View as _;

const HOUR: u64 = 3_600_000;
/// Hours behind the end of a day in which its report is in time.
const GRACE: u32 = 12;

fn owing(member: &str, disease: &str) -> Duty {
    Duty { member: member.into(), disease: disease.into(), grace_hours: GRACE }
}

fn genesis_with(duties: &[Duty], children: &[&Genesis], path: &str) -> Genesis {
    let genesis = Genesis { duties: duties.to_vec(), ..genesis(path, &[], children) };
    genesis.check().unwrap();
    genesis
}

/// A city whose hospital and airport owe reports of COVID-19 from 20 July on.
fn city() -> Stage {
    Stage::of(genesis_with(&[owing("hospital", "U07.1"), owing("airport", "U07.1")], &[], "cn.32.01"))
}

fn day(text: &str) -> Date {
    Date::parse(text).unwrap()
}

fn zero_of(day: &str) -> Fact {
    Fact::ZeroReport(ZeroReport { disease: disease(), report_date: self::day(day), facility: "gulou".into() })
}

fn duty(chain: &Stage, member: &str) -> DutyRecord {
    query::duty(&chain.state, member, "U07.1").unwrap().unwrap()
}

/// An empty block at that time.
fn at(chain: &mut Stage, time: &str) -> crate::execute::BlockOutcome {
    chain.now = Millis::parse(time).unwrap();
    chain.block(Vec::new())
}

fn of_member(chain: &Stage, member: &str) -> Vec<AlertRecord> {
    chain.alerts().into_iter().filter(|alert| alert.headline.contains(member)).collect()
}

#[test]
fn a_member_that_owes_a_day_and_gives_none_is_named_with_it_once() {
    let mut city = city();
    city.say("airport", zero_of("2021-07-20"));
    let outcome = at(&mut city, "2021-07-21T11:59:59Z");
    assert_eq!(outcome.next_due, Some(city.now.plus_ms(1000)), "the end of the day and its grace");
    assert_eq!(city.alerts(), []);
    let outcome = at(&mut city, "2021-07-21T12:00:00Z");
    let due = outcome.leaves.iter().find_map(|leaf| if let Leaf::Due(leaf) = leaf { Some(leaf) } else { None });
    assert_eq!(due.map(|leaf| (leaf.event, leaf.what)), Some((duty(&city, "hospital").id(), DueWhat::Duty.number())));
    let rung = city.alerts();
    let [alert] = rung.as_slice() else { panic!("{rung:?}") };
    assert_eq!(alert.headline, "No report of U07.1 from hospital for 2021-07-20");
    assert_eq!(
        (alert.kind, alert.state, alert.level, alert.region.as_str()),
        (AlertKind::Silence, AlertState::Provisional, AlertLevel::Blue, "3201")
    );
    assert_eq!(alert.disease.as_ref().map(|disease| disease.code.as_str()), Some("U07.1"));
    // The airport is heard of later in the day; then neither is.
    city.say("airport", zero_of("2021-07-21"));
    at(&mut city, "2021-07-22T12:00:00Z");
    assert_eq!(city.alerts().len(), 1, "a second day of the same silence");
    at(&mut city, "2021-07-23T12:00:00Z");
    assert_eq!((of_member(&city, "airport").len(), of_member(&city, "hospital").len()), (1, 2));
}

#[test]
fn the_alert_of_a_silence_rises_and_is_called_off_above() {
    let mut below = city();
    let mut province = Stage::of(genesis("cn.32", &[], &[&below.genesis]));
    at(&mut below, "2021-07-21T12:00:00Z");
    province.now = below.now;
    assert_eq!(province.raise(&below), None);
    below.say("hospital", zero_of("2021-07-21"));
    below.later(1000);
    assert_eq!(province.raise(&below), None);
    let said = |chain: &Stage| {
        of_member(chain, "hospital")
            .into_iter()
            .map(|alert| (alert.id(), alert.state, alert.origin))
            .collect::<Vec<_>>()
    };
    assert_eq!(said(&province), said(&below));
    assert_eq!(said(&province).len(), 2);
}

/// Switched off by hand (no due item behind the first): the alert stayed provisional.
#[test]
fn after_three_days_in_a_row_it_is_confirmed_a_level_higher_and_then_rests() {
    let mut city = city();
    for day in 21..=23 {
        at(&mut city, &format!("2021-07-{day}T12:00:00Z"));
    }
    let rung = of_member(&city, "hospital");
    let states = rung.iter().map(|alert| (alert.state, alert.level, alert.headline.as_str())).collect::<Vec<_>>();
    assert_eq!(
        states,
        [
            (AlertState::Provisional, AlertLevel::Blue, "No report of U07.1 from hospital for 2021-07-20"),
            (
                AlertState::Confirmed,
                AlertLevel::Yellow,
                "No report of U07.1 from hospital for 3 days in a row, since 2021-07-20"
            ),
        ]
    );
    assert_eq!(rung[0].event, rung[1].event);
    let outcome = city.later(100 * DAY_MS);
    assert_eq!((outcome.next_due, of_member(&city, "hospital").len()), (None, 2));
    let since = Millis::parse("2021-07-21T12:00:00Z").unwrap();
    assert_eq!(duty(&city, "hospital").silence, Some(Silence { since, escalated: true }));
    // Heard again: called off at the level it had, and the next silence is another alert.
    let report = city.say("hospital", zero_of("2021-10-31"));
    let last = of_member(&city, "hospital").pop().unwrap();
    assert_eq!((last.state, last.level, last.event), (AlertState::Cancelled, AlertLevel::Yellow, rung[0].event));
    assert_eq!((last.headline.as_str(), last.events), ("hospital reports U07.1 again", vec![report]));
    assert_eq!(duty(&city, "hospital").heard, Some(Heard { slot: day("2021-10-31"), event: report }));
    at(&mut city, "2021-11-02T12:00:00Z");
    let next = of_member(&city, "hospital").pop().unwrap();
    assert_eq!((next.state, next.headline.ends_with("2021-11-01")), (AlertState::Provisional, true));
    assert_eq!((next.event == rung[0].event, next.events), (false, vec![report]), "the last that was heard");
}

#[test]
fn each_of_four_kinds_of_report_ends_a_silence_and_what_ballots_say_of_it_later_does_not_bring_it_back() {
    for fact in [zero(), lab(), case(), daily("2021-07-20", 3)] {
        let mut city = city();
        at(&mut city, "2021-07-21T12:00:00Z");
        city.say("hospital", fact.clone());
        assert_eq!(duty(&city, "hospital").silence, None, "{fact:?}");
    }
    let mut city = Stage::of(Genesis {
        duties: vec![owing("hospital", "U07.1")],
        ..genesis("cn.32.01", &[("zero_report", VETO)], &[])
    });
    let report = city.say("hospital", zero_of("2021-07-20"));
    city.say("regulator", vote(report, Choice::Veto));
    assert_eq!(city.outcome(&report), Outcome::Rejected);
    at(&mut city, "2021-07-21T12:00:00Z");
    assert_eq!(city.alerts(), []);
}

#[test]
fn a_report_of_another_member_disease_or_of_an_earlier_day_is_no_sign_of_life() {
    let mut city = city();
    city.say("airport", zero_of("2021-07-20"));
    at(&mut city, "2021-07-21T12:00:00Z");
    for fact in [zero_of("2021-07-19"), daily_of(exercise(), "2021-07-20", 1), cluster(disease())] {
        assert_eq!(city.code("hospital", fact), None, "it is taken as ever");
    }
    // A report that the rule refuses is none: this day's counts are the airport's.
    let own = city.event_with("airport", daily("2021-07-20", 1), |event| event.region = "3201".into());
    city.code_of(&own);
    assert!(duty(&city, "hospital").silence.is_some());
    assert_eq!(of_member(&city, "hospital").len(), 1);
}

#[test]
fn a_late_report_of_a_missed_day_ends_the_silence_without_starting_another() {
    let mut city = city();
    at(&mut city, "2021-07-22T13:00:00Z");
    assert_eq!(duty(&city, "hospital").slot, day("2021-07-20"));
    city.say("hospital", zero_of("2021-07-20"));
    // 21 July is missed too, and was part of what was told; 22 July can still be reported in time.
    assert_eq!((duty(&city, "hospital").slot, duty(&city, "hospital").silence), (day("2021-07-22"), None));
    city.say("hospital", zero_of("2021-07-21"));
    at(&mut city, "2021-07-23T11:59:59Z");
    assert_eq!(of_member(&city, "hospital").len(), 2);
    city.say("hospital", zero_of("2021-07-22"));
    assert_eq!(city.later(1000).next_due, Some(Millis::parse("2021-07-24T12:00:00Z").unwrap()));
}

#[test]
fn a_day_left_out_before_a_later_report_is_no_silence() {
    let mut city = city();
    city.say("hospital", zero_of("2021-07-21"));
    at(&mut city, "2021-07-22T11:00:00Z");
    assert_eq!((of_member(&city, "hospital"), duty(&city, "hospital").slot), (vec![], day("2021-07-22")));
}

/// A proposal by the hospital that both managers endorse.
fn pass(chain: &mut Stage, action: Action) -> EventId {
    let fact = Fact::Proposal(Proposal { actions: vec![action], reason: "sentinels".into() });
    let proposed = chain.say("hospital", fact);
    for manager in ["health", "cdc"] {
        chain.say(manager, vote(proposed, Choice::Endorse));
    }
    assert_eq!(chain.outcome(&proposed), Outcome::Accepted);
    proposed
}

fn set(member: &str, disease: &str, grace_ms: u64, owed: bool) -> Action {
    Action::SetDuty { member: member.into(), disease: disease.into(), grace_ms, owed }
}

#[test]
fn a_duty_set_by_members_is_owed_from_the_next_whole_day_and_ends_with_its_silence() {
    let mut chain = Stage::new(&[]);
    at(&mut chain, "2021-07-20T09:00:00Z");
    let set_by = pass(&mut chain, set("cdc", "J10", 6 * HOUR, true));
    let found = query::duties(&chain.state, None, 10).unwrap();
    let from = day("2021-07-21");
    let (member, disease, grace_ms) = ("cdc".to_owned(), "J10".to_owned(), 6 * HOUR);
    let expected = DutyRecord { member, disease, grace_ms, set_by, from, heard: None, slot: from, silence: None };
    assert_eq!(found, [expected]);
    // More grace: the same duty, due later.
    pass(&mut chain, set("cdc", "J10", 8 * HOUR, true));
    assert_eq!(at(&mut chain, "2021-07-22T07:59:59Z").next_due, Some(chain.now.plus_ms(1000)));
    chain.later(1000);
    assert_eq!(chain.alerts().len(), 1);
    pass(&mut chain, set("cdc", "J10", 0, false));
    let last = chain.alerts().pop().unwrap();
    assert_eq!((last.state, last.headline.as_str()), (AlertState::Cancelled, "cdc owes no more reports of J10"));
    assert_eq!(query::duties(&chain.state, None, 10).unwrap(), []);
    assert_eq!(chain.later(10 * DAY_MS).next_due, None);
    assert_eq!(chain.state.scan(b"owing/", b"owing0", 1).unwrap(), [], "nothing of it is left");
}

#[test]
fn a_proposal_sets_no_duty_of_strangers_of_unknown_codes_or_without_an_end() {
    let mut chain = Stage::new(&[]);
    let code = |chain: &mut Stage, action| {
        let fact = Fact::Proposal(Proposal { actions: vec![action], reason: "sentinels".into() });
        chain.code("hospital", fact)
    };
    assert_eq!(code(&mut chain, set("nobody", "U07.1", HOUR, true)), Some(Code::BadAction));
    assert_eq!(code(&mut chain, set("cdc", "U07.1", HOUR, false)), Some(Code::BadAction), "it owes nothing");
    let form = |action| {
        let fact = Fact::Proposal(Proposal { actions: vec![action], reason: "sentinels".into() });
        let event = crate::facility::testing::event(fact);
        crate::form::check(&event).err().map(|refusal| (refusal.code, refusal.field))
    };
    assert_eq!(form(set("cdc", "U07.1", MAX_GRACE_MS, true)), None);
    assert_eq!(form(set("cdc", "U07.1", MAX_GRACE_MS + 1, true)), Some((Code::OutOfRange, "grace_ms")));
    assert_eq!(form(set("cdc", "flu", HOUR, true)), Some((Code::UnknownCode, "disease")));
}

#[test]
fn who_leaves_owes_nothing() {
    let duties = [owing("hospital", "U07.1"), owing("regulator", "U07.1")];
    let mut city = Stage::of(genesis_with(&duties, &[], "cn.32.01"));
    at(&mut city, "2021-07-21T12:00:00Z");
    assert_eq!(city.alerts().len(), 2);
    pass(&mut city, Action::Expel { member: "regulator".into() });
    assert_eq!(query::duties(&city.state, None, 10).unwrap().len(), 1);
    assert_eq!(of_member(&city, "regulator").pop().unwrap().state, AlertState::Cancelled);
    city.later(10 * DAY_MS);
    assert_eq!((of_member(&city, "regulator").len(), of_member(&city, "hospital").len()), (2, 2));
}

/// The pages of a list that is longer than one.
#[test]
fn duties_are_listed_by_member_and_disease() {
    let duties = [owing("hospital", "U07.1"), owing("hospital", "J10"), owing("airport", "U07.1")];
    let chain = Stage::of(genesis_with(&duties, &[], "cn.32.01"));
    let page = |after| {
        let found = query::duties(&chain.state, after, 2).unwrap();
        found.into_iter().map(|duty| (duty.member, duty.disease)).collect::<Vec<_>>()
    };
    let named = |member: &str, disease: &str| (member.to_owned(), disease.to_owned());
    assert_eq!(page(None), [named("airport", "U07.1"), named("hospital", "J10")]);
    assert_eq!(page(Some(("hospital", "J10"))), [named("hospital", "U07.1")]);
}
