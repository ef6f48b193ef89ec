//! One arm a fact: which protobuf message carries it and which area's file translates it.

use domain::event::Fact;
use domain::refusal::Refusal;

use crate::proto::event::v1::event::Fact as Carried;
use crate::{ballot, forecasting, governance, materials, medical_resources, notice, public_opinion, reporting, rising};

pub(crate) fn fact_out(fact: &Fact) -> Carried {
    match fact {
        Fact::CaseReport(fact) => Carried::CaseReport(reporting::case_report_out(fact)),
        Fact::DailyAggregate(fact) => Carried::DailyAggregate(reporting::daily_aggregate_out(fact)),
        Fact::SuspectedCluster(fact) => Carried::SuspectedCluster(reporting::suspected_cluster_out(fact)),
        Fact::ZeroReport(fact) => Carried::ZeroReport(reporting::zero_report_out(fact)),
        Fact::LabResult(fact) => Carried::LabResult(reporting::lab_result_out(fact)),
        Fact::Ballot(fact) => Carried::Ballot(ballot::ballot_out(fact)),
        Fact::Warning(fact) => Carried::Warning(notice::warning_out(fact)),
        Fact::Directive(fact) => Carried::Directive(notice::directive_out(fact)),
        Fact::Lifting(fact) => Carried::Lifting(notice::lifting_out(fact)),
        Fact::Anchor(fact) => Carried::Anchor(rising::anchor_out(fact)),
        Fact::Appeal(fact) => Carried::Appeal(rising::appeal_out(fact)),
        Fact::CapacityClaim(fact) => Carried::CapacityClaim(medical_resources::capacity_claim_out(fact)),
        Fact::ItemDefined(fact) => Carried::ItemDefined(materials::item_defined_out(fact)),
        Fact::StockReceived(fact) => Carried::StockReceived(materials::stock_move_out(fact)),
        Fact::StockIssued(fact) => Carried::StockIssued(materials::stock_move_out(fact)),
        Fact::StockCounted(fact) => Carried::StockCounted(materials::stock_counted_out(fact)),
        Fact::StockWasted(fact) => Carried::StockWasted(materials::stock_wasted_out(fact)),
        Fact::StockAdjusted(fact) => Carried::StockAdjusted(materials::stock_adjusted_out(fact)),
        Fact::HandOver(fact) => Carried::HandOver(materials::hand_over_out(fact)),
        Fact::TakeOver(fact) => Carried::TakeOver(materials::take_over_out(fact)),
        Fact::DiscrepancySettled(fact) => Carried::DiscrepancySettled(materials::settled_out(fact)),
        Fact::ResourceRequest(fact) => Carried::ResourceRequest(materials::request_out(fact)),
        Fact::Commit(fact) => Carried::Commit(materials::commit_out(fact)),
        Fact::Release(fact) => Carried::Release(materials::release_out(fact)),
        Fact::Requisition(fact) => Carried::Requisition(materials::commit_out(fact)),
        Fact::Pledge(fact) => Carried::Pledge(materials::pledge_out(fact)),
        Fact::Purchase(fact) => Carried::Purchase(materials::purchase_out(fact)),
        Fact::Deposit(fact) => Carried::Deposit(public_opinion::deposit_out(fact)),
        Fact::Proposal(fact) => Carried::Proposal(governance::proposal_out(fact)),
        Fact::Correction(fact) => Carried::Correction(governance::correction_out(fact)),
        Fact::Decision(fact) => Carried::Decision(rising::decision_out(fact)),
        Fact::Misbehaviour(fact) => Carried::Misbehaviour(governance::misbehaviour_out(fact)),
        Fact::Forecast(fact) => Carried::Forecast(forecasting::forecast_out(fact)),
        Fact::Assessment(fact) => Carried::Assessment(forecasting::assessment_out(fact)),
    }
}

pub(crate) fn fact_in(fact: Carried) -> Result<Fact, Refusal> {
    Ok(match fact {
        Carried::CaseReport(fact) => Fact::CaseReport(reporting::case_report_in(fact)?),
        Carried::DailyAggregate(fact) => Fact::DailyAggregate(reporting::daily_aggregate_in(fact)?),
        Carried::SuspectedCluster(fact) => Fact::SuspectedCluster(reporting::suspected_cluster_in(fact)?),
        Carried::ZeroReport(fact) => Fact::ZeroReport(reporting::zero_report_in(fact)?),
        Carried::LabResult(fact) => Fact::LabResult(reporting::lab_result_in(fact)?),
        Carried::Ballot(fact) => Fact::Ballot(ballot::ballot_in(fact)?),
        Carried::Warning(fact) => Fact::Warning(notice::warning_in(fact)?),
        Carried::Directive(fact) => Fact::Directive(notice::directive_in(fact)?),
        Carried::Lifting(fact) => Fact::Lifting(notice::lifting_in(fact)?),
        Carried::Anchor(fact) => Fact::Anchor(rising::anchor_in(fact)?),
        Carried::Appeal(fact) => Fact::Appeal(rising::appeal_in(fact)?),
        Carried::CapacityClaim(fact) => Fact::CapacityClaim(medical_resources::capacity_claim_in(fact)?),
        Carried::ItemDefined(fact) => Fact::ItemDefined(materials::item_defined_in(fact)?),
        Carried::StockReceived(fact) => Fact::StockReceived(materials::stock_move_in(fact)?),
        Carried::StockIssued(fact) => Fact::StockIssued(materials::stock_move_in(fact)?),
        Carried::StockCounted(fact) => Fact::StockCounted(materials::stock_counted_in(fact)?),
        Carried::StockWasted(fact) => Fact::StockWasted(materials::stock_wasted_in(fact)?),
        Carried::StockAdjusted(fact) => Fact::StockAdjusted(materials::stock_adjusted_in(fact)?),
        Carried::HandOver(fact) => Fact::HandOver(materials::hand_over_in(fact)?),
        Carried::TakeOver(fact) => Fact::TakeOver(materials::take_over_in(fact)?),
        Carried::DiscrepancySettled(fact) => Fact::DiscrepancySettled(materials::settled_in(fact)?),
        Carried::ResourceRequest(fact) => Fact::ResourceRequest(materials::request_in(fact)?),
        Carried::Commit(fact) => Fact::Commit(materials::commit_in(fact)?),
        Carried::Release(fact) => Fact::Release(materials::release_in(fact)?),
        Carried::Requisition(fact) => Fact::Requisition(materials::commit_in(fact)?),
        Carried::Pledge(fact) => Fact::Pledge(materials::pledge_in(fact)?),
        Carried::Purchase(fact) => Fact::Purchase(materials::purchase_in(fact)?),
        Carried::Deposit(fact) => Fact::Deposit(public_opinion::deposit_in(fact)?),
        Carried::Proposal(fact) => Fact::Proposal(governance::proposal_in(fact)?),
        Carried::Correction(fact) => Fact::Correction(governance::correction_in(fact)?),
        Carried::Decision(fact) => Fact::Decision(rising::decision_in(fact)?),
        Carried::Misbehaviour(fact) => Fact::Misbehaviour(governance::misbehaviour_in(fact)?),
        Carried::Forecast(fact) => Fact::Forecast(forecasting::forecast_in(fact)?),
        Carried::Assessment(fact) => Fact::Assessment(forecasting::assessment_in(fact)?),
    })
}
