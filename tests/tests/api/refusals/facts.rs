//! Refused for what an event states: its form, or the chain's rules in the dry run.

use domain::event::Event;
use domain::genesis::KeyClass;
use domain::time::Millis;
use serde_json::{Value, json};

use super::Seen;
use crate::answer::CANARY;
use crate::signed;
use crate::world::{CITY, World, aggregate, case, cluster, zero};

async fn report(world: &World, report: Value) -> Seen {
    Seen::Row(world.say("airport", "reports", &report).await)
}

/// A report with a field set.
fn with(mut report: Value, field: &str, value: Value) -> Value {
    report[field] = value;
    report
}

/// The genesis of the city has no policy for laboratory results.
pub async fn unknown_kind(world: &World) -> Seen {
    let named = world.say("airport", "reports", &with(zero(CANARY), "kind", json!("rumour"))).await;
    assert_eq!(named.refused(), "UNKNOWN_KIND");
    let result = json!({ "kind": "lab_result", "disease": { "code": "U07.1", "name": "COVID-19" }, "region": "320100",
                         "report_date": "2021-07-19", "facility": CANARY, "method": "pcr", "tested": 2, "positive": 1 });
    report(world, result).await
}

pub async fn limit(world: &World) -> Seen {
    report(world, with(cluster("ward"), "summary", json!(CANARY.repeat(100)))).await
}

pub async fn bad_text(world: &World) -> Seen {
    report(world, with(cluster("ward"), "summary", json!(format!("{CANARY}\u{202e}")))).await
}

pub async fn personal(world: &World) -> Seen {
    report(world, with(cluster("ward"), "summary", json!(format!("{CANARY} call 13812345678")))).await
}

pub async fn out_of_range(world: &World) -> Seen {
    report(world, with(cluster(CANARY), "positives", json!(1u64 << 54))).await
}

pub async fn unknown_code(world: &World) -> Seen {
    report(world, with(zero(CANARY), "region", json!("330100"))).await
}

pub async fn out_of_jurisdiction(world: &World) -> Seen {
    Seen::Row(world.say("district", "reports", &zero(CANARY)).await)
}

pub async fn bad_time(world: &World) -> Seen {
    report(world, with(zero(CANARY), "occurred_at", json!("2031-01-01T00:00:00Z"))).await
}

/// Signed long before chain time, and valid for a second.
pub async fn expired(world: &World) -> Seen {
    let first = world.say("airport", "reports", &zero("before-expiry")).await.taken();
    world.event(&first, "state", "final").await;
    // The next block carries the certificate that moves chain time to the scenario's.
    world.say("airport", "reports", &zero("at-expiry")).await.taken();
    let status = format!("/v1/chains/{CITY}/status");
    world.until(&status, |status| status.json["chain_time"].as_str() > Some("2021-07-19")).await;
    let author = &world.secret(CITY, "airport", KeyClass::Author);
    let created_at = Millis::parse("2021-07-10T00:00:00Z").unwrap();
    let mut event = Event { created_at, occurred_at: created_at, ..signed::event(world, CITY, author) };
    event.valid_until = created_at.plus_ms(1000);
    if let domain::event::Fact::ZeroReport(zero) = &mut event.fact {
        zero.report_date = created_at.date();
    }
    Seen::Row(signed::post(world, CITY, "airport", signed::seal(world, CITY, author, &event)).await)
}

/// A cause that never comes, and a ballot on what is no report.
pub async fn bad_cause(world: &World) -> Seen {
    let mut waiting = with(zero(CANARY), "causes", json!(["ab".repeat(32)]));
    waiting["region"] = json!("320102");
    let waiting = async {
        // Both nodes hold it for a while, longer than a submitter waits.
        let answer = world.say("district", "reports", &waiting).await;
        let queued = answer.json.pointer("/results/0/event_id");
        let id = queued.unwrap_or(&answer.json["event_id"]).as_str().unwrap().to_owned();
        world.event(&id, "state", "rejected").await
    };
    let ballot = async {
        let (id, _) = world.open_day().await;
        let ballot = world.judge("health", &id, "endorse", "").await.taken();
        world.judge("cdc", &ballot, "endorse", CANARY).await
    };
    let (waiting, ballot) = tokio::join!(waiting, ballot);
    assert_eq!(waiting["code"], "BAD_CAUSE");
    assert_eq!(waiting["refusals"].as_array().map(Vec::len), Some(2), "each node's signed refusal is kept: {waiting}");
    Seen::Row(ballot)
}

