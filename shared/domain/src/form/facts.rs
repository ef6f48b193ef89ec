//! The form of each fact that `report`, `ballot`, `alert` and `rising` own. Those of the departments stand in their areas.

use proof::sign::ENVELOPE_OVERHEAD;

use crate::chain::ChainPath;
use crate::event::*;
use crate::field::{count, disease, limit, name, name_if_any, part};
use crate::refusal::{Code, Refusal};
use crate::text::{check_field, check_stated};
use crate::time::Date;

use super::report_day;

/// A Merkle path is at most as long as a 64-bit size has bits, less the leaf level.
pub(super) const MAX_PATH: usize = 63;
/// A checkpoint note: four lines of text and at most 16 cosignature lines of some 180 bytes.
pub(super) const MAX_CHECKPOINT_BYTES: usize = 4096;
/// With its inclusion proof a summary takes some 300 bytes, so a body of 16 KiB holds fewer.
const MAX_LEAVES: usize = 64;

pub(super) fn case_report(fact: &CaseReport, signed_on: Date) -> Result<(), Refusal> {
    disease(&fact.disease)?;
    report_day(fact.report_date, signed_on)?;
    if fact.onset_date.is_some_and(|onset| onset > fact.report_date) {
        return Err(Refusal::of(Code::BadTime, "onset_date", "is after the report date"));
    }
    name("facility", &fact.facility)
}

pub(super) fn daily_aggregate(fact: &DailyAggregate, signed_on: Date) -> Result<(), Refusal> {
    disease(&fact.disease)?;
    report_day(fact.report_date, signed_on)?;
    fact.counts.iter().try_for_each(|n| count("counts", *n, 0))
}

pub(super) fn suspected_cluster(fact: &SuspectedCluster) -> Result<(), Refusal> {
    disease(&fact.disease)?;
    name("facility", &fact.facility)?;
    count("positives", fact.positives, 1)?;
    check_stated("summary", &fact.summary)
}

pub(super) fn zero_report(fact: &ZeroReport, signed_on: Date) -> Result<(), Refusal> {
    disease(&fact.disease)?;
    report_day(fact.report_date, signed_on)?;
    name("facility", &fact.facility)
}

pub(super) fn lab_result(fact: &LabResult, signed_on: Date) -> Result<(), Refusal> {
    disease(&fact.disease)?;
    report_day(fact.report_date, signed_on)?;
    name("facility", &fact.facility)?;
    name("method", &fact.method)?;
    count("tested", fact.tested, 0)?;
    part("positive", fact.positive, fact.tested)
}

pub(super) fn ballot(fact: &Ballot) -> Result<(), Refusal> {
    super::reason(fact.choice, &fact.reason)?;
    name_if_any("policy", &fact.policy)
}

pub(super) fn warning(fact: &Warning) -> Result<(), Refusal> {
    disease(&fact.disease)?;
    check_stated("headline", &fact.headline)?;
    name_if_any("method", &fact.method)?;
    match &fact.ground {
        Some(_) if fact.method.is_empty() => {
            Err(Refusal::of(Code::Malformed, "method", "names the rule that a ground belongs to"))
        }
        Some(ground) => crate::outlook::check_ground(ground),
        None => Ok(()),
    }
}

pub(super) fn directive(fact: &Directive) -> Result<(), Refusal> {
    check_stated("headline", &fact.headline)?;
    check_field("instruction", &fact.instruction)?;
    name_if_any("measure", &fact.measure)
}

pub(super) fn lifting(fact: &Lifting) -> Result<(), Refusal> {
    name("reason", &fact.reason)
}

pub(super) fn anchor(fact: &Anchor) -> Result<(), Refusal> {
    child(&fact.child)?;
    limit("checkpoint", fact.checkpoint.len(), MAX_CHECKPOINT_BYTES)?;
    limit("consistency", fact.consistency.len(), MAX_PATH)?;
    limit("leaves", fact.leaves.len(), MAX_LEAVES)?;
    for leaf in &fact.leaves {
        limit("leaves.inclusion", leaf.inclusion.len(), MAX_PATH)?;
        count("leaves.index", leaf.index, 0)?;
    }
    if !fact.leaves.is_sorted_by(|a, b| a.index < b.index) {
        return Err(Refusal::of(Code::Malformed, "leaves", "are not in the order of the child's log"));
    }
    Ok(())
}

pub(super) fn appeal(fact: &Appeal) -> Result<(), Refusal> {
    child(&fact.child)?;
    if fact.signed.len() <= ENVELOPE_OVERHEAD {
        return Err(Refusal::of(Code::Malformed, "signed", "is no signed event"));
    }
    limit("signed", fact.signed.len(), MAX_BODY_BYTES)
}

fn child(path: &str) -> Result<(), Refusal> {
    let detail = "is no chain path such as cn.32.01";
    ChainPath::parse(path).map(drop).ok_or_else(|| Refusal::of(Code::UnknownChild, "child", detail))
}
