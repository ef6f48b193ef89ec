//! Every figure the process shows at `/metrics`, named in one enum, so that a dashboard and an alarm have one list.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use prometheus::core::Collector;
use prometheus::{Encoder as _, HistogramOpts, HistogramVec, IntCounterVec, IntGaugeVec, Opts, Registry, TextEncoder};

/// Units last; `_total` counts since the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Metric {
    /// HTTP answers, by status.
    HttpAnswersTotal,
    /// How long an HTTP answer took.
    HttpSeconds,
    /// Events an outbox took, by chain.
    OutboxTakenTotal,
    /// Events an outbox keeps, by chain.
    OutboxKept,
    /// Events an outbox may forget, by chain.
    OutboxSettledTotal,
    /// Admission nodes that stayed silent, by member.
    AdmissionSilentTotal,
    /// Signed refusals of admission nodes, by member.
    AdmissionRefusedTotal,
    /// Blocks sealed, by chain.
    SealedBlocksTotal,
    /// The height a ledger has executed, by chain.
    LedgerHeight,
    /// The height that is final, by chain.
    LedgerFinalHeight,
    /// Alerts published, by chain.
    AlertsPublishedTotal,
    /// The log index a projection has reached, by name.
    ProjectionIndex,
    /// Logs that a witness was shown two stories of, by origin.
    WitnessForksTotal,
    /// Checkpoints that a witness did not cosign, by witness.
    WitnessRefusalsTotal,
}

#[derive(Clone, Copy)]
enum Form {
    Counter,
    Gauge,
    Seconds,
}

impl Metric {
    /// Every figure.
    pub const ALL: [Metric; 14] = [
        Metric::HttpAnswersTotal,
        Metric::HttpSeconds,
        Metric::OutboxTakenTotal,
        Metric::OutboxKept,
        Metric::OutboxSettledTotal,
        Metric::AdmissionSilentTotal,
        Metric::AdmissionRefusedTotal,
        Metric::SealedBlocksTotal,
        Metric::LedgerHeight,
        Metric::LedgerFinalHeight,
        Metric::AlertsPublishedTotal,
        Metric::ProjectionIndex,
        Metric::WitnessForksTotal,
        Metric::WitnessRefusalsTotal,
    ];

    /// Name, help, label, form.
    fn row(self) -> (&'static str, &'static str, &'static str, Form) {
        use Form::{Counter, Gauge, Seconds};
        match self {
            Metric::HttpAnswersTotal => ("tocsin_http_answers_total", "HTTP answers", "status", Counter),
            Metric::HttpSeconds => ("tocsin_http_seconds", "Time of an HTTP answer", "method", Seconds),
            Metric::OutboxTakenTotal => ("tocsin_outbox_taken_total", "Events taken by outboxes", "chain", Counter),
            Metric::OutboxKept => ("tocsin_outbox_kept", "Events kept by outboxes", "chain", Gauge),
            Metric::OutboxSettledTotal => ("tocsin_outbox_settled_total", "Events settled", "chain", Counter),
            Metric::AdmissionSilentTotal => {
                ("tocsin_admission_silent_total", "Silent admission nodes", "member", Counter)
            }
            Metric::AdmissionRefusedTotal => ("tocsin_admission_refused_total", "Signed refusals", "member", Counter),
            Metric::SealedBlocksTotal => ("tocsin_sealed_blocks_total", "Blocks sealed", "chain", Counter),
            Metric::LedgerHeight => ("tocsin_ledger_height", "Height executed", "chain", Gauge),
            Metric::LedgerFinalHeight => ("tocsin_ledger_final_height", "Height final", "chain", Gauge),
            Metric::AlertsPublishedTotal => ("tocsin_alerts_published_total", "Alerts published", "chain", Counter),
            Metric::ProjectionIndex => ("tocsin_projection_index", "Log index reached", "projection", Gauge),
            Metric::WitnessForksTotal => ("tocsin_witness_forks_total", "Forks a witness was shown", "origin", Counter),
            Metric::WitnessRefusalsTotal => {
                ("tocsin_witness_refusals_total", "Checkpoints a witness did not cosign", "witness", Counter)
            }
        }
    }

