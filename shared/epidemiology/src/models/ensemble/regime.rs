//! What kind of series it is, told from its numbers alone: no model is best on all kinds.

use crate::series::{Frequency, Series};

/// Fewer points with cases than this, and nothing beats the flat naive on average.
pub const YOUNG: usize = 35;
/// Weeks that a count is averaged over to tell a wave from noise.
const SMOOTH_WEEKS: usize = 5;
/// A wave as the seasons of influenza make them: the standard deviation of the smoothed `ln(1 + count)` is that of counts
/// which double and halve.
const WAVE: f64 = std::f64::consts::LN_2;
/// And it is the wave that makes the counts, not chance: this share of the variance of `ln(1 + count)` is left when it is
/// smoothed. White noise leaves a fifth.
const SHARE: f64 = 0.6;

/// A kind of series.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Regime {
    /// A short or a declared outbreak.
    Outbreak,
    /// Days of a disease that stays.
    Daily,
    /// Weeks of a disease that is always there.
    Endemic,
    /// Weeks that come in waves, as influenza does.
    Waves,
}

impl Regime {
    /// The kind of a series. A declared outbreak is one, however long it lasts.
    pub fn of(series: &Series, declared: bool) -> Self {
        let young = match series.frequency() {
            Frequency::Day => series.non_zero() < YOUNG,
            // Weeks without a case are the rule for a rare disease and say something; days seldom do.
            Frequency::Week => series.len() < YOUNG,
        };
        match series.frequency() {
            _ if young || declared => Regime::Outbreak,
            Frequency::Day => Regime::Daily,
            Frequency::Week if comes_in_waves(series.values()) => Regime::Waves,
            Frequency::Week => Regime::Endemic,
        }
    }

    /// Its name in tables and events; it never changes.
    pub fn name(self) -> &'static str {
        match self {
            Regime::Outbreak => "outbreak",
            Regime::Daily => "daily",
            Regime::Endemic => "endemic",
            Regime::Waves => "waves",
        }
    }
}

/// Whether smooth waves make up most of what varies, and are high.
fn comes_in_waves(counts: &[f64]) -> bool {
    let logs: Vec<f64> = counts.iter().map(|count| count.ln_1p()).collect();
    let smooth: Vec<f64> =
        logs.windows(SMOOTH_WEEKS).map(|week| week.iter().sum::<f64>() / SMOOTH_WEEKS as f64).collect();
    let (whole, wave) = (variance(&logs), variance(&smooth));
    wave.sqrt() >= WAVE && wave >= SHARE * whole
}

fn variance(values: &[f64]) -> f64 {
    let count = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / count;
    values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count
}
