//! From what was reported to a series: a day of which somebody said "none" is a zero, a day of which nobody said anything is
//! missing, and what would look like growth and is none (a batch after silence, a new case definition) is flagged.
//!
//! Totals are never changed here: a flag says how a count may be used, not what it is.

use std::collections::BTreeMap;

use domain::time::Date;
use thiserror::Error;

use crate::series::{Frequency, MAX_POINTS, Series, SeriesError};

/// A count after silence is a batch when it is more than this many times every count around: what the forecasts' guard
/// takes as beyond belief, too.
const BATCH_TIMES: u64 = 4;
/// Fewer cases than this after silence are just cases.
const BATCH_LEAST: u64 = 5;
/// Days before and after a count that are around it: two weeks of what was usual, one in which an outbreak would go on.
const AROUND_DAYS: (u32, u32) = (14, 7);

/// What was said of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// Cases, to be added to what else was said.
    Cases(u64),
    /// "We looked and found nothing", signed.
    None,
}

/// Why a count is not to be taken as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Nobody said anything for this many days, of which this is the first.
    Silence(u32),
    /// It stands for this many silent days before it, too.
    Batch(u32),
    /// From here on something else is counted.
    Definition,
}

/// A day and why it was flagged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flagged {
    /// The day.
    pub date: Date,
    /// Why.
    pub why: Why,
}

/// Why there is no series.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum CountsError {
    /// No day, or more than [`MAX_POINTS`].
    #[error("{0} days; 1 to {MAX_POINTS} are taken")]
    Days(u32),
    /// A day is missing, or there are too few.
    #[error(transparent)]
    Series(#[from] SeriesError),
}

/// The counts of consecutive days, each known or missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counts {
    first: Date,
    days: Vec<Option<u64>>,
    flagged: Vec<Flagged>,
}

impl Counts {
    /// The counts from `first` to `last`, both included. What was said of other days is left out. `definitions` are the days
    /// from which something else was counted.
    ///
    /// # Errors
    /// [`CountsError::Days`].
    pub fn new(first: Date, last: Date, said: &[(Date, Said)], definitions: &[Date]) -> Result<Self, CountsError> {
        let days = last.0.checked_sub(first.0).map_or(0, |days| days.saturating_add(1));
        if days == 0 || usize::try_from(days).map_or(true, |days| days > MAX_POINTS) {
            return Err(CountsError::Days(days));
        }
        let mut known: BTreeMap<u32, u64> = BTreeMap::new();
        for (date, said) in said {
            let sum = known.entry(date.0).or_default();
            if let Said::Cases(cases) = said {
                *sum = sum.saturating_add(*cases);
            }
        }
        let days: Vec<Option<u64>> = (first.0..=last.0).map(|day| known.get(&day).copied()).collect();
        let mut flagged = silences(first, &days);
        let batches: Vec<Flagged> = flagged.iter().filter_map(|silence| batch(first, &days, silence)).collect();
        flagged.extend(batches);
        let inside = definitions.iter().filter(|date| (first..=last).contains(*date));
        flagged.extend(inside.map(|date| Flagged { date: *date, why: Why::Definition }));
        flagged.sort_by_key(|flag| (flag.date, matches!(flag.why, Why::Definition)));
        flagged.dedup();
        Ok(Counts { first, days, flagged })
    }

    /// Each day and its count; `None` where nobody said anything.
    pub fn days(&self) -> impl Iterator<Item = (Date, Option<u64>)> + '_ {
        (self.first.0..=u32::MAX).map(Date).zip(self.days.iter().copied())
    }

    /// What is not to be taken as it stands, by day.
    pub fn flagged(&self) -> &[Flagged] {
        &self.flagged
    }

    /// Days at the end of which nobody has said anything: a sentinel that is silent in its slot is news by itself.
    pub fn silent_days(&self) -> usize {
        self.days.iter().rev().take_while(|count| count.is_none()).count()
    }

    /// Whole weeks from the first day on, dated by their first day; a week with a missing day is missing. What is left at
    /// the end is no week.
    pub fn weeks(&self) -> Vec<(Date, Option<u64>)> {
        let sum = |week: &[Option<u64>]| week.iter().try_fold(0u64, |sum, count| Some(sum.saturating_add((*count)?)));
        let weeks = self.days.chunks_exact(7).map(sum);
        (self.first.0..=u32::MAX).step_by(7).map(Date).zip(weeks).collect()
    }

    /// What a model may learn from: the days since the last new definition and the last silence that no batch ended, with
    /// each batch spread evenly over the days it stands for.
    ///
    /// # Errors
    /// [`SeriesError::Gap`] of the first day of a silence that still lasts.
    pub fn series(&self) -> Result<Series, CountsError> {
        let mut values: Vec<(Date, Option<f64>)> =
            self.days().map(|(date, count)| (date, count.map(|count| count as f64))).collect();
        let mut start = self.first;
        for flag in &self.flagged {
            match flag.why {
                Why::Silence(_) => {}
                Why::Definition => start = flag.date,
                Why::Batch(silent) => spread(&mut values, flag.date, silent),
            }
        }
        if let Some(silent) = self.silent_days().checked_sub(1) {
            let first = self.days.len() - 1 - silent;
            return Err(SeriesError::Gap(Date(self.first.0.saturating_add(first as u32))).into());
        }
        let usable = values.iter().rev().take_while(|(date, count)| *date >= start && count.is_some()).count();
        let points: Vec<(Date, f64)> =
            values.iter().rev().take(usable).rev().filter_map(|(date, count)| Some((*date, (*count)?))).collect();
        Ok(Series::new(Frequency::Day, &points)?)
    }
}

/// Each run of days of which nobody said anything.
fn silences(first: Date, days: &[Option<u64>]) -> Vec<Flagged> {
    let mut found: Vec<Flagged> = Vec::new();
    let mut lasts = 0;
    for (day, count) in (first.0..=u32::MAX).zip(days) {
        match count {
            Some(_) => lasts = 0,
            None => {
                lasts += 1;
                if lasts > 1 {
                    found.pop();
                }
                found.push(Flagged { date: Date(day - (lasts - 1)), why: Why::Silence(lasts) });
            }
        }
    }
    found
}

/// The batch that ended a silence, if it was one.
fn batch(first: Date, days: &[Option<u64>], silence: &Flagged) -> Option<Flagged> {
    let Why::Silence(silent) = silence.why else { return None };
    let date = Date(silence.date.0.saturating_add(silent));
    let count_of = |day: u32| days.get(day.checked_sub(first.0)? as usize).copied().flatten();
    let count = count_of(date.0)?;
    let before = silence.date.0.saturating_sub(AROUND_DAYS.0)..silence.date.0;
    let after = date.0.saturating_add(1)..=date.0.saturating_add(AROUND_DAYS.1);
    let around = before.chain(after).filter_map(count_of).max().unwrap_or_default();
    let is_batch = count >= BATCH_LEAST && count > around.saturating_mul(BATCH_TIMES);
    is_batch.then_some(Flagged { date, why: Why::Batch(silent) })
}

/// Spreads a batch evenly over its day and the silent days before.
fn spread(values: &mut [(Date, Option<f64>)], date: Date, silent: u32) {
    let count = values.iter().find(|(day, _)| *day == date).and_then(|(_, count)| *count).unwrap_or_default();
    let share = count / (f64::from(silent) + 1.0);
    let days = date.0.saturating_sub(silent)..=date.0;
    values.iter_mut().filter(|(day, _)| days.contains(&day.0)).for_each(|(_, value)| *value = Some(share));
}

#[cfg(test)]
mod tests;
