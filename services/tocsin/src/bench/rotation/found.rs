//! What a rotation was found to cost: the longest time in which nothing became final, the longest way of an event, and
//! the step in which each fell, beside the same in the time before.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use serde_json::{Value, json};

use super::load::Sent;
use super::steps::Step;
use crate::bench::report::{build, round};
use crate::spread::{Spread, percentile};

/// What a rotation may stop finality for.
const BOUND_MS: f64 = 1000.0;

/// Everything found.
pub struct Found {
    n: usize,
    q: usize,
    load_per_s: u32,
    events: usize,
    /// By admission, and by the ledgers after a receipt.
    refused: u64,
    lost: usize,
    again: u64,
    quiet: Part,
    rotation: Part,
    steps: Vec<Part>,
}

/// A part of the time.
#[derive(Clone)]
struct Part {
    name: String,
    seconds: f64,
    last: Spread,
    longest_ms: f64,
    pause_ms: f64,
}

impl Found {
    /// From what was seen; `begun` is the end of the warm-up.
    pub fn new(
        (n, q): (usize, usize),
        load_per_s: u32,
        begun: Instant,
        steps: &[Step],
        sent: Sent,
        refused_in_log: u64,
    ) -> anyhow::Result<Self> {
        let first = steps.first().context("no step")?.at;
        let end = *sent.finals.last().context("nothing became final")?;
        let ends = steps.iter().skip(1).map(|step| step.at).chain([end]);
        let parts = steps.iter().zip(ends).map(|(step, until)| Part::of(&step.name, (step.at, until), &sent));
        let quiet = Part::of("no rotation", (begun, first), &sent);
        ensure!(quiet.pause_ms > 0.0, "nothing became final before the rotation");
        Ok(Found {
            n,
            q,
            load_per_s,
            events: sent.events.len(),
            refused: sent.refused + refused_in_log,
            lost: sent.lost(),
            again: sent.again,
            quiet,
            rotation: Part::of("rotation", (first, end), &sent),
            steps: parts.collect(),
        })
    }

    /// The step in which the longest pause fell.
    fn worst(&self) -> &str {
        let longest = self.steps.iter().max_by(|one, other| one.pause_ms.total_cmp(&other.pause_ms));
        longest.map_or("", |step| &step.name)
    }

    fn is_within(&self) -> bool {
        self.refused == 0 && self.lost == 0 && self.rotation.pause_ms <= BOUND_MS
    }

    /// For programs.
    pub fn json(&self) -> String {
        json!({
            "n": self.n,
            "q": self.q,
            "build": build(),
            "load_per_s": self.load_per_s,
            "events": self.events,
            "refused": self.refused,
            "lost": self.lost,
            "asked_again": self.again,
            "bound_ms": BOUND_MS,
            "within_bound": self.is_within(),
            "longest_pause_ms": round(self.rotation.pause_ms, 1),
            "longest_pause_in": self.worst(),
            "ratio_to_quiet": round(self.rotation.pause_ms / self.quiet.pause_ms, 2),
            "quiet": self.quiet.json(),
            "rotation": self.rotation.json(),
            "steps": self.steps.iter().map(Part::json).collect::<Vec<_>>(),
        })
        .to_string()
    }

    /// For people.
    pub fn table(&self) -> String {
        let mut out = format!(
            "chain         n = {}, q = {}, {}\n\
             load          {} events/s, {} events: {} refused, {} lost, asked again {} times\n\
             longest pause {:.1} ms, in `{}`: {:.2} times that without a rotation; {} {BOUND_MS} ms\n\n\
             {:<24}{:>9}{:>14}{:>12}{:>12}{:>12}\n",
            self.n,
            self.q,
            build(),
            self.load_per_s,
            self.events,
            self.refused,
            self.lost,
            self.again,
            self.rotation.pause_ms,
            self.worst(),
            self.rotation.pause_ms / self.quiet.pause_ms,
            if self.is_within() { "within" } else { "NOT within" },
            "",
            "seconds",
            "longest pause",
            "final p50",
            "p99",
            "longest, ms",
        );
        for part in [&self.quiet, &self.rotation].into_iter().chain(&self.steps) {
            let Part { name, seconds, last, longest_ms, pause_ms } = part;
            // Writing to a string does not fail.
            let _ = writeln!(
                out,
                "{name:<24}{seconds:>9.1}{pause_ms:>14.1}{:>12.1}{:>12.1}{longest_ms:>12.1}",
                last.p50, last.p99
            );
        }
        out.truncate(out.trim_end().len());
        out
    }
}

