//! Reports one by one, as far as questions about single cases and about times need them: case, zero and laboratory reports,
//! aggregates with their revisions, clusters, assessments, warnings and directives, each with when it was signed, when the
//! log held it and when it came to count. A fold of the final log, beside the days and the lookout; it says nothing itself.
//!
//! Limits: the last [`HELD_DAYS`] days by what the reports are about, and of those the newest [`HELD`]. At some 600 bytes
//! here and 500 in the small state of what counts, that is 60 MB at most a chain. [`Records::since`] says from which day on
//! nothing was left out.

use std::collections::BTreeMap;

use anyhow::Context as _;
use domain::codec;
use domain::event::{Event, EventId, Fact};
use domain::record::Outcome;
use domain::time::{Date, Millis};
use host::projection::Entry;

use crate::accepted::{Accepted, STATE, Step};
use crate::model::Row;

/// Days that are held: what an assessment looks back on (half a year) and four weeks of late reports.
pub(crate) const HELD_DAYS: u32 = 208;
/// Reports that are held: a chain is a city, and a hundred facilities that report two diseases a day fill half of it.
const HELD: usize = 50_000;
/// Rows of the reports, by day and event.
const REPORT: &str = "report/";
/// The row of the first day of which nothing was left out.
const SINCE: &str = "reports-since";

/// A report on the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Report {
    /// As its author signed it.
    pub(crate) event: Event,
    /// The index of its leaf.
    pub(crate) index: u64,
    /// When the log made it known: chain time, or its signature, if that is later.
    pub(crate) known_at: Millis,
    /// When the policies let it count, by the same clock; `None` while they do not.
    pub(crate) accepted_at: Option<Millis>,
}

impl Report {
    /// The code of the disease it is about, where it is about one.
    pub(crate) fn disease(&self) -> Option<&str> {
        let disease = match &self.event.fact {
            Fact::CaseReport(case) => &case.disease,
            Fact::DailyAggregate(daily) => &daily.disease,
            Fact::SuspectedCluster(cluster) => &cluster.disease,
            Fact::ZeroReport(zero) => &zero.disease,
            Fact::LabResult(result) => &result.disease,
            Fact::Assessment(assessment) => &assessment.disease,
            Fact::Warning(warning) => &warning.disease,
            _ => return None,
        };
        Some(&disease.code)
    }

    /// Whether it is about this disease in this region.
    pub(crate) fn is_at(&self, disease: &str, region: &str) -> bool {
        self.disease() == Some(disease) && self.event.region == region
    }
}

/// The reports that are held.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Records {
    by_day: BTreeMap<(Date, EventId), Report>,
    day_of: BTreeMap<EventId, Date>,
    since: Option<Date>,
}

