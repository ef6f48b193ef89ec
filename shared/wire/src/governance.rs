//! Proposals, corrections and evidence on the wire (`tocsin.governance.v1`).

use std::collections::BTreeMap;

use domain::chain::{ChainPath, MemberId};
use domain::event::{Action, Correction, MAX_ACTIONS, MAX_BODY_BYTES, Misbehaviour, Proposal};
use domain::genesis::{Child, KeyClass, Member};
use domain::refusal::{Code, Refusal};
use domain::time::{Date, Millis};
use proof::sign::PublicKey;

use crate::canonical::{at_most, digest, exact, required, text};
use crate::proto::governance::v1 as proto;
use crate::proto::governance::v1::action::Action as Carried;
use crate::vocabulary::{alert_level, disease_in, disease_out, key_class, node_role, phase, stage};

/// Roles, regions, keys or authors of one member or child in a body of 16 KiB; the rule's own bounds are tighter.
const MAX_ITEMS: usize = 512;

pub(crate) fn proposal_out(fact: &Proposal) -> proto::Proposal {
    proto::Proposal { actions: fact.actions.iter().map(action_out).collect(), reason: fact.reason.clone() }
}

pub(crate) fn proposal_in(fact: proto::Proposal) -> Result<Proposal, Refusal> {
    at_most(fact.actions.len(), MAX_ACTIONS, "actions")?;
    Ok(Proposal {
        actions: fact.actions.into_iter().map(action_in).collect::<Result<_, _>>()?,
        reason: text(fact.reason, "reason")?,
    })
}

fn action_out(action: &Action) -> proto::Action {
    let action = match action {
        Action::Admit(member) => Carried::Admit(member_out(member)),
        Action::Expel { member } => Carried::Expel(member.clone()),
        Action::SetRoles { member, node_role: role, roles } => Carried::SetRoles(proto::SetRoles {
            member: member.clone(),
            node_role: node_role::number(*role),
            roles: roles.clone(),
        }),
        Action::NameCosigner { member, key } => {
            Carried::NameCosigner(proto::NameCosigner { member: member.clone(), key: key.0.to_vec() })
        }
        Action::DropCosigner { member } => Carried::DropCosigner(member.clone()),
        Action::AddKey { member, class, key } => Carried::AddKey(proto::AddKey {
            member: member.clone(),
            class: key_class::number(*class),
            key: key.0.to_vec(),
        }),
        Action::RetireKey { class, key, overlap_blocks } => Carried::RetireKey(proto::RetireKey {
            class: key_class::number(*class),
            key: key.0.to_vec(),
            overlap_blocks: *overlap_blocks,
        }),
        Action::RevokeKey { class, key, suspect_since } => Carried::RevokeKey(proto::RevokeKey {
            class: key_class::number(*class),
            key: key.0.to_vec(),
            suspect_since_ms: suspect_since.map_or(0, |since| since.0),
        }),
        Action::SetPolicy { class, rule, deadline_ms } => {
            Carried::SetPolicy(proto::SetPolicy { class: class.clone(), rule: rule.clone(), deadline_ms: *deadline_ms })
        }
        Action::SetQuota { member, urgent_per_day } => {
            Carried::SetQuota(proto::SetQuota { member: member.clone(), urgent_per_day: *urgent_per_day })
        }
        Action::SetPhase { phase: entered, dominant } => Carried::SetPhase(proto::SetPhase {
            phase: phase::number(*entered),
            dominant: dominant.clone().unwrap_or_default(),
        }),
        Action::AdmitChild(child) => Carried::AdmitChild(child_out(child)),
        Action::Refute { event, reason } => {
            Carried::Refute(proto::Refute { event: event.0.to_vec(), reason: reason.clone() })
        }
        Action::SetResponse { disease, region, stage: voted, level } => Carried::SetResponse(proto::SetResponse {
            disease: disease_out(disease),
            region: region.clone(),
            stage: voted.map_or(0, stage::number),
            level: level.map_or(0, alert_level::number),
        }),
        Action::SetRules { rules } => Carried::SetRules(rules.0.to_vec()),
        Action::SetDefinition { disease, from, note } => Carried::SetDefinition(proto::SetDefinition {
            disease: disease_out(disease),
            from: from.0,
            note: note.clone(),
        }),
        Action::Designate { facility, disease, designated } => Carried::Designate(proto::Designate {
            facility: facility.clone(),
            disease: disease.clone(),
            designated: *designated,
        }),
        Action::SetDuty { member, disease, grace_ms, owed } => Carried::SetDuty(proto::SetDuty {
            member: member.clone(),
            disease: disease.clone(),
            grace_ms: *grace_ms,
            owed: *owed,
        }),
    };
    proto::Action { action: Some(action) }
}

