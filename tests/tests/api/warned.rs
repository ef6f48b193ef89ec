//! A warning's life as departments see it: computed, replaced by a graver one, lifted; at the city and at the province.

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::world::{CITY, PROVINCE, World};

/// A disease of these warnings only.
const DISEASE: &str = "A37.9";

pub async fn all(world: &'static World) {
    world.in_log(CITY, |_| true).await;
    let first = world.say("cdc", "warnings", &warning("yellow", Value::Null)).await.taken();
    let second = world.say("health", "warnings", &warning("orange", json!(first))).await.taken();
    let refused = world.say("airport", "liftings", &lifting(&second)).await;
    assert_eq!(refused.refused(), "ROLE_MISSING");
    let elsewhere = json!({ "warning": second, "reason": "level-ended", "region": "320102" });
    assert_eq!(world.say("health", "liftings", &elsewhere).await.refused(), "BAD_CAUSE");
    assert_eq!(world.say("health", "liftings", &lifting(&first)).await.refused(), "CLOSED");
    let lifted = world.say("health", "liftings", &lifting(&second)).await.taken();
    world.event(&lifted, "outcome", "accepted").await;
    assert_eq!(world.say("cdc", "liftings", &lifting(&second)).await.refused(), "CLOSED");
    world.event(&second, "outcome", "accepted").await;

    let said = world.get(&format!("/v1/chains/{CITY}/events/{lifted}")).await.json;
    assert_eq!((&said["kind"], &said["state"]), (&json!("lifting"), &json!("final")), "{said}");
    for chain in [CITY, PROVINCE] {
        let [before, then, over] =
            rung(world, chain, [(&first, "confirmed"), (&second, "confirmed"), (&second, "cancelled")]).await;
        assert_eq!(
            (&then["rule"], &then["ground"]["values"]),
            (&json!("doubling"), &json!({ "n7": 21, "rt_milli": -3 }))
        );
        assert_eq!(then["supersedes"], json!({ "id": before["id"], "sent_at": before["sent_at"] }));
        assert_eq!((&then["events"], &over["events"]), (&json!([first]), &json!([first, lifted])));
        assert_eq!(before.get("supersedes"), None);
        cap(world, chain, &before, &then, &over).await;
    }
}

fn warning(level: &str, supersedes: Value) -> Value {
    let hash = |text: &str| proof::digest::Digest::of(text.as_bytes()).to_string();
    json!({
        "disease": { "code": DISEASE, "name": "Whooping cough" }, "level": level, "headline": format!("Exercise {level}"),
        "method": "doubling", "supersedes": supersedes,
        "ground": {
            "basis": { "size": 1, "root": hash("root") }, "model": hash("model"), "rules": hash("rules"),
            "values": { "rt_milli": -3, "n7": 21 },
        },
    })
}

fn lifting(warning: &str) -> Value {
    json!({ "warning": warning, "reason": "level-ended" })
}

/// The alerts of these events in these states at a chain.
async fn rung<const N: usize>(world: &World, chain: &str, wanted: [(&str, &str); N]) -> [Value; N] {
    let find = |answer: &Answer, (event, state): (&str, &str)| {
        let at = |one: &&Value| one["event"] == event && one["state"] == state && one["chain"] == chain;
        answer.json["alerts"].as_array().unwrap().iter().find(at).cloned()
    };
    let all = |answer: &Answer| wanted.iter().all(|one| find(answer, *one).is_some());
    let answer = world.until(&format!("/v1/alerts?chain={chain}&limit=500"), all).await;
    wanted.map(|one| find(&answer, one).unwrap())
}

/// The graver one is an update of the first, its end a cancellation of it alone.
async fn cap(world: &World, chain: &str, before: &Value, then: &Value, over: &Value) {
    let read = async |alert: &Value| {
        let id = alert["id"].as_str().unwrap();
        world.get(&format!("/v1/alerts/{id}.cap?chain={chain}")).await.text
    };
    let (update, cancel) = (read(then).await, read(over).await);
    let refers = |text: &str, to: &Value| text.contains(&format!("tocsin:{CITY},{},", to["id"].as_str().unwrap()));
    assert!(update.contains("<msgType>Update</msgType>") && refers(&update, before), "{update}");
    assert!(
        cancel.contains("<msgType>Cancel</msgType>") && refers(&cancel, then) && !refers(&cancel, before),
        "{cancel}"
    );
    for parameter in
        ["tocsin-checkpoint", "tocsin-model", "tocsin-rules", "tocsin-rule", "tocsin-value-n7", "tocsin-cause"]
    {
        assert!(update.contains(&format!("<valueName>{parameter}</valueName>")), "{parameter}: {update}");
    }
}
