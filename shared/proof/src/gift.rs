//! The gift's proof: one text that a donor keeps and that shows, offline, every event of his gift up to now, and by them what
//! became of each unit. All events are shown in one log of one chain, whose checkpoint rises to the top chain as in a proof
//! file.
//!
//! ```text
//! tocsin-gift@v1
//! gift 3f2a...                  the event id of a pledge; several when one donor gave several times
//! sums 900 pledged, 900 received, 0 found, 400 held, 0 in transit, 0 disputed, 500 used, 0 wasted, 0 missing, 0 lost, 0 spent
//! handover 12                   how the top chain's cosigners became those of the certificate, if they changed; the
//!                               lines of `handover::text`
//!
//! log cn.32.01 6b1f...          the chain of the events and its id
//! genesis QmFzZTY0...           its genesis file, whose SHA-256 is the id: it says whose keys the signatures are of
//!
//! event 17                      an event and its index in the log; they stand in the log's order
//! member nanjing-charity        whose key signed it, as the chain's members say, if the genesis does not know the key
//! signed QmFzZTY0...            the event as its author signed it
//! leaf QmFzZTY0...              its leaf
//! CsUYapGGPo4dkMgIAUqom...      its inclusion proof, a hash a line, from the leaf upwards
//!
//! chain cn.32 ...               the anchor of cn.32.01's checkpoint, and so on, as in a proof file; then the certificate
//! ```
//!
//! The sums stand in a plain line for people. They are held against each other here; that they follow from the events, the
//! rules show (`domain::materials`), which the reader runs again. It can not show that no event is left out: what was used,
//! destroyed or lost then counts as held. Limits: [`MAX_GIFTS`], [`MAX_EVENTS`], [`MAX_GENESIS_BYTES`], [`MAX_TEXT_BYTES`].

mod sums;
#[cfg(test)]
mod tests;
mod text;
mod verify;

pub use sums::{Difference, Sums, Unclosed};
pub use text::VERSION_LINE;
pub use verify::{EventFault, GiftError, ShownEvent, VerifiedGift};

use crate::checkpoint::Certificate;
use crate::digest::Digest;
use crate::handover::Handover;
use crate::proof_file::Step;
use crate::sign::ChainId;

/// Who gives more often than this under one code asks for a file a gift.
pub const MAX_GIFTS: usize = 100;

/// A gift that a hundred wards use up day by day for a month has some three thousand events.
pub const MAX_EVENTS: usize = 4096;

/// A chain's genesis file is at most this long everywhere.
pub const MAX_GENESIS_BYTES: usize = 4 * 1024 * 1024;

/// 4,096 events of a kilobyte with paths of 24 hashes make 10 MB, the longest genesis 6, handovers and anchors 6.
pub const MAX_TEXT_BYTES: usize = 24 * 1024 * 1024;

/// A proof of what became of a donor's gifts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GiftProof {
    /// The gifts by the event ids of their pledges, each with what is said to have become of it.
    pub gifts: Vec<(Digest, Sums)>,
    /// From the top chain's genesis cosigners to those of the certificate, in order; empty while they are the same.
    pub handovers: Vec<Handover>,
    /// The path of the chain that the events are on.
    pub chain: String,
    /// Its id.
    pub chain_id: ChainId,
    /// Its genesis file.
    pub genesis: Vec<u8>,
    /// The gifts' events in the log's order.
    pub events: Vec<GiftEvent>,
    /// The anchors from the chain's parent to the top chain; none when it is the top chain.
    pub above: Vec<Step>,
    /// The top chain's final checkpoint.
    pub certificate: Certificate,
}

/// An event of a gift's way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GiftEvent {
    /// Its index in the log.
    pub index: u64,
    /// Who signed it, if the chain's genesis does not name the key: the word of who made the file.
    pub member: Option<String>,
    /// Its signed bytes.
    pub signed: Vec<u8>,
    /// Its leaf's bytes.
    pub leaf: Vec<u8>,
    /// Its inclusion proof.
    pub inclusion: Vec<Digest>,
}