fn action_in(action: proto::Action) -> Result<Action, Refusal> {
    Ok(match required(action.action, "actions")? {
        Carried::Admit(member) => Action::Admit(Box::new(member_in(member)?)),
        Carried::Expel(member) => Action::Expel { member: text(member, "expel")? },
        Carried::SetRoles(set) => Action::SetRoles {
            member: text(set.member, "member")?,
            node_role: node_role::value(set.node_role, "node_role")?,
            roles: texts(set.roles, "roles")?,
        },
        Carried::NameCosigner(named) => {
            Action::NameCosigner { member: text(named.member, "member")?, key: key(&named.key)? }
        }
        Carried::DropCosigner(member) => Action::DropCosigner { member: text(member, "drop_cosigner")? },
        Carried::AddKey(add) => Action::AddKey {
            member: text(add.member, "member")?,
            class: key_class::value(add.class, "class")?,
            key: key(&add.key)?,
        },
        Carried::RetireKey(retire) => Action::RetireKey {
            class: key_class::value(retire.class, "class")?,
            key: key(&retire.key)?,
            overlap_blocks: retire.overlap_blocks,
        },
        Carried::RevokeKey(revoke) => Action::RevokeKey {
            class: key_class::value(revoke.class, "class")?,
            key: key(&revoke.key)?,
            suspect_since: (revoke.suspect_since_ms != 0).then_some(Millis(revoke.suspect_since_ms)),
        },
        Carried::SetPolicy(set) => {
            at_most(set.rule.len(), domain::policy::MAX_POLICY_BYTES, "rule")?;
            Action::SetPolicy { class: text(set.class, "class")?, rule: set.rule, deadline_ms: set.deadline_ms }
        }
        Carried::SetQuota(set) => {
            Action::SetQuota { member: text(set.member, "member")?, urgent_per_day: set.urgent_per_day }
        }
        Carried::SetPhase(set) => Action::SetPhase {
            phase: phase::value(set.phase, "phase")?,
            dominant: if set.dominant.is_empty() { None } else { Some(text(set.dominant, "dominant")?) },
        },
        Carried::AdmitChild(child) => Action::AdmitChild(Box::new(child_in(child)?)),
        Carried::Refute(refute) => {
            Action::Refute { event: digest(&refute.event, "event")?, reason: text(refute.reason, "reason")? }
        }
        Carried::SetResponse(set) => Action::SetResponse {
            disease: disease_in(set.disease)?,
            region: text(set.region, "region")?,
            stage: given(set.stage, |number| stage::value(number, "stage"))?,
            level: given(set.level, |number| alert_level::value(number, "level"))?,
        },
        Carried::SetRules(rules) => Action::SetRules { rules: digest(&rules, "rules")? },
        Carried::SetDefinition(set) => Action::SetDefinition {
            disease: disease_in(set.disease)?,
            from: Date(set.from),
            note: text(set.note, "note")?,
        },
        Carried::Designate(set) => Action::Designate {
            facility: text(set.facility, "facility")?,
            disease: text(set.disease, "disease")?,
            designated: set.designated,
        },
        Carried::SetDuty(set) => Action::SetDuty {
            member: text(set.member, "member")?,
            disease: text(set.disease, "disease")?,
            grace_ms: set.grace_ms,
            owed: set.owed,
        },
    })
}

/// A value that may be left unspecified.
fn given<T>(number: i32, value: impl Fn(i32) -> Result<T, Refusal>) -> Result<Option<T>, Refusal> {
    if number == 0 { Ok(None) } else { value(number).map(Some) }
}

fn member_out(member: &Member) -> proto::Member {
    let keys = member.keys.iter().flat_map(|(class, keys)| keys.iter().map(|key| (*class, key)));
    proto::Member {
        id: member.id.clone(),
        name: member.name.clone(),
        node_role: node_role::number(member.node_role),
        roles: member.roles.clone(),
        sector: member.sector.clone(),
        regions: member.regions.clone(),
        cosigner: member.cosigner,
        keys: keys.map(|(class, key)| proto::Key { class: key_class::number(class), key: key.0.to_vec() }).collect(),
    }
}

