//! What waits in one lane: the messages of an intake stream that no block has taken yet, in sequence order.
//!
//! Pure: sequences, bytes and times come in as arguments. A sequence that the stream no longer has is waited for
//! [`GAP_PATIENCE_MS`] and then taken as a named hole, so that a lane never stops and nothing is skipped unseen.

use std::collections::VecDeque;

use domain::lanes::PendingBundle;
use proof::block::{LaneRange, MAX_HOLES};

/// How long a missing sequence is waited for: well above a stream leader change (5.9 s measured) and a server restart.
pub const GAP_PATIENCE_MS: u64 = 30_000;

/// One lane's queue.
#[derive(Debug, Default)]
pub struct LaneQueue {
    cursor: u64,
    waiting: VecDeque<Waiting>,
    beyond_gap: VecDeque<(u64, Vec<u8>, usize)>,
    gap_since_ms: Option<u64>,
}

#[derive(Debug)]
struct Waiting {
    bundle: Option<Vec<u8>>,
    events: usize,
}

/// What a block takes of a lane.
#[derive(Debug, PartialEq, Eq)]
pub struct Taken {
    /// The contiguous range of sequences, with its holes.
    pub range: LaneRange,
    /// The bundles of the range in order.
    pub bundles: Vec<Vec<u8>>,
    /// How many events they hold.
    pub events: usize,
}

impl LaneQueue {
    /// An empty queue behind the last sequence a block took.
    pub fn after(cursor: u64) -> Self {
        LaneQueue { cursor, ..LaneQueue::default() }
    }

    /// The sequence that would be queued next.
    pub fn next_sequence(&self) -> u64 {
        self.cursor + self.waiting.len() as u64 + 1
    }

    /// A message arrived, with the number of events in it. Sequences already queued or taken are ignored.
    pub fn arrive(&mut self, sequence: u64, bundle: Vec<u8>, events: usize, now_ms: u64) {
        let next = self.next_sequence();
        if sequence == next {
            self.waiting.push_back(Waiting { bundle: Some(bundle), events });
            self.close_gap(now_ms);
        } else if sequence > next && self.beyond_gap.back().is_none_or(|(last, _, _)| sequence > *last) {
            self.beyond_gap.push_back((sequence, bundle, events));
            self.gap_since_ms.get_or_insert(now_ms);
        }
    }

    /// Takes the sequences before the gap's far side as holes once the gap has been waited for; true when it did.
    pub fn give_up_gap(&mut self, now_ms: u64) -> bool {
        let patient = self.gap_since_ms.is_none_or(|since| now_ms < since + GAP_PATIENCE_MS);
        let Some((far, _, _)) = self.beyond_gap.front().filter(|_| !patient) else { return false };
        for _ in self.next_sequence()..*far {
            self.waiting.push_back(Waiting { bundle: None, events: 0 });
        }
        self.close_gap(now_ms);
        true
    }

    /// When [`give_up_gap`](Self::give_up_gap) will have something to do.
    pub fn gap_ends_ms(&self) -> Option<u64> {
        self.gap_since_ms.map(|since| since + GAP_PATIENCE_MS)
    }

    /// Queues what the gap held back as far as it is contiguous now. A second gap behind the first is waited for from
    /// the moment it is seen to be one, not from the first one's.
    fn close_gap(&mut self, now_ms: u64) {
        while let Some((sequence, _, _)) = self.beyond_gap.front() {
            let next = self.next_sequence();
            if *sequence > next {
                break;
            }
            if let Some((sequence, bundle, events)) = self.beyond_gap.pop_front()
                && sequence == next
            {
                self.waiting.push_back(Waiting { bundle: Some(bundle), events });
                self.gap_since_ms = None;
            }
        }
        if self.beyond_gap.is_empty() {
            self.gap_since_ms = None;
        } else {
            self.gap_since_ms.get_or_insert(now_ms);
        }
    }

