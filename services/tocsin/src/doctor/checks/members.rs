//! What is wrong with members: keys that end or have ended, sentinels that have fallen silent.
//!
//! A sentinel is a member that has reported at least once: roles and author keys say who may, not who does.

use std::collections::BTreeMap;

use domain::genesis::KeyClass;
use domain::record::{KeyRecord, MemberRecord};
use domain::time::DAY_MS;

use super::{Facts, Level, Looked, found};

/// A sentinel owes a report or a signed zero a day; half a day late is a sign.
const SILENT_MS: u64 = DAY_MS + DAY_MS / 2;
/// A key that ends within as many blocks should have a successor by now: a day of a chain with a block every 5 s.
const ENDING_BLOCKS: u64 = 17_280;
/// Milliseconds of an hour.
const HOUR_MS: u64 = 3_600_000;

/// Whether a key's member still does what the key is for: one that left, or no longer cosigns, needs no successor.
pub fn needed(key: &KeyRecord, members: &BTreeMap<String, MemberRecord>, cosigners: &[String]) -> bool {
    let Some(member) = members.get(&key.member).filter(|member| member.active) else { return false };
    match key.class {
        KeyClass::Endorser | KeyClass::Sealer => member.node_role.manages(),
        KeyClass::Cosigner | KeyClass::Relay => cosigners.contains(&member.id),
        _ => true,
    }
}

/// A member's key of a class that lasts longest decides.
pub(super) fn keys(facts: &Facts) -> Looked {
    if facts.keys.is_empty() {
        return Looked::AtNothing("the ledger knows no key of an active member");
    }
    let mut last: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for key in &facts.keys {
        let until = last.entry((&key.member, key.class.name())).or_default();
        *until = (*until).max(key.until.unwrap_or(u64::MAX));
    }
    let ending = last.into_iter().filter_map(|((member, class), until)| {
        let (level, what) = match until.saturating_sub(facts.height) {
            // The next block is already without it.
            0 => (Level::Fail, format!("its last {class} key ended {} blocks ago", facts.height - until)),
            left if left <= ENDING_BLOCKS => (Level::Warn, format!("its last {class} key ends in {left} blocks")),
            _ => return None,
        };
        let todo = match class == KeyClass::Cosigner.name() {
            true => "Propose `name_cosigner` with a new one; signed with its root key that needs no ballots",
            false => "Propose `add_key` with a new one; signed with its root key that needs no ballots",
        };
        Some(found("keys", level, member, what, todo))
    });
    Looked::At(ending.collect())
}

pub(super) fn sentinels(facts: &Facts) -> Looked {
    if facts.heard.is_empty() {
        return Looked::AtNothing("nobody has reported yet");
    }
    let (now, clock) = facts.now();
    let mut findings = Vec::new();
    for (member, heard) in &facts.heard {
        let what = match heard {
            None => "it has reported before, and not in the part of the log that was looked through".to_owned(),
            Some(at) if now.0.saturating_sub(at.0) > SILENT_MS => {
                let hours = now.0.saturating_sub(at.0) / HOUR_MS;
                format!("it reported last at {at}, {hours} h ago by {clock}")
            }
            Some(_) => continue,
        };
        findings.push(found("sentinels", Level::Warn, member, what, "Ask it for a report or a signed zero"));
    }
    Looked::At(findings)
}

/// Who owes reports by the chain's own rule and has not been heard: the sentinels' line is about everybody that ever
/// reported, this one about days.
pub(super) fn duties(facts: &Facts) -> Looked {
    if facts.duties.is_empty() {
        return Looked::AtNothing("the chain asks nobody for reports; propose `set_duty`");
    }
    let silent = facts.duties.iter().filter_map(|duty| {
        let told = duty.silence.as_ref()?;
        let what = format!("no report of {} for {} and since, told at {}", duty.disease, duty.slot, told.since);
        Some(found("duties", Level::Warn, &duty.member, what, "Ask it for a report or a signed zero"))
    });
    Looked::At(silent.collect())
}
