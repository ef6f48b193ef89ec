//! A chain that governs itself over REST: a proposal from its first word to its effect, a question and its answer, and
//! what both leave in the accounts.

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::world::{CITY, World, cluster};

pub async fn all(world: &'static World) {
    a_quota_is_voted_and_overdrawn(world).await;
    a_question_is_answered(world).await;
    a_refuted_report_is_on_record(world).await;
}

async fn chain(world: &World, part: &str) -> Value {
    let answer = world.get(&format!("/v1/chains/{CITY}/{part}")).await;
    assert_eq!(answer.status, 200, "{part}: {}", answer.text);
    answer.json
}

/// A proposal of the supervisor; its event id.
async fn propose(world: &World, action: &Value) -> String {
    world.say("supervisor", "proposals", &json!({ "reason": "Exercise.", "actions": [action] })).await.taken()
}

async fn agree(world: &World, id: &str) {
    for manager in ["health", "cdc"] {
        world.judged(manager, id, "endorse", "").await;
    }
    world.event(id, "outcome", "accepted").await;
}

async fn proposal(world: &World, id: &str) -> Value {
    let listed = chain(world, "proposals?limit=500").await;
    let found = listed["proposals"].as_array().unwrap().iter().find(|proposal| proposal["event_id"] == *id);
    found.unwrap_or_else(|| panic!("{id} is not listed")).clone()
}

async fn a_quota_is_voted_and_overdrawn(world: &World) {
    let action = json!({ "action": "set_quota", "member": "airport", "urgent_per_day": 0 });
    let id = propose(world, &action).await;
    world.event(&id, "state", "final").await;
    let open = proposal(world, &id).await;
    assert_eq!((open["outcome"].as_str(), open["class"].as_str()), (Some("open"), Some("policies")));
    assert_eq!((&open["policy"], &open["actions"][0]), (&json!("majority(manager)"), &action));
    agree(world, &id).await;
    let settled = proposal(world, &id).await;
    assert_eq!((settled["outcome"].as_str(), settled["ballots"].as_array().unwrap().len()), (Some("accepted"), 2));
    assert!(settled["settled_height"].is_u64() && settled["policy"].is_null(), "{settled}");
    // Over its allowance it is taken, rings, and says so.
    let alarm = world.say("airport", "reports", &cluster("overdrawn")).await;
    assert_eq!(alarm.row()["urgency_overdrawn"], true);
    let alarm = alarm.taken();
    assert_eq!(world.event(&alarm, "state", "final").await["urgency_overdrawn"], true);
    let entry = entry(world, "airport", &alarm).await;
    assert_eq!(
        (&entry["reason"], &entry["amount"], &entry["state"]),
        (&json!("urgency-overdraft"), &json!(-1), &json!("vested"))
    );
    let again = propose(world, &json!({ "action": "set_quota", "member": "airport", "urgent_per_day": 500 })).await;
    agree(world, &again).await;
}

/// A member's entry about an event.
async fn entry(world: &World, member: &str, event: &str) -> Value {
    let credits = chain(world, &format!("credits?member={member}&limit=500")).await;
    let found = credits["entries"].as_array().unwrap().iter().find(|entry| entry["event_id"] == *event);
    found.unwrap_or_else(|| panic!("no entry of {member} about {event}: {credits}")).clone()
}

async fn ballots(world: &World, id: &str) -> Value {
    chain(world, &format!("events/{id}/ballots")).await
}

async fn a_question_is_answered(world: &World) {
    let (id, day) = world.open_day().await;
    world.judged("health", &id, "endorse", "").await;
    world.judged("cdc", &id, "ask", "double-count").await;
    let correction = json!({ "subject": id, "statement": "Two were counted twice.", "counts": { "confirmed": 1 } });
    assert_eq!(world.say("airport", "corrections", &correction).await.refused(), "NOT_OWNER");
    let answered = world.say("hospital", "corrections", &correction).await.taken();
    world.event(&answered, "state", "final").await;
    let view = ballots(world, &id).await;
    assert_eq!((view["outcome"].as_str(), view["amended_by"].as_str()), (Some("open"), Some(answered.as_str())));
    assert!(view["ballots"].as_array().unwrap().iter().all(|ballot| ballot["lapsed"] == true), "{view}");
    for member in ["health", "cdc"] {
        world.judged(member, &id, "endorse", "").await;
    }
    world.event(&id, "outcome", "accepted").await;
    assert!(ballots(world, &id).await["ballots"].as_array().unwrap().iter().all(|ballot| ballot["lapsed"] == false));
    let days = format!("/v1/chains/{CITY}/days?disease=A00&from={day}&limit=1");
    let counts = |answer: &Answer| answer.json["days"][0]["counts"]["confirmed"] == 1;
    world.until(&days, counts).await;
    assert_eq!(world.say("hospital", "corrections", &correction).await.refused(), "CLOSED");
}

async fn a_refuted_report_is_on_record(world: &World) {
    let (id, _) = world.open_day().await;
    for member in ["health", "cdc"] {
        world.judged(member, &id, "endorse", "").await;
    }
    world.event(&id, "outcome", "accepted").await;
    let earned = entry(world, "hospital", &id).await;
    assert_eq!((&earned["amount"], &earned["state"]), (&json!(10), &json!("pending")));
    assert_eq!(entry(world, "cdc", &id).await["amount"], 2);
    let refuted = propose(world, &json!({ "action": "refute", "event": id, "reason": "double-count" })).await;
    agree(world, &refuted).await;
    world.event(&id, "outcome", "rejected").await;
    assert_eq!(entry(world, "hospital", &id).await["state"], "clawed-back");
    let credits = chain(world, "credits?member=hospital&limit=1").await;
    let listed = credits["refuted_reports"].as_array().unwrap();
    assert!(listed.iter().any(|report| report["event_id"] == *id), "{credits}");
    assert!(credits["next"].is_string() && credits["accounts"][0]["vested"].as_i64().unwrap() <= -20, "{credits}");
    let accounts = chain(world, "credits").await["accounts"].as_array().unwrap().len();
    assert_eq!(accounts, chain(world, "members").await.as_array().unwrap().len());
}
