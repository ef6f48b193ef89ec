//! Receipts: whose signature they carry, what they promise, and that a repeat is no second report.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::genesis::KeyClass;
use proof::sign::{Domain, Signed};
use serde_json::{Value, json};
use wire::admission::ReceiptBody;

use crate::answer::{Answer, assert_problem};
use crate::signed;
use crate::world::{CITY, World, zero};

pub async fn all(world: &'static World) {
    tokio::join!(
        signed_by_the_node(world),
        the_same_report_twice(world),
        a_batch_answers_each(world),
        rows_of_a_csv(world),
        files_of_which_nothing_is_taken(world),
        finished_bytes(world)
    );
}

/// What a row's receipt says, once its signature holds.
fn receipt(world: &World, row: &Value) -> ReceiptBody {
    let bytes = STANDARD.decode(row["receipt"].as_str().unwrap_or_else(|| panic!("no receipt: {row}"))).unwrap();
    let signed = Signed::from_bytes(&bytes).unwrap();
    let genesis = world.genesis(CITY);
    let mut managers = genesis.managers().into_iter();
    assert!(
        managers.any(|member| member.keys[&KeyClass::Endorser].contains(&signed.key)),
        "signed by no endorsement node"
    );
    assert!(signed.verify(Domain::Receipt, &genesis.chain_id));
    ReceiptBody::decode(&signed.body).unwrap()
}

async fn signed_by_the_node(world: &World) {
    let answer = world.say("airport", "reports", &zero("receipt")).await;
    let id = answer.taken();
    assert_eq!(answer.row()["state"], "queued");
    let body = receipt(world, answer.row());
    assert_eq!(body.event_id.to_string(), id);
    assert_eq!(body.lane.name(), "normal");
    assert!(body.bundle_number > 0 && body.admitted_at <= world.clock.now());
    let key = |key: &[u8]| String::from_utf8_lossy(key).into_owned();
    let reads: Vec<_> = body.reads.iter().map(|(name, _)| key(name)).collect();
    assert!(reads.iter().any(|name| name.starts_with("member/")), "the dry run read the author's member: {reads:?}");
    let writes: Vec<_> = body.writes.iter().map(|name| key(name)).collect();
    assert!(writes.contains(&format!("event/{id}")), "and would write the event: {writes:?}");
}

async fn send(world: &World, key: &str, body: &Value) -> Answer {
    let request =
        world.http.post(world.url(&format!("/v1/chains/{CITY}/reports"))).bearer_auth(world.token(CITY, "airport"));
    let request = request.header("content-type", "application/json").header("idempotency-key", key);
    Answer::of(request.body(body.to_string()).send().await.unwrap()).await
}

async fn the_same_report_twice(world: &World) {
    let first = send(world, "same-report", &zero("twice")).await;
    let again = send(world, "same-report", &zero("twice")).await;
    assert_eq!(first.row()["event_id"], again.row()["event_id"]);
    let id = first.taken();
    world.event(&id, "state", "final").await;
    let later = send(world, "same-report", &zero("twice")).await;
    assert_eq!(later.taken(), id, "and so it stays once it is final");
    send(world, "same-report", &zero("other")).await.assert_problem(409, "IDEMPOTENCY_REUSED");
    for key in ["", "with space", &"k".repeat(129)] {
        send(world, key, &zero("bad-key")).await.assert_problem(400, "BAD_TEXT");
    }
    // Another member's key of that name is another key.
    let url = world.url(&format!("/v1/chains/{CITY}/reports"));
    let request =
        world.http.post(url).bearer_auth(world.token(CITY, "hospital")).header("idempotency-key", "same-report");
    let request = request.header("content-type", "application/json").body(zero("twice").to_string());
    assert_ne!(Answer::of(request.send().await.unwrap()).await.taken(), id);
}

async fn a_batch_answers_each(world: &World) {
    let mut bad = zero("batch-bad");
    bad["report_date"] = json!("2021-02-30");
    let answer = world.say("airport", "reports", &json!([zero("batch-one"), bad, zero("batch-two")])).await;
    let results = answer.json["results"].as_array().unwrap();
    let indexes: Vec<_> = results.iter().map(|row| row["index"].as_u64().unwrap()).collect();
    assert_eq!(indexes, [0, 1, 2]);
    receipt(world, &results[0]);
    receipt(world, &results[2]);
    assert_problem(&results[1]["problem"], 422, "BAD_TIME");
    assert_eq!(results[1]["problem"]["field"], "report_date");
    let many: Vec<_> = (0..501).map(|each| zero(&format!("many-{each}"))).collect();
    world.say("airport", "reports", &json!(many)).await.assert_problem(413, "LIMIT");
    world.say("airport", "reports", &json!([])).await.assert_problem(413, "LIMIT");
}

