//! What each action does to the state, and when it cannot be done. All actions of a proposal are tried on a draft of
//! their own first, so a refusal leaves nothing half done.

use proof::sign::PublicKey;

use crate::act::{Halt, Scene};
use crate::chain::MemberId;
use crate::event::{Action, EventId};
use crate::genesis::bounds::{MAX_CHILDREN, MAX_MEMBERS};
use crate::genesis::check;
use crate::genesis::state::{child_record, member_record};
use crate::genesis::{Child, KeyClass, Member, NodeRole};
use crate::medical_resources::designation;
use crate::outlook::{DefinitionRecord, ResponseRecord, RulesRecord};
use crate::policy::{Policy, Profile};
use crate::record::{ChainRecord, EventRecord, Kind, MemberRecord, Outcome, PhaseRecord, PolicyRecord};
use crate::refusal::{Code, Refusal};
use crate::report::duty;
use crate::report::{settle, subject};
use crate::rising::{ChildRecord, silence};
use crate::state::{Draft, Fault, decoded};
use crate::{credits, keys};

use super::{CLASSES, ProposalRecord, rotation, sets};

pub(super) fn bad(field: &'static str, detail: impl Into<String>) -> Halt {
    Refusal::of(Code::BadAction, field, detail).into()
}

/// Applies all actions of the proposal `id`, then checks what must hold of the chain as a whole.
pub(super) fn all(draft: &mut Draft<'_>, scene: &Scene, id: &EventId, actions: &[Action]) -> Result<(), Halt> {
    let cosigners = sets::newest(draft)?.cosigners.len();
    for action in actions {
        one(draft, scene, id, action)?;
    }
    let touches = |classes: &[&str]| actions.iter().any(|action| classes.contains(&action.class()));
    if touches(&["membership", "keys"]) {
        sets::safe(draft, scene.height, cosigners)?;
    }
    if touches(&["membership", "keys", "policies"]) {
        policies_hold(draft)?;
    }
    Ok(())
}

fn one(draft: &mut Draft<'_>, scene: &Scene, id: &EventId, action: &Action) -> Result<(), Halt> {
    match action {
        Action::Admit(member) => admit(draft, scene, member),
        Action::Expel { member } => expel(draft, scene, member),
        Action::SetRoles { member, node_role, roles } => set_roles(draft, member, *node_role, roles),
        Action::NameCosigner { member, key } => name_cosigner(draft, scene, member, *key),
        Action::DropCosigner { member } => drop_cosigner(draft, member),
        Action::AddKey { member, class, key } => rotation::add(draft, scene, member, *class, *key),
        Action::RetireKey { class, key, overlap_blocks } => {
            rotation::retire(draft, scene, *class, key, *overlap_blocks)
        }
        Action::RevokeKey { class, key, suspect_since } => rotation::revoke(draft, scene, *class, key, *suspect_since),
        Action::SetPolicy { class, rule, deadline_ms } => set_policy(draft, class, rule, *deadline_ms),
        Action::SetQuota { member, urgent_per_day } => {
            active(draft, member)?;
            Ok(credits::urgency::set_allowance(draft, member, *urgent_per_day)?)
        }
        Action::SetPhase { phase, dominant } => {
            if let Some(member) = dominant {
                active(draft, member)?;
            }
            draft.put(keys::phase(), &PhaseRecord { phase: *phase, dominant: dominant.clone(), since: scene.now });
            Ok(())
        }
        Action::AdmitChild(child) => admit_child(draft, scene, child),
        Action::Refute { event, .. } => refute(draft, scene, event),
        Action::SetResponse { disease, region, stage, level } => {
            if !regions(draft)?.contains(region) {
                return Err(bad("region", "is not one of the chain's regions"));
            }
            let record = ResponseRecord { stage: *stage, level: *level, since: scene.now, event: *id };
            draft.put(keys::response(&disease.code, region), &record);
            Ok(())
        }
        Action::SetRules { rules } => {
            draft.put(keys::rules(), &RulesRecord { rules: *rules, since: scene.now, event: *id });
            Ok(())
        }
        Action::SetDuty { member, disease, grace_ms, owed: true } => {
            active(draft, member)?;
            // Chain time of a quiet chain stands behind, and a slot that was over before anybody proposed is not owed.
            let proposed = draft.get::<ProposalRecord>(&keys::proposal(id))?.map_or(scene.now, |proposal| proposal.at);
            duty::set(draft, (member, disease), *grace_ms, *id, scene.now.max(proposed))
        }
        Action::SetDuty { member, disease, owed: false, .. } => duty::lift(draft, scene, member, disease),
        Action::SetDefinition { disease, from, note } => {
            let record = DefinitionRecord { note: note.clone(), since: scene.now, event: *id };
            draft.put(keys::definition(&disease.code, *from), &record);
            Ok(())
        }
        Action::Designate { facility, disease, designated } => {
            designation::set(draft, scene, id, facility, disease, *designated)
        }
    }
}

