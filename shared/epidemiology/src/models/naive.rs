//! The flat naive baseline: what was counted last is counted again. Every other model is measured against it.

use crate::forecast::{Forecast, Model, NotApplicable, Quantiles, quantiles};
use crate::random::Random;
use crate::series::{Series, SeriesError};

/// Paths that are simulated: half of them drawn, the other half their mirror images. The end quantiles then rest on
/// twenty paths each.
const PATHS: usize = 2_000;

/// The baseline of the public forecast hubs (`COVIDhub-baseline`, `FluSight-baseline`; Cramer et al. 2022,
/// doi:10.1073/pnas.2113561119): each step's median is the last count; its spread comes from the differences between
/// neighbouring counts and their mirror images, drawn with replacement and summed along each path.
#[derive(Clone, Copy, Debug)]
pub struct Naive {
    /// Where the draws start.
    pub seed: u64,
}

impl Default for Naive {
    fn default() -> Self {
        Naive { seed: 20_210_720 }
    }
}

impl Model for Naive {
    fn name(&self) -> &'static str {
        "naive"
    }

    fn forecast(&self, series: &Series, steps: usize) -> Result<Forecast, NotApplicable> {
        let values = series.values();
        let Some(last) = values.last().filter(|_| values.len() > 1) else {
            return Err(SeriesError::TooShort { points: values.len(), needed: 2 }.into());
        };
        let differences: Vec<f64> =
            values.iter().zip(values.iter().skip(1)).map(|(before, after)| after - before).collect();
        let rows = paths(&differences, steps, self.seed).into_iter().map(|row| row.map(|change| last + change));
        Forecast::new(rows.collect())
    }
}

/// For each step the quantiles of the sum of that many changes, each a difference or its mirror image. A path and its
/// mirror image are equally likely, so that both are taken and the medians are exactly 0.
fn paths(differences: &[f64], steps: usize, seed: u64) -> Vec<Quantiles> {
    let mut random = Random::new(seed);
    let mut sums = vec![0.0; PATHS / 2];
    let mut samples = vec![0.0; PATHS];
    let step = |_| {
        for sum in &mut sums {
            let change = differences.get(random.below(differences.len())).copied().unwrap_or_default();
            *sum += if random.bits() >> 63 == 0 { change } else { -change };
        }
        for (pair, sum) in samples.chunks_exact_mut(2).zip(&sums) {
            pair.copy_from_slice(&[*sum, -sum]);
        }
        quantiles(&mut samples)
    };
    (0..steps).map(step).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test panics")]

    use domain::time::Date;

    use super::*;
    use crate::forecast::MEDIAN;
    use crate::series::Frequency;

    fn series(values: &[f64]) -> Series {
        let points: Vec<_> = (18_000..).map(Date).zip(values.iter().copied()).collect();
        Series::new(Frequency::Day, &points).unwrap()
    }

    #[test]
    fn the_median_stays_and_the_spread_grows() {
        let values: Vec<f64> = (0..60).map(|at| 100.0 + f64::from(at * 37 % 11)).collect();
        let forecast = Naive::default().forecast(&series(&values), 14).unwrap();
        assert!(forecast.medians().all(|median| (median - values[59]).abs() < 1e-12));
        let width = |step: usize| forecast.steps()[step][21] - forecast.steps()[step][1];
        // Independent changes: the spread grows with the square root of the steps (from 4 to 14, beyond the first lumps).
        assert!((width(13) / width(3) - 3.5_f64.sqrt()).abs() < 0.15, "{} {}", width(3), width(13));
    }

    #[test]
    fn one_step_has_the_quantiles_of_the_mirrored_differences() {
        // Differences 1, -2, 3: mirrored -3, -2, -1, 1, 2, 3, a sixth each.
        let forecast = Naive::default().forecast(&series(&[10.0, 11.0, 9.0, 12.0]), 1).unwrap();
        let row = forecast.steps()[0];
        assert_eq!((row[0], row[MEDIAN], row[22]), (9.0, 12.0, 15.0));
        assert_eq!((row[6], row[16]), (10.0, 14.0));
    }

    #[test]
    fn the_same_seed_gives_the_same_bytes_and_counts_stay_counts() {
        let outbreak = series(&[0.0, 0.0, 4.0, 9.0, 2.0, 0.0, 1.0]);
        let forecast = Naive::default().forecast(&outbreak, 7).unwrap();
        assert_eq!(forecast, Naive::default().forecast(&outbreak, 7).unwrap());
        assert_ne!(forecast, Naive { seed: 1 }.forecast(&outbreak, 7).unwrap());
        assert!(forecast.steps().iter().flatten().all(|value| *value >= 0.0));
        assert!(Naive::default().forecast(&series(&[5.0]), 1).is_err());
    }
}
