//! The message feeds as AsyncAPI 3.0, made from the one list of subjects, so that the description can not differ from it.

use serde_json::{Map, Value, json};
use utoipa::PartialSchema as _;
use wire::area::Area;
use wire::subject::{ALL, Described};

use crate::payload::{AlertBasis, AlertDisease, AlertGround, AlertPayload, AlertSuperseded};

/// CloudEvents attributes of an alert, as `wire::alert::headers` writes them.
const HEADERS: [(&str, &str); 9] = [
    ("ce-specversion", "always 1.0"),
    ("ce-id", "the alert's id, the same on every chain: drop one you have seen"),
    ("ce-type", wire::alert::TYPE),
    ("ce-source", "the chain on which it is final"),
    ("ce-subject", "region code"),
    ("ce-time", "chain time at its origin"),
    ("ce-alertlevel", "blue, yellow, orange or red"),
    ("ce-alertstate", "provisional, confirmed or cancelled"),
    ("content-type", "always application/json"),
];

/// The document.
pub(crate) fn document() -> Value {
    let (mut channels, mut operations, mut messages) = (Map::new(), Map::new(), Map::new());
    for row in ALL {
        let name = name(row);
        channels.insert(name.clone(), channel(row, &name));
        operations.insert(format!("receive-{name}"), operation(row, &name));
        messages.insert(name.clone(), message(row, &name));
    }
    json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "Tocsin",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "NATS subjects. Departments that listen need the alert channel only; the others are how \
                            members' nodes speak to each other. A subject says where a message was sent, never who sent \
                            it: believe signatures and proofs.",
        },
        "defaultContentType": "application/octet-stream",
        "channels": channels,
        "operations": operations,
        "components": {
            "messages": messages,
            "schemas": {
                "Alert": AlertPayload::schema(),
                "AlertDisease": AlertDisease::schema(),
                "AlertGround": AlertGround::schema(),
                "AlertBasis": AlertBasis::schema(),
                "AlertSuperseded": AlertSuperseded::schema(),
            },
        },
    })
}

/// `tocsin.block.sealed.{chain}` is `block`.
fn name(row: &Described) -> String {
    row.pattern.split('.').nth(1).unwrap_or(row.pattern).to_owned()
}

fn channel(row: &Described, name: &str) -> Value {
    let placeholders = row.pattern.split('{').skip(1).filter_map(|part| part.split('}').next());
    let parameters: Map<_, _> = placeholders.map(|each| (each.to_owned(), parameter(each))).collect();
    let message = json!({ "$ref": format!("#/components/messages/{name}") });
    json!({
        "address": row.pattern,
        "description": row.purpose,
        "parameters": parameters,
        "messages": { name: message },
        "x-stored": row.stored,
    })
}

fn parameter(name: &str) -> Value {
    match name {
        "level" => json!({ "enum": ["blue", "yellow", "orange", "red"], "description": "how grave" }),
        "lane" => json!({ "enum": ["urgent", "high", "normal"], "description": "urgency class" }),
        "chain" => json!({ "description": "chain path; its dots are the subject's", "examples": ["cn", "cn.32.01"] }),
        "member" => json!({ "description": "the member whose node it is", "examples": ["nanjing-cdc"] }),
        "area" => {
            json!({ "enum": Area::ALL.map(Area::name), "description": "the service that answers" })
        }
        other => json!({ "description": other }),
    }
}

fn operation(row: &Described, name: &str) -> Value {
    let channel = json!({ "$ref": format!("#/channels/{name}") });
    let message = json!({ "$ref": format!("#/channels/{name}/messages/{name}") });
    let mut operation =
        json!({ "action": "receive", "summary": row.purpose, "channel": channel, "messages": [message] });
    if row.is_alert()
        && let Value::Object(fields) = &mut operation
    {
        let stream = wire::subject::alert_stream().name;
        let detail = format!("stored in the JetStream stream `{stream}`: resume by its sequence");
        fields.insert("description".to_owned(), Value::String(detail));
    }
    operation
}

fn message(row: &Described, name: &str) -> Value {
    let limit = json!({ "name": name, "summary": row.payload, "x-max-bytes": row.max_bytes });
    let Value::Object(mut message) = limit else { return limit };
    if row.is_alert() {
        let headers = HEADERS.map(|(name, what)| (name.to_owned(), json!({ "type": "string", "description": what })));
        let required = HEADERS.map(|(name, _)| name);
        let properties = Map::from_iter(headers);
        message.insert("contentType".to_owned(), json!("application/json"));
        message.insert("payload".to_owned(), json!({ "$ref": "#/components/schemas/Alert" }));
        message
            .insert("headers".to_owned(), json!({ "type": "object", "properties": properties, "required": required }));
    }
    Value::Object(message)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use domain::alert::AlertState;

    use super::*;

    #[test]
    fn it_has_exactly_the_subjects_of_the_one_list() {
        let document = document();
        let channels = document["channels"].as_object().unwrap();
        let addresses: BTreeSet<_> = channels.values().map(|channel| channel["address"].as_str().unwrap()).collect();
        assert_eq!(addresses, ALL.iter().map(|row| row.pattern).collect());
        assert_eq!(channels.len(), ALL.len());
        assert_eq!(document["operations"].as_object().unwrap().len(), ALL.len());
        for channel in channels.values() {
            let address = channel["address"].as_str().unwrap();
            let parameters = channel["parameters"].as_object().unwrap();
            assert_eq!(address.matches('{').count(), parameters.len(), "{address}");
            assert!(parameters.keys().all(|name| address.contains(&format!("{{{name}}}"))), "{address}");
        }
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let document = document();
        let text = document.to_string();
        let targets: BTreeSet<_> =
            text.split("\"$ref\":\"#").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
        assert!(targets.len() > ALL.len());
        for target in targets {
            assert!(document.pointer(target).is_some(), "{target}");
        }
    }

    #[test]
    fn the_alert_is_described_as_wire_makes_it() {
        let alert = crate::cap::tests::warning(AlertState::Confirmed);
        let chain = domain::chain::ChainPath::parse("cn").unwrap();
        let document = document();
        let made: Value = serde_json::from_slice(&wire::alert::payload(&alert, &chain)).unwrap();
        let schemas = &document["components"]["schemas"];
        let names = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
        for (schema, part) in [
            ("Alert", ""),
            ("AlertDisease", "/disease"),
            ("AlertGround", "/ground"),
            ("AlertBasis", "/ground/basis"),
            ("AlertSuperseded", "/supersedes"),
        ] {
            assert_eq!(names(&schemas[schema]["properties"]), names(made.pointer(part).unwrap()), "{schema}");
        }
        let headers = &document["components"]["messages"]["alert"]["headers"]["properties"];
        let made: BTreeSet<_> = wire::alert::headers(&alert, &chain).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names(headers), made);
    }
}
