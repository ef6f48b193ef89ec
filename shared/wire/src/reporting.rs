//! What sentinels report, on the wire (`tocsin.reporting.v1`).

use domain::event::{CaseReport, DailyAggregate, LabResult, SuspectedCluster, ZeroReport};
use domain::refusal::Refusal;
use domain::time::Date;

use crate::canonical::text;
use crate::proto::reporting::v1 as proto;
use crate::vocabulary::{age_band, classification, disease_in, disease_out, origin, sex};

pub(crate) fn case_report_out(fact: &CaseReport) -> proto::CaseReport {
    proto::CaseReport {
        disease: disease_out(&fact.disease),
        classification: classification::number(fact.classification),
        onset_date: fact.onset_date.map(|date| date.0),
        report_date: fact.report_date.0,
        facility: fact.facility.clone(),
        age_band: age_band::number(fact.age_band),
        sex: sex::number(fact.sex),
        origin: origin::number(fact.origin),
    }
}

pub(crate) fn case_report_in(fact: proto::CaseReport) -> Result<CaseReport, Refusal> {
    Ok(CaseReport {
        disease: disease_in(fact.disease)?,
        classification: classification::value(fact.classification, "classification")?,
        onset_date: fact.onset_date.map(Date),
        report_date: Date(fact.report_date),
        facility: text(fact.facility, "facility")?,
        age_band: age_band::value(fact.age_band, "age_band")?,
        sex: sex::value(fact.sex, "sex")?,
        origin: origin::value(fact.origin, "origin")?,
    })
}

pub(crate) fn daily_aggregate_out(fact: &DailyAggregate) -> proto::DailyAggregate {
    let [suspected, probable, confirmed, asymptomatic, discarded] = fact.counts;
    proto::DailyAggregate {
        disease: disease_out(&fact.disease),
        report_date: fact.report_date.0,
        origin: origin::number(fact.origin),
        suspected,
        probable,
        confirmed,
        asymptomatic,
        discarded,
    }
}

pub(crate) fn daily_aggregate_in(fact: proto::DailyAggregate) -> Result<DailyAggregate, Refusal> {
    Ok(DailyAggregate {
        disease: disease_in(fact.disease)?,
        report_date: Date(fact.report_date),
        origin: origin::value(fact.origin, "origin")?,
        counts: [fact.suspected, fact.probable, fact.confirmed, fact.asymptomatic, fact.discarded],
    })
}

pub(crate) fn suspected_cluster_out(fact: &SuspectedCluster) -> proto::SuspectedCluster {
    proto::SuspectedCluster {
        disease: disease_out(&fact.disease),
        facility: fact.facility.clone(),
        positives: fact.positives,
        summary: fact.summary.clone(),
    }
}

pub(crate) fn suspected_cluster_in(fact: proto::SuspectedCluster) -> Result<SuspectedCluster, Refusal> {
    Ok(SuspectedCluster {
        disease: disease_in(fact.disease)?,
        facility: text(fact.facility, "facility")?,
        positives: fact.positives,
        summary: text(fact.summary, "summary")?,
    })
}

pub(crate) fn zero_report_out(fact: &ZeroReport) -> proto::ZeroReport {
    proto::ZeroReport {
        disease: disease_out(&fact.disease),
        report_date: fact.report_date.0,
        facility: fact.facility.clone(),
    }
}

pub(crate) fn zero_report_in(fact: proto::ZeroReport) -> Result<ZeroReport, Refusal> {
    Ok(ZeroReport {
        disease: disease_in(fact.disease)?,
        report_date: Date(fact.report_date),
        facility: text(fact.facility, "facility")?,
    })
}

pub(crate) fn lab_result_out(fact: &LabResult) -> proto::LabResult {
    proto::LabResult {
        disease: disease_out(&fact.disease),
        report_date: fact.report_date.0,
        facility: fact.facility.clone(),
        method: fact.method.clone(),
        tested: fact.tested,
        positive: fact.positive,
    }
}

pub(crate) fn lab_result_in(fact: proto::LabResult) -> Result<LabResult, Refusal> {
    Ok(LabResult {
        disease: disease_in(fact.disease)?,
        report_date: Date(fact.report_date),
        facility: text(fact.facility, "facility")?,
        method: text(fact.method, "method")?,
        tested: fact.tested,
        positive: fact.positive,
    })
}
