//! The form of proposals, corrections, decisions and evidence. What an action may do is for the rule, which knows the
//! members.

use crate::event::*;
use crate::field::{LAST_DAY, count, disease, disease_code, is_region, limit, name, stated_digest};
use crate::refusal::{Code, Refusal};
use crate::report::duty::MAX_GRACE_MS;
use crate::text::check_stated;
use crate::time::Date;

use super::facts::{MAX_CHECKPOINT_BYTES, MAX_PATH};

pub(super) fn proposal(fact: &Proposal, signed_on: Date) -> Result<(), Refusal> {
    check_stated("reason", &fact.reason)?;
    limit("actions", fact.actions.len(), MAX_ACTIONS)?;
    let Some(first) = fact.actions.first() else {
        return Err(Refusal::of(Code::Malformed, "actions", "a proposal names at least one action"));
    };
    if fact.actions.iter().any(|action| action.class() != first.class()) {
        let detail = "the actions of a proposal belong to one class of policy; propose the others apart";
        return Err(Refusal::of(Code::BadAction, "actions", detail));
    }
    fact.actions.iter().try_for_each(|action| match action {
        Action::Refute { reason, .. } => name("reason", reason),
        Action::SetQuota { urgent_per_day, .. } => count("urgent_per_day", *urgent_per_day, 0),
        Action::SetResponse { disease: of, region, .. } => {
            disease(of)?;
            region_code(region)
        }
        Action::SetRules { rules } => stated_digest("rules", rules),
        Action::SetDefinition { disease: of, from, note } => {
            disease(of)?;
            check_stated("note", note)?;
            announced(*from, signed_on)
        }
        Action::Designate { facility, disease, .. } => {
            name("facility", facility)?;
            disease_code("disease", disease)
        }
        Action::SetDuty { disease, grace_ms, .. } => {
            disease_code("disease", disease)?;
            grace(*grace_ms)
        }
        Action::SetPolicy { rule, .. } => crate::policy::Policy::parse(rule).map(drop),
        _ => Ok(()),
    })
}

/// A new definition is announced weeks ahead; a day more than this many ahead is a slip of the pen.
const MAX_AHEAD_DAYS: u32 = 366;

fn announced(from: Date, signed_on: Date) -> Result<(), Refusal> {
    if from > LAST_DAY || from.0 > signed_on.0.saturating_add(MAX_AHEAD_DAYS) {
        return Err(Refusal::of(Code::BadTime, "from", "is more than a year after the signature"));
    }
    Ok(())
}

fn grace(grace_ms: u64) -> Result<(), Refusal> {
    if grace_ms > MAX_GRACE_MS {
        return Err(Refusal::of(Code::OutOfRange, "grace_ms", "is over 7 days"));
    }
    Ok(())
}

fn region_code(region: &str) -> Result<(), Refusal> {
    if !is_region(region) {
        return Err(Refusal::of(Code::UnknownCode, "region", "is no region code; use one of the chain's"));
    }
    Ok(())
}

pub(super) fn correction(fact: &Correction) -> Result<(), Refusal> {
    check_stated("statement", &fact.statement)?;
    fact.counts.iter().flatten().try_for_each(|n| count("counts", *n, 0))
}

pub(super) fn decision(fact: &Decision) -> Result<(), Refusal> {
    limit("certificate", fact.certificate.len(), MAX_CHECKPOINT_BYTES)?;
    limit("handovers", fact.handovers.len(), MAX_HANDOVERS)?;
    let handovers = fact.handovers.iter().map(|handover| &handover.leaf);
    handovers.chain([&fact.leaf]).try_for_each(|leaf| {
        limit("inclusion", leaf.inclusion.len(), MAX_PATH)?;
        count("index", leaf.index, 0)
    })
}

pub(super) fn misbehaviour(fact: &Misbehaviour) -> Result<(), Refusal> {
    limit("evidence", fact.evidence.len(), MAX_BODY_BYTES)
}
