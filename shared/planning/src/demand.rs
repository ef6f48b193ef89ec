//! How many beds a forecast will fill, and on which day they will not be enough.
//!
//! Who is admitted on a day stays for a time that is known as a distribution; the beds that are filled on a day are those
//! of everybody admitted before who is still there. Three courses are followed: every day at its low, its middle and its
//! high quantile. Days that are all high together are less likely than the high of one day, so the band is wider than the
//! quantiles it is made of: for beds the safe side.

use statrs::distribution::{ContinuousCDF, LogNormal};

/// Days ahead.
pub const AHEAD: usize = 14;
/// The longest stay that is followed; of the stays known here fewer than one in ten thousand is longer.
const LONGEST: usize = 120;
/// The quartiles of the standard normal distribution.
const QUARTILE: f64 = 0.674_489_750_196_081_7;

/// How long patients stay, by median and quartiles in days.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stay {
    /// The median.
    pub median: f64,
    /// The first and third quartile.
    pub quartiles: (f64, f64),
    /// Whose figures these are.
    pub source: &'static str,
}

/// What share of cases needs a kind of bed, and for how long.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Care {
    /// The kind of bed.
    pub resource: &'static str,
    /// Of a thousand cases so many.
    pub per_mille: u32,
    /// Whose figure that is.
    pub source: &'static str,
    /// How long.
    pub stay: Stay,
}

/// Rees et al., the one review that pools stays by country.
const REES: &str = "Rees et al. 2020, BMC Medicine 18:270, doi:10.1186/s12916-020-01726-3: China";
/// Whose figure of severity is taken: shares of 44,672 cases by China CDC as taken up by WHO.
pub const SEVERITY_SOURCE: &str = "WHO, Clinical management of SARI when COVID-19 disease is suspected, v1.2, 13 March 2020: 14 % severe, 5 % intensive care";
/// Of a thousand cases so many are in intensive care, by [`SEVERITY_SOURCE`].
pub(crate) const INTENSIVE_PER_MILLE: u32 = 50;

/// COVID-19 where every case is isolated in hospital, as in China in 2021: every case an isolation bed, one in twenty
/// intensive care.
pub const COVID_19: [Care; 2] = [
    Care {
        resource: "isolation",
        per_mille: 1000,
        source: "every case is admitted: a rule, not an estimate",
        stay: Stay { median: 14.0, quartiles: (10.0, 19.0), source: REES },
    },
    Care {
        resource: "adult-icu",
        per_mille: INTENSIVE_PER_MILLE,
        source: SEVERITY_SOURCE,
        stay: Stay { median: 8.0, quartiles: (5.0, 13.0), source: REES },
    },
];

/// Cases of a day to come in thousandths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Coming {
    /// A low quantile.
    pub low: u64,
    /// The median.
    pub middle: u64,
    /// A high quantile.
    pub high: u64,
}

/// Beds filled on a day to come, rounded up to whole beds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Filled {
    /// When every day is low.
    pub low: u64,
    /// In the middle.
    pub middle: u64,
    /// When every day is high.
    pub high: u64,
}

/// The first days, 1 being tomorrow, on which beds will not be enough.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shortage {
    /// When every day is high: prepare.
    pub earliest: Option<usize>,
    /// In the middle: expect it.
    pub expected: Option<usize>,
}

impl Stay {
    /// The share that is still there so many days after admission; all on the day itself. A log-normal with that median
    /// and that distance of the quartiles, the usual form of stays.
    fn still_there(&self) -> Vec<f64> {
        let spread = (self.quartiles.1 / self.quartiles.0).ln() / (2.0 * QUARTILE);
        let stays = LogNormal::new(self.median.ln(), spread.max(f64::EPSILON)).ok();
        let share = |days: usize| match (&stays, days) {
            (_, 0) => 1.0,
            (Some(stays), days) => stays.sf(days as f64),
            (None, _) => 0.0,
        };
        (0..=LONGEST).map(share).collect()
    }
}

