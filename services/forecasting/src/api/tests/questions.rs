//! Comparisons, the course of R, triangle and nowcast, and 7-1-7.

use domain::event::{AgeBand, AlertLevel, Directive, Event, EventId, Fact, Sex, Warning};
use domain::time::{Date, Millis};

use super::*;
use crate::model::tests::{Taken, covid, event_of};
use crate::records::tests::case;

async fn read(days: Days, what: &str) -> Value {
    ask(days, &format!("/v1/chains/cn.32.01/forecasting/{what}")).await.1
}

/// The same entry on another day: signed and on the log when it began.
fn on(day: &str, (mut log, event): Taken) -> Taken {
    let at = Date::parse(day).unwrap().start();
    log.chain_time = at;
    (log, event.map(|event| Event { created_at: at, occurred_at: at, ..event }))
}

/// Cases and an endorsement of each.
fn endorsed(cases: Vec<Taken>) -> Vec<Taken> {
    let first = cases.len() as u64;
    let times = cases.iter().map(|(log, _)| log.chain_time).collect::<Vec<_>>();
    let ballots = (0..).zip(times).map(|(subject, at)| {
        let (mut log, event) = ballot(first + subject, subject, Choice::Endorse);
        log.chain_time = at;
        (log, event.map(|event| Event { created_at: at, ..event }))
    });
    let ballots = ballots.collect::<Vec<_>>();
    let both = cases.into_iter().zip(ballots).flat_map(|(case, ballot)| [case, ballot]);
    both.chain([block(2 * first)]).collect()
}

/// Twelve children, mostly boys, who were reported late, and eight old people, mostly women, who were not; two cases say no
/// age. The first child is discarded by an objection.
fn two_groups() -> Vec<Taken> {
    let child = |index| {
        let onset = if index % 2 == 0 { "2021-07-10" } else { "2021-07-12" };
        case(index, Some(onset), "2021-07-19", AgeBand::Under5, if index < 9 { Sex::Male } else { Sex::Female })
    };
    let old = |index| {
        let onset = ["2021-07-18", "2021-07-17", "2021-07-15"][index as usize % 3];
        case(index, Some(onset), "2021-07-19", AgeBand::From60, if index < 14 { Sex::Male } else { Sex::Female })
    };
    let unknown = |index| case(index, None, "2021-07-19", AgeBand::Unknown, Sex::Female);
    let cases = (0..12).map(child).chain((12..20).map(old)).chain((20..22).map(unknown));
    endorsed(cases.collect())
}

/// The figures follow from the tables of cases by hand: 9, 3 and 2, 6; and 12 of 20 where 10 were due.
#[actix_web::test]
async fn groups_of_cases_are_held_against_each_other() {
    let what = "comparison?disease=U07.1&by=age&against=sex";
    let view = read(after(&two_groups()), what).await;
    assert_eq!(view["columns"], serde_json::json!(["female", "male"]));
    let groups = view["groups"].as_array().unwrap();
    assert_eq!(groups.iter().map(|group| &group["group"]).collect::<Vec<_>>(), ["0-4", "60+"]);
    assert_eq!((&groups[0]["counts"], &groups[1]["counts"]), (&serde_json::json!([3, 9]), &serde_json::json!([6, 2])));
    assert_eq!((&view["not_stated"], &groups[0]["delay_days"]["mean"]), (&2.into(), &8.0.into()));
    let test = |name: &str| view["tests"].as_array().unwrap().iter().find(|test| test["test"] == name).unwrap().clone();
    let close =
        |value: &Value, wanted: f64| assert!((value.as_f64().unwrap() - wanted).abs() < 5e-5, "{value} {wanted}");
    let related = test("chi_square_independence");
    close(&related["statistic"], 4.8485);
    close(&related["p"], 0.027670);
    close(&related["effect_size"], 0.49237);
    let fit = test("chi_square_fit");
    close(&fit["statistic"], 0.8);
    close(&fit["effect_size"], 0.2);
    for name in ["anova", "welch_anova", "kruskal_wallis"] {
        assert!(test(name)["p"].as_f64().unwrap() < 0.001 && test(name)["n"] == 20, "{}", test(name));
    }
    assert_eq!(test("levene")["effect"], "eta_squared");
    // With the population's shares, and a band that has none of the cases.
    let view = read(after(&two_groups()), &format!("{what}&shares=0-4:60,60%2B:39,5-17:1")).await;
    assert_eq!((&view["tests"][0]["df"], &view["tests"][0]["note"].is_string()), (&2.0.into(), &true));
}

