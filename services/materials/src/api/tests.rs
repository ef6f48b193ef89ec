use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::{App, test};
use domain::chain::ChainPath;
use host::clock::Clock;
use host::front::Front;
use host::standing::Standing;
use serde_json::Value;

use super::*;
use crate::Source;
use crate::model::tests::{Followed, Story, genesis, story};

async fn text(path: &str) -> (StatusCode, String) {
    let front = Front::new(Standing::of(genesis()), Clock::wall());
    let desk = Desk { front, stock: Source::Fixed(Arc::new(Followed::of(&story().log, 100))) };
    let desks = web::Data::new(Desks::new().with(ChainPath::parse("cn.32.01").unwrap(), desk));
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
        ("stock/csv?limit=3", "BAD_QUERY"),
    ] {
        assert_eq!(get(path).await["code"], code, "{path}");
    }
}
