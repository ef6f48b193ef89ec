//! The space-time scan: is there a neighbourhood that has had more cases than its share in the last days?
//!
//! After Kulldorff (1997, doi:10.1080/03610929708831995; prospective: 2001, doi:10.1111/1467-985X.00186), on a graph of regions
//! in place of a map: a zone is a region and all within so many borders of it, which is always connected. Each zone is looked
//! at over each of the last windows of time. The p-value is that of the most unusual of all of them, among replicates in which
//! the same number of cases falls by the expectation alone, so that looking everywhere costs nothing.
//!
//! It does not learn what to expect: give it the means of a detector, or the shares of past counts. With daily scans, one
//! false signal a year is a p of 1/365.

use std::collections::BTreeSet;

use crate::forecast::NotApplicable;
use crate::random::Random;

/// Cases times replicates that are drawn at most: some seconds of work.
pub const MOST_DRAWS: f64 = 5e7;
/// Zones beyond this share of all that is expected are the rest of the country, not a cluster (SaTScan's default).
const LARGEST_SHARE: f64 = 0.5;

/// How to scan.
#[derive(Clone, Copy, Debug)]
pub struct Scan {
    /// Borders from the middle of a zone to its rim, at most. 0 looks at each region alone.
    pub radius: usize,
    /// Points of time in the longest window; every window ends with the last point.
    pub window: usize,
    /// Replicates; 999 give p-values of down to 0.001.
    pub replicates: usize,
    /// What the replicates are drawn from.
    pub seed: u64,
}

/// The most unusual zone and window.
#[derive(Clone, Debug, PartialEq)]
pub struct Cluster {
    /// The region in the middle.
    pub centre: usize,
    /// The regions of the zone, ascending.
    pub regions: Vec<usize>,
    /// Points of time in the window, which ends with the last.
    pub window: usize,
    /// Cases in zone and window.
    pub observed: f64,
    /// What was to be expected there of all cases.
    pub expected: f64,
    /// Poisson log likelihood ratio.
    pub log_ratio: f64,
    /// The chance of a ratio as large anywhere.
    pub p: f64,
}

/// A zone: its middle and its regions.
type Zone = (usize, Vec<usize>);

impl Scan {
    /// Looks for a cluster in `counts` (one row a region, one column a point of time, whole numbers) given what was `expected`
    /// in the same cells, up to a common factor. `neighbours` are the regions that border on each. `None` if no zone has more
    /// than its share.
    ///
    /// # Errors
    /// [`NotApplicable::Condition`] for tables that do not fit each other or the graph, values that are no counts, cases where
    /// nothing was expected at all, and for more work than [`MOST_DRAWS`].
    pub fn run(
        &self,
        neighbours: &[Vec<usize>],
        counts: &[Vec<f64>],
        expected: &[Vec<f64>],
    ) -> Result<Option<Cluster>, NotApplicable> {
        self.check(neighbours, counts, expected)?;
        let total: f64 = counts.iter().flatten().sum();
        let due: f64 = expected.iter().flatten().sum();
        if total == 0.0 {
            return Ok(None);
        }
        if due <= 0.0 {
            return Err(NotApplicable::Condition("nothing was expected anywhere"));
        }
        let expected: Vec<Vec<f64>> =
            expected.iter().map(|row| row.iter().map(|value| value * total / due).collect()).collect();
        let expectation = self.windows(&expected);
        let zones = self.zones(neighbours);
        let Some((zone, mut cluster)) = self.best(&zones, &self.windows(counts), &expectation, total) else {
            return Ok(None);
        };
        cluster.regions.clone_from(&zone.1);
        // Where a case may fall: the cells one after the other, each with the share of all before and in it.
        let mut sum = 0.0;
        let ends: Vec<f64> = expected
            .iter()
            .flatten()
            .map(|value| {
                sum += value;
                sum
            })
            .collect();
        let width = expected.first().map_or(1, Vec::len).max(1);
        let mut random = Random::new(self.seed);
        let mut larger = 0_usize;
        for _ in 0..self.replicates {
            let mut drawn = vec![0.0; ends.len()];
            for _ in 0..total as usize {
                let place = random.uniform() * sum;
                if let Some(cell) = drawn.get_mut(ends.partition_point(|end| *end <= place)) {
                    *cell += 1.0;
                }
            }
            let rows: Vec<Vec<f64>> = drawn.chunks(width).map(<[f64]>::to_vec).collect();
            let ratio =
                self.best(&zones, &self.windows(&rows), &expectation, total).map_or(0.0, |(_, best)| best.log_ratio);
            larger += usize::from(ratio >= cluster.log_ratio);
        }
        cluster.p = (larger + 1) as f64 / (self.replicates + 1) as f64;
        Ok(Some(cluster))
    }

