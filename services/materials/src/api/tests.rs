use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::{App, HttpRequest, test};
use domain::chain::ChainPath;
use domain::event::EventId;
use host::area::AreaError;
use host::clock::Clock;
use host::front::Front;
use host::standing::Standing;
use serde_json::{Value, json};
use wire::area::{Area, WardPlace, Wards, WardsAnswer};

use super::*;
use crate::model::tests::{Followed, Story, genesis, story};
use crate::neighbours::{Around, silent};
use crate::{Rates, Source};

async fn text(path: &str) -> (StatusCode, String) {
    text_of(desks(Around::nobody()), path).await
}

async fn text_of(desks: Data, path: &str) -> (StatusCode, String) {
    let app = test::init_service(App::new().app_data(desks).configure(routes)).await;
    let path = format!("/v1/chains/cn.32.01/{path}");
    let answer = test::call_service(&app, test::TestRequest::get().uri(&path).to_request()).await;
    let status = answer.status();
    (status, String::from_utf8(test::read_body(answer).await.to_vec()).unwrap())
}

async fn get(path: &str) -> Value {
    let (_, text) = text(path).await;
    serde_json::from_str(&text).unwrap()
}

#[actix_web::test]
async fn stock_on_hand_is_listed_with_the_key_and_version_to_expect_and_its_proof() {
    let page = get("stock?facility=gulou&item=mask").await;
    let lot = &page["stock"][0];
    assert_eq!((&lot["on_hand"], &lot["taken_over"], &lot["issued"]), (&50.into(), &550.into(), &500.into()));
    assert_eq!((&lot["key"], &lot["version"]), (&"stock/gulou/mask/a".into(), &2.into()));
    assert_eq!((&lot["expiry"], &page["next"]), (&"2024-06-30".into(), &Value::Null));
    let event = lot["event_id"].as_str().unwrap();
    assert_eq!(lot["proof"], format!("/v1/chains/cn.32.01/events/{event}/proof"));
    let then = get("stock?facility=charity&item=mask&as_of=2021-07-21").await;
    assert_eq!((&then["stock"][0]["on_hand"], &then["stock"][0]["version"]), (&300.into(), &Value::Null));
}

/// A gift's id is on every list, and its proof costs thousands of reads of the ledger.
#[actix_web::test]
async fn so_many_proofs_are_made_at_once_whoever_asks() {
    let desks = desks(Around::nobody());
    let gift = story().masks;
    let paths = [format!("donations/{gift}/proof"), "donations/proof?code=code-1".to_owned()];
    let busy = desks.of("cn.32.01").unwrap().proofs.clone();
    let turns = std::iter::from_fn(|| busy.take().ok()).collect::<Vec<_>>();
    for path in &paths {
        let (status, answer) = text_of(desks.clone(), path).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{answer}");
        assert!(answer.contains("\"OVERLOADED\"") && answer.contains("\"proof\""), "{answer}");
    }
    assert!(!turns.is_empty());
    drop(turns);
    for path in &paths {
        assert_eq!(text_of(desks.clone(), path).await.0, StatusCode::NOT_FOUND, "{path}: this test has no ledger");
    }
}

#[actix_web::test]
async fn every_list_goes_on_by_cursor() {
    for (list, field) in [
        ("stock", "stock"),
        ("stock/moves", "moves"),
        ("hand-overs", "hand_overs"),
        ("discrepancies", "discrepancies"),
        ("requests", "requests"),
        ("commits", "commits"),
        ("donations", "donations"),
    ] {
        let whole = get(&format!("{list}?limit=500")).await[field].as_array().unwrap().clone();
        assert!(!whole.is_empty(), "{list}");
        let (mut seen, mut path) = (Vec::new(), format!("{list}?limit=1"));
        loop {
            let page = get(&path).await;
            seen.extend(page[field].as_array().unwrap().clone());
            let Some(next) = page["next"].as_str() else { break };
            path = format!("{list}?limit=1&cursor={next}");
        }
        assert_eq!(seen, whole, "{list}");
    }
}

