//! Genesis files: TOML written by people, read whole, and refused for any field this version does not know.
//!
//! The chain's id is the SHA-256 of the file's bytes, so nobody ever writes an existing genesis again: [`render`] is for
//! making new ones. What must hold of the members together is `Genesis::check`. Limits: 4 MiB a file.
//!
//! ```toml
//! chain = "cn.32.01"
//! name = "Nanjing"
//! regions = ["320100"]
//! genesis_time = "2021-07-01T00:00:00Z"
//! rules_version = 2
//!
//! [[members]]
//! id = "nanjing-cdc"
//! name = "Nanjing Center for Disease Control and Prevention"
//! node_role = "management"        # common, management, master, supervisor
//! roles = ["epidemiologist"]
//! sector = "cdc"
//! cosigner = true
//! keys = { author = ["<64 hex digits>"], cosigner = ["<64 hex digits>"] }
//!
//! [policies.case_report]
//! rule = "n_of(1, epidemiologist@sector:cdc)"
//! deadline = "4h"                 # left out: never
//! ```
//!
//! A parent's file also has `[[children]]` with `chain`, `chain_id`, `cosigners` and `authors` (each a list of
//! `{ member, key }`), `relays` (a list of keys) and perhaps `silent_after`. A child's file may have `[[parent]]`, the
//! parent's cosigners as `{ member, key }`. `urgent_per_day` is the urgency allowance of every member. Each of `[[duties]]`
//! names a `member` that owes a report or a signed zero of a `disease` (ICD-10 code) for every day, at the latest
//! `grace_hours` after its end.

mod fields;
mod render;

use domain::chain::{ChainPath, MemberId};
use domain::genesis::{Child, Duty, Genesis, KeyClass, Member, NodeRole, PolicyText, SILENT_AFTER_MS, URGENT_PER_DAY};
use domain::refusal::{Code, Refusal};
use domain::time::{DAY_MS, Millis};
use proof::digest::Digest;
use proof::sign::PublicKey;

pub use render::render;

use self::fields::Fields;

/// The most members and children `Genesis::check` takes, at a kilobyte each with room for the children's authors.
pub const MAX_BYTES: usize = 4 * 1024 * 1024;

/// Units of deadlines, largest first.
const UNITS: [(&str, u64); 5] = [("d", DAY_MS), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];

/// Reads a genesis file. A refusal has the code CONFIG and names the field by its path in the file.
pub fn parse(bytes: &[u8]) -> Result<Genesis, Refusal> {
    if bytes.len() > MAX_BYTES {
        return Err(config("genesis", "file", &format!("longer than {MAX_BYTES} bytes")));
    }
    let mut file = Fields::of_file(bytes)?;
    let genesis = Genesis {
        file: bytes.to_vec(),
        chain_id: Digest::of(bytes),
        chain: chain(&mut file, "chain")?,
        name: file.text("name")?,
        regions: file.texts("regions")?,
        genesis_time: file.parsed(
            "genesis_time",
            "a time such as \"2021-07-01T00:00:00Z\", in quotes",
            Millis::parse,
        )?,
        rules_version: file.number("rules_version")?,
        allow_fewer_cosigners: file.flag("allow_fewer_cosigners")?,
        members: file.tables("members")?.into_iter().map(member).collect::<Result<_, _>>()?,
        policies: file
            .named_tables("policies")?
            .into_iter()
            .map(|(class, fields)| Ok((class, policy(fields)?)))
            .collect::<Result<_, Refusal>>()?,
        children: file.tables("children")?.into_iter().map(child).collect::<Result<_, _>>()?,
        parent: members_keys(&mut file, "parent")?,
        urgent_per_day: file.optional_number("urgent_per_day")?.unwrap_or(URGENT_PER_DAY),
        duties: file.tables("duties")?.into_iter().map(duty).collect::<Result<_, _>>()?,
    };
    file.end()?;
    genesis.check()?;
    Ok(genesis)
}

fn chain(fields: &mut Fields, name: &'static str) -> Result<ChainPath, Refusal> {
    fields.parsed(name, "a chain path such as \"cn.32.01\"", ChainPath::parse)
}

fn member(mut fields: Fields) -> Result<Member, Refusal> {
    let member = Member {
        id: fields.text("id")?,
        name: fields.text("name")?,
        node_role: fields.parsed("node_role", "common, management, master or supervisor", NodeRole::parse)?,
        roles: fields.optional_texts("roles")?,
        sector: fields.text("sector")?,
        regions: fields.optional_texts("regions")?,
        cosigner: fields.flag("cosigner")?,
        keys: {
            let mut keys = fields.table("keys")?;
            let found = KeyClass::ALL
                .into_iter()
                .map(|class| Ok((class, keys.optional_keys(class.name())?)))
                .collect::<Result<Vec<_>, Refusal>>()?;
            keys.end()?;
            found.into_iter().filter(|(_, keys)| !keys.is_empty()).collect()
        },
    };
    fields.end()?;
    Ok(member)
}

fn policy(mut fields: Fields) -> Result<PolicyText, Refusal> {
    let policy = PolicyText {
        rule: fields.text("rule")?,
        deadline_ms: fields
            .optional_parsed("deadline", "a time such as \"90s\", \"4h\" or \"2d\"", duration)?
            .unwrap_or(0),
    };
    fields.end()?;
    Ok(policy)
}

fn child(mut fields: Fields) -> Result<Child, Refusal> {
    let child = Child {
        chain: chain(&mut fields, "chain")?,
        chain_id: fields.parsed("chain_id", "64 lower-case hex digits", Digest::parse)?,
        cosigners: members_keys(&mut fields, "cosigners")?,
        relays: fields.optional_keys("relays")?,
        authors: members_keys(&mut fields, "authors")?,
        silent_after_ms: fields
            .optional_parsed("silent_after", "a time such as \"90s\", \"4h\" or \"2d\"", duration)?
            .unwrap_or(SILENT_AFTER_MS),
    };
    fields.end()?;
    Ok(child)
}

fn duty(mut fields: Fields) -> Result<Duty, Refusal> {
    let duty = Duty {
        member: fields.text("member")?,
        disease: fields.text("disease")?,
        grace_hours: fields.number("grace_hours")?,
    };
    fields.end()?;
    Ok(duty)
}

fn members_keys(fields: &mut Fields, name: &'static str) -> Result<Vec<(MemberId, PublicKey)>, Refusal> {
    let pair = |mut fields: Fields| {
        let pair = (fields.text("member")?, fields.parsed("key", "64 lower-case hex digits", PublicKey::parse)?);
        fields.end()?;
        Ok(pair)
    };
    fields.tables(name)?.into_iter().map(pair).collect()
}

fn duration(text: &str) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let (count, unit) = text.split_at_checked(digits)?;
    let (_, ms) = UNITS.into_iter().find(|(name, _)| *name == unit)?;
    count.parse::<u64>().ok()?.checked_mul(ms)
}

/// A refusal that names the field, and by its path where in the file it is.
fn config(field: &'static str, path: &str, what: &str) -> Refusal {
    Refusal::of(Code::Config, field, format!("{path}: {what}"))
}

#[cfg(test)]
mod tests;
