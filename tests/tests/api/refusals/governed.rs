//! Refused where the chain governs itself: proposals, keys that ended, evidence and decisions that prove nothing.

use domain::event::{Decision, Event, Fact, ProvenLeaf};
use domain::genesis::KeyClass;
use proof::sign::SecretKey;
use serde_json::{Value, json};

use super::Seen;
use crate::answer::{Answer, CANARY};
use crate::signed;
use crate::world::{CITY, World};

async fn propose(world: &World, action: Value) -> Answer {
    world.say("hospital", "proposals", &json!({ "reason": "Exercise.", "actions": [action] })).await
}

/// A proposal that both managers endorse, applied.
async fn passed(world: &World, actions: Value) {
    let proposed =
        world.say("hospital", "proposals", &json!({ "reason": "Exercise.", "actions": actions })).await.taken();
    for manager in ["health", "cdc"] {
        world.judged(manager, &proposed, "endorse", "").await;
    }
    world.event(&proposed, "outcome", "accepted").await;
}

pub async fn bad_policy(world: &World) -> Seen {
    let policy = |rule: &str| json!({ "action": "set_policy", "class": "case_report", "rule": rule });
    assert_eq!(propose(world, policy("astrologer")).await.refused(), "BAD_POLICY");
    Seen::Row(propose(world, policy("n_of(2, epidemiologist, )")).await)
}

pub async fn bad_action(world: &World) -> Seen {
    Seen::Row(propose(world, json!({ "action": "expel", "member": CANARY })).await)
}

pub async fn unsafe_membership(world: &World) -> Seen {
    Seen::Row(propose(world, json!({ "action": "drop_cosigner", "member": "airport" })).await)
}

/// A key that ends in the block in which it enters never counts.
pub async fn key_inactive(world: &World) -> Seen {
    let author = SecretKey::from_seed(&[77; 32]);
    let key = author.public().to_string();
    let add = json!({ "action": "add_key", "member": "district", "class": "author", "key": key });
    passed(world, json!([add, { "action": "revoke_key", "class": "author", "key": key }])).await;
    let event = signed::event(world, CITY, &author);
    Seen::Row(signed::post(world, CITY, "district", signed::seal(world, CITY, &author, &event)).await)
}

/// Who takes up a profession has no vote on what was proposed before.
pub async fn not_elector(world: &World) -> Seen {
    let roles = |member: &str, roles: &[&str]| json!([{ "action": "set_roles", "member": member, "node_role": "common", "roles": roles }]);
    // Two, so that each of them could propose; outside their own sector the profession gives them no say on reports.
    passed(world, roles("airport", &["port-health", "clinician"])).await;
    let policy = json!([{ "action": "set_policy", "class": "phase", "rule": "majority(clinician)" }]);
    passed(world, policy).await;
    let phase = json!([{ "action": "set_phase", "phase": "preparedness" }]);
    let before = world.say("health", "proposals", &json!({ "reason": "Exercise.", "actions": phase })).await.taken();
    world.event(&before, "state", "final").await;
    passed(world, roles("district", &["nurse", "clinician"])).await;
    Seen::Row(world.judge("district", &before, "endorse", CANARY).await)
}

pub async fn not_evidence(world: &World) -> Seen {
    Seen::Row(world.say("airport", "misbehaviour", &json!({ "evidence": CANARY })).await)
}

pub async fn bad_decision(world: &World) -> Seen {
    let author = &world.secret(CITY, "airport", KeyClass::Author);
    let leaf = ProvenLeaf { leaf: Vec::new(), index: 0, inclusion: Vec::new() };
    let decision = Decision { certificate: CANARY.to_owned(), handovers: Vec::new(), leaf };
    let event = Event { fact: Fact::Decision(decision), ..signed::event(world, CITY, author) };
    Seen::Row(signed::post(world, CITY, "airport", signed::seal(world, CITY, author, &event)).await)
}
