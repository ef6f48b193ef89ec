//! `tocsin bench forecast`: how good models and detectors are on real and simulated series, beside the goals they are held to.
//!
//! The series are read from a folder at run time; nothing of them is in the program. Files that are not there are named, and
//! their regimes have fewer series or none. Everything but the times is the same from run to run.

mod detection;
mod quality;
mod report;
mod series;
mod speed;
mod sweep;

use std::path::Path;

use anyhow::bail;

use report::Report;

/// How much is looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    /// Few series and few origins: whether it works, and roughly what comes out.
    Quick,
    /// All of them.
    Whole,
}

/// Measures everything.
pub fn measure(data: &Path, effort: Effort) -> anyhow::Result<Report> {
    if !data.is_dir() {
        bail!("--data: {} is no folder of series", data.display());
    }
    let (regimes, missing) = series::gather(data, effort);
    let simulated = detection::simulated(data);
    let speed = speed::measure(simulated.as_ref().ok(), effort);
    Ok(Report {
        effort,
        regimes: quality::measure(&regimes, effort),
        detection: simulated.as_ref().map_err(String::clone).map(|simulated| detection::measure(simulated, data)),
        speed,
        missing,
    })
}
