//! Where a record belongs: chains by path, lanes by urgency, members by name, regions by code.

use std::fmt;

/// The longest chain path, member, role, sector, region or facility name; they become NATS subject tokens and file names.
pub const MAX_NAME_BYTES: usize = 64;

/// The path of a chain: `cn`, `cn.32`, `cn.32.01`. Tokens are lower-case ASCII letters, digits and `-`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChainPath(String);

impl ChainPath {
    /// Parses a path of one to eight tokens (no real hierarchy of health authorities is deeper).
    pub fn parse(text: &str) -> Option<Self> {
        let tokens = text.split('.').collect::<Vec<_>>();
        (text.len() <= MAX_NAME_BYTES && tokens.len() <= 8 && tokens.iter().all(|token| is_name(token)))
            .then(|| ChainPath(text.to_owned()))
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The chain one level up, if this is not the root.
    pub fn parent(&self) -> Option<ChainPath> {
        self.0.rsplit_once('.').map(|(parent, _)| ChainPath(parent.to_owned()))
    }

    /// Whether `self` is `other` or an ancestor of it.
    pub fn covers(&self, other: &ChainPath) -> bool {
        other.0.strip_prefix(&self.0).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }
}

impl fmt::Display for ChainPath {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// Whether `text` may name a member, role, sector, region or facility: 1 to 64 lower-case ASCII letters, digits and `-`.
pub fn is_name(text: &str) -> bool {
    (1..=MAX_NAME_BYTES).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// The name of a member on its chain, e.g. `nanjing-cdc` (see [`is_name`]).
pub type MemberId = String;

/// The urgency class of an event. The order is the order of lanes in a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    /// Overtakes everything; counts against the member's urgency allowance.
    Urgent,
    /// Before routine.
    High,
    /// Routine.
    Normal,
}

impl Lane {
    /// Every lane in block order.
    pub const ALL: [Lane; 3] = [Lane::Urgent, Lane::High, Lane::Normal];

    /// The lane's name in subjects, JSON and files.
    pub fn name(self) -> &'static str {
        match self {
            Lane::Urgent => "urgent",
            Lane::High => "high",
            Lane::Normal => "normal",
        }
    }

    /// The lane of that name.
    pub fn parse(text: &str) -> Option<Self> {
        Lane::ALL.into_iter().find(|lane| lane.name() == text)
    }

    /// 0, 1, 2 in block order.
    pub fn index(self) -> usize {
        self as usize
    }
}
