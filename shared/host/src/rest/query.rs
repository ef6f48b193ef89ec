//! The query of a request, read into the fields that a route knows.
//!
//! A mistake is told in a sentence that names the parameter; what the caller wrote is never repeated.

use std::cell::Cell;
use std::fmt::{self, Display};

use actix_web::{HttpRequest, web};
use domain::refusal::Code;
use serde::de::value::MapDeserializer;
use serde::de::{DeserializeOwned, Deserializer, Error, Expected, IntoDeserializer, Unexpected, Visitor};
use serde::forward_to_deserialize_any;

use crate::rest::Problem;

/// The query, if it has the fields the route knows, each once, and no others.
pub fn query<Q: DeserializeOwned>(request: &HttpRequest) -> Result<Q, Problem> {
    let bad = |wrong: Wrong| Problem::new(Code::BadQuery, wrong.0);
    let pairs = web::Query::<Vec<(String, String)>>::from_query(request.query_string());
    let pairs = pairs.map_err(|_| bad(Wrong("the query can't be read; write name=value&name=value".into())))?;
    let reading = Cell::new(None::<&str>);
    let fields = pairs.iter().map(|(name, value)| {
        reading.set(Some(name));
        (name.as_str(), Value(value))
    });
    Q::deserialize(MapDeserializer::new(fields)).map_err(|wrong: Wrong| match reading.get() {
        // Only a name that the route knows comes this far, so it is ours and not the caller's.
        Some(name) if wrong.0.starts_with(VALUE) => bad(Wrong(format!("{name} {}", wrong.0))),
        _ => bad(wrong),
    })
}

/// How a sentence about a value goes on behind the parameter's name.
const VALUE: &str = "is ";

/// What is wrong with a query.
#[derive(Debug)]
struct Wrong(String);

impl Display for Wrong {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::error::Error for Wrong {}

impl Error for Wrong {
    fn custom<T: Display>(_: T) -> Self {
        Wrong(format!("{VALUE}not a value this parameter takes"))
    }

    fn invalid_type(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Wrong(format!("{VALUE}not {expected}"))
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Wrong(format!("{VALUE}not {expected}"))
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        Wrong(format!("{VALUE}not one of {}", expected.join(", ")))
    }

    fn unknown_field(_: &str, expected: &'static [&'static str]) -> Self {
        Wrong(match expected {
            [] => "this path takes no parameters".to_owned(),
            taken => format!("a parameter is not one of this path's: {}", taken.join(", ")),
        })
    }

    fn missing_field(field: &'static str) -> Self {
        Wrong(format!("{field} is missing"))
    }

    fn duplicate_field(field: &'static str) -> Self {
        Wrong(format!("{field} stands twice"))
    }
}

/// The text of one parameter.
struct Value<'a>(&'a str);

impl<'a> IntoDeserializer<'a, Wrong> for Value<'a> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

macro_rules! parsed {
    ($($method:ident $visit:ident $kind:ty, $what:literal;)+) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
            let value = self.0.parse::<$kind>().map_err(|_| Wrong(format!(concat!("{}", $what), VALUE)))?;
            visitor.$visit(value)
        })+
    };
}

impl<'de> Deserializer<'de> for Value<'de> {
    type Error = Wrong;

    parsed! {
        deserialize_bool visit_bool bool, "true or false";
        deserialize_u8 visit_u8 u8, "a whole number";
        deserialize_u16 visit_u16 u16, "a whole number";
        deserialize_u32 visit_u32 u32, "a whole number";
        deserialize_u64 visit_u64 u64, "a whole number";
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_borrowed_str(self.0)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_some(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        self.0.into_deserializer().deserialize_enum(name, variants, visitor)
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i64 i128 u128 f32 f64 char str string bytes byte_buf unit unit_struct newtype_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Page {
        disease: String,
        limit: Option<usize>,
        final_only: Option<bool>,
    }

    fn ask(uri: &str) -> Result<Page, Problem> {
        query::<Page>(&TestRequest::with_uri(uri).to_http_request())
    }

    #[test]
    fn a_query_is_read_into_its_fields() {
        let page = ask("/?disease=U07%2E1&limit=7&final_only=true").unwrap();
        assert_eq!((page.disease.as_str(), page.limit, page.final_only), ("U07.1", Some(7), Some(true)));
        assert_eq!(ask("/?disease=a+b").unwrap().disease, "a b");
        assert_eq!(ask("/?disease=").unwrap().limit, None);
    }

    #[test]
    fn a_mistake_is_told_in_a_sentence_that_names_the_parameter_and_not_what_was_written() {
        for (uri, told) in [
            ("/", "disease is missing"),
            ("/?limit=7", "disease is missing"),
            ("/?disease=A00&disease=A01", "disease stands twice"),
            ("/?disease=A00&limit=1&limit=2", "limit stands twice"),
            ("/?disease=A00&limit=-1", "limit is a whole number"),
            ("/?disease=A00&limit=", "limit is a whole number"),
            ("/?disease=A00&final_only=surprise", "final_only is true or false"),
            ("/?surprise=1", "a parameter is not one of this path's: disease, limit, final_only"),
        ] {
            let problem = ask(uri).unwrap_err();
            assert_eq!((problem.code(), problem.json()["detail"].as_str()), ("BAD_QUERY", Some(told)), "{uri}");
        }
    }
}
