//! Chance from a seed: the same seed gives the same numbers on every machine.

/// A small generator (splitmix64, Steele et al. 2014, doi:10.1145/2660193.2660195): good enough for paths of a simulation,
/// never for secrets.
#[derive(Clone, Debug)]
pub struct Random {
    state: u64,
}

/// The mean up to which a Poisson number is found by adding its probabilities: there its skewness is 0.1, and the normal
/// is off by less than half a case in the 95 % interval.
const POISSON_BY_COUNTING: f64 = 100.0;

impl Random {
    /// Starts at a seed.
    pub fn new(seed: u64) -> Self {
        Random { state: seed }
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.state;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// Uniform in (0, 1), never 0 or 1, so that logarithms stay finite.
    pub fn uniform(&mut self) -> f64 {
        ((self.bits() >> 12) as f64 + 0.5) / (1_u64 << 52) as f64
    }

    /// Uniform below `end`; 0 for 0.
    pub fn below(&mut self, end: usize) -> usize {
        let place = (u128::from(self.bits()) * end as u128) >> 64;
        usize::try_from(place).unwrap_or_default()
    }

    /// Standard normal (Box and Muller 1958).
    pub fn normal(&mut self) -> f64 {
        let (radius, angle) = (self.uniform(), self.uniform());
        (-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * angle).cos()
    }

    /// Laplace with mean 0 and the given scale.
    pub fn laplace(&mut self, scale: f64) -> f64 {
        let place = self.uniform() - 0.5;
        -scale * place.signum() * (1.0 - 2.0 * place.abs()).ln()
    }

    /// Gamma with this shape and scale 1 (Marsaglia and Tsang 2000, doi:10.1145/358407.358414); 0 for a shape that is not
    /// above 0.
    pub fn gamma(&mut self, shape: f64) -> f64 {
        if shape.is_nan() || shape <= 0.0 {
            return 0.0;
        }
        if shape < 1.0 {
            let power = self.uniform().powf(1.0 / shape);
            return power * self.gamma(shape + 1.0);
        }
        let centre = shape - 1.0 / 3.0;
        let width = 1.0 / (9.0 * centre).sqrt();
        loop {
            let normal = self.normal();
            let cube = (1.0 + width * normal).powi(3);
            if cube > 0.0 && self.uniform().ln() < 0.5 * normal * normal + centre * (1.0 - cube + cube.ln()) {
                return centre * cube;
            }
        }
    }

    /// Poisson with this mean; 0 for a mean that is not above 0. For means above 100 it is the rounded normal
    /// of the same mean and variance.
    pub fn poisson(&mut self, mean: f64) -> f64 {
        if mean.is_nan() || mean <= 0.0 {
            return 0.0;
        }
        if mean > POISSON_BY_COUNTING {
            return (mean + mean.sqrt() * self.normal()).round().max(0.0);
        }
        let (mut count, mut chance) = (0.0, (-mean).exp());
        let mut left = self.uniform() - chance;
        while left > 0.0 && count < 4.0 * POISSON_BY_COUNTING {
            count += 1.0;
            chance *= mean / count;
            left -= chance;
        }
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_numbers_are_those_of_the_paper() {
        // Reference values of splitmix64 for seed 1234567.
        let mut random = Random::new(1_234_567);
        assert_eq!([random.bits(), random.bits()], [6_457_827_717_110_365_317, 3_203_168_211_198_807_973]);
    }

    #[test]
    fn moments_are_as_they_should_be() {
        let mut random = Random::new(1);
        let normals: Vec<f64> = (0..20_000).map(|_| random.normal()).collect();
        let mean = normals.iter().sum::<f64>() / 20_000.0;
        let variance = normals.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / 20_000.0;
        assert!(mean.abs() < 0.03 && (variance - 1.0).abs() < 0.05, "{mean} {variance}");
        let spread = (0..20_000).map(|_| random.laplace(2.0).abs()).sum::<f64>() / 20_000.0;
        assert!((spread - 2.0).abs() < 0.1, "{spread}");
        for mean in [0.3, 4.0, 60.0, 400.0] {
            for draw in [Random::gamma, Random::poisson] {
                let draws: Vec<f64> = (0..20_000).map(|_| draw(&mut random, mean)).collect();
                let average = draws.iter().sum::<f64>() / 20_000.0;
                let variance = draws.iter().map(|value| (value - average).powi(2)).sum::<f64>() / 20_000.0;
                assert!(
                    (average / mean - 1.0).abs() < 0.05 && (variance / mean - 1.0).abs() < 0.08,
                    "{mean} {variance}"
                );
            }
        }
        assert_eq!((random.gamma(f64::NAN), random.poisson(-1.0)), (0.0, 0.0));
        assert!((0..1000).all(|_| random.below(3) < 3) && random.below(0) == 0);
    }
}
