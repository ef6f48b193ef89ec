//! Proposals, corrections, decisions and evidence in JSON. An action is an object with its name in `action` and its own
//! fields beside it: `{"action": "add_key", "member": "nanjing-cdc", "class": "author", "key": "<64 hex digits>"}`.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::chain::{ChainPath, MemberId};
use domain::event::{
    Action, AlertLevel, Correction, Decision, Misbehaviour, Phase, Proposal, ProvenHandover, ProvenLeaf, Stage,
};
use domain::genesis::{Child, KeyClass, Member, NodeRole, SILENT_AFTER_MS};
use domain::refusal::{Code, Refusal};
use proof::sign::PublicKey;
use serde_json::{Map, Value, json};

use super::fields::Fields;

const CLASSES: &str = "root, author, endorser, sealer, cosigner, relay, client, encryption";
const NODE_ROLES: &str = "common, management, master, supervisor";
const PHASES: &str = "preparedness, response, recovery";
const ACTIONS: &str = "admit, expel, set_roles, name_cosigner, drop_cosigner, add_key, retire_key, revoke_key, set_policy, \
                       set_quota, set_phase, admit_child, refute, set_response, set_rules, set_definition, designate, \
                       set_duty";

pub(super) fn proposal(fields: &mut Fields<'_>) -> Result<Proposal, Refusal> {
    Ok(Proposal {
        actions: fields.list("actions")?.iter().map(action).collect::<Result<_, _>>()?,
        reason: fields.text("reason")?,
    })
}

fn action(value: &Value) -> Result<Action, Refusal> {
    let mut fields = Fields::of(value, "actions")?;
    let fields_of = &mut fields;
    let action = match fields_of.text("action")?.as_str() {
        "admit" => Action::Admit(Box::new(member(fields_of)?)),
        "expel" => Action::Expel { member: fields_of.text("member")? },
        "set_roles" => Action::SetRoles {
            member: fields_of.text("member")?,
            node_role: fields_of.word("node_role", NodeRole::parse, NODE_ROLES)?,
            roles: texts(fields_of, "roles")?,
        },
        "name_cosigner" => Action::NameCosigner { member: fields_of.text("member")?, key: key(fields_of, "key")? },
        "drop_cosigner" => Action::DropCosigner { member: fields_of.text("member")? },
        "add_key" => Action::AddKey {
            member: fields_of.text("member")?,
            class: fields_of.word("class", KeyClass::parse, CLASSES)?,
            key: key(fields_of, "key")?,
        },
        "retire_key" => Action::RetireKey {
            class: fields_of.word("class", KeyClass::parse, CLASSES)?,
            key: key(fields_of, "key")?,
            overlap_blocks: fields_of.count("overlap_blocks")?,
        },
        "revoke_key" => Action::RevokeKey {
            class: fields_of.word("class", KeyClass::parse, CLASSES)?,
            key: key(fields_of, "key")?,
            suspect_since: fields_of.maybe_time("suspect_since")?,
        },
        "set_policy" => Action::SetPolicy {
            class: fields_of.text("class")?,
            rule: fields_of.text("rule")?,
            deadline_ms: fields_of.count_or_zero("deadline_ms")?,
        },
        "set_quota" => {
            Action::SetQuota { member: fields_of.text("member")?, urgent_per_day: fields_of.count("urgent_per_day")? }
        }
        "set_phase" => Action::SetPhase {
            phase: fields_of.word("phase", Phase::parse, PHASES)?,
            dominant: fields_of.maybe_text("dominant")?.map(str::to_owned),
        },
        "admit_child" => Action::AdmitChild(Box::new(child(fields_of)?)),
        "refute" => Action::Refute { event: fields_of.digest("event")?, reason: fields_of.text("reason")? },
        "set_response" => Action::SetResponse {
            disease: fields_of.disease()?,
            region: fields_of.text("region")?,
            stage: fields_of.maybe_word("stage", Stage::parse, super::outlook::STAGES)?,
            level: fields_of.maybe_word("level", AlertLevel::parse, super::request::LEVELS)?,
        },
        "set_rules" => Action::SetRules { rules: fields_of.digest("rules")? },
        "set_definition" => Action::SetDefinition {
            disease: fields_of.disease()?,
            from: fields_of.date("from")?,
            note: fields_of.text("note")?,
        },
        "designate" => Action::Designate {
            facility: fields_of.text("facility")?,
            disease: fields_of.text("disease")?,
            designated: fields_of.truth("designated")?,
        },
        "set_duty" => Action::SetDuty {
            member: fields_of.text("member")?,
            disease: fields_of.text("disease")?,
            grace_ms: fields_of.count_or_zero("grace_ms")?,
            owed: fields_of.truth("owed")?,
        },
        _ => return Err(Refusal::of(Code::UnknownCode, "action", format!("action must be one of: {ACTIONS}"))),
    };
    fields.end("actions")?;
    Ok(action)
}

