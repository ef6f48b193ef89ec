//! The promises of the module page, over many blocks and many shapes of traffic.

use std::collections::VecDeque;

use proptest::prelude::*;

use super::*;

fn bundle() -> impl Strategy<Value = PendingBundle> {
    (1usize..=64, 200usize..=2048)
        .prop_map(|(events, each)| PendingBundle { bytes: (events * each).min(128 * 1024), events })
}

fn lane(max: usize) -> impl Strategy<Value = Vec<PendingBundle>> {
    proptest::collection::vec(bundle(), 0..max)
}

fn cost(bundles: &[PendingBundle]) -> usize {
    bundles.iter().map(|bundle| bundle.bytes.max(bundle.events * EVENT_COST)).sum()
}

const LARGEST: PendingBundle = PendingBundle { bytes: 128 * 1024, events: 64 };
const SMALL: PendingBundle = PendingBundle { bytes: 700, events: 1 };

#[test]
fn three_of_the_largest_bundles_fit_and_an_empty_block_is_empty() {
    let many = vec![LARGEST; 9];
    let taken = fill([&many, &many, &many], Limits::BLOCK);
    assert!(taken.iter().all(|n| *n >= 1), "{taken:?}");
    assert_eq!(fill([&[], &[], &[]], Limits::BLOCK), [0, 0, 0]);
    assert_eq!(fill([&[], &[], &many], Limits::BLOCK), [0, 0, 4], "a lane alone has the whole block");
}

#[test]
fn full_lanes_share_eight_four_one() {
    let many = vec![SMALL; 600];
    let taken = fill([&many, &many, &many], Limits::BLOCK);
    assert!(taken[0].abs_diff(308) <= 16 && taken[1].abs_diff(154) <= 8 && taken[2].abs_diff(38) <= 2, "{taken:?}");
    assert_eq!(taken.iter().sum::<usize>(), 500);
}

#[test]
fn the_bundle_a_lane_is_given_counts_against_its_share() {
    let (urgent, normal) = (vec![SMALL; 600], vec![PendingBundle { bytes: 40 * 1024, events: 1 }; 9]);
    let taken = fill([&urgent, &[], &normal], Limits::BLOCK);
    assert_eq!(taken[2], 1, "40 KiB are nearly the whole ninth of a block");
}

#[test]
fn an_urgent_event_overtakes_ten_thousand_normal_ones() {
    let normal = vec![PendingBundle { bytes: 64 * 700, events: 64 }; 10_000 / 64];
    assert_eq!(fill([&[SMALL], &[], &normal], Limits::BLOCK)[0], 1);
}

/// Invariant I9: urgent traffic of twenty times what all blocks can carry, and still every normal bundle is in one of
/// the next k + 1 blocks, k being how many were before it.
fn flood(normal: &[(usize, PendingBundle)], urgent: PendingBundle) {
    let per_block = 20 * Limits::BLOCK.bytes / urgent.bytes.max(urgent.events * EVENT_COST);
    let flooding = vec![urgent; per_block];
    let (mut queue, mut waiting) = (VecDeque::new(), normal.iter().copied().collect::<VecDeque<_>>());
    for block in 0.. {
        while let Some((_, bundle)) = waiting.pop_front_if(|(arrives, _)| *arrives <= block) {
            queue.push_back((block + queue.len() + 1, bundle));
        }
        if queue.is_empty() && waiting.is_empty() {
            break;
        }
        let pending = queue.iter().map(|(_, bundle)| *bundle).collect::<Vec<_>>();
        let taken = fill([&flooding, &[], &pending], Limits::BLOCK);
        assert!(taken[0] > 0);
        queue.drain(..taken[2]);
        assert!(queue.iter().all(|(bound, _)| block + 1 < *bound), "a bundle is still waiting past its bound");
    }
}

proptest! {
    #[test]
    fn a_normal_bundle_waits_at_most_its_place_in_the_lane_under_an_urgent_flood(
        normal in proptest::collection::vec((0usize..30, bundle()), 1..40),
        urgent in bundle(),
    ) {
        let mut normal = normal;
        normal.sort_by_key(|(arrives, _)| *arrives);
        flood(&normal, urgent);
    }

    #[test]
    fn a_block_keeps_its_limits_and_leaves_out_nothing_that_fits(u in lane(40), h in lane(40), n in lane(40)) {
        let lanes = [u.as_slice(), h.as_slice(), n.as_slice()];
        let taken = fill(lanes, Limits::BLOCK);
        let all = lanes.iter().zip(taken).flat_map(|(lane, n)| &lane[..n]).collect::<Vec<_>>();
        let (bytes, events) = (all.iter().map(|b| b.bytes).sum::<usize>(), all.iter().map(|b| b.events).sum::<usize>());
        prop_assert!(bytes <= Limits::BLOCK.bytes && events <= Limits::BLOCK.events);
        for (lane, n) in lanes.iter().zip(taken) {
            prop_assert!(lane.is_empty() || n >= 1, "a lane that waits gives one");
            if let Some(next) = lane.get(n) {
                prop_assert!(bytes + next.bytes > Limits::BLOCK.bytes || events + next.events > Limits::BLOCK.events);
            }
        }
    }

    #[test]
    fn urgent_bundles_within_their_share_are_all_in_the_next_block(u in lane(64), h in lane(80), n in lane(80)) {
        let within = (0..=u.len()).rev().find(|n| cost(&u[..*n]) <= URGENT_SHARE).unwrap();
        let taken = fill([&u[..within], &h, &n], Limits::BLOCK);
        prop_assert_eq!(taken[0], within);
    }
}