impl Part {
    /// Pauses and ways that ended in this time: what ended a moment after a step began may be its doing, and is counted
    /// as such.
    fn of(name: &str, (from, until): (Instant, Instant), sent: &Sent) -> Self {
        let within = |at: &Instant| *at > from && *at <= until;
        let ways = sent.events.iter().filter_map(|event| Some((event.due, event.last.filter(within)?)));
        let mut ways = ways.map(|(due, last)| last.saturating_duration_since(due)).collect::<Vec<_>>();
        let pauses = sent.finals.iter().zip(sent.finals.iter().skip(1)).filter(|(_, next)| within(next));
        let longest = pauses.map(|(one, next)| next.saturating_duration_since(*one)).max().unwrap_or(Duration::ZERO);
        Part {
            name: name.to_owned(),
            seconds: until.saturating_duration_since(from).as_secs_f64(),
            last: Spread::of(&mut ways),
            longest_ms: percentile(&mut ways, 100),
            pause_ms: longest.as_secs_f64() * 1e3,
        }
    }

    fn json(&self) -> Value {
        json!({
            "name": self.name,
            "seconds": round(self.seconds, 1),
            "final_ms": { "p50": round(self.last.p50, 1), "p99": round(self.last.p99, 1) },
            "longest_final_ms": round(self.longest_ms, 1),
            "longest_pause_ms": round(self.pause_ms, 1),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::load::Event;
    use super::*;

    #[test]
    fn a_pause_and_a_way_belong_to_the_step_in_which_they_end() {
        let begun = Instant::now();
        let at = |ms| begun + Duration::from_millis(ms);
        let event = |due, last: Option<u64>| Event { due: at(due), receipt: true, last: last.map(at) };
        let steps = [("author key enters", 1000), ("author key ends", 2000)];
        let steps = steps.map(|(name, ms)| Step { name: name.to_owned(), at: at(ms) });
        let sent = || Sent {
            events: vec![event(5, Some(20)), event(900, Some(960)), event(950, Some(1500)), event(2000, Some(2100))],
            finals: [20, 400, 960, 1500, 2100].map(at).into(),
            ..Sent::default()
        };
        let found = Found::new((4, 3), 100, begun, &steps, sent(), 0).unwrap();
        let value: Value = serde_json::from_str(&found.json()).unwrap();
        assert_eq!(value["quiet"]["longest_pause_ms"], 560.0);
        assert_eq!(value["rotation"]["longest_pause_ms"], 600.0);
        assert_eq!(
            (&value["longest_pause_ms"], &value["longest_pause_in"]),
            (&json!(600.0), &json!("author key ends"))
        );
        assert_eq!(value["ratio_to_quiet"], 1.07);
        assert_eq!(value["steps"][0]["longest_final_ms"], 550.0);
        assert_eq!(value["within_bound"], true);
        assert!(found.table().contains("within 1000 ms"));

        // One that has a receipt and is not final is lost, and the bound is not held then, whatever the pauses were.
        let mut lacking = sent();
        lacking.events.push(event(2050, None));
        let found = Found::new((4, 3), 100, begun, &steps, lacking, 0).unwrap();
        assert_eq!((found.lost, found.is_within()), (1, false));
        assert!(!Found::new((4, 3), 100, begun, &steps, sent(), 1).unwrap().is_within(), "refused in the log");
    }
}
