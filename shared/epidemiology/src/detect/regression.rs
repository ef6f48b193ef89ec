//! What the regressions of past counts share: rows, deviance, dispersion, and how past outbreaks are weighed down.

/// Standardised residuals above this are past outbreaks: the 99.5 % point of the normal law (Noufaily et al. 2013).
const OUTBREAK: f64 = 2.58;

/// One week of the baseline.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    /// The week's number; negative for the past, so that the week judged is 0.
    pub(crate) time: f64,
    /// Its season.
    pub(crate) season: usize,
    /// Its count.
    pub(crate) count: f64,
    /// How much it counts.
    pub(crate) weight: f64,
}

/// What a regression makes of a row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fitted {
    /// The mean.
    pub(crate) mean: f64,
    /// How far the row pulls its own mean towards itself, 0..1.
    pub(crate) leverage: f64,
}

/// Sets every weight back to one.
pub(crate) fn level(rows: &mut [Row]) {
    rows.iter_mut().for_each(|row| row.weight = 1.0);
}

/// Weighs past outbreaks down: a row with a standardised Anscombe residual above [`OUTBREAK`] counts by the inverse of its
/// square. All weights together stay the number of rows.
pub(crate) fn weigh_down(rows: &mut [Row], fitted: &[Fitted], dispersion: f64) {
    for (row, Fitted { mean, leverage }) in rows.iter_mut().zip(fitted) {
        let raw = 1.5 * (row.count.powf(2.0 / 3.0) * mean.powf(-1.0 / 6.0) - mean.sqrt());
        let residual = raw / (dispersion * (1.0 - leverage)).max(f64::MIN_POSITIVE).sqrt();
        row.weight = if residual > OUTBREAK { residual.powi(-2) } else { 1.0 };
    }
    let scale = rows.len() as f64 / rows.iter().map(|row| row.weight).sum::<f64>();
    rows.iter_mut().for_each(|row| row.weight *= scale);
}

/// Pearson's statistic over the degrees of freedom that are left, never below 1.
pub(crate) fn dispersion(rows: &[Row], fitted: &[Fitted], freedom: usize) -> f64 {
    let part =
        |(row, fit): (&Row, &Fitted)| row.weight * (row.count - fit.mean).powi(2) / fit.mean.max(f64::MIN_POSITIVE);
    (rows.iter().zip(fitted).map(part).sum::<f64>() / freedom.max(1) as f64).max(1.0)
}

/// The deviance of Poisson counts around the means `exp(linear)`.
pub(crate) fn deviance(rows: &[Row], linear: &[f64]) -> f64 {
    let part = |row: &Row, value: &f64| {
        let mean = value.exp();
        let log = if row.count > 0.0 { row.count * (row.count / mean).ln() } else { 0.0 };
        row.weight * (log - (row.count - mean))
    };
    2.0 * rows.iter().zip(linear).map(|(row, value)| part(row, value)).sum::<f64>()
}
