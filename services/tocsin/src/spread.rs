//! How long things took: the median and what one in a hundred exceeds.

use std::time::Duration;

/// Median and 99th percentile in milliseconds.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub struct Spread {
    /// Median.
    pub p50: f64,
    /// 99th percentile.
    pub p99: f64,
}

impl Spread {
    /// Of these times, which it sorts.
    pub fn of(times: &mut [Duration]) -> Self {
        Spread { p50: percentile(times, 50), p99: percentile(times, 99) }
    }
}

/// The `p`th percentile of times in milliseconds (nearest rank); 0 of none. It sorts them.
pub fn percentile(times: &mut [Duration], p: usize) -> f64 {
    times.sort_unstable();
    let rank = (times.len() * p).div_ceil(100).max(1);
    times.get(rank - 1).map_or(0.0, |time| time.as_secs_f64() * 1e3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_by_nearest_rank() {
        let mut times = (1..=200).rev().map(Duration::from_millis).collect::<Vec<_>>();
        assert_eq!((percentile(&mut times, 50), percentile(&mut times, 99)), (100.0, 198.0));
        assert_eq!(percentile(&mut times[..1], 99), 1.0);
        assert_eq!(percentile(&mut [], 50), 0.0);
    }
}