#[actix_web::test]
async fn a_test_that_does_not_apply_says_why_and_odd_questions_are_refused() {
    let view = read(after(&two_groups()), "comparison?disease=U07.1&by=region").await;
    for test in view["tests"].as_array().unwrap() {
        assert_eq!((&test["not_applicable"], &test["p"]), (&"STATISTICS_TOO_FEW_GROUPS".into(), &Value::Null));
        assert!(test["reason"].is_string());
    }
    let none = read(after(&two_groups()), "comparison?disease=U07.1&by=sex&from=2021-07-20").await;
    assert_eq!((&none["groups"], &none["not_stated"]), (&serde_json::json!([]), &0.into()));
    for query in ["by=origin", "by=age&against=age", "by=sex&shares=a", "by=sex&shares=a:1,a:2", "by=sex&shares=a:-1"] {
        let answer = read(after(&[]), &format!("comparison?disease=U07.1&{query}")).await;
        assert_eq!(answer["code"], "BAD_QUERY", "{query}");
    }
}

#[actix_web::test]
async fn r_is_given_day_by_day_with_its_interval_or_why_it_is_not_known() {
    let view = read(after(&committed(22).0), "reproduction?disease=U07.1&region=320100").await;
    let days = view["days"].as_array().unwrap();
    assert_eq!((&days[0]["mean"], days[0]["not_known"].is_string()), (&Value::Null, true));
    let last = days.last().unwrap();
    let value = |name: &str| last[name].as_f64().unwrap();
    assert_eq!(last["date"], "2021-07-31");
    assert!(value("low95") < value("mean") && value("mean") < value("high95") && value("p_above_1") <= 1.0, "{last}");
    assert!(view["serial_mean_days"].is_number() && !view["serial_sources"].as_array().unwrap().is_empty());
    let unknown = read(after(&[]), "reproduction?disease=U07.1&region=320100").await;
    assert!(unknown["not_known"].is_string() && unknown["days"] == serde_json::json!([]));
    assert!(read(after(&[]), "reproduction?disease=Z99&region=320100").await["not_known"].is_string());
}

/// Forty days with four cases each: two counted a day after their onset, two after three days.
fn delayed() -> Vec<Taken> {
    let cases = (0..160).map(|index| {
        let onset = Date(Date::parse("2021-05-01").unwrap().0 + u32::try_from(index / 4).unwrap());
        let counted = Date(onset.0 + if index % 4 < 2 { 1 } else { 3 });
        let case = case(index, Some(&onset.to_string()), &counted.to_string(), AgeBand::From60, Sex::Female);
        on(&counted.to_string(), case)
    });
    let mut cases = cases.collect::<Vec<_>>();
    cases.sort_by_key(|(log, _)| log.chain_time);
    for (index, (log, _)) in (0..).zip(&mut cases) {
        (log.index, log.event_id) = (index, Some(id(index)));
    }
    endorsed(cases)
}

#[actix_web::test]
async fn the_triangle_has_the_delays_and_the_nowcast_what_is_still_to_come() {
    let place = "disease=U07.1&region=320100";
    let triangle = read(after(&delayed()), &format!("triangle?{place}&as_of=2021-06-10")).await;
    let rows = triangle["rows"].as_array().unwrap();
    let row = |day: &str| rows.iter().find(|row| row["date"] == day).unwrap()["counted"].clone();
    assert_eq!((row("2021-06-09"), row("2021-06-08")), (serde_json::json!([0, 2]), serde_json::json!([0, 2, 0])));
    assert_eq!(row("2021-06-07"), serde_json::json!([0, 2, 0, 2]));
    let day = |view: &Value, day: &str| {
        view["days"].as_array().unwrap().iter().find(|one| one["date"] == day).cloned().unwrap()
    };
    let view = read(after(&delayed()), &format!("nowcast?{place}&as_of=2021-06-10")).await;
    let half = day(&view, "2021-06-08");
    assert_eq!((&half["counted"], &view["past_reports"]), (&2.0.into(), &52.into()));
    assert!((half["expected"].as_f64().unwrap() - 4.0).abs() < 0.3, "{half}");
    assert!(half["low90"].as_f64().unwrap() < 4.0 && half["high90"].as_f64().unwrap() > 4.0, "{half}");
    // With no past to go by, all that is sure is that more may come.
    let first = read(after(&delayed()), &format!("nowcast?{place}&as_of=2021-05-03")).await;
    assert!(first["past_reports"] == 0 && day(&first, "2021-05-02")["high90"].as_f64().unwrap() > 4.0, "{first}");
    for what in ["triangle", "nowcast"] {
        assert_eq!(read(after(&[]), &format!("{what}?{place}&of=rumours")).await["code"], "BAD_QUERY");
    }
}

