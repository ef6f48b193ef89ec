//! What a request asks for beside its body: query, page size, idempotency key, content type. Every service reads them
//! here, so that the same mistake gets the same answer everywhere.

use actix_web::HttpRequest;
use domain::refusal::{Code, Refusal};

use crate::rest::Problem;
pub use crate::rest::query::query;

/// Lines of one page: some hundred kilobytes of JSON at most.
pub const MAX_LIMIT: usize = 500;
/// Lines of a page when the query names no number.
const LIMIT: usize = 100;

/// A page size within its bound; 100 when none is asked for.
pub fn limit(asked: Option<usize>) -> Result<usize, Problem> {
    match asked.unwrap_or(LIMIT) {
        limit @ 1..=MAX_LIMIT => Ok(limit),
        _ => Err(Problem::new(Code::BadQuery, format!("limit is 1 to {MAX_LIMIT}"))),
    }
}

/// The answer to a cursor that no page gave.
pub fn bad_cursor() -> Problem {
    Problem::new(Code::BadCursor, "pass the `next` of an earlier page, or none")
}

/// The number in a cursor that begins with `prefix`, if it stands there as we write numbers.
pub fn numbered(cursor: &str, prefix: &str) -> Result<u64, Problem> {
    let digits = cursor.strip_prefix(prefix).unwrap_or_default();
    digits.parse::<u64>().ok().filter(|number| number.to_string() == digits).ok_or_else(bad_cursor)
}

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

    #[derive(serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Page {
        limit: Option<usize>,
    }

    #[test]
    fn a_page_has_1_to_500_lines_and_100_when_nobody_says() {
        let ask = |uri: &str| limit(query::<Page>(&TestRequest::with_uri(uri).to_http_request())?.limit);
        assert_eq!((ask("/").unwrap(), ask("/?limit=1").unwrap(), ask("/?limit=500").unwrap()), (100, 1, 500));
        for uri in ["/?limit=0", "/?limit=501", "/?limit=-1", "/?limit=1&limit=2", "/?other=1"] {
            assert_eq!(ask(uri).unwrap_err().code(), "BAD_QUERY", "{uri}");
        }
    }

    #[test]
    fn a_cursor_is_one_of_this_list_written_as_we_write_it() {
        assert_eq!(numbered("log-7", "log-").unwrap(), 7);
        for cursor in ["", "7", "log-", "log-07", "log-+7", "move-7", "log-18446744073709551616"] {
            assert_eq!(numbered(cursor, "log-").unwrap_err().code(), "BAD_CURSOR", "{cursor}");
        }
    }

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
