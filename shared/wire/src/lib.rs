//! How a record travels: protobuf to and from the domain, the canonical guard, every NATS subject and stream name, the
//! genesis file, and the one JSON facade.
//!
//! It knows no NATS and no disk: bytes come in and go out as arguments. Nobody else speaks protobuf, so that a body is
//! encoded once, by its author, in one place.

pub mod admission;
pub mod alert;
mod anchored;
#[cfg(test)]
mod arbitrary;
pub mod area;
mod ballot;
pub mod bundle;
mod canonical;
pub mod cosign;
pub mod event;
mod fact;
mod forecasting;
pub mod genesis;
pub mod gift;
#[cfg(test)]
mod golden;
mod governance;
pub mod json;
pub mod ledger;
mod materials;
mod medical_resources;
mod notice;
mod public_opinion;
mod reporting;
mod rising;
pub mod subject;
mod vocabulary;

pub use anchored::{anchored, summed};

/// Generated from `/proto`.
#[allow(missing_docs, unreachable_pub, clippy::all, reason = "generated")]
mod proto {
    include!(concat!(env!("OUT_DIR"), "/tocsin.rs"));
    pub(crate) use self::tocsin::*;
}
