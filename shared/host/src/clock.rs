//! Two clocks: scenario time governs facts, deadlines and cosignature times; wall time governs tokens, retries, receipt
//! promises and latencies. A demo's scenario clock is stepped; a deployment's is the wall clock.
//!
//! It does not wait: who waits for time to pass uses the runtime's timers (wall) or looks again (scenario).

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use domain::time::Millis;

/// A clock, handed to everything that needs the time. Clones share it.
#[derive(Clone, Debug)]
pub struct Clock(Arc<Mutex<Pace>>);

#[derive(Clone, Copy, Debug)]
enum Pace {
    /// Scenario time is wall time.
    Wall,
    /// Scenario time stands until it is set.
    Stepped(Millis),
    /// Scenario time was `scenario` at wall time `wall` and runs at wall speed since.
    Running { scenario: Millis, wall: Millis },
}

impl Clock {
    /// Scenario time is wall time.
    pub fn wall() -> Self {
        Clock(Arc::new(Mutex::new(Pace::Wall)))
    }

    /// Scenario time stands at `start` until it is set or advanced.
    pub fn stepped(start: Millis) -> Self {
        Clock(Arc::new(Mutex::new(Pace::Stepped(start))))
    }

    /// Scenario time.
    pub fn now(&self) -> Millis {
        self.pace().now()
    }

    /// Wall time.
    pub fn wall_now(&self) -> Millis {
        wall_now()
    }

    /// Puts stepped scenario time to `at`. It never goes back, because what was seen once must not be in the future
    /// later; on a wall clock this does nothing.
    pub fn set(&self, at: Millis) {
        self.change(|pace| match pace {
            Pace::Wall => Pace::Wall,
            Pace::Stepped(now) => Pace::Stepped(now.max(at)),
            Pace::Running { .. } => Pace::Running { scenario: pace.now().max(at), wall: wall_now() },
        });
    }

    /// Moves stepped scenario time on.
    pub fn advance(&self, ms: u64) {
        self.set(self.now().plus_ms(ms));
    }

    /// From now on stepped scenario time runs as fast as the wall clock.
    pub fn run_at_wall_speed(&self) {
        self.change(|pace| match pace {
            Pace::Stepped(scenario) => Pace::Running { scenario, wall: wall_now() },
            other => other,
        });
    }

    fn pace(&self) -> Pace {
        // A holder that panicked left a whole value behind: it is written in one assignment.
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, to: impl FnOnce(Pace) -> Pace) {
        let mut pace = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *pace = to(*pace);
    }
}

impl Pace {
    fn now(self) -> Millis {
        match self {
            Pace::Wall => wall_now(),
            Pace::Stepped(now) => now,
            Pace::Running { scenario, wall } => scenario.plus_ms(wall_now().0.saturating_sub(wall.0)),
        }
    }
}

/// The only place that reads the system's clock.
#[allow(clippy::disallowed_methods, reason = "everybody else takes a Clock")]
fn wall_now() -> Millis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stepped_clock_stands_moves_only_forward_and_then_runs() {
        let clock = Clock::stepped(Millis(1000));
        let other = clock.clone();
        assert_eq!(clock.now(), Millis(1000));
        clock.advance(500);
        assert_eq!(other.now(), Millis(1500), "clones share the time");
        clock.set(Millis(7));
        assert_eq!(clock.now(), Millis(1500), "it never goes back");
        clock.run_at_wall_speed();
        let first = clock.now();
        assert!(first >= Millis(1500) && first < Millis(1500 + 60_000));
        clock.set(Millis(90_000_000));
        assert!(clock.now() >= Millis(90_000_000));
    }

    #[test]
    fn a_wall_clock_can_not_be_set() {
        let clock = Clock::wall();
        clock.set(Millis(u64::MAX));
        assert!(clock.now().0.abs_diff(clock.wall_now().0) < 60_000);
    }
}