pub async fn precondition_failed(world: &World) -> Seen {
    report(world, with(zero(CANARY), "expect", json!([{ "key": "stock/nowhere/mask/lot", "version": 3 }]))).await
}

pub async fn bad_sealed(world: &World) -> Seen {
    let sealed = json!([{ "ciphertext": "cd".repeat(32), "vault": "airport", "length": 257 }]);
    report(world, with(zero(CANARY), "sealed", sealed)).await
}

pub async fn self_endorse(world: &World) -> Seen {
    let (id, _) = world.open_day().await;
    Seen::Row(world.judge("hospital", &id, "endorse", CANARY).await)
}

pub async fn already_balloted(world: &World) -> Seen {
    let (id, _) = world.open_day().await;
    world.judged("health", &id, "endorse", "").await;
    Seen::Row(world.judge("health", &id, "object", CANARY).await)
}

pub async fn closed(world: &World) -> Seen {
    let id = world.say("airport", "reports", &case("closed")).await.taken();
    world.judged("health", &id, "endorse", "").await;
    world.event(&id, "outcome", "accepted").await;
    Seen::Row(world.judge("cdc", &id, "endorse", CANARY).await)
}

/// A ballot without the role, a veto by who does not hold it, and a directive by who only reports.
pub async fn role_missing(world: &World) -> Seen {
    let (id, _) = world.open_day().await;
    assert_eq!(world.judge("airport", &id, "endorse", CANARY).await.refused(), "ROLE_MISSING");
    let id = world.say("airport", "reports", &cluster("role-missing")).await.taken();
    assert_eq!(world.judge("cdc", &id, "veto", CANARY).await.refused(), "ROLE_MISSING");
    let directive = json!({ "level": "red", "headline": CANARY, "instruction": CANARY });
    Seen::Row(world.say("airport", "directives", &directive).await)
}

pub async fn veto_reason(world: &World) -> Seen {
    let (id, _) = world.open_day().await;
    Seen::Row(world.judge("supervisor", &id, "veto", "").await)
}

pub async fn not_owner(world: &World) -> Seen {
    let (id, day) = world.open_day().await;
    world.event(&id, "state", "final").await;
    report(world, aggregate(&day, 4)).await
}

pub async fn bad_digest(world: &World) -> Seen {
    Seen::Row(world.say("airport", "deposits", &json!({ "digest": CANARY, "source": "s" })).await)
}

fn stock(kind: &str, lot: &str, quantity: u64) -> Value {
    json!({ "kind": kind, "facility": "depot", "item": "n95-mask", "lot": lot, "quantity": quantity, "counterparty": "elsewhere" })
}

pub async fn insufficient(world: &World) -> Seen {
    let received = world.say("airport", "stock", &stock("stock_received", "few", 5)).await.taken();
    world.event(&received, "state", "final").await;
    Seen::Row(world.say("airport", "stock", &stock("stock_issued", "few", 6)).await)
}

pub async fn unknown_lot(world: &World) -> Seen {
    Seen::Row(world.say("airport", "stock", &stock("stock_issued", CANARY, 1)).await)
}

/// Units of one lot have one expiry.
pub async fn lot_mixed(world: &World) -> Seen {
    let dated = |day: &str| with(stock("stock_received", "dated", 5), "expiry", json!(day));
    let received = world.say("airport", "stock", &dated("2022-01-31")).await.taken();
    world.event(&received, "state", "final").await;
    Seen::Row(world.say("airport", "stock", &dated("2022-02-28")).await)
}

pub async fn self_transfer(world: &World) -> Seen {
    let here = with(stock("stock_received", CANARY, 1), "counterparty", json!("depot"));
    Seen::Row(world.say("airport", "stock", &here).await)
}
