//! What must hold of a genesis before any service starts from it. Every refusal is `CONFIG` and names the field and the
//! entry at fault; names and keys are public, so repeating them here gives nothing away.

use std::collections::{BTreeMap, BTreeSet};

use proof::sign::PublicKey;

use crate::chain::is_name;
use crate::field::{is_disease_code, is_region};
use crate::governance;
use crate::policy::{Policy, Profile, is_reserved};
use crate::refusal::{Code, Refusal};
use crate::report::duty::{MAX_DUTIES, MAX_GRACE_MS};
use crate::text;

use super::bounds::{COSIGNERS, MAX_CHILDREN, MAX_DEADLINE_MS, MAX_KEYS, MAX_MEMBERS, MAX_REGIONS, RULES_VERSION};
use super::{Child, Genesis, KeyClass, Member, PolicyText};

fn config(field: &'static str, detail: impl Into<String>) -> Refusal {
    Refusal::of(Code::Config, field, detail)
}

impl Genesis {
    /// Refuses a genesis no chain must start from.
    pub fn check(&self) -> Result<(), Refusal> {
        self.chain_itself()?;
        bounded("members", self.members.len(), MAX_MEMBERS)?;
        let mut keys = Keys::default();
        let mut ids = BTreeSet::new();
        for member in &self.members {
            if !ids.insert(&member.id) {
                return Err(config("members.id", format!("`{}` is listed twice", member.id)));
            }
            one_member(member, &self.regions)?;
            for (class, key) in member.keys.iter().flat_map(|(class, keys)| keys.iter().map(|key| (*class, *key))) {
                keys.add(key, class, &member.id)?;
            }
        }
        self.quorums()?;
        let profiles = self.members.iter().map(Profile::of_genesis).collect::<Vec<_>>();
        for (class, policy) in &self.policies {
            one_policy(class, policy, &profiles, &self.regions)?;
        }
        self.children(&keys)?;
        self.duties()
    }

    fn chain_itself(&self) -> Result<(), Refusal> {
        stated("name", &self.name)?;
        if self.rules_version != RULES_VERSION {
            return Err(config("rules_version", format!("this build runs version {RULES_VERSION} only")));
        }
        if self.regions.is_empty() {
            return Err(config("regions", "is empty; name the chain's own region first"));
        }
        bounded("regions", self.regions.len(), MAX_REGIONS)?;
        if let Some(code) = self.regions.iter().find(|code| !is_region(code)) {
            return Err(config("regions", format!("`{code}` is no GB/T 2260 or ISO 3166 code")));
        }
        once("regions", &self.regions)
    }

    fn quorums(&self) -> Result<(), Refusal> {
        let cosigners = self.members.iter().filter(|member| member.cosigner).count();
        let most = *COSIGNERS.end();
        if cosigners == 0 || cosigners > most {
            return Err(config("cosigner", format!("{cosigners} members cosign; 4 to {most} must")));
        }
        if cosigners < *COSIGNERS.start() && !self.allow_fewer_cosigners {
            let detail = "fewer than 4 members cosign, so one liar is too many; set allow_fewer_cosigners to insist";
            return Err(config("allow_fewer_cosigners", detail));
        }
        if self.managers().is_empty() {
            return Err(config(
                "node_role",
                "no member is management or master, so nobody admits events or seals blocks",
            ));
        }
        Ok(())
    }

    fn children(&self, keys: &Keys) -> Result<(), Refusal> {
        bounded("children", self.children.len(), MAX_CHILDREN)?;
        let (mut keys, mut paths, mut ids) = (keys.clone(), BTreeSet::new(), BTreeSet::from([self.chain_id]));
        for child in &self.children {
            let at = |what: &str| format!("`{}`: {what}", child.chain);
            if child.chain.parent().as_ref() != Some(&self.chain) {
                return Err(config("children.chain", at("is not one level below this chain")));
            }
            if !paths.insert(&child.chain) {
                return Err(config("children.chain", at("is listed twice")));
            }
            if !ids.insert(child.chain_id) {
                return Err(config("children.chain_id", at("is the identity of another chain")));
            }
            one_child(child, &mut keys)?;
        }
        Ok(())
    }

