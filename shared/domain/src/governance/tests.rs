//! Proposals on the stage: what every action does, what refuses it, and what no proposal may leave behind.

mod cosigners;
mod invariants;
mod members;
mod phases;
mod policies;
mod rotation;

use proof::sign::PublicKey;

use super::*;
use crate::act::Submitted;
use crate::event::{Choice, Fact};
use crate::genesis::{Member, NodeRole};
use crate::query;
use crate::refusal::Code;
use crate::stage::{Stage, case, secret, vote};
use crate::state::View;

fn proposal(actions: Vec<Action>) -> Fact {
    Fact::Proposal(Proposal { actions, reason: "yearly review".into() })
}

/// A proposal of the hospital, that both managers endorse where it stays open.
fn propose(chain: &mut Stage, actions: Vec<Action>) -> EventId {
    let proposed = chain.say("hospital", proposal(actions));
    for manager in ["health", "cdc"] {
        if chain.outcome(&proposed) == Outcome::Open {
            chain.say(manager, vote(proposed, Choice::Endorse));
        }
    }
    proposed
}

/// Proposed, endorsed and applied.
fn pass(chain: &mut Stage, actions: Vec<Action>) {
    let proposed = propose(chain, actions);
    let record = chain.record(&proposed);
    assert_eq!((record.code, record.outcome), (0, Outcome::Accepted));
}

/// The code with which the proposal of one action is refused.
fn refused(chain: &mut Stage, action: Action) -> Option<Code> {
    chain.code("hospital", proposal(vec![action]))
}

/// A key of somebody who is no member at the genesis, or that a member takes into use later.
fn key(whose: &str, class: KeyClass) -> PublicKey {
    secret("elsewhere", whose, class).public()
}

/// Somebody who is no member yet, with a key of every class it needs.
fn newcomer(id: &str, node_role: NodeRole, cosigner: bool) -> Member {
    let mut classes = vec![KeyClass::Author, KeyClass::Client, KeyClass::Relay];
    if node_role.manages() {
        classes.extend([KeyClass::Endorser, KeyClass::Sealer]);
    }
    if cosigner {
        classes.push(KeyClass::Cosigner);
    }
    Member {
        id: id.into(),
        name: id.into(),
        node_role,
        roles: vec!["clinician".into()],
        sector: "health".into(),
        regions: Vec::new(),
        cosigner,
        keys: classes.into_iter().map(|class| (class, vec![key(id, class)])).collect(),
    }
}

fn admit(member: Member) -> Action {
    Action::Admit(Box::new(member))
}

/// A case report under this author key.
fn signed_by(chain: &mut Stage, author: PublicKey) -> Submitted {
    chain.event_with("hospital", case(), |event| event.author = author)
}

fn key_record(chain: &Stage, class: KeyClass, key: &PublicKey) -> KeyRecord {
    crate::state::read(&chain.state, &keys::key(class, key)).unwrap().expect("a record of the key")
}

#[test]
fn a_proposal_is_applied_by_itself_when_its_policy_holds() {
    let mut chain = Stage::new(&[]);
    let roles = Action::SetRoles { member: "airport".into(), node_role: NodeRole::Supervisor, roles: vec![] };
    let proposed = chain.say("hospital", proposal(vec![roles]));
    assert_eq!(chain.outcome(&proposed), Outcome::Open);
    let role = |chain: &Stage| query::member(&chain.state, "airport").unwrap().unwrap().node_role;
    for manager in ["health", "cdc"] {
        assert_eq!(role(&chain), NodeRole::Common);
        chain.say(manager, vote(proposed, Choice::Endorse));
    }
    assert_eq!(chain.outcome(&proposed), Outcome::Accepted);
    assert_eq!(role(&chain), NodeRole::Supervisor);
    assert_eq!(query::roster_version(&chain.state).unwrap(), 1);
}

#[test]
fn a_proposal_that_objections_or_a_veto_reject_is_not_applied() {
    for (judges, choice) in [(&["health", "cdc"][..], Choice::Object), (&["regulator"][..], Choice::Veto)] {
        let mut chain = Stage::new(&[]);
        let proposed = chain.say("hospital", proposal(vec![Action::Expel { member: "airport".into() }]));
        // Airport cosigns, and three are too few.
        assert_eq!(chain.record(&proposed).code, Code::UnsafeMembership.number());
        let quota = Action::SetQuota { member: "airport".into(), urgent_per_day: 1 };
        let proposed = chain.say("hospital", proposal(vec![quota]));
        for judge in judges {
            chain.say(judge, vote(proposed, choice));
        }
        assert_eq!(chain.outcome(&proposed), Outcome::Rejected);
        assert_eq!(query::roster_version(&chain.state).unwrap(), 0);
    }
}

#[test]
fn a_class_has_its_own_policy_or_that_of_governance_or_more_than_half_of_the_managers() {
    let mut genesis = crate::stage::genesis("cn.32.01", &[], &[]);
    let policy = |rule: &str| crate::genesis::PolicyText { rule: rule.into(), deadline_ms: 0 };
    genesis.policies.insert("phase".into(), policy("any(auditor, border)"));
    genesis.policies.insert(FALLBACK_CLASS.into(), policy("all(manager, any(auditor, border))"));
    genesis.check().unwrap();
    let mut chain = Stage::of(genesis);
    let rule = |chain: &mut Stage, action| {
        let proposed = chain.say("hospital", proposal(vec![action]));
        query::subject(&chain.state, &proposed).unwrap().unwrap().rule
    };
    assert_eq!(
        rule(&mut chain, Action::SetPhase { phase: crate::event::Phase::Response, dominant: None }),
        "any(auditor, border)"
    );
    let quota = || Action::SetQuota { member: "airport".into(), urgent_per_day: 1 };
    assert_eq!(rule(&mut chain, quota()), "all(manager, any(auditor, border))");
    assert_eq!(rule(&mut Stage::new(&[]), quota()), DEFAULT_RULE);
}

#[test]
fn all_actions_of_a_proposal_are_applied_or_none() {
    let mut chain = Stage::new(&[]);
    let quota = |member: &str| Action::SetQuota { member: member.into(), urgent_per_day: 1 };
    let has = |chain: &Stage, member| chain.state.get(&keys::allowance(member)).unwrap().is_some();
    let code = chain.code("hospital", proposal(vec![quota("airport"), quota("nobody")]));
    assert_eq!(code, Some(Code::BadAction));
    assert!(!has(&chain, "airport"));
    pass(&mut chain, vec![quota("airport"), quota("cdc")]);
    assert!(has(&chain, "airport") && has(&chain, "cdc"));
}

#[test]
fn a_proposal_that_became_impossible_is_rejected_however_many_agree() {
    let mut chain = Stage::new(&[]);
    let school = |node_role| Action::SetRoles { member: "school".into(), node_role, roles: vec![] };
    pass(&mut chain, vec![admit(newcomer("school", NodeRole::Common, false))]);
    let late = chain.say("hospital", proposal(vec![school(NodeRole::Supervisor)]));
    chain.say("health", vote(late, Choice::Endorse));
    pass(&mut chain, vec![Action::Expel { member: "school".into() }]);
    // Its relay key is gone too: the set without it comes into force.
    chain.later(1000);
    let version = query::roster_version(&chain.state).unwrap();
    assert_eq!(chain.code("cdc", vote(late, Choice::Endorse)), None);
    assert_eq!(chain.outcome(&late), Outcome::Rejected);
    assert_eq!(query::roster_version(&chain.state).unwrap(), version);
}
