//! Beds as hospitals and those who need them meet them: a hundred ask for forty at once, patients are handed over, and what
//! stands can be proven figure by figure.

use std::collections::BTreeMap;

use futures::future::join_all;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::world::{CITY, PROVINCE, World};

pub async fn all(world: &'static World) {
    tokio::join!(
        a_hundred_ask_for_forty_beds(world),
        patients_are_handed_over(world),
        other_systems(world),
        early_warning_knows_the_beds(world)
    );
}

async fn state(world: &World, member: &str, stated: Value) -> Answer {
    world.say(member, "medical-resources", &stated).await
}

/// States it, and waits until it is final.
async fn stated(world: &World, member: &str, fact: Value) -> String {
    let id = state(world, member, fact).await.taken();
    world.event(&id, "state", "final").await;
    id
}

fn claim(facility: &str, staffed: u64, occupied: u64) -> Value {
    json!({ "kind": "capacity_claim", "facility": facility, "resource": "isolation", "staffed": staffed, "occupied": occupied })
}

/// What became of each hold: `final`, or the code of its refusal, at the door or in the log.
async fn fate(world: &World, answer: Answer) -> String {
    if answer.status != 202 {
        return answer.refused().to_owned();
    }
    let id = answer.taken();
    let settled = |answer: &Answer| matches!(answer.json["state"].as_str(), Some("final" | "rejected"));
    let view = world.until(&format!("/v1/chains/{CITY}/events/{id}"), settled).await.json;
    view["code"].as_str().or(view["state"].as_str()).unwrap().to_owned()
}

/// That the rule alone decides it was seen in `domain`: without the question what is free, all hundred are granted.
async fn a_hundred_ask_for_forty_beds(world: &'static World) {
    stated(world, "hospital", claim("hundred-ward", 90, 50)).await;
    let until = world.clock.now().plus_ms(3_600_000).to_string();
    let members = ["hospital", "airport", "cdc", "health"];
    let asked = (0..100_usize).map(|each| {
        let hold = json!({ "kind": "bed_hold", "facility": "hundred-ward", "resource": "isolation", "patients": 1, "until": until });
        async move { fate(world, state(world, members[each % members.len()], hold).await).await }
    });
    let mut fates = BTreeMap::<String, u32>::new();
    for fate in join_all(asked).await {
        *fates.entry(fate).or_default() += 1;
    }
    assert_eq!(fates, BTreeMap::from([("final".to_owned(), 40), ("NO_BED".to_owned(), 60)]));
    let path = format!("/v1/chains/{CITY}/beds?facility=hundred-ward");
    let beds = world.until(&path, |answer| answer.json["beds"][0]["reserved"] == 40).await.json["beds"][0].clone();
    assert_eq!(json!([beds["available"], beds["overcommitted"]]), json!([0, 0]));
    let holds = world.get(&format!("/v1/chains/{CITY}/medical-resources/holds?facility=hundred-ward&state=held")).await;
    assert_eq!(holds.json["holds"].as_array().unwrap().len(), 40);
    let history = format!("/v1/chains/{CITY}/medical-resources/history?key=beds/hundred-ward/isolation");
    let changes = world.get(&history).await.json["changes"].as_array().unwrap().clone();
    assert_eq!(changes.len(), 41, "a claim and forty holds");
    // The proof of the last figure is where its history says, and holds by the province's genesis alone.
    let proof = world.until(changes[40]["proof"].as_str().unwrap(), |answer| answer.status == 200).await.text;
    let verified = tocsin::verify::verify(&proof, world.genesis(PROVINCE)).unwrap();
    assert_eq!(verified.leaf.event.to_string(), changes[40]["event_id"].as_str().unwrap());
}

