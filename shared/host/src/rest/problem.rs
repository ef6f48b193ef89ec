//! Refusals as RFC 9457 `application/problem+json`, with the trace id and without the input.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, HttpResponseBuilder, ResponseError};
use domain::event::EventId;
use domain::refusal::{Code, Refusal};
use serde::Serialize;

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
        Problem { status: status.as_u16(), code, field: String::new(), detail: detail.to_owned(), event_id: None }
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// The JSON object, for answers that list problems (a batch, a CSV upload).
    pub fn json(&self) -> serde_json::Value {
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
            event_id: self.event_id.map(|id| id.to_string()),
            trace_id: Trace::current().map(|trace| trace.id()),
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Problem {
            status: refusal.code.status(),
            code: refusal.code.text(),
            field: refusal.field.to_owned(),
            detail: refusal.detail,
            event_id: None,
        }
    }
}

impl From<wire::ledger::Refused> for Problem {
    fn from(refused: wire::ledger::Refused) -> Self {
        let (status, code) = (refused.code.status(), refused.code.text());
        Problem { status, code, field: refused.field, detail: refused.detail, event_id: None }
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
