//! The descriptions are true: every documented route answers a documented status with a documented body, wrong calls
//! included, and every subject is in the AsyncAPI document.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::schema;
use crate::world::{CITY, PROVINCE, World, zero};

/// The disease that is counted here.
const DISEASE: &str = "A00";
/// The look-up code of the gift here: the example of the description.
const GIFT: &str = "exercise-gift-0044";

pub async fn all(world: &'static World) {
    let openapi = world.get("/v1/openapi.json").await.json;
    assert_eq!(openapi["openapi"], "3.1.0");
    let samples = Samples::make(world).await;
    let (mut calls, mut names) = (0, BTreeSet::new());
    bodies(&openapi);
    for (path, item) in openapi["paths"].as_object().unwrap() {
        for method in ["get", "post", "put", "delete", "patch"] {
            if item[method].is_object() {
                operation(world, &openapi, path, method, &item[method], &samples).await;
                // Clients made from the description name their functions after it.
                let name = item[method]["operationId"].as_str().unwrap();
                assert!(names.insert(name), "{method} {path}: another operation is called {name} too");
                calls += 1;
            }
        }
    }
    assert!(calls >= 25, "only {calls} operations are described");
    offline_page(world).await;
    asyncapi(world).await;
}

/// Ids of things that are there.
struct Samples {
    event: String,
    gift: String,
    digest: String,
    alert: String,
}

impl Samples {
    async fn make(world: &World) -> Self {
        let event = world.say("airport", "reports", &zero("sample")).await.taken();
        let deposit = json!({ "text": "exercise", "source": "exercise-paper", "title": "Exercise" });
        let directive = json!({ "level": "blue", "headline": "Exercise", "instruction": "Nothing to do." });
        let (deposit, directive) =
            tokio::join!(world.say("airport", "deposits", &deposit), world.say("cdc", "directives", &directive));
        deposit.taken();
        let digest = proof::digest::Digest::of(b"exercise").to_string();
        world.until(&format!("/v1/chains/{CITY}/deposits/{digest}"), |answer| answer.status == 200).await;
        for part in [format!("events/{event}/proof"), format!("deposits/{digest}/certificate")] {
            world.until(&format!("/v1/chains/{CITY}/{part}"), |answer| answer.status == 200).await;
        }
        let donor = proof::digest::Digest::of(GIFT.as_bytes()).to_string();
        let pledge = json!({ "item": "visor", "quantity": 1, "donor": donor, "purpose": "exercise" });
        let gift = world.say("cdc", "donations", &pledge).await.taken();
        world.until(&format!("/v1/chains/{CITY}/donations/{gift}/proof"), |answer| answer.status == 200).await;
        let directive = directive.taken();
        let rang = |answer: &Answer| {
            answer.json["alerts"]
                .as_array()
                .is_some_and(|alerts| alerts.iter().any(|alert| alert["event"] == *directive))
        };
        // A sum of the province has a figure of the city, once it counts and has risen.
        let (day, _) = world.open_day().await;
        for member in ["health", "cdc"] {
            world.judged(member, &day, "endorse", "").await;
        }
        world.until(&format!("/v1/chains/{PROVINCE}/rollup/{DISEASE}"), |answer| answer.status == 200).await;
        let alerts = world.until("/v1/alerts", rang).await.json;
        let alert = alerts["alerts"].as_array().unwrap().iter().find(|alert| alert["event"] == *directive).unwrap();
        Samples { event, gift, digest, alert: alert["id"].as_str().unwrap().to_owned() }
    }

    /// The path with its parameters filled.
    fn fill(&self, path: &str) -> String {
        let id = match path {
            alert if alert.starts_with("/v1/alerts") => &self.alert,
            gift if gift.contains("/donations/") => &self.gift,
            _ => &self.event,
        };
        // Only a chain with children has a word on them.
        let above = path.contains("{child}") || path.contains("{disease}");
        let path = path.replace("{chain}", if above { PROVINCE } else { CITY });
        let path = path.replace("{child}", CITY).replace("{disease}", DISEASE);
        let path = path.replace("{digest}", &self.digest).replace("{id}", id);
        // The smallest tile there is: every log with a leaf has it.
        let path = path.replace("{level}", "0").replace("{index}", "000.p/1");
        assert!(!path.contains('{'), "a sample is missing for {path}");
        path
    }
}

