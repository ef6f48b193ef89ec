#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test panics")]

use super::*;

const SCAN: Scan = Scan { radius: 2, window: 5, replicates: 199, seed: 11 };

/// A ring of regions.
fn ring(regions: usize) -> Vec<Vec<usize>> {
    (0..regions).map(|at| vec![(at + regions - 1) % regions, (at + 1) % regions]).collect()
}

/// Two cases in every region on every one of twenty days.
fn calm(regions: usize) -> Vec<Vec<f64>> {
    vec![vec![2.0; 20]; regions]
}

#[test]
fn a_cluster_is_found_where_and_when_it_is() {
    let mut counts = calm(12);
    for region in [4, 5, 6] {
        counts[region][17..].fill(7.0);
    }
    let cluster = SCAN.run(&ring(12), &counts, &calm(12)).unwrap().unwrap();
    assert_eq!((cluster.centre, cluster.regions.as_slice(), cluster.window), (5, &[4, 5, 6][..], 3));
    assert_eq!(cluster.observed, 63.0);
    // 9 of 240 cells, of 480 + 45 cases: 19.6875.
    assert!((cluster.expected - 19.6875).abs() < 1e-9, "{cluster:?}");
    let by_hand = 63.0 * (63.0 / 19.6875_f64).ln() + 462.0 * (462.0 / 505.3125_f64).ln();
    assert!((cluster.log_ratio - by_hand).abs() < 1e-9);
    assert_eq!(cluster.p, 1.0 / 200.0);
    assert_eq!(SCAN.run(&ring(12), &counts, &calm(12)).unwrap().unwrap(), cluster);
}

#[test]
fn chance_alone_is_seldom_a_cluster() {
    let mut random = Random::new(5);
    let mut small = 0;
    for round in 0..40 {
        let mut counts = vec![vec![0.0; 10]; 8];
        for _ in 0..160 {
            counts[random.below(8)][random.below(10)] += 1.0;
        }
        let scan = Scan { replicates: 99, seed: round, ..SCAN };
        let expected = vec![vec![2.0; 10]; 8];
        small += usize::from(scan.run(&ring(8), &counts, &expected).unwrap().is_some_and(|cluster| cluster.p <= 0.1));
    }
    // Four of forty are due; more than ten have a chance of one in a thousand.
    assert!((1..=10).contains(&small), "{small}");
}

#[test]
fn what_was_expected_is_no_cluster() {
    let mut expected = calm(6);
    expected[2][15..].fill(20.0);
    assert_eq!(SCAN.run(&ring(6), &expected, &expected).unwrap(), None);
    assert_eq!(SCAN.run(&ring(6), &vec![vec![0.0; 20]; 6], &expected).unwrap(), None);
}

#[test]
fn zones_are_connected_and_stand_once() {
    // 0 - 1 - 2 and, apart, 3.
    let zones = SCAN.zones(&[vec![1], vec![0, 2], vec![1], vec![]]);
    let regions: Vec<_> = zones.iter().map(|(_, regions)| regions.clone()).collect();
    assert_eq!(regions, [vec![0], vec![0, 1], vec![0, 1, 2], vec![1], vec![2], vec![1, 2], vec![3]]);
}

#[test]
fn what_does_not_fit_is_refused() {
    let refused = |scan: Scan, graph: &[Vec<usize>], counts: &[Vec<f64>]| scan.run(graph, counts, &calm(3)).is_err();
    assert!(!refused(SCAN, &ring(3), &calm(3)));
    assert!(refused(SCAN, &ring(3), &calm(2)) && refused(SCAN, &[vec![9], vec![], vec![]], &calm(3)));
    assert!(refused(Scan { window: 21, ..SCAN }, &ring(3), &calm(3)));
    assert!(refused(SCAN, &ring(3), &vec![vec![0.5; 20]; 3]) && refused(SCAN, &ring(3), &vec![vec![f64::NAN; 20]; 3]));
    assert!(refused(SCAN, &ring(3), &vec![vec![1e9; 20]; 3]));
    assert!(SCAN.run(&ring(3), &calm(3), &vec![vec![0.0; 20]; 3]).is_err());
}
