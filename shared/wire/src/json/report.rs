//! Requests of sentinels and laboratories.

use domain::event::{
    AgeBand, CaseReport, Classification, DailyAggregate, LabResult, Origin, Sex, SuspectedCluster, ZeroReport,
};
use domain::refusal::Refusal;

use super::fields::Fields;

const CLASSES: &str = "suspected, probable, confirmed, asymptomatic, discarded";
const ORIGINS: &str = "unknown, local, imported";

pub(super) fn case_report(fields: &mut Fields<'_>) -> Result<CaseReport, Refusal> {
    Ok(CaseReport {
        disease: fields.disease()?,
        classification: fields.word("classification", Classification::parse, CLASSES)?,
        onset_date: fields.maybe_date("onset_date")?,
        report_date: fields.date("report_date")?,
        facility: fields.text("facility")?,
        age_band: fields
            .maybe_word("age_band", AgeBand::parse, "unknown, 0-4, 5-17, 18-39, 40-59, 60+")?
            .unwrap_or(AgeBand::Unknown),
        sex: fields.maybe_word("sex", Sex::parse, "unknown, female, male")?.unwrap_or(Sex::Unknown),
        origin: origin(fields)?,
    })
}

pub(super) fn daily_aggregate(fields: &mut Fields<'_>) -> Result<DailyAggregate, Refusal> {
    let disease = fields.disease()?;
    let report_date = fields.date("report_date")?;
    let origin = origin(fields)?;
    Ok(DailyAggregate { disease, report_date, origin, counts: counts(fields)? })
}

pub(super) fn counts(fields: &mut Fields<'_>) -> Result<[u64; 5], Refusal> {
    let mut by_class = Fields::of(fields.must("counts")?, "counts")?;
    let mut counts = [0; 5];
    for (count, class) in counts.iter_mut().zip(Classification::ALL) {
        *count = by_class.count_or_zero(class.name())?;
    }
    by_class.end("counts")?;
    Ok(counts)
}

pub(super) fn suspected_cluster(fields: &mut Fields<'_>) -> Result<SuspectedCluster, Refusal> {
    Ok(SuspectedCluster {
        disease: fields.disease()?,
        facility: fields.text("facility")?,
        positives: fields.count("positives")?,
        summary: fields.text("summary")?,
    })
}

pub(super) fn zero_report(fields: &mut Fields<'_>) -> Result<ZeroReport, Refusal> {
    Ok(ZeroReport {
        disease: fields.disease()?,
        report_date: fields.date("report_date")?,
        facility: fields.text("facility")?,
    })
}

pub(super) fn lab_result(fields: &mut Fields<'_>) -> Result<LabResult, Refusal> {
    Ok(LabResult {
        disease: fields.disease()?,
        report_date: fields.date("report_date")?,
        facility: fields.text("facility")?,
        method: fields.text("method")?,
        tested: fields.count("tested")?,
        positive: fields.count("positive")?,
    })
}

/// Left out: not known.
fn origin(fields: &mut Fields<'_>) -> Result<Origin, Refusal> {
    Ok(fields.maybe_word("origin", Origin::parse, ORIGINS)?.unwrap_or(Origin::Unknown))
}
