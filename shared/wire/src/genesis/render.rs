//! Writing a new genesis file, in the order a person would.

use std::fmt::Write as _;

use domain::chain::MemberId;
use domain::genesis::{Child, Duty, Genesis, Member, SILENT_AFTER_MS, URGENT_PER_DAY};
use proof::sign::PublicKey;
use toml::Value;

use super::UNITS;

/// The text of a new genesis file; `chain_id` is not in it, for it is the hash of the text. Parsing gives the same
/// genesis but for that.
pub fn render(genesis: &Genesis) -> String {
    let mut out = String::new();
    line(&mut out, "chain", text(genesis.chain.as_str()));
    line(&mut out, "name", text(&genesis.name));
    line(&mut out, "regions", texts(&genesis.regions));
    line(&mut out, "genesis_time", text(&genesis.genesis_time.to_string()));
    line(&mut out, "rules_version", genesis.rules_version.to_string());
    if genesis.allow_fewer_cosigners {
        line(&mut out, "allow_fewer_cosigners", "true");
    }
    if genesis.urgent_per_day != URGENT_PER_DAY {
        line(&mut out, "urgent_per_day", genesis.urgent_per_day.to_string());
    }
    for each in &genesis.members {
        member(&mut out, each);
    }
    for (class, policy) in &genesis.policies {
        let _ = writeln!(out, "\n[policies.{}]", key(class));
        line(&mut out, "rule", text(&policy.rule));
        if policy.deadline_ms != 0 {
            line(&mut out, "deadline", text(&duration(policy.deadline_ms)));
        }
    }
    for each in &genesis.children {
        child(&mut out, each);
    }
    pairs(&mut out, "parent", &genesis.parent);
    for each in &genesis.duties {
        duty(&mut out, each);
    }
    out
}

fn member(out: &mut String, member: &Member) {
    out.push_str("\n[[members]]\n");
    line(out, "id", text(&member.id));
    line(out, "name", text(&member.name));
    line(out, "node_role", text(member.node_role.name()));
    line(out, "roles", texts(&member.roles));
    line(out, "sector", text(&member.sector));
    if !member.regions.is_empty() {
        line(out, "regions", texts(&member.regions));
    }
    line(out, "cosigner", member.cosigner.to_string());
    out.push_str("[members.keys]\n");
    for (class, class_keys) in &member.keys {
        line(out, class.name(), keys(class_keys));
    }
}

fn child(out: &mut String, child: &Child) {
    out.push_str("\n[[children]]\n");
    line(out, "chain", text(child.chain.as_str()));
    line(out, "chain_id", text(&child.chain_id.to_string()));
    line(out, "relays", keys(&child.relays));
    if child.silent_after_ms != SILENT_AFTER_MS {
        line(out, "silent_after", text(&duration(child.silent_after_ms)));
    }
    pairs(out, "children.cosigners", &child.cosigners);
    pairs(out, "children.authors", &child.authors);
}

fn duty(out: &mut String, duty: &Duty) {
    out.push_str("\n[[duties]]\n");
    line(out, "member", text(&duty.member));
    line(out, "disease", text(&duty.disease));
    line(out, "grace_hours", duty.grace_hours.to_string());
}

fn pairs(out: &mut String, table: &str, pairs: &[(MemberId, PublicKey)]) {
    for (member, key) in pairs {
        let _ = writeln!(out, "[[{table}]]");
        line(out, "member", text(member));
        line(out, "key", text(&key.to_string()));
    }
}

fn line(out: &mut String, name: &str, value: impl AsRef<str>) {
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{name} = {}", value.as_ref());
}

fn text(value: &str) -> String {
    Value::from(value).to_string()
}

fn texts(values: &[String]) -> String {
    list(values.iter().map(|value| text(value)))
}

fn keys(keys: &[PublicKey]) -> String {
    list(keys.iter().map(|key| text(&key.to_string())))
}

fn list(values: impl Iterator<Item = String>) -> String {
    format!("[{}]", values.collect::<Vec<_>>().join(", "))
}

/// A bare key where TOML allows one.
fn key(name: &str) -> String {
    let bare = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    if bare { name.to_owned() } else { text(name) }
}

fn duration(ms: u64) -> String {
    let unit = UNITS.into_iter().find(|(_, unit)| ms.is_multiple_of(*unit)).unwrap_or(("ms", 1));
    format!("{}{}", ms / unit.1, unit.0)
}
