//! How a block is filled from the three lanes: deficit round robin, urgent : high : normal = 8 : 4 : 1.
//!
//! What it promises, block by block:
//! - every lane that has a bundle waiting gives at least one, so a bundle with `k` bundles before it in its lane is in
//!   one of the next `k + 1` blocks however many urgent ones arrive;
//! - urgent bundles costing up to [`URGENT_SHARE`] in all are in the next block;
//! - while all lanes have more than fits, they share the block 8 : 4 : 1, to the size of a bundle.
//!
//! The cost of a bundle is its bytes, but at least [`EVENT_COST`] an event: the block is bounded in both, and a lane of
//! many small events must not use up the others' places. Nothing is kept from block to block, so that any sealer, also
//! one that just started, fills alike. It knows no stream positions, holes or ages.

/// A bundle waiting in a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PendingBundle {
    /// Its length in the block.
    pub bytes: usize,
    /// How many events it carries.
    pub events: usize,
}

/// What a block may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of all bundles.
    pub bytes: usize,
    /// Events of all bundles.
    pub events: usize,
}

impl Limits {
    /// A block has at most 500 events and 512 KiB. Three bundles of the largest size (64 events,
    /// 128 KiB) fit, which is why every lane can be given one.
    pub const BLOCK: Limits = Limits { bytes: 512 * 1024, events: 500 };
}

/// Weights in lane order.
pub const WEIGHTS: [usize; 3] = [8, 4, 1];
/// The 500th part of 512 KiB, so that events and bytes fill a block equally.
pub const EVENT_COST: usize = 1049;
/// What a lane gains in a round for each unit of weight: small beside a block, so that shares are exact, and large enough
/// that the largest bundle needs 64 rounds at most.
const QUANTUM: usize = 2 * 1024;
/// Urgent bundles of this cost always go first: a block less the largest bundle of both other lanes, less a round.
pub const URGENT_SHARE: usize = 512 * 1024 - 2 * 128 * 1024 - 24 * 1024;

/// How many bundles to take from the front of each lane.
pub fn fill(pending: [&[PendingBundle]; 3], limits: Limits) -> [usize; 3] {
    let mut block = Filling { left: limits, lanes: pending.map(Waiting::new) };
    for lane in 0..block.lanes.len() {
        block.take_one(lane, true);
    }
    while block.lanes.iter().any(|lane| !lane.closed) {
        for (lane, weight) in WEIGHTS.into_iter().enumerate() {
            block.round(lane, weight * QUANTUM);
        }
    }
    block.lanes.map(|lane| lane.taken)
}

struct Filling<'a> {
    left: Limits,
    lanes: [Waiting<'a>; 3],
}

struct Waiting<'a> {
    bundles: &'a [PendingBundle],
    taken: usize,
    /// What the lane may spend, and what it has been lent by the first bundle.
    credit: usize,
    debt: usize,
    /// Nothing more comes from this lane: it is empty, or its next bundle does not fit (a lane is never taken out of
    /// order).
    closed: bool,
}

impl<'a> Waiting<'a> {
    fn new(bundles: &'a [PendingBundle]) -> Self {
        Waiting { bundles, taken: 0, credit: 0, debt: 0, closed: bundles.is_empty() }
    }
}

impl Filling<'_> {
    /// Gives a lane its quantum, pays its debt, and takes what the rest buys.
    fn round(&mut self, lane: usize, quantum: usize) {
        if let Some(waiting) = self.lanes.get_mut(lane).filter(|waiting| !waiting.closed) {
            let paid = quantum.min(waiting.debt);
            waiting.debt -= paid;
            waiting.credit += quantum - paid;
        }
        while self.take_one(lane, false) {}
    }

    /// Takes the next bundle of a lane if the lane can pay for it (or on loan) and it fits.
    fn take_one(&mut self, lane: usize, on_loan: bool) -> bool {
        let Some(waiting) = self.lanes.get_mut(lane).filter(|waiting| !waiting.closed) else { return false };
        let Some(next) = waiting.bundles.get(waiting.taken) else {
            waiting.closed = true;
            return false;
        };
        let cost = next.bytes.max(next.events * EVENT_COST);
        if next.bytes > self.left.bytes || next.events > self.left.events {
            waiting.closed = true;
            return false;
        }
        if !on_loan && cost > waiting.credit {
            return false;
        }
        if on_loan {
            waiting.debt += cost;
        } else {
            waiting.credit -= cost;
        }
        waiting.taken += 1;
        self.left.bytes -= next.bytes;
        self.left.events -= next.events;
        true
    }
}

#[cfg(test)]
mod tests;