    fn duties(&self) -> Result<(), Refusal> {
        bounded("duties", self.duties.len(), MAX_DUTIES)?;
        let mut owed = BTreeSet::new();
        for duty in &self.duties {
            let at = |what: &str| format!("`{}` and {}: {what}", duty.member, duty.disease);
            if self.member(&duty.member).is_none_or(|member| member.keys(KeyClass::Author).is_empty()) {
                return Err(config("duties.member", at("no member of that name has a key to report with")));
            }
            if !is_disease_code(&duty.disease) {
                return Err(config("duties.disease", at("is no ICD-10 code")));
            }
            if duty.grace_ms() > MAX_GRACE_MS {
                return Err(config("duties.grace_hours", at("the grace is over 7 days")));
            }
            if !owed.insert((&duty.member, &duty.disease)) {
                return Err(config("duties", at("is listed twice")));
            }
        }
        Ok(())
    }
}

/// What must hold of one member, at the genesis and when it is admitted later.
pub(crate) fn one_member(member: &Member, regions: &[String]) -> Result<(), Refusal> {
    let at = |what: &str| format!("`{}`: {what}", member.id);
    if !is_name(&member.id) {
        return Err(config("members.id", at("is no name; use 1 to 64 lower-case letters, digits and '-'")));
    }
    stated("members.name", &member.name)?;
    if !is_name(&member.sector) {
        return Err(config("members.sector", at("the sector is no name")));
    }
    roles(&member.id, &member.roles)?;
    once("members.regions", &member.regions)?;
    if let Some(region) = member.regions.iter().find(|region| !regions.contains(region)) {
        return Err(config("members.regions", at(&format!("`{region}` is not one of the chain's regions"))));
    }
    member_keys(member)
}

/// What must hold of a member's professional roles.
pub(crate) fn roles(member: &str, roles: &[String]) -> Result<(), Refusal> {
    let at = |what: &str| format!("`{member}`: {what}");
    for role in roles {
        if !is_name(role) {
            return Err(config("members.roles", at("a role is no name")));
        }
        // A policy knows node roles and everybody's roles by name too; a profession of that name would forge one.
        if is_reserved(role) {
            return Err(config("members.roles", at(&format!("`{role}` is a role of nodes, not a profession"))));
        }
    }
    once("members.roles", roles)
}

/// A class of key is worth something only with the role it goes with; a key of no use is a mistake waiting.
fn member_keys(member: &Member) -> Result<(), Refusal> {
    let at = |what: &str| config("members.keys", format!("`{}` {what}", member.id));
    for keys in member.keys.values() {
        bounded("members.keys", keys.len(), MAX_KEYS)?;
    }
    if member.keys.values().all(Vec::is_empty) {
        return Err(at("has no key"));
    }
    let manages = member.node_role.manages();
    for class in [KeyClass::Endorser, KeyClass::Sealer] {
        if manages == member.keys(class).is_empty() {
            let what = if manages { "manages and needs" } else { "is no manager and must not have" };
            return Err(at(&format!("{what} a key of class {}", class.name())));
        }
    }
    if member.keys(KeyClass::Cosigner).len() != usize::from(member.cosigner) {
        return Err(at("needs exactly one cosigner key if it cosigns, and none if it does not"));
    }
    Ok(())
}

fn one_policy(class: &str, policy: &PolicyText, members: &[Profile], regions: &[String]) -> Result<(), Refusal> {
    let at = |what: &str| config("policies", format!("`{class}`: {what}"));
    if !governance::is_class(class) {
        return Err(at("no such class of reports or proposals"));
    }
    let rule = Policy::parse(&policy.rule).map_err(|refusal| at(&refusal.detail))?;
    rule.within(regions).map_err(|refusal| at(&refusal.detail))?;
    rule.satisfiable(members).map_err(|refusal| at(&refusal.detail))?;
    deadline(&rule, policy.deadline_ms).map_err(at)
}

/// What must hold of a deadline beside its policy.
pub(crate) fn deadline(rule: &Policy, deadline_ms: u64) -> Result<(), &'static str> {
    if deadline_ms > MAX_DEADLINE_MS {
        return Err("the deadline is over 30 days");
    }
    let window = rule.window_end(crate::time::Millis(0)).unwrap_or_default();
    if deadline_ms != 0 && deadline_ms <= window.0 {
        return Err("the deadline is not after the veto's end, so every report would escalate");
    }
    Ok(())
}