fn member(fields: &mut Fields<'_>) -> Result<Member, Refusal> {
    let mut listed = Fields::of(fields.must("keys")?, "keys")?;
    let mut keys = BTreeMap::new();
    for class in KeyClass::ALL {
        let of_class = public_keys(&mut listed, class.name())?;
        if !of_class.is_empty() {
            keys.insert(class, of_class);
        }
    }
    listed.end("keys")?;
    Ok(Member {
        id: fields.text("member")?,
        name: fields.text("name")?,
        node_role: fields.word("node_role", NodeRole::parse, NODE_ROLES)?,
        roles: texts(fields, "roles")?,
        sector: fields.text("sector")?,
        regions: texts(fields, "regions")?,
        cosigner: fields.maybe("cosigner").is_some_and(|value| value == &Value::Bool(true)),
        keys,
    })
}

fn child(fields: &mut Fields<'_>) -> Result<Child, Refusal> {
    let no_path = || Refusal::of(Code::UnknownCode, "chain", "chain must be a path such as cn.32.01");
    Ok(Child {
        chain: ChainPath::parse(&fields.text("chain")?).ok_or_else(no_path)?,
        chain_id: fields.digest("chain_id")?,
        cosigners: member_keys(fields, "cosigners")?,
        relays: public_keys(fields, "relays")?,
        authors: member_keys(fields, "authors")?,
        silent_after_ms: match fields.maybe("silent_after_ms") {
            None => SILENT_AFTER_MS,
            Some(_) => fields.count("silent_after_ms")?,
        },
    })
}

fn member_keys(fields: &mut Fields<'_>, field: &'static str) -> Result<Vec<(MemberId, PublicKey)>, Refusal> {
    let pair = |value: &Value| {
        let mut fields = Fields::of(value, field)?;
        let pair = (fields.text("member")?, key(&mut fields, "key")?);
        fields.end(field)?;
        Ok(pair)
    };
    fields.list(field)?.iter().map(pair).collect()
}

fn texts(fields: &mut Fields<'_>, field: &'static str) -> Result<Vec<String>, Refusal> {
    let text = |value: &Value| {
        let shape = || Refusal::of(Code::Malformed, field, format!("{field} must be a list of texts"));
        value.as_str().map(str::to_owned).ok_or_else(shape)
    };
    fields.list(field)?.iter().map(text).collect()
}

fn public_keys(fields: &mut Fields<'_>, field: &'static str) -> Result<Vec<PublicKey>, Refusal> {
    let parse = |value: &Value| value.as_str().and_then(PublicKey::parse).ok_or_else(|| bad_key(field));
    fields.list(field)?.iter().map(parse).collect()
}

fn key(fields: &mut Fields<'_>, field: &'static str) -> Result<PublicKey, Refusal> {
    PublicKey::parse(&fields.text(field)?).ok_or_else(|| bad_key(field))
}

fn bad_key(field: &'static str) -> Refusal {
    Refusal::of(Code::Malformed, field, format!("{field} must be a key of 64 lower-case hex digits"))
}

pub(super) fn correction(fields: &mut Fields<'_>) -> Result<Correction, Refusal> {
    Ok(Correction {
        subject: fields.digest("subject")?,
        counts: match fields.maybe("counts") {
            None => None,
            Some(_) => Some(super::report::counts(fields)?),
        },
        statement: fields.text("statement")?,
    })
}

pub(super) fn misbehaviour(fields: &mut Fields<'_>) -> Result<Misbehaviour, Refusal> {
    Ok(Misbehaviour { evidence: fields.text("evidence")? })
}

pub(super) fn proposal_view(fact: &Proposal) -> Value {
    json!({ "reason": fact.reason, "actions": fact.actions.iter().map(action_view).collect::<Vec<_>>() })
}

