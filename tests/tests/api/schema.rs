//! Whether a JSON value is what a schema of an OpenAPI 3.1 document says. It knows the keywords that ours use and fails
//! on any other, so that none is silently not checked.

use serde_json::Value;

/// Keywords that say nothing about a value.
const NOTES: [&str; 8] =
    ["description", "title", "example", "examples", "default", "format", "deprecated", "propertyNames"];

/// Fails, naming the place, where `value` is not of `schema`.
pub fn check(document: &Value, schema: &Value, value: &Value, at: &str) {
    if let Some(target) = schema["$ref"].as_str() {
        let pointer = target.strip_prefix('#').expect("a reference within the document");
        let schema = document.pointer(pointer).unwrap_or_else(|| panic!("{target} is nowhere"));
        return check(document, schema, value, at);
    }
    let Some(keywords) = schema.as_object() else { return };
    for (keyword, wanted) in keywords {
        match keyword.as_str() {
            "type" => assert!(is_type(wanted, value), "{at} is {value}, not {wanted}"),
            "enum" => assert!(wanted.as_array().unwrap().contains(value), "{at} is {value}, not one of {wanted}"),
            // A bound of numbers says nothing about null, which a nullable one may be.
            "minimum" => {
                assert!(value.is_null() || value.as_i64() >= wanted.as_i64(), "{at} is {value}, below {wanted}")
            }
            "required" => {
                for name in wanted.as_array().unwrap().iter().filter_map(Value::as_str) {
                    assert!(value.get(name).is_some(), "{at} has no {name}: {value}");
                }
            }
            "properties" => {
                for (name, schema) in wanted.as_object().unwrap() {
                    if let Some(inner) = value.get(name) {
                        check(document, schema, inner, &format!("{at}.{name}"));
                    }
                }
                let known = |name: &String| wanted.get(name).is_some() || schema.get("allOf").is_some();
                for name in value.as_object().into_iter().flat_map(|object| object.keys()) {
                    assert!(known(name), "{at}.{name} is not described");
                }
            }
            "items" => {
                for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                    check(document, wanted, item, &format!("{at}[{index}]"));
                }
            }
            "oneOf" | "anyOf" => {
                let fits = |schema: &Value| std::panic::catch_unwind(|| check(document, schema, value, at)).is_ok();
                assert!(wanted.as_array().unwrap().iter().any(fits), "{at} is none of {wanted}: {value}");
            }
            "allOf" => {
                // Each part describes some of the object, so a name that one part does not know is another's.
                for part in wanted.as_array().unwrap() {
                    required_of(document, part, value, at);
                }
            }
            "additionalProperties" | "prefixItems" => {}
            note => assert!(NOTES.contains(&note), "the keyword {note} of {at} is not checked"),
        }
    }
}

fn required_of(document: &Value, part: &Value, value: &Value, at: &str) {
    let part = part["$ref"].as_str().map_or(part, |target| document.pointer(&target[1..]).unwrap());
    for name in part["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        let inner = value.get(name).unwrap_or_else(|| panic!("{at} has no {name}: {value}"));
        check(document, &part["properties"][name], inner, &format!("{at}.{name}"));
    }
}

fn is_type(wanted: &Value, value: &Value) -> bool {
    let is = |name: &str| match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_u64() || value.is_i64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("no type {other}"),
    };
    match wanted {
        Value::String(name) => is(name),
        Value::Array(names) => names.iter().filter_map(Value::as_str).any(is),
        _ => panic!("a type is a name"),
    }
}
