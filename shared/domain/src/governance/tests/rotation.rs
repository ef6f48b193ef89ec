//! Keys that enter, overlap and end; by ballots, or by a member's own root key.

use super::*;
use crate::genesis::bounds::MAX_KEYS;
use crate::time::Millis;

/// A chain whose hospital has a root key.
fn rooted() -> Stage {
    let mut genesis = crate::stage::genesis("cn.32.01", &[], &[]);
    for member in genesis.members.iter_mut().filter(|member| member.id == "hospital" || member.id == "cdc") {
        member.keys.insert(KeyClass::Root, vec![key(&member.id, KeyClass::Root)]);
    }
    genesis.check().unwrap();
    Stage::of(genesis)
}

/// A proposal under the hospital's root key.
fn by_root(chain: &mut Stage, actions: Vec<Action>) -> Submitted {
    let root = key("hospital", KeyClass::Root);
    chain.event_with("hospital", proposal(actions), |event| event.author = root)
}

fn add(member: &str, class: KeyClass, key: PublicKey) -> Action {
    Action::AddKey { member: member.into(), class, key }
}

fn retire(class: KeyClass, key: PublicKey, overlap_blocks: u64) -> Action {
    Action::RetireKey { class, key, overlap_blocks }
}

fn revoke(class: KeyClass, key: PublicKey) -> Action {
    Action::RevokeKey { class, key, suspect_since: None }
}

#[test]
fn a_root_key_rotates_its_own_members_keys_at_once_and_old_and_new_overlap_by_heights() {
    let mut chain = rooted();
    let (old, new) = (chain.secret("hospital", KeyClass::Author).public(), key("hospital", KeyClass::Author));
    let rotation = by_root(&mut chain, vec![add("hospital", KeyClass::Author, new), retire(KeyClass::Author, old, 2)]);
    let unborn = signed_by(&mut chain, new);
    let bundle = chain.bundle(&[rotation.clone(), unborn.clone()]);
    chain.block(vec![bundle]);
    assert_eq!(
        (chain.record(&rotation.id).outcome, chain.record(&rotation.id).member.as_str()),
        (Outcome::Accepted, "hospital")
    );
    assert_eq!(chain.record(&unborn.id).code, Code::KeyInactive.number(), "a key counts from the next height on");
    let end = chain.height + 2;
    assert_eq!(key_record(&chain, KeyClass::Author, &old).until, Some(end));
    for height in chain.height + 1..=end + 1 {
        let events = [signed_by(&mut chain, old), signed_by(&mut chain, new)];
        chain.play(&events);
        let codes = events.map(|event| chain.record(&event.id).code);
        let wanted = if height <= end { [0, 0] } else { [Code::KeyInactive.number(), 0] };
        assert_eq!(codes, wanted, "height {height}");
    }
    assert_eq!(query::roster_version(&chain.state).unwrap(), 1);
}

#[test]
fn a_root_key_speaks_for_its_own_keys_and_nothing_else() {
    let mut chain = rooted();
    let (cdc, hospital) =
        (chain.secret("cdc", KeyClass::Author).public(), chain.secret("hospital", KeyClass::Author).public());
    let fresh = key("fresh", KeyClass::Author);
    for actions in [
        vec![add("cdc", KeyClass::Author, fresh)],
        vec![revoke(KeyClass::Author, cdc)],
        vec![revoke(KeyClass::Author, fresh)],
        vec![add("hospital", KeyClass::Author, fresh), revoke(KeyClass::Author, cdc)],
        vec![Action::SetQuota { member: "hospital".into(), urgent_per_day: 9 }],
        vec![Action::Expel { member: "hospital".into() }],
    ] {
        let event = by_root(&mut chain, actions);
        assert_eq!(chain.code_of(&event), Some(Code::KeyClass));
        assert_eq!(chain.record(&event.id).member, "hospital");
    }
    // It signs nothing but proposals, and can leave its member without a voice only if it says so.
    let root = key("hospital", KeyClass::Root);
    let report = signed_by(&mut chain, root);
    assert_eq!(chain.code_of(&report), Some(Code::KeyClass));
    let silence = by_root(&mut chain, vec![revoke(KeyClass::Author, hospital)]);
    assert_eq!(chain.code_of(&silence), None);
    assert_eq!(chain.code("hospital", case()), Some(Code::KeyInactive));
    let voice = by_root(&mut chain, vec![add("hospital", KeyClass::Author, fresh)]);
    assert_eq!(chain.code_of(&voice), None);
}

#[test]
fn a_root_key_that_ended_or_whose_member_left_is_inactive() {
    let mut chain = rooted();
    let root = key("hospital", KeyClass::Root);
    let next = key("next", KeyClass::Root);
    let rotation = by_root(&mut chain, vec![add("hospital", KeyClass::Root, next), revoke(KeyClass::Root, root)]);
    assert_eq!(chain.code_of(&rotation), None);
    let fresh = add("hospital", KeyClass::Author, key("fresh", KeyClass::Author));
    let late = by_root(&mut chain, vec![fresh.clone()]);
    assert_eq!(chain.code_of(&late), Some(Code::KeyInactive));
    let by_next = chain.event_with("hospital", proposal(vec![fresh]), |event| event.author = next);
    assert_eq!(chain.code_of(&by_next), None);
}

