//! Judgement over REST: ballots, vetoes and their window, superseding, and what a deadline does. It jumps the scenario's
//! clock, so nothing else may run beside it.

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::world::{CITY, PROVINCE, World, aggregate, case, cluster};

const HOUR_MS: u64 = 3_600_000;

pub async fn all(world: &'static World) {
    a_day_is_judged(world).await;
    a_second_aggregate_supersedes(world).await;
    a_question_is_no_judgement(world).await;
    a_veto_in_its_window(world).await;
    the_window_passes(world).await;
    nobody_decides(world).await;
}

async fn a_day_is_judged(world: &World) {
    let (id, _) = world.open_day().await;
    assert_eq!(world.judge("hospital", &id, "endorse", "").await.refused(), "SELF_ENDORSE");
    assert_eq!(world.judge("airport", &id, "endorse", "").await.refused(), "ROLE_MISSING");
    world.judged("health", &id, "endorse", "seen-and-checked").await;
    assert_eq!(world.judge("health", &id, "endorse", "").await.refused(), "ALREADY_BALLOTED");
    let view = ballots(world, &id).await;
    assert_eq!((view["outcome"].as_str(), view["ballots"].as_array().unwrap().len()), (Some("open"), 1));
    assert!(view["policy"].as_str().unwrap().starts_with("n_of(2,") && view["deadline"].is_string(), "{view}");
    assert_eq!(view["ballots"][0]["member"], "health");
    assert_eq!(view["ballots"][0]["reason"], "seen-and-checked");
    world.judged("cdc", &id, "endorse", "").await;
    world.event(&id, "outcome", "accepted").await;
    let closed = world.judge("supervisor", &id, "veto", "too-late").await;
    assert_eq!(closed.refused(), "CLOSED");
    assert_eq!(closed.status, 410);
    let subject = json!({ "choice": "endorse", "subject": "00" });
    world.say("cdc", &format!("events/{id}/ballots"), &subject).await.assert_problem(400, "MALFORMED");
    world.say("cdc", &format!("events/{id}/ballots"), &json!([])).await.assert_problem(400, "MALFORMED");
    assert_eq!(world.judge("cdc", &id, "shrug", "").await.refused(), "UNKNOWN_CODE");
    world.say("cdc", "events/00/ballots", &json!({ "choice": "endorse" })).await.assert_problem(404, "NOT_FOUND");
}

async fn ballots(world: &World, id: &str) -> Value {
    world.get(&format!("/v1/chains/{CITY}/events/{id}/ballots")).await.json
}

/// What the city and the province count of a day.
async fn confirmed(world: &World, day: &str, wanted: u64) {
    for chain in [CITY, PROVINCE] {
        let days = format!("/v1/chains/{chain}/days?disease=A00&from={day}&limit=1");
        let counts = |answer: &Answer| {
            answer.json["days"][0]["date"] == *day && answer.json["days"][0]["counts"]["confirmed"] == wanted
        };
        world.until(&days, counts).await;
    }
}

async fn a_second_aggregate_supersedes(world: &World) {
    let (first, day) = world.open_day().await;
    for member in ["health", "cdc"] {
        world.judged(member, &first, "endorse", "").await;
    }
    confirmed(world, &day, 3).await;
    assert_eq!(world.say("airport", "reports", &aggregate(&day, 9)).await.refused(), "NOT_OWNER");
    let second = world.say("hospital", "reports", &aggregate(&day, 5)).await.taken();
    world.judged("health", &second, "endorse", "").await;
    // One of two: the first stays in force.
    confirmed(world, &day, 3).await;
    world.judged("cdc", &second, "endorse", "").await;
    confirmed(world, &day, 5).await;
    world.event(&first, "outcome", "accepted").await;
}

