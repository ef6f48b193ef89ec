//! Why a record can be believed: digests, signatures, the signed envelope, blocks, the RFC 6962 Merkle log,
//! checkpoints, cosignatures, handovers from one cosigner set to the next, proof files, gifts' proofs,
//! evidence of two stories, and roll-ups.
//!
//! It knows no protobuf, disk, network or clock: every byte and every time comes in as an argument, so that the same
//! code serves the ledger, the offline verifier and the simulator.

pub mod block;
pub mod checkpoint;
mod cursor;
pub mod digest;
pub mod evidence;
pub mod exclusion;
pub mod gift;
#[cfg(test)]
mod golden;
pub mod handover;
pub mod leaf;
mod lines;
pub mod merkle;
pub mod proof_file;
pub mod rollup;
pub mod sign;
#[cfg(test)]
mod testing;
pub mod witness;
