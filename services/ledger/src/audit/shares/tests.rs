//! Sealers that fill by the rules are never named, whatever arrives when; one that starves or skews a lane is.

use domain::lanes::{Limits, PendingBundle};
use proptest::prelude::*;

use super::*;
use crate::audit::report::Problem;

const NODES: [PublicKey; 2] = [PublicKey([1; 32]), PublicKey([2; 32])];

fn message(node: usize, closed: u64, events: usize) -> Taken {
    let size = PendingBundle { bytes: events * 600, events };
    Taken::Message { size, by: Some((NODES[node], Millis(closed))) }
}

fn close(shares: Shares) -> Vec<Problem> {
    let mut book = Book::new("cn".to_owned());
    shares.close(&mut book, |key| format!("e{}", key.0[0]));
    book.close(None)
}

/// A lane's queue and the sealer's way of taking from the three.
struct Chain {
    shares: Shares,
    queues: [VecDeque<Taken>; 3],
    height: u64,
}

impl Chain {
    fn new() -> Self {
        Chain { shares: Shares::default(), queues: Default::default(), height: 0 }
    }

    /// Seals what a chooser takes, given how many bundles the rules would take.
    fn seal(&mut self, choose: impl Fn([usize; 3]) -> [usize; 3]) {
        let sizes = self.queues.each_ref().map(|queue| queue.iter().map(Taken::size).collect::<Vec<_>>());
        let filled = fill(sizes.each_ref().map(Vec::as_slice), Limits::BLOCK);
        let mut counts = choose(filled).into_iter();
        let lanes = self.queues.each_mut().map(|queue| queue.drain(..counts.next().unwrap()).collect());
        self.height += 1;
        self.shares.block(self.height, "m0".to_owned(), lanes);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn who_fills_by_the_rules_is_never_named(
        steps in prop::collection::vec(prop::collection::vec((0..3_usize, 0..2_usize, 1..65_usize), 0..24), 1..60),
        step_ms in 1_000_u64..40_000,
    ) {
        let mut chain = Chain::new();
        for (number, arrivals) in (1..).zip(steps) {
            for (lane, node, events) in arrivals {
                chain.queues[lane].push_back(message(node, number * step_ms, events));
            }
            chain.seal(|filled| filled);
        }
        while chain.queues.iter().any(|queue| !queue.is_empty()) {
            chain.seal(|filled| filled);
        }
        prop_assert_eq!(close(chain.shares), vec![]);
    }
}

/// Each round every lane gets some bundles of one node; ten seconds pass.
fn busy(bundles: usize, rounds: u64, choose: impl Fn(u64, [usize; 3]) -> [usize; 3]) -> Vec<Problem> {
    let mut chain = Chain::new();
    for round in 0..rounds {
        for queue in &mut chain.queues {
            queue.extend((0..bundles).map(|_| message(1, 10_000 * round, 64)));
        }
        chain.seal(|filled| choose(round, filled));
    }
    // In the end everything is sealed.
    while chain.queues.iter().any(|queue| !queue.is_empty()) {
        chain.seal(|filled| filled);
    }
    close(chain.shares)
}

#[test]
fn a_sealer_that_starves_a_lane_is_named_with_whom_it_starved() {
    assert_eq!(busy(1, 40, |_, filled| filled), []);
    for lane in 0..3 {
        let found = busy(1, 40, |round, mut filled| {
            // From the tenth block to the thirtieth nothing is taken from that lane.
            if (10..30).contains(&round) {
                filled[lane] = 0;
            }
            filled
        });
        let problem = found.first().unwrap();
        assert_eq!(problem.who, "m0 or e2");
        let name = Lane::ALL[lane].name();
        assert!(
            problem.what.starts_with(&format!("lane {name} got less")) && problem.what.contains("nothing in 13"),
            "{problem:?}"
        );
        // The bundle of the tenth block is shown to have waited once the others are a minute ahead of it.
        assert_eq!(problem.place, "cn: blocks 18 to 30");
    }
}

#[test]
fn a_sealer_that_turns_the_weights_round_is_named() {
    // Three lanes with more than fits: 8 : 4 : 1 gives urgent five of a block's seven bundles.
    assert_eq!(busy(9, 40, |_, filled| filled), []);
    let found = busy(9, 40, |_, [urgent, high, normal]| [normal, high, urgent]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].what.starts_with("lane urgent got less") && found[0].what.contains("nothing in 0"), "{found:?}");
}

#[test]
fn a_sealer_that_gives_urgent_bundles_one_place_too_few_is_named() {
    // Other lanes have what fits, so that they overtake the urgent one.
    let found = busy(2, 60, |_, filled| [filled[0].min(1), filled[1], filled[2]]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].what.starts_with("lane urgent got less"), "{found:?}");
}

#[test]
fn a_lane_behind_a_lost_message_accuses_nobody() {
    let mut shares = Shares::default();
    for height in 1..=12 {
        let normal = vec![message(0, 10_000 * height, 1)];
        shares.block(height, "m0".to_owned(), [Vec::new(), Vec::new(), normal]);
    }
    // The urgent lane stood still behind a message that never came.
    let urgent = vec![Taken::Hole, message(0, 5_000, 1)];
    shares.block(13, "m0".to_owned(), [urgent, Vec::new(), Vec::new()]);
    assert_eq!(close(shares), []);
}
