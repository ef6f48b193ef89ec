//! Arbitrary actions of proposals, with the members and children they admit.

use domain::chain::ChainPath;
use domain::event::*;
use domain::genesis::{Child, KeyClass, Member, NodeRole};
use domain::time::Millis;
use proof::sign::PublicKey;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::{date, digest, disease, name, number, text};

fn key() -> impl Strategy<Value = PublicKey> {
    any::<[u8; 32]>().prop_map(PublicKey)
}

fn member() -> impl Strategy<Value = Member> {
    let keys = proptest::collection::btree_map(select(&KeyClass::ALL[..]), vec(key(), 1..3), 0..4);
    (name(), text(), select(&NodeRole::ALL[..]), vec(name(), 0..3), name(), vec(name(), 0..2), any::<bool>(), keys)
        .prop_map(|(id, name, node_role, roles, sector, regions, cosigner, keys)| Member {
            id,
            name,
            node_role,
            roles,
            sector,
            regions,
            cosigner,
            keys,
        })
}

fn child() -> impl Strategy<Value = Child> {
    let pairs = || vec((name(), key()), 0..3);
    (digest(), pairs(), vec(key(), 0..3), pairs(), number()).prop_map(
        |(chain_id, cosigners, relays, authors, silent_after_ms)| Child {
            chain: ChainPath::parse("cn.32.01").unwrap(),
            chain_id,
            cosigners,
            relays,
            authors,
            silent_after_ms,
        },
    )
}

pub(super) fn action() -> impl Strategy<Value = Action> {
    let class = || select(&KeyClass::ALL[..]);
    prop_oneof![
        member().prop_map(|member| Action::Admit(Box::new(member))),
        name().prop_map(|member| Action::Expel { member }),
        (name(), select(&NodeRole::ALL[..]), vec(name(), 0..3))
            .prop_map(|(member, node_role, roles)| Action::SetRoles { member, node_role, roles }),
        (name(), key()).prop_map(|(member, key)| Action::NameCosigner { member, key }),
        name().prop_map(|member| Action::DropCosigner { member }),
        (name(), class(), key()).prop_map(|(member, class, key)| Action::AddKey { member, class, key }),
        (class(), key(), number()).prop_map(|(class, key, overlap_blocks)| Action::RetireKey {
            class,
            key,
            overlap_blocks
        }),
        (class(), key(), option::of(1..u64::MAX)).prop_map(|(class, key, since)| Action::RevokeKey {
            class,
            key,
            suspect_since: since.map(Millis),
        }),
        (name(), text(), number()).prop_map(|(class, rule, deadline_ms)| Action::SetPolicy {
            class,
            rule,
            deadline_ms
        }),
        (name(), number()).prop_map(|(member, urgent_per_day)| Action::SetQuota { member, urgent_per_day }),
        (select(&Phase::ALL[..]), option::of("[a-z]{1,8}"))
            .prop_map(|(phase, dominant)| Action::SetPhase { phase, dominant }),
        child().prop_map(|child| Action::AdmitChild(Box::new(child))),
        (digest(), name()).prop_map(|(event, reason)| Action::Refute { event, reason }),
        (disease(), name(), option::of(select(&Stage::ALL[..])), option::of(select(&AlertLevel::ALL[..])))
            .prop_map(|(disease, region, stage, level)| Action::SetResponse { disease, region, stage, level }),
        digest().prop_map(|rules| Action::SetRules { rules }),
        (disease(), date(), text()).prop_map(|(disease, from, note)| Action::SetDefinition { disease, from, note }),
        (name(), name(), any::<bool>()).prop_map(|(facility, disease, designated)| Action::Designate {
            facility,
            disease,
            designated
        }),
        (name(), "[A-Z][0-9]{2}", number(), any::<bool>())
            .prop_map(|(member, disease, grace_ms, owed)| Action::SetDuty { member, disease, grace_ms, owed }),
    ]
}