#[actix_web::test]
async fn a_donor_reads_his_gift_and_its_way_by_his_code() {
    let Story { masks, way, .. } = story();
    let gift = get("donations?code=code-1").await["donations"][0].clone();
    assert_eq!(
        (&gift["event_id"], &gift["used"], &gift["held"]),
        (&masks.to_string().into(), &500.into(), &370.into())
    );
    let steps = gift["steps"].as_str().unwrap().strip_prefix("/v1/chains/cn.32.01/").unwrap().to_owned();
    let moves = get(&steps).await["moves"].as_array().unwrap().clone();
    let ids = moves.iter().map(|one| one["event_id"].as_str().unwrap()).collect::<Vec<_>>();
    assert_eq!(ids, way.iter().map(ToString::to_string).collect::<Vec<_>>());
    assert!(moves.iter().all(|one| one["proof"].as_str().unwrap().ends_with("/proof")));
    assert_eq!(get("donations?code=code-1&as_of=2021-07-21").await["donations"][0]["in_transit"], 600);
    assert_eq!(text("donations?code=nobodys").await.0, StatusCode::NOT_FOUND);
}

#[actix_web::test]
async fn a_hand_over_is_shown_with_both_words_and_how_it_ended() {
    let id = story().hand_over;
    let one = get(&format!("hand-overs?id={id}")).await["hand_overs"][0].clone();
    assert_eq!((&one["state"], &one["given"]["quantity"]), (&"settled".into(), &600.into()));
    let found = &one["discrepancy"];
    assert_eq!((&found["taken"]["quantity"], &found["disputed"]), (&550.into(), &50.into()));
    assert_eq!((&found["giver"], &found["taker"]), (&"charity".into(), &"gulou".into()));
    assert_eq!(get("discrepancies?facility=gulou").await["discrepancies"], serde_json::json!([]), "none is open");
    let request = get("requests").await["requests"][0].clone();
    assert_eq!(
        (&request["state"], &request["received"], &request["short"]),
        (&"accepted".into(), &550.into(), &50.into())
    );
}

#[actix_web::test]
async fn sums_close_and_stock_is_exported_as_it_is_imported() {
    let sums = get("stock/sums").await["items"].as_array().unwrap().clone();
    assert!(sums.len() == 3 && sums.iter().all(|item| item["closes"] == true), "{sums:?}");
    for item in &sums {
        let moves = get(item["moves"].as_str().unwrap().strip_prefix("/v1/chains/cn.32.01/").unwrap()).await;
        assert!(moves["moves"].as_array().unwrap().iter().all(|step| step["proof"].is_string()), "{moves}");
        assert_ne!(moves["moves"], serde_json::json!([]), "{item}");
    }
    let (status, sheet) = text("stock/csv?facility=gulou").await;
    assert_eq!(status, StatusCode::OK);
    let mut lines = sheet.lines();
    assert!(lines.next().unwrap().starts_with("facility,item,lot,expiry,donation,on_hand,"));
    assert!(lines.next().unwrap().starts_with("gulou,gown,b,,,37,"));
    let (status, events) = text("stock/epcis?item=mask").await;
    assert_eq!(status, StatusCode::OK);
    let document: Value = serde_json::from_str(&events).unwrap();
    assert_eq!(document["epcisBody"]["eventList"].as_array().unwrap().len(), 5);
}

