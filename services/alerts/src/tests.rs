//! The service against a real nats-server, with a ledger that tells what a test puts into it.

mod feed;
mod publish;
mod rest;
mod rig;
