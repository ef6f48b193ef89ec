//! Requests of everybody else: ballots, warnings and their end, directives, deposits.

use domain::event::{AlertLevel, Ballot, Choice, Deposit, Directive, Lifting, Warning};
use domain::refusal::Refusal;

use super::fields::Fields;
use super::outlook;

/// The levels' names, lowest first.
pub(super) const LEVELS: &str = "blue, yellow, orange, red";

pub(super) fn ballot(fields: &mut Fields<'_>) -> Result<Ballot, Refusal> {
    Ok(Ballot {
        subject: fields.digest("subject")?,
        choice: fields.word("choice", Choice::parse, "endorse, object, ask, veto")?,
        reason: fields.text_or_empty("reason")?,
        policy: fields.text_or_empty("policy")?,
    })
}

pub(super) fn warning(fields: &mut Fields<'_>) -> Result<Warning, Refusal> {
    Ok(Warning {
        disease: fields.disease()?,
        level: fields.word("level", AlertLevel::parse, LEVELS)?,
        headline: fields.text("headline")?,
        method: fields.text_or_empty("method")?,
        supersedes: fields.maybe_digest("supersedes")?,
        ground: fields.maybe("ground").map(outlook::ground).transpose()?,
    })
}

pub(super) fn lifting(fields: &mut Fields<'_>) -> Result<Lifting, Refusal> {
    Ok(Lifting { warning: fields.digest("warning")?, reason: fields.text("reason")? })
}

pub(super) fn directive(fields: &mut Fields<'_>) -> Result<Directive, Refusal> {
    Ok(Directive {
        level: fields.word("level", AlertLevel::parse, LEVELS)?,
        headline: fields.text("headline")?,
        instruction: fields.text("instruction")?,
        measure: fields.text_or_empty("measure")?,
    })
}

pub(super) fn deposit(fields: &mut Fields<'_>) -> Result<Deposit, Refusal> {
    Ok(Deposit {
        digest: fields.digest("digest")?,
        source: fields.text("source")?,
        title: fields.text_or_empty("title")?,
    })
}
