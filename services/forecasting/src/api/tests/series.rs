//! Series, what describes them, and responses side by side.

use domain::event::{Action, AlertLevel, Assessment, Basis, Disease, Fact, Proposal, Stage};
use domain::time::Date;
use proof::digest::Digest;

use super::*;
use crate::model::tests::{Taken, covid, event_of};
use crate::records::tests::zero;

/// A day with 6 confirmed cases, two silent days, a signed zero, a day with 3; the last is not accepted.
fn entries() -> Vec<Taken> {
    vec![
        daily(0, "2021-07-05", Origin::Local, 4),
        daily(1, "2021-07-05", Origin::Imported, 2),
        zero(2, "2021-07-08"),
        daily(3, "2021-07-09", Origin::Local, 3),
        daily(4, "2021-07-10", Origin::Local, 8),
        ballot(5, 0, Choice::Endorse),
        ballot(6, 1, Choice::Endorse),
        ballot(7, 3, Choice::Endorse),
        block(8),
    ]
}

async fn read(entries: &[Taken], what: &str) -> Value {
    ask(after(entries), &format!("/v1/chains/cn.32.01/forecasting/{what}")).await.1
}

const NANJING: &str = "disease=U07.1&region=320100";

fn counts(series: &Value) -> Vec<Option<u64>> {
    series["points"].as_array().unwrap().iter().map(|point| point["count"].as_u64()).collect()
}

#[actix_web::test]
async fn a_signed_zero_is_a_zero_and_silence_is_none() {
    // Chain time is the 20th: what comes after the 9th is silence.
    let series = read(&entries(), &format!("series?{NANJING}&to=2021-07-10")).await;
    assert_eq!(counts(&series), [Some(6), None, None, Some(0), Some(3), None]);
    assert_eq!((&series["points"][0]["date"], &series["silent_days"]), (&"2021-07-05".into(), &1.into()));
    let flag = &series["flags"][0];
    assert_eq!(
        (&flag["date"], &flag["why"], &flag["silent_days"]),
        (&"2021-07-06".into(), &"silence".into(), &2.into())
    );
    let all = read(&entries(), &format!("series?{NANJING}")).await;
    assert_eq!((counts(&all).len(), &all["silent_days"]), (15, &10.into()), "up to the last day that is over");
    let suspected = read(&entries(), &format!("series?{NANJING}&classification=suspected&to=2021-07-09")).await;
    assert_eq!(counts(&suspected), [Some(2), None, None, Some(0), Some(1)]);
    assert!(counts(&read(&entries(), "series?disease=A00&region=320100").await).is_empty());
}

#[actix_web::test]
async fn weeks_begin_on_mondays_and_one_with_a_silent_day_is_missing() {
    let mut entries: Vec<_> = (0..15).map(|day| zero(day, &format!("2021-07-{:02}", day + 4))).collect();
    entries.extend([daily(15, "2021-07-14", Origin::Local, 9), ballot(16, 15, Choice::Endorse)]);
    let weeks = read(&entries, &format!("series?{NANJING}&cadence=week")).await;
    assert_eq!((counts(&weeks), &weeks["points"][0]["date"]), (vec![Some(0), Some(9)], &"2021-07-05".into()));
    entries.remove(2);
    let weeks = read(&entries, &format!("series?{NANJING}&cadence=week")).await;
    assert_eq!(counts(&weeks), [None, Some(9)], "nobody said anything of the 6th");
    let from = read(&entries, &format!("series?{NANJING}&cadence=week&from=2021-07-10")).await;
    assert_eq!((counts(&from), &from["points"][0]["date"]), (vec![Some(9)], &"2021-07-10".into()));
}

#[actix_web::test]
async fn counts_are_described_without_the_days_that_are_missing() {
    let described = read(&entries(), &format!("descriptive?{NANJING}&to=2021-07-10")).await;
    assert_eq!(
        (&described["cases"], &described["missing"], &described["counts"]["n"]),
        (&9.into(), &3.into(), &3.into())
    );
    assert_eq!((&described["counts"]["mean"], &described["counts"]["sd"]), (&3.0.into(), &3.0.into()));
    assert_eq!((&described["from"], &described["to"]), (&"2021-07-05".into(), &"2021-07-10".into()));
    let nothing = read(&entries(), "descriptive?disease=A00&region=320100").await;
    assert_eq!((&nothing["counts"], &nothing["cases"]), (&Value::Null, &0.into()));
}

#[actix_web::test]
async fn what_can_not_be_asked_of_a_series_is_refused() {
    for query in [
        "",
        "?disease=U07.1",
        "?disease=covid&region=320100",
        "?disease=U07.1&region=Nanjing",
        "?disease=U07.1&region=320100&cadence=month",
        "?disease=U07.1&region=320100&classification=dead",
        "?disease=U07.1&region=320100&from=2021-07-10&to=2021-07-09",
        "?disease=U07.1&region=320100&from=2000-01-01&to=2021-07-09",
    ] {
        for what in ["series", "descriptive"] {
            assert_eq!(read(&entries(), &format!("{what}{query}")).await["code"], "BAD_QUERY", "{what}{query}");
        }
    }
}

fn assessment(index: u64, day: &str, level: Option<AlertLevel>) -> Taken {
    let rule = level.map(|_| "county-watch".to_owned()).unwrap_or_default();
    event_of(
        index,
        Fact::Assessment(Assessment {
            disease: covid(),
            day: Date::parse(day).unwrap(),
            basis: Basis { size: 1, root: Digest([1; 32]) },
            rules: Digest([2; 32]),
            stage: Stage::Growth,
            level,
            rule,
            index_milli: 500,
            values: Vec::new(),
        }),
    )
}

fn vote(index: u64, disease: Disease) -> Taken {
    let (region, level) = ("320100".to_owned(), Some(AlertLevel::Red));
    let actions = vec![Action::SetResponse { disease, region, stage: None, level }];
    event_of(index, Fact::Proposal(Proposal { actions, reason: "the hospitals are full".into() }))
}

#[actix_web::test]
async fn what_was_computed_and_what_was_voted_stand_side_by_side() {
    let cholera = Disease { code: "A00".into(), name: "cholera".into() };
    let entries = [
        assessment(1, "2021-07-22", Some(AlertLevel::Orange)),
        assessment(2, "2021-07-21", None),
        vote(3, covid()),
        vote(4, cholera),
    ];
    let before = read(&entries, "responses").await;
    assert_eq!(before["responses"].as_array().unwrap().len(), 1, "a proposal that nobody agreed to is no vote");
    let decided = [entries.to_vec(), vec![ballot(5, 3, Choice::Endorse), ballot(6, 4, Choice::Endorse)]].concat();
    let all = read(&decided, "responses").await;
    assert_eq!((&all["responses"][0]["disease"], &all["responses"][0]["computed"]), (&"A00".into(), &Value::Null));
    let one = &read(&decided, "responses?disease=U07.1").await["responses"][0];
    let (computed, voted) = (&one["computed"], &one["voted"]);
    assert_eq!((&computed["event_id"], &computed["level"]), (&id(1).to_string().into(), &"orange".into()));
    assert_eq!((&computed["day"], &computed["stage"]), (&"2021-07-22".into(), &"growth".into()), "the later day");
    assert_eq!((&voted["event_id"], &voted["level"]), (&id(3).to_string().into(), &"red".into()));
    assert_eq!(voted["stage"], Value::Null, "as computed");
}