async fn a_question_is_no_judgement(world: &World) {
    let (id, _) = world.open_day().await;
    world.judged("health", &id, "ask", "source").await;
    world.judged("health", &id, "object", "double-count").await;
    world.judged("cdc", &id, "object", "double-count").await;
    // Two of three objected, so two endorsements can not come any more.
    world.event(&id, "outcome", "rejected").await;
    let state = world.event(&id, "state", "final").await;
    assert!(state["code"].is_null(), "the report stands in the log; it does not count: {state}");
}

/// The states in which an event's alert stands at a chain, oldest first; looks until there are so many.
async fn rang(world: &World, chain: &str, id: &str, count: usize) -> Vec<String> {
    let of = |answer: &Answer| {
        let alerts = answer.json["alerts"].as_array().cloned().unwrap_or_default();
        let own = alerts.iter().rev().filter(|alert| alert["event"] == *id && alert["chain"] == *chain);
        own.map(|alert| alert["state"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    of(&world.until("/v1/alerts?limit=500", |answer| of(answer).len() == count).await)
}

async fn a_veto_in_its_window(world: &World) {
    let id = world.say("airport", "reports", &cluster("vetoed")).await.taken();
    assert_eq!(rang(world, PROVINCE, &id, 1).await, ["provisional"]);
    assert_eq!(world.judge("cdc", &id, "veto", "mine").await.refused(), "ROLE_MISSING");
    assert_eq!(world.judge("supervisor", &id, "veto", "").await.refused(), "VETO_REASON");
    for member in ["health", "cdc"] {
        world.judged(member, &id, "endorse", "").await;
    }
    assert_eq!(ballots(world, &id).await["outcome"], "open", "enough endorse, but the veto's window is open");
    world.judged("supervisor", &id, "veto", "sampling-error").await;
    world.event(&id, "outcome", "rejected").await;
    for chain in [CITY, PROVINCE] {
        assert_eq!(rang(world, chain, &id, 2).await, ["provisional", "cancelled"]);
    }
}

async fn the_window_passes(world: &World) {
    let id = world.say("airport", "reports", &cluster("confirmed")).await.taken();
    for member in ["health", "cdc"] {
        world.judged(member, &id, "endorse", "").await;
    }
    assert_eq!(ballots(world, &id).await["outcome"], "open");
    world.clock.advance(4 * HOUR_MS + 1000);
    world.event(&id, "outcome", "accepted").await;
    too_late(world, &id).await;
    assert_eq!(rang(world, PROVINCE, &id, 2).await, ["provisional", "confirmed"]);
}

/// A veto that comes too late is refused: at the door, or on the log where the door's own ledger stood a block behind the one
/// that told of the decision.
async fn too_late(world: &World, id: &str) {
    let veto = world.judge("supervisor", id, "veto", "too-late").await;
    if veto.status == 202 && veto.row()["problem"].is_null() {
        let ballot = veto.taken();
        world.in_log(CITY, |entry| entry["event_id"] == ballot.as_str() && entry["code"] == "CLOSED").await;
    } else {
        assert_eq!(veto.refused(), "CLOSED");
    }
}

async fn nobody_decides(world: &World) {
    let id = world.say("airport", "reports", &case("forgotten")).await.taken();
    world.event(&id, "state", "final").await;
    let before = world.get("/v1/alerts?limit=500").await.text;
    assert!(!before.contains(&id));
    world.clock.advance(HOUR_MS + 1000);
    for chain in [CITY, PROVINCE] {
        assert_eq!(rang(world, chain, &id, 1).await, ["provisional"], "it escalates by itself");
    }
    world.in_log(CITY, |entry| entry["kind"] == "due" && entry["event_id"] == *id).await;
    // It stays open: a late decision calls the alarm off.
    assert_eq!(ballots(world, &id).await["outcome"], "open");
    world.judged("health", &id, "endorse", "late").await;
    world.event(&id, "outcome", "accepted").await;
    assert_eq!(rang(world, CITY, &id, 2).await, ["provisional", "cancelled"]);
}
