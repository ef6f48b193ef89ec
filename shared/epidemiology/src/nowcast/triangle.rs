//! The reporting triangle: cases by day of onset and by days until they were reported, as far as they can be known today.

use domain::time::Date;
use thiserror::Error;

use crate::series::MAX_POINTS;

/// Delays of more than four months are not followed by day.
const LONGEST_DELAY: usize = 120;

/// Why there is no triangle.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum TriangleError {
    /// Today is before the first day.
    #[error("{today} is before {first}")]
    Backwards {
        /// The first day of onset.
        first: Date,
        /// The day on which the triangle is known.
        today: Date,
    },
    /// More days than a series has points.
    #[error("{0} days, at most {MAX_POINTS} are taken")]
    TooLong(usize),
    /// No delay, or more than 120 days.
    #[error("a longest delay of {0} days; it must be 1 to {LONGEST_DELAY}")]
    Delay(usize),
}

/// Cases by day of onset and delay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Triangle {
    first: Date,
    delays: usize,
    /// A row for each day from the first to today, with one column for each delay that may be known by today.
    rows: Vec<Vec<u32>>,
}

/// A day of onset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row<'a> {
    /// The day.
    pub date: Date,
    /// Cases by delay, as many delays as may be known today.
    pub known: &'a [u32],
}

impl Triangle {
    /// Counts reports, each a day of onset and the day on which it came in. Reports after `today` are not looked at, nor onsets
    /// before `first`, nor delays above `longest`; a report before its onset has delay 0.
    ///
    /// # Errors
    /// [`TriangleError`].
    pub fn new(
        first: Date,
        today: Date,
        longest: usize,
        reports: impl IntoIterator<Item = (Date, Date)>,
    ) -> Result<Self, TriangleError> {
        Triangle::of_counts(first, today, longest, reports.into_iter().map(|(onset, reported)| (onset, reported, 1)))
    }

    /// [`Triangle::new`] of reports that each stand for so many cases.
    ///
    /// # Errors
    /// [`TriangleError`].
    pub fn of_counts(
        first: Date,
        today: Date,
        longest: usize,
        reports: impl IntoIterator<Item = (Date, Date, u32)>,
    ) -> Result<Self, TriangleError> {
        let Some(days) = today.0.checked_sub(first.0) else { return Err(TriangleError::Backwards { first, today }) };
        let days = days as usize + 1;
        if days > MAX_POINTS {
            return Err(TriangleError::TooLong(days));
        }
        if !(1..=LONGEST_DELAY).contains(&longest) {
            return Err(TriangleError::Delay(longest));
        }
        let mut rows: Vec<Vec<u32>> = (0..days).map(|day| vec![0; (days - day).min(longest + 1)]).collect();
        for (onset, reported, cases) in reports.into_iter().filter(|(_, reported, _)| *reported <= today) {
            let Some(day) = onset.0.checked_sub(first.0) else { continue };
            let delay = reported.0.saturating_sub(onset.0);
            let place = rows.get_mut(day as usize).and_then(|row| row.get_mut(delay as usize));
            place.into_iter().for_each(|count| *count = count.saturating_add(cases));
        }
        Ok(Triangle { first, delays: longest + 1, rows })
    }

    /// How many delays there are, from 0 to the longest.
    pub fn delays(&self) -> usize {
        self.delays
    }

    /// How many reports took 0, 1, 2, ... days, of the onsets whose every report is in.
    pub fn settled(&self) -> Vec<u32> {
        let mut sums = vec![0_u32; self.delays];
        for row in self.rows.iter().filter(|row| row.len() == self.delays) {
            sums.iter_mut().zip(row).for_each(|(sum, count)| *sum = sum.saturating_add(*count));
        }
        sums
    }

    /// The days of onset, oldest first.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        (self.first.0..).map(Date).zip(&self.rows).map(|(date, row)| Row { date, known: row })
    }
}