#[actix_web::test]
async fn what_can_not_be_asked_is_refused() {
    for (path, code) in [
        ("stock?limit=501", "BAD_QUERY"),
        ("stock?shelf=3", "BAD_QUERY"),
        ("stock?lot=a", "BAD_QUERY"),
        ("stock?item=Mask%2F", "BAD_QUERY"),
        ("stock?as_of=2021-02-30", "BAD_QUERY"),
        ("stock?cursor=move-1", "BAD_CURSOR"),
        ("stock?cursor=stock-a%2Fb", "BAD_CURSOR"),
        ("stock/moves?cursor=stock-depot/gown/a", "BAD_CURSOR"),
        ("stock/moves?cursor=move-01", "BAD_CURSOR"),
        ("stock/moves?donation=7", "BAD_QUERY"),
        ("stock/moves?as_of=2021-07-20", "BAD_QUERY"),
        (
            "stock/moves?item=mask&donation=0000000000000000000000000000000000000000000000000000000000000000",
            "BAD_QUERY",
        ),
        ("hand-overs?facility=gulou", "BAD_QUERY"),
        ("hand-overs?id=0000000000000000000000000000000000000000000000000000000000000000", "NOT_FOUND"),
        ("requests?cursor=commit-7", "BAD_CURSOR"),
        ("donations?as_of=2021-07-20", "BAD_QUERY"),
        ("donations/proof", "BAD_QUERY"),
        ("donations/proof?code=nobodys", "NOT_FOUND"),
        ("donations/7/proof", "NOT_FOUND"),
        ("donations/0000000000000000000000000000000000000000000000000000000000000000/proof", "NOT_FOUND"),
        ("stock/csv?limit=3", "BAD_QUERY"),
    ] {
        assert_eq!(get(path).await["code"], code, "{path}");
    }
}

fn desks(around: Around) -> Data {
    let front = Front::new(Standing::of(genesis()), Clock::wall());
    let desk = Desk {
        front,
        stock: Source::Fixed(Arc::new(Followed::of(&story().log, 100))),
        rates: Rates::of_deployment(&[]).unwrap(),
        around,
        proofs: crate::gift::turns(),
    };
    web::Data::new(Desks::new().with(ChainPath::parse("cn.32.01").unwrap(), desk))
}

fn posted() -> (HttpRequest, host::rest::Caller, web::Path<String>) {
    let asked = test::TestRequest::post().insert_header(("content-type", "application/json")).to_http_request();
    (asked, host::rest::Caller("health".into()), web::Path::from("cn.32.01".to_owned()))
}

async fn allocated(body: Value) -> Result<Value, &'static str> {
    allocated_beside(Around::nobody(), body).await
}

async fn allocated_beside(around: Around, body: Value) -> Result<Value, &'static str> {
    let (asked, caller, chain) = posted();
    let plan =
        plan::allocation::propose_allocation(asked, desks(around), caller, chain, web::Bytes::from(body.to_string()))
            .await;
    plan.map(|plan| serde_json::to_value(plan.into_inner()).unwrap()).map_err(|problem| problem.code())
}

async fn supplied(body: Value) -> Result<Value, &'static str> {
    let (asked, caller, chain) = posted();
    let found =
        plan::supply::supply(asked, desks(Around::nobody()), caller, chain, web::Bytes::from(body.to_string())).await;
    found.map(|found| serde_json::to_value(found.into_inner()).unwrap()).map_err(|problem| problem.code())
}

/// Medical resources that know where gulou is, and no charity.
fn profiles(_: &Wards) -> Result<WardsAnswer, AreaError> {
    let (latitude_e6, longitude_e6) = (32_060_000, 118_780_000);
    let gulou = WardPlace { facility: "gulou".to_owned(), latitude_e6, longitude_e6, event: EventId::default() };
    Ok(WardsAnswer { height: 54, places: vec![gulou], ..WardsAnswer::default() })
}

/// Seen to fail: with the caller's places below those of profiles the way was still that from the profile's.
#[actix_web::test]
async fn facilities_are_where_their_profiles_say_and_the_caller_adds_or_overrides() {
    let asked = async |places: Value| {
        let around = Around::Fixed(profiles, |_| Err(silent(Area::Forecasting)));
        allocated_beside(around, json!({ "item": "mask", "places": places })).await.unwrap()
    };
    let minutes = |plan: &Value| plan["shares"][0]["minutes"].as_u64().unwrap();
    let lacking = asked(json!({})).await;
    assert_eq!(json!([lacking["places_height"], lacking["without_place"]]), json!([54, ["charity"]]));
    assert_eq!(minutes(&lacking), 0, "ways do not count");
    // Some 30 km to the south.
    let south = json!({ "latitude_e6": 31_790_000, "longitude_e6": 118_780_000 });
    let added = asked(json!({ "charity": south })).await;
    assert_eq!((&added["without_place"], minutes(&added)), (&json!([]), 40), "{added}");
    let moved = asked(json!({ "charity": south, "gulou": south })).await;
    assert_eq!(minutes(&moved), 0, "{moved}");
    let body = json!({ "item": "mask", "places": { "charity": south, "gulou": south } });
    let alone = allocated(body).await.unwrap();
    assert_eq!(json!([alone["places_height"], alone["without_place"]]), json!([null, []]), "the caller says all");
}

