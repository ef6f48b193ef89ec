//! How good a forecast was: the scores of the public forecast hubs, lower is better.

use crate::forecast::{BAND95, LEVELS, MEDIAN, Quantiles};

/// The weighted interval score of 23 quantiles: twice the mean pinball loss (Bracher et al. 2021,
/// doi:10.1371/journal.pcbi.1008618). In units of the counts.
pub fn wis(row: &Quantiles, observed: f64) -> f64 {
    let pinball = LEVELS.iter().zip(row).map(|(level, value)| {
        let above = observed - value;
        if above >= 0.0 { level * above } else { (level - 1.0) * above }
    });
    2.0 * pinball.sum::<f64>() / LEVELS.len() as f64
}

/// The distance of the median from what was counted.
pub fn absolute_error(row: &Quantiles, observed: f64) -> f64 {
    (row[MEDIAN] - observed).abs()
}

/// Whether what was counted lies in the 95 % interval.
pub fn covered95(row: &Quantiles, observed: f64) -> bool {
    let (low, high) = BAND95;
    row.get(low).zip(row.get(high)).is_some_and(|(low, high)| (*low..=*high).contains(&observed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_forecast_scores_its_absolute_error() {
        // Every quantile at 3 and 5 counted: the levels' mean is one half, so that 2 * mean pinball is the error itself.
        assert!((wis(&[3.0; 23], 5.0) - 2.0).abs() < 1e-12);
        assert!((wis(&[5.0; 23], 3.0) - 2.0).abs() < 1e-12);
    }

    #[test]
    fn width_costs_and_so_does_missing() {
        let wide = LEVELS.map(|level| 20.0 * level);
        let narrow = LEVELS.map(|level| 9.0 + 2.0 * level);
        assert!(wis(&narrow, 10.0) < wis(&wide, 10.0));
        assert!(wis(&narrow, 30.0) > wis(&wide, 30.0));
        assert!(covered95(&wide, 19.0) && !covered95(&narrow, 19.0));
        assert!((absolute_error(&wide, 12.0) - 2.0).abs() < 1e-12);
    }
}
