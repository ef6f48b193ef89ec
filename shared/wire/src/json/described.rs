//! What requests look like, for descriptions of an API: an example of each kind, and a JSON schema that is read off it and
//! off the decoder. The decoder alone says what is valid: a field is required where it refuses the example without it, and
//! what a word may be is said in the sentence with which it refuses another.

use domain::record::Kind;
use domain::refusal::Refusal;
use domain::time::Millis;
use serde_json::{Map, Value, json};

use super::{Defaults, fact_from, parse};

/// What every request may say beside what it is about, and no example has.
const BESIDE: &str = r#"{
    "kind": null, "valid_until": "2021-07-27T12:00:00Z", "response_level": "yellow",
    "sealed": [{"ciphertext": "0606060606060606060606060606060606060606060606060606060606060606", "vault": "cdc", "length": 4096}],
    "causes": ["0505050505050505050505050505050505050505050505050505050505050505"],
    "expect": [{"key": "stock/central/n95-mask/lot-1", "version": 3}]
}"#;
/// Fields that say which others there are: beside them no other is required.
const TAGS: [&str; 2] = ["action", "step"];
/// A word that no list of words has, and no date, time or digest is.
const NO_WORD: &str = "?";

macro_rules! examples {
    ($($kind:ident $name:literal),+ $(,)?) => {
        /// The golden text of a kind's view; none for what nodes make.
        fn golden(kind: Kind) -> Option<&'static str> {
            match kind {
                $(Kind::$kind => Some(include_str!(concat!("../../golden/json/", $name, ".json"))),)+
                Kind::Anchor | Kind::Appeal | Kind::Decision => None,
            }
        }
    };
}

examples! {
    CaseReport "case_report", DailyAggregate "daily_aggregate", SuspectedCluster "suspected_cluster",
    ZeroReport "zero_report", LabResult "lab_result", Ballot "ballot", Warning "warning", Directive "directive",
    Lifting "lifting", CapacityClaim "capacity_claim", FacilityProfile "facility_profile", PatientFlow "patient_flow",
    BedHold "bed_hold", BedRelease "bed_release", Transfer "transfer", SpotCheck "spot_check", ItemDefined "item_defined",
    StockReceived "stock_received", StockIssued "stock_issued", StockCounted "stock_counted", StockWasted "stock_wasted",
    StockAdjusted "stock_adjusted", HandOver "hand_over", TakeOver "take_over", DiscrepancySettled "discrepancy_settled",
    ResourceRequest "resource_request", Commit "commit", Release "release", Requisition "requisition", Pledge "pledge",
    Purchase "purchase", Deposit "deposit", Proposal "proposal", Correction "correction", Misbehaviour "misbehaviour",
    Forecast "forecast", Assessment "assessment",
}

/// A request of a kind, as a member may send it; none for what nodes make.
pub fn example(kind: Kind) -> Option<Value> {
    let Value::Object(mut view) = parse(golden(kind)?.as_bytes()).ok()? else { return None };
    // These three are given by whoever signs.
    for given in ["author", "nonce", "created_at"] {
        view.remove(given);
    }
    Some(Value::Object(view))
}

/// The JSON schema of a kind's requests; none for what nodes make.
pub fn schema(kind: Kind) -> Option<Value> {
    let Value::Object(mut whole) = example(kind)? else { return None };
    let Value::Object(beside) = parse(BESIDE.as_bytes()).ok()? else { return None };
    whole.extend(beside.into_iter().filter(|(_, value)| !value.is_null()));
    let mut schema = of(kind, &Value::Object(whole), "");
    let fixed = json!({ "type": "string", "enum": [kind.name()] });
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        properties.insert("kind".to_owned(), fixed);
    }
    Some(schema)
}

