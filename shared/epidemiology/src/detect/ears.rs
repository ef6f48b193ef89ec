//! EARS C1, C2 and C3 of the CDC (Hutwagner et al. 2003, doi:10.1007/PL00022319): a point against the seven before it, for
//! series too young to have a season. Daily or weekly.

use super::{Detector, Point, needs};
use crate::forecast::NotApplicable;
use crate::series::{Frequency, Series};

/// Points that make up the baseline.
const BASELINE: usize = 7;
/// Points between the baseline and the one judged, for C2 and C3: an outbreak's first days must not become its baseline.
const LAG: usize = 2;
/// What C3 takes off each day's C2, and what is left must exceed in sum.
const C3_OFF: f64 = 1.0;
const C3_LIMIT: f64 = 2.0;

/// Which of the three.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variant {
    /// Against the seven points just before.
    C1,
    /// Against the seven points before the last two.
    C2,
    /// The C2 of three days, less one each, in sum: a slow rise that none of the three days shows alone. It alarms by that sum,
    /// so that two high days can still alarm on a third without a case.
    C3,
}

/// An EARS detector.
#[derive(Clone, Copy, Debug)]
pub struct Ears {
    /// Which of the three.
    pub variant: Variant,
    /// C1 and C2 alarm above the mean and this many standard deviations. The CDC takes 3, R 3.09.
    pub deviations: f64,
    /// The least standard deviation. 0.5 after Burkom (ESSENCE): on days without cases the first alarms at the second case,
    /// not at once and not never.
    pub floor: f64,
}

impl Ears {
    /// As the CDC ships it, with Burkom's floor.
    pub fn new(variant: Variant) -> Self {
        Ears { variant, deviations: 3.0, floor: 0.5 }
    }

    /// Mean and standard deviation of the baseline that ends `lag` points before `index`.
    fn baseline(&self, values: &[f64], index: usize, lag: usize) -> (f64, f64) {
        let end = index.saturating_sub(lag);
        let baseline = values.get(end.saturating_sub(BASELINE)..end).unwrap_or_default();
        let n = baseline.len().max(2) as f64;
        let mean = baseline.iter().sum::<f64>() / n;
        let variance = baseline.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0);
        (mean, variance.sqrt().max(self.floor))
    }

    /// What the C2 of `index` adds to a C3.
    fn excess(&self, values: &[f64], index: usize) -> f64 {
        let (mean, sd) = self.baseline(values, index, LAG);
        let off = values.get(index).copied().unwrap_or_default() - mean;
        // Without a floor, a series that never varied has no scale: what exceeds it then does so without measure.
        if sd > 0.0 {
            (off / sd - C3_OFF).max(0.0)
        } else if off > 0.0 {
            C3_LIMIT
        } else {
            0.0
        }
    }
}

impl Detector for Ears {
    fn name(&self) -> &'static str {
        match self.variant {
            Variant::C1 => "ears-c1",
            Variant::C2 => "ears-c2",
            Variant::C3 => "ears-c3",
        }
    }

    fn history(&self, _: Frequency) -> usize {
        match self.variant {
            Variant::C1 => BASELINE,
            Variant::C2 => BASELINE + LAG,
            Variant::C3 => BASELINE + 2 * LAG,
        }
    }

    fn at(&self, series: &Series, index: usize) -> Result<Point, NotApplicable> {
        let values = series.values();
        needs(values, index, self.history(series.frequency()))?;
        let lag = if self.variant == Variant::C1 { 0 } else { LAG };
        let (mean, sd) = self.baseline(values, index, lag);
        if self.variant != Variant::C3 {
            return Ok(Point::new(values, index, mean, mean + self.deviations * sd));
        }
        let before: f64 = (1..=LAG).map(|back| self.excess(values, index - back)).sum();
        let upper = mean + sd * (C3_OFF + (C3_LIMIT - before).max(0.0));
        let alarm = before + self.excess(values, index) > C3_LIMIT;
        Ok(Point { alarm, ..Point::new(values, index, mean, upper) })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test panics")]

    use super::*;
    use crate::detect::open::{columns, simulated, weeks};

    #[test]
    fn c1_and_c2_are_those_of_r() {
        let golden = columns(include_str!("../../tests/data/golden_detect_open10.csv"));
        let all = simulated();
        // R's point of alarm and no floor, as R computes.
        let as_r = |variant| Ears { variant, deviations: 3.090_232_306_167_813, floor: 0.0 };
        let mut bounds = 0;
        for at in 0..golden["series"].len() {
            let series = &all[&golden["series"][at]];
            let week: usize = golden["week"][at].parse().unwrap();
            for (variant, bound, alarm) in [(Variant::C1, "c1_ub", "c1_alarm"), (Variant::C2, "c2_ub", "c2_alarm")] {
                let point = as_r(variant).at(series, week - 1).unwrap();
                let theirs: f64 = golden[bound][at].parse().unwrap();
                assert!((point.upper - theirs).abs() < 1e-6, "{at} {variant:?}: {point:?} {theirs}");
                assert_eq!(point.alarm, golden[alarm][at] == "1", "{at} {variant:?}: {point:?}");
                bounds += 1;
            }
        }
        assert_eq!(bounds, 200);
    }

    #[test]
    fn with_the_floor_one_case_among_zeros_is_none_and_two_are_one() {
        let mut counts = vec![0.0; 12];
        for variant in [Variant::C1, Variant::C2] {
            counts[11] = 1.0;
            let one = Ears::new(variant).at(&weeks(&counts), 11).unwrap();
            counts[11] = 2.0;
            let two = Ears::new(variant).at(&weeks(&counts), 11).unwrap();
            assert!(!one.alarm && two.alarm && two.upper == 1.5, "{two:?}");
        }
    }

    #[test]
    fn c3_adds_up_what_three_days_show() {
        // Baseline 0, floor 0.5: C2 is twice the count. 1, 1, 1 gives (2 - 1) * 3 = 3 > 2 on the third day only.
        let mut counts = vec![0.0; 14];
        counts[11..].copy_from_slice(&[1.0, 1.0, 1.0]);
        let detector = Ears::new(Variant::C3);
        let alarms: Vec<bool> = (11..14).map(|at| detector.at(&weeks(&counts), at).unwrap().alarm).collect();
        assert_eq!(alarms, [false, false, true]);
        assert!(detector.at(&weeks(&counts), 10).is_err());
        // Without a floor there is no 0 / 0 either.
        let bare = Ears { floor: 0.0, ..detector };
        assert!(bare.at(&weeks(&counts), 13).unwrap().upper.is_finite());
    }
}
