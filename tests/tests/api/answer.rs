//! What an HTTP client got, and what every problem must be.

use domain::refusal::Code;
use serde_json::Value;

/// A word that stands in the payloads that are refused and must not come back.
pub const CANARY: &str = "zq-canary-7f3e";

/// A whole answer.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub media: String,
    /// The `trace-id` header.
    pub trace: String,
    pub text: String,
    /// Null when it is no JSON.
    pub json: Value,
}

impl Answer {
    pub async fn of(response: reqwest::Response) -> Self {
        let header = |name: &str| {
            response.headers().get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
        };
        let (status, media, trace) = (response.status().as_u16(), header("content-type"), header("trace-id"));
        let text = response.text().await.unwrap();
        Answer { status, media, trace, json: serde_json::from_str(&text).unwrap_or_default(), text }
    }

    /// Reads an answer as it came over the wire.
    pub fn parse(raw: &str) -> Self {
        let (head, text) = raw.split_once("\r\n\r\n").expect("an HTTP answer");
        let header = |name: &str| {
            let named = |line: &&str| line.split_once(": ").is_some_and(|(each, _)| each.eq_ignore_ascii_case(name));
            head.lines().find(named).and_then(|line| line.split_once(": ")).map(|(_, value)| value.to_owned())
        };
        Answer {
            status: head.split(' ').nth(1).unwrap().parse().unwrap(),
            media: header("content-type").unwrap_or_default(),
            trace: header("trace-id").unwrap_or_default(),
            text: text.to_owned(),
            json: serde_json::from_str(text).unwrap_or_default(),
        }
    }

    /// The first of `results[]`.
    pub fn row(&self) -> &Value {
        assert_eq!(self.status, 202, "{}", self.text);
        &self.json["results"][0]
    }

    /// The event id of the first row, which was taken.
    pub fn taken(&self) -> String {
        let row = self.row();
        assert!(row["problem"].is_null(), "{row}");
        row["event_id"].as_str().unwrap_or_else(|| panic!("no event id in {row}")).to_owned()
    }

    /// The code of the one request, which was refused.
    pub fn refused(&self) -> &str {
        let problem = self.problem();
        problem["code"].as_str().unwrap_or_else(|| panic!("not refused: {}", self.text))
    }

    /// Why the one request was refused: the whole answer, or the one row of a batch or of bytes signed elsewhere.
    pub fn problem(&self) -> &Value {
        if self.status == 202 { &self.json["results"][0]["problem"] } else { &self.json }
    }

    /// A problem+json of that status and code, with the trace of the answer and nothing of the request.
    pub fn assert_problem(&self, status: u16, code: &str) {
        assert_eq!((self.status, self.json["code"].as_str()), (status, Some(code)), "{}", self.text);
        assert_eq!(self.media, "application/problem+json");
        assert_problem(&self.json, status, code);
        assert_eq!(self.json["trace_id"].as_str(), Some(self.trace.as_str()), "the trace in body and header");
        assert!(!self.text.contains(CANARY), "the answer repeats the request: {}", self.text);
    }
}

/// The members of a problem, alone or in a row.
pub fn assert_problem(problem: &Value, status: u16, code: &str) {
    assert_eq!(problem["code"].as_str(), Some(code), "{problem}");
    assert_eq!(problem["status"].as_u64(), Some(u64::from(status)), "{problem}");
    assert_eq!(problem["type"].as_str(), Some(format!("urn:tocsin:problem:{code}").as_str()));
    assert!(problem["title"].as_str().is_some_and(|title| !title.is_empty()), "{problem}");
    assert!(problem["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{problem}");
    let trace = problem["trace_id"].as_str().unwrap_or_default();
    assert!(trace.len() == 32 && trace.bytes().all(|byte| byte.is_ascii_hexdigit()), "{problem}");
}

/// As [`assert_problem`], with the code's own status.
pub fn assert_code(problem: &Value, code: Code) {
    assert_problem(problem, code.status(), code.text());
}