async fn operation(world: &World, openapi: &Value, path: &str, method: &str, operation: &Value, samples: &Samples) {
    let what = format!("{method} {path}");
    let good = samples.fill(path);
    let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
    for placeholder in path.split('{').skip(1).filter_map(|part| part.split('}').next()) {
        let described = parameters.iter().any(|each| each["name"] == *placeholder && each["in"] == "path");
        assert!(described, "{what}: {placeholder} is not described");
    }
    let missing = |path: &str| {
        path.replace(CITY, "cn.77")
            .replace("/cn.32/", "/cn.77/")
            .replace(&samples.event, &"0".repeat(64))
            .replace(&samples.gift, &"0".repeat(64))
            .replace(&samples.alert, &"0".repeat(64))
    };
    if method == "get" {
        let needed = parameters.iter().filter(|each| each["in"] == "query" && each["required"] == true);
        let query: String = needed
            .map(|each| format!("{}={}&", each["name"].as_str().unwrap(), each["example"].as_str().unwrap_or(DISEASE)))
            .collect();
        if path.ends_with("/stream") {
            let response = world.http.get(world.url(&good)).send().await.unwrap();
            assert_eq!(
                (response.status().as_u16(), response.headers()["content-type"].to_str().unwrap()),
                (200, "text/event-stream")
            );
            return;
        }
        let answer = world.get(&format!("{good}?{query}")).await;
        assert_eq!(answer.status, 200, "{what}: {}", answer.text);
        documented(openapi, operation, &answer, &what);
        if missing(path) != *path || missing(&good) != good {
            let absent = world.get(&format!("{}?{query}", missing(&good))).await;
            assert_eq!(absent.status, 404, "{what}: {}", absent.text);
            documented(openapi, operation, &absent, &what);
        }
        if parameters.iter().any(|each| each["in"] == "query") {
            let odd = world.get(&format!("{good}?{query}surprise=1")).await;
            assert_eq!(odd.status, 400, "{what}: {}", odd.text);
            documented(openapi, operation, &odd, &what);
        }
        return;
    }
    if path.ends_with("/witness/add-checkpoint") {
        return add_checkpoint(world, operation, &good, &what).await;
    }
    assert!(operation["security"].is_array(), "{what} changes something and needs a token");
    let without = Answer::of(
        world.http.request(method.to_uppercase().parse().unwrap(), world.url(&good)).body("{}").send().await.unwrap(),
    )
    .await;
    assert_eq!(without.status, 401, "{what}: {}", without.text);
    documented(openapi, operation, &without, &what);
    let route = good.split_once(&format!("{CITY}/")).unwrap().1;
    let media = operation["requestBody"]["content"].as_object().unwrap().keys().next().unwrap();
    example_of_body(openapi, &operation["requestBody"]["content"][media], &what);
    for (chain, body, status) in
        [(CITY, "[", 400..=499), (CITY, "{\"surprise\":1}", 202..=499), ("cn.77", "{}", 404..=404)]
    {
        let answer = world.post_as(&world.token(CITY, "cdc"), chain, route, media, body).await;
        assert!(status.contains(&answer.status), "{what}: {} {}", answer.status, answer.text);
        documented(openapi, operation, &answer, &what);
        assert!(!answer.text.contains("surprise"), "{what} repeats the request: {}", answer.text);
    }
}

/// The posts that take kinds of requests, with an example each.
fn bodies(openapi: &Value) {
    let posts = openapi["paths"].as_object().unwrap().values().map(|item| &item["post"]["requestBody"]["content"]);
    let described = posts.filter(|content| content["application/json"]["example"]["kind"].is_string()).count();
    assert!(described >= 17, "only {described} posts say what they take");
}

