//! A reporting service's answer, read and said to people: a row for each report.

use std::fmt;

use anyhow::{Context, bail};
use serde::Deserialize;

use super::place;

/// What became of one report.
#[derive(Debug, Deserialize)]
pub(super) struct Row {
    pub(super) index: usize,
    pub(super) line: Option<u64>,
    event_id: Option<String>,
    problem: Option<Problem>,
    receipt: Option<String>,
    #[serde(skip)]
    pub(super) answer: Answer,
}

/// The answer in one word and what belongs to it.
#[derive(Debug, Default)]
pub(super) enum Answer {
    /// Taken; a receipt is held.
    Receipted(String),
    /// Taken and kept; nobody gave a receipt yet.
    Queued(String),
    /// Refused.
    Refused(Problem),
    /// Not said; never so in a row that was read.
    #[default]
    Unsaid,
}

/// A problem as RFC 9457 has it, with our code and field.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Problem {
    #[serde(default)]
    code: String,
    #[serde(default)]
    field: String,
    #[serde(default)]
    detail: String,
}

#[derive(Deserialize)]
struct Body {
    results: Vec<Row>,
}

/// Reads an answer. An error means that nothing was taken.
pub(super) async fn read(response: reqwest::Response) -> anyhow::Result<Vec<Row>> {
    let status = response.status();
    let body = response.bytes().await.context("the answer broke off; send the same again")?;
    if !status.is_success() {
        match serde_json::from_slice::<Problem>(&body) {
            Ok(problem) if !problem.code.is_empty() => bail!("nothing was taken: {problem} (HTTP {status})"),
            _ => bail!("nothing was taken: HTTP {status}; is this a reporting service?"),
        }
    }
    rows(&body)
}

fn rows(body: &[u8]) -> anyhow::Result<Vec<Row>> {
    let body: Body = serde_json::from_slice(body).context("the answer is not a reporting service's")?;
    body.results.into_iter().map(|row| row.settled().context("an answer without event id and problem")).collect()
}

impl Row {
    /// The row with its answer told apart: a problem counts more than an id, because a refused event has both.
    fn settled(mut self) -> Option<Self> {
        self.answer = match (self.problem.take(), self.event_id.take()) {
            (Some(problem), _) => Answer::Refused(problem),
            (None, Some(id)) if self.receipt.take().is_some() => Answer::Receipted(id),
            (None, Some(id)) => Answer::Queued(id),
            (None, None) => return None,
        };
        Some(self)
    }

    /// The id of a taken report.
    pub(super) fn taken(&self) -> Option<&str> {
        match &self.answer {
            Answer::Receipted(id) | Answer::Queued(id) => Some(id),
            Answer::Refused(_) | Answer::Unsaid => None,
        }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = place(self);
        match &self.answer {
            Answer::Receipted(id) => write!(out, "{place}: queued {id}"),
            Answer::Queued(id) => write!(out, "{place}: queued {id} (no receipt yet; the service keeps trying)"),
            Answer::Refused(problem) => write!(out, "{place}: refused: {problem}"),
            Answer::Unsaid => write!(out, "{place}: no answer"),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.code)?;
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
            {"index": 3, "event_id": "cc", "state": "rejected", "problem": {"code": "RATE", "detail": "later"}}]}"#;
        let rows = rows(body).unwrap();
        let said: Vec<_> = rows.iter().map(Row::to_string).collect();
        assert_eq!(
            said,
            [
                "line 2: queued aa",
                "line 3: queued bb (no receipt yet; the service keeps trying)",
                "line 5: refused: BAD_TIME in onset_date: write YYYY-MM-DD",
                "report 4: refused: RATE: later",
            ]
        );
        assert_eq!(rows.iter().filter_map(Row::taken).collect::<Vec<_>>(), ["aa", "bb"]);
        assert!(super::rows(br#"{"results": [{"index": 0}]}"#).is_err());
    }
}
