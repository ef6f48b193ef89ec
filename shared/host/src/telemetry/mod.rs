//! What a process tells about itself: log lines, traces and figures.
//!
//! Log lines are compact for people or JSON for collectors. Traces go to OTLP when `OTEL_EXPORTER_OTLP_ENDPOINT` is set
//! and nowhere otherwise. Never logged: bodies, keys, tokens. Every name of a figure is in [`metrics::Metric`].

pub mod metrics;
pub mod trace;

use anyhow::Context as _;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lines {
    /// For people.
    Compact,
    /// For collectors.
    Json,
}

/// Running telemetry; shut it down last so that the end is traced too.
#[must_use]
pub struct Telemetry {
    traces: Option<SdkTracerProvider>,
}

/// Starts logging to standard error (`RUST_LOG` filters the lines; by default people get warnings, collectors `info` too)
/// and tracing, which takes every span of `info` and above whatever the lines show. Once in a process.
pub fn start(service: &str, lines: Lines) -> anyhow::Result<Telemetry> {
    let quiet = if lines == Lines::Compact { "warn" } else { "info" };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(quiet));
    let format = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let format = match lines {
        Lines::Compact => format.compact().boxed(),
        Lines::Json => format.json().boxed(),
    };
    let traces = match std::env::var_os("OTEL_EXPORTER_OTLP_ENDPOINT") {
        Some(_) => Some(exporter(service)?),
        None => None,
    };
    let spans = traces.as_ref().map(|traces| tracing_opentelemetry::layer().with_tracer(traces.tracer("tocsin")));
    // Each has its own filter: what people see is quiet, and a trace must not lose its spans by that.
    tracing_subscriber::registry()
        .with(format.with_filter(filter))
        .with(spans.with_filter(LevelFilter::INFO))
        .try_init()
        .context("telemetry runs already")?;
    Ok(Telemetry { traces })
}

fn exporter(service: &str) -> anyhow::Result<SdkTracerProvider> {
    let exporter = opentelemetry_otlp::SpanExporter::builder().with_http().build().context("the OTLP exporter")?;
    let resource = opentelemetry_sdk::Resource::builder().with_service_name(service.to_owned()).build();
    Ok(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build())
}

impl Telemetry {
    /// Sends what is left.
    pub async fn end(self) {
        let Some(traces) = self.traces else { return };
        // The exporter blocks; on a runtime thread it would wait for itself.
        if let Ok(Err(error)) = tokio::task::spawn_blocking(move || traces.shutdown()).await {
            tracing::warn!(%error, "the last traces were not sent");
        }
    }
}
