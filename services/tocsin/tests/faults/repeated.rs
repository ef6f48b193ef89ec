//! One report sent more than once, and nodes that will not take it: it is one event with one state, it counts once, and a
//! node that is silent or refuses is routed around, its signed refusal kept.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bus::ServeHandle;
use bytes::Bytes;
use domain::chain::Lane;
use domain::event::EventId;
use domain::genesis::KeyClass;
use domain::refusal::Code;
use host::clock::Clock;
use proof::sign::{Domain, Signed};
use serde_json::{Value, json};
use wire::admission::{AdmitReply, AdmitRequest, Admitted, ReceiptBody, RefusalBody};

use crate::events::{id, signed, today};
use crate::gathered::check;
use crate::world::{MANAGERS, MEMBERS, World, until};

pub const REPORTER: &str = MANAGERS[0];
const OTHER: &str = MANAGERS[1];
/// More than the 5 s after which a node counts as silent.
const PAST_SILENCE: Duration = Duration::from_secs(15);

/// Asks a member's admission directly.
pub async fn admit(world: &World, member: &str, event: &[u8]) -> EventId {
    let chain = world.genesis.chain.clone();
    let subject = wire::subject::admit(member, &chain);
    let request = AdmitRequest { chain, events: vec![event.to_vec()] }.encode();
    let receipt = until("a receipt", async || {
        let reply = world.bus.request(&subject, request.clone().into(), PAST_SILENCE).await.ok()?;
        match AdmitReply::decode(&reply).unwrap().results.remove(0) {
            Admitted::Receipt(receipt) => Some(receipt),
            Admitted::Fault(_) => None,
            Admitted::Refused(signed) => {
                panic!("{:?}", RefusalBody::decode(&Signed::from_bytes(&signed).unwrap().body))
            }
        }
    })
    .await;
    ReceiptBody::decode(&Signed::from_bytes(&receipt).unwrap().body).unwrap().event_id
}

/// Posts a finished signed event to the reporter's service; the first result.
async fn post(world: &World, event: &[u8]) -> Value {
    let url = world.url("reporting", REPORTER, "/events");
    let request =
        world.http.post(url).bearer_auth(world.token(REPORTER)).header("content-type", "application/octet-stream");
    let answer = request.body(event.to_vec()).send().await.unwrap();
    assert_eq!(answer.status(), 202);
    let answer: Value = answer.json().await.unwrap();
    answer["results"][0].clone()
}

