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
use crate::model::tests::{after, genesis, moved};

async fn get(path: &str) -> (StatusCode, Value) {
    let entries = [
        moved(0, "gown", "a", 20),
        moved(1, "gown", "a", -5),
        moved(2, "n95-mask", "b", 9),
        moved(3, "n95-mask", "c", 4),
    ];
    let front = Front::new(Standing::of(genesis()), Clock::wall());
    let desk = Desk { front, stock: Source::Fixed(Arc::new(after(&entries).0)) };
    let desks = web::Data::new(Desks::new().with(ChainPath::parse("cn.32.01").unwrap(), desk));
    let app = test::init_service(App::new().app_data(desks).configure(routes)).await;
    let answer = test::call_service(&app, test::TestRequest::get().uri(path).to_request()).await;
    let status = answer.status();
    (status, serde_json::from_slice(&test::read_body(answer).await).unwrap())
}

#[actix_web::test]
async fn stock_on_hand_is_listed_with_the_key_and_version_to_expect() {
    let (status, page) = get("/v1/chains/cn.32.01/stock?item=gown").await;
    assert_eq!(status, StatusCode::OK);
    let lot = &page["stock"][0];
    assert_eq!((&lot["on_hand"], &lot["received"], &lot["issued"]), (&15.into(), &20.into(), &5.into()));
    assert_eq!((&lot["key"], &lot["version"]), (&"stock/depot/gown/a".into(), &2.into()));
    assert_eq!(page["next"], Value::Null);
}

#[actix_web::test]
async fn lots_and_movements_follow_each_other_by_cursor() {
    for (list, field) in [("stock", "stock"), ("stock/moves", "moves")] {
        let (mut seen, mut path) = (0, format!("/v1/chains/cn.32.01/{list}?limit=1"));
        loop {
            let (_, page) = get(&path).await;
            seen += page[field].as_array().unwrap().len();
            let Some(next) = page["next"].as_str() else { break };
            path = format!("/v1/chains/cn.32.01/{list}?limit=1&cursor={next}");
        }
        assert_eq!(seen, if list == "stock" { 3 } else { 4 }, "{list}");
    }
    let (_, page) = get("/v1/chains/cn.32.01/stock/moves?limit=2").await;
    assert_eq!(page["moves"][1]["kind"], "stock_issued");
    assert_eq!((&page["moves"][1]["on_hand"], &page["moves"][1]["index"]), (&15.into(), &1.into()));
}

#[actix_web::test]
async fn what_can_not_be_asked_is_refused() {
    for (path, code) in [
        ("/v1/chains/cn.32.01/stock?limit=501", "BAD_QUERY"),
        ("/v1/chains/cn.32.01/stock?shelf=3", "BAD_QUERY"),
        ("/v1/chains/cn.32.01/stock?cursor=move-1", "BAD_CURSOR"),
        ("/v1/chains/cn.32.01/stock/moves?cursor=stock-depot/gown/a", "BAD_CURSOR"),
        ("/v1/chains/cn.32.01/stock/moves?cursor=move-01", "BAD_CURSOR"),
        ("/v1/chains/cn.99/stock", "NOT_FOUND"),
    ] {
        assert_eq!(get(path).await.1["code"], code, "{path}");
    }
}
