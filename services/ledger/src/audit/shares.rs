//! Whether sealers kept what `domain::lanes` promises, as far as blocks alone show it.
//!
//! A block shows what was taken, not what was waiting. A bundle is *shown to have waited* when its own endorsement node
//! went on without it: the node's later bundles, spread over [`SHOWN_MS`] by that node's clock, were sealed before it. A
//! node publishes what it journalled before it journals more, so the bundle lay in its lane all that time, and with it
//! everything before it in the lane.
//!
//! How a block is filled depends on what it took and on the next bundle of each lane alone. So where lanes are shown to
//! have waited, filling is done again: with their next bundle, and with and without that of every other lane. If no way
//! gives the block, it was not filled by 8 : 4 : 1.
//!
//! What it can't tell apart is a sealer that passes bundles over and a node that holds its own back, so it names both.
//! Limits: a window of [`WINDOW`] blocks; a lane that stands still behind a lost message is not judged.

use std::collections::{BTreeMap, VecDeque};

use domain::chain::Lane;
use domain::lanes::{Limits, PendingBundle, fill};
use domain::time::Millis;
use proof::sign::PublicKey;

use super::report::Book;

/// The promise of a receipt. A lane may stand still behind a lost message for half of it without anybody's fault.
const SHOWN_MS: u64 = 60_000;

/// Blocks in which a bundle may come late: some minutes of the fastest sealing.
const WINDOW: usize = 1024;

/// What a block took from a lane at one sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// A message, whose bundle it is, and when its node closed it.
    Message { size: PendingBundle, by: Option<(PublicKey, Millis)> },
    /// Nothing: the message was lost.
    Hole,
}

impl Taken {
    fn size(&self) -> PendingBundle {
        match self {
            Taken::Message { size, .. } => *size,
            Taken::Hole => PendingBundle { bytes: 0, events: 0 },
        }
    }
}

/// A block as it is judged once nothing more can be learnt of it.
#[derive(Debug)]
struct Sealed {
    height: u64,
    sealer: String,
    lanes: [Vec<Taken>; 3],
    /// Of each lane the node whose bundle is shown to have waited.
    waited: [Option<PublicKey>; 3],
}

/// Blocks that gave a lane too little.
#[derive(Debug)]
struct Short {
    first: u64,
    last: u64,
    count: u64,
    /// Those of them that gave it nothing.
    nothing: u64,
}

/// The blocks of a chain under this light.
#[derive(Debug, Default)]
pub(super) struct Shares {
    blocks: VecDeque<Sealed>,
    /// Of each node by height when it closed the first and the last of its bundles in that block.
    closed: BTreeMap<PublicKey, VecDeque<(u64, Millis, Millis)>>,
    /// Blocks that gave a lane too little, by who sealed, whose bundle waited and in which lane.
    short: BTreeMap<(String, PublicKey, usize), Short>,
}

impl Shares {
    /// The next block.
    pub(super) fn block(&mut self, height: u64, sealer: String, lanes: [Vec<Taken>; 3]) {
        for (lane, taken) in lanes.iter().enumerate() {
            for each in taken {
                if let Taken::Message { by: Some((node, closed)), .. } = each {
                    self.late(lane, node, *closed);
                }
            }
        }
        for each in lanes.iter().flatten() {
            if let Taken::Message { by: Some((node, closed)), .. } = each {
                let of_node = self.closed.entry(*node).or_default();
                match of_node.back_mut().filter(|(last, ..)| *last == height) {
                    Some((_, first, last)) => (*first, *last) = ((*first).min(*closed), (*last).max(*closed)),
                    None => of_node.push_back((height, *closed, *closed)),
                }
            }
        }
        self.blocks.push_back(Sealed { height, sealer, lanes, waited: [None; 3] });
        if self.blocks.len() > WINDOW {
            self.judge_first();
        }
    }

