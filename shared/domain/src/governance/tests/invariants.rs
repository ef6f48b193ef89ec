//! What no run of proposals may leave behind, whatever they ask for.

use std::collections::BTreeSet;

use proof::leaf::Leaf;
use proptest::prelude::*;

use super::*;
use crate::event::Phase;
use crate::policy::{Policy, Profile};
use crate::record::{CosignersRecord, EpochsRecord, MemberRecord, PhaseRecord};
use crate::state::{decoded, read};

const NAMES: [&str; 9] = ["health", "cdc", "hospital", "airport", "regulator", "school", "district", "lab-2", "press"];
const ROLES: [&str; 5] = ["epidemiologist", "lab", "clinician", "auditor", "border"];
const RULES: [&str; 7] = [
    "author",
    "auditor",
    "majority(manager)",
    "n_of(2, lab, clinician, epidemiologist)",
    "all(manager, auditor) across 2 sectors",
    "fraction(2/3, member)",
    "supervisor",
];

/// An action out of a small world, so that proposals meet each other's effects; many are refused.
fn action() -> impl Strategy<Value = Action> {
    let who = || prop::sample::select(NAMES.to_vec()).prop_map(str::to_owned);
    let node_role = || prop::sample::select(NodeRole::ALL.to_vec());
    let class = || prop::sample::select(KeyClass::ALL.to_vec());
    // A genesis key of a member, or one of two it may take later.
    let any_key = (who(), class(), 0..3_u8).prop_map(|(who, class, which)| match which {
        0 => (class, secret("cn.32.01", &who, class).public()),
        1 => (class, key(&who, class)),
        _ => (class, key(&format!("{who}-2"), class)),
    });
    let any_key = any_key.boxed();
    let roles = prop::collection::btree_set(prop::sample::select(ROLES.to_vec()), 0..3);
    let roles = roles.prop_map(|roles| roles.into_iter().map(str::to_owned).collect::<Vec<_>>());
    let cosigner_key = (who(), 0..3_u8).prop_map(|(who, which)| key(&format!("{who}-{which}"), KeyClass::Cosigner));
    prop_oneof![
        (who(), node_role(), any::<bool>()).prop_map(|(id, role, cosigner)| admit(newcomer(&id, role, cosigner))),
        who().prop_map(|member| Action::Expel { member }),
        (who(), node_role(), roles).prop_map(|(member, node_role, roles)| Action::SetRoles {
            member,
            node_role,
            roles
        }),
        (who(), cosigner_key).prop_map(|(member, key)| Action::NameCosigner { member, key }),
        who().prop_map(|member| Action::DropCosigner { member }),
        (who(), any_key.clone()).prop_map(|(member, (class, key))| Action::AddKey { member, class, key }),
        (any_key.clone(), 0..4_u64).prop_map(|((class, key), overlap_blocks)| Action::RetireKey {
            class,
            key,
            overlap_blocks
        }),
        any_key.prop_map(|(class, key)| Action::RevokeKey { class, key, suspect_since: None }),
        (
            prop::sample::select(vec!["lab_result", "governance", "membership", "keys"]),
            prop::sample::select(RULES.to_vec())
        )
            .prop_map(|(class, rule)| Action::SetPolicy {
                class: class.into(),
                rule: rule.into(),
                deadline_ms: 0
            }),
        prop::option::of(who()).prop_map(|dominant| Action::SetPhase { phase: Phase::Response, dominant }),
    ]
}

/// A proposal's actions: what belongs to the class of the first, in a block whose header has a certificate or not.
fn step() -> impl Strategy<Value = (Vec<Action>, bool)> {
    let actions = prop::collection::vec(action(), 1..6).prop_map(|mut actions| {
        let class = actions[0].class();
        actions.retain(|action| action.class() == class);
        actions
    });
    (actions, prop::bool::weighted(0.4))
}

fn members(chain: &Stage) -> Vec<MemberRecord> {
    query::members(&chain.state, 100).unwrap().into_iter().filter(|member| member.active).collect()
}

/// Keys in use, by class and member.
fn live(chain: &Stage) -> Vec<(PublicKey, KeyRecord)> {
    let found = chain.state.scan(b"key/", b"key0", 10_000).unwrap().into_iter().map(|(key, stored)| {
        let text = String::from_utf8(key.clone()).unwrap();
        let public = PublicKey::parse(text.rsplit('/').next().unwrap()).unwrap();
        (public, decoded::<KeyRecord>(&key, &stored.value).unwrap())
    });
    found.filter(|(_, record)| record.until.is_none()).collect()
}

fn author_of(chain: &Stage, member: &str) -> Option<PublicKey> {
    let of = |(_, record): &&(PublicKey, KeyRecord)| record.class == KeyClass::Author && record.member == member;
    live(chain).iter().find(of).map(|(key, _)| *key)
}

