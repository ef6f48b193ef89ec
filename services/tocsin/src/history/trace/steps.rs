//! The steps of an event's way, in an order that causes allow.
//!
//! Every actor writes its own clock's time, and checkpoints tell whole seconds, rounded down; by their times alone a block
//! would be final before it was sealed. So a step counts as happened at its own time or at that of what it follows,
//! whichever is later. What is printed as its time stays what the actor wrote.

use domain::time::Millis;
use serde::Serialize;

/// Delays up to this many milliseconds are printed as such.
const SHORT_MS: u64 = 10_000;

/// One step of an event's way.
#[derive(Serialize)]
pub struct Step {
    pub what: String,
    pub who: String,
    /// By the clock of who did it.
    pub at: String,
    /// Since the event was signed, never less than that of what the step follows.
    pub delay_ms: u64,
    pub proof: Option<Place>,
}

/// A leaf and the first final checkpoint over it.
#[derive(Serialize)]
pub struct Place {
    pub chain: String,
    pub index: u64,
    pub size: u64,
    pub root: String,
    pub final_at: String,
}

/// Steps as they are found.
pub struct Steps {
    start: Millis,
    found: Vec<(Millis, Step)>,
}

impl Steps {
    /// None yet; delays count from here.
    pub fn from(start: Millis) -> Self {
        Steps { start, found: Vec::new() }
    }

    /// Adds a step that follows what happened `after`; when it can have happened.
    pub fn add(&mut self, after: Millis, at: Millis, what: String, who: &str, proof: Option<Place>) -> Millis {
        let happened = at.max(after);
        let delay_ms = happened.0.saturating_sub(self.start.0);
        self.found.push((happened, Step { what, who: who.to_owned(), at: at.to_string(), delay_ms, proof }));
        happened
    }

    /// The steps as they happened; of one moment, in the order in which they were added.
    pub fn ordered(mut self) -> Vec<Step> {
        self.found.sort_by_key(|(happened, _)| *happened);
        self.found.into_iter().map(|(_, step)| step).collect()
    }
}

/// A delay for people.
pub fn spoken(ms: u64) -> String {
    let (seconds, minutes, hours) = (ms / 1000, ms / 60_000, ms / 3_600_000);
    match hours {
        0 if ms < SHORT_MS => format!("{ms} ms"),
        0 if minutes == 0 => format!("{seconds} s"),
        0 => format!("{minutes} min {} s", seconds % 60),
        1..24 => format!("{hours} h {} min", minutes % 60),
        _ => format!("{} d {} h", hours / 24, hours % 24),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seen to fail with steps sorted by the actors' own times: the order was final, signed, endorse, sealed, and final had +0 ms.
    #[test]
    fn nothing_is_shown_before_what_it_follows() {
        let mut steps = Steps::from(Millis(1_700));
        let signed = steps.add(Millis(0), Millis(1_700), "signed".into(), "hospital", None);
        let sealed = steps.add(signed, Millis(1_900), "sealed".into(), "", None);
        // A checkpoint of 1.95 s says 1 s.
        let last = steps.add(sealed, Millis(1_000), "final".into(), "", None);
        steps.add(sealed, Millis(1_800), "endorse".into(), "cdc", None);
        steps.add(last, Millis(9_000), "anchored".into(), "", None);
        let shown = steps.ordered().into_iter().map(|step| (step.what, step.delay_ms, step.at)).collect::<Vec<_>>();
        let shown = shown.iter().map(|(what, ms, at)| (what.as_str(), *ms, at.as_str())).collect::<Vec<_>>();
        assert_eq!(
            shown,
            [
                ("signed", 0, "1970-01-01T00:00:01.700Z"),
                ("sealed", 200, "1970-01-01T00:00:01.900Z"),
                ("final", 200, "1970-01-01T00:00:01Z"),
                ("endorse", 200, "1970-01-01T00:00:01.800Z"),
                ("anchored", 7_300, "1970-01-01T00:00:09Z"),
            ]
        );
    }

    #[test]
    fn long_delays_are_said_in_words() {
        let said = [0, 9_999, 10_000, 61_000, 18_000_000, 90_000_000].map(spoken);
        assert_eq!(said, ["0 ms", "9999 ms", "10 s", "1 min 1 s", "5 h 0 min", "1 d 1 h"]);
    }
}
