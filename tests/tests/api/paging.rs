//! Pages, limits, and requests that no route takes.

use serde_json::Value;

use crate::world::{CITY, World, zero};

/// Lists with a limit and a cursor.
const LISTS: [&str; 7] = [
    "log",
    "beds",
    "medical-resources/holds",
    "medical-resources/transfers",
    "forecasting/days",
    "duties",
    "definitions",
];
/// Those of goods and money.
const GOODS: [&str; 8] =
    ["stock", "stock/moves", "stock/epcis", "hand-overs", "discrepancies", "requests", "commits", "donations"];

pub async fn all(world: &'static World) {
    tokio::join!(
        the_log_page_by_page(world),
        forged_cursors(world),
        unknown_fields_and_limits(world),
        wrong_requests(world)
    );
}

async fn the_log_page_by_page(world: &World) {
    let batch: Vec<_> = (0..12).map(|each| zero(&format!("page-{each}"))).collect();
    let answer = world.say("airport", "reports", &Value::Array(batch)).await;
    let last = answer.json["results"][11]["event_id"].as_str().unwrap().to_owned();
    world.event(&last, "state", "final").await;
    let (mut cursor, mut next_index) = (String::new(), 0);
    // By sevens from the first leaf to the last that is final: no gap, no repeat.
    loop {
        let page = world.get(&format!("/v1/chains/{CITY}/log?limit=7&final_only=true{cursor}")).await.json;
        let entries = page["entries"].as_array().unwrap();
        assert!(entries.len() <= 7);
        for entry in entries {
            assert_eq!(entry["index"].as_u64(), Some(next_index));
            next_index += 1;
        }
        cursor = format!("&cursor={}", page["next"].as_str().unwrap());
        if entries.iter().any(|entry| entry["event_id"] == *last) {
            break;
        }
        assert!(!entries.is_empty(), "the log ends before the last report");
    }
    // A cursor past the end waits for what comes: an empty page with the same cursor.
    let size = world.get(&format!("/v1/chains/{CITY}/status")).await.json["size"].as_u64().unwrap();
    let end = world.get(&format!("/v1/chains/{CITY}/log?final_only=true&cursor=log-{size}")).await;
    assert_eq!(end.status, 200, "{}", end.text);
}

async fn forged_cursors(world: &World) {
    let routes = LISTS.into_iter().chain(GOODS);
    let paths = routes.map(|route| format!("/v1/chains/{CITY}/{route}")).chain(["/v1/alerts".to_owned()]);
    for path in paths {
        for cursor in ["x", "0", "-1", "log-", "log-x", "log-007", "log-99999999999999999999", "%00", "..%5c"] {
            let answer = world.get(&format!("{path}?cursor={cursor}")).await;
            answer.assert_problem(400, "BAD_CURSOR");
        }
    }
    world.get("/v1/alerts/stream?after=-1").await.assert_problem(400, "BAD_CURSOR");
    let far = world.get(&format!("/v1/chains/{CITY}/log?cursor=log-{}", u64::MAX)).await;
    far.assert_problem(400, "BAD_CURSOR");
}

async fn unknown_fields_and_limits(world: &World) {
    let limited = LISTS.into_iter().chain(GOODS);
    let mut paths: Vec<_> = limited.map(|route| format!("/v1/chains/{CITY}/{route}?")).collect();
    paths.extend(["/v1/alerts?".to_owned(), format!("/v1/chains/{CITY}/days?disease=A00&")]);
    for path in &paths {
        for query in ["limit=0", "limit=501", "limit=-1", "limit=x", "limit=1e2", "surprise=1", "limit=1&limit=2"] {
            world.get(&format!("{path}{query}")).await.assert_problem(400, "BAD_QUERY");
        }
        for query in ["limit=1", "limit=500"] {
            assert_eq!(world.get(&format!("{path}{query}")).await.status, 200, "{path}{query}");
        }
    }
    for query in ["days", "days?disease=../etc", "days?disease=A00&from=2021-02-30"] {
        world.get(&format!("/v1/chains/{CITY}/{query}")).await.assert_problem(400, "BAD_QUERY");
    }
    world.get("/v1/alerts?level=purple").await.assert_problem(400, "BAD_QUERY");
    world.get("/v1/alerts?chain=.cn").await.assert_problem(400, "BAD_QUERY");
}

async fn wrong_requests(world: &World) {
    let delete = world.http.delete(world.url(&format!("/v1/chains/{CITY}/log"))).send().await.unwrap();
    assert_eq!(delete.headers()["allow"], "GET");
    crate::answer::Answer::of(delete).await.assert_problem(405, "METHOD_NOT_ALLOWED");
    let put = world.http.put(world.url(&format!("/v1/chains/{CITY}/reports"))).send().await.unwrap();
    crate::answer::Answer::of(put).await.assert_problem(405, "METHOD_NOT_ALLOWED");
    world.get("/v1/chains/cn.99/status").await.assert_problem(404, "NOT_FOUND");
    world.get("/v1/nothing").await.assert_problem(404, "NOT_FOUND");
    world.get(&format!("/v1/chains/{CITY}/log?cursor={}", "9".repeat(5000))).await.assert_problem(414, "URI_TOO_LONG");
    for path in ["/v1/../etc/passwd", "/v1/%00", "/v1/chains/%252e%252e/status", "/v1/chains/cn%2f32/status"] {
        let request = format!("GET {path} HTTP/1.1\r\nhost: t\r\nconnection: close\r\n\r\n");
        world.raw(&request).await.assert_problem(400, "MALFORMED");
    }
    let long =
        format!("GET /healthz HTTP/1.1\r\nhost: t\r\nx-long: {}\r\nconnection: close\r\n\r\n", "a".repeat(1 << 18));
    assert!(matches!(world.raw(&long).await.status, 400 | 431), "a head has a bound");
    let smuggled =
        "POST /v1/chains HTTP/1.1\r\nhost: t\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nGET ";
    assert_eq!(world.raw(smuggled).await.status, 400, "two lengths are none");
}
