//! The bodies of posts in descriptions of an API: schema and example of what the decoder takes.

use domain::record::Kind;
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa::openapi::{Content, OpenApi, RefOr, Schema};

/// The media type of the requests that members post.
const JSON: &str = "application/json";

/// Events signed elsewhere.
#[derive(Debug, ToSchema)]
pub struct SignedEvents {
    /// Base64 of the bytes of each, 1 to 500.
    pub events: Vec<String>,
}

/// Gives the posts at these paths the schemas of the kinds they take, one request or an array of them, and an example.
pub fn described(mut api: OpenApi, posts: &[(&str, &[Kind])]) -> OpenApi {
    for (path, kinds) in posts {
        if let Some(content) = content(&mut api, path) {
            content.schema = schema(kinds);
            content.example = kinds.first().and_then(|kind| wire::json::example(*kind));
        }
    }
    api
}

/// The same of a post that takes one request of a kind, one field of which its path names.
pub fn described_but(mut api: OpenApi, path: &str, kind: Kind, field: &str) -> OpenApi {
    if let Some(content) = content(&mut api, path) {
        content.example = wire::json::example(kind);
        content.example.as_mut().and_then(Value::as_object_mut).and_then(|example| example.remove(field));
        content.schema = wire::json::schema(kind).and_then(|mut schema| {
            schema.get_mut("properties").and_then(Value::as_object_mut)?.remove(field);
            schema.get_mut("required").and_then(Value::as_array_mut)?.retain(|name| name != field);
            serde_json::from_value(schema).ok()
        });
    }
    api
}

fn content<'a>(api: &'a mut OpenApi, path: &str) -> Option<&'a mut Content> {
    let post = api.paths.paths.get_mut(path)?.post.as_mut()?;
    let RefOr::T(body) = post.request_body.as_mut()? else { return None };
    match body.content.get_mut(JSON)? {
        RefOr::T(content) => Some(content),
        RefOr::Ref(_) => None,
    }
}

fn schema(kinds: &[Kind]) -> Option<RefOr<Schema>> {
    let one = kinds.iter().filter_map(|kind| wire::json::schema(*kind)).collect::<Vec<Value>>();
    let many = json!({ "type": "array", "items": { "oneOf": one.clone() } });
    let any = one.into_iter().chain([many]).collect::<Vec<_>>();
    serde_json::from_value(json!({ "oneOf": any })).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_schema_is_lost_on_its_way_into_the_description() {
        for kind in Kind::ALL {
            let Some(wanted) = wire::json::schema(kind) else { continue };
            let found = serde_json::to_value(schema(&[kind]).unwrap()).unwrap();
            assert_eq!(found["oneOf"][0], wanted, "{kind:?}");
            assert_eq!(found["oneOf"][1]["items"]["oneOf"][0], wanted, "{kind:?}");
        }
    }
}