/// Waits until an event is final, and gives its view.
async fn final_view(world: &World, id: &EventId) -> Value {
    let url = world.url("reporting", REPORTER, &format!("/events/{id}"));
    until("the event is final", async || {
        let view = world.get(&url).await?;
        (view["state"] == "final").then_some(view)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_report_again_is_the_same_event_and_counts_once() {
    let world = World::with(&[
        ("endorsement", MANAGERS[0]),
        ("endorsement", MANAGERS[1]),
        ("ordering", MANAGERS[0]),
        ("reporting", REPORTER),
    ])
    .await;
    let event = signed(&world, REPORTER, Lane::Normal, 1, today(7));
    let id = id(&world, &event);
    // Through two endorsement nodes at once, and again after it is final.
    let (one, other) = tokio::join!(admit(&world, REPORTER, &event), admit(&world, OTHER, &event));
    assert_eq!((one, other), (id, id));
    let before = final_view(&world, &id).await;
    for member in MANAGERS {
        assert_eq!(admit(&world, member, &event).await, id);
    }
    // After a time-out: the reporter's own node is silent, the other one answers, and the silent one comes back to the
    // request that it was asked.
    let late = signed(&world, REPORTER, Lane::Normal, 2, today(9));
    let late_id = self::id(&world, &late);
    world.process("endorsement", REPORTER).signal("STOP");
    let result = post(&world, &late).await;
    assert_eq!(result["event_id"], late_id.to_string());
    assert!(result["receipt"].is_string(), "{result}");
    world.process("endorsement", REPORTER).signal("CONT");
    assert_eq!(admit(&world, REPORTER, &late).await, late_id);
    assert_eq!(post(&world, &late).await["event_id"], late_id.to_string());
    final_view(&world, &late_id).await;
    // Both are of the same day and author, so the later one supersedes; each counts once and not twice.
    let totals = world.url("ledger", MEMBERS[2], "/totals");
    until("the official total", async || {
        let totals = world.get(&totals).await?;
        (totals["totals"][0]["counts"]["confirmed"] == 9).then_some(())
    })
    .await;
    let ledgers = check(&world, &[id, late_id].into()).await;
    let times = |event: &[u8]| {
        let bundled = ledgers[0].blocks.iter().filter(|block| contains(block, event)).count();
        (bundled, ledgers[0].log.iter().filter(|entry| entry.signed == event).count())
    };
    for event in [&event, &late] {
        let (bundled, executed) = times(event);
        assert!(bundled >= 1 && executed == 1, "in {bundled} blocks and {executed} leaves");
    }
    let after = final_view(&world, &id).await;
    for field in ["event_id", "height", "position", "index", "code"] {
        assert_eq!(before[field], after[field], "{field} of one event changed");
    }
    idempotency(&world).await;
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// The same key with the same body is the same event; with another body it is a conflict.
async fn idempotency(world: &World) {
    let report = |facility: &str| {
        json!({
            "kind": "zero_report", "disease": { "code": "U07.1", "name": "COVID-19" }, "region": "320100",
            "facility": facility, "report_date": "2021-07-20",
        })
    };
    let post = async |body: Value| {
        let request = world.http.post(world.url("reporting", REPORTER, "/reports")).bearer_auth(world.token(REPORTER));
        let answer = request.header("idempotency-key", "one-key").json(&body).send().await.unwrap();
        (answer.status().as_u16(), answer.json::<Value>().await.unwrap())
    };
    let (status, first) = post(report("clinic")).await;
    assert_eq!(status, 202, "{first}");
    let (status, again) = post(report("clinic")).await;
    assert_eq!((status, &again["results"][0]["event_id"]), (202, &first["results"][0]["event_id"]));
    let (status, conflict) = post(report("another")).await;
    assert_eq!((status, conflict["code"].as_str()), (409, Some("IDEMPOTENCY_REUSED")), "{conflict}");
}

/// Plays the reporter's own admission node, the one that is asked first.
async fn censor(
    world: &World,
    answer: impl Fn(EventId) -> Option<Admitted> + Clone + Send + Sync + 'static,
) -> ServeHandle {
    let chain = world.genesis.chain_id;
    let subject = wire::subject::admit(REPORTER, &world.genesis.chain);
    world
        .bus
        .serve(&subject, 64, move |request: Bytes, _| {
            let answer = answer.clone();
            async move {
                let request = AdmitRequest::decode(&request).unwrap();
                let ids = request.events.iter().map(|event| wire::event::id_of(&chain, event));
                match ids.map(answer).collect::<Option<Vec<_>>>() {
                    Some(results) => AdmitReply { results }.encode().into(),
                    None => std::future::pending().await,
                }
            }
        })
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_refuses_or_is_silent_is_routed_around_and_its_refusal_is_kept() {
    let world = World::with(&[("endorsement", OTHER), ("ordering", MANAGERS[0]), ("reporting", REPORTER)]).await;
    let (chain, secret) = (world.genesis.chain_id, world.rings[REPORTER].secret(KeyClass::Endorser).unwrap().clone());
    let refusing = censor(&world, move |event_id| {
        let body = RefusalBody {
            event_id,
            code: Code::OutOfRange,
            field: "counts".to_owned(),
            detail: "not convenient".to_owned(),
            refused_at: Clock::wall().wall_now(),
            dry_run_height: 1,
        };
        Some(Admitted::Refused(Signed::seal(&secret, Domain::Refusal, &chain, body.encode()).to_bytes()))
    })
    .await;
    let event = signed(&world, REPORTER, Lane::Normal, 1, today(3));
    let result = post(&world, &event).await;
    assert!(result["receipt"].is_string(), "{result}");
    let view = final_view(&world, &id(&world, &event)).await;
    let refusals = view["refusals"].as_array().unwrap();
    assert_eq!((refusals.len(), refusals[0]["member"].as_str()), (1, Some(REPORTER)), "{view}");
    let kept = Signed::from_bytes(&STANDARD.decode(refusals[0]["signed"].as_str().unwrap()).unwrap()).unwrap();
    assert!(kept.verify(Domain::Refusal, &chain));
    assert!(world.genesis.member(REPORTER).unwrap().keys(KeyClass::Endorser).contains(&kept.key));
    let body = RefusalBody::decode(&kept.body).unwrap();
    assert_eq!((body.event_id, body.code), (id(&world, &event), Code::OutOfRange));
    refusing.stop().await;

    let silent = censor(&world, |_| None).await;
    let second = signed(&world, REPORTER, Lane::Normal, 2, today(4));
    let result = post(&world, &second).await;
    assert!(result["receipt"].is_string(), "within one silence the other node answers: {result}");
    final_view(&world, &id(&world, &second)).await;
    // It never answers, so it is not waited for.
    drop(silent);
    check(&world, &[id(&world, &event), id(&world, &second)].into()).await;
}