    fn check(
        &self,
        neighbours: &[Vec<usize>],
        counts: &[Vec<f64>],
        expected: &[Vec<f64>],
    ) -> Result<(), NotApplicable> {
        let refuse = |why| Err(NotApplicable::Condition(why));
        let (regions, times) = (neighbours.len(), counts.first().map_or(0, Vec::len));
        if regions == 0 || counts.len() != regions || expected.len() != regions {
            return refuse("a scan needs one row of counts and expectations for each region");
        }
        if times == 0 || counts.iter().chain(expected).any(|row| row.len() != times) {
            return refuse("a scan needs rows of the same length");
        }
        if neighbours.iter().flatten().any(|region| *region >= regions) {
            return refuse("a neighbour is no region");
        }
        if self.window == 0 || self.window > times {
            return refuse("a scan needs a window of at least one and at most all points of time");
        }
        if expected.iter().flatten().any(|value| !value.is_finite() || *value < 0.0) {
            return refuse("an expectation is no number or negative");
        }
        if counts.iter().flatten().any(|value| !value.is_finite() || *value < 0.0 || value.fract() != 0.0) {
            return refuse("a count is no whole number or negative");
        }
        if counts.iter().flatten().sum::<f64>() * self.replicates as f64 > MOST_DRAWS {
            return refuse("too many cases times replicates for one scan");
        }
        Ok(())
    }

    /// The zones round each region, smallest first; one that only repeats a smaller or earlier one is left out.
    fn zones(&self, neighbours: &[Vec<usize>]) -> Vec<Zone> {
        let (mut seen, mut zones) = (BTreeSet::new(), Vec::new());
        for centre in 0..neighbours.len() {
            let (mut zone, mut rim) = (BTreeSet::from([centre]), vec![centre]);
            for _ in 0..=self.radius {
                let regions: Vec<usize> = zone.iter().copied().collect();
                if seen.insert(regions.clone()) {
                    zones.push((centre, regions));
                }
                rim = rim.iter().filter_map(|region| neighbours.get(*region)).flatten().copied().collect();
                rim.retain(|region| zone.insert(*region));
            }
        }
        zones
    }

    /// For each region the sums of its last 1, 2, ... points.
    fn windows(&self, rows: &[Vec<f64>]) -> Vec<Vec<f64>> {
        rows.iter()
            .map(|row| {
                let mut sum = 0.0;
                row.iter()
                    .rev()
                    .take(self.window)
                    .map(|value| {
                        sum += value;
                        sum
                    })
                    .collect()
            })
            .collect()
    }

    /// The zone and window with the largest ratio; the first of equals.
    fn best<'a>(
        &self,
        zones: &'a [Zone],
        counts: &[Vec<f64>],
        expected: &[Vec<f64>],
        total: f64,
    ) -> Option<(&'a Zone, Cluster)> {
        let mut best: Option<(&Zone, Cluster)> = None;
        let (mut seen, mut due) = (vec![0.0; self.window], vec![0.0; self.window]);
        for zone in zones {
            seen.fill(0.0);
            due.fill(0.0);
            for region in &zone.1 {
                let add = |sums: &mut [f64], rows: &[Vec<f64>]| {
                    let row = rows.get(*region).map(Vec::as_slice).unwrap_or_default();
                    sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
                };
                add(&mut seen, counts);
                add(&mut due, expected);
            }
            for (place, (observed, expected)) in seen.iter().zip(&due).enumerate() {
                if *expected > LARGEST_SHARE * total {
                    continue;
                }
                let log_ratio = log_ratio(*observed, *expected, total);
                if log_ratio > best.as_ref().map_or(0.0, |(_, cluster)| cluster.log_ratio) {
                    let (observed, expected) = (*observed, *expected);
                    let (centre, regions, window) = (zone.0, Vec::new(), place + 1);
                    best = Some((zone, Cluster { centre, regions, window, observed, expected, log_ratio, p: 1.0 }));
                }
            }
        }
        best
    }
}

/// Kulldorff's ratio: how much likelier the cases are if the zone has a rate of its own. 0 for no more than expected.
fn log_ratio(observed: f64, expected: f64, total: f64) -> f64 {
    if observed <= expected {
        return 0.0;
    }
    let outside = total - observed;
    let rest = if outside > 0.0 { outside * (outside / (total - expected)).ln() } else { 0.0 };
    // Cases where none was possible are as unlikely as the smallest number that is told from zero.
    observed * (observed / expected.max(f64::MIN_POSITIVE)).ln() + rest
}

#[cfg(test)]
mod tests;
