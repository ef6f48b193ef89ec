//! The reporting triangle of a place: how many days it took until what happened on a day counted here.
//!
//! A case is hidden until it is accepted, so its delay runs from its onset to its acceptance, not to its report. An
//! aggregate is revised by a later one for the same day: what each revision added came with that delay; where a count was
//! lowered, it is taken as if it had never been higher.

use std::collections::BTreeMap;

use domain::event::{Classification, Fact, Origin};
use domain::time::Date;
use epidemiology::nowcast::{Triangle, TriangleError};

use crate::model::Days;
use crate::outlook::WINDOW_DAYS;
use crate::records::Report;

/// Days of delay that are followed: food-borne outbreaks, the slow ones, have nine in ten reports within 15 days.
pub(crate) const LONGEST_DELAY: usize = 28;

/// Of what the triangle is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Of {
    /// Case reports with a day of onset.
    Cases,
    /// Daily aggregates by their reporting day, with their revisions.
    Aggregates,
}

impl Of {
    /// Each.
    pub(crate) const ALL: [Of; 2] = [Of::Cases, Of::Aggregates];

    /// Its name in a query.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Of::Cases => "cases",
            Of::Aggregates => "aggregates",
        }
    }
}

/// The triangle of a disease as it stood at the end of `today`, over the last half year: of one region, or with none of all.
pub(crate) fn triangle(
    days: &Days,
    disease: &str,
    region: Option<&str>,
    of: Of,
    today: Date,
) -> Result<Triangle, TriangleError> {
    let fits = |report: &Report| {
        report.disease() == Some(disease) && region.is_none_or(|region| report.event.region == region)
    };
    let reports = days.records().all().map(|(_, report)| report).filter(|report| fits(report));
    let delays = match of {
        Of::Cases => reports.filter_map(case).collect(),
        Of::Aggregates => aggregates(reports, today),
    };
    let first = Date(today.0.saturating_sub(WINDOW_DAYS - 1));
    Triangle::of_counts(first, today, LONGEST_DELAY, delays)
}

/// When a case fell ill and when it came to count.
fn case(report: &Report) -> Option<(Date, Date, u32)> {
    let Fact::CaseReport(case) = &report.event.fact else { return None };
    let counts = case.classification != Classification::Discarded;
    Some((case.onset_date.filter(|_| counts)?, report.accepted_at?.date(), 1))
}

/// What each revision of a day added, and when, as it was known at the end of `today`.
fn aggregates<'a>(reports: impl Iterator<Item = &'a Report>, today: Date) -> Vec<(Date, Date, u32)> {
    let mut days = BTreeMap::<(&str, Date), Vec<(Date, u64, Origin, u64)>>::new();
    for report in reports {
        if let (Fact::DailyAggregate(daily), Some(at)) = (&report.event.fact, report.accepted_at)
            && at.date() <= today
        {
            let by_class = Classification::ALL.into_iter().zip(daily.counts);
            let confirmed = by_class.filter(|(class, _)| *class == Classification::Confirmed).map(|(_, count)| count);
            let one = (at.date(), report.index, daily.origin, confirmed.sum());
            days.entry((&report.event.region, daily.report_date)).or_default().push(one);
        }
    }
    days.into_iter().flat_map(|((_, day), revisions)| added(day, revisions)).collect()
}

/// The rises of a day's count, from its revisions: when accepted, place in the log, origin, count.
fn added(day: Date, mut revisions: Vec<(Date, u64, Origin, u64)>) -> Vec<(Date, Date, u32)> {
    revisions.sort_by_key(|(at, index, ..)| (*at, *index));
    // Of two aggregates of one origin the later in the log is in force.
    let mut in_force = BTreeMap::<Origin, (u64, u64)>::new();
    let mut totals = Vec::new();
    for (at, index, origin, count) in revisions {
        let kept = in_force.entry(origin).or_insert((index, count));
        if kept.0 <= index {
            *kept = (index, count);
        }
        totals.push((at, in_force.values().map(|(_, count)| *count).fold(0, u64::saturating_add)));
    }
    let mut least = u64::MAX;
    for (_, total) in totals.iter_mut().rev() {
        least = least.min(*total);
        *total = least;
    }
    let mut before = 0;
    let rises = totals.into_iter().map(|(at, total)| {
        let more = u32::try_from(total - before).unwrap_or(u32::MAX);
        before = total;
        (day, at, more)
    });
    rises.filter(|(.., more)| *more > 0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seen to fail: with the running minimum from the right left out, the count that fell could not be told in rises.
    #[test]
    fn revisions_add_what_they_add_and_a_lowered_count_was_never_higher() {
        let day = Date(100);
        let rise = |at: u32, index, origin, count| (Date(at), index, origin, count);
        let of = added(
            day,
            vec![
                rise(101, 1, Origin::Local, 4),
                rise(102, 2, Origin::Imported, 1),
                rise(104, 3, Origin::Local, 7),
                // Accepted later, but earlier in the log: not in force.
                rise(105, 0, Origin::Local, 50),
            ],
        );
        assert_eq!(of, [(day, Date(101), 4), (day, Date(102), 1), (day, Date(104), 3)]);
        let lowered = added(day, vec![rise(101, 1, Origin::Local, 9), rise(103, 2, Origin::Local, 5)]);
        assert_eq!(lowered, [(day, Date(101), 5)]);
    }
}
