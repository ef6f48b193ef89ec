//! A JSON object read field by field, that refuses what nobody asked for.

use domain::event::Disease;
use domain::refusal::{Code, Refusal};
use domain::time::{Date, Millis};
use proof::digest::Digest;
use serde_json::{Map, Value};

/// An object and which of its fields were read.
pub(super) struct Fields<'a> {
    object: &'a Map<String, Value>,
    known: Vec<&'static str>,
}

impl<'a> Fields<'a> {
    /// The fields of a value that must be an object.
    pub(super) fn of(value: &'a Value, field: &'static str) -> Result<Self, Refusal> {
        match value {
            Value::Object(object) => Ok(Fields { object, known: Vec::new() }),
            _ => Err(shape(field, "an object")),
        }
    }

    /// A field that may be left out or null.
    pub(super) fn maybe(&mut self, field: &'static str) -> Option<&'a Value> {
        self.known.push(field);
        self.object.get(field).filter(|value| !value.is_null())
    }

    /// A field that must be there.
    pub(super) fn must(&mut self, field: &'static str) -> Result<&'a Value, Refusal> {
        self.maybe(field).ok_or_else(|| Refusal::of(Code::Malformed, field, format!("{field} is missing")))
    }

    /// A text that may be left out.
    pub(super) fn maybe_text(&mut self, field: &'static str) -> Result<Option<&'a str>, Refusal> {
        self.maybe(field).map(|value| value.as_str().ok_or_else(|| shape(field, "a text"))).transpose()
    }

    /// A text.
    pub(super) fn text(&mut self, field: &'static str) -> Result<String, Refusal> {
        self.must(field)?.as_str().map(str::to_owned).ok_or_else(|| shape(field, "a text"))
    }

    /// A text, empty when left out.
    pub(super) fn text_or_empty(&mut self, field: &'static str) -> Result<String, Refusal> {
        Ok(self.maybe_text(field)?.unwrap_or_default().to_owned())
    }

    /// A word of a list, that may be left out.
    pub(super) fn maybe_word<T>(
        &mut self,
        field: &'static str,
        parse: impl Fn(&str) -> Option<T>,
        all: &str,
    ) -> Result<Option<T>, Refusal> {
        let unknown = || Refusal::of(Code::UnknownCode, field, format!("{field} must be one of: {all}"));
        self.maybe_text(field)?.map(|word| parse(word).ok_or_else(unknown)).transpose()
    }

    /// A word of a list.
    pub(super) fn word<T>(
        &mut self,
        field: &'static str,
        parse: impl Fn(&str) -> Option<T>,
        all: &str,
    ) -> Result<T, Refusal> {
        self.maybe_word(field, parse, all)?
            .ok_or_else(|| Refusal::of(Code::Malformed, field, format!("{field} is missing")))
    }

    /// A whole number of at least 0.
    pub(super) fn count(&mut self, field: &'static str) -> Result<u64, Refusal> {
        count(self.must(field)?, field)
    }

    /// A whole number, 0 when left out.
    pub(super) fn count_or_zero(&mut self, field: &'static str) -> Result<u64, Refusal> {
        self.maybe(field).map_or(Ok(0), |value| count(value, field))
    }

    /// `true` or `false`.
    pub(super) fn truth(&mut self, field: &'static str) -> Result<bool, Refusal> {
        self.must(field)?.as_bool().ok_or_else(|| shape(field, "true or false"))
    }

    /// A whole number of either sign.
    pub(super) fn whole(&mut self, field: &'static str) -> Result<i64, Refusal> {
        self.must(field)?.as_i64().ok_or_else(|| shape(field, "a whole number"))
    }

    /// A date that may be left out.
    pub(super) fn maybe_date(&mut self, field: &'static str) -> Result<Option<Date>, Refusal> {
        let bad = || Refusal::of(Code::BadTime, field, format!("{field} must be a day that exists, as YYYY-MM-DD"));
        self.maybe_text(field)?.map(|text| Date::parse(text).ok_or_else(bad)).transpose()
    }

    /// A date.
    pub(super) fn date(&mut self, field: &'static str) -> Result<Date, Refusal> {
        self.maybe_date(field)?.ok_or_else(|| Refusal::of(Code::Malformed, field, format!("{field} is missing")))
    }

    /// A time that may be left out.
    pub(super) fn maybe_time(&mut self, field: &'static str) -> Result<Option<Millis>, Refusal> {
        let bad =
            || Refusal::of(Code::BadTime, field, format!("{field} must be a UTC time as YYYY-MM-DDThh:mm:ss[.mmm]Z"));
        self.maybe_text(field)?.map(|text| Millis::parse(text).ok_or_else(bad)).transpose()
    }

    /// A SHA-256 digest or event id.
    pub(super) fn digest(&mut self, field: &'static str) -> Result<Digest, Refusal> {
        digest(self.must(field)?, field)
    }

    /// A digest or event id that may be left out.
    pub(super) fn maybe_digest(&mut self, field: &'static str) -> Result<Option<Digest>, Refusal> {
        self.maybe(field).map(|value| digest(value, field)).transpose()
    }

    /// A disease.
    pub(super) fn disease(&mut self) -> Result<Disease, Refusal> {
        let mut fields = Fields::of(self.must("disease")?, "disease")?;
        let disease = Disease { code: fields.text("code")?, name: fields.text("name")? };
        fields.end("disease")?;
        Ok(disease)
    }

    /// A list, empty when left out.
    pub(super) fn list(&mut self, field: &'static str) -> Result<&'a [Value], Refusal> {
        match self.maybe(field) {
            None => Ok(&[]),
            Some(Value::Array(values)) => Ok(values),
            Some(_) => Err(shape(field, "a list")),
        }
    }

    /// Refuses a field nobody read. It says which there are, for a refusal repeats no input.
    pub(super) fn end(self, field: &'static str) -> Result<(), Refusal> {
        if self.object.keys().all(|name| self.known.contains(&name.as_str())) {
            return Ok(());
        }
        Err(Refusal::of(Code::Malformed, field, format!("an unknown field; known are: {}", self.known.join(", "))))
    }
}

/// A whole number of at least 0.
fn count(value: &Value, field: &'static str) -> Result<u64, Refusal> {
    value.as_u64().ok_or_else(|| match value {
        Value::Number(_) => Refusal::of(Code::OutOfRange, field, format!("{field} must not be negative")),
        _ => shape(field, "a whole number"),
    })
}

/// A SHA-256 digest or event id.
pub(super) fn digest(value: &Value, field: &'static str) -> Result<Digest, Refusal> {
    value
        .as_str()
        .and_then(Digest::parse)
        .ok_or_else(|| Refusal::of(Code::BadDigest, field, format!("{field} must be 64 lower-case hex digits")))
}

fn shape(field: &'static str, what: &str) -> Refusal {
    Refusal::of(Code::Malformed, field, format!("{field} must be {what}"))
}
