//! What is asked of the log beside what early warning says by itself: series, comparisons, the course of an outbreak, how
//! fast it was met. Pure functions of the read model; nothing here is said or stored.

mod compare;
mod demand;
mod outbreaks;
mod series;
mod triangle;

pub(crate) use compare::{By, Comparison, MAX_GROUPS, compare};
pub(crate) use demand::{Expected, KNOWN, care_of, expected};
pub(crate) use outbreaks::{Outbreak, outbreaks};
pub(crate) use series::{MAX_DAYS, Wanted, counts};
pub(crate) use triangle::{LONGEST_DELAY, Of, triangle};
