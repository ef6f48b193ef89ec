//! The one binary's parts: every service in one process, the demo, and the tools of reporters and sceptics.
//!
//! `house` starts what `run` starts one by one; `demo` plays a scenario in a house; `identity`, `report`, `subscribe` and
//! `verify` are what people use against a running one; `curve` is for a table of counts and needs none; `bench` measures. It
//! holds no rules and no protocol of its own.

#![allow(missing_docs, reason = "the library side exists for the house's own tests; fields mirror the files they read")]

pub mod audit;
pub mod bench;
pub mod caller;
pub mod curve;
pub mod demo;
pub mod doctor;
pub mod drill;
pub mod export;
pub mod history;
pub mod house;
pub mod identity;
pub mod report;
pub mod run;
pub mod spread;
pub mod subscribe;
pub mod verify;
pub mod witness;
