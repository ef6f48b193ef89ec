use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::{App, test, web};
use domain::chain::ChainPath;
use domain::time::Millis;
use host::clock::Clock;
use host::front::Front;
use host::rest::Desks;
use host::standing::Standing;
use serde_json::{Value, json};

use super::*;
use crate::model::tests::{Log, eventful};
use crate::{Desk, Source};

async fn ask(log: &Log, now: Millis, path: &str) -> (StatusCode, Value) {
    let (status, body) = body(log, now, path).await;
    (status, serde_json::from_slice(&body).unwrap())
}

async fn body(log: &Log, now: Millis, path: &str) -> (StatusCode, Vec<u8>) {
    let front = Front::new(Standing::of(log.genesis.clone()), Clock::wall());
    let desk = Desk { front, clock: Clock::stepped(now), resources: Source::Fixed(Arc::new(log.model())) };
    let desks = web::Data::new(Desks::new().with(ChainPath::parse("cn.32.01").unwrap(), desk));
    let app = test::init_service(App::new().app_data(desks).configure(routes)).await;
    let answer = test::call_service(&app, test::TestRequest::get().uri(path).to_request()).await;
    let status = answer.status();
    (status, test::read_body(answer).await.to_vec())
}

async fn get(path: &str) -> Value {
    let log = eventful();
    let (status, page) = ask(&log, log.now, &format!("/v1/chains/cn.32.01/{path}")).await;
    assert_eq!(status, StatusCode::OK, "{path}: {page}");
    page
}

#[actix_web::test]
async fn beds_are_listed_with_what_is_free_and_the_event_that_says_so() {
    let page = get("beds?facility=zhongda&resource=adult-icu").await;
    let beds = &page["beds"][0];
    // 4 lay there; 2 came and 1 left; 2 were handed over.
    assert_eq!(json!([beds["staffed"], beds["occupied"], beds["reserved"], beds["available"]]), json!([10, 7, 0, 3]));
    assert_eq!(
        (&beds["key"], &beds["version"], &beds["stale"]),
        (&json!("beds/zhongda/adult-icu"), &json!(7), &json!(false))
    );
    assert_eq!(beds["event_id"].as_str().unwrap().len(), 64);
    assert_eq!(page["next"], Value::Null);
}

#[actix_web::test]
async fn stale_counts_stand_beside_the_sums_and_not_in_them() {
    let fresh = get("medical-resources/capacity").await;
    let named = |page: &Value, name: &str| {
        let totals = page["totals"].as_array().unwrap().clone();
        totals.into_iter().find(|total| total["resource"] == name).unwrap()
    };
    let icu = named(&fresh, "adult-icu");
    assert_eq!(json!([icu["facilities"], icu["staffed"], icu["occupied"], icu["available"]]), json!([2, 30, 20, 10]));
    assert_eq!(icu["event_ids"].as_array().unwrap().len(), 2);
    let log = eventful();
    let (_, later) = ask(&log, log.now.plus_ms(12 * 3_600_000), "/v1/chains/cn.32.01/medical-resources/capacity").await;
    let nurses = named(&later, "nurse");
    assert_eq!(json!([nurses["staffed"], nurses["stale_facilities"], nurses["stale_staffed"]]), json!([0, 1, 60]));
    assert_eq!(named(&later, "adult-icu")["staffed"], 30, "beds are counted once a day");
}

#[actix_web::test]
async fn capacity_of_an_instant_is_what_was_known_then() {
    let log = eventful();
    let early = domain::time::Millis(log.entries[0].0.chain_time.0 + 150_000);
    let page = get(&format!("medical-resources/capacity?as_of={early}")).await;
    assert_eq!(page["as_of"], early.to_string());
    let totals = page["totals"].as_array().unwrap();
    assert_eq!(totals.len(), 2, "{totals:?}");
    assert_eq!(json!([totals[0]["resource"], totals[0]["staffed"]]), json!(["adult-icu", 20]));
    let designated = get("medical-resources/capacity?disease=U07.1&resource=adult-icu").await;
    assert_eq!(designated["totals"][0]["staffed"], 20, "gulou alone is designated");
}

