//! Anchors that hand over a cosigner set, and anchors that come late.

use proof::leaf::Leaf;
use proof::sign::SecretKey;

use super::*;
use crate::event::{Action, Proposal};

/// A key that a member of the city takes into use later.
fn later_key(member: &str) -> SecretKey {
    SecretKey::from_seed(&Digest::of_parts(&[b"later", member.as_bytes()]).0)
}

/// The city's managers have a member cosign with its later key from now on.
fn rotate(city: &mut Stage, member: &str) {
    let action = Action::NameCosigner { member: member.into(), key: later_key(member).public() };
    let proposed =
        city.say("hospital", Fact::Proposal(Proposal { actions: vec![action], reason: "a new machine".into() }));
    for manager in ["health", "cdc"] {
        city.say(manager, vote(proposed, Choice::Endorse));
    }
}

/// The three cosigners of a certificate, of whom these use their later keys.
fn signers(city: &Stage, later: &[&str]) -> Vec<(&'static str, SecretKey)> {
    let key = |name: &str| match later.contains(&name) {
        true => later_key(name),
        false => city.secret(name, KeyClass::Cosigner),
    };
    ["health", "cdc", "hospital"].into_iter().map(|name| (name, key(name))).collect()
}

fn sets(city: &Stage, size: u64) -> Vec<ProvenLeaf> {
    city.proven(size, |leaf| matches!(leaf, Leaf::Cosigners(_)))
}

fn child(province: &Stage, city: &Stage) -> ChildRecord {
    query::child(&province.state, &city.genesis.chain).unwrap().unwrap()
}

/// An anchor of the city at a size, by a set, with these leaves beside the summaries.
fn send(
    province: &mut Stage,
    city: &Stage,
    size: u64,
    later: &[&str],
    change: impl FnOnce(&mut Anchor),
) -> Option<Code> {
    let record = child(province, city);
    let certificate = city.certificate_at(size, &signers(city, later));
    let mut anchor = city.anchor_by(certificate, record.size, record.summary);
    change(&mut anchor);
    let event = province.anchoring(city, "cdc", anchor);
    province.code_of(&event)
}

fn with_sets(city: &Stage) -> impl FnOnce(&mut Anchor) {
    |anchor| {
        let size = proof::checkpoint::Certificate::parse(&anchor.checkpoint).unwrap().checkpoint.size;
        anchor.leaves.extend(sets(city, size));
        anchor.leaves.sort_by_key(|proven| proven.index);
    }
}

#[test]
fn a_set_is_handed_over_by_a_certificate_of_the_set_before() {
    let (mut province, [mut city, _]) = province(&[]);
    city.say("health", daily("2021-07-20", 5));
    rotate(&mut city, "cdc");
    let (size, before) = (city.size(), child(&province, &city));
    assert_eq!(send(&mut province, &city, size, &["cdc"], with_sets(&city)), Some(Code::AnchorQuorum));
    assert_eq!(send(&mut province, &city, size, &[], with_sets(&city)), None);
    let after = child(&province, &city);
    assert_eq!((after.epoch, after.size, after.relays.len()), (1, size, 4));
    let changed = after.cosigners.iter().zip(&before.cosigners).filter(|(after, before)| after != before);
    assert_eq!(changed.map(|(after, _)| after.1).collect::<Vec<_>>(), [later_key("cdc").public()]);
    city.later(1000);
    assert_eq!(send(&mut province, &city, city.size(), &[], |_| {}), Some(Code::AnchorQuorum));
    assert_eq!(send(&mut province, &city, city.size(), &["cdc"], |_| {}), None);
    assert_eq!(province.confirmed(), 5);
}