async fn patients_are_handed_over(world: &World) {
    stated(world, "hospital", claim("giving-ward", 20, 20)).await;
    stated(world, "cdc", claim("taking-ward", 10, 4)).await;
    let step = |step: &str, fields: Value| {
        let mut stated = json!({ "kind": "transfer", "step": step });
        stated.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        stated
    };
    let request = json!({ "from": "giving-ward", "to": "taking-ward", "resource": "isolation", "patients": 3,
                          "severity": "severe", "reason": "full" });
    let asked = stated(world, "hospital", step("request", request)).await;
    let follows = |what: &str| step(what, json!({ "request": asked }));
    stated(world, "cdc", follows("accept")).await;
    let wrong = state(world, "cdc", follows("arrive")).await;
    assert_eq!(wrong.refused(), "BAD_CAUSE", "nobody has left");
    stated(world, "hospital", follows("depart")).await;
    stated(world, "cdc", follows("arrive")).await;
    let path = format!("/v1/chains/{CITY}/medical-resources/transfers?facility=giving-ward");
    let transfer = world.until(&path, |answer| answer.json["transfers"][0]["state"] == "arrived").await.json;
    assert_eq!(transfer["transfers"][0]["steps"].as_array().unwrap().len(), 4);
    for (facility, occupied) in [("giving-ward", 17), ("taking-ward", 7)] {
        let beds = world.get(&format!("/v1/chains/{CITY}/beds?facility={facility}")).await.json;
        assert_eq!(
            json!([beds["beds"][0]["occupied"], beds["beds"][0]["reserved"]]),
            json!([occupied, 0]),
            "{facility}"
        );
    }
}

/// Early warning asks medical resources over the bus. Seen to fail: with a medical-resources service that answers nobody the
/// beds are from `nobody`.
async fn early_warning_knows_the_beds(world: &World) {
    let claim = stated(world, "hospital", claim("foreseen-ward", 70, 20)).await;
    let path = format!("/v1/chains/{CITY}/forecasting/demand?disease=U07.1&region=320100&resource=isolation");
    let ward = |answer: &Answer| {
        let standing = answer.json["regions"][0]["standing"].as_array().cloned().unwrap_or_default();
        standing.into_iter().find(|ward| ward["facility"] == "foreseen-ward")
    };
    let answer = world.until(&path, |answer| ward(answer).is_some()).await;
    assert_eq!(answer.json["beds_from"], "log");
    assert_eq!(ward(&answer).unwrap(), json!({ "facility": "foreseen-ward", "staffed": 70, "event_id": claim }));
    let row = &answer.json["regions"][0];
    assert!(row["beds"].as_u64().unwrap() >= 70 && answer.json["beds_height"].as_u64().unwrap() > 0, "{row}");
    let whatif = world.get(&format!("{path}&beds=3")).await.json;
    assert_eq!(json!([whatif["beds_from"], whatif["regions"][0]["beds"]]), json!(["caller", 3]));
}

/// What one system sends as a measure report another reads as EDXL-HAVE.
async fn other_systems(world: &World) {
    stated(world, "hospital", claim("format-ward", 30, 10)).await;
    let path = format!("/v1/chains/{CITY}/medical-resources/measure-reports?facility=format-ward");
    let sent = world.until(&path, |answer| answer.json["total"] == 1).await;
    assert_eq!(sent.media, "application/fhir+json");
    let mut report = sent.json["entry"][0]["resource"].clone();
    let stratum = report.pointer_mut("/group/0/stratifier/0/stratum/0/population/1/count").unwrap();
    assert_eq!(*stratum, 10);
    *stratum = json!(12);
    let route = "medical-resources/measure-reports";
    let taken = world.post(CITY, "hospital", route, "application/fhir+json", report.to_string()).await;
    world.event(&taken.taken(), "state", "final").await;
    let have = format!("/v1/chains/{CITY}/medical-resources/have?facility=format-ward");
    let document = world.until(&have, |answer| answer.text.contains("<AvailableCount>18</AvailableCount>")).await;
    assert_eq!(document.media, "application/xml");
    let more = document.text.replace("<BaselineCount>30<", "<BaselineCount>31<");
    let route = "medical-resources/have";
    let others = world.post(CITY, "airport", route, "application/xml", more.clone()).await;
    assert_eq!(others.refused(), "NOT_OWNER");
    let taken = world.post(CITY, "hospital", route, "application/xml", more).await;
    world.event(&taken.taken(), "state", "final").await;
    let broken =
        world.post(CITY, "hospital", route, "application/xml", document.text.replace("OtherIsolation", "Ward")).await;
    broken.assert_problem(422, "IMPORT");
    assert!(broken.json["detail"].as_str().unwrap().starts_with("Hospital 1, BedCapacity 1: "), "{}", broken.text);
}
