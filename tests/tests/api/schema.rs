//! Whether a JSON value is what a schema of an OpenAPI 3.1 document says. It knows the keywords that ours use and fails
//! on any other, so that none is silently not checked.

use serde_json::Value;

/// Keywords that say nothing about a value.
const NOTES: [&str; 8] =
    ["description", "title", "example", "examples", "default", "format", "deprecated", "propertyNames"];

/// Fails, naming the place, where `value` is not of `schema`.
pub fn check(document: &Value, schema: &Value, value: &Value, at: &str) {
    if let Err(why) = fits(document, schema, value, at) {
        panic!("{why}");
    }
}

/// Whether `value` is of `schema`; if not, where and why. A schema that says what is not known here fails the test.
fn fits(document: &Value, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    if let Some(target) = schema["$ref"].as_str() {
        return fits(document, named(document, target), value, at);
    }
    let Some(keywords) = schema.as_object() else { return Ok(()) };
    for (keyword, wanted) in keywords {
        match keyword.as_str() {
            "type" => holds(is_type(wanted, value), || format!("{at} is {value}, not {wanted}"))?,
            "enum" => {
                holds(wanted.as_array().unwrap().contains(value), || format!("{at} is {value}, not one of {wanted}"))?
            }
            // A bound of numbers says nothing about null, which a nullable one may be.
            "minimum" => holds(value.is_null() || value.as_i64() >= wanted.as_i64(), || {
                format!("{at} is {value}, below {wanted}")
            })?,
            "required" => {
                for name in wanted.as_array().unwrap().iter().filter_map(Value::as_str) {
                    holds(value.get(name).is_some(), || format!("{at} has no {name}: {value}"))?;
                }
            }
            "properties" => {
                for (name, schema) in wanted.as_object().unwrap() {
                    if let Some(inner) = value.get(name) {
                        fits(document, schema, inner, &format!("{at}.{name}"))?;
                    }
                }
                let known = |name: &String| wanted.get(name).is_some() || schema.get("allOf").is_some();
                for name in value.as_object().into_iter().flat_map(|object| object.keys()) {
                    holds(known(name), || format!("{at}.{name} is not described"))?;
                }
            }
            "items" => {
                for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                    fits(document, wanted, item, &format!("{at}[{index}]"))?;
                }
            }
            "oneOf" | "anyOf" => {
                let any = wanted.as_array().unwrap().iter().any(|schema| fits(document, schema, value, at).is_ok());
                holds(any, || format!("{at} is none of {wanted}: {value}"))?;
            }
            "allOf" => {
                // Each part describes some of the object, so a name that one part does not know is another's.
                for part in wanted.as_array().unwrap() {
                    has_part(document, part, value, at)?;
                }
            }
            "additionalProperties" | "prefixItems" => {}
            note => assert!(NOTES.contains(&note), "the keyword {note} of {at} is not checked"),
        }
    }
    Ok(())
}

fn holds(fits: bool, why: impl FnOnce() -> String) -> Result<(), String> {
    if fits { Ok(()) } else { Err(why()) }
}

fn named<'a>(document: &'a Value, target: &str) -> &'a Value {
    let pointer = target.strip_prefix('#').expect("a reference within the document");
    document.pointer(pointer).unwrap_or_else(|| panic!("{target} is nowhere"))
}

fn has_part(document: &Value, part: &Value, value: &Value, at: &str) -> Result<(), String> {
    let part = part["$ref"].as_str().map_or(part, |target| named(document, target));
    for name in part["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        let inner = value.get(name).ok_or_else(|| format!("{at} has no {name}: {value}"))?;
        fits(document, &part["properties"][name], inner, &format!("{at}.{name}"))?;
    }
    Ok(())
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
