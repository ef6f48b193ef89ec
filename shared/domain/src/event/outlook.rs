//! What early warning writes into the log: forecasts, committed before their outcome, assessments, which whoever has the
//! log computes again, and the ground of a warning. Integers only. What they do to a chain is in [`crate::outlook`].

use proof::digest::Digest;

use super::{AlertLevel, Disease};
use crate::time::Date;

/// Days or weeks that one forecast looks ahead: two weeks of days, what hubs ask for, and a quarter of weeks.
pub const MAX_STEPS: usize = 14;
/// The levels of a step, as forecast hubs have them: 0.01, 0.025, 0.05, 0.10, then every 0.05 up to 0.95, 0.975, 0.99.
pub const QUANTILES: usize = 23;
/// Values an assessment or a ground names: the indicators of a table and what its rules read beside them.
pub const MAX_VALUES: usize = 32;
/// The index of an assessment at its most.
pub const MAX_INDEX_MILLI: u64 = 1000;

/// Which log was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Basis {
    /// Its size in leaves.
    pub size: u64,
    /// Its RFC 6962 root at that size.
    pub root: Digest,
}

/// What one step of a forecast is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cadence {
    /// A day.
    Day,
    /// Seven days.
    Week,
}

impl Cadence {
    /// Every cadence.
    pub const ALL: [Cadence; 2] = [Cadence::Day, Cadence::Week];

    /// Its name in keys and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Cadence::Day => "day",
            Cadence::Week => "week",
        }
    }

    /// The cadence of that name.
    pub fn parse(text: &str) -> Option<Self> {
        Cadence::ALL.into_iter().find(|cadence| cadence.name() == text)
    }

    /// How many days a step has.
    pub fn days(self) -> u32 {
        match self {
            Cadence::Day => 1,
            Cadence::Week => 7,
        }
    }
}

/// Quantiles of the counts of coming days or weeks in the event's region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forecast {
    /// The disease.
    pub disease: Disease,
    /// The model (a name), e.g. `ensemble`.
    pub model: String,
    /// The version of the code that made it (a name), e.g. `epidemiology-2`.
    pub code: String,
    /// Days or weeks.
    pub cadence: Cadence,
    /// The last day that was counted, or the first day of the last week that was.
    pub reference_date: Date,
    /// The log that was read.
    pub basis: Basis,
    /// What the model was set to, for people; may be empty.
    pub parameters: String,
    /// SHA-256 of fitted weights, where the model has any.
    pub weights: Option<Digest>,
    /// Thousandths of a case at each of the [`QUANTILES`] levels, ascending; nearest step first, 1 to [`MAX_STEPS`].
    pub steps: Vec<[u64; QUANTILES]>,
}

/// The stage of an epidemic in one area.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// S0: nothing unusual.
    Sporadic = 0,
    /// S1: something unusual, not yet growing.
    Alert = 1,
    /// S2: growing.
    Growth = 2,
    /// S3: neither growing nor falling.
    Plateau = 3,
    /// S4: falling.
    Decline = 4,
    /// S5: two maximum incubations without a case.
    Ended = 5,
}

impl Stage {
    /// Every stage by its number.
    pub const ALL: [Stage; 6] =
        [Stage::Sporadic, Stage::Alert, Stage::Growth, Stage::Plateau, Stage::Decline, Stage::Ended];

    /// The name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Stage::Sporadic => "sporadic",
            Stage::Alert => "alert",
            Stage::Growth => "growth",
            Stage::Plateau => "plateau",
            Stage::Decline => "decline",
            Stage::Ended => "ended",
        }
    }

    /// The stage of that name.
    pub fn parse(text: &str) -> Option<Self> {
        Stage::ALL.into_iter().find(|stage| stage.name() == text)
    }

    /// The number in the ledger: 0 to 5.
    pub fn number(self) -> u8 {
        self as u8
    }

    /// The stage of a number.
    pub fn of(number: u8) -> Option<Stage> {
        Stage::ALL.into_iter().find(|stage| stage.number() == number)
    }

    /// How much there is to do: a step to a higher one is up.
    pub fn height(self) -> u8 {
        match self {
            Stage::Ended => 0,
            Stage::Sporadic => 1,
            Stage::Alert => 2,
            Stage::Decline => 3,
            Stage::Plateau => 4,
            Stage::Growth => 5,
        }
    }

    /// Whether something has grown and is not over yet.
    pub fn is_epidemic(self) -> bool {
        self.height() >= Stage::Decline.height()
    }
}

/// What a member's early warning computed from the log about the event's region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assessment {
    /// The disease.
    pub disease: Disease,
    /// The last day it looks at.
    pub day: Date,
    /// The log that was read.
    pub basis: Basis,
    /// SHA-256 of the rule file it follows.
    pub rules: Digest,
    /// The stage.
    pub stage: Stage,
    /// The level; `None` when nothing gives one.
    pub level: Option<AlertLevel>,
    /// The rule that gave the level (a name); empty without a level.
    pub rule: String,
    /// The index of the indicators, 0 to [`MAX_INDEX_MILLI`].
    pub index_milli: u64,
    /// What it was computed from, by name: ascending, each once, at most [`MAX_VALUES`]. Units stand last in the names,
    /// which may hold `_`: `n7`, `rt_milli`.
    pub values: Vec<(String, i64)>,
}

/// What a computed warning stands on: with this, the log and the code, anybody computes the same level again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ground {
    /// The log that was read.
    pub basis: Basis,
    /// SHA-256 over everything but the log that the level follows from: code, rules, tables, weights.
    pub model: Digest,
    /// SHA-256 of the rule file.
    pub rules: Digest,
    /// What the rule saw, by name: as [`Assessment::values`].
    pub values: Vec<(String, i64)>,
}