#[actix_web::test]
async fn a_facility_is_shown_with_all_that_is_known_of_it() {
    let page = get("medical-resources/facilities?kind=tertiary-hospital&capability=dialysis&disease=U07.1").await;
    let facilities = page["facilities"].as_array().unwrap();
    assert_eq!(facilities.len(), 1);
    let gulou = &facilities[0];
    assert_eq!(gulou["profile"]["place"], json!({ "latitude_e6": 32_058_000, "longitude_e6": 118_780_000 }));
    assert_eq!(gulou["beds"].as_array().unwrap().len(), 2);
    assert_eq!(json!([gulou["reliability"]["checks"], gulou["reliability"]["agreed"]]), json!([1, 1]));
    assert_eq!(gulou["designations"][0]["designated"], true);
    let first = get("medical-resources/facilities?limit=1").await;
    let next = first["next"].as_str().unwrap();
    let second = get(&format!("medical-resources/facilities?limit=1&cursor={next}")).await;
    assert_eq!((&second["facilities"][0]["facility"], &second["next"]), (&json!("zhongda"), &Value::Null));
    assert_eq!(get("medical-resources/facilities?region=999999").await["facilities"], json!([]));
    assert_eq!(get("medical-resources/designations?disease=U07.1").await["designations"][0]["facility"], "gulou");
}

#[actix_web::test]
async fn holds_and_transfers_are_found_by_state_with_every_event() {
    let lapsed = get("medical-resources/holds?state=lapsed").await;
    assert_eq!(lapsed["holds"].as_array().unwrap().len(), 1);
    let used = get("medical-resources/holds?state=used&facility=zhongda").await;
    assert_eq!(used["holds"].as_array().unwrap().len(), 2, "a hold, and the transfer's");
    let arrived = get("medical-resources/transfers?facility=gulou&state=arrived").await;
    let steps = arrived["transfers"][0]["steps"].as_array().unwrap();
    let states = steps.iter().map(|step| step["state"].as_str().unwrap()).collect::<Vec<_>>();
    assert_eq!(states, ["requested", "accepted", "departed", "arrived"]);
    assert_eq!(get("medical-resources/transfers?state=declined").await["transfers"], json!([]));
}

#[actix_web::test]
async fn the_history_of_a_figure_names_events_and_where_their_proof_is() {
    let page = get("medical-resources/history?key=beds/zhongda/adult-icu&limit=6").await;
    let changes = page["changes"].as_array().unwrap();
    assert_eq!(changes.len(), 6);
    assert_eq!(changes[5]["due"], true, "a hold lapsed");
    let (event, proof) = (changes[0]["event_id"].as_str().unwrap(), changes[0]["proof"].as_str().unwrap());
    assert_eq!(proof, format!("/v1/chains/cn.32.01/events/{event}/proof"));
    assert_eq!(changes[2]["record"]["reserved"], 3);
    let next = page["next"].as_str().unwrap();
    let rest = get(&format!("medical-resources/history?key=beds/zhongda/adult-icu&limit=6&cursor={next}")).await;
    assert_eq!((rest["changes"].as_array().unwrap().len(), &rest["next"]), (1, &Value::Null));
    for area in ["profile/gulou", "reliability/gulou", "designation/gulou/U07.1"] {
        let page = get(&format!("medical-resources/history?key={area}")).await;
        assert_eq!(page["changes"].as_array().unwrap().len(), 1, "{area}");
    }
}