/// The schema of the value at a JSON pointer of a request that the decoder takes.
fn of(kind: Kind, whole: &Value, at: &str) -> Value {
    let below = |name: &str| format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
    match whole.pointer(at) {
        Some(Value::Object(object)) => {
            let properties = object.keys().map(|name| (name.clone(), of(kind, whole, &below(name))));
            let properties = properties.collect::<Map<_, _>>();
            let needed = |name: &&String| match TAGS.iter().find(|tag| object.contains_key(**tag)) {
                Some(tag) => name == tag,
                None => refused(kind, whole, at, &|value| drop(value.as_object_mut().and_then(|it| it.remove(*name))))
                    .is_some(),
            };
            let required = object.keys().filter(needed).collect::<Vec<_>>();
            match required.is_empty() {
                true => json!({ "type": "object", "properties": properties }),
                false => json!({ "type": "object", "properties": properties, "required": required }),
            }
        }
        Some(Value::Array(items)) if items.is_empty() => json!({ "type": "array" }),
        Some(Value::Array(_)) => json!({ "type": "array", "items": of(kind, whole, &below("0")) }),
        Some(Value::String(_)) => match refused(kind, whole, at, &|value| *value = NO_WORD.into()) {
            Some(refusal) => json!({ "type": "string", "description": refusal.detail }),
            None => json!({ "type": "string" }),
        },
        Some(Value::Bool(_)) => json!({ "type": "boolean" }),
        Some(Value::Number(_)) => json!({ "type": "integer" }),
        Some(Value::Null) | None => json!({}),
    }
}

/// How the decoder refuses the request with the value at a pointer changed, if it does.
fn refused(kind: Kind, whole: &Value, at: &str, change: &dyn Fn(&mut Value)) -> Option<Refusal> {
    let mut changed = whole.clone();
    changed.pointer_mut(at).into_iter().for_each(change);
    // A region and a time, so that nothing but the change is refused.
    let defaults = Defaults { now: Millis(0), region: "320100" };
    fact_from(kind.name(), &changed, &defaults).err()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEFAULTS: Defaults<'_> = Defaults { now: Millis(0), region: "320100" };

    #[test]
    fn every_example_is_a_request_and_has_what_its_schema_requires() {
        for kind in Kind::ALL {
            let Some(example) = example(kind) else {
                let taken = fact_from(kind.name(), &json!({}), &DEFAULTS);
                assert!(taken.is_err_and(|refusal| refusal.code.text() == "UNKNOWN_KIND"), "{kind:?} can be asked for");
                continue;
            };
            fact_from(kind.name(), &example, &DEFAULTS).unwrap();
            let schema = schema(kind).unwrap();
            for name in schema["required"].as_array().into_iter().flatten() {
                assert!(!example[name.as_str().unwrap()].is_null(), "{kind:?} {name}");
            }
            for name in example.as_object().unwrap().keys() {
                assert!(schema["properties"][name].is_object(), "{kind:?} {name}");
            }
        }
    }

    #[test]
    fn a_schema_says_what_the_decoder_asks_for() {
        let case = schema(Kind::CaseReport).unwrap();
        let required = ["classification", "disease", "facility", "region", "report_date"].map(Value::from);
        assert_eq!(case["required"], Value::from(required.to_vec()));
        assert_eq!(case["properties"]["disease"]["required"], json!(["code", "name"]));
        let said = |field: &str| case["properties"][field]["description"].as_str().unwrap_or_default().to_owned();
        assert!(said("classification").contains("suspected, probable, confirmed"), "{}", said("classification"));
        assert!(said("report_date").contains("YYYY-MM-DD") && said("facility").is_empty());
        assert_eq!(case["properties"]["expect"]["items"]["properties"]["version"], json!({ "type": "integer" }));
        // Other actions have other fields.
        let actions = &schema(Kind::Proposal).unwrap()["properties"]["actions"];
        assert_eq!(actions["items"]["required"], json!(["action"]));
        assert_eq!(schema(Kind::Transfer).unwrap()["required"], json!(["step"]));
    }
}