/// The member of that name, if it takes part.
pub(super) fn active(draft: &mut Draft<'_>, member: &str) -> Result<MemberRecord, Halt> {
    let record = draft.get::<MemberRecord>(&keys::member(member))?.filter(|record| record.active);
    record.ok_or_else(|| bad("member", "no member of that name takes part in this chain"))
}

fn admit(draft: &mut Draft<'_>, scene: &Scene, member: &Member) -> Result<(), Halt> {
    check::one_member(member, &regions(draft)?).map_err(as_action)?;
    if draft.get::<MemberRecord>(&keys::member(&member.id))?.is_some() {
        return Err(bad("member", "a member of that name takes part, or once did; names are not used twice"));
    }
    if members(draft)?.len() >= MAX_MEMBERS {
        return Err(bad("member", "the chain has as many members as it takes"));
    }
    draft.put(keys::member(&member.id), &member_record(member));
    for (class, key) in member.keys.iter().flat_map(|(class, keys)| keys.iter().map(|key| (*class, *key))) {
        rotation::enter(draft, scene, &member.id, class, key)?;
    }
    match member.keys(KeyClass::Cosigner).first() {
        Some(key) if member.cosigner => Ok(sets::put(draft, &member.id, *key)?),
        _ if !member.keys(KeyClass::Relay).is_empty() => Ok(sets::relays_changed(draft)?),
        _ => Ok(()),
    }
}

fn expel(draft: &mut Draft<'_>, scene: &Scene, member: &str) -> Result<(), Halt> {
    let record = active(draft, member)?;
    let cosigner = record.cosigner;
    draft.put(keys::member(member), &MemberRecord { active: false, cosigner: false, ..record });
    duty::lift_all(draft, scene, member)?;
    let mut relayed = false;
    for (key, record) in sets::keys_of(draft, scene.height)? {
        if record.member == member {
            relayed |= record.class == KeyClass::Relay;
            draft.put(key, &record.ending(scene.height));
        }
    }
    // In a phase whose dominant member is gone, those with the right issue directives again: somebody must be able to.
    if let Some(phase) =
        draft.get::<PhaseRecord>(&keys::phase())?.filter(|phase| phase.dominant.as_deref() == Some(member))
    {
        draft.put(keys::phase(), &PhaseRecord { dominant: None, ..phase });
    }
    match (cosigner, relayed) {
        (true, _) => Ok(sets::remove(draft, member)?),
        (false, true) => Ok(sets::relays_changed(draft)?),
        (false, false) => Ok(()),
    }
}

fn set_roles(draft: &mut Draft<'_>, member: &str, node_role: NodeRole, roles: &[String]) -> Result<(), Halt> {
    let record = active(draft, member)?;
    check::roles(member, roles).map_err(as_action)?;
    draft.put(keys::member(member), &MemberRecord { node_role, roles: roles.to_vec(), ..record });
    Ok(())
}

fn name_cosigner(draft: &mut Draft<'_>, scene: &Scene, member: &str, key: PublicKey) -> Result<(), Halt> {
    let record = active(draft, member)?;
    rotation::enter(draft, scene, member, KeyClass::Cosigner, key)?;
    draft.put(keys::member(member), &MemberRecord { cosigner: true, ..record });
    Ok(sets::put(draft, member, key)?)
}

fn drop_cosigner(draft: &mut Draft<'_>, member: &str) -> Result<(), Halt> {
    let record = active(draft, member)?;
    if !record.cosigner {
        return Err(bad("member", "the member does not cosign"));
    }
    draft.put(keys::member(member), &MemberRecord { cosigner: false, ..record });
    Ok(sets::remove(draft, member)?)
}

