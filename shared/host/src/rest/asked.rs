//! What a request asks for beside its body: query and its values, page and cursor, idempotency key, content type. Every
//! service reads them here, so that the same mistake gets the same answer everywhere.

use actix_web::HttpRequest;
use domain::refusal::{Code, Refusal};

mod lists;
mod values;

pub use lists::{MAX_LIMIT, bad_cursor, behind, limit, numbered};
pub use values::{bad, day, disease, fits, id, instant, name, one_of, region};

pub use crate::rest::query::query;

/// The `Idempotency-Key`, if there is one. Its length is the outbox's to judge.
pub fn idempotency_key(request: &HttpRequest) -> Result<Option<&str>, Refusal> {
    let Some(key) = request.headers().get("idempotency-key") else { return Ok(None) };
    let text = key.to_str().map_err(|_| Refusal::of(Code::BadText, "idempotency-key", "use visible ASCII"))?;
    Ok(Some(text))
}

/// The content type if it is one of `taken`, without parameters other than UTF-8.
pub fn content_type<'a>(request: &HttpRequest, taken: &[&'a str]) -> Result<&'a str, Refusal> {
    let sent = request.headers().get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut parts = sent.split(';').map(str::trim);
    let kind = parts.next().unwrap_or_default().to_ascii_lowercase();
    let utf8 = parts.all(|part| part.eq_ignore_ascii_case("charset=utf-8"));
    taken.iter().copied().find(|taken| utf8 && *taken == kind).ok_or_else(|| {
        Refusal::of(Code::UnsupportedMedia, "content-type", format!("send {} in UTF-8", taken.join(" or ")))
    })
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn headers_are_read_strictly() {
        let with = |name: &str, value: &[u8]| {
            let value = actix_web::http::header::HeaderValue::from_bytes(value).unwrap();
            TestRequest::default().insert_header((name, value)).to_http_request()
        };
        assert_eq!(idempotency_key(&TestRequest::default().to_http_request()).unwrap(), None);
        assert_eq!(idempotency_key(&with("idempotency-key", b"k-1")).unwrap(), Some("k-1"));
        assert_eq!(idempotency_key(&with("idempotency-key", b"\xff")).unwrap_err().code, Code::BadText);
        let json = |value: &[u8]| content_type(&with("content-type", value), &["application/json"]);
        assert_eq!(json(b"Application/JSON; charset=UTF-8").unwrap(), "application/json");
        for other in [&b"text/csv"[..], b"application/json; charset=gbk", b""] {
            assert_eq!(json(other).unwrap_err().code, Code::UnsupportedMedia);
        }
    }
}
