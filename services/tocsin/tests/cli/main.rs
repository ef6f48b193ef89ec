//! The command line, with the real binary: what it prints, how it exits, how a service starts and ends. Needs a nats-server: run
//! `deploy/fetch-nats.sh`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test ends by panicking; clippy knows only the functions marked as tests"
)]

mod audit;
mod copies;
mod credentials;
mod curve;
mod genesis;
mod gift;
mod identity;
mod operator;
mod place;
mod replay;
mod replay_all;
mod report;
mod rollup;
mod run;
mod sceptic;
mod witness;