    /// Somebody's block took everything up to `cursor`; returns how many queued messages that freed.
    pub fn advance(&mut self, cursor: u64, now_ms: u64) -> usize {
        let queued = self.waiting.len() + self.beyond_gap.len();
        while self.cursor < cursor {
            self.waiting.pop_front();
            self.cursor += 1;
        }
        self.close_gap(now_ms);
        queued.saturating_sub(self.waiting.len() + self.beyond_gap.len())
    }

    /// Whether nothing can be taken.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Sizes for [`domain::lanes::fill`], oldest first, at most `limit` and as many holes as one block may name.
    pub fn pending(&self, limit: usize) -> Vec<PendingBundle> {
        let mut holes = 0;
        self.waiting
            .iter()
            .take(limit)
            .take_while(|waiting| {
                holes += usize::from(waiting.bundle.is_none());
                holes <= MAX_HOLES
            })
            .map(|w| PendingBundle { bytes: w.bundle.as_ref().map_or(0, Vec::len), events: w.events })
            .collect()
    }

    /// The first `count` messages as a block takes them. The queue keeps them until the block is known to stand.
    pub fn take(&self, count: usize) -> Taken {
        let first = self.cursor + 1;
        let mut taken =
            Taken { range: LaneRange { first, last: self.cursor, holes: Vec::new() }, bundles: Vec::new(), events: 0 };
        for waiting in self.waiting.iter().take(count) {
            taken.range.last += 1;
            taken.events += waiting.events;
            match &waiting.bundle {
                Some(bundle) => taken.bundles.push(bundle.clone()),
                None => taken.range.holes.push(taken.range.last),
            }
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(first: u64, last: u64, holes: &[u64]) -> LaneRange {
        LaneRange { first, last, holes: holes.to_vec() }
    }

    #[test]
    fn given_messages_in_order_when_a_block_takes_two_then_the_range_is_contiguous_and_the_rest_waits() {
        let mut lane = LaneQueue::after(4);
        for sequence in 5..=7 {
            lane.arrive(sequence, vec![sequence as u8], 1, 0);
        }
        let taken = lane.take(2);
        assert_eq!((taken.range, taken.bundles, taken.events), (range(5, 6, &[]), vec![vec![5], vec![6]], 2));
        assert_eq!(lane.advance(6, 0), 2);
        assert_eq!(lane.take(9).range, range(7, 7, &[]));
    }

    #[test]
    fn given_a_repeated_or_already_taken_message_then_it_is_ignored() {
        let mut lane = LaneQueue::after(4);
        lane.arrive(4, vec![4], 1, 0);
        lane.arrive(5, vec![5], 1, 0);
        lane.arrive(5, vec![9], 1, 0);
        assert_eq!(lane.take(9).bundles, vec![vec![5]]);
    }

    #[test]
    fn given_a_gap_when_patience_ends_then_the_missing_sequences_are_named_holes() {
        let mut lane = LaneQueue::after(0);
        lane.arrive(1, vec![1], 1, 100);
        lane.arrive(4, vec![4], 1, 100);
        assert!(!lane.give_up_gap(100 + GAP_PATIENCE_MS - 1));
        assert_eq!(lane.take(9).range, range(1, 1, &[]));
        assert!(lane.give_up_gap(100 + GAP_PATIENCE_MS));
        let taken = lane.take(9);
        assert_eq!((taken.range, taken.bundles), (range(1, 4, &[2, 3]), vec![vec![1], vec![4]]));
    }

    #[test]
    fn given_a_gap_when_its_messages_come_late_then_there_is_no_hole() {
        let mut lane = LaneQueue::after(0);
        for sequence in [2, 3, 1] {
            lane.arrive(sequence, vec![sequence as u8], 1, 0);
        }
        assert_eq!(lane.take(9).range, range(1, 3, &[]));
        assert_eq!(lane.gap_ends_ms(), None);
    }

    #[test]
    fn given_anothers_block_beyond_what_is_queued_then_the_queue_follows_it() {
        let mut lane = LaneQueue::after(0);
        lane.arrive(1, vec![1], 1, 0);
        lane.arrive(5, vec![5], 1, 0);
        lane.advance(5, 0);
        assert!(lane.is_empty());
        assert_eq!(lane.next_sequence(), 6);
    }
}
