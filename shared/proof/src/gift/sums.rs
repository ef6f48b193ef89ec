//! What became of the units of a gift, in eleven sums of which nine must close.

use std::fmt;

use crate::digest::Digest;

/// Units of a gift: what was announced, what came, and where that is or what became of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// Units announced.
    pub pledged: u64,
    /// Units that came; more or fewer than were announced.
    pub received: u64,
    /// Units found beyond the books.
    pub found: u64,
    /// Units that lie in stores.
    pub held: u64,
    /// Units between a giver and a taker.
    pub in_transit: u64,
    /// Units a giver and a taker do not agree on.
    pub disputed: u64,
    /// Units used.
    pub used: u64,
    /// Units destroyed.
    pub wasted: u64,
    /// Units missing from the books.
    pub missing: u64,
    /// Units lost between a giver and a taker.
    pub lost: u64,
    /// Money paid for goods.
    pub spent: u64,
}

/// The names of the sums, in the order of [`Sums::all`].
pub(super) const NAMES: [&str; 11] =
    ["pledged", "received", "found", "held", "in transit", "disputed", "used", "wasted", "missing", "lost", "spent"];

impl Sums {
    /// All of them, in the order of the text.
    pub(super) fn all(&self) -> [u64; 11] {
        let Sums { pledged, received, found, held, in_transit, disputed, used, wasted, missing, lost, spent } = *self;
        [pledged, received, found, held, in_transit, disputed, used, wasted, missing, lost, spent]
    }

    /// The sums of those numbers.
    pub(super) fn of(all: [u64; 11]) -> Self {
        let [pledged, received, found, held, in_transit, disputed, used, wasted, missing, lost, spent] = all;
        Sums { pledged, received, found, held, in_transit, disputed, used, wasted, missing, lost, spent }
    }

    /// Units announced that did not come yet.
    pub fn open(&self) -> u64 {
        self.pledged.saturating_sub(self.received)
    }

    /// Whether all that came is somewhere: received + found = held + in transit + disputed + used + wasted + missing + lost + spent.
    pub fn closes(&self) -> bool {
        let Sums { received, found, held, in_transit, disputed, used, wasted, missing, lost, spent, .. } = *self;
        let total = |parts: &[u64]| parts.iter().map(|part| u128::from(*part)).sum::<u128>();
        total(&[received, found]) == total(&[held, in_transit, disputed, used, wasted, missing, lost, spent])
    }

    /// Which sums are not those of another account of the same units.
    pub fn differences(&self, other: &Sums) -> Vec<Difference> {
        let both = NAMES.into_iter().zip(self.all()).zip(other.all());
        both.filter(|((_, said), found)| said != found)
            .map(|((name, said), found)| Difference { name, said, found })
            .collect()
    }
}

impl fmt::Display for Sums {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (name, sum)) in NAMES.into_iter().zip(self.all()).enumerate() {
            write!(out, "{}{sum} {name}", if at == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

/// A sum that two accounts do not agree on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Which.
    pub name: &'static str,
    /// What is said.
    pub said: u64,
    /// What was found.
    pub found: u64,
}

/// A gift whose sums do not close.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the sums do not close: gift {gift}: {} received and {} found are not all accounted for: {sums}", sums.received, sums.found)]
pub struct Unclosed {
    /// The pledge.
    pub gift: Digest,
    /// Its sums.
    pub sums: Box<Sums>,
}
