//! A reporting service's answer, read and said to people: a row for each report.

use std::fmt;

use anyhow::{Context, bail};
use serde::Deserialize;

/// A row for each report, and the name under which a mended file brings only what is missing.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) rows: Vec<Row>,
    pub(super) idempotency_key: Option<String>,
}

/// What became of one report.
#[derive(Debug)]
pub(super) struct Row {
    index: usize,
    line: Option<u64>,
    answer: Answer,
}

#[derive(Debug)]
enum Answer {
    /// Taken, and a receipt is held.
    Receipted(String),
    /// Taken and kept; nobody gave a receipt yet.
    Queued(String),
    Refused(Problem),
}

/// A problem as RFC 9457 has it, with our code and field, and of a file the rule of imports it breaks.
#[derive(Debug, Deserialize)]
struct Problem {
    code: String,
    reason: Option<String>,
    #[serde(default)]
    field: String,
    detail: String,
}

#[derive(Deserialize)]
struct Body {
    results: Vec<Result>,
    idempotency_key: Option<String>,
}

/// A row as it comes; a service of a later version may say more.
#[derive(Deserialize)]
struct Result {
    index: usize,
    line: Option<u64>,
    event_id: Option<String>,
    receipt: Option<String>,
    problem: Option<Problem>,
}

/// Reads an answer. An error means that nothing was taken, and that no row says why.
pub(super) async fn read(response: reqwest::Response) -> anyhow::Result<Told> {
    let status = response.status();
    let body = response.bytes().await.context("the answer broke off; send the same again")?;
    if !status.is_success() {
        if let Ok(rows) = rows(&body) {
            return Ok(rows);
        }
        match serde_json::from_slice::<Problem>(&body) {
            Ok(problem) => bail!("nothing was taken: {problem} (HTTP {})", status.as_u16()),
            Err(_) => bail!("nothing was taken: HTTP {}; is this a reporting service?", status.as_u16()),
        }
    }
    rows(&body)
}

fn rows(body: &[u8]) -> anyhow::Result<Told> {
    let body: Body = serde_json::from_slice(body).context("the answer is not a reporting service's")?;
    let rows = body.results.into_iter().map(row).collect::<anyhow::Result<_>>()?;
    Ok(Told { rows, idempotency_key: body.idempotency_key })
}

/// A problem counts more than an id, because a refused event has both.
fn row(result: Result) -> anyhow::Result<Row> {
    let answer = match (result.problem, result.event_id, result.receipt) {
        (Some(problem), _, _) => Answer::Refused(problem),
        (None, Some(id), Some(_)) => Answer::Receipted(id),
        (None, Some(id), None) => Answer::Queued(id),
        (None, None, _) => bail!("the answer has a row with neither an event id nor a problem"),
    };
    Ok(Row { index: result.index, line: result.line, answer })
}

impl Row {
    /// How the row is named to its sender: by its line of the CSV file, or by its place in the JSON array.
    pub(super) fn place(&self) -> String {
        match self.line {
            Some(line) => format!("line {line}"),
            None => format!("report {}", self.index + 1),
        }
    }

    /// The event id, unless the report was refused.
    pub(super) fn taken(&self) -> Option<&str> {
        match &self.answer {
            Answer::Receipted(id) | Answer::Queued(id) => Some(id),
            Answer::Refused(_) => None,
        }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = self.place();
        match &self.answer {
            Answer::Receipted(id) => write!(out, "{place}: queued {id}"),
            Answer::Queued(id) => write!(out, "{place}: queued {id} (no receipt yet; the service keeps trying)"),
            Answer::Refused(problem) => write!(out, "{place}: refused: {problem}"),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.reason.as_ref().unwrap_or(&self.code))?;
        if !self.field.is_empty() {
            write!(out, " in {}", self.field)?;
        }
        write!(out, ": {}", self.detail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_says_its_place_and_what_to_mend() {
        let body = br#"{"taken": 2, "refused": 2, "results": [
            {"index": 0, "line": 2, "event_id": "aa", "state": "queued", "receipt": "cmVj"},
            {"index": 1, "line": 3, "event_id": "bb", "state": "queued"},
            {"index": 2, "line": 5, "problem": {"code": "BAD_TIME", "field": "onset_date", "detail": "write YYYY-MM-DD"}},
            {"index": 3, "line": 6, "problem": {"code": "IMPORT", "reason": "IMPORT_FORMULA", "line": 6, "field": "region",
                "detail": "write the value"}},
            {"index": 4, "event_id": "cc", "state": "rejected", "problem": {"code": "RATE", "detail": "later"}}],
            "idempotency_key": "k-1"}"#;
        let Told { rows, idempotency_key } = rows(body).unwrap();
        assert_eq!(idempotency_key.as_deref(), Some("k-1"));
        let said: Vec<_> = rows.iter().map(Row::to_string).collect();
        assert_eq!(
            said,
            [
                "line 2: queued aa",
                "line 3: queued bb (no receipt yet; the service keeps trying)",
                "line 5: refused: BAD_TIME in onset_date: write YYYY-MM-DD",
                "line 6: refused: IMPORT_FORMULA in region: write the value",
                "report 5: refused: RATE: later",
            ]
        );
        assert_eq!(rows.iter().filter_map(Row::taken).collect::<Vec<_>>(), ["aa", "bb"]);
        assert!(super::rows(br#"{"results": [{"index": 0}]}"#).is_err());
    }
}
