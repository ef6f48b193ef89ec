//! The documents against the rules of GS1's published JSON schema (EPCIS 2.0, `EPCIS-Document-JSON-Schema` and the schemas it
//! names): which fields an event of each kind may and must have, and the words and forms it takes for them.

use super::*;
use crate::model::List;
use crate::model::tests::{Followed, story};

/// Fields of any event, of an ObjectEvent and of a TransactionEvent, as far as we write them.
const COMMON: [&str; 5] = ["type", "eventID", "eventTime", "recordTime", "eventTimeZoneOffset"];
const OBJECT: [&str; 9] = [
    "quantityList",
    "action",
    "bizStep",
    "disposition",
    "readPoint",
    "bizLocation",
    "bizTransactionList",
    "sourceList",
    "destinationList",
];
/// Words of the Core Business Vocabulary that its schema lists.
const STEPS: [&str; 6] = ["receiving", "dispensing", "stock_taking", "destroying", "shipping", "reserving"];
const DISPOSITIONS: [&str; 6] = ["in_progress", "dispensed", "destroyed", "in_transit", "damaged", "reserved"];
const TRANSACTIONS: [&str; 3] = ["desadv", "inv", "po"];

fn is_uri(value: &Value) -> bool {
    let text = value.as_str().unwrap();
    let scheme = text.split_once(':').is_some_and(|(scheme, rest)| scheme.is_ascii() && !rest.is_empty());
    scheme && text.chars().all(|letter| letter.is_ascii_graphic() && !"<>\"{}|\\^`".contains(letter))
}

/// As `format: date-time` with an offset of its own, which is what RFC 3339 asks for.
fn is_time(value: &Value) -> bool {
    domain::time::Millis::parse(value.as_str().unwrap()).is_some()
}

fn names(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

fn check_event(event: &Value) {
    let kind = event["type"].as_str().unwrap();
    assert!(["ObjectEvent", "TransactionEvent"].contains(&kind), "{kind}");
    for name in names(event) {
        assert!(COMMON.contains(&name) || OBJECT.contains(&name), "{name} is not described");
    }
    assert!(is_time(&event["eventTime"]) && is_time(&event["recordTime"]) && is_uri(&event["eventID"]));
    assert_eq!(event["eventTimeZoneOffset"], "+00:00");
    let action = event["action"].as_str().unwrap();
    assert!(["OBSERVE", "ADD", "DELETE"].contains(&action));
    assert!(STEPS.contains(&event["bizStep"].as_str().unwrap()));
    if let Some(disposition) = event.get("disposition") {
        assert!(DISPOSITIONS.contains(&disposition.as_str().unwrap()));
    }
    // Which things: at least one class with its quantity, but for a transaction that ends.
    let things = event.get("quantityList").map_or(0, |list| list.as_array().unwrap().len());
    assert!(things > 0 || (kind == "TransactionEvent" && action == "DELETE"));
    for thing in event.get("quantityList").into_iter().flat_map(|list| list.as_array().unwrap()) {
        assert_eq!(names(thing), ["epcClass", "quantity"]);
        assert!(is_uri(&thing["epcClass"]) && thing["quantity"].is_u64());
    }
    for place in ["readPoint", "bizLocation"].into_iter().filter_map(|name| event.get(name)) {
        assert!(names(place) == ["id"] && is_uri(&place["id"]));
    }
    let transactions = event.get("bizTransactionList").map_or(&[][..], |list| list.as_array().unwrap());
    assert!(kind == "ObjectEvent" || !transactions.is_empty(), "a TransactionEvent names its transactions");
    for one in transactions {
        assert_eq!(names(one), ["bizTransaction", "type"]);
        assert!(TRANSACTIONS.contains(&one["type"].as_str().unwrap()) && is_uri(&one["bizTransaction"]));
    }
    for (list, name) in [("sourceList", "source"), ("destinationList", "destination")] {
        for end in event.get(list).into_iter().flat_map(|list| list.as_array().unwrap()) {
            assert!(end["type"] == "location" && is_uri(&end[name]) && names(end).len() == 2);
        }
    }
}

#[test]
fn every_movement_of_goods_is_an_event_as_gs1_published_it() {
    let story = story();
    let followed = Followed::of(&story.log, 100);
    let stock = followed.model();
    let moves = stock.moves(&List::All, 0, 500).unwrap().lines;
    let document = document(stock, "cn.32.01", &moves).unwrap();
    assert_eq!(names(&document), ["@context", "creationDate", "epcisBody", "schemaVersion", "type"]);
    assert_eq!((&document["type"], &document["schemaVersion"]), (&json!("EPCISDocument"), &json!("2.0")));
    assert!(is_uri(&document["@context"]) && is_time(&document["creationDate"]));
    let events = document["epcisBody"]["eventList"].as_array().unwrap();
    events.iter().for_each(check_event);
    let steps = events.iter().map(|event| event["bizStep"].as_str().unwrap()).collect::<Vec<_>>();
    assert_eq!(
        steps,
        [
            "receiving",
            "receiving",
            "reserving",
            "shipping",
            "receiving",
            "receiving",
            "dispensing",
            "shipping",
            "receiving",
            "dispensing"
        ],
        "money, definitions, pledges, requests and settlements have none"
    );
    assert_eq!(events[3]["quantityList"][0]["epcClass"], "https://id.gs1.org/01/06291041500213/10/a");
    assert_eq!(events[0]["quantityList"][0]["epcClass"], "urn:tocsin:cn.32.01:item:gown:lot:own");
    let advice = |event: &Value| event["bizTransactionList"][0]["bizTransaction"].clone();
    assert_eq!(advice(&events[3]), advice(&events[4]), "what was shipped is what was received");
    assert_eq!(events[2]["type"], "TransactionEvent");
}

/// Two readers of one page get one document.
#[test]
fn a_page_is_the_same_document_for_everybody() {
    let story = story();
    let (one, two) = (Followed::of(&story.log, 3), Followed::of(&story.log, 100));
    let told = |followed: &Followed| {
        let stock = followed.model();
        let moves = stock.moves(&List::Donation(story.masks), 0, 500).unwrap().lines;
        document(stock, "cn.32.01", &moves).unwrap().to_string()
    };
    assert_eq!(told(&one), told(&two));
}