#[actix_web::test]
async fn revisions_of_aggregates_make_a_triangle_too() {
    let entries = [
        on("2021-07-11", daily(0, "2021-07-10", Origin::Local, 4)),
        on("2021-07-11", ballot(1, 0, Choice::Endorse)),
        on("2021-07-13", daily(2, "2021-07-10", Origin::Local, 7)),
        on("2021-07-13", ballot(3, 2, Choice::Endorse)),
        on("2021-07-14", block(4)),
    ];
    let what = "triangle?disease=U07.1&region=320100&of=aggregates";
    let view = read(after(&entries), what).await;
    let row = view["rows"].as_array().unwrap().iter().find(|row| row["date"] == "2021-07-10").unwrap();
    assert_eq!(row["counted"], serde_json::json!([0, 4, 0, 3, 0]));
}

fn directive(index: u64, day: &str, causes: Vec<EventId>) -> Taken {
    let (level, measure) = (AlertLevel::Orange, "situation-room".into());
    let directive =
        Directive { level, headline: "Open the situation room".into(), instruction: "Now.".into(), measure };
    let (log, event) = on(day, event_of(index, Fact::Directive(directive)));
    (log, event.map(|event| Event { causes, ..event }))
}

fn warned(index: u64, day: &str) -> Taken {
    let (headline, method) = ("COVID-19 in Nanjing".into(), String::new());
    let warning =
        Warning { disease: covid(), level: AlertLevel::Orange, headline, method, supersedes: None, ground: None };
    on(day, event_of(index, Fact::Warning(warning)))
}

fn clocks(outbreak: &Value) -> Vec<(String, Option<f64>)> {
    let clocks = outbreak["clocks"].as_array().unwrap().iter();
    clocks.map(|clock| (clock["state"].as_str().unwrap().to_owned(), clock["days"].as_f64())).collect()
}

fn clock(state: &str, days: f64) -> (String, Option<f64>) {
    (state.to_owned(), Some(days))
}

#[actix_web::test]
async fn each_outbreak_has_its_clocks_from_what_the_log_knows() {
    let first = |index, onset| case(index, Some(onset), "2021-07-10", AgeBand::From60, Sex::Female);
    let mut entries = vec![
        on("2021-04-01", case(0, Some("2021-03-20"), "2021-04-01", AgeBand::From60, Sex::Male)),
        on("2021-07-10", first(1, "2021-07-04")),
        on("2021-07-11", first(2, "2021-07-03")),
        warned(3, "2021-07-11"),
        on("2021-07-15", block(4)),
    ];
    let read = async |entries: &[Taken]| read(after(entries), "timeliness?disease=U07.1").await;
    let open = read(&entries).await;
    let outbreaks = open["outbreaks"].as_array().unwrap();
    assert_eq!(outbreaks.len(), 2, "months of silence lie between");
    assert_eq!(clocks(&outbreaks[0]), [clock("missed", 12.0), clock("met", 0.0), clock("overdue", 105.0)]);
    assert_eq!(clocks(&outbreaks[1]), [clock("met", 7.0), clock("met", 0.0), clock("open", 5.0)]);
    assert_eq!((&outbreaks[1]["met"], &outbreaks[0]["met"]), (&Value::Null, &false.into()));
    assert_eq!(
        (&outbreaks[1]["first_report"], &outbreaks[1]["first_warning"]["event_id"]),
        (&id(1).to_string().into(), &id(3).to_string().into())
    );
    // An order that names another cause is none on this outbreak; the one that names the warning is.
    entries.push(directive(5, "2021-07-15", vec![id(77)]));
    entries.push(directive(6, "2021-07-16", vec![id(3)]));
    let answered = &read(&entries).await["outbreaks"][1];
    assert_eq!(clocks(answered)[2], clock("met", 6.0));
    assert_eq!((&answered["met"], &answered["bottleneck"]), (&true.into(), &"detect".into()));
    assert_eq!(
        (&answered["measures"][0]["measure"], &answered["measures"][0]["event_id"]),
        (&"situation-room".into(), &id(6).to_string().into())
    );
    // Who finds that the first report was wrong finds another time of detection.
    entries.push(on("2021-07-16", ballot(7, 1, Choice::Object)));
    let corrected = &read(&entries).await["outbreaks"][1];
    assert_eq!((clocks(corrected)[0].clone(), &corrected["reports"]), (clock("missed", 8.0), &1.into()));
    assert_eq!(Millis::parse(corrected["emerged"].as_str().unwrap()), Some(Date::parse("2021-07-03").unwrap().start()));
}