/// What must hold of a child that is admitted later.
pub(crate) fn child(child: &Child) -> Result<(), Refusal> {
    one_child(child, &mut Keys::default())
}

fn one_child(child: &Child, keys: &mut Keys) -> Result<(), Refusal> {
    let at = |what: &str| config("children", format!("`{}`: {what}", child.chain));
    if child.cosigners.is_empty() || child.cosigners.len() > *COSIGNERS.end() {
        return Err(at("names no cosigners, or more than 16"));
    }
    if child.relays.is_empty() || child.relays.len() > *COSIGNERS.end() {
        return Err(at("names no relay keys, or more than 16"));
    }
    bounded("children.authors", child.authors.len(), MAX_MEMBERS)?;
    let mut members = BTreeSet::new();
    for (member, _) in &child.cosigners {
        if !is_name(member) || !members.insert(member) {
            return Err(at("a cosigner is no name or listed twice"));
        }
    }
    if child.authors.iter().any(|(member, _)| !is_name(member)) {
        return Err(at("an author is no name"));
    }
    let cosigners = child.cosigners.iter().map(|(member, key)| (KeyClass::Cosigner, Some(member), key));
    let authors = child.authors.iter().map(|(member, key)| (KeyClass::Author, Some(member), key));
    let relays = child.relays.iter().map(|key| (KeyClass::Relay, None, key));
    let mut seen = BTreeSet::new();
    for (class, member, key) in cosigners.chain(authors).chain(relays) {
        if !seen.insert(key) {
            return Err(at(&format!("the {} key {key} is listed twice", class.name())));
        }
        keys.add_elsewhere(*key, class, member)?;
    }
    Ok(())
}

/// Every key of the file with its class and member: a key in two classes or with two members would let one speak as the
/// other.
#[derive(Clone, Default)]
struct Keys(BTreeMap<PublicKey, (KeyClass, Option<String>)>);

impl Keys {
    /// A key of a member of this chain; it stands here for the first time.
    fn add(&mut self, key: PublicKey, class: KeyClass, member: &str) -> Result<(), Refusal> {
        let detail = |what: &str| config("keys", format!("the {} key {key} of `{member}` {what}", class.name()));
        if key.0 == [0; 32] {
            return Err(detail("is all zeros"));
        }
        match self.0.insert(key, (class, Some(member.to_owned()))) {
            Some((other, of)) => {
                let whose = of.unwrap_or_default();
                Err(detail(&format!("is also the {} key of `{whose}`", other.name())))
            }
            None => Ok(()),
        }
    }

    /// A key of a child's member. An organisation may be a member of both chains, with the same key for the same purpose.
    fn add_elsewhere(&mut self, key: PublicKey, class: KeyClass, member: Option<&String>) -> Result<(), Refusal> {
        if key.0 == [0; 32] {
            return Err(config("children", "a key is all zeros"));
        }
        let (known, of) = self.0.entry(key).or_insert_with(|| (class, member.cloned()));
        let same = of.as_ref().zip(member).is_none_or(|(of, member)| of == member);
        if *known != class || !same {
            let detail =
                format!("the {} key {key} is a key of another class or member elsewhere in this file", class.name());
            return Err(config("children", detail));
        }
        Ok(())
    }
}

fn bounded(field: &'static str, length: usize, most: usize) -> Result<(), Refusal> {
    if length > most { Err(config(field, format!("{length} entries; at most {most} are taken"))) } else { Ok(()) }
}

fn once(field: &'static str, list: &[String]) -> Result<(), Refusal> {
    let mut seen = BTreeSet::new();
    match list.iter().find(|entry| !seen.insert(*entry)) {
        Some(twice) => Err(config(field, format!("`{twice}` is listed twice"))),
        None => Ok(()),
    }
}

fn stated(field: &'static str, text: &str) -> Result<(), Refusal> {
    text::check_stated(field, text).map_err(|refusal| config(field, refusal.detail))
}

#[cfg(test)]
mod tests;
