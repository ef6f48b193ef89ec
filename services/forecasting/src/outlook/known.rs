//! The counts of one disease in one region, as the log has them. What silence, a batch or a new definition make of a series
//! is `epidemiology::counts`'; a suspected cluster says that somebody looked that day, and confirms nobody.

use std::collections::BTreeMap;

use domain::event::EventId;
use domain::time::Date;
use epidemiology::counts::{Counts, Said};
use epidemiology::series::Series;

/// Days that are looked back on: half a year holds an outbreak and its end (two times 42 days without a case of Ebola), and
/// bounds what one evaluation costs.
pub(crate) const WINDOW_DAYS: u32 = 180;
/// Days in a week.
const WEEK: usize = 7;

/// What a region counted on a day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counted {
    /// Confirmed, local and imported.
    pub(crate) confirmed: u64,
    /// Of those, imported.
    pub(crate) imported: u64,
    /// Suspected, among them the positives of clusters.
    pub(crate) suspected: u64,
    /// The events behind it.
    pub(crate) events: Vec<EventId>,
}

/// The course of one disease in one region up to a day.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Known {
    /// Confirmed cases by day, the last one last.
    pub(crate) series: Series,
    /// Suspected cases on the days of the series.
    suspected: Vec<u64>,
    /// Whether every confirmed case was infected elsewhere.
    pub(crate) imported_only: bool,
    /// Silences, batches and new definitions in the window.
    pub(crate) flagged: usize,
    /// The events of the last week, newest day first.
    pub(crate) events: Vec<EventId>,
    /// The last day.
    pub(crate) day: Date,
}

impl Known {
    /// The course up to `day`; none where nobody said anything of that day. `definitions` are the days from which something
    /// else was counted: what a new case definition adds is no growth, so that the course begins there.
    pub(crate) fn of(days: &BTreeMap<Date, Counted>, day: Date, definitions: &[Date]) -> Option<Self> {
        let counts = counts(days, Date(day.0.saturating_sub(WINDOW_DAYS - 1)), day, definitions)?;
        let series = counts.series().ok()?;
        let (none, dates) = (Counted::default(), (0..series.len()).map(|at| series.date(at)));
        let all = dates.map(|day| days.get(&day).unwrap_or(&none)).collect::<Vec<_>>();
        let sum = |of: fn(&Counted) -> u64| all.iter().map(|counted| of(counted)).fold(0, u64::saturating_add);
        let cases = sum(|counted| counted.confirmed);
        Some(Known {
            suspected: all.iter().map(|counted| counted.suspected).collect(),
            imported_only: cases > 0 && sum(|counted| counted.imported) >= cases,
            flagged: counts.flagged().len(),
            events: all.iter().rev().take(WEEK).flat_map(|counted| counted.events.iter().copied()).collect(),
            day,
            series,
        })
    }

    /// All confirmed cases.
    pub(crate) fn cases(&self) -> u64 {
        whole(self.series.values())
    }

    /// The confirmed cases of so many last days.
    pub(crate) fn last(&self, days: usize) -> u64 {
        whole(self.series.values().get(self.series.len().saturating_sub(days)..).unwrap_or_default())
    }

    /// The confirmed cases of the seven days that end with the day at `index`.
    pub(crate) fn week(&self, index: usize) -> u64 {
        let first = (index + 1).saturating_sub(WEEK);
        whole(self.series.values().get(first..=index).unwrap_or_default())
    }

    /// The confirmed cases of the seven days before those.
    pub(crate) fn week_before(&self, index: usize) -> u64 {
        index.checked_sub(WEEK).map_or(0, |index| self.week(index))
    }

    /// The suspected cases of the seven days that end with the day at `index`.
    pub(crate) fn suspected_week(&self, index: usize) -> u64 {
        let first = (index + 1).saturating_sub(WEEK);
        self.suspected.get(first..=index).unwrap_or_default().iter().sum()
    }

    /// Days from the last case to the day at `index`; none where there was none yet.
    pub(crate) fn since_last_case(&self, index: usize) -> Option<u32> {
        let values = self.series.values().get(..=index)?;
        let days = values.iter().rev().position(|count| *count > 0.0)?;
        u32::try_from(days).ok()
    }
}

/// What was said from one day to another, from the first on of which anything was; none where nothing was.
pub(super) fn counts(days: &BTreeMap<Date, Counted>, from: Date, to: Date, definitions: &[Date]) -> Option<Counts> {
    let window = || days.range(from..=to);
    let (first, _) = window().next()?;
    let said = |(day, counted): (&Date, &Counted)| match counted.confirmed {
        0 => (*day, Said::None),
        cases => (*day, Said::Cases(cases)),
    };
    Counts::new(*first, to, &window().map(said).collect::<Vec<_>>(), definitions).ok()
}

/// A sum of counts; a batch that was spread over days has fractions, which add up.
fn whole(counts: &[f64]) -> u64 {
    counts.iter().sum::<f64>().round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(counts: &[Option<u64>]) -> BTreeMap<Date, Counted> {
        let counted = |confirmed: &u64| Counted { confirmed: *confirmed, ..Counted::default() };
        let days = (100..).map(Date).zip(counts).filter_map(|(day, count)| Some((day, counted(count.as_ref()?))));
        days.collect()
    }

    #[test]
    fn a_course_begins_behind_the_last_silence_and_ends_with_what_was_said() {
        let said = days(&[Some(1), None, Some(3), Some(0), Some(2)]);
        let known = Known::of(&said, Date(104), &[]).unwrap();
        assert_eq!((known.series.values(), known.flagged), (&[3.0, 0.0, 2.0][..], 1));
        assert_eq!((known.week(2), known.week_before(2), known.since_last_case(1)), (5, 0, Some(1)));
        assert_eq!(Known::of(&said, Date(105), &[]), None, "nobody said anything of that day");
        assert_eq!(Known::of(&BTreeMap::new(), Date(105), &[]), None);
    }

    #[test]
    fn weeks_do_not_overlap() {
        let counts: Vec<_> = (0..15).map(Some).collect();
        let known = Known::of(&days(&counts), Date(114), &[]).unwrap();
        assert_eq!((known.week(14), known.week_before(14)), ((8..15).sum(), (1..8).sum()));
        assert_eq!((known.last(3), known.cases()), (12 + 13 + 14, (0..15).sum()));
    }

    #[test]
    fn only_imported_cases_are_told_apart() {
        let mut said = days(&[Some(2), Some(1)]);
        said.values_mut().for_each(|counted| counted.imported = counted.confirmed);
        assert!(Known::of(&said, Date(101), &[]).unwrap().imported_only);
        said.insert(Date(102), Counted { confirmed: 1, ..Counted::default() });
        assert!(!Known::of(&said, Date(102), &[]).unwrap().imported_only);
    }

    #[test]
    fn a_course_begins_with_a_new_case_definition() {
        let said = days(&[Some(1), Some(2), Some(40), Some(38)]);
        let known = Known::of(&said, Date(103), &[Date(102)]).unwrap();
        assert_eq!((known.series.values(), known.flagged), (&[40.0, 38.0][..], 1));
        assert_eq!(known.week_before(1), 0, "what was counted before is not what is counted now");
    }
}