    /// The name at `/metrics`.
    pub fn name(self) -> &'static str {
        self.row().0
    }

    /// Counts `by` more under a label (chain, member, status: never anything a caller may choose freely).
    pub fn add(self, label: &str, by: u64) {
        match FIGURES.by_metric.get(&self) {
            Some(Figure::Counter(counter)) => counter.with_label_values(&[label]).inc_by(by),
            Some(Figure::Gauge(gauge)) => gauge.with_label_values(&[label]).add(i64::try_from(by).unwrap_or(i64::MAX)),
            Some(Figure::Seconds(_)) | None => {}
        }
    }

    /// Sets a gauge.
    pub fn set(self, label: &str, to: u64) {
        if let Some(Figure::Gauge(gauge)) = FIGURES.by_metric.get(&self) {
            gauge.with_label_values(&[label]).set(i64::try_from(to).unwrap_or(i64::MAX));
        }
    }

    /// Adds a duration to a histogram.
    pub fn observe(self, label: &str, took: std::time::Duration) {
        if let Some(Figure::Seconds(histogram)) = FIGURES.by_metric.get(&self) {
            histogram.with_label_values(&[label]).observe(took.as_secs_f64());
        }
    }
}

enum Figure {
    Counter(IntCounterVec),
    Gauge(IntGaugeVec),
    Seconds(HistogramVec),
}

struct Figures {
    registry: Registry,
    by_metric: BTreeMap<Metric, Figure>,
}

/// One registry a process: the demo's actors share it and tell themselves apart by label.
static FIGURES: LazyLock<Figures> = LazyLock::new(|| {
    let registry = Registry::new();
    let mut by_metric = BTreeMap::new();
    for metric in Metric::ALL {
        let (name, help, label, form) = metric.row();
        let figure = match form {
            Form::Counter => kept(&registry, IntCounterVec::new(Opts::new(name, help), &[label])).map(Figure::Counter),
            Form::Gauge => kept(&registry, IntGaugeVec::new(Opts::new(name, help), &[label])).map(Figure::Gauge),
            Form::Seconds => {
                kept(&registry, HistogramVec::new(HistogramOpts::new(name, help), &[label])).map(Figure::Seconds)
            }
        };
        by_metric.extend(figure.map(|figure| (metric, figure)));
    }
    Figures { registry, by_metric }
});

/// A registered collector; none for a bad or repeated name, which a test would show.
fn kept<C: Collector + Clone + 'static>(registry: &Registry, made: prometheus::Result<C>) -> Option<C> {
    let collector = made.ok()?;
    registry.register(Box::new(collector.clone())).ok()?;
    Some(collector)
}

/// The process's figures as Prometheus text.
pub fn text() -> Vec<u8> {
    let mut out = Vec::new();
    if let Err(error) = TextEncoder::new().encode(&FIGURES.registry.gather(), &mut out) {
        tracing::warn!(%error, "the figures can not be written");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_is_registered_and_shown_under_its_name() {
        assert_eq!(FIGURES.by_metric.len(), Metric::ALL.len());
        for metric in Metric::ALL {
            metric.add("test", 2);
            metric.set("test", 3);
            metric.observe("test", std::time::Duration::from_millis(5));
        }
        let text = String::from_utf8(text()).unwrap();
        for metric in Metric::ALL {
            assert!(text.contains(&format!("# HELP {} ", metric.name())), "{}", metric.name());
        }
        assert!(text.contains("tocsin_outbox_taken_total{chain=\"test\"} 2"));
        assert!(text.contains("tocsin_outbox_kept{chain=\"test\"} 3"));
    }
}