impl Records {
    /// All reports, oldest first.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&EventId, &Report)> {
        self.by_day.iter().map(|((_, id), report)| (id, report))
    }

    /// The first day of which nothing was left out; `None` while nothing ever was.
    pub(crate) fn since(&self) -> Option<Date> {
        self.since
    }

    /// Takes the next final entry, after what counts has taken it.
    pub(crate) fn take(&mut self, accepted: &mut Accepted, entry: &Entry<'_>, step: &Step) -> anyhow::Result<Vec<Row>> {
        let known_at = entry.event.map_or(entry.at(), |event| event.created_at.max(entry.at()));
        let mut rows = Vec::new();
        if let (Some(event), Some(id)) = (entry.event, entry.log.event_id)
            && let Some(day) = day_of(event)
        {
            let event = Event { causes: event.causes.clone(), expect: Vec::new(), ..event.clone() };
            let report = Report { event, index: entry.log.index, known_at, accepted_at: None };
            rows.push(row(day, &id, Some(&report)));
            self.enter(day, id, report);
        }
        for (id, outcome) in &step.settled {
            let Some(day) = self.day_of.get(id).copied() else { continue };
            if *outcome == Outcome::Rejected {
                self.by_day.remove(&(day, *id));
                self.day_of.remove(id);
                rows.push(row(day, id, None));
            } else if let Some(report) = self.by_day.get_mut(&(day, *id)) {
                report.accepted_at.get_or_insert(known_at);
                rows.push(row(day, id, Some(report)));
            }
        }
        self.bound(accepted, &mut rows)?;
        Ok(rows)
    }

    fn enter(&mut self, day: Date, id: EventId, report: Report) {
        self.day_of.insert(id, day);
        self.by_day.insert((day, id), report);
    }

    /// Lets the oldest days go, whole ones, so that those that stay are complete.
    fn bound(&mut self, accepted: &mut Accepted, rows: &mut Vec<Row>) -> anyhow::Result<()> {
        let days = self.by_day.first_key_value().zip(self.by_day.last_key_value());
        let Some((((oldest, _), _), ((newest, _), _))) = days else { return Ok(()) };
        let behind = |day: Date| Date(day.0.saturating_add(1));
        let full = (self.by_day.len() > HELD).then(|| behind(*oldest));
        let first = Date(newest.0.saturating_sub(HELD_DAYS - 1)).max(full.max(self.since).unwrap_or_default());
        if *oldest >= first {
            return Ok(());
        }
        let named = accepted.named()?;
        let old = self.by_day.range(..(first, EventId::default())).map(|(key, _)| *key);
        for (day, id) in old.filter(|(_, id)| !named.contains(id)).collect::<Vec<_>>() {
            let report = self.by_day.remove(&(day, id));
            self.day_of.remove(&id);
            rows.push(row(day, &id, None));
            // Who reports a day, and what is in force there, is another model's; a warning rings until it is lifted.
            let kept = |report: Report| matches!(report.event.fact, Fact::DailyAggregate(_) | Fact::Warning(_));
            if !report.is_some_and(kept) {
                rows.extend(accepted.forget(&id)?.into_iter().map(|(key, value)| ([STATE, &key].concat(), value)));
            }
            if self.since.is_none_or(|since| since < behind(day)) {
                self.since = Some(behind(day));
                rows.push((SINCE.into(), Some(codec::encode(&behind(day)))));
            }
        }
        Ok(())
    }

    /// Takes up a stored row; false if it is not of the reports.
    pub(crate) fn restore(&mut self, key: &[u8], value: &[u8]) -> anyhow::Result<bool> {
        let Ok(key) = std::str::from_utf8(key) else { return Ok(false) };
        if key == SINCE {
            self.since = Some(codec::decode(value).context("the first day of the stored reports")?);
            return Ok(true);
        }
        let Some((day, id)) = key.strip_prefix(REPORT).and_then(|key| key.split_once('/')) else { return Ok(false) };
        let place = Date::parse(day).zip(EventId::parse(id));
        let (day, id) = place.context("the key of a stored report")?;
        let stored = codec::decode::<Body>(value).context("a stored report does not decode")?;
        let ((body, index), (known_at, accepted_at)) = stored;
        self.enter(day, id, Report { event: wire::event::decode(&body)?, index, known_at, accepted_at });
        Ok(true)
    }
}

/// A stored report: the event's body and the index of its leaf, when it was known and when it came to count.
type Body = ((Vec<u8>, u64), (Millis, Option<Millis>));

fn row(day: Date, id: &EventId, report: Option<&Report>) -> Row {
    let body = |report: &Report| -> Body {
        ((wire::event::encode(&report.event), report.index), (report.known_at, report.accepted_at))
    };
    (format!("{REPORT}{day}/{id}").into_bytes(), report.map(|report| codec::encode(&body(report))))
}

/// The day that a report is about; none for what is not held.
fn day_of(event: &Event) -> Option<Date> {
    match &event.fact {
        Fact::CaseReport(case) => Some(case.report_date),
        Fact::DailyAggregate(daily) => Some(daily.report_date),
        Fact::ZeroReport(zero) => Some(zero.report_date),
        Fact::LabResult(result) => Some(result.report_date),
        Fact::Assessment(assessment) => Some(assessment.day),
        Fact::SuspectedCluster(_) => Some(event.occurred_at.date()),
        Fact::Warning(_) | Fact::Directive(_) => Some(event.created_at.date()),
        _ => None,
    }
}

#[cfg(test)]
pub(crate) mod tests;
