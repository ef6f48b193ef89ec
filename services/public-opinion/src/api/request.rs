//! Requests that carry what was published: its digest takes the text's place before anything else sees the request.

use domain::refusal::{Code, Refusal};
use proof::digest::Digest;
use serde_json::Value;

/// The body with `digest` in the place of each `text`. A repeated body stays the same body.
pub(super) fn without_texts(body: &[u8]) -> Result<Vec<u8>, Refusal> {
    let mut requests = wire::json::parse(body)?;
    match &mut requests {
        Value::Array(batch) => batch.iter_mut().try_for_each(without_text)?,
        one => without_text(one)?,
    }
    serde_json::to_vec(&requests).map_err(|_| Refusal::new(Code::Malformed, "the request can not be written again"))
}

fn without_text(request: &mut Value) -> Result<(), Refusal> {
    let Value::Object(fields) = request else { return Ok(()) };
    let Some(text) = fields.remove("text") else { return Ok(()) };
    let Value::String(text) = text else {
        return Err(Refusal::of(Code::Malformed, "text", "text must be a text"));
    };
    if fields.contains_key("digest") {
        return Err(Refusal::of(Code::Malformed, "text", "send the text or its digest, not both"));
    }
    fields.insert("digest".to_owned(), Digest::of(text.as_bytes()).to_string().into());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(body: &str) -> Result<Value, Refusal> {
        without_texts(body.as_bytes()).map(|body| serde_json::from_slice(&body).unwrap())
    }

    #[test]
    fn a_text_leaves_only_its_digest() {
        let batch = changed(r#"[{"text":"abc","source":"s"},{"digest":"00","source":"s"}]"#).unwrap();
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(batch, serde_json::json!([{ "digest": abc, "source": "s" }, { "digest": "00", "source": "s" }]));
        assert_eq!(changed(r#"{"text":"abc"}"#).unwrap()["digest"], abc);
    }

    #[test]
    fn a_refusal_does_not_repeat_the_text() {
        for body in [r#"{"text":"secret","digest":"00"}"#, r#"{"text":["secret"]}"#, r#"{"text":"secret","text":"b"}"#]
        {
            let refusal = changed(body).unwrap_err();
            assert_eq!(refusal.code, Code::Malformed, "{body}");
            assert!(!refusal.detail.contains("secret"), "{body}");
        }
    }
}