/// An action as a request states it.
pub fn action_view(action: &Action) -> Value {
    match action {
        Action::Admit(member) => json!({
            "action": "admit",
            "member": member.id,
            "name": member.name,
            "node_role": member.node_role.name(),
            "roles": member.roles,
            "sector": member.sector,
            "regions": member.regions,
            "cosigner": member.cosigner,
            "keys": member
                .keys
                .iter()
                .map(|(class, keys)| (class.name().to_owned(), key_list(keys)))
                .collect::<Map<_, _>>(),
        }),
        Action::Expel { member } => json!({ "action": "expel", "member": member }),
        Action::SetRoles { member, node_role, roles } => {
            json!({ "action": "set_roles", "member": member, "node_role": node_role.name(), "roles": roles })
        }
        Action::NameCosigner { member, key } => {
            json!({ "action": "name_cosigner", "member": member, "key": key.to_string() })
        }
        Action::DropCosigner { member } => json!({ "action": "drop_cosigner", "member": member }),
        Action::AddKey { member, class, key } => {
            json!({ "action": "add_key", "member": member, "class": class.name(), "key": key.to_string() })
        }
        Action::RetireKey { class, key, overlap_blocks } => json!({
            "action": "retire_key",
            "class": class.name(),
            "key": key.to_string(),
            "overlap_blocks": overlap_blocks,
        }),
        Action::RevokeKey { class, key, suspect_since } => json!({
            "action": "revoke_key",
            "class": class.name(),
            "key": key.to_string(),
            "suspect_since": suspect_since.map(|since| since.to_string()),
        }),
        Action::SetPolicy { class, rule, deadline_ms } => {
            json!({ "action": "set_policy", "class": class, "rule": rule, "deadline_ms": deadline_ms })
        }
        Action::SetQuota { member, urgent_per_day } => {
            json!({ "action": "set_quota", "member": member, "urgent_per_day": urgent_per_day })
        }
        Action::SetPhase { phase, dominant } => {
            json!({ "action": "set_phase", "phase": phase.name(), "dominant": dominant })
        }
        Action::AdmitChild(child) => json!({
            "action": "admit_child",
            "chain": child.chain.to_string(),
            "chain_id": child.chain_id.to_string(),
            "cosigners": pair_list(&child.cosigners),
            "relays": key_list(&child.relays),
            "authors": pair_list(&child.authors),
            "silent_after_ms": child.silent_after_ms,
        }),
        Action::Refute { event, reason } => {
            json!({ "action": "refute", "event": event.to_string(), "reason": reason })
        }
        Action::SetResponse { disease, region, stage, level } => json!({
            "action": "set_response",
            "disease": super::view::disease(disease),
            "region": region,
            "stage": stage.map(Stage::name),
            "level": level.map(AlertLevel::name),
        }),
        Action::SetRules { rules } => json!({ "action": "set_rules", "rules": rules.to_string() }),
        Action::SetDefinition { disease, from, note } => json!({
            "action": "set_definition",
            "disease": super::view::disease(disease),
            "from": from.to_string(),
            "note": note,
        }),
        Action::Designate { facility, disease, designated } => {
            json!({ "action": "designate", "facility": facility, "disease": disease, "designated": designated })
        }
        Action::SetDuty { member, disease, grace_ms, owed } => json!({
            "action": "set_duty",
            "member": member,
            "disease": disease,
            "grace_ms": grace_ms,
            "owed": owed,
        }),
    }
}

fn key_list(keys: &[PublicKey]) -> Value {
    keys.iter().map(|key| Value::from(key.to_string())).collect()
}

fn pair_list(pairs: &[(MemberId, PublicKey)]) -> Value {
    pairs.iter().map(|(member, key)| json!({ "member": member, "key": key.to_string() })).collect()
}

pub(super) fn correction_view(fact: &Correction) -> Value {
    json!({
        "subject": fact.subject.to_string(),
        "counts": fact.counts.map(super::view::counts),
        "statement": fact.statement,
    })
}

pub(super) fn decision_view(fact: &Decision) -> Value {
    let handover = |one: &ProvenHandover| json!({ "certificate": one.certificate, "leaf": leaf_view(&one.leaf) });
    json!({
        "certificate": fact.certificate,
        "handovers": fact.handovers.iter().map(handover).collect::<Vec<_>>(),
        "leaf": leaf_view(&fact.leaf),
    })
}

pub(super) fn leaf_view(leaf: &ProvenLeaf) -> Value {
    json!({
        "leaf": STANDARD.encode(&leaf.leaf),
        "index": leaf.index,
        "inclusion": super::view::hexes(&leaf.inclusion),
    })
}
