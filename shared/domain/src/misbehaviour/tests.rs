//! A fork of this log, told by those who signed both branches.

use proof::checkpoint::{Certificate, Checkpoint, cosign};
use proof::digest::Digest;
use proof::evidence::Vouched;

use super::*;
use crate::credits::account::balance;
use crate::event::{Action, Fact, Proposal};
use crate::query;
use crate::stage::*;

/// One checkpoint of the log at `size` that these members signed, under the keys they had at the genesis.
fn vouched(stage: &Stage, size: u64, story: &[u8], signers: &[&str]) -> Vouched {
    let log = origin(stage.genesis.chain.as_str(), &stage.genesis.chain_id);
    let checkpoint = Checkpoint { origin: log, size, root: Digest::of(story) };
    let sign = |name: &&str| {
        cosign(&stage.secret(name, KeyClass::Cosigner), &cosigner_name(name, &stage.genesis.chain), &checkpoint, 1)
    };
    let cosignatures = signers.iter().map(sign).collect();
    Vouched { certificate: Certificate { checkpoint, cosignatures }, block: None }
}

/// Two roots at size 9, each signed by some.
fn fork(stage: &Stage, one: &[&str], other: &[&str]) -> Fact {
    let evidence = Evidence { a: vouched(stage, 9, b"one", one), b: vouched(stage, 9, b"other", other) };
    Fact::Misbehaviour(Misbehaviour { evidence: evidence.text() })
}

fn cosigners(stage: &Stage) -> Vec<String> {
    let (_, set) = query::cosigners_at_size(&stage.state, &stage.genesis.chain, stage.size() + 1).unwrap();
    set.into_iter().map(|cosigner| cosigner.name.replace(".cn.32.01", "")).collect()
}

fn until(stage: &Stage, member: &str) -> Option<u64> {
    let key = keys::key(KeyClass::Cosigner, &stage.secret(member, KeyClass::Cosigner).public());
    crate::state::read::<KeyRecord>(&stage.state, &key).unwrap().unwrap().until
}

#[test]
fn exactly_those_who_signed_both_stories_lose_their_keys_and_their_place() {
    let mut stage = Stage::new(&[]);
    let claim = fork(&stage, &["health", "cdc"], &["cdc", "hospital"]);
    assert_eq!(stage.code("regulator", claim), None);
    let height = stage.height;
    for (member, ended) in [("health", None), ("cdc", Some(height)), ("hospital", None), ("airport", None)] {
        assert_eq!(until(&stage, member), ended, "{member}");
        assert_eq!(query::member(&stage.state, member).unwrap().unwrap().cosigner, ended.is_none(), "{member}");
    }
    let alert = &stage.alerts()[0];
    assert_eq!(
        (alert.kind, alert.level, alert.state),
        (AlertKind::Misbehaviour, AlertLevel::Orange, AlertState::Confirmed)
    );
    assert!(alert.headline.ends_with(": cdc"), "{}", alert.headline);
    // The set without it is in force once the old one has made its leaf final: three, though four are asked for.
    assert_eq!(cosigners(&stage), ["health", "cdc", "hospital", "airport"]);
    stage.later(1000);
    assert_eq!(cosigners(&stage), ["health", "hospital", "airport"]);
    assert_eq!(balance(&stage.state, "regulator").unwrap().entries, 0);
}

#[test]
fn what_was_proven_once_has_no_effect_again_and_what_is_new_has() {
    let mut stage = Stage::new(&[]);
    let first = fork(&stage, &["cdc"], &["cdc"]);
    assert_eq!(stage.code("health", first), None);
    let again = fork(&stage, &["cdc", "health"], &["cdc"]);
    let (alerts, state) = (stage.alerts().len(), cosigners(&stage));
    assert_eq!(stage.code("airport", again), Some(Code::Closed));
    assert_eq!((stage.alerts().len(), balance(&stage.state, "airport").unwrap().entries), (alerts, 0), "{state:?}");
    let both = fork(&stage, &["cdc", "hospital"], &["cdc", "hospital"]);
    assert_eq!(stage.code("health", both), None);
    stage.later(1000);
    assert_eq!(cosigners(&stage), ["health", "airport"]);
    assert!(stage.alerts()[alerts].headline.ends_with(": hospital"));
}

