//! A bar on standard error while something takes long, where a person may be looking: on a terminal only.

use std::io::{IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Signs of a full bar.
const WIDTH: usize = 40;

/// How much of something is done. Threads may share it.
pub struct Progress {
    total: usize,
    done: AtomicUsize,
    seen: bool,
}

impl Progress {
    /// Nothing of `total` steps is done.
    pub fn new(total: usize) -> Self {
        Progress { total: total.max(1), done: AtomicUsize::new(0), seen: std::io::stderr().is_terminal() }
    }

    /// One more step is done.
    pub fn step(&self) {
        if !self.seen {
            return;
        }
        // Counted while nobody else writes, so that the bar never goes back. Nobody minds a bar that could not be drawn.
        let mut err = std::io::stderr().lock();
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        let end = if done == self.total { "\n" } else { "" };
        let _ = write!(err, "\r{}{end}", bar(done, self.total));
    }
}

fn bar(done: usize, total: usize) -> String {
    let full = (WIDTH * done / total).min(WIDTH);
    format!("[{}{}] {done} of {total}", "#".repeat(full), ".".repeat(WIDTH - full))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_is_full_at_the_end_and_never_longer() {
        assert_eq!(bar(0, 8), format!("[{}] 0 of 8", ".".repeat(40)));
        assert_eq!(bar(2, 8), format!("[{}{}] 2 of 8", "#".repeat(10), ".".repeat(30)));
        assert_eq!(bar(9, 8), format!("[{}] 9 of 8", "#".repeat(40)));
    }
}
