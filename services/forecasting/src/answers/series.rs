//! The counts of one place as a series: a signed zero is a zero, a day of which nobody said anything is missing.

use std::collections::BTreeMap;

use domain::event::{Classification, Fact};
use domain::time::Date;
use epidemiology::counts::{Counts, Said};
use host::projection::Projection as _;

use crate::model::Days;

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
    let said = said(days, wanted);
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
fn said(days: &Days, wanted: &Wanted) -> Vec<(Date, Said)> {
    let mut said = BTreeMap::new();
    for (_, report) in days.records().all().filter(|(_, report)| report.is_at(&wanted.disease, &wanted.region)) {
        if let Fact::ZeroReport(zero) = &report.event.fact
            && report.accepted_at.is_some()
        {
            said.insert(zero.report_date, Said::None);
        }
    }
    for (day, counts) in days.counts(&wanted.disease, &wanted.region) {
        let of_class = Classification::ALL.into_iter().zip(counts).find(|(class, _)| *class == wanted.class);
        let cases = of_class.map_or(0, |(_, count)| count);
        said.insert(day, if cases == 0 { Said::None } else { Said::Cases(cases) });
    }
    said.into_iter().collect()
}