/// What is described as a body of the domain's is one: the example is of its schema, and the decoder takes it.
fn example_of_body(openapi: &Value, content: &Value, what: &str) {
    let example = &content["example"];
    let Some(kind) = example["kind"].as_str() else { return };
    assert!(content["schema"].as_object().is_some_and(|schema| !schema.is_empty()), "{what} has no schema");
    schema::check(openapi, &content["schema"], example, what);
    let mut request = example.clone();
    if what.contains("{id}") {
        // The path names what it is about.
        request["subject"] = "05".repeat(32).into();
    }
    let defaults = wire::json::Defaults { now: domain::time::Millis(0), region: CITY };
    wire::json::fact_from(kind, &request, &defaults).unwrap_or_else(|refusal| panic!("{what}: {refusal}"));
}

/// The answer's status, media type and body are among those described.
/// C2SP fixes what a witness answers, and nobody needs a token: what is shown to it is signed or does not count.
async fn add_checkpoint(world: &World, operation: &Value, good: &str, what: &str) {
    for (path, status) in [(good.to_owned(), 400), (good.replace(CITY, "cn.77"), 404)] {
        let answer = Answer::of(world.http.post(world.url(&path)).body("{}").send().await.unwrap()).await;
        assert_eq!((answer.status, answer.media.as_str()), (status, "text/plain; charset=utf-8"), "{what}");
        let content = &operation["responses"][status.to_string()]["content"];
        assert!(content["text/plain"].is_object(), "{what}: {status} is not described");
    }
}

fn documented(openapi: &Value, operation: &Value, answer: &Answer, what: &str) {
    let responses = &operation["responses"];
    let (exact, range) = (answer.status.to_string(), format!("{}XX", answer.status / 100));
    let described =
        [exact.as_str(), range.as_str()].into_iter().map(|status| &responses[status]).find(|each| each.is_object());
    let described = described.unwrap_or_else(|| panic!("{what}: {} is not described", answer.status));
    if answer.status >= 400 {
        answer.assert_problem(answer.status, answer.json["code"].as_str().unwrap_or_default());
        return;
    }
    let content = described["content"].as_object().unwrap_or_else(|| panic!("{what}: no content is described"));
    let media = answer.media.split(';').next().unwrap();
    let body = content.get(media).unwrap_or_else(|| panic!("{what}: {media} is not described"));
    if media.ends_with("json") {
        schema::check(openapi, &body["schema"], &answer.json, what);
    }
}

async fn offline_page(world: &World) {
    for page in ["/docs/", "/"] {
        let page = world.get(page).await;
        assert_eq!(page.status, 200);
        for elsewhere in ["src=\"http", "href=\"http", "src='http", "//cdn", "//unpkg"] {
            assert!(!page.text.contains(elsewhere), "a page loads something from elsewhere: {elsewhere}");
        }
    }
    for page in ["/healthz", "/metrics"] {
        assert_eq!(world.get(page).await.status, 200);
    }
}

async fn asyncapi(world: &World) {
    let document = world.get("/v1/asyncapi.json").await.json;
    assert_eq!(document["asyncapi"], "3.0.0");
    let channels = document["channels"].as_object().unwrap();
    let mut described: Vec<_> = channels.values().map(|channel| channel["address"].as_str().unwrap()).collect();
    let mut subjects: Vec<_> = wire::subject::ALL.iter().map(|subject| subject.pattern).collect();
    described.sort_unstable();
    subjects.sort_unstable();
    assert_eq!(described, subjects);
    for (name, channel) in channels {
        let placeholders = channel["address"].as_str().unwrap().matches('{').count();
        assert_eq!(channel["parameters"].as_object().unwrap().len(), placeholders, "{name}");
        for message in channel["messages"].as_object().unwrap().values() {
            let target = message["$ref"].as_str().unwrap();
            assert!(document.pointer(&target[1..]).is_some(), "{target} is nowhere");
        }
    }
}
