//! Cosigner sets: how many there may be, and when one follows another.

use proof::leaf::{CosignersLeaf, Leaf};

use super::*;
use crate::execute::Certified;
use crate::record::CosignersRecord;

fn name(member: &str, key: PublicKey) -> Action {
    Action::NameCosigner { member: member.into(), key }
}

fn set_leaves(chain: &Stage) -> Vec<(u64, CosignersLeaf)> {
    let indexed = (0..).zip(&chain.log);
    indexed
        .filter_map(|(index, leaf)| match leaf {
            Leaf::Cosigners(leaf) => Some((index, leaf.clone())),
            _ => None,
        })
        .collect()
}

fn epoch_at(chain: &Stage, size: u64) -> u32 {
    query::cosigners_at_size(&chain.state, &chain.genesis.chain, size).unwrap().0
}

/// An empty block whose header carries a certificate of this size, or none.
fn certified(chain: &mut Stage, size: Option<u64>) {
    let mut input = chain.input(Vec::new());
    input.certificate = size.map(|size| Certified { time_s: chain.now.seconds(), size });
    chain.execute(&input);
}

/// The managers agree in blocks whose headers carry no certificate: nothing is handed over meanwhile.
fn pass_uncertified(chain: &mut Stage, actions: Vec<Action>) -> EventId {
    let proposed = chain.event("hospital", proposal(actions));
    let ballots = ["health", "cdc"].map(|manager| chain.event(manager, vote(proposed.id, Choice::Endorse)));
    for event in [proposed.clone()].into_iter().chain(ballots) {
        let bundle = chain.bundle(&[event]);
        let mut input = chain.input(vec![bundle]);
        input.certificate = None;
        chain.execute(&input);
    }
    assert_eq!(chain.outcome(&proposed.id), Outcome::Accepted);
    proposed.id
}

#[test]
fn fewer_than_four_or_more_than_sixteen_do_not_cosign() {
    let mut chain = Stage::new(&[]);
    assert_eq!(refused(&mut chain, Action::DropCosigner { member: "airport".into() }), Some(Code::UnsafeMembership));
    assert_eq!(refused(&mut chain, Action::DropCosigner { member: "regulator".into() }), Some(Code::BadAction));
    let many = |from: usize, count: usize| {
        (from..from + count)
            .map(|n| admit(newcomer(&format!("school-{n}"), NodeRole::Common, true)))
            .collect::<Vec<_>>()
    };
    pass(&mut chain, many(0, 8));
    pass(&mut chain, many(8, 4));
    assert_eq!(refused(&mut chain, admit(newcomer("college", NodeRole::Common, true))), Some(Code::UnsafeMembership));
    let regulator = name("regulator", key("regulator", KeyClass::Cosigner));
    assert_eq!(refused(&mut chain, regulator.clone()), Some(Code::UnsafeMembership));
    // One for another is sixteen still.
    pass(&mut chain, vec![Action::DropCosigner { member: "airport".into() }, regulator]);
}

#[test]
fn a_chain_that_asked_for_fewer_may_have_fewer_but_not_none() {
    let mut genesis = crate::stage::genesis("cn.32.01", &[], &[]);
    genesis.allow_fewer_cosigners = true;
    let mut chain = Stage::of(genesis);
    let drop = |member: &str| Action::DropCosigner { member: member.into() };
    pass(&mut chain, vec![drop("airport"), drop("hospital"), drop("cdc")]);
    assert_eq!(refused(&mut chain, drop("health")), Some(Code::UnsafeMembership));
}

#[test]
fn a_cosigner_key_is_named_with_its_set_and_by_a_member_that_takes_part() {
    let mut chain = Stage::new(&[]);
    let cosigner = key("airport", KeyClass::Cosigner);
    let add = Action::AddKey { member: "airport".into(), class: KeyClass::Cosigner, key: cosigner };
    assert_eq!(refused(&mut chain, add), Some(Code::BadAction));
    assert_eq!(refused(&mut chain, name("nobody", cosigner)), Some(Code::BadAction));
    let known = chain.secret("health", KeyClass::Cosigner).public();
    assert_eq!(refused(&mut chain, name("airport", known)), Some(Code::BadAction));
    assert_eq!(refused(&mut chain, name("airport", cosigner)), None);
}