fn member_in(member: proto::Member) -> Result<Member, Refusal> {
    at_most(member.keys.len(), MAX_ITEMS, "keys")?;
    let mut keys = BTreeMap::<KeyClass, Vec<PublicKey>>::new();
    for one in &member.keys {
        let class = key_class::value(one.class, "class")?;
        // Keys in another order of classes would be a second encoding of the same member.
        if keys.last_key_value().is_some_and(|(last, _)| *last > class) {
            return Err(Refusal::of(Code::NonCanonical, "keys", "keys stand in the order of their classes"));
        }
        keys.entry(class).or_default().push(key(&one.key)?);
    }
    Ok(Member {
        id: text(member.id, "id")?,
        name: text(member.name, "name")?,
        node_role: node_role::value(member.node_role, "node_role")?,
        roles: texts(member.roles, "roles")?,
        sector: text(member.sector, "sector")?,
        regions: texts(member.regions, "regions")?,
        cosigner: member.cosigner,
        keys,
    })
}

fn child_out(child: &Child) -> proto::Child {
    proto::Child {
        chain: child.chain.to_string(),
        chain_id: child.chain_id.0.to_vec(),
        cosigners: pairs_out(&child.cosigners),
        relays: child.relays.iter().map(|key| key.0.to_vec()).collect(),
        authors: pairs_out(&child.authors),
        silent_after_ms: child.silent_after_ms,
    }
}

fn child_in(child: proto::Child) -> Result<Child, Refusal> {
    let path = ChainPath::parse(&text(child.chain, "chain")?);
    let no_path = || Refusal::of(Code::UnknownCode, "chain", "is no chain path such as cn.32.01");
    at_most(child.relays.len(), MAX_ITEMS, "relays")?;
    Ok(Child {
        chain: path.ok_or_else(no_path)?,
        chain_id: digest(&child.chain_id, "chain_id")?,
        cosigners: pairs_in(child.cosigners, "cosigners")?,
        relays: child.relays.iter().map(|bytes| key(bytes)).collect::<Result<_, _>>()?,
        authors: pairs_in(child.authors, "authors")?,
        silent_after_ms: child.silent_after_ms,
    })
}

fn pairs_out(pairs: &[(MemberId, PublicKey)]) -> Vec<proto::MemberKey> {
    pairs.iter().map(|(member, key)| proto::MemberKey { member: member.clone(), key: key.0.to_vec() }).collect()
}

fn pairs_in(pairs: Vec<proto::MemberKey>, field: &'static str) -> Result<Vec<(MemberId, PublicKey)>, Refusal> {
    at_most(pairs.len(), MAX_ITEMS, field)?;
    pairs.into_iter().map(|pair| Ok((text(pair.member, field)?, key(&pair.key)?))).collect()
}

fn texts(values: Vec<String>, field: &'static str) -> Result<Vec<String>, Refusal> {
    at_most(values.len(), MAX_ITEMS, field)?;
    values.into_iter().map(|value| text(value, field)).collect()
}

fn key(bytes: &[u8]) -> Result<PublicKey, Refusal> {
    exact(bytes, "key").map(PublicKey)
}

pub(crate) fn correction_out(fact: &Correction) -> proto::Correction {
    proto::Correction {
        subject: fact.subject.0.to_vec(),
        counts: fact.counts.map(|counts| counts.to_vec()).unwrap_or_default(),
        statement: fact.statement.clone(),
    }
}

pub(crate) fn correction_in(fact: proto::Correction) -> Result<Correction, Refusal> {
    let five = || Refusal::of(Code::Malformed, "counts", "counts are five, one for each classification");
    let counts = match fact.counts.as_slice() {
        [] => None,
        counts => Some(counts.try_into().map_err(|_| five())?),
    };
    Ok(Correction { subject: digest(&fact.subject, "subject")?, counts, statement: text(fact.statement, "statement")? })
}

pub(crate) fn misbehaviour_out(fact: &Misbehaviour) -> proto::Misbehaviour {
    proto::Misbehaviour { evidence: fact.evidence.clone() }
}

pub(crate) fn misbehaviour_in(fact: proto::Misbehaviour) -> Result<Misbehaviour, Refusal> {
    at_most(fact.evidence.len(), MAX_BODY_BYTES, "evidence")?;
    Ok(Misbehaviour { evidence: fact.evidence })
}