fn set_policy(draft: &mut Draft<'_>, class: &str, rule: &str, deadline_ms: u64) -> Result<(), Halt> {
    if !super::is_class(class) {
        return Err(bad("class", "no such class of policy"));
    }
    let policy = Policy::parse(rule)?;
    policy.within(&regions(draft)?)?;
    check::deadline(&policy, deadline_ms).map_err(|what| bad("deadline_ms", what))?;
    draft.put(keys::policy(class), &PolicyRecord { rule: rule.to_owned(), deadline_ms });
    Ok(())
}

fn admit_child(draft: &mut Draft<'_>, scene: &Scene, child: &Child) -> Result<(), Halt> {
    check::child(child).map_err(as_action)?;
    if child.chain.parent().as_ref() != Some(&scene.chain) {
        return Err(bad("chain", "is not one level below this chain"));
    }
    let known = children(draft)?;
    if known.len() >= MAX_CHILDREN || known.iter().any(|one| one.chain == child.chain || one.chain_id == child.chain_id)
    {
        return Err(bad("chain", "is admitted already, or the chain has as many children as it takes"));
    }
    let record = child_record(child, scene.now);
    if let Some(due) = silence::due(&record) {
        draft.put(due, &());
    }
    draft.put(keys::child(&child.chain), &record);
    Ok(())
}

fn refute(draft: &mut Draft<'_>, scene: &Scene, event: &EventId) -> Result<(), Halt> {
    let record = draft.get::<EventRecord>(&keys::event(event))?;
    let report = |record: &EventRecord| record.kind.judged() && record.kind != Kind::Proposal;
    let Some(record) = record.filter(|record| report(record) && record.outcome == Outcome::Accepted) else {
        return Err(bad("event", "no accepted report of that id is on this chain"));
    };
    Ok(settle::refuted(draft, scene, event, record)?)
}

/// The chain's regions.
fn regions(draft: &mut Draft<'_>) -> Result<Vec<String>, Fault> {
    Ok(draft.get::<ChainRecord>(&keys::chain())?.map(|chain| chain.regions).unwrap_or_default())
}

/// What a genesis check refuses, said of an action.
fn as_action(refusal: Refusal) -> Halt {
    Refusal { code: Code::BadAction, ..refusal }.into()
}

/// Every member that takes part.
pub(super) fn members(draft: &mut Draft<'_>) -> Result<Vec<MemberRecord>, Fault> {
    let found = draft.scan(b"member/", MAX_MEMBERS)?;
    let members =
        found.iter().map(|(key, value)| decoded::<MemberRecord>(key, value)).collect::<Result<Vec<_>, _>>()?;
    Ok(members.into_iter().filter(|member| member.active).collect())
}

/// Whether a member of that name takes part.
pub(super) fn takes_part(draft: &mut Draft<'_>, member: &str) -> Result<bool, Fault> {
    Ok(draft.get::<MemberRecord>(&keys::member(member))?.is_some_and(|member| member.active))
}

fn children(draft: &mut Draft<'_>) -> Result<Vec<ChildRecord>, Fault> {
    draft.scan(b"child/", MAX_CHILDREN)?.iter().map(|(key, value)| decoded(key, value)).collect()
}

/// Who may be asked: the members that take part, and whether each has an author key in use.
pub(crate) fn profiles(draft: &mut Draft<'_>, height: u64) -> Result<Vec<Profile>, Fault> {
    let authors = sets::keys_of(draft, height)?;
    let may_author =
        |member: &MemberId| authors.iter().any(|(_, key)| key.class == KeyClass::Author && key.member == *member);
    Ok(members(draft)?.iter().map(|member| Profile::of_record(member, may_author(&member.id))).collect())
}

/// Every policy of the chain can still be met by those who take part.
fn policies_hold(draft: &mut Draft<'_>) -> Result<(), Halt> {
    let profiles = profiles(draft, u64::MAX - 1)?;
    for (key, value) in draft.scan(b"policy/", CLASSES.len() + Kind::ALL.len())? {
        let class = String::from_utf8_lossy(&key).replacen("policy/", "", 1);
        let policy = subject::parsed(&decoded::<PolicyRecord>(&key, &value)?.rule)?;
        let refused = |refusal: Refusal| {
            Refusal::of(Code::BadPolicy, "rule", format!("the policy of {class} could not be met: {}", refusal.detail))
        };
        policy.satisfiable(&profiles).map_err(refused)?;
    }
    Ok(())
}
