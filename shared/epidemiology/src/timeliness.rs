//! 7-1-7: an outbreak is detected within 7 days of its emergence, notified within 1 day of detection, and answered by all
//! early actions within 7 days of notification (Frieden et al. 2021, doi:10.1016/S0140-6736(21)01250-2; the seven actions
//! and the definitions of the dates are those of the 7-1-7 Alliance's toolkit).
//!
//! Times are given. What is not known is said, and a clock that still runs is neither met nor missed.

use domain::time::{DAY_MS, Millis};

/// The three intervals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interval {
    /// From emergence to detection: 7 days.
    Detect,
    /// From detection to notification: 1 day.
    Notify,
    /// From notification to the last early action: 7 days.
    Respond,
}

impl Interval {
    /// The three in their order.
    pub const ALL: [Interval; 3] = [Interval::Detect, Interval::Notify, Interval::Respond];

    /// The name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Interval::Detect => "detect",
            Interval::Notify => "notify",
            Interval::Respond => "respond",
        }
    }

    /// How long it may take.
    pub fn target_ms(self) -> u64 {
        match self {
            Interval::Detect | Interval::Respond => 7 * DAY_MS,
            Interval::Notify => DAY_MS,
        }
    }
}

/// The early actions that make a response; one that does not apply to an outbreak is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// A team investigates.
    Investigation,
    /// The burden is analysed and the risk assessed.
    RiskAssessment,
    /// A laboratory confirmed the cause.
    Laboratory,
    /// Cases are managed and infection is prevented in facilities.
    CaseManagement,
    /// Countermeasures in the communities.
    Countermeasures,
    /// The public is told and engaged.
    RiskCommunication,
    /// Somebody coordinates.
    Coordination,
}

/// What is known of an outbreak's times.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Milestones {
    /// Emergence: the first symptoms of the first case; for an endemic disease when the threshold was first crossed.
    pub emerged: Option<Millis>,
    /// First recorded anywhere.
    pub detected: Option<Millis>,
    /// First reported to the authority that must act.
    pub notified: Option<Millis>,
    /// The actions that apply and when each was taken; `None` while it was not.
    pub actions: Vec<(Action, Option<Millis>)>,
}

/// How an interval stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// Done in time, after this many milliseconds.
    Met(u64),
    /// Done too late, after this many milliseconds.
    Missed(u64),
    /// Not done yet; this many milliseconds are left.
    Running(u64),
    /// Not done yet and too late by this many milliseconds.
    Overdue(u64),
    /// The times cannot be: it was done this many milliseconds before it could begin.
    Backwards(u64),
    /// What begins it is not known.
    Unknown,
}

/// How an outbreak was met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeliness {
    /// Each interval and how it stands, in their order.
    pub clocks: [(Interval, Clock); 3],
    /// Actions that apply and were not taken yet.
    pub open: Vec<Action>,
}

impl Timeliness {
    /// Whether all three targets were met; `None` while a clock runs or something is not known.
    pub fn met(&self) -> Option<bool> {
        let clocks = self.clocks.map(|(_, clock)| clock);
        if clocks.iter().any(|clock| matches!(clock, Clock::Missed(_) | Clock::Overdue(_))) {
            return Some(false);
        }
        clocks.iter().all(|clock| matches!(clock, Clock::Met(_))).then_some(true)
    }

    /// The interval that took the largest part of its target: where the bottleneck is.
    pub fn bottleneck(&self) -> Option<Interval> {
        let taken = self.clocks.iter().filter_map(|(interval, clock)| match clock {
            Clock::Met(ms) | Clock::Missed(ms) => {
                Some((*interval, ms.saturating_mul(7 * DAY_MS / interval.target_ms())))
            }
            Clock::Overdue(_) => Some((*interval, u64::MAX)),
            Clock::Running(_) | Clock::Backwards(_) | Clock::Unknown => None,
        });
        taken.max_by_key(|(_, share)| *share).map(|(interval, _)| interval)
    }
}

/// How an outbreak stands at `now`.
pub fn timeliness(times: &Milestones, now: Millis) -> Timeliness {
    let open = times.actions.iter().filter(|(_, taken)| taken.is_none()).map(|(action, _)| *action).collect::<Vec<_>>();
    let last = times.actions.iter().filter_map(|(_, taken)| *taken).max();
    let responded = if open.is_empty() { last } else { None };
    let clock =
        |interval: Interval, from: Option<Millis>, to: Option<Millis>| (interval, stands(interval, from, to, now));
    Timeliness {
        clocks: [
            clock(Interval::Detect, times.emerged, times.detected),
            clock(Interval::Notify, times.detected, times.notified),
            clock(Interval::Respond, times.notified, responded),
        ],
        open,
    }
}

fn stands(interval: Interval, from: Option<Millis>, to: Option<Millis>, now: Millis) -> Clock {
    let target = interval.target_ms();
    match (from, to) {
        (None, _) => Clock::Unknown,
        (Some(from), Some(to)) => match to.0.checked_sub(from.0) {
            None => Clock::Backwards(from.0 - to.0),
            Some(taken) if taken <= target => Clock::Met(taken),
            Some(taken) => Clock::Missed(taken),
        },
        (Some(from), None) => match now.0.saturating_sub(from.0) {
            passed if passed <= target => Clock::Running(target - passed),
            passed => Clock::Overdue(passed - target),
        },
    }
}

#[cfg(test)]
mod tests;
