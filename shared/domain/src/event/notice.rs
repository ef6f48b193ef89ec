//! What rings every department's feed: warnings, their end, and orders. What they do to a chain is in `alert`.

use super::{AlertLevel, Disease, EventId, Ground};

/// An early warning. It rings every feed once final.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// The disease warned of.
    pub disease: Disease,
    /// How grave.
    pub level: AlertLevel,
    /// One line for people.
    pub headline: String,
    /// The detector or rule that raised it (a name); empty when a person did.
    pub method: String,
    /// An earlier warning of the same disease and region on this chain, which this one replaces.
    pub supersedes: Option<EventId>,
    /// What it was computed from; `None` when a person warns.
    pub ground: Option<Ground>,
}

/// A warning is over: it rang rightly, and what it warned of has passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lifting {
    /// The warning, on the same chain and of the event's region.
    pub warning: EventId,
    /// Why (a name), e.g. `level-ended`.
    pub reason: String,
}

/// An order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directive {
    /// How grave.
    pub level: AlertLevel,
    /// One line for people.
    pub headline: String,
    /// What to do.
    pub instruction: String,
    /// The measure it puts in force (a name), e.g. `reserve-stock`; empty when a person words the order.
    pub measure: String,
}
