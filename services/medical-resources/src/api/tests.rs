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
use crate::model::tests::{after, block, claim, genesis};

async fn get(path: &str) -> (StatusCode, Value) {
    let entries = [
        claim(0, "gulou", "adult-icu", 20, 5),
        claim(1, "gulou", "isolation", 9, 9),
        claim(2, "zhongda", "adult-icu", 4, 0),
        block(3),
    ];
    let front = Front::new(Standing::of(genesis()), Clock::wall());
    let desk = Desk { front, beds: Source::Fixed(Arc::new(after(&entries).0)) };
    let desks = web::Data::new(Desks::new().with(ChainPath::parse("cn.32.01").unwrap(), desk));
    let app = test::init_service(App::new().app_data(desks).configure(routes)).await;
    let answer = test::call_service(&app, test::TestRequest::get().uri(path).to_request()).await;
    let status = answer.status();
    (status, serde_json::from_slice(&test::read_body(answer).await).unwrap())
}

#[actix_web::test]
async fn beds_are_listed_with_what_is_available_and_the_event_that_says_so() {
    let (status, page) = get("/v1/chains/cn.32.01/beds?facility=gulou&resource=adult-icu").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(page["height"], 3);
    assert_eq!(page["next"], Value::Null);
    let beds = &page["beds"][0];
    assert_eq!((&beds["staffed"], &beds["occupied"], &beds["available"]), (&20.into(), &5.into(), &15.into()));
    assert_eq!((&beds["key"], &beds["version"]), (&"beds/gulou/adult-icu".into(), &1.into()));
    assert_eq!(beds["as_of"], "1970-01-01T00:00:01Z");
    assert_eq!(beds["event_id"].as_str().unwrap().len(), 64);
}

#[actix_web::test]
async fn pages_follow_each_other_by_cursor() {
    let (_, first) = get("/v1/chains/cn.32.01/beds?limit=2").await;
    let next = first["next"].as_str().unwrap();
    let (_, second) = get(&format!("/v1/chains/cn.32.01/beds?limit=2&cursor={next}")).await;
    assert_eq!((first["beds"].as_array().unwrap().len(), second["beds"].as_array().unwrap().len()), (2, 1));
    assert_eq!(second["beds"][0]["facility"], "zhongda");
    assert_eq!(second["next"], Value::Null);
}

#[actix_web::test]
async fn what_can_not_be_asked_is_refused() {
    for (path, code) in [
        ("/v1/chains/cn.32.01/beds?limit=501", "BAD_QUERY"),
        ("/v1/chains/cn.32.01/beds?limit=0", "BAD_QUERY"),
        ("/v1/chains/cn.32.01/beds?ward=3", "BAD_QUERY"),
        ("/v1/chains/cn.32.01/beds?cursor=gulou", "BAD_CURSOR"),
        ("/v1/chains/cn.32.01/beds?cursor=beds-gulou/", "BAD_CURSOR"),
        ("/v1/chains/cn.99/beds", "NOT_FOUND"),
    ] {
        assert_eq!(get(path).await.1["code"], code, "{path}");
    }
}
