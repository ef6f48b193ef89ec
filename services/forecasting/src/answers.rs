//! What is asked of the log beside what early warning says by itself: series, comparisons, the course of an outbreak, how
//! fast it was met. Pure functions of the read model; nothing here is said or stored.

mod series;

pub(crate) use series::{MAX_DAYS, Wanted, counts, monday};