    /// A bundle of a node comes now: marks the blocks in which it is shown to have waited.
    fn late(&mut self, lane: usize, node: &PublicKey, closed: Millis) {
        let Some(others) = self.closed.get(node) else { return };
        // The first height by which younger bundles of the node were sealed that lie far enough apart.
        let (mut from, mut to, mut since) = (Millis(u64::MAX), Millis(0), None);
        for (height, first, last) in others.iter().filter(|(.., last)| *last > closed) {
            // Of a block that holds older ones too, only the youngest is known to be younger.
            from = from.min(if *first > closed { *first } else { *last });
            to = to.max(*last);
            if to.0.saturating_sub(from.0) >= SHOWN_MS {
                since = Some(*height);
                break;
            }
        }
        let Some(since) = since else { return };
        for block in self.blocks.iter_mut().rev().take_while(|block| block.height >= since) {
            if let Some(waited) = block.waited.get_mut(lane) {
                waited.get_or_insert(*node);
            }
        }
    }

    /// Takes the oldest block out of the window.
    fn judge_first(&mut self) {
        let Some(block) = self.blocks.pop_front() else { return };
        for closed in self.closed.values_mut() {
            while closed.front().is_some_and(|(height, ..)| *height <= block.height) {
                closed.pop_front();
            }
        }
        self.closed.retain(|_, closed| !closed.is_empty());
        if let Some((lane, node)) = judge(&block, |lane| self.next(lane)) {
            let (height, none) = (block.height, block.lanes.get(lane).is_none_or(Vec::is_empty));
            let fresh = Short { first: height, last: height, count: 0, nothing: 0 };
            let short = self.short.entry((block.sealer, node, lane)).or_insert(fresh);
            short.last = height;
            short.count += 1;
            short.nothing += u64::from(none);
        }
    }

    /// What comes next in a lane behind the block that was just taken out.
    fn next(&self, lane: usize) -> Option<Taken> {
        self.blocks.iter().find_map(|block| block.lanes.get(lane).and_then(|taken| taken.first())).copied()
    }

    /// Tells what was not kept; `names` knows whose an endorser key is.
    pub(super) fn close(mut self, book: &mut Book, names: impl Fn(&PublicKey) -> String) {
        while !self.blocks.is_empty() {
            self.judge_first();
        }
        for ((sealer, node, lane), Short { first, last, count, nothing }) in self.short {
            let node = names(&node);
            let name = Lane::ALL.get(lane).map_or("", |lane| lane.name());
            let what = format!(
                "lane {name} got less than 8 : 4 : 1 gives it in {count} of them, and nothing in {nothing}, while a \
                 bundle of {node} is shown to have waited: either it was passed over, or {node} held it back"
            );
            let who = if sealer == node { sealer } else { format!("{sealer} or {node}") };
            book.problem(format!("blocks {first} to {last}"), what, who);
        }
    }
}

/// The first lane that a block gave too little, and whose bundle waited there.
fn judge(block: &Sealed, next: impl Fn(usize) -> Option<Taken>) -> Option<(usize, PublicKey)> {
    let next = [next(0), next(1), next(2)].map(|next| next.map(|next| (next, next != Taken::Hole)));
    // Behind a lost message a lane waits, and the sealer with it.
    let shown = [0, 1, 2].map(|lane: usize| {
        let waits = next.get(lane).is_some_and(|next| next.is_some_and(|(_, message)| message));
        block.waited.get(lane).copied().flatten().filter(|_| waits)
    });
    if shown == [None; 3] {
        return None;
    }
    let mut first = None;
    for combination in 0_u8..8 {
        let with = [0, 1, 2].map(|lane: u8| combination >> lane & 1 == 1);
        let lanes = || with.iter().zip(&shown).zip(&next);
        if lanes().any(|((with, shown), next)| (shown.is_some() && !with) || (*with && next.is_none())) {
            continue;
        }
        let pending = block.lanes.iter().zip(lanes()).map(|(taken, ((with, _), next))| {
            let next = next.filter(|_| *with).map(|(next, _)| next);
            taken.iter().chain(next.as_ref()).map(Taken::size).collect::<Vec<_>>()
        });
        let pending = pending.collect::<Vec<_>>();
        let [urgent, high, normal] = pending.as_slice() else { continue };
        let filled = fill([urgent, high, normal], Limits::BLOCK);
        let short =
            filled.iter().zip(&block.lanes).zip(&shown).enumerate().find_map(|(lane, ((filled, taken), shown))| {
                shown.filter(|_| *filled > taken.len()).map(|node| (lane, node))
            });
        if filled.iter().zip(&block.lanes).all(|(filled, taken)| *filled == taken.len()) {
            return None;
        }
        first = first.or(short);
    }
    first
}

#[cfg(test)]
mod tests;
