//! The counts of whole weeks, from which the forecasts of weeks are made. Weeks begin on Mondays (ISO 8601), and one counts
//! when every day of it was said and a day of the next is counted.
//!
//! Only the place that is forecast is looked at so far back: stage, level and index stay within [`super::WINDOW_DAYS`].

use std::collections::BTreeMap;

use domain::time::Date;
use epidemiology::series::{Frequency, Series};

use super::Counted;
use super::known::counts;

/// Weeks that must be known, one behind the other: half a year. From fewer, a season can't be told from an outbreak, and
/// whoever plans weeks ahead is better served by the days.
pub(crate) const FEWEST: usize = 26;
/// Weeks that are looked back on: three years, in which every season came twice before. Costs nothing to keep, since the
/// book holds all days anyway; one evaluation takes some 30 kB more for the place in question.
const MOST: u32 = 156;
/// Days in a week.
const DAYS: u32 = 7;

/// The whole weeks before the one that the last day is in, dated by their Mondays. They begin as the days do that a model may
/// learn from: behind the last silence that no batch ended, and with the last new definition. None where fewer than
/// [`FEWEST`] are known, or the last of them has a day of which nobody said anything.
pub(crate) fn weeks(days: &BTreeMap<Date, Counted>, definitions: &[Date]) -> Option<Series> {
    let (last, _) = days.last_key_value()?;
    let this = monday(Date(last.0.saturating_sub(DAYS - 1)));
    let (from, to) = (Date(this.0.saturating_sub(MOST * DAYS)), Date(this.0.checked_sub(1)?));
    let daily = counts(days, from, to, definitions)?.series().ok()?;
    let first = monday(daily.date(0));
    let before = usize::try_from(first.0 - daily.date(0).0).ok()?;
    let whole = daily.values().get(before..)?.chunks_exact(7).map(|week| week.iter().sum());
    let mondays = (first.0..this.0).step_by(7).map(Date);
    let points = mondays.zip(whole).collect::<Vec<(Date, f64)>>();
    if points.len() < FEWEST {
        return None;
    }
    Series::new(Frequency::Week, &points).ok()
}

/// The first Monday on or after a day (1970-01-01 was a Thursday).
pub(crate) fn monday(day: Date) -> Date {
    Date(day.0.saturating_add((7 - (day.0 + 3) % 7) % 7))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 4 January 2021 was a Monday.
    const MONDAY: u32 = 18_631;

    /// One case a day, two on Sundays, from a day on and so many days.
    fn days(first: u32, count: u32) -> BTreeMap<Date, Counted> {
        let counted =
            |day: u32| Counted { confirmed: 1 + u64::from(monday(Date(day)) == Date(day + 1)), ..Counted::default() };
        (first..first + count).map(|day| (Date(day), counted(day))).collect()
    }

    #[test]
    fn weeks_begin_on_mondays_and_are_whole_when_the_next_one_has_begun() {
        assert_eq!(Date::parse("2021-01-04").unwrap(), Date(MONDAY));
        assert_eq!([MONDAY - 1, MONDAY, MONDAY + 1].map(|day| monday(Date(day)).0), [MONDAY, MONDAY, MONDAY + 7]);
        // Given three days of a week, then 26 weeks: on the last Sunday the 26th may still change.
        assert_eq!(weeks(&days(MONDAY - 3, 3 + 26 * 7), &[]), None);
        for more in 1..=7 {
            let found = weeks(&days(MONDAY - 3, 3 + 26 * 7 + more), &[]).unwrap();
            assert_eq!((found.date(0), found.len()), (Date(MONDAY), 26));
            assert!(found.values().iter().all(|week| (*week - 8.0).abs() < 1e-9), "{:?}", found.values());
        }
        assert_eq!(weeks(&days(MONDAY + 1, 26 * 7), &[]), None, "25 whole weeks are too few");
        assert_eq!(weeks(&BTreeMap::new(), &[]), None);
    }

    #[test]
    fn no_more_than_three_years_are_looked_back_on() {
        let found = weeks(&days(MONDAY - 70, 70 + 160 * 7 + 1), &[]).unwrap();
        assert_eq!((found.date(0), found.len()), (Date(MONDAY + 4 * 7), 156));
    }

    #[test]
    fn silence_and_a_new_definition_begin_the_weeks_anew() {
        let mut said = days(MONDAY, 30 * 7 + 1);
        assert_eq!(weeks(&said, &[Date(MONDAY + 2 * 7)]).unwrap().date(0), Date(MONDAY + 2 * 7));
        assert_eq!(weeks(&said, &[Date(MONDAY + 2 * 7 + 1)]).unwrap().date(0), Date(MONDAY + 3 * 7));
        assert_eq!(weeks(&said, &[Date(MONDAY + 5 * 7)]), None);
        said.remove(&Date(MONDAY + 20));
        assert_eq!(weeks(&said, &[]).unwrap().date(0), Date(MONDAY + 21));
        said.remove(&Date(MONDAY + 30 * 7 - 1));
        assert_eq!(weeks(&said, &[]), None, "the last week lacks its Sunday");
    }
}
