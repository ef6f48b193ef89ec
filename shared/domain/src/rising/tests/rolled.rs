//! Sums with their parts, as leaves.

use proof::leaf::{Leaf, RollupLeaf};

use super::*;

fn sums(stage: &Stage) -> Vec<RollupLeaf> {
    let sum = |leaf: &Leaf| if let Leaf::Rollup(leaf) = leaf { Some(leaf.clone()) } else { None };
    stage.log.iter().filter_map(sum).collect()
}

/// Whether a sum closes, in every classification.
fn closes(sum: &RollupLeaf) -> bool {
    (0..5).all(|at| sum.total[at] == sum.own[at] + sum.parts.iter().map(|part| part.counts[at]).sum::<u64>())
}

/// A child's confirmed cases, with the summary and the size that brought them.
type Part<'a> = (&'a str, u64, u64, u64);

fn confirmed(sum: &RollupLeaf) -> (u64, u64, Vec<Part<'_>>) {
    let parts = sum.parts.iter().map(|part| (part.child.as_str(), part.counts[2], part.summary, part.size));
    (sum.total[2], sum.own[2], parts.collect())
}

#[test]
fn a_province_states_its_sum_with_every_child_whenever_it_rises() {
    let (mut province, [mut city, mut other]) = province(&[]);
    let mut nation = Stage::of(genesis("cn", &[], &[&province.genesis]));
    city.say("health", daily("2021-07-20", 5));
    city.later(1000);
    assert_eq!(sums(&city), [], "no children, no parts");
    let first = city.size();
    assert_eq!(province.raise(&city), None);
    province.later(1000);
    assert_eq!(
        sums(&province).iter().map(confirmed).collect::<Vec<_>>(),
        [(5, 0, vec![("cn.32.01", 5, 1, first), ("cn.32.10", 0, 0, 0)])]
    );
    // An own figure, another child, and a figure anchored late.
    province.say("health", daily("2021-07-20", 2));
    other.say("health", daily("2021-07-20", 7));
    other.later(1000);
    let size = other.size();
    assert_eq!(province.raise(&other), None);
    province.later(1000);
    let all = sums(&province);
    assert!(all.iter().all(closes));
    let last = all.last().unwrap();
    assert_eq!(confirmed(last), (14, 2, vec![("cn.32.01", 5, 1, first), ("cn.32.10", 7, 1, size)]));
    // Which anchor brought a figure is known for a while after the next one.
    let anchored = query::child(&province.state, &other.genesis.chain).unwrap().unwrap().anchor;
    let brought = query::child_total(&province.state, &other.genesis.chain, "U07.1").unwrap().unwrap();
    assert_eq!((brought.anchor_of(1), brought.anchor_of(2)), (anchored, None));
    other.say("health", daily("2021-07-20", 8));
    other.later(1000);
    assert_eq!(province.raise(&other), None);
    let after = query::child_total(&province.state, &other.genesis.chain, "U07.1").unwrap().unwrap();
    assert_eq!((after.summary, after.anchor_of(1)), (2, anchored));
    assert_ne!(after.anchor_of(2), anchored);
    // The figure that rises is the figure of a leaf of the same block.
    for (_, summary) in province.summaries() {
        for total in Summary::decode(&summary.body).unwrap().totals.iter().filter(|total| total.date.is_none()) {
            let same = |sum: &&RollupLeaf| sum.height == summary.height && sum.disease == total.disease;
            assert_eq!(all.iter().find(same).unwrap().total, total.counts);
        }
    }
    let place = query::rollup(&province.state, "U07.1").unwrap().unwrap();
    assert_eq!(province.log[usize::try_from(place.leaf_index).unwrap()], Leaf::Rollup(last.clone()));
    assert_eq!(nation.raise(&province), None);
    nation.later(1000);
    let top = sums(&nation);
    assert_eq!(confirmed(&top[0]), (14, 0, vec![("cn.32", 14, 2, province.size())]));
    assert_eq!((province.confirmed(), nation.confirmed()), (15, 14));
}

#[test]
fn the_root_sums_at_most_once_a_second_and_at_once_when_something_is_urgent() {
    let mut province = Stage::of(genesis("cn.32", &[], &[]));
    let mut root = Stage::of(genesis("cn", &[], &[&province.genesis]));
    let mut report = |root: &mut Stage, day: &str, lane: crate::chain::Lane| {
        province.say("health", daily(day, 1));
        province.later(1000);
        let record = query::child(&root.state, &province.genesis.chain).unwrap().unwrap();
        let mut event = root.anchoring(&province, "cdc", province.anchor(record.size, record.summary));
        event.event.lane = lane;
        assert_eq!(root.code_of(&event), None);
        sums(root).len()
    };
    use crate::chain::Lane::{High, Urgent};
    assert_eq!(report(&mut root, "2021-07-20", High), 0, "the genesis was just now");
    assert!(root.later(999).pending);
    assert_eq!(sums(&root).len(), 0);
    root.later(1);
    assert_eq!(report(&mut root, "2021-07-21", High), 1);
    assert_eq!(report(&mut root, "2021-07-22", Urgent), 2);
    root.later(1000);
    let all = sums(&root);
    assert_eq!((all.len(), all.iter().map(|sum| sum.total[2]).collect::<Vec<_>>()), (2, vec![1, 3]));
    assert!(all.iter().all(closes));
}