impl Care {
    /// Beds filled on each of the days that `coming` forecasts, at most [`AHEAD`]; `past` are the cases by day, the last
    /// one today's.
    pub fn filled(&self, past: &[u64], coming: &[Coming]) -> Vec<Filled> {
        let there = self.stay.still_there();
        let course = |of: fn(&Coming) -> u64| {
            let past = past.iter().map(|cases| *cases as f64);
            let days = past.chain(coming.iter().take(AHEAD).map(|day| of(day) as f64 / 1000.0)).collect::<Vec<_>>();
            let today = days.len() - coming.len().min(AHEAD);
            (today..days.len()).map(|day| self.beds(days.get(..=day).unwrap_or_default(), &there)).collect::<Vec<_>>()
        };
        let (low, middle, high) = (course(|day| day.low), course(|day| day.middle), course(|day| day.high));
        let together = low.into_iter().zip(middle).zip(high);
        together.map(|((low, middle), high)| Filled { low, middle, high }).collect()
    }

    /// Beds filled on the last day.
    fn beds(&self, days: &[f64], there: &[f64]) -> u64 {
        let lie = days.iter().rev().zip(there).map(|(admitted, share)| admitted * share).sum::<f64>();
        // A millionth is less than any real share of a bed and more than the rounding of a sum.
        (lie * f64::from(self.per_mille) / 1000.0 - 1e-6).max(0.0).ceil() as u64
    }
}

/// When so many beds will not be enough.
pub fn shortage(filled: &[Filled], beds: u64) -> Shortage {
    let first = |of: fn(&Filled) -> u64| filled.iter().position(|day| of(day) > beds).map(|at| at + 1);
    Shortage { earliest: first(|day| day.high), expected: first(|day| day.middle) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Everybody stays for exactly ten days.
    const TEN: Care = Care {
        resource: "isolation",
        per_mille: 500,
        source: "",
        stay: Stay { median: 9.5, quartiles: (9.5, 9.5), source: "" },
    };

    fn steady(cases: u64) -> Coming {
        Coming { low: cases * 1000, middle: cases * 1000, high: cases * 1000 }
    }

    #[test]
    fn a_steady_inflow_fills_its_share_times_its_stay() {
        let filled = TEN.filled(&[100; 30], &[steady(100); 14]);
        // 100 a day, half of them admitted, ten days each.
        assert_eq!(filled, [Filled { low: 500, middle: 500, high: 500 }; 14]);
    }

    #[test]
    fn beds_empty_when_nobody_comes_any_more() {
        let filled = TEN.filled(&[0, 0, 20], &[steady(0); 14]);
        let middle: Vec<_> = filled.iter().map(|day| day.middle).collect();
        // Admitted today: there for nine days more.
        assert_eq!(middle, [10, 10, 10, 10, 10, 10, 10, 10, 10, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn half_the_stays_are_longer_than_the_median_and_a_quarter_than_the_third_quartile() {
        let there = COVID_19[0].stay.still_there();
        assert!((there[14] - 0.5).abs() < 1e-9);
        assert!((there[19] - 0.25).abs() < 0.02, "{}", there[19]);
        assert!((there[10] - 0.75).abs() < 0.02, "{}", there[10]);
        assert!(there[LONGEST] < 1e-4);
        assert!(there.is_sorted_by(|day, next| day >= next));
    }

    #[test]
    fn the_first_day_that_is_short_is_named_for_the_middle_and_the_high_course() {
        let days: Vec<_> = (1..=14).map(|day| Filled { low: day, middle: 2 * day, high: 4 * day }).collect();
        assert_eq!(shortage(&days, 20), Shortage { earliest: Some(6), expected: Some(11) });
        assert_eq!(shortage(&days, 56), Shortage::default());
        assert_eq!(shortage(&[], 0), Shortage::default());
    }

    #[test]
    fn no_more_days_are_looked_ahead_than_said() {
        assert_eq!(TEN.filled(&[], &[steady(1); 30]).len(), AHEAD);
        assert_eq!(TEN.filled(&[5], &[]), []);
    }
}