#[actix_web::test]
async fn what_can_not_be_asked_is_refused() {
    let log = eventful();
    for (path, code) in [
        ("cn.32.01/beds?limit=501", "BAD_QUERY"),
        ("cn.32.01/beds?ward=3", "BAD_QUERY"),
        ("cn.32.01/beds?resource=icu", "BAD_QUERY"),
        ("cn.32.01/beds?as_of=yesterday", "BAD_QUERY"),
        ("cn.32.01/beds?cursor=gulou", "BAD_CURSOR"),
        ("cn.32.01/beds?cursor=beds/gulou/", "BAD_CURSOR"),
        ("cn.32.01/medical-resources/holds?cursor=hold/1", "BAD_CURSOR"),
        ("cn.32.01/medical-resources/holds?state=open", "BAD_QUERY"),
        ("cn.32.01/medical-resources/facilities?cursor=facility-G", "BAD_CURSOR"),
        ("cn.32.01/medical-resources/facilities?kind=clinic", "BAD_QUERY"),
        ("cn.32.01/medical-resources/history", "BAD_QUERY"),
        ("cn.32.01/medical-resources/history?key=member/gulou", "BAD_QUERY"),
        ("cn.32.01/medical-resources/history?key=hold/x&cursor=change-01", "BAD_CURSOR"),
        ("cn.99/medical-resources/capacity", "NOT_FOUND"),
    ] {
        let (_, answer) = ask(&log, log.now, &format!("/v1/chains/{path}")).await;
        assert_eq!(answer["code"], code, "{path}");
    }
}

#[actix_web::test]
async fn capacity_goes_out_in_both_formats_without_what_is_stale() {
    let reports = get("medical-resources/measure-reports?facility=gulou").await;
    assert_eq!((&reports["total"], &reports["entry"][0]["resource"]["status"]), (&json!(1), &json!("complete")));
    assert_eq!(reports["entry"][0]["resource"]["subject"]["display"], "Gulou Hospital");
    let log = eventful();
    let tomorrow = log.now.plus_ms(24 * 3_600_000);
    let (_, stale) = ask(&log, tomorrow, "/v1/chains/cn.32.01/medical-resources/measure-reports").await;
    assert_eq!((&stale["total"], &stale["entry"][0]["resource"]["status"]), (&json!(2), &json!("pending")));
    assert_eq!(get("medical-resources/measure-reports?region=999999").await["total"], 0);
    let document =
        String::from_utf8(body(&log, log.now, "/v1/chains/cn.32.01/medical-resources/have").await.1).unwrap();
    let claims = crate::exchange::have::read(document.as_bytes()).unwrap();
    let told = claims.iter().map(|claim| (claim.facility.as_str(), claim.staffed, claim.occupied)).collect::<Vec<_>>();
    assert_eq!(told, [("gulou", 20, 13), ("zhongda", 10, 7)]);
}

/// A member of the chain asks; the answer's status and body.
async fn propose(log: &Log, body: &Value) -> (StatusCode, Value) {
    let front = Front::new(Standing::of(log.genesis.clone()), Clock::wall());
    let desk = Desk { front, clock: Clock::stepped(log.now), resources: Source::Fixed(Arc::new(log.model())) };
    let desks = web::Data::new(Desks::new().with(ChainPath::parse("cn.32.01").unwrap(), desk));
    let caller = host::rest::Caller("health".into());
    let asked = test::TestRequest::post().insert_header(("content-type", "application/json")).to_http_request();
    let path = web::Path::from("cn.32.01".to_owned());
    let body = web::Bytes::from(body.to_string());
    match assignment::propose_assignment(asked, desks, caller, path, body).await {
        Ok(plan) => (StatusCode::OK, serde_json::to_value(plan.into_inner()).unwrap()),
        Err(problem) => (actix_web::ResponseError::status_code(&problem), json!({ "code": problem.code() })),
    }
}

