//! A series: counts of every day or every week, without holes.

use domain::time::Date;
use thiserror::Error;

/// Thirty years of days. Models look at the last few years; more is a file that was not meant for us.
pub const MAX_POINTS: usize = 11_000;

/// How far apart the points of a series are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Frequency {
    /// One point a day.
    Day,
    /// One point a week, dated by the day on which the week starts.
    Week,
}

impl Frequency {
    /// Days from one point to the next.
    pub fn days(self) -> u32 {
        match self {
            Frequency::Day => 1,
            Frequency::Week => 7,
        }
    }

    /// Points after which the same season comes again: a week of days, a year of weeks.
    pub fn season(self) -> usize {
        match self {
            Frequency::Day => 7,
            Frequency::Week => 52,
        }
    }
}

/// Why something is not a series. [`SeriesError::code`] is what clients see; it never changes.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum SeriesError {
    /// Fewer points than what was asked for needs.
    #[error("{points} points, at least {needed} are needed")]
    TooShort {
        /// The points there are.
        points: usize,
        /// The points it takes.
        needed: usize,
    },
    /// More than [`MAX_POINTS`].
    #[error("{0} points, at most {MAX_POINTS} are taken")]
    TooLong(usize),
    /// Every value is the same, so that nothing can be learned from it.
    #[error("every value is the same")]
    Constant,
    /// A date is missing.
    #[error("nothing for {0}; a day without cases is a zero")]
    Gap(Date),
    /// A date stands twice.
    #[error("{0} stands twice")]
    Duplicate(Date),
    /// A date stands behind a later one.
    #[error("{0} stands behind a later date")]
    Unsorted(Date),
    /// A count below zero.
    #[error("the count of {0} is negative")]
    Negative(Date),
    /// A count that is no finite number.
    #[error("the count of {0} is no number")]
    NotANumber(Date),
}

impl SeriesError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            SeriesError::TooShort { .. } => "SERIES_TOO_SHORT",
            SeriesError::TooLong(_) => "SERIES_TOO_LONG",
            SeriesError::Constant => "SERIES_CONSTANT",
            SeriesError::Gap(_) => "SERIES_GAP",
            SeriesError::Duplicate(_) => "SERIES_DUPLICATE",
            SeriesError::Unsorted(_) => "SERIES_UNSORTED",
            SeriesError::Negative(_) => "SERIES_NEGATIVE",
            SeriesError::NotANumber(_) => "SERIES_NOT_A_NUMBER",
        }
    }
}

/// Counts of consecutive days or weeks: finite, not negative, at least one and at most [`MAX_POINTS`].
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    first: Date,
    frequency: Frequency,
    values: Vec<f64>,
}

impl Series {
    /// A series of dated counts in their order.
    ///
    /// # Errors
    /// What is wrong with the first point that is.
    pub fn new(frequency: Frequency, points: &[(Date, f64)]) -> Result<Self, SeriesError> {
        let Some((first, _)) = points.first() else { return Err(SeriesError::TooShort { points: 0, needed: 1 }) };
        if points.len() > MAX_POINTS {
            return Err(SeriesError::TooLong(points.len()));
        }
        let mut due = *first;
        for (at, (date, value)) in points.iter().enumerate() {
            if !value.is_finite() {
                return Err(SeriesError::NotANumber(*date));
            }
            if *value < 0.0 {
                return Err(SeriesError::Negative(*date));
            }
            if *date < due {
                let twice = at > 0 && points.get(at - 1).is_some_and(|(before, _)| before == date);
                return Err(if twice { SeriesError::Duplicate(*date) } else { SeriesError::Unsorted(*date) });
            }
            if *date > due {
                return Err(SeriesError::Gap(due));
            }
            due = Date(date.0.saturating_add(frequency.days()));
        }
        Ok(Series { first: *first, frequency, values: points.iter().map(|(_, value)| *value).collect() })
    }

    /// The counts, oldest first.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// Days or weeks.
    pub fn frequency(&self) -> Frequency {
        self.frequency
    }

    /// The date of the point at `index`; indices beyond the end give the dates that would follow.
    pub fn date(&self, index: usize) -> Date {
        let steps = u32::try_from(index).unwrap_or(u32::MAX);
        Date(self.first.0.saturating_add(steps.saturating_mul(self.frequency.days())))
    }

    /// How many points there are; never 0.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Never: a series has at least one point.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// What was known after the first `points` points (at least one, at most all).
    pub fn until(&self, points: usize) -> Series {
        let points = points.clamp(1, self.values.len());
        let values = self.values.get(..points).unwrap_or_default().to_vec();
        Series { values, ..self.clone() }
    }

    /// Points above zero.
    pub fn non_zero(&self) -> usize {
        self.values.iter().filter(|value| **value > 0.0).count()
    }
}

#[cfg(test)]
mod tests;