#[test]
fn a_set_is_named_in_its_block_and_in_force_from_the_block_after_a_certificate_covers_its_leaf() {
    let mut chain = Stage::new(&[]);
    let before = chain.secret("airport", KeyClass::Cosigner).public();
    pass_uncertified(&mut chain, vec![name("airport", key("airport", KeyClass::Cosigner))]);
    let leaves = set_leaves(&chain);
    assert_eq!((leaves.len(), leaves[0].1.epoch, leaves[0].1.height), (1, 1, chain.height));
    assert_eq!(leaves[0].1.cosigners[3].key, key("airport", KeyClass::Cosigner));
    assert_eq!(leaves[0].1.relays.len(), 4);
    let index = leaves[0].0;
    // No certificate, one of an older size, and one whose last leaf is the one before it: nothing happens.
    for size in [None, Some(1), Some(index)] {
        certified(&mut chain, size);
        assert_eq!(epoch_at(&chain, u64::MAX), 0);
        assert_eq!(key_record(&chain, KeyClass::Cosigner, &before).until, None);
    }
    let version = query::roster_version(&chain.state).unwrap();
    certified(&mut chain, Some(index + 1));
    let (handover, size) = (chain.height, chain.size());
    assert_eq!((epoch_at(&chain, size), epoch_at(&chain, size + 1)), (0, 1), "the block itself is the old set's");
    assert_eq!(key_record(&chain, KeyClass::Cosigner, &before).until, Some(handover));
    assert_eq!(query::roster_version(&chain.state).unwrap(), version + 1);
    let record = crate::state::read::<CosignersRecord>(&chain.state, &keys::cosigners(1)).unwrap().unwrap();
    assert_eq!((record.from_size, record.handover, record.leaf_index), (Some(size), handover, Some(index)));
    assert_eq!(set_leaves(&chain).len(), 1, "a set is named once");
}

#[test]
fn several_changes_of_a_block_are_one_set_and_several_sets_may_come_into_force_at_once() {
    let mut chain = Stage::new(&[]);
    let never = key("airport", KeyClass::Cosigner);
    pass_uncertified(
        &mut chain,
        vec![
            admit(newcomer("school", NodeRole::Common, true)),
            name("airport", never),
            Action::DropCosigner { member: "hospital".into() },
        ],
    );
    assert_eq!(set_leaves(&chain).len(), 1);
    let last = key("airport-2", KeyClass::Cosigner);
    pass_uncertified(&mut chain, vec![name("airport", last)]);
    let leaves = set_leaves(&chain);
    assert_eq!(leaves.iter().map(|(_, leaf)| leaf.epoch).collect::<Vec<_>>(), [1, 2]);
    let size = chain.size();
    certified(&mut chain, Some(size));
    let end = chain.size();
    for size in 0..=end + 3 {
        assert_eq!(epoch_at(&chain, size), if size > end { 2 } else { 0 }, "size {size}");
    }
    // The key of the set that was passed over ended with it, and so did the first one.
    for ended in [never, chain.secret("airport", KeyClass::Cosigner).public()] {
        assert_eq!(key_record(&chain, KeyClass::Cosigner, &ended).until, Some(chain.height));
    }
    assert_eq!(key_record(&chain, KeyClass::Cosigner, &last).until, None);
}

#[test]
fn every_size_is_judged_by_the_set_that_was_in_force_below_it() {
    let mut chain = Stage::new(&[]);
    let mut from = vec![(0, 0)];
    for round in 1..=3 {
        pass_uncertified(&mut chain, vec![name("airport", key(&format!("airport-{round}"), KeyClass::Cosigner))]);
        let size = chain.size();
        certified(&mut chain, Some(size));
        from.push((chain.size(), round));
        certified(&mut chain, None);
    }
    for size in 1..=chain.size() + 2 {
        let wanted = from.iter().rev().find(|(from, _)| *from < size).unwrap().1;
        assert_eq!(epoch_at(&chain, size), wanted, "size {size}");
    }
}

#[test]
fn a_change_of_relay_keys_is_a_set_too_so_that_the_parent_learns_of_it() {
    let mut chain = Stage::new(&[]);
    let (old, new) = (chain.secret("cdc", KeyClass::Relay).public(), key("cdc", KeyClass::Relay));
    pass(&mut chain, vec![Action::AddKey { member: "cdc".into(), class: KeyClass::Relay, key: new }]);
    chain.later(1000);
    pass(&mut chain, vec![Action::RetireKey { class: KeyClass::Relay, key: old, overlap_blocks: 9 }]);
    chain.later(1000);
    pass(&mut chain, vec![admit(newcomer("school", NodeRole::Common, false))]);
    chain.later(1000);
    pass(&mut chain, vec![Action::Expel { member: "school".into() }]);
    let relays = set_leaves(&chain).into_iter().map(|(_, leaf)| leaf.relays).collect::<Vec<_>>();
    assert_eq!(relays.iter().map(Vec::len).collect::<Vec<_>>(), [5, 4, 5, 4]);
    assert!(relays[0].contains(&old) && relays[0].contains(&new));
    assert!(!relays[1].contains(&old) && relays[2].contains(&key("school", KeyClass::Relay)));
    assert!(!relays[3].contains(&key("school", KeyClass::Relay)));
}
