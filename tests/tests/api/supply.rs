//! How long a ward's stock lasts, asked of the whole house: its patients as one service counts them, its gowns as another
//! does, both from final events that can be proven.

use serde_json::{Value, json};

use crate::world::{CITY, PROVINCE, World};

const WARD: &str = "supply-ward";

pub async fn all(world: &World) {
    let claim = |resource: &str, staffed: u64, occupied: u64| json!({ "kind": "capacity_claim", "facility": WARD, "resource": resource, "staffed": staffed, "occupied": occupied });
    let mut counted = Vec::new();
    for fact in [claim("adult-icu", 4, 2), claim("isolation", 10, 6), claim("nurse", 5, 0)] {
        counted.push(world.say("hospital", "medical-resources", &fact).await.taken());
    }
    let gowns = json!({ "kind": "stock_received", "facility": WARD, "item": "gown", "lot": "supply", "quantity": 500,
        "counterparty": "mill" });
    let gowns = world.say("hospital", "stock", &gowns).await.taken();
    for id in counted.iter().chain([&gowns]) {
        world.event(id, "state", "final").await;
    }
    let asked = "disease=U07.1&region=320100&lead_days=2&margin_days=1";
    let path = format!("/v1/chains/{CITY}/stock/supply?facility={WARD}&{asked}");
    let there = |answer: &Value| answer["counted"]["wards"].as_array().map(Vec::len) == Some(3);
    let has = |answer: &Value| item(answer, "gown").is_some_and(|gown| gown["free"] == 500);
    let answer = world.until(&path, |answer| there(&answer.json) && has(&answer.json)).await.json;

    let events = answer["counted"]["wards"].as_array().unwrap().iter().map(|ward| ward["event_id"].as_str().unwrap());
    assert_eq!(events.collect::<Vec<_>>(), counted, "by facility and resource");
    let today = &answer["patients"][1]["days"][0];
    assert_eq!((&today["patients"], &today["critical"], &today["shifts"]), (&json!(8), &json!(2), &json!(15)));
    // 8 patients wear out 200 gowns a day; nobody forecasts this disease here.
    let gown = item(&answer, "gown").unwrap();
    assert_eq!((&gown["courses"][1]["days_of_supply"], &gown["reorder_at"]), (&json!(2), &json!(600)));
    assert!(gown["order_now"] == true && answer["without_forecast"].is_string(), "{answer}");
    let lots = world.get(answer["stock"].as_str().unwrap()).await.json;
    assert_eq!(lots["stock"][0]["event_id"], gowns.as_str());
    let proof = answer["counted"]["wards"][0]["proof"].as_str().unwrap();
    let proof = world.until(proof, |answer| answer.status == 200).await.text;
    let verified = tocsin::verify::verify(&proof, world.genesis(PROVINCE)).unwrap();
    assert_eq!(verified.leaf.event.to_string(), counted[0]);

    given_the_same_days(world, &answer).await;
    let before = world.get(&format!("{path}&as_of=2021-07-01")).await;
    assert_eq!(before.refused(), "NOT_FOUND", "nothing was counted there yet");
}

/// The same days as a caller's own use up the same.
async fn given_the_same_days(world: &World, answer: &Value) {
    let days = answer["patients"][1]["days"].as_array().unwrap().iter().map(|day| {
        let mut day = day.clone();
        day.as_object_mut().unwrap().remove("date");
        day
    });
    let asked = json!({ "days": days.collect::<Vec<_>>(), "lead_days": 2, "margin_days": 1 });
    let route = "stock/supply";
    let given = world.post(CITY, "hospital", route, "application/json", asked.to_string()).await;
    assert_eq!(given.status, 200, "{}", given.text);
    for one in answer["items"].as_array().unwrap() {
        let same = item(&given.json, one["item"].as_str().unwrap()).unwrap();
        assert_eq!(same["courses"][0]["used"], one["courses"][1]["used"]);
        assert_eq!((&same["reorder_at"], &same["rates"]), (&one["reorder_at"], &one["rates"]));
    }
}

fn item<'a>(answer: &'a Value, name: &str) -> Option<&'a Value> {
    answer["items"].as_array()?.iter().find(|item| item["item"] == name)
}
