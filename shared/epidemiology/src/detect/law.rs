//! The law of counts that detectors compare with: negative binomial, Poisson when nothing spreads beyond chance.

use statrs::distribution::{ContinuousCDF, Gamma};

/// Beyond this variance the law is no longer summed term by term: a gamma law of the same mean and variance differs by less
/// than one case in a spread of ten thousand, and the time of an answer must not grow with the counts.
const LARGEST_SUMMED_VARIANCE: f64 = 1e8;
/// The same for the dispersion, which sets how slowly the terms fall.
const LARGEST_SUMMED_DISPERSION: f64 = 1e4;
/// Terms below this share of the one at the mean are left out; a double has no digits for them.
const NEGLIGIBLE: f64 = 1e-18;
/// Means below this are taken as this: a week without any case in years is still not impossible to have one.
const SMALLEST_MEAN: f64 = 1e-9;

/// How the chance of the count itself is shared between "this many" and "not even this many".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tie {
    /// All of it speaks for the usual, as in R. With few cases the true share of alarms is then well below the one asked for.
    Whole,
    /// Half of it does (Lancaster's mid-p, 1961, doi:10.1080/01621459.1961.10482105), so that sparse and frequent diseases have
    /// the same share of alarms.
    Half,
}

/// Counts with mean `mean` and variance `dispersion * mean`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CountLaw {
    mean: f64,
    dispersion: f64,
}

impl CountLaw {
    /// A law with this mean and dispersion; a dispersion below 1 is taken as 1 (Poisson).
    pub(crate) fn new(mean: f64, dispersion: f64) -> Self {
        CountLaw { mean: mean.max(SMALLEST_MEAN), dispersion: dispersion.max(1.0) }
    }

    /// The chance of k + 1 cases over the chance of k.
    fn step(&self, k: f64) -> f64 {
        if self.dispersion > 1.0 {
            let size = self.mean / (self.dispersion - 1.0);
            (k + size) / (k + 1.0) * (1.0 - 1.0 / self.dispersion)
        } else {
            self.mean / (k + 1.0)
        }
    }

    /// The least count with a term worth counting, and the terms from there on, in units of the one at the mean.
    fn terms(&self) -> (f64, Vec<f64>) {
        let start = self.mean.floor();
        let (mut terms, mut term, mut least) = (Vec::new(), 1.0, start);
        while least >= 1.0 && term > NEGLIGIBLE {
            least -= 1.0;
            term /= self.step(least);
            terms.push(term);
        }
        terms.reverse();
        let (mut term, mut k) = (1.0, start);
        while term > NEGLIGIBLE {
            terms.push(term);
            term *= self.step(k);
            k += 1.0;
        }
        (least, terms)
    }

    /// The gamma law that stands in where there are too many terms.
    fn smooth(&self) -> Option<Gamma> {
        let wide = self.mean * self.dispersion > LARGEST_SUMMED_VARIANCE || self.dispersion > LARGEST_SUMMED_DISPERSION;
        if wide { Gamma::new(self.mean / self.dispersion, 1.0 / self.dispersion).ok() } else { None }
    }

    /// The largest count that is still usual: one more would be reached or exceeded with a chance of at most `alpha`.
    pub(crate) fn upper(&self, alpha: f64, tie: Tie) -> f64 {
        if let Some(law) = self.smooth() {
            return law.inverse_cdf(1.0 - alpha).ceil();
        }
        let (least, terms) = self.terms();
        let allowed = alpha * terms.iter().sum::<f64>();
        let mut above = 0.0;
        // From the top, where the small terms keep their digits.
        for (place, term) in terms.iter().enumerate().rev() {
            let own = if tie == Tie::Half { 0.5 * term } else { *term };
            if above + own > allowed {
                return least + place as f64;
            }
            above += term;
        }
        least
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_as_by_hand_and_in_the_golden() {
        // Poisson, by adding up its terms.
        for (mean, bound) in [(0.1, 1.0), (1.0, 4.0), (10.0, 19.0), (1000.0, 1082.0)] {
            assert_eq!(CountLaw::new(mean, 1.0).upper(0.005, Tie::Whole), bound, "{mean}");
        }
        // One of a Poisson law with mean 0.1 has the chance 0.0905 and more 0.0047: 0.0499 with half of it, 0.0952 with all.
        let law = CountLaw::new(0.1, 1.0);
        assert_eq!((law.upper(0.05, Tie::Half), law.upper(0.05, Tie::Whole)), (0.0, 1.0));
        // From the golden file of Farrington Flexible: (mu, phi) and the bound.
        for (mean, phi, bound) in [(0.973929, 1.896265, 7.0), (0.72993, 1.7811, 6.0)] {
            assert_eq!(CountLaw::new(mean, phi).upper(0.005, Tie::Whole), bound, "{mean}");
        }
    }

    #[test]
    fn no_law_takes_long_or_leaves_the_numbers() {
        for mean in [0.0, 1e-12, 0.3, 1e3, 1e7, 1e12] {
            for dispersion in [0.5, 1.0, 1.0 + 1e-12, 3.0, 1e3, 1e6, 1e12] {
                let bound = CountLaw::new(mean, dispersion).upper(0.005, Tie::Whole);
                assert!(bound.is_finite() && bound >= 0.0, "{mean} {dispersion} {bound}");
            }
        }
        // The stand-in joins on smoothly: the summed bound at the border is within a thousandth of the gamma law's.
        let (summed, smooth) =
            (CountLaw::new(1e6, 99.0).upper(0.005, Tie::Whole), CountLaw::new(1e6, 101.0).upper(0.005, Tie::Whole));
        assert!((summed / smooth - 1.0).abs() < 1e-3, "{summed} {smooth}");
    }
}
