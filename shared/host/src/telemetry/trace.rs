//! The trace of one request, carried as W3C `traceparent` in HTTP and NATS headers, never in a body.
//!
//! Every request has a trace id, also when no traces are exported: a problem names it, and log lines hold it.

use std::fmt;

use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState};
use tracing::Instrument as _;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

/// The header's name, lower case as NATS clients compare it.
pub const TRACEPARENT: &str = "traceparent";

tokio::task_local! {
    static CURRENT: Trace;
}

/// Where in a trace we are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trace {
    trace: [u8; 16],
    span: [u8; 8],
    sampled: bool,
}

impl Trace {
    /// The trace that a header value continues, or a new one.
    pub fn continued(header: Option<&str>) -> Self {
        header.and_then(Trace::parse).unwrap_or_else(Trace::new)
    }

    /// The trace that message headers continue, or a new one.
    pub fn from_headers(headers: &[(String, String)]) -> Self {
        let header = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(TRACEPARENT));
        Trace::continued(header.map(|(_, value)| value.as_str()))
    }

    /// The trace of the request being worked on.
    pub fn current() -> Option<Self> {
        CURRENT.try_with(|trace| *trace).ok()
    }

    fn new() -> Self {
        let mut bytes = [0; 24];
        // Without randomness the id is all zeros, "unknown" in the standard: no reason to refuse a request.
        let _ = getrandom::fill(&mut bytes);
        let (mut trace, mut span) = ([0; 16], [0; 8]);
        trace.copy_from_slice(bytes.first_chunk::<16>().unwrap_or(&[0; 16]));
        span.copy_from_slice(bytes.last_chunk::<8>().unwrap_or(&[0; 8]));
        Trace { trace, span, sampled: true }
    }

    /// `00-<32 hex>-<16 hex>-<2 hex>`; later versions of the standard are not read.
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let mut found = Trace { trace: [0; 16], span: [0; 8], sampled: false };
        let mut flag = [0; 1];
        hex::decode_to_slice(trace, &mut found.trace).ok()?;
        hex::decode_to_slice(span, &mut found.span).ok()?;
        hex::decode_to_slice(flags, &mut flag).ok()?;
        found.sampled = flag[0] & 1 == 1;
        let known = version == "00" && parts.next().is_none() && found.trace != [0; 16] && found.span != [0; 8];
        known.then_some(found)
    }

    /// The 32 hex digits that find this request in logs and traces.
    pub fn id(&self) -> String {
        hex::encode(self.trace)
    }

    /// Runs `work` as a span of this trace; what it sends on carries the trace.
    pub async fn run<F: Future>(self, what: &'static str, work: F) -> F::Output {
        let span = tracing::info_span!("request", otel.name = what, trace_id = %self.id());
        let flags = if self.sampled { TraceFlags::SAMPLED } else { TraceFlags::default() };
        let (trace, parent) = (TraceId::from_bytes(self.trace), SpanId::from_bytes(self.span));
        let remote = SpanContext::new(trace, parent, flags, true, TraceState::default());
        // Fails only where no traces are exported; the id in log lines and headers is ours then.
        let _ = span.set_parent(opentelemetry::Context::new().with_remote_span_context(remote));
        let context = span.context();
        let own = context.span().span_context().clone();
        let here = if own.is_valid() { Trace { span: own.span_id().to_bytes(), ..self } } else { self };
        CURRENT.scope(here, work.instrument(span)).await
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flags = u8::from(self.sampled);
        write!(out, "00-{}-{}-{flags:02x}", hex::encode(self.trace), hex::encode(self.span))
    }
}

/// The headers that carry the current trace on a message; none outside a request.
pub fn headers() -> Vec<(String, String)> {
    Trace::current().map(|trace| (TRACEPARENT.to_owned(), trace.to_string())).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[tokio::test]
    async fn a_trace_is_continued_in_what_is_sent() {
        let trace = Trace::continued(Some(PARENT));
        assert_eq!(trace.to_string(), PARENT);
        assert!(headers().is_empty());
        let sent = trace.run("test", async { headers() }).await;
        assert_eq!(Trace::from_headers(&sent).id(), "4bf92f3577b34da6a3ce929d0e0e4736");
    }

    #[test]
    fn a_bad_header_starts_a_new_trace() {
        for bad in ["", "00-0-0-01", "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", &format!("{PARENT}-x")]
        {
            let trace = Trace::continued(Some(bad));
            assert!(!PARENT.contains(&trace.id()), "{bad}");
        }
        assert_ne!(Trace::new().id(), Trace::new().id());
    }
}
