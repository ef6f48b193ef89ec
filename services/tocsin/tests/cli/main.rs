//! The command line, with the real binary: what it prints, how it exits, how a service starts and ends.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests stop at the first surprise"
)]

mod genesis;
mod identity;
mod place;
mod report;
mod run;