/// 600 masks were asked for at gulou, 550 are promised and there; the charity has 320 more.
#[actix_web::test]
async fn what_is_still_short_is_proposed_from_what_nobody_was_promised() {
    let plan = allocated(json!({ "item": "mask" })).await.unwrap();
    let request = story().request.to_string();
    let [share] = plan["shares"].as_array().unwrap().as_slice() else { panic!("{plan}") };
    assert_eq!(
        (&share["request"], &share["from"], &share["quantity"]),
        (&json!(request), &json!("charity"), &json!(50))
    );
    assert_eq!((&share["expiry"], &plan["unmet"]), (&json!("2024-06-30"), &json!([])));
    assert!(plan["without_place"].as_array().unwrap().contains(&json!("gulou")), "{plan}");
    assert_eq!(allocated(json!({ "item": "gown" })).await.unwrap()["shares"], json!([]), "nobody asks for gowns");
    for (body, code) in [
        (json!({ "item": "Mask!" }), "UNKNOWN_CODE"),
        (json!({ "item": "mask", "needs": { request: 11 } }), "OUT_OF_RANGE"),
        (json!({ "thing": "mask" }), "MALFORMED"),
    ] {
        assert_eq!(allocated(body.clone()).await, Err(code), "{body}");
    }
}

#[actix_web::test]
async fn stock_lasts_as_long_as_its_patients_let_it_and_the_shortest_comes_first() {
    let rate = |item: &str| json!({ "item": item, "per": "patient-day", "milli": 10_000, "source": "this test" });
    let asked = |as_of: Value| {
        json!({ "days": [{ "patients": 4 }, { "patients": 6 }], "rates": [rate("mask"), rate("glove")],
            "lead_days": 2, "margin_days": 1, "as_of": as_of })
    };
    let found = supplied(asked(Value::Null)).await.unwrap();
    let of = |item: &str| found["items"].as_array().unwrap().iter().find(|one| one["item"] == item).unwrap().clone();
    // 370 masks: 40, then 60 a day.
    let lasts = |item: &str| of(item)["courses"][0]["days_of_supply"].clone();
    assert_eq!((&of("mask")["free"], lasts("mask")), (&json!(370), json!(2 + 270 / 60)));
    assert_eq!(of("mask")["courses"].as_array().unwrap().len(), 1, "the caller's own days");
    assert_eq!((&of("mask")["reorder_at"], &of("mask")["order_now"]), (&json!(40 + 60 + 60), &json!(false)));
    assert_eq!((lasts("glove"), &of("glove")["order_now"]), (json!(0), &json!(true)));
    assert_eq!(of("glove")["rates"].as_array().unwrap().len(), 1, "who states a rate of an item states all of them");
    assert_eq!(of("gown")["rates"][0]["milli"], 25_000, "shipped, with its source");
    assert!(found["short"].as_array().unwrap().contains(&json!("glove")));
    let then = supplied(asked(json!("2021-07-21"))).await.unwrap();
    let masks = then["items"].as_array().unwrap().iter().find(|one| one["item"] == "mask").unwrap().clone();
    assert_eq!(masks["free"], 300, "600 were on their way");
    for (field, value, code) in [
        ("rates", json!([{ "item": "mask", "per": "week", "milli": 1, "source": "x" }]), "UNKNOWN_CODE"),
        ("rates", json!([{ "item": "mask", "per": "staff-shift", "milli": 1, "source": "" }]), "MALFORMED"),
        ("lead_days", json!(366), "LIMIT"),
        ("days", json!(vec![json!({ "patients": 1 }); 93]), "LIMIT"),
        ("days", json!("many"), "MALFORMED"),
    ] {
        let mut body = asked(Value::Null);
        body[field] = value;
        assert_eq!(supplied(body).await, Err(code), "{field}");
    }
}