async fn rows_of_a_csv(world: &World) {
    let csv = "kind,disease.code,disease.name,report_date,region,facility\n\
               zero_report,U07.1,COVID-19,2021-07-18,320100,csv-one\n\
               zero_report,U07.1,COVID-19,2021-07-18,999,csv-two\n\
               =1+1,U07.1,COVID-19,2021-07-18,320100,csv-three\n\
               zero_report,U07.1,COVID-19,2021-07-18,320100,csv-four\n\
               zero_report,U07.1,COVID-19,2021-07-18,320100,csv-one\n";
    let answer = world.post(CITY, "airport", "reports/csv", "text/csv; charset=utf-8", csv).await;
    assert_eq!(answer.status, 202, "{}", answer.text);
    assert_eq!((&answer.json["taken"], &answer.json["refused"]), (&json!(2), &json!(3)), "{}", answer.text);
    let rows: Vec<_> = answer.json["results"].as_array().unwrap().iter().collect();
    let lines: Vec<_> = rows.iter().map(|row| row["line"].as_u64().unwrap()).collect();
    assert_eq!(lines, [2, 3, 4, 5, 6]);
    for good in [rows[0], rows[3]] {
        receipt(world, good);
    }
    for (bad, field, code, reason) in [
        (rows[1], "region", "UNKNOWN_CODE", None),
        (rows[2], "kind", "IMPORT", Some("IMPORT_FORMULA")),
        (rows[4], "", "IMPORT", Some("IMPORT_DUPLICATE")),
    ] {
        assert_problem(&bad["problem"], 422, code);
        assert_eq!(bad["problem"]["field"].as_str().unwrap_or_default(), field, "{bad}");
        assert_eq!(bad["problem"]["reason"].as_str(), reason, "{bad}");
    }
    assert!(rows[4]["problem"]["detail"].as_str().unwrap().contains("line 2"), "{}", rows[4]);
    // Mended and sent under the name of the first, it brings what is missing.
    let mended = csv.replace(",999,", ",320100,").replace("=1+1", "zero_report");
    let mended = mended.rsplit_once("zero_report").unwrap().0;
    let name = answer.json["idempotency_key"].as_str().unwrap();
    let token = world.token(CITY, "airport");
    let again = world.post_named(&token, CITY, "reports/csv", ("text/csv", name), mended.to_owned()).await;
    assert_eq!((&again.json["taken"], &again.json["refused"]), (&json!(4), &json!(0)), "{}", again.text);
    let ids = |rows: &serde_json::Value| {
        let rows = rows["results"].as_array().unwrap().iter();
        rows.map(|row| row["event_id"].as_str().map(str::to_owned)).collect::<Vec<_>>()
    };
    let (first, then) = (ids(&answer.json), ids(&again.json));
    assert_eq!((&then[0], &then[3]), (&first[0], &first[3]), "what was taken is not taken again");
    assert!(first[1].is_none() && then[1].is_some() && then[2].is_some());
}

async fn files_of_which_nothing_is_taken(world: &World) {
    let header = "kind,disease.code,disease.name,report_date,region,facility\n";
    let row = "zero_report,U07.1,COVID-19,2021-07-18,320100,none-taken\n";
    let wide = format!("{}\n", "kind,".repeat(100_000));
    let long = (0..501).map(|at| row.replace("none", &format!("none-{at}"))).collect::<String>();
    let long = format!("{header}{long}");
    for (body, reason) in [
        (b"kind,surprise\nzero_report,1\n".as_slice(), "IMPORT_HEADER"),
        (b"kind;region\nzero_report;1\n", "IMPORT_HEADER"),
        (header.as_bytes(), "IMPORT_ROWS"),
        (long.as_bytes(), "IMPORT_ROWS"),
        (wide.as_bytes(), "IMPORT_COLUMNS"),
        (b"\xff\xfek\0i\0n\0d\0", "IMPORT_ENCODING"),
    ] {
        let answer = world.post(CITY, "airport", "reports/csv", "text/csv", body.to_vec()).await;
        answer.assert_problem(422, "IMPORT");
        assert_eq!(
            (&answer.json["reason"], &answer.json["results"]),
            (&json!(reason), &json!(null)),
            "{}",
            answer.text
        );
    }
    let gbk = [header.as_bytes(), b"zero_report,U07.1,\xd0\xc2\xb9\xda,2021-07-18,320100,none\nshort\n"].concat();
    let answer = world.post(CITY, "airport", "reports/csv", "text/csv", gbk).await;
    answer.assert_problem(422, "IMPORT");
    assert_eq!(answer.json["reason"], "IMPORT_NONE_TAKEN");
    let rows = answer.json["results"].as_array().unwrap().iter();
    let rows = rows.map(|row| (&row["line"], &row["problem"]["reason"], &row["problem"]["field"]));
    assert_eq!(
        rows.collect::<Vec<_>>(),
        [
            (&json!(2), &json!("IMPORT_ENCODING"), &json!("disease.name")),
            (&json!(3), &json!("IMPORT_COLUMNS"), &json!(null))
        ]
    );
}

async fn finished_bytes(world: &World) {
    let bytes = signed::good(world, "airport");
    let id = wire::event::id_of(&world.genesis(CITY).chain_id, &bytes).to_string();
    let answer = signed::post(world, CITY, "airport", bytes.clone()).await;
    assert_eq!(answer.taken(), id);
    assert_eq!(receipt(world, answer.row()).event_id.to_string(), id);
    world.event(&id, "state", "final").await;
    // Several at once, as base64; one of them is another member's.
    let events: Vec<_> = [&bytes, &signed::good(world, "hospital"), &signed::good(world, "airport")]
        .map(|one| STANDARD.encode(one))
        .into();
    let answer = world.say("airport", "events", &json!({ "events": events })).await;
    let results = answer.json["results"].as_array().unwrap();
    assert_eq!(results[0]["event_id"], *id, "sent again, it is the same event");
    assert_problem(&results[1]["problem"], 403, "IDENTITY_MISMATCH");
    receipt(world, &results[2]);
    world.say("airport", "events", &json!({ "events": [] })).await.assert_problem(413, "LIMIT");
    world.say("airport", "events", &json!({ "events": "x" })).await.assert_problem(400, "MALFORMED");
    // A member of another chain holds no token for this one.
    let stranger = world.token(crate::world::PROVINCE, "province-cdc");
    world
        .post_as(&stranger, CITY, "events", "application/octet-stream", bytes)
        .await
        .assert_problem(401, "TOKEN_INVALID");
}
