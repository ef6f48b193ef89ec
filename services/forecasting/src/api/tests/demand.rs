//! Beds to come, against the beds there are.

use domain::event::Resource;
use domain::refusal::Code;
use serde_json::json;
use wire::area::Ward;
use wire::ledger::Refused;

use super::*;

fn path(what: &str) -> String {
    format!("/v1/chains/cn.32.01/forecasting/demand?disease=U07.1&{what}")
}

fn ward(facility: &str, region: &str, resource: Resource, staffed: u64, stale: bool) -> Ward {
    let event = id(u64::from(facility.as_bytes()[0]));
    Ward { facility: facility.into(), region: region.into(), resource, staffed, occupied: 0, reserved: 0, stale, event }
}

fn wards(wards: Vec<Ward>) -> Result<WardsAnswer, AreaError> {
    Ok(WardsAnswer { height: 54, wards, ..WardsAnswer::default() })
}

#[actix_web::test]
async fn given_what_the_caller_says_then_beds_follow_from_cases_and_the_committed_forecast() {
    let read = async |what: &str| ask(after(&committed(18).0), &path(what)).await.1;
    let beds = read("region=320100&resource=isolation&beds=0").await;
    let row = &beds["regions"][0];
    let filled = row["filled"].as_array().unwrap();
    assert_eq!((&row["reference_date"], &filled[0]["date"]), (&"2021-07-27".into(), &"2021-07-28".into()));
    let of = |day: usize, course: &str| filled[day][course].as_u64().unwrap();
    assert!((0..14).all(|day| of(day, "low") <= of(day, "middle") && of(day, "middle") <= of(day, "high")));
    // Whoever was counted in the last week is still there on the next day, nearly all of them.
    assert!(of(0, "low") >= 140, "{beds}");
    let icu = read("region=320100&resource=adult-icu&beds=100000").await;
    assert!(
        icu["regions"][0]["filled"][0]["high"].as_u64().unwrap() <= of(0, "high").div_ceil(10),
        "one in twenty, for a shorter stay"
    );
    assert_eq!(icu["regions"][0]["short_as_expected"], Value::Null);
    assert_eq!(json!([row["short_as_expected"], row["beds"], beds["beds_from"]]), json!(["2021-07-28", 0, "caller"]));
    assert!(beds["stay_source"].as_str().unwrap().contains("Rees"));
    for what in ["region=320100&resource=bench", "region=nowhere!&resource=isolation", "region=320100"] {
        assert_eq!(read(what).await["code"], "BAD_QUERY", "{what}");
    }
    assert_eq!(read("resource=isolation&as_of=yesterday").await["code"], "BAD_QUERY");
    let none = read("region=321000&resource=isolation&beds=0").await["regions"][0].clone();
    assert_eq!(json!([none["forecast"], none["filled"]]), json!([null, []]), "nothing is foreseen there");
    assert_eq!(json!([none["reference_date"], none["short_as_expected"]]), json!([null, null]));
}

/// Seen to fail: with stale counts among the sum the beds lasted.
#[actix_web::test]
async fn given_no_beds_then_fresh_claims_of_that_kind_in_the_region_are_the_beds() {
    let there = wards(vec![
        ward("aa", "320100", Resource::Isolation, 60, false),
        ward("bb", "320100", Resource::Isolation, 40, false),
        ward("cc", "320100", Resource::Isolation, 100_000, true),
        ward("dd", "320100", Resource::AdultIcu, 100_000, false),
        ward("ee", "321000", Resource::Isolation, 100_000, false),
    ]);
    let (_, answer) = beside(there, after(&committed(18).0), &path("region=320100&resource=isolation")).await;
    let row = &answer["regions"][0];
    assert_eq!(json!([row["beds"], row["stale_facilities"], row["stale_staffed"]]), json!([100, 1, 100_000]));
    assert_eq!(json!([answer["beds_from"], answer["beds_height"]]), json!(["log", 54]));
    let standing = row["standing"].as_array().unwrap();
    assert_eq!(json!([standing[0]["facility"], standing[1]["staffed"]]), json!(["aa", 40]));
    assert_eq!(standing[0]["event_id"], id(u64::from(b'a')).to_string());
    assert_eq!(row["short_as_expected"], "2021-07-28", "{row}");
}

#[actix_web::test]
async fn given_no_region_then_every_region_with_a_forecast_has_a_row() {
    let there = wards(vec![
        ward("aa", "320100", Resource::Isolation, 100_000, false),
        ward("ee", "321000", Resource::Isolation, 1, false),
    ]);
    let (_, answer) = beside(there, after(&committed(18).0), &path("resource=isolation")).await;
    let regions = answer["regions"].as_array().unwrap();
    assert_eq!(regions.len(), 1, "nothing is forecast elsewhere");
    assert_eq!(json!([regions[0]["region"], regions[0]["beds"]]), json!(["320100", 100_000]));
    assert_eq!(regions[0]["short_at_the_earliest"], Value::Null);
}

#[actix_web::test]
async fn given_no_fresh_count_or_no_answer_then_no_day_is_named_short_and_why_is_told() {
    let days = || after(&committed(18).0);
    let stale = wards(vec![ward("aa", "320100", Resource::Isolation, 10, true)]);
    let (_, answer) = beside(stale, days(), &path("region=320100&resource=isolation")).await;
    let row = &answer["regions"][0];
    assert_eq!(json!([row["beds"], row["stale_facilities"], row["short_as_expected"]]), json!([null, 1, null]));
    assert_eq!(row["filled"].as_array().unwrap().len(), 14);
    let (status, answer) = ask(days(), &path("region=320100&resource=isolation")).await;
    assert_eq!((status, &answer["beds_from"]), (StatusCode::OK, &json!("nobody")));
    assert_eq!(json!([answer["regions"][0]["beds"], answer["beds_height"]]), json!([null, null]));
    let refused = Refused { code: Code::Limit, field: "wards".into(), detail: "ask by region".into() };
    let (status, answer) = beside(Err(AreaError::Refused(refused)), days(), &path("resource=isolation")).await;
    assert_eq!((status, &answer["code"]), (StatusCode::PAYLOAD_TOO_LARGE, &json!("LIMIT")));
}
