//! Outbreaks by disease and region, and how fast each was met: the times that 7-1-7 asks for (`epidemiology::timeliness`),
//! as the log has them.
//!
//! An outbreak begins with the first sign of a case (case report, aggregate with cases, cluster, positive finding) after a
//! silence of two maximum incubations, or of [`QUIET_DAYS`] where the table has none. It emerged with the earliest onset, or
//! what else is known of when something happened; it was detected when the first report was signed, and notified when the
//! first one stood in a final block or in a warning: from then on everybody who must act has it. The response began with the
//! first directive that names the outbreak's events as its causes, or names none and is about the region meanwhile.

use std::collections::{BTreeMap, BTreeSet};

use domain::event::{Classification, EventId, Fact};
use domain::time::{Date, Millis};
use epidemiology::timeliness::{Action, Milestones};

use crate::detector::QUIET_DAYS;
use crate::model::Days;
use crate::place::{self, Place};
use crate::records::Report;

/// An event and when the log made it known.
pub(crate) type Known = (EventId, Millis);

/// An outbreak on the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outbreak {
    pub(crate) place: Place,
    /// The first and last day of which something was reported.
    pub(crate) days: (Date, Date),
    /// Its reports.
    pub(crate) reports: usize,
    /// The first one that was signed.
    pub(crate) first_report: EventId,
    /// The first warning of it.
    pub(crate) first_warning: Option<Known>,
    /// The first directive on it, and the first of each measure.
    pub(crate) first_directive: Option<Known>,
    pub(crate) measures: BTreeMap<String, Known>,
    /// The times.
    pub(crate) times: Milestones,
}

/// The outbreaks of the places asked for, by place and time. What was let go of the reports is not seen any more.
pub(crate) fn outbreaks(days: &Days, asked: impl Fn(&Place) -> bool) -> Vec<Outbreak> {
    let mut signs = BTreeMap::<Place, Vec<Sign<'_>>>::new();
    for ((id, report), day) in days.records().all().filter_map(|(id, report)| Some(((id, report), sign(report)?))) {
        let place = place::named(report.disease().unwrap_or_default(), &report.event.region);
        if asked(&place) {
            signs.entry(place).or_default().push((day, id, report));
        }
    }
    let outbreaks = signs.into_iter().flat_map(|(place, mut signs)| {
        signs.sort_by_key(|(day, id, _)| (*day, **id));
        let quiet = quiet_days(days, &place.disease);
        let parts = signs.chunk_by(|one, next| next.0.0 - one.0.0 <= quiet);
        parts.filter_map(|signs| outbreak(days, &place, signs, quiet)).collect::<Vec<_>>()
    });
    outbreaks.collect()
}

/// A sign of a case: its day, event and report.
type Sign<'a> = (Date, &'a EventId, &'a Report);

fn quiet_days(days: &Days, code: &str) -> u32 {
    let incubation = days.rulebook().disease(code).and_then(|disease| disease.incubation.as_ref());
    incubation.map_or(QUIET_DAYS, |incubation| 2 * incubation.value.max)
}

/// The day of a report that is a sign of a case.
fn sign(report: &Report) -> Option<Date> {
    match &report.event.fact {
        Fact::CaseReport(case) if case.classification != Classification::Discarded => Some(case.report_date),
        Fact::DailyAggregate(daily) => {
            let cases = Classification::ALL.into_iter().zip(daily.counts);
            let found = |(class, count)| class != Classification::Discarded && count > 0;
            cases.into_iter().any(found).then_some(daily.report_date)
        }
        Fact::SuspectedCluster(_) => Some(report.event.occurred_at.date()),
        Fact::LabResult(result) => (result.positive > 0).then_some(result.report_date),
        _ => None,
    }
}

fn outbreak(days: &Days, place: &Place, signs: &[Sign<'_>], quiet: u32) -> Option<Outbreak> {
    let (first, last) = (signs.first()?.0, signs.last()?.0);
    let reports = || signs.iter().map(|(_, id, report)| (**id, *report));
    let (first_report, detected) =
        reports().map(|(id, report)| (id, report.event.created_at)).min_by_key(|one| one.1)?;
    let emerged = reports().map(|(_, report)| began(report)).min();
    let noted = reports().map(|(_, report)| report.known_at).min();
    let until = Date(last.0.saturating_add(quiet).saturating_add(1)).start();
    let meanwhile = |report: &Report| report.event.created_at >= detected && report.event.created_at < until;
    let mut names = reports().map(|(id, _)| id).collect::<BTreeSet<_>>();
    let (mut warnings, mut directives) = (Vec::new(), Vec::new());
    for (id, report) in days.records().all().filter(|(_, report)| meanwhile(report)) {
        match &report.event.fact {
            Fact::Warning(_) if report.is_at(&place.disease, &place.region) => {
                warnings.push((*id, report.known_at));
                names.insert(*id);
            }
            Fact::Assessment(_) if report.is_at(&place.disease, &place.region) => {
                names.insert(*id);
            }
            Fact::Directive(directive) => directives.push((*id, report, directive)),
            _ => {}
        }
    }
    directives.retain(|(_, report, _)| match report.event.causes.as_slice() {
        [] => report.event.region == place.region,
        causes => causes.iter().any(|cause| names.contains(cause)),
    });
    directives.sort_by_key(|(id, report, _)| (report.known_at, *id));
    let first_warning = warnings.into_iter().min_by_key(|(id, at)| (*at, *id));
    let first_directive = directives.first().map(|(id, report, _)| (*id, report.known_at));
    let mut measures = BTreeMap::new();
    for (id, report, directive) in directives.iter().filter(|(.., directive)| !directive.measure.is_empty()) {
        measures.entry(directive.measure.clone()).or_insert((*id, report.known_at));
    }
    let warned = first_warning.map(|(_, at)| at);
    Some(Outbreak {
        place: place.clone(),
        days: (first, last),
        reports: signs.len(),
        first_report,
        first_warning,
        first_directive,
        measures,
        times: Milestones {
            emerged,
            detected: Some(detected),
            notified: noted.into_iter().chain(warned).min(),
            actions: vec![(Action::Coordination, first_directive.map(|(_, at)| at))],
        },
    })
}

/// When what a report is about began: the onset of a case, else what its author says of when it happened.
fn began(report: &Report) -> Millis {
    let onset = match &report.event.fact {
        Fact::CaseReport(case) => case.onset_date,
        _ => None,
    };
    onset.map_or(report.event.occurred_at, Date::start)
}
