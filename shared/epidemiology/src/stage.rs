//! The stage of an epidemic in one area: a state machine that takes what is known at the end of a day and says whether it
//! grows, stays, falls or is over. Up at once, down only when a second day agrees, so that one odd day turns nothing.
//!
//! Sporadic -> alert -> growth -> plateau -> decline -> ended. Only growth opens an epidemic: a first alert that fades is
//! sporadic again, and a falling week means decline only where something had grown. Down it goes by single steps: between
//! growth and decline lies a peak, however short, so growth that is no longer seen is a plateau first.
//!
//! Members may vote for another stage; what was computed here stays beside it. No float leaves this module.

pub use domain::event::Stage;
use domain::time::Date;

/// P(Rt > 1) from which the epidemic grows, and P(Rt < 1) from which it falls: the usual 95 %.
const SURE: f64 = 0.95;
/// Evaluations on different days that P(Rt < 1) must be sure for before the epidemic is said to fall.
const FALLING_DAYS: u32 = 3;
/// A week grows when it has twice the cases of the one before, which counts as at least this many: 1 case after none is no
/// growth. And what falls is not flat again while a week has fewer.
const FEW: u64 = 3;
/// Suspected cases that belong together and make an alert.
const LINKED_SUSPECTED: u64 = 2;

/// What is believed of Rt; see [`crate::reproduction`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RtBelief {
    /// Its mean.
    pub mean: f64,
    /// P(Rt > 1).
    pub p_above_1: f64,
}

/// What is known of an area and a disease at the end of a day.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Evidence {
    /// The day.
    pub day: Date,
    /// New confirmed cases of the last 7 days.
    pub n7: u64,
    /// New confirmed cases of the 7 days before those.
    pub n7_prev: u64,
    /// Rt; `None` while there are too few cases to tell.
    pub rt: Option<RtBelief>,
    /// A detector alarms, or there is a case of a disease of which one alarms.
    pub alarm: bool,
    /// Endorsed suspected cases of the last 7 days that belong together.
    pub linked_suspected: u64,
    /// Days since the last case; `None` when there never was one.
    pub days_since_last_case: Option<u32>,
    /// The disease's longest incubation in days; `None` where it is not known, and then nothing ever ends by itself.
    pub max_incubation: Option<u32>,
}

impl Evidence {
    fn grows(&self) -> bool {
        let certain = self.rt.is_some_and(|rt| rt.p_above_1 >= SURE);
        certain || self.n7 >= self.n7_prev.max(FEW).saturating_mul(2)
    }

    /// Within a quarter of the week before, and Rt, where it is known, is sure of nothing.
    fn stays(&self) -> bool {
        let unsure = self.rt.is_none_or(|rt| rt.p_above_1 > 1.0 - SURE && rt.p_above_1 < SURE);
        let (now, before) = (self.n7.saturating_mul(4), self.n7_prev);
        unsure && self.n7 >= FEW && now > before.saturating_mul(3) && now <= before.saturating_mul(5)
    }

    fn shrinks(&self) -> bool {
        self.n7_prev > 0 && self.n7.saturating_mul(4) <= self.n7_prev.saturating_mul(3)
    }

    fn surely_falls(&self) -> bool {
        self.rt.is_some_and(|rt| rt.p_above_1 <= 1.0 - SURE)
    }

    fn alerts(&self) -> bool {
        self.alarm || self.linked_suspected >= LINKED_SUSPECTED
    }

    fn is_over(&self) -> bool {
        let wait = self.max_incubation.map(|days| days.saturating_mul(2));
        self.days_since_last_case.zip(wait).is_some_and(|(days, wait)| days >= wait)
    }
}

/// The stage of one area and disease, day after day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Machine {
    stage: Stage,
    /// A lower stage that one day gave, and that day.
    candidate: Option<(Stage, Date)>,
    /// Days in a row on which Rt was surely below 1, and the last of them.
    falling: Option<(u32, Date)>,
}

impl Default for Machine {
    fn default() -> Self {
        Machine { stage: Stage::Sporadic, candidate: None, falling: None }
    }
}

impl Machine {
    /// The stage.
    pub fn stage(&self) -> Stage {
        self.stage
    }

    /// The lower stage that the last day gave, and that the next day may confirm.
    pub fn candidate(&self) -> Option<Stage> {
        self.candidate.map(|(stage, _)| stage)
    }

    /// Takes a day's evidence. The same day may be evaluated again as events come in: that may raise the stage, but only
    /// another day confirms a step down. The end needs no second day: the wait of two incubations is confirmation enough.
    pub fn step(&mut self, evidence: &Evidence) -> Stage {
        self.count_falling(evidence);
        let given = self.given(evidence);
        let confirmed = self.candidate.is_some_and(|(lower, day)| lower == given && day < evidence.day);
        if given == Stage::Ended || given.height() >= self.stage.height() || confirmed {
            (self.stage, self.candidate) = (given, None);
        } else if self.candidate.is_none() {
            self.candidate = Some((given, evidence.day));
        }
        self.stage
    }

    fn count_falling(&mut self, evidence: &Evidence) {
        self.falling = match self.falling {
            _ if !evidence.surely_falls() => None,
            None => Some((1, evidence.day)),
            Some((days, day)) if day < evidence.day => Some((days.saturating_add(1), evidence.day)),
            Some(counted) => Some(counted),
        };
    }

    /// The stage that this day alone would give: a higher one, the same, or the next lower one.
    fn given(&self, now: &Evidence) -> Stage {
        let falls = self.falling.is_some_and(|(days, _)| days >= FALLING_DAYS) || now.shrinks();
        match self.stage {
            stage if stage.is_epidemic() && now.is_over() => Stage::Ended,
            stage if stage.is_epidemic() && now.grows() => Stage::Growth,
            Stage::Growth => Stage::Plateau,
            Stage::Plateau if falls => Stage::Decline,
            Stage::Decline if now.stays() => Stage::Plateau,
            Stage::Plateau | Stage::Decline => self.stage,
            Stage::Sporadic | Stage::Alert | Stage::Ended => match (now.alerts(), now.grows()) {
                (true, true) => Stage::Growth,
                (true, false) => Stage::Alert,
                (false, _) if self.stage == Stage::Ended && now.n7 == 0 => Stage::Ended,
                (false, _) => Stage::Sporadic,
            },
        }
    }
}

#[cfg(test)]
mod tests;
