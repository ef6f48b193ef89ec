//! The situation room's page against the API that it reads: every way it asks is described, by queries that are described,
//! and every field it reads is in that answer's schema with that type. The page sees no other field, so it can't drift.
//!
//! Seen to fail: a field renamed in `questions.js` (`staffed` to `beds`), a type (`integer` to `string`), a way
//! (`/v1/chains/{chain}/bed`), a query (`facility` to `hospital`), a question that nobody asks, and a way beside them.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::world::World;

const QUESTIONS: &str = "/page/questions.js";

pub async fn all(world: &'static World) {
    let openapi = world.get("/v1/openapi.json").await.json;
    let page = world.get("/").await.text;
    let mut scripts = Vec::new();
    for path in page.split('"').filter(|piece| piece.starts_with("/page/") && piece.ends_with(".js")) {
        let script = world.get(path).await;
        assert_eq!(script.status, 200, "{path}");
        scripts.push((path, script.text));
    }
    let (questions, scripts): (Vec<_>, Vec<_>) = scripts.into_iter().partition(|(path, _)| *path == QUESTIONS);
    let (_, json) = questions[0].1.split_once("export default ").expect("the questions, as JSON");
    let questions: Value = serde_json::from_str(json).expect("strict JSON");
    let questions = questions.as_object().unwrap();
    assert!(questions.len() >= 15, "only {} questions", questions.len());
    for (name, question) in questions {
        described(&openapi, name, question);
        let asked = scripts.iter().any(|(_, text)| text.contains(&format!("(\"{name}\"")));
        assert!(asked, "nobody asks {name}");
    }
    // What the rules ring without an event (idle stock, a silent sentinel) names none that a link could open; the alert's own
    // JSON is always there.
    let alert = &questions["alerts"]["reads"]["alerts"][0];
    assert!(alert["id"].is_string() && alert.get("event").is_none(), "the page may link an event that is none");
    for (path, text) in &scripts {
        // One guard asks whether a link stays within the API; all else goes through the questions.
        let ways = text.replace(".startsWith(\"/v1/\")", "");
        assert!(!ways.contains("/v1/"), "{path} knows a way that is no question");
    }
    for way in page.split('"').filter(|piece| piece.starts_with("/v1/")) {
        assert!(openapi["paths"][way].is_object(), "the page links {way}");
    }
}

fn described(openapi: &Value, name: &str, question: &Value) {
    let path = question["path"].as_str().unwrap();
    let get = &openapi["paths"][path]["get"];
    assert!(get.is_object(), "{name}: GET {path} is not described");
    let of = |place: &str, required: bool| -> BTreeSet<&str> {
        let parameters = get["parameters"].as_array().into_iter().flatten();
        let found = parameters.filter(|each| each["in"] == place && (!required || each["required"] == true));
        found.map(|each| each["name"].as_str().unwrap()).collect()
    };
    let query: BTreeSet<_> = question["query"].as_array().unwrap().iter().map(|each| each.as_str().unwrap()).collect();
    assert!(query.is_subset(&of("query", false)), "{name}: {path} takes {:?}, not {query:?}", of("query", false));
    assert!(of("query", true).is_subset(&query), "{name}: {path} needs {:?}", of("query", true));
    if let Some(reads) = question.get("reads") {
        let schema = &get["responses"]["200"]["content"]["application/json"]["schema"];
        assert!(schema.is_object(), "{name}: {path} answers no JSON that is described");
        read(openapi, schema, reads, name);
    }
}

/// Every field of `reads` is in the schema, with that type; one that ends in `?` may be null or left out.
fn read(openapi: &Value, schema: &Value, reads: &Value, at: &str) {
    match reads {
        Value::Object(fields) => {
            for (field, inner) in fields {
                let found = property(openapi, schema, field);
                let found = found.unwrap_or_else(|| panic!("{at}.{field} is in no schema"));
                read(openapi, found, inner, &format!("{at}.{field}"));
            }
        }
        Value::Array(rows) => {
            let items = variants(openapi, schema).into_iter().find_map(|each| each.get("items"));
            read(openapi, items.unwrap_or_else(|| panic!("{at} is no list")), &rows[0], &format!("{at}[]"));
        }
        kind => {
            let kind = kind.as_str().unwrap();
            let (kind, nullable) = kind.strip_suffix('?').map_or((kind, false), |kind| (kind, true));
            let types: BTreeSet<_> = variants(openapi, schema).into_iter().flat_map(types).collect();
            assert!(types.contains(kind), "{at} is {types:?}, not {kind}");
            assert_eq!(types.contains("null"), nullable, "{at} is {types:?}");
        }
    }
}

/// A schema with all that it refers to or is made of.
fn variants<'a>(openapi: &'a Value, schema: &'a Value) -> Vec<&'a Value> {
    if let Some(target) = schema["$ref"].as_str() {
        return variants(openapi, openapi.pointer(&target[1..]).unwrap_or_else(|| panic!("{target} is nowhere")));
    }
    let parts = ["oneOf", "anyOf", "allOf"].into_iter().filter_map(|key| schema[key].as_array()).flatten();
    let mut found: Vec<_> = parts.flat_map(|part| variants(openapi, part)).collect();
    found.push(schema);
    found
}

fn property<'a>(openapi: &'a Value, schema: &'a Value, field: &str) -> Option<&'a Value> {
    variants(openapi, schema).into_iter().find_map(|each| each["properties"].get(field))
}

fn types(schema: &Value) -> Vec<&str> {
    match &schema["type"] {
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
        Value::String(name) => vec![name],
        _ => Vec::new(),
    }
}
