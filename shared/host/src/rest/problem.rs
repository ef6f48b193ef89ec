//! Refusals as RFC 9457 `application/problem+json`, with the trace id and without the input.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, HttpResponseBuilder, ResponseError};
use domain::event::EventId;
use domain::refusal::{Code, Refusal};
use serde::Serialize;
use serde_json::Value;

use crate::telemetry::trace::Trace;

/// The content type of every error answer.
pub(crate) const MEDIA_TYPE: &str = "application/problem+json";

/// When a caller may come again after a passing trouble: an election in JetStream takes up to six seconds.
const RETRY_SECONDS: u32 = 5;

/// An error answer. Handlers return it as their error; `?` on a [`Refusal`] makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    status: u16,
    code: &'static str,
    field: String,
    detail: String,
    event_id: Option<EventId>,
    /// Boxed, for few problems are of files.
    file: Option<Box<OfFile>>,
}

/// What a problem of a file says beside.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
struct OfFile {
    /// Which rule of imports it breaks.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    /// On which line.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u64>,
    /// An answer for each row or fault.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    results: Vec<Value>,
}

#[derive(Serialize)]
struct Body<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    code: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    field: &'a str,
    detail: &'a str,
    #[serde(flatten)]
    file: Option<&'a OfFile>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_id: Option<String>,
}

impl Problem {
    /// A refusal by code.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Refusal::new(code, detail).into()
    }

    /// Nothing of that name here.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Problem::new(Code::NotFound, detail)
    }

    /// A fault: ours, not the caller's, and it may pass. What it was is logged here, once, and not told.
    pub fn fault(error: impl fmt::Display) -> Self {
        tracing::warn!("a request met a fault: {error:#}");
        Problem::new(Code::Overloaded, "the service could not answer now; try again")
    }

    /// The event that was refused: its state has the signed refusals.
    #[must_use]
    pub(crate) fn of_event(self, id: EventId) -> Self {
        Problem { event_id: Some(id), ..self }
    }

    /// The field it is about.
    #[must_use]
    pub(crate) fn about(self, field: String) -> Self {
        Problem { field, ..self }
    }

    /// Which rule of imports a file breaks, and on which line.
    #[must_use]
    pub(crate) fn because(self, reason: &'static str, line: Option<u64>) -> Self {
        Problem { file: Some(Box::new(OfFile { reason: Some(reason), line, results: Vec::new() })), ..self }
    }

    /// An answer for each row or fault of a file.
    #[must_use]
    pub(crate) fn with_results(self, results: Vec<Value>) -> Self {
        let file = self.file.as_deref().cloned().unwrap_or_default();
        Problem { file: Some(Box::new(OfFile { results, ..file })), ..self }
    }

    /// Whether it is ours and may pass, so that the same may be tried again.
    pub(crate) fn may_pass(&self) -> bool {
        self.status == 503
    }

    /// An answer that HTTP itself defines and no code of the chain does.
    pub(crate) fn of_status(status: StatusCode) -> Self {
        let (code, detail) = match status.as_u16() {
            401 => (Code::TokenMissing.text(), "a bearer token is needed"),
            404 => (Code::NotFound.text(), "there is nothing at this path"),
            405 => ("METHOD_NOT_ALLOWED", "this path does not take this method"),
            413 => (Code::TooLarge.text(), "the request body is over the bound"),
            414 => ("URI_TOO_LONG", "the path and query are over the bound"),
            415 => (Code::UnsupportedMedia.text(), "this content type or encoding is not taken here"),
            429 => (Code::Rate.text(), "too many requests"),
            400..=499 => (Code::Malformed.text(), "the request can not be read"),
            _ => (Code::Overloaded.text(), "the service could not answer now; try again"),
        };
        Problem::made(status.as_u16(), code, String::new(), detail.to_owned())
    }

    fn made(status: u16, code: &'static str, field: String, detail: String) -> Self {
        Problem { status, code, field, detail, event_id: None, file: None }
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// The JSON object, for answers that list problems (a batch, a CSV upload).
    pub fn json(&self) -> Value {
        serde_json::to_value(self.body()).unwrap_or_default()
    }

    fn body(&self) -> Body<'_> {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Body {
            r#type: format!("urn:tocsin:problem:{}", self.code),
            title: status.canonical_reason().unwrap_or("Error"),
            status: self.status,
            code: self.code,
            field: &self.field,
            detail: &self.detail,
            file: self.file.as_deref(),
            event_id: self.event_id.map(|id| id.to_string()),
            trace_id: Trace::current().map(|trace| trace.id()),
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Problem::made(refusal.code.status(), refusal.code.text(), refusal.field.to_owned(), refusal.detail)
    }
}

impl From<wire::ledger::Refused> for Problem {
    fn from(refused: wire::ledger::Refused) -> Self {
        Problem::made(refused.code.status(), refused.code.text(), refused.field, refused.detail)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.code, self.detail)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        let mut answer = HttpResponseBuilder::new(self.status_code());
        match self.status {
            401 => answer.insert_header((WWW_AUTHENTICATE, "Bearer")),
            429 | 503 => answer.insert_header((RETRY_AFTER, RETRY_SECONDS)),
            _ => &mut answer,
        };
        answer.content_type(MEDIA_TYPE).body(serde_json::to_vec(&self.body()).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_makes_a_problem_with_its_status() {
        for code in Code::ALL {
            let problem = Problem::from(Refusal::of(*code, "counts", "say it otherwise"));
            assert_eq!(problem.status_code().as_u16(), code.status(), "{code:?}");
            let json = problem.json();
            assert_eq!(json["code"], code.text());
            assert_eq!(json["field"], "counts");
            assert_eq!(json["status"], code.status());
        }
    }

    #[test]
    fn a_fault_does_not_tell_what_happened() {
        let problem = Problem::fault(std::io::Error::other("/var/lib/secret is full"));
        assert_eq!(problem.status_code(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(!problem.json().to_string().contains("secret"));
        assert!(problem.error_response().headers().contains_key(RETRY_AFTER));
    }
}
