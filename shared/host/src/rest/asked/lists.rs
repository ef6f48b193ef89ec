//! Which lines of a list are asked for: how many, and behind which cursor.
//!
//! A cursor is the list's own prefix and what names the last line of the page before, so that another list's is not taken
//! for one by mistake.

use domain::refusal::Code;

use super::bad;
use crate::rest::Problem;

/// Lines of one page: some hundred kilobytes of JSON at most.
pub const MAX_LIMIT: usize = 500;
/// Lines of a page when the query names no number.
const LIMIT: usize = 100;

/// A page size within its bound; 100 when none is asked for.
pub fn limit(asked: Option<usize>) -> Result<usize, Problem> {
    match asked.unwrap_or(LIMIT) {
        limit @ 1..=MAX_LIMIT => Ok(limit),
        _ => Err(bad(format!("limit is 1 to {MAX_LIMIT}"))),
    }
}

/// The answer to a cursor that no page gave.
pub fn bad_cursor() -> Problem {
    Problem::new(Code::BadCursor, "pass the `next` of an earlier page, or none")
}

/// What a cursor of a list names behind its `prefix`; none for the first page.
pub fn behind<T>(cursor: Option<&str>, prefix: &str, read: impl Fn(&str) -> Option<T>) -> Result<Option<T>, Problem> {
    cursor.map(|cursor| cursor.strip_prefix(prefix).and_then(&read).ok_or_else(bad_cursor)).transpose()
}

/// The number that a cursor of a list names, if it stands there as we write numbers; none for the first page.
pub fn numbered(cursor: Option<&str>, prefix: &str) -> Result<Option<u64>, Problem> {
    behind(cursor, prefix, |digits| digits.parse::<u64>().ok().filter(|number| number.to_string() == digits))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;
    use crate::rest::asked::query;

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
        assert_eq!(numbered(Some("log-7"), "log-").unwrap(), Some(7));
        for cursor in ["", "7", "log-", "log-07", "log-+7", "move-7", "log-18446744073709551616"] {
            assert_eq!(numbered(Some(cursor), "log-").unwrap_err().code(), "BAD_CURSOR", "{cursor}");
        }
    }
}
