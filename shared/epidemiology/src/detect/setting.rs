//! The two settings that are shipped, *alert* and *watch*: what several detectors say, in one bound.
//!
//! What is expected is the geometric mean of Farrington Flexible, which follows sharp seasons, and of the harmonic regression,
//! which is steady. Around it two questions are asked, with mid-p bounds:
//!
//! - is this week too high by itself, or
//! - is it high ([`HIGH`]) and, together with the week before, too high? An outbreak rarely keeps to the weeks of a calendar.
//!
//! The second finds more of the small outbreaks, the first finds them in their first week. So *alert*, which must be rare,
//! relies on the second, and *watch* differs from it by one figure: it asks the first less strictly. What alerts is watched.
//!
//! # How good they are
//!
//! The levels were chosen on simulated series of our own (the ten open scenarios refitted, half of the series with four older
//! outbreaks), to stay just under one and two false alarms in a hundred weeks. The table is of 1,800 further ones, and of the
//! fifty open series, to which `tests` holds it. FPR is the share of weeks without cases of the outbreak that alarm,
//! among the last 49. POD is the share of outbreaks with an alarm in a week that has cases of the outbreak; "first" with an
//! alarm in the first of these; delay the mean of weeks from that first week to the first alarm, of those found.
//!
//! | | FPR | POD | first | delay | open: FPR | POD | first | delay |
//! |---|---|---|---|---|---|---|---|---|
//! | Farrington alone, 0.005 | .0060 | .34 | .25 | .27 | .0039 | .24 | .18 | .33 |
//! | Farrington alone, 0.01 | .0105 | .41 | .31 | .24 | .0074 | .36 | .30 | .22 |
//! | Farrington alone, 0.02 | .0187 | .51 | .39 | .25 | .0169 | .42 | .38 | .14 |
//! | alert | .0089 | .47 | .24 | .52 | .0069 | .46 | .26 | .43 |
//! | watch | .0188 | .53 | .39 | .30 | .0147 | .52 | .38 | .31 |
//!
//! Of fifty outbreaks one is two percent: the open POD is as uncertain as +- .07. Alert pays for finding more with finding
//! later. The sparsest scenario (one case in six weeks) has twice the share of false alarms of the others.
//!
//! With the true mean and dispersion known, which no detector has, a single week finds 40 % at an FPR of 0.8 % and 53 % at
//! 1.8 %: no more is to be had from the first question.
//!
//! # Young and daily series
//!
//! Before five years and three weeks there is no season to compare with. Then the last quarter of a year is the baseline, less
//! the last two points, as in EARS C2, and the levels are shared among the days of a week. After a quarter without a case the
//! first case alarms. Daily counts with a longer history are judged by the sum of their last seven days, whatever day the week
//! began on, so that no alarm comes or goes with an edge of a week.

use super::farrington::{Baseline, Farrington};
use super::law::{CountLaw, Tie};
use super::{Detector, Point, harmonic, needs};
use crate::forecast::NotApplicable;
use crate::series::{Frequency, Series};

/// A week counts as high, for the second question, if so many cases or more come in fewer than one week in ten. It keeps the
/// week after an outbreak from alarming by the week before it: two in three of those false alarms are gone with it.
const HIGH: f64 = 0.1;
/// What Farrington expects at least where there were cases, though none in the 35 weeks round this one: one half in these.
const LEAST_EXPECTED: f64 = 0.5 / 35.0;
/// Days of the baseline of a young series: a quarter of a year.
const QUARTER: u32 = 91;
/// Points between that baseline and the point judged, as in EARS C2.
const LAG: usize = 2;
/// The fewest points of that baseline, as in EARS.
const FEWEST: usize = 7;
/// Days in a week.
const WEEK: usize = 7;

/// A setting: the chance of a false alarm that each question may have in a week.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    name: &'static str,
    single: f64,
    pair: f64,
}

impl Setting {
    /// What is to be looked into: fewer than one false alarm in a hundred weeks.
    pub const ALERT: Setting = Setting { name: "alert", single: 0.002, pair: 0.006 };
    /// What is to be kept in view: fewer than two false alarms in a hundred weeks.
    pub const WATCH: Setting = Setting { name: "watch", single: 0.012, pair: 0.006 };

