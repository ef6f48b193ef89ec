//! What early warning makes of the counts of one disease: the stage of the epidemic, the response level and index, and the
//! forecasts of every model. Pure: the same counts give the same, so that another member, or anybody with a copy of the
//! log, gets the same figures or can name those that differ.
//!
//! What comes out is whole numbers: floats stay below this module.

mod assess;
mod forecasts;
mod known;
mod league;
mod measures;
mod weekly;

pub(crate) use assess::{Assessed, Rulebook};
pub(crate) use forecasts::{Made, forecasts};
pub(crate) use known::{Counted, Known, WINDOW_DAYS};
pub(crate) use league::{Entrant, Issued, Standing, Table, score};
pub(crate) use measures::Words;
pub(crate) use weekly::{monday, weeks};

/// The version of the code that computes forecasts and assessments: raised whenever the same counts would give another
/// figure, since members compare what they computed.
pub(crate) const CODE: &str = "epidemiology-2";