#[test]
fn a_cosigner_rotates_its_key_by_its_root_and_nobody_becomes_one_that_way() {
    let mut chain = rooted();
    let fresh = key("hospital", KeyClass::Cosigner);
    let name = Action::NameCosigner { member: "hospital".into(), key: fresh };
    let rotation = by_root(&mut chain, vec![name]);
    assert_eq!(chain.code_of(&rotation), None);
    chain.later(1000);
    let (_, set) = query::cosigners_at_size(&chain.state, &chain.genesis.chain, chain.size() + 1).unwrap();
    assert_eq!((set.len(), set[2].key), (4, fresh), "in its old place");
    let mut genesis = rooted().genesis;
    genesis.allow_fewer_cosigners = true;
    let hospital = genesis.members.iter_mut().find(|member| member.id == "hospital").unwrap();
    hospital.cosigner = false;
    hospital.keys.remove(&KeyClass::Cosigner);
    let mut chain = Stage::of(genesis);
    let name = Action::NameCosigner { member: "hospital".into(), key: fresh };
    let event = by_root(&mut chain, vec![name]);
    assert_eq!(chain.code_of(&event), Some(Code::KeyClass));
}

#[test]
fn a_revoked_key_is_judged_at_commit_height_alone() {
    let mut chain = Stage::new(&[]);
    let author = chain.secret("regulator", KeyClass::Author).public();
    let admitted = signed_by(&mut chain, author);
    let scene = Scene::next(&chain.state, chain.genesis.chain_id, chain.genesis.chain.clone(), chain.size()).unwrap();
    assert!(crate::rule::decide(&chain.state, &scene, &admitted).is_ok(), "admitted before the revocation");
    pass(&mut chain, vec![revoke(KeyClass::Author, author)]);
    assert_eq!(chain.code_of(&admitted), Some(Code::KeyInactive), "and committed after it");
}

#[test]
fn what_has_ended_never_counts_again_and_a_suspicion_only_grows() {
    let mut chain = Stage::new(&[]);
    let author = chain.secret("airport", KeyClass::Author).public();
    let suspect = |since: Option<u64>| Action::RevokeKey {
        class: KeyClass::Author,
        key: author,
        suspect_since: since.map(Millis),
    };
    pass(&mut chain, vec![suspect(Some(5000))]);
    let ended = key_record(&chain, KeyClass::Author, &author).until;
    pass(&mut chain, vec![retire(KeyClass::Author, author, 100)]);
    for (since, known) in [(None, 5000), (Some(9000), 5000), (Some(2000), 2000)] {
        pass(&mut chain, vec![suspect(since)]);
        let record = key_record(&chain, KeyClass::Author, &author);
        assert_eq!((record.until, record.suspect_since), (ended, Some(Millis(known))));
    }
    assert_eq!(refused(&mut chain, add("airport", KeyClass::Author, author)), Some(Code::BadAction));
}

#[test]
fn a_key_fits_its_members_role_stands_once_and_is_one_of_eight() {
    let mut chain = Stage::new(&[]);
    let fresh = |number: usize| key(&format!("fresh-{number}"), KeyClass::Client);
    let client = chain.secret("cdc", KeyClass::Client).public();
    for (action, code) in [
        (add("airport", KeyClass::Endorser, fresh(0)), Code::BadAction),
        (add("airport", KeyClass::Sealer, fresh(0)), Code::BadAction),
        (add("nobody", KeyClass::Author, fresh(0)), Code::BadAction),
        (add("airport", KeyClass::Author, client), Code::BadAction),
        (add("airport", KeyClass::Author, PublicKey([0; 32])), Code::BadAction),
        (retire(KeyClass::Author, client, 1), Code::BadAction),
        (retire(KeyClass::Client, client, 1_000_001), Code::BadAction),
        (revoke(KeyClass::Client, fresh(0)), Code::BadAction),
    ] {
        assert_eq!(refused(&mut chain, action.clone()), Some(code), "{action:?}");
    }
    pass(&mut chain, (1..MAX_KEYS).map(|number| add("airport", KeyClass::Client, fresh(number))).collect());
    let ninth = || add("airport", KeyClass::Client, fresh(MAX_KEYS));
    assert_eq!(refused(&mut chain, ninth()), Some(Code::BadAction));
    pass(&mut chain, vec![revoke(KeyClass::Client, fresh(1))]);
    pass(&mut chain, vec![ninth()]);
}

#[test]
fn the_last_key_to_admit_events_or_seal_blocks_does_not_end() {
    let mut chain = Stage::new(&[]);
    for class in [KeyClass::Endorser, KeyClass::Sealer] {
        let of = |chain: &Stage, member: &str| chain.secret(member, class).public();
        let (health, cdc) = (of(&chain, "health"), of(&chain, "cdc"));
        pass(&mut chain, vec![retire(class, cdc, 1000)]);
        assert_eq!(refused(&mut chain, revoke(class, health)), Some(Code::UnsafeMembership));
        assert_eq!(refused(&mut chain, retire(class, health, 1000)), Some(Code::UnsafeMembership));
        pass(&mut chain, vec![add("cdc", class, key("cdc", class)), retire(class, health, 1000)]);
    }
}
