//! Bytes to a JSON value, refusing what other readers might read otherwise.

use std::cell::Cell;
use std::fmt;

use domain::refusal::{Code, Refusal};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// Levels of nesting: requests have three.
pub const MAX_DEPTH: usize = 32;

/// Parses one JSON document. Whole numbers up to 64 bits are kept exactly; everything else with digits is BAD_NUMBER.
pub fn parse(bytes: &[u8]) -> Result<Value, Refusal> {
    let fault = Cell::new(None);
    let mut from = serde_json::Deserializer::from_slice(bytes);
    let parsed = Strict { depth: 0, fault: &fault }.deserialize(&mut from).and_then(|value| {
        from.end()?;
        Ok(value)
    });
    parsed.map_err(|error| match fault.take() {
        Some((code, what)) => Refusal::new(code, format!("{what}, line {} column {}", error.line(), error.column())),
        // serde_json reports digits no number type holds under its own words, which a test pins.
        None if error.to_string().contains("number out of range") => Refusal::new(Code::BadNumber, OVERLARGE),
        None => Refusal::new(
            Code::Malformed,
            format!("not one JSON document in UTF-8, line {} column {}", error.line(), error.column()),
        ),
    })
}

const OVERLARGE: &str = "only whole numbers of up to 64 bits, without point or exponent";

/// What went wrong beside the grammar; serde's errors carry text only.
type Fault = Cell<Option<(Code, &'static str)>>;

#[derive(Clone, Copy)]
struct Strict<'a> {
    depth: usize,
    fault: &'a Fault,
}

impl Strict<'_> {
    fn refuse<E: Error>(self, code: Code, what: &'static str) -> E {
        self.fault.set(Some((code, what)));
        E::custom(what)
    }

    fn deeper<E: Error>(self) -> Result<Self, E> {
        if self.depth == MAX_DEPTH {
            return Err(self.refuse(Code::Malformed, "more than 32 levels"));
        }
        Ok(Strict { depth: self.depth + 1, ..self })
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Value, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Value, E> {
        Err(self.refuse(Code::BadNumber, OVERLARGE))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut values = Vec::new();
        while let Some(value) = items.next_element_seed(inner)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut map = Map::new();
        while let Some(name) = entries.next_key::<String>()? {
            let value = entries.next_value_seed(inner)?;
            if map.insert(name, value).is_some() {
                return Err(self.refuse(Code::Malformed, "the same field twice"));
            }
        }
        Ok(Value::Object(map))
    }
}
