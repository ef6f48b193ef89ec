//! REST: pages, single alerts, CAP, refusals.

use domain::alert::AlertState;
use domain::event::AlertLevel;

use super::rig::{Ledger, Rig, alert};

#[actix::test]
async fn an_alert_is_found_at_each_of_its_chains_as_json_and_as_cap() {
    let rig = Rig::new().await;
    let (city, nation) = (Ledger::start(&rig.bus, "cn.32.01").await, Ledger::start(&rig.bus, "cn").await);
    let first = city.ring(alert("cluster", "cn.32.01", AlertState::Provisional, AlertLevel::Yellow));
    let then = city.ring(alert("cluster", "cn.32.01", AlertState::Confirmed, AlertLevel::Yellow));
    nation.ring(first.clone());
    nation.ring(then.clone());
    let service = rig.service(&[&city, &nation], "data").await;
    service.shows("cn.32.01", 2).await;
    service.shows("cn", 2).await;
    assert!(service.desk.is_ready());

    let found = service.json(&format!("/v1/alerts/{}", then.id())).await;
    let chains: Vec<_> = found["alerts"].as_array().unwrap().iter().map(|one| one["chain"].clone()).collect();
    assert_eq!(chains, ["cn.32.01", "cn"]);
    assert_eq!(found["alerts"][0]["state"], "confirmed");
    let found = service.json(&format!("/v1/alerts/{}?chain=cn", then.id())).await;
    assert_eq!(found["alerts"].as_array().unwrap().len(), 1);
    assert_eq!(found["alerts"][0]["leaf_index"], 20);

    let answer = service.get(&format!("/v1/alerts/{}.cap", then.id())).await;
    assert_eq!(answer.headers()["content-type"], "application/cap+xml");
    let chain = super::rig::path("cn.32.01");
    let wanted = crate::cap::render(&then, &[&first], &chain, crate::cap::Status::Exercise).unwrap();
    assert_eq!(answer.text().await.unwrap(), wanted);
    let over = city.ring(alert("cluster", "cn.32.01", AlertState::Cancelled, AlertLevel::Yellow));
    service.shows("cn.32.01", 3).await;
    let answer = service.get(&format!("/v1/alerts/{}.cap", over.id())).await.text().await.unwrap();
    let wanted = crate::cap::render(&over, &[&first, &then], &chain, crate::cap::Status::Exercise).unwrap();
    assert_eq!(answer, wanted);
    let at_nation = service.get(&format!("/v1/alerts/{}.cap?chain=cn", then.id())).await.text().await.unwrap();
    assert!(at_nation.contains("<source>tocsin:cn</source>") && at_nation.contains("<msgType>Update</msgType>"));
    service.end().await;
}

#[actix::test]
async fn pages_hold_every_alert_once_newest_first() {
    let rig = Rig::new().await;
    let city = Ledger::start(&rig.bus, "cn.32.01").await;
    let rung = city.ring_many("alert", 7);
    let service = rig.service(&[&city], "data").await;
    service.shows("cn.32.01", 7).await;
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = service.json(&format!("/v1/alerts?limit=3{cursor}")).await;
        seen.extend(page["alerts"].as_array().unwrap().iter().map(|one| one["number"].as_u64().unwrap()));
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen, rung.iter().rev().map(|alert| alert.number).collect::<Vec<_>>());
    service.end().await;
}

#[actix::test]
async fn what_is_not_there_or_not_a_question_is_refused_by_code() {
    let rig = Rig::new().await;
    let city = Ledger::start(&rig.bus, "cn.32.01").await;
    let service = rig.service(&[&city], "data").await;
    let id = "0".repeat(64);
    let refused = [
        (format!("/v1/alerts/{id}"), 404, "NOT_FOUND"),
        (format!("/v1/alerts/{id}.cap"), 404, "NOT_FOUND"),
        ("/v1/alerts/xyz".to_owned(), 404, "NOT_FOUND"),
        ("/v1/alerts/xyz.cap".to_owned(), 404, "NOT_FOUND"),
        (format!("/v1/alerts/{id}?chain=CN"), 400, "BAD_QUERY"),
        ("/v1/alerts?level=pink".to_owned(), 400, "BAD_QUERY"),
        ("/v1/alerts?chain=..".to_owned(), 400, "BAD_QUERY"),
        ("/v1/alerts?limit=0".to_owned(), 400, "BAD_QUERY"),
        ("/v1/alerts?limit=501".to_owned(), 400, "BAD_QUERY"),
        ("/v1/alerts?colour=red".to_owned(), 400, "BAD_QUERY"),
        ("/v1/alerts?cursor=7".to_owned(), 400, "BAD_CURSOR"),
        ("/v1/alerts?cursor=alerts-%2B7".to_owned(), 400, "BAD_CURSOR"),
        ("/v1/alerts/stream?level=pink".to_owned(), 400, "BAD_QUERY"),
        ("/v1/alerts/stream?from=1".to_owned(), 400, "BAD_QUERY"),
        ("/v1/alerts/stream?after=-1".to_owned(), 400, "BAD_CURSOR"),
    ];
    for (path, status, code) in refused {
        assert_eq!(service.refused(&path).await, (status, code.to_owned()), "{path}");
    }
    let described = service.json("/v1/asyncapi.json").await;
    assert_eq!(described["asyncapi"], "3.0.0");
    let openapi = service.json("/v1/openapi.json").await;
    let paths = ["/v1/alerts", "/v1/alerts/stream", "/v1/alerts/{id}", "/v1/alerts/{id}.cap", "/v1/asyncapi.json"];
    assert!(paths.iter().all(|path| openapi["paths"][path]["get"].is_object()));
    service.end().await;
}
