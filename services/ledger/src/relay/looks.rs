//! A relay's patience: when it looks at the parent, and when it acts.

use std::mem::Discriminant;
use std::time::Duration;

use tokio::time::Instant;

use super::pending::Pending;

/// How often the parent is looked at while something is on its way: at first, and at most.
const FIRST_LOOK: Duration = Duration::from_millis(4);
pub(super) const LAST_LOOK: Duration = Duration::from_millis(100);

/// How often those look whose turn is not next; several summaries at once may make it theirs.
const STANDBY_LOOK: Duration = Duration::from_millis(20);

/// An anchor is sent again when the parent shows nothing of it for so long.
const AGAIN: Duration = Duration::from_secs(3);

/// When to look at the parent, and when to act.
#[derive(Default)]
pub(super) struct Looks {
    /// What is pending and since when.
    since: Option<((Discriminant<Pending>, u64), Instant)>,
    sent: Option<Instant>,
    pause: Duration,
}

impl Looks {
    /// Whether our turn has come and we have not just acted.
    pub(super) fn due(&mut self, pending: &Pending, wait: Duration) -> bool {
        let (now, what) = (Instant::now(), (std::mem::discriminant(pending), pending.number()));
        let since = match self.since {
            Some((known, since)) if known == what => since,
            _ => {
                *self = Looks { since: Some((what, now)), ..Looks::default() };
                now
            }
        };
        now >= since + wait && self.sent.is_none_or(|sent| now >= sent + AGAIN)
    }

    pub(super) fn sent(&mut self) {
        self.sent = Some(Instant::now());
        self.pause = Duration::ZERO;
    }

    /// Those whose turn it is or comes next look at once, then less and less often.
    pub(super) fn pause(&mut self, rank: u64) -> Duration {
        let first = if rank > 1 { STANDBY_LOOK } else { FIRST_LOOK };
        self.pause = (self.pause * 2).clamp(first, LAST_LOOK);
        self.pause
    }
}
