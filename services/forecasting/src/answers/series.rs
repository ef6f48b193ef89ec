//! The counts of one place as a series: a signed zero is a zero, a day of which nobody said anything is missing.

use std::collections::BTreeMap;

use domain::event::{Classification, Fact, Origin};
use domain::report::Counts as ByClass;
use domain::time::Date;
use epidemiology::counts::{Counts, Said};
use host::projection::Projection as _;

use crate::model::Days;
use crate::records::Report;

/// Days of one answer: three years, in which a season comes three times, in some 100 kB.
pub(crate) const MAX_DAYS: u32 = 1_100;

/// Which counts are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) disease: String,
    pub(crate) region: String,
    pub(crate) class: Classification,
    /// The first day; without one, the first of which something was said.
    pub(crate) from: Option<Date>,
    /// The last day; without one, the last that is over or of which something was said.
    pub(crate) to: Option<Date>,
}

/// The counts from the first day to the last, at most the last [`MAX_DAYS`]; none where nobody said anything of them.
pub(crate) fn counts(days: &Days, wanted: &Wanted) -> Option<Counts> {
    counts_known(days, wanted, None)
}

/// The same by what was known at the end of a day, or is known now. Days whose reports are not held any more are as they
/// count now; so is what was refuted since.
pub(crate) fn counts_known(days: &Days, wanted: &Wanted, as_of: Option<Date>) -> Option<Counts> {
    let said = said(days, wanted, as_of);
    let (first, last) = (said.first().map(|(day, _)| *day)?, said.last().map(|(day, _)| *day)?);
    // A day that is not over may still be reported.
    let over = Date(days.at().chain_time.date().0.saturating_sub(1));
    let to = wanted.to.unwrap_or(last.max(over));
    let from = wanted.from.unwrap_or(first).max(Date(to.0.saturating_sub(MAX_DAYS - 1)));
    let within = said.into_iter().filter(|(day, _)| (from..=to).contains(day)).collect::<Vec<_>>();
    if within.is_empty() {
        return None;
    }
    let definitions = days.accepted().definitions(&wanted.disease).unwrap_or_default();
    Counts::new(from, to, &within, &definitions).ok()
}

/// What was said of each day, in the order of days: counts of accepted aggregates, zeros of accepted zero reports.
fn said(days: &Days, wanted: &Wanted, as_of: Option<Date>) -> Vec<(Date, Said)> {
    let mut said = BTreeMap::new();
    for (_, report) in days.records().all().filter(|(_, report)| report.is_at(&wanted.disease, &wanted.region)) {
        if let Fact::ZeroReport(zero) = &report.event.fact
            && known(report, as_of)
        {
            said.insert(zero.report_date, Said::None);
        }
    }
    let in_force = match as_of {
        None => days.counts(&wanted.disease, &wanted.region),
        Some(as_of) => in_force(days, wanted, as_of),
    };
    for (day, counts) in in_force {
        let of_class = Classification::ALL.into_iter().zip(counts).find(|(class, _)| *class == wanted.class);
        let cases = of_class.map_or(0, |(_, count)| count);
        said.insert(day, if cases == 0 { Said::None } else { Said::Cases(cases) });
    }
    said.into_iter().collect()
}

/// Whether a report counted at the end of a day, or does now.
fn known(report: &Report, as_of: Option<Date>) -> bool {
    report.accepted_at.is_some_and(|at| as_of.is_none_or(|day| at.date() <= day))
}

/// What was in force of each day at the end of `as_of`: of two aggregates of one origin the later in the log.
fn in_force(days: &Days, wanted: &Wanted, as_of: Date) -> BTreeMap<Date, ByClass> {
    let mut by_origin = BTreeMap::<(Date, Origin), (u64, ByClass)>::new();
    for (_, report) in days.records().all().filter(|(_, report)| report.is_at(&wanted.disease, &wanted.region)) {
        if let Fact::DailyAggregate(daily) = &report.event.fact
            && known(report, Some(as_of))
        {
            let (index, counts) = by_origin.entry((daily.report_date, daily.origin)).or_default();
            if *index <= report.index {
                (*index, *counts) = (report.index, daily.counts);
            }
        }
    }
    let held = |day: Date| days.records().since().is_none_or(|since| since <= day);
    let mut sums = days.counts(&wanted.disease, &wanted.region);
    sums.retain(|day, _| !held(*day));
    for ((day, _), (_, counts)) in by_origin {
        let sum = sums.entry(day).or_default();
        sum.iter_mut().zip(counts).for_each(|(sum, count)| *sum = sum.saturating_add(count));
    }
    sums
}