#[test]
fn a_chain_that_misbehaviour_left_with_three_can_be_mended_and_not_made_worse() {
    let mut stage = Stage::new(&[]);
    let claim = fork(&stage, &["cdc"], &["cdc"]);
    stage.say("health", claim);
    let propose = |actions| Fact::Proposal(Proposal { actions, reason: "after the fork".into() });
    let drop = propose(vec![Action::DropCosigner { member: "airport".into() }]);
    assert_eq!(stage.code("health", drop), Some(Code::UnsafeMembership));
    let roles = propose(vec![Action::SetRoles {
        member: "airport".into(),
        node_role: crate::genesis::NodeRole::Common,
        roles: vec!["border".into(), "customs".into()],
    }]);
    assert_eq!(stage.code("health", roles), None);
    let key = secret("elsewhere", "regulator", KeyClass::Cosigner).public();
    let name = propose(vec![Action::NameCosigner { member: "regulator".into(), key }]);
    assert_eq!(stage.code("health", name), None);
}

#[test]
fn a_set_of_nobody_is_not_derived() {
    let mut stage = Stage::new(&[]);
    let all = ["health", "cdc", "hospital", "airport"];
    let claim = fork(&stage, &all, &all);
    assert_eq!(stage.code("regulator", claim), None);
    stage.later(1000);
    assert_eq!((cosigners(&stage).len(), until(&stage, "health")), (4, Some(1)));
}

#[test]
fn a_key_replaced_long_ago_drives_nobody_out_who_cosigns_with_another_now() {
    let mut stage = Stage::new(&[]);
    let key = secret("elsewhere", "cdc", KeyClass::Cosigner).public();
    let actions = vec![Action::NameCosigner { member: "cdc".into(), key }];
    let id = stage.say("hospital", Fact::Proposal(Proposal { actions, reason: "new hardware".into() }));
    for manager in ["health", "cdc"] {
        stage.say(manager, vote(id, crate::event::Choice::Endorse));
    }
    stage.later(1000);
    let ended = until(&stage, "cdc");
    assert!(ended.is_some());
    let claim = fork(&stage, &["cdc"], &["cdc"]);
    assert_eq!(stage.code("health", claim), None, "what was proven is on record");
    stage.later(1000);
    assert_eq!(cosigners(&stage), ["health", "cdc", "hospital", "airport"]);
    assert_eq!(until(&stage, "cdc"), ended);
}

#[test]
fn evidence_that_does_not_prove_names_nobody() {
    let mut stage = Stage::new(&[]);
    let agreeing = Evidence { a: vouched(&stage, 9, b"one", &["cdc"]), b: vouched(&stage, 9, b"one", &["cdc"]) };
    let sizes = Evidence { a: vouched(&stage, 9, b"one", &["cdc"]), b: vouched(&stage, 8, b"other", &["cdc"]) };
    let mut forged = Evidence { a: vouched(&stage, 9, b"one", &["cdc"]), b: vouched(&stage, 9, b"other", &["cdc"]) };
    forged.b.certificate.cosignatures[0].signature[7] ^= 1;
    let elsewhere = Stage::of(genesis("cn.32.02", &[], &[]));
    let other_log =
        Evidence { a: vouched(&elsewhere, 9, b"one", &["cdc"]), b: vouched(&elsewhere, 9, b"other", &["cdc"]) };
    let text = |evidence: &Evidence| Fact::Misbehaviour(Misbehaviour { evidence: evidence.text() });
    let nobody_twice = fork(&stage, &["health", "cdc"], &["hospital", "airport"]);
    let stranger = fork(&stage, &["regulator"], &["regulator"]);
    for fact in [text(&agreeing), text(&sizes), text(&forged), text(&other_log), nobody_twice, stranger] {
        assert_eq!(stage.code("airport", fact), Some(Code::NotEvidence));
    }
    stage.later(1000);
    assert_eq!((cosigners(&stage).len(), stage.alerts().len()), (4, 0));
    assert_eq!(balance(&stage.state, "airport").unwrap().vested, -30);
}
