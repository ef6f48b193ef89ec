//! Whether a sealer starves a lane, or one endorsement node: what every block owes the lanes, held against what it took.
//!
//! A block gives every lane that has something waiting at least one message (`domain::lanes`). So a sealer whose blocks
//! take nothing of a lane, one after the other and for long, while the lane's next message lies in its stream for all to
//! read, does not do what sealers do. The same holds for one who names messages of a node as lost that are there.
//!
//! Pure: blocks, what was seen in the streams and the wall time come in as arguments. It convicts late rather than wrongly:
//! a message must have been seen [`SEEN_MS`] before a block counts against its sealer, a block in between that is not to
//! blame begins the count anew, and it takes [`STARVED_BLOCKS`] and [`STARVED_MS`]. It knows no keys of cosigners and
//! votes for nothing; what it can't see is a sealer who delays by less. Limits: `MAX_RUNS` counts at a time.

use std::collections::BTreeMap;

use domain::chain::Lane;
use proof::block::LaneRange;
use proof::sign::PublicKey;

/// How long a message must have been seen in its stream before a block that leaves it counts: ten times what a message
/// takes to a sealer on a bad day, so that nobody is blamed for what had not reached him.
pub const SEEN_MS: u64 = 2_000;
/// Blocks of one sealer, one after the other: by its own honest software the first of them would have taken the message.
pub const STARVED_BLOCKS: u32 = 8;
/// And for so long: longer than a change of the stream's leader (5.9 s measured) or a server's restart, in which a sealer
/// may read one stream and not another. That is how long an urgent report may wait for the vote.
pub const STARVED_MS: u64 = 30_000;
/// Counts kept: every sealer of the largest chain starving every lane and a dozen nodes; beyond that the chain is lost.
const MAX_RUNS: usize = 1024;

/// Whom a sealer starves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Victim {
    /// A lane.
    Lane(Lane),
    /// An endorsement node, by its key.
    Node(PublicKey),
}

/// What is known of a sealed block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// Its height.
    pub height: u64,
    /// Its sealer.
    pub sealer: PublicKey,
    /// What it took of the lanes.
    pub lanes: [LaneRange; 3],
    /// The height at which each lane last gave something, this block included.
    pub moved: [u64; 3],
}

/// Blocks of one sealer that all starve the same.
#[derive(Clone, Copy, Debug)]
struct Run {
    since_ms: u64,
    last_ms: u64,
    blocks: u32,
    /// The last height at which its sealer did what it should, as far as all can tell.
    height: u64,
}

impl Run {
    fn convicts(&self) -> bool {
        self.blocks >= STARVED_BLOCKS && self.last_ms.saturating_sub(self.since_ms) >= STARVED_MS
    }
}

/// What is watched.
#[derive(Debug, Default)]
pub struct Watch {
    /// For each lane the next message and since when it is known to be in the stream.
    waiting: [Option<(u64, u64)>; 3],
    runs: BTreeMap<(PublicKey, Victim), Run>,
}

impl Watch {
    /// The message of that sequence, the next of its lane, lies in the stream.
    pub fn waits(&mut self, lane: Lane, sequence: u64, now_ms: u64) {
        if let Some(waiting) = self.waiting.get_mut(lane.index())
            && waiting.is_none_or(|(known, _)| known != sequence)
        {
            *waiting = Some((sequence, now_ms));
        }
    }

    /// A block was sealed and is heard of now.
    pub fn sealed(&mut self, block: &Sealed, now_ms: u64) {
        for (lane, (range, moved)) in Lane::ALL.into_iter().zip(block.lanes.iter().zip(block.moved)) {
            let Some(waiting) = self.waiting.get_mut(lane.index()) else { continue };
            let run = (block.sealer, Victim::Lane(lane));
            let starved =
                |(sequence, seen): &(u64, u64)| *sequence == range.first && seen.saturating_add(SEEN_MS) <= now_ms;
            if range.last >= range.first {
                *waiting = None;
                self.runs.remove(&run);
            } else if waiting.as_ref().is_some_and(starved) {
                // Where the lane stands still is the same for all who look, so their votes say the same.
                self.count(run, moved, now_ms);
            } else {
                self.runs.remove(&run);
            }
        }
    }

    /// A block named messages of a node as lost that lie in the stream, and took none of that node.
    pub fn hidden(&mut self, block: &Sealed, node: PublicKey, now_ms: u64) {
        self.count((block.sealer, Victim::Node(node)), block.height.saturating_sub(1), now_ms);
    }

    /// A block took a bundle of a node.
    pub fn served(&mut self, sealer: PublicKey, node: PublicKey) {
        self.runs.remove(&(sealer, Victim::Node(node)));
    }

    /// Whether a sealer hid something of some node lately: then it matters whose bundles its blocks take.
    pub fn hides(&self, sealer: &PublicKey) -> bool {
        self.runs.keys().any(|(of, victim)| of == sealer && matches!(victim, Victim::Node(_)))
    }

    fn count(&mut self, run: (PublicKey, Victim), height: u64, now_ms: u64) {
        if self.runs.len() >= MAX_RUNS && !self.runs.contains_key(&run) {
            return;
        }
        let run = self.runs.entry(run).or_insert(Run { since_ms: now_ms, last_ms: now_ms, blocks: 0, height });
        run.blocks = run.blocks.saturating_add(1);
        run.last_ms = now_ms;
    }

    /// Who is to be excluded, whom it starves, and the last height at which it did what it should.
    pub fn convicted(&self) -> impl Iterator<Item = (PublicKey, Victim, u64)> + '_ {
        self.runs.iter().filter(|(_, run)| run.convicts()).map(|((sealer, victim), run)| (*sealer, *victim, run.height))
    }

    /// A sealer is no more: nothing about it is remembered.
    pub fn forget(&mut self, sealer: &PublicKey) {
        self.runs.retain(|(of, _), _| of != sealer);
    }
}

#[cfg(test)]
mod tests;