#[actix_web::test]
async fn waiting_patients_are_proposed_beds_that_are_free_and_near_the_severe_first() {
    let log = eventful();
    let patient = |name: &str, severity: u8| json!({ "ref": name, "severity": severity, "resource": "adult-icu", "region": "320100" });
    // 7 are free at gulou; zhongda has free beds too, but does not say where it is.
    let patients = (0..9_u8).map(|at| patient(&format!("p-{at}"), 1 + at % 5)).collect::<Vec<_>>();
    let (status, plan) = propose(&log, &json!({ "patients": patients, "max_minutes": 30 })).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!((plan["placed"].as_array().unwrap().len(), &plan["without_place"]), (7, &json!(["zhongda"])));
    assert!(plan["placed"].as_array().unwrap().iter().all(|one| one["facility"] == "gulou" && one["minutes"] == 0));
    let waits = plan["waiting"].as_array().unwrap();
    let told = waits.iter().map(|one| (one["ref"].as_str().unwrap(), one["why"].as_str().unwrap())).collect::<Vec<_>>();
    assert_eq!(told, [("p-0", "outweighed"), ("p-5", "outweighed")], "the mildest wait");
    let far = json!({ "latitude_e6": 39_904_000, "longitude_e6": 116_407_000 });
    let beijing = json!({ "ref": "p-9", "severity": 5, "resource": "adult-icu", "place": far });
    let (_, plan) = propose(&log, &json!({ "patients": [beijing], "max_minutes": 60, "disease": "U07.1" })).await;
    assert_eq!((&plan["waiting"][0]["why"], &plan["waiting"][0]["nearest"]), (&json!("too_far"), &json!("gulou")));
    let (_, plan) = propose(&log, &json!({ "patients": [patient("p", 1)], "max_minutes": 60, "disease": "A20" })).await;
    assert_eq!(plan["waiting"][0]["why"], "none_free", "nobody is designated for the plague");
    let here = json!({ "latitude_e6": 32_070_000, "longitude_e6": 118_790_000 });
    let (_, plan) =
        propose(&log, &json!({ "patients": patients, "max_minutes": 30, "places": { "zhongda": here } })).await;
    let placed = plan["placed"].as_array().unwrap().iter();
    let there = placed.filter(|one| one["facility"] == "zhongda").count();
    assert_eq!(
        (there, &plan["waiting"], &plan["without_place"]),
        (2, &json!([]), &json!([])),
        "the caller knows where"
    );
    let (_, plan) =
        propose(&log, &json!({ "patients": [patient("p", 1)], "max_minutes": 60, "places": { "gulou": far } })).await;
    assert_eq!(plan["placed"][0]["minutes"], 0, "the middle of the region goes with its one facility");
    for (body, code) in [
        (json!({ "patients": [], "max_minutes": 1, "places": { "zhongda": { "latitude_e6": 1 } } }), "MALFORMED"),
        (json!({ "patients": [patient("Zhang San", 1)], "max_minutes": 60 }), "UNKNOWN_CODE"),
        (json!({ "patients": [patient("p", 6)], "max_minutes": 60 }), "OUT_OF_RANGE"),
        (json!({ "patients": [patient("p", 1)], "max_minutes": 6000 }), "OUT_OF_RANGE"),
        (
            json!({ "patients": [{ "ref": "p", "severity": 1, "resource": "nurse", "region": "320100" }], "max_minutes": 1 }),
            "UNKNOWN_CODE",
        ),
        (
            json!({ "patients": [{ "ref": "p", "severity": 1, "resource": "isolation", "region": "1" }], "max_minutes": 1 }),
            "UNKNOWN_CODE",
        ),
        (
            json!({ "patients": [{ "ref": "p", "severity": 1, "resource": "isolation" }], "max_minutes": 1 }),
            "MALFORMED",
        ),
        (json!({ "patients": [], "max_minutes": 1, "surprise": 1 }), "MALFORMED"),
        (json!({ "patients": vec![patient("p", 1); 5001], "max_minutes": 1 }), "LIMIT"),
    ] {
        assert_eq!(propose(&log, &body).await.1["code"], code, "{body}");
    }
}
