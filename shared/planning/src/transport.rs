//! The transportation problem: units wait at sources, sites have room, lanes between them have a cost; units may also stay
//! where they are, at cost 0. Wanted is the cheapest shipment.
//!
//! Min-cost flow by successive shortest paths (Ahuja, Magnanti and Orlin, *Network Flows*, 1993, ch. 9) in whole numbers.
//! There are few sites and many sources, so the paths are sought among the sites alone ([`paths`]). What comes out is not
//! believed: a price for each site is computed from the shipment alone ([`prices`]), and it is given out only if they prove
//! that no shipment is cheaper. The prices are reasons too: what one more unit of room would be worth.

mod paths;
mod prices;

/// The largest cost either way: sums along a path of all sites stay far below 2^63.
pub const MAX_COST: i64 = 1 << 40;
/// The most units at a source or room at a site, for the same reason.
pub const MAX_UNITS: u64 = 1 << 40;
/// The most sources times sites: each takes 16 bytes, so 160 MB at most.
pub const MAX_PAIRS: usize = 10_000_000;

/// A way from a source to a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lane {
    /// The source's index.
    pub from: usize,
    /// The site's index.
    pub to: usize,
    /// What a unit on it costs, at most [`MAX_COST`] either way; below 0 it is better shipped than not.
    pub cost: i64,
}

/// What is to be shipped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problem {
    /// Units at each source.
    pub units: Vec<u64>,
    /// Room at each site.
    pub room: Vec<u64>,
    /// The lanes, at most one between a source and a site.
    pub lanes: Vec<Lane>,
}

/// The cheapest shipment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shipment {
    /// Units on each lane of the problem.
    pub amounts: Vec<u64>,
    /// What one more unit of room would save at each site; 0 where room is left.
    pub prices: Vec<i64>,
}

/// Why there is no shipment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsolved {
    /// A lane leads from or to nowhere, is there twice, or its cost is too large.
    #[error("lane {0} names no source or site, is there twice, or its cost is out of range")]
    Lane(usize),
    /// Too many units.
    #[error("more than 2^40 units at a source or of room at a site")]
    Units,
    /// Too many sources and sites.
    #[error("more than 10 million pairs of a source and a site")]
    Size,
    /// Never seen: what was found is not the cheapest.
    #[error("the shipment could not be proven to be the cheapest")]
    Unproven,
}

impl Problem {
    /// The cheapest shipment, proven.
    ///
    /// # Errors
    /// [`Unsolved`].
    pub fn solve(&self) -> Result<Shipment, Unsolved> {
        if self.units.len().saturating_mul(self.room.len()) > MAX_PAIRS {
            return Err(Unsolved::Size);
        }
        if self.units.iter().chain(&self.room).any(|units| *units > MAX_UNITS) {
            return Err(Unsolved::Units);
        }
        let costs = self.costs()?;
        let shipped = paths::ship(&self.units, &self.room, &costs);
        let amount = |lane: &Lane| shipped.get(lane.to).and_then(|there| there.get(&lane.from)).copied();
        let amounts = self.lanes.iter().map(|lane| amount(lane).unwrap_or(0)).collect::<Vec<_>>();
        let prices = prices::of(self, &amounts).ok_or(Unsolved::Unproven)?;
        Ok(Shipment { amounts, prices })
    }

    /// What a shipment costs.
    pub fn cost(&self, amounts: &[u64]) -> i128 {
        self.lanes.iter().zip(amounts).map(|(lane, amount)| i128::from(lane.cost) * i128::from(*amount)).sum()
    }

    /// Costs by source and site.
    fn costs(&self) -> Result<Vec<Vec<Option<i64>>>, Unsolved> {
        let mut costs = vec![vec![None; self.room.len()]; self.units.len()];
        for (at, lane) in self.lanes.iter().enumerate() {
            let cost = costs.get_mut(lane.from).and_then(|costs| costs.get_mut(lane.to)).ok_or(Unsolved::Lane(at))?;
            if cost.is_some() || lane.cost.unsigned_abs() > MAX_COST.unsigned_abs() {
                return Err(Unsolved::Lane(at));
            }
            *cost = Some(lane.cost);
        }
        Ok(costs)
    }
}

#[cfg(test)]
mod tests;
