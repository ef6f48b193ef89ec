//! What a bench prints: one JSON object with the fields other tools read, or a table for people with the parts of each.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::json;

use super::bounds::Floor;
use super::disk::Disk;
use super::events::EVENT_BYTES;
use super::latency::Latencies;
use super::saturation::Saturation;
use crate::spread::Spread;

/// Everything about one chain.
pub struct Report {
    /// Ledgers.
    pub n: usize,
    /// Cosignatures that make final.
    pub q: usize,
    /// The shortest way.
    pub floor: Floor,
    /// At full load.
    pub saturation: Saturation,
    /// At a steady one.
    pub latencies: Latencies,
    /// Verifications a second on all cores, divided by 1 + n.
    pub bound_per_s: f64,
    /// Ledger stores.
    pub disk: Disk,
}

impl Report {
    fn final_per_s(&self) -> f64 {
        self.saturation.events as f64 / self.saturation.elapsed.as_secs_f64()
    }

    /// Microseconds an event.
    fn each(&self, cpu: Duration) -> f64 {
        cpu.as_secs_f64() * 1e6 / self.saturation.events as f64
    }

    /// The object.
    pub fn json(&self) -> String {
        let spread = |spread: Spread| json!({ "p50": round(spread.p50, 2), "p99": round(spread.p99, 2) });
        json!({
            "n": self.n,
            "q": self.q,
            "build": build(),
            "final_per_s": round(self.final_per_s(), 0),
            "bound_per_s": round(self.bound_per_s, 0),
            "ratio_to_bound": round(self.final_per_s() / self.bound_per_s, 3),
            "cpu_us_per_event": round(self.each(self.saturation.cpu.of_services()), 1),
            "latency_ms": {
                "load_per_s": self.latencies.load_per_s,
                "queued": spread(self.latencies.queued),
                "sealed": spread(self.latencies.sealed),
                "final": spread(self.latencies.last),
            },
            "floor_ms": round(self.floor.ms(), 3),
            "ledger_bytes_per_event": round(self.disk.per_event(), 0),
            "event_bytes": EVENT_BYTES,
        })
        .to_string()
    }

    /// The table.
    pub fn table(&self) -> String {
        let (floor, cpu, late) = (&self.floor, &self.saturation.cpu, &self.latencies);
        let mut out = String::new();
        let mut row = |name: &str, text: String| {
            // Writing to a string does not fail.
            let _ = writeln!(out, "{name:<24}{text}");
        };
        row("chain", format!("n = {}, q = {}, {}", self.n, self.q, build()));
        row(
            "final",
            format!(
                "{:.0} events/s over {:.1} s, {:.0} events a block",
                self.final_per_s(),
                self.saturation.elapsed.as_secs_f64(),
                self.saturation.events as f64 / self.saturation.blocks as f64,
            ),
        );
        row(
            "bound",
            format!(
                "{:.0} events/s: verifications on all cores / (1 + n); reached {:.2}",
                self.bound_per_s,
                self.final_per_s() / self.bound_per_s,
            ),
        );
        row(
            "CPU per event",
            format!(
                "{:.0} us: services {:.0}, nats-server {:.0}; not in it: the load {:.0}",
                self.each(cpu.of_services()),
                self.each(cpu.own.saturating_sub(cpu.load)),
                self.each(cpu.nats),
                self.each(cpu.load),
            ),
        );
        row("latency", format!("at {}/s, {} events, from the time due, p50 / p99 ms", late.load_per_s, late.events));
        for (name, spread) in [("  queued", late.queued), ("  sealed", late.sealed), ("  final", late.last)] {
            row(name, format!("{:.2} / {:.2}", spread.p50, spread.p99));
        }
        row(
            "floor",
            format!(
                "{:.3} ms: publish {:.3}, request {:.3}, fsync {:.3}; final p50 is {:.1} times that",
                floor.ms(),
                floor.publish_ms,
                floor.request_ms,
                floor.fsync_ms,
                late.last.p50 / floor.ms(),
            ),
        );
        row(
            "ledger on disk",
            format!(
                "{:.0} bytes for an event of {EVENT_BYTES}, after {} events; write-ahead journal {} MiB beside",
                self.disk.per_event(),
                self.disk.events,
                self.disk.journal >> 20,
            ),
        );
        out.truncate(out.trim_end().len());
        out
    }
}

/// How this was built, as far as it matters here: instruction sets decide which curve arithmetic is compiled in.
pub fn build() -> String {
    let profile = if cfg!(debug_assertions) { "debug" } else { "release" };
    let features = [
        ("avx2", cfg!(target_feature = "avx2")),
        ("avx512ifma", cfg!(target_feature = "avx512ifma")),
        ("sha", cfg!(target_feature = "sha")),
        ("neon", cfg!(target_feature = "neon")),
    ];
    let on = features.into_iter().filter_map(|(name, on)| on.then_some(name)).collect::<Vec<_>>();
    let on = if on.is_empty() { "baseline".to_owned() } else { on.join(" ") };
    format!("{profile}, {} {on}", std::env::consts::ARCH)
}

/// A number with few digits.
pub fn round(value: f64, digits: i32) -> f64 {
    let scale = 10_f64.powi(digits);
    (value * scale).round() / scale
}
