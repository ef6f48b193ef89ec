//! What can be said of an event without any state: ranges, names, codes, limits, texts, and times that agree with each
//! other. The front door and every ledger run the same check, so nothing that fails it reaches a rule.
//!
//! It is not about rights: whether a region, member or facility exists on this chain is `rule`'s. It has no clock; who
//! has one uses [`check_at`] as well.

mod facts;
mod governance;
mod references;

use crate::event::{Choice, Event, Fact};
use crate::field::{LAST_DAY, MAX_SKEW_MS, is_region, name_if_any, past_day};
use crate::materials;
use crate::refusal::{Code, Refusal};
use crate::time::{DAY_MS, Date, Millis};

/// Refuses an event that no chain could take.
pub fn check(event: &Event) -> Result<(), Refusal> {
    times(event)?;
    if !is_region(&event.region) {
        let detail = "is no region code; use GB/T 2260 digits or a lower-case ISO 3166 code";
        return Err(Refusal::of(Code::UnknownCode, "region", detail));
    }
    references::check(event)?;
    let signed_on = event.created_at.date();
    match &event.fact {
        Fact::CaseReport(fact) => facts::case_report(fact, signed_on),
        Fact::DailyAggregate(fact) => facts::daily_aggregate(fact, signed_on),
        Fact::SuspectedCluster(fact) => facts::suspected_cluster(fact),
        Fact::ZeroReport(fact) => facts::zero_report(fact, signed_on),
        Fact::LabResult(fact) => facts::lab_result(fact, signed_on),
        Fact::Ballot(fact) => facts::ballot(fact),
        Fact::Warning(fact) => facts::warning(fact),
        Fact::Directive(fact) => facts::directive(fact),
        Fact::Lifting(fact) => facts::lifting(fact),
        Fact::Anchor(fact) => facts::anchor(fact),
        Fact::Appeal(fact) => facts::appeal(fact),
        Fact::CapacityClaim(fact) => crate::medical_resources::claim::check(fact),
        Fact::FacilityProfile(fact) => crate::facility::profile::check(fact),
        Fact::PatientFlow(fact) => crate::medical_resources::flow::check(fact),
        Fact::BedHold(fact) => crate::medical_resources::hold::check(fact),
        Fact::BedRelease(_) => Ok(()),
        Fact::Transfer(fact) => crate::medical_resources::transfer::check(fact),
        Fact::SpotCheck(fact) => crate::medical_resources::spot_check::check(fact),
        Fact::ItemDefined(fact) => materials::check_item(fact),
        Fact::StockReceived(fact) => materials::check_received(fact),
        Fact::StockIssued(fact) => materials::check_issued(fact),
        Fact::StockCounted(fact) => materials::check_counted(fact),
        Fact::StockWasted(fact) => materials::check_wasted(fact),
        Fact::StockAdjusted(fact) => materials::check_adjusted(fact),
        Fact::HandOver(fact) => materials::check_hand_over(fact),
        Fact::TakeOver(fact) => materials::check_take_over(fact),
        Fact::DiscrepancySettled(fact) => materials::check_settled(fact),
        Fact::ResourceRequest(fact) => materials::check_request(fact),
        Fact::Commit(fact) | Fact::Requisition(fact) => materials::check_commit(fact),
        // A promise is named by its id, which has no other form.
        Fact::Release(_) => Ok(()),
        Fact::Pledge(fact) => materials::check_pledge(fact),
        Fact::Purchase(fact) => materials::check_purchase(fact),
        Fact::Deposit(fact) => crate::public_opinion::check(fact, event.occurred_at, event.created_at),
        Fact::Forecast(fact) => crate::outlook::check_forecast(fact, signed_on),
        Fact::Assessment(fact) => crate::outlook::check_assessment(fact, signed_on),
        Fact::Proposal(fact) => governance::proposal(fact, signed_on),
        Fact::Correction(fact) => governance::correction(fact),
        Fact::Decision(fact) => governance::decision(fact),
        Fact::Misbehaviour(fact) => governance::misbehaviour(fact),
    }
}

/// Refuses an event from the future of a clock, for those who have one: admission, the command line.
pub fn check_at(event: &Event, now: Millis) -> Result<(), Refusal> {
    let latest = now.plus_ms(MAX_SKEW_MS);
    for (field, at) in [("occurred_at", event.occurred_at), ("created_at", event.created_at)] {
        if at > latest {
            return Err(Refusal::of(Code::BadTime, field, "is more than 5 minutes in the future; check the clock"));
        }
    }
    Ok(())
}

/// Times before 1970 cannot be written at all, so 1900 needs no check of its own.
fn times(event: &Event) -> Result<(), Refusal> {
    let bad = |field, detail: &str| Err(Refusal::of(Code::BadTime, field, detail));
    if event.created_at.0 >= LAST_DAY.start().0 + DAY_MS {
        return bad("created_at", "is after the year 9999");
    }
    if event.occurred_at > event.created_at.plus_ms(MAX_SKEW_MS) {
        return bad("occurred_at", "is more than 5 minutes after the event was signed; report what has happened");
    }
    if event.valid_until != Millis(0) && event.valid_until < event.created_at {
        return bad("valid_until", "is before the event was signed; 0 stands for ever");
    }
    Ok(())
}

/// A reporting day may be the author's tomorrow in UTC (at most 14 hours ahead), never later.
fn report_day(day: Date, signed_on: Date) -> Result<(), Refusal> {
    past_day("report_date", day, signed_on)
}

/// A veto has to say why, in a code that can be counted.
fn reason(choice: Choice, reason: &str) -> Result<(), Refusal> {
    if choice == Choice::Veto && reason.is_empty() {
        return Err(Refusal::of(Code::VetoReason, "reason", "a veto needs a reason code"));
    }
    name_if_any("reason", reason)
}

#[cfg(test)]
mod tests;