#[test]
fn one_certificate_may_pass_an_epoch_over_and_none_goes_back() {
    let (mut province, [mut city, _]) = province(&[]);
    rotate(&mut city, "cdc");
    let first = sets(&city, city.size());
    rotate(&mut city, "hospital");
    assert_eq!(send(&mut province, &city, city.size(), &[], |anchor| anchor.leaves = sets(&city, city.size())), None);
    assert_eq!(child(&province, &city).epoch, 2);
    city.later(1000);
    let back = |anchor: &mut Anchor| {
        let size = city.size();
        let inclusion = proof::merkle::inclusion(&city, first[0].index, size).unwrap();
        anchor.leaves = vec![ProvenLeaf { inclusion, ..first[0].clone() }];
    };
    assert_eq!(send(&mut province, &city, city.size(), &["cdc", "hospital"], back), Some(Code::AnchorOld));
    assert_eq!(child(&province, &city).epoch, 2);
}

#[test]
fn a_set_that_no_relay_carried_in_time_is_handed_over_late() {
    let (mut province, [mut city, _]) = province(&[]);
    rotate(&mut city, "cdc");
    // What the city's own header carried as the handover.
    let covering = city.size();
    city.say("health", daily("2021-07-20", 5));
    city.later(1000);
    let anchored = city.size();
    assert_eq!(send(&mut province, &city, anchored, &[], |_| {}), None);
    city.later(1000);
    assert_eq!(send(&mut province, &city, city.size(), &["cdc"], |_| {}), Some(Code::AnchorQuorum));
    // A set that is not in that checkpoint, or in another log, does not come late either.
    let torn = |anchor: &mut Anchor| anchor.consistency.clear();
    assert_eq!(
        send(&mut province, &city, covering, &[], |anchor| {
            with_sets(&city)(anchor);
            torn(anchor);
        }),
        Some(Code::AnchorFork)
    );
    assert_eq!(send(&mut province, &city, covering, &[], |_| {}), Some(Code::AnchorOld));
    let heard = child(&province, &city).anchored_at;
    province.now = province.now.plus_ms(5000);
    assert_eq!(send(&mut province, &city, covering, &[], with_sets(&city)), None);
    let late = child(&province, &city);
    assert_eq!((late.epoch, late.size, late.anchored_at), (1, anchored, heard), "late is no sign of life");
    assert_eq!(send(&mut province, &city, city.size(), &["cdc"], |_| {}), None);
    assert_eq!(child(&province, &city).size, city.size());
}

#[test]
fn a_relay_that_leaves_the_summaries_out_keeps_nobody_else_out() {
    let (mut province, [mut city, _]) = province(&[]);
    let mut sizes = Vec::new();
    for day in ["2021-07-20", "2021-07-21", "2021-07-22"] {
        city.say("health", daily(day, 5));
        city.later(1000);
        sizes.push(city.size());
        assert_eq!(send(&mut province, &city, city.size(), &[], |anchor| anchor.leaves.clear()), None);
    }
    assert_eq!((province.confirmed(), child(&province, &city).size), (0, sizes[2]));
    // One at a smaller size, and the rest at the very size anchored.
    assert_eq!(send(&mut province, &city, sizes[0], &[], |_| {}), None);
    assert_eq!(province.confirmed(), 5);
    assert_eq!(send(&mut province, &city, sizes[0], &[], |_| {}), Some(Code::AnchorOld));
    assert_eq!(send(&mut province, &city, sizes[2], &[], |_| {}), None);
    assert_eq!((province.confirmed(), child(&province, &city).size), (15, sizes[2]));
}

#[test]
fn a_late_anchor_of_another_log_is_a_fork() {
    let (mut province, [mut city, _]) = province(&[]);
    let mut twin = Stage::of(city.genesis.clone());
    for (stage, count) in [(&mut city, 5), (&mut twin, 500)] {
        stage.say("health", daily("2021-07-20", count));
        stage.later(1000);
    }
    let size = twin.size();
    city.later(1000);
    twin.later(1000);
    assert_eq!(send(&mut province, &city, city.size(), &[], |anchor| anchor.leaves.clear()), None);
    assert_eq!(send(&mut province, &twin, size, &[], |anchor| anchor.consistency.clear()), Some(Code::AnchorFork));
    let own = proof::merkle::consistency(&city, size, city.size()).unwrap();
    assert_eq!(send(&mut province, &twin, size, &[], |anchor| anchor.consistency = own), Some(Code::AnchorFork));
    assert_eq!(province.confirmed(), 0);
}