/// A block of these events under endorser keys that are in use.
fn seal(chain: &mut Stage, events: Vec<Submitted>, certified: bool) {
    let endorses = |(_, record): &&(PublicKey, KeyRecord)| record.class == KeyClass::Endorser;
    let managing = members(chain).into_iter().filter(|member| member.node_role.manages());
    let managing = managing.map(|member| member.id).collect::<BTreeSet<_>>();
    let keys = live(chain);
    let endorser = keys.iter().filter(endorses).find(|(_, record)| managing.contains(&record.member)).unwrap().0;
    let next = query::bundle_record(&chain.state, &endorser, crate::chain::Lane::Normal).unwrap();
    let bundle = crate::execute::BundleInput::Bundle {
        endorser,
        lane: crate::chain::Lane::Normal,
        number: next.map_or(1, |record| record.next),
        events: events.into_iter().map(Ok).collect(),
    };
    let mut input = chain.input(vec![bundle]);
    input.certificate = input.certificate.filter(|_| certified);
    chain.execute(&input);
}

/// Somebody proposes, and everybody else who can agrees.
fn play(chain: &mut Stage, actions: Vec<Action>, certified: bool) {
    let voices = members(chain).into_iter().filter_map(|member| author_of(chain, &member.id)).collect::<Vec<_>>();
    let Some((first, others)) = voices.split_first() else { return };
    let proposed = chain.event_with("hospital", proposal(actions), |event| event.author = *first);
    seal(chain, vec![proposed.clone()], certified);
    let ballots = others
        .iter()
        .map(|author| chain.event_with("hospital", vote(proposed.id, Choice::Endorse), |event| event.author = *author));
    let ballots = ballots.collect();
    seal(chain, ballots, certified);
}

fn holds(chain: &Stage) {
    let (members, keys) = (members(chain), live(chain));
    for class in [KeyClass::Endorser, KeyClass::Sealer] {
        let held = |member: &MemberRecord| keys.iter().any(|(_, key)| key.class == class && key.member == member.id);
        assert!(members.iter().any(|member| member.node_role.manages() && held(member)), "no {} key", class.name());
    }
    let authors = keys.iter().filter(|(_, key)| key.class == KeyClass::Author).map(|(_, key)| &key.member);
    let authors = authors.collect::<BTreeSet<_>>();
    let profiles = members.iter().map(|member| Profile::of_record(member, authors.contains(&member.id)));
    let profiles = profiles.collect::<Vec<_>>();
    for (key, stored) in chain.state.scan(b"policy/", b"policy0", 100).unwrap() {
        let record = decoded::<PolicyRecord>(&key, &stored.value).unwrap();
        Policy::parse(&record.rule).unwrap().satisfiable(&profiles).unwrap();
    }
    cosigners_agree(chain, &members, &keys);
    if let Some(dominant) = query::phase(&chain.state).unwrap().and_then(|phase: PhaseRecord| phase.dominant) {
        assert!(members.iter().any(|member| member.id == dominant), "{dominant} is dominant and gone");
    }
}

/// Members, keys, sets and leaves tell the same about who cosigns.
fn cosigners_agree(chain: &Stage, members: &[MemberRecord], keys: &[(PublicKey, KeyRecord)]) {
    let at = read::<EpochsRecord>(&chain.state, &keys::epochs()).unwrap().unwrap();
    let set = |epoch| read::<CosignersRecord>(&chain.state, &keys::cosigners(epoch)).unwrap().unwrap();
    let (current, newest) = (set(at.current), set(at.newest));
    assert!((4..=16).contains(&newest.cosigners.len()), "{} cosigners", newest.cosigners.len());
    let named = newest.cosigners.iter().map(|(member, _)| member.as_str()).collect::<BTreeSet<_>>();
    assert_eq!(named.len(), newest.cosigners.len(), "a member stands twice in a set");
    let flagged = members.iter().filter(|member| member.cosigner).map(|member| member.id.as_str());
    assert_eq!(flagged.collect::<BTreeSet<_>>(), named);
    // A key that a set named and a later one dropped before either was in force ends with the handover.
    if at.current == at.newest {
        let of_set = current.cosigners.iter().map(|(_, key)| *key).collect::<BTreeSet<_>>();
        let in_use = keys.iter().filter(|(_, record)| record.class == KeyClass::Cosigner).map(|(key, _)| *key);
        assert_eq!(in_use.collect::<BTreeSet<_>>(), of_set);
    }
    for (member, key) in &newest.cosigners {
        assert!(keys.iter().any(|(live, record)| live == key && record.member == *member), "{member}'s key has ended");
    }
    for epoch in 1..=at.newest {
        let record = set(epoch);
        let Leaf::Cosigners(leaf) = &chain.log[usize::try_from(record.leaf_index.unwrap()).unwrap()] else {
            panic!("another leaf than a set's")
        };
        let told = leaf.cosigners.iter().map(|cosigner| cosigner.key).collect::<Vec<_>>();
        assert_eq!((leaf.epoch, told), (epoch, record.cosigners.iter().map(|(_, key)| *key).collect()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn no_run_of_proposals_leaves_a_chain_that_cannot_go_on(steps in prop::collection::vec(step(), 1..24)) {
        let mut chain = Stage::new(&[("lab_result", "n_of(2, lab, clinician, epidemiologist)")]);
        for (actions, certified) in steps {
            play(&mut chain, actions, certified);
            holds(&chain);
        }
    }
}
