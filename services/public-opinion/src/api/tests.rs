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
use crate::model::tests::{after, block, deposit, genesis};

async fn get_with(proof: Option<&str>, path: &str) -> (StatusCode, String) {
    let deposits = after(&[deposit(0, "post", "first"), deposit(1, "post", "again"), block(2)]).0;
    let source = Source::Fixed(Arc::new(deposits), proof.map(str::to_owned));
    let desk = Desk { front: Front::new(Standing::of(genesis()), Clock::wall()), source };
    let desks = web::Data::new(Desks::new().with(ChainPath::parse("cn.32.01").unwrap(), desk));
    let app = test::init_service(App::new().app_data(desks).configure(routes)).await;
    let answer = test::call_service(&app, test::TestRequest::get().uri(path).to_request()).await;
    let status = answer.status();
    (status, String::from_utf8(test::read_body(answer).await.to_vec()).unwrap())
}

async fn get(path: &str) -> Value {
    serde_json::from_str(&get_with(Some("tocsin-proof@v1\n"), path).await.1).unwrap()
}

fn path(published: &str, rest: &str) -> String {
    format!("/v1/chains/cn.32.01/deposits/{}{rest}", Digest::of(published.as_bytes()))
}

#[actix_web::test]
async fn a_deposit_is_found_by_its_digest() {
    let found = get(&path("post", "")).await;
    assert_eq!((&found["title"], &found["member"], &found["repeats"]), (&"first".into(), &"daily".into(), &1.into()));
    assert_eq!((&found["index"], &found["as_of_height"]), (&0.into(), &2.into()));
}

#[actix_web::test]
async fn a_certificate_says_what_by_whom_and_when_and_holds_the_proof() {
    let certificate = get(&path("post", "/certificate")).await;
    assert_eq!(certificate["digest"], Digest::of(b"post").to_string());
    assert_eq!((&certificate["member"], &certificate["chain"]), (&"daily".into(), &"cn.32.01".into()));
    assert_eq!(certificate["deposited_at"], "1970-01-01T00:00:02Z");
    assert_eq!(certificate["proof"], "tocsin-proof@v1\n");
    let id = certificate["event_id"].as_str().unwrap();
    assert_eq!(certificate["proof_path"], format!("/v1/chains/cn.32.01/events/{id}/proof"));
    let (_, text) = get_with(Some("tocsin-proof@v1\n"), &path("post", "/certificate?format=text")).await;
    assert!(text.contains("Deposited by daily\n") && text.ends_with("tocsin-proof@v1\n"), "{text}");
}

#[actix_web::test]
async fn a_certificate_without_a_proof_yet_says_so() {
    let (status, json) = get_with(None, &path("post", "/certificate")).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(serde_json::from_str::<Value>(&json).unwrap()["proof"], Value::Null);
}

#[actix_web::test]
async fn what_is_not_final_or_not_there_is_not_found() {
    for path in [
        path("unknown", ""),
        path("unknown", "/certificate"),
        "/v1/chains/cn.32.01/deposits/ABC".to_owned(),
        path("post", "").replace("cn.32.01", "cn.99"),
    ] {
        assert_eq!(get(&path).await["code"], "NOT_FOUND", "{path}");
    }
    assert_eq!(get(&path("post", "/certificate?format=pdf")).await["code"], "BAD_QUERY");
}
