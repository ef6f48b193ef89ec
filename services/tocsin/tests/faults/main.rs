//! What must hold when processes, servers and disks fail: every service is a process of its own, the nats-server is real,
//! and faults are what they are outside (SIGKILL, a stream that lost its end, flipped bytes, nodes that censor).
//!
//! After every test the invariants are checked over all ledgers (`invariants`). It is not a benchmark: the load is bounded
//! and the only times asserted are the design's own. Nothing here waits for a state by sleeping.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test ends by panicking; clippy knows only the functions marked as tests"
)]

mod backup;
mod boasting;
mod damaged;
mod events;
mod gathered;
mod invariants;
mod kills;
mod lanes;
mod load;
mod lost;
mod process;
mod repeated;
mod rotation;
mod starved;
mod world;