    /// The bound of one point, given the one before and what was expected; the levels are divided into `shares`.
    fn bound(&self, expected: Baseline, previous: f64, shares: f64) -> f64 {
        let law = CountLaw::new(expected.mean, expected.dispersion);
        let pair = CountLaw::new(expected.mean + expected.before, expected.dispersion);
        let single = law.upper(self.single / shares, Tie::Half);
        let together = pair.upper(self.pair / shares, Tie::Half) - previous;
        single.min(together.max(law.upper(HIGH, Tie::Half)))
    }

    fn judge(&self, grounds: &Grounds) -> Point {
        let Grounds { count, previous, expected, shares } = *grounds;
        let upper = self.bound(expected, previous, shares);
        Point { count, expected: expected.mean, upper, alarm: count > upper }
    }

    /// Judges the point at `index` by both settings, alert first, for the price of one.
    ///
    /// # Errors
    /// As for [`Detector::at`].
    pub fn both(series: &Series, index: usize) -> Result<(Point, Point), NotApplicable> {
        let grounds = Grounds::of(series, index)?;
        Ok((Setting::ALERT.judge(&grounds), Setting::WATCH.judge(&grounds)))
    }
}

/// What a judgement stands on.
#[derive(Clone, Copy, Debug)]
struct Grounds {
    count: f64,
    previous: f64,
    expected: Baseline,
    shares: f64,
}

impl Grounds {
    fn of(series: &Series, index: usize) -> Result<Self, NotApplicable> {
        let (values, frequency) = (series.values(), series.frequency());
        needs(values, index, FEWEST + LAG)?;
        let years = Farrington::default().history(Frequency::Week);
        let known = values.get(..=index).unwrap_or_default();
        match frequency {
            Frequency::Week if index >= years => Ok(Grounds::new(known, seasoned(known, index)?, 1.0)),
            Frequency::Day if known.len() / WEEK > years => {
                let whole = known.get(known.len() % WEEK..).unwrap_or_default();
                let weeks: Vec<f64> = whole.chunks(WEEK).map(|days| days.iter().sum()).collect();
                Ok(Grounds::new(&weeks, seasoned(&weeks, weeks.len() - 1)?, 1.0))
            }
            _ => {
                let quarter = (QUARTER / frequency.days()) as usize;
                Ok(Grounds::new(known, young(known, quarter), WEEK as f64 / f64::from(frequency.days())))
            }
        }
    }

    /// Of the last of `known`.
    fn new(known: &[f64], expected: Baseline, shares: f64) -> Self {
        let mut latest = known.iter().rev().copied();
        let (count, previous) = (latest.next().unwrap_or_default(), latest.next().unwrap_or_default());
        Grounds { count, previous, expected, shares }
    }
}

/// What five years of weeks and more let expect of the week at `index`.
fn seasoned(values: &[f64], index: usize) -> Result<Baseline, NotApplicable> {
    let sharp = Farrington::default().baseline(values, index);
    match (sharp, harmonic::baseline(values, index)) {
        (Ok(sharp), Some(steady)) => {
            let middle = |sharp: f64, steady: f64| (sharp.max(LEAST_EXPECTED) * steady).sqrt();
            Ok(Baseline {
                mean: middle(sharp.mean, steady.mean),
                before: middle(sharp.before, steady.before),
                dispersion: (sharp.dispersion + steady.dispersion) / 2.0,
            })
        }
        (Err(_), Some(steady)) => Ok(steady),
        (sharp, None) => sharp,
    }
}

/// What the last quarter of a year lets expect of the last of `known`.
fn young(known: &[f64], quarter: usize) -> Baseline {
    let end = known.len().saturating_sub(1 + LAG);
    let past = known.get(end.saturating_sub(quarter)..end).unwrap_or_default();
    let n = past.len().max(2) as f64;
    let mean = past.iter().sum::<f64>() / n;
    let variance = past.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0);
    let spread = if mean > 0.0 { (variance / mean).max(1.0) } else { 1.0 };
    // The mean of few points is itself uncertain.
    Baseline { mean, before: mean, dispersion: spread * (1.0 + 1.0 / n) }
}

impl Detector for Setting {
    fn name(&self) -> &'static str {
        self.name
    }

    fn history(&self, _: Frequency) -> usize {
        FEWEST + LAG
    }

    /// Of daily counts with more than five years of history, count, expectation and bound are those of the last seven days.
    fn at(&self, series: &Series, index: usize) -> Result<Point, NotApplicable> {
        Ok(self.judge(&Grounds::of(series, index)?))
    }
}

#[cfg(test)]
mod tests;
