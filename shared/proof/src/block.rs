//! Blocks: a header that takes contiguous ranges of intake messages, hash-linked to the one before, and the bundles
//! themselves, whole.
//!
//! A block orders; it does not judge. What its bundles mean, and whether their events number what the header says, the
//! rules find out. Limits: [`MAX_EVENTS`], [`MAX_BUNDLES`], [`MAX_BODY_BYTES`], [`MAX_HEADER_BYTES`].

mod follow;
mod header;
#[cfg(test)]
mod tests;

pub use follow::Tip;
pub use header::{Header, LaneRange, MAX_HOLES};

use crate::cursor::Cursor;
use crate::digest::{Digest, put_lp};
use crate::sign::{ChainId, Domain, SecretKey};

/// The header's version today. Version 1 had no place for an exclusion; its bytes are still read.
pub const VERSION: u16 = 2;

/// Bounds the time one block takes to execute: half a core-second of signatures at most.
pub const MAX_EVENTS: u32 = 500;

/// Bundles without events (they fill lost intake) count as one event each, else they would have no bound.
pub const MAX_BUNDLES: usize = MAX_EVENTS as usize;

/// The bundles of a block together: an fsync and a network round on any machine.
pub const MAX_BODY_BYTES: usize = 512 * 1024;

/// Three lanes full of holes (24 KiB), the longest certificate (8 KiB), the longest exclusion (6 KiB) and the fixed
/// fields (under 1 KiB).
pub const MAX_HEADER_BYTES: usize = 39 * 1024;

/// A whole block message; NATS takes 1 MiB.
pub const MAX_BLOCK_BYTES: usize = 4 + MAX_HEADER_BYTES + 64 + 4 * MAX_BUNDLES + MAX_BODY_BYTES;

/// A sealed block: `LP(header) | signature (64) | LP(bundle)...`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// The header.
    pub header: Header,
    /// The header's bytes as they were signed.
    pub header_bytes: Vec<u8>,
    /// The sealer's, over the header's bytes.
    pub signature: [u8; 64],
    /// The bundles, lane by lane in the order of their intake sequences, holes left out.
    pub bundles: Vec<Vec<u8>>,
}

/// What is wrong with a block.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BlockError {
    /// Bytes that are no block.
    #[error("malformed block: {0}")]
    Malformed(&'static str),
    /// Over a bound.
    #[error("block over the bound on {0}")]
    TooLarge(&'static str),
    /// Of another chain.
    #[error("block of another chain")]
    Chain,
    /// The sealer's signature does not hold.
    #[error("the block's signature does not hold")]
    Signature,
    /// The bundles are not those the header names.
    #[error("the block's bundles are not those its header names")]
    Body,
    /// A lane range that runs backwards, or holes that are not ascending inside it.
    #[error("the range of lane {lane} is none")]
    Range {
        /// The lane's index.
        lane: usize,
    },
    /// More or fewer bundles than the lane ranges hold.
    #[error("{found} bundles where the lane ranges hold {wanted}")]
    Count {
        /// How many the ranges hold.
        wanted: u64,
        /// How many there are.
        found: u64,
    },
    /// Not the next height.
    #[error("height {found} where {wanted} follows")]
    Height {
        /// The next height.
        wanted: u64,
        /// The block's.
        found: u64,
    },
    /// Built on another block.
    #[error("the block builds on another one than the last")]
    Previous,
    /// A lane's range does not begin where the last one ended.
    #[error("lane {lane} begins at sequence {found} where {wanted} follows")]
    Lane {
        /// The lane's index.
        lane: usize,
        /// The next sequence.
        wanted: u64,
        /// The block's first.
        found: u64,
    },
}

impl Block {
    /// Seals bundles: fills the header's version, sealer and body hash, and signs it. The caller keeps the bounds;
    /// [`Block::check_alone`] tells.
    pub fn seal(mut header: Header, bundles: Vec<Vec<u8>>, secret: &SecretKey) -> Self {
        header.version = VERSION;
        header.sealer = secret.public();
        header.body = body_digest(&bundles);
        let header_bytes = header.to_bytes();
        let signature = secret.sign(Domain::Block, &header.chain, &header_bytes);
        Block { header, header_bytes, signature, bundles }
    }

    /// The block's bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let body = self.bundles.iter().map(|bundle| 4 + bundle.len()).sum::<usize>();
        let mut out = Vec::with_capacity(4 + self.header_bytes.len() + 64 + body);
        put_lp(&mut out, &self.header_bytes);
        out.extend_from_slice(&self.signature);
        for bundle in &self.bundles {
            put_lp(&mut out, bundle);
        }
        out
    }

    /// The block of those bytes, if they have its form and keep its bounds.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BlockError> {
        if bytes.len() > MAX_BLOCK_BYTES {
            return Err(BlockError::TooLarge("bytes"));
        }
        let mut from = Cursor::new(bytes);
        let header_bytes = from.lp(MAX_HEADER_BYTES).ok_or(BlockError::Malformed("header length"))?;
        let header = Header::from_bytes(header_bytes).ok_or(BlockError::Malformed("header"))?;
        let signature = from.array().ok_or(BlockError::Malformed("signature"))?;
        let mut bundles = Vec::with_capacity(MAX_BUNDLES.min(bytes.len() / 64));
        while !from.is_empty() {
            if bundles.len() == MAX_BUNDLES {
                return Err(BlockError::TooLarge("bundles"));
            }
            bundles.push(from.lp(MAX_BODY_BYTES).ok_or(BlockError::Malformed("bundle"))?.to_vec());
        }
        Ok(Block { header, header_bytes: header_bytes.to_vec(), signature, bundles })
    }

    /// `H(LP("tocsin/v1/block") LP(header bytes))`; the header names everything else.
    pub fn hash(&self) -> Digest {
        block_hash(&self.header_bytes)
    }

    /// What the block shows of itself: its chain, bounds, ranges, counts, body and its sealer's signature. Who may seal, and the
    /// number of events, the rules check.
    pub fn check_alone(&self, chain: &ChainId) -> Result<(), BlockError> {
        if self.header.chain != *chain {
            return Err(BlockError::Chain);
        }
        if self.header.events > MAX_EVENTS {
            return Err(BlockError::TooLarge("events"));
        }
        if self.bundles.len() > MAX_BUNDLES {
            return Err(BlockError::TooLarge("bundles"));
        }
        if self.header_bytes.len() > MAX_HEADER_BYTES {
            return Err(BlockError::TooLarge("header bytes"));
        }
        if self.bundles.iter().map(Vec::len).sum::<usize>() > MAX_BODY_BYTES {
            return Err(BlockError::TooLarge("body bytes"));
        }
        if let Some(lane) = self.header.lanes.iter().position(|range| !range.is_sound()) {
            return Err(BlockError::Range { lane });
        }
        let wanted = self.header.lanes.iter().map(LaneRange::bundles).fold(0, u64::saturating_add);
        let found = self.bundles.len() as u64;
        if wanted != found {
            return Err(BlockError::Count { wanted, found });
        }
        if body_digest(&self.bundles) != self.header.body {
            return Err(BlockError::Body);
        }
        if !self.header.sealer.verify(Domain::Block, chain, &self.header_bytes, &self.signature) {
            return Err(BlockError::Signature);
        }
        Ok(())
    }
}

fn block_hash(header: &[u8]) -> Digest {
    Digest::of_parts(&[b"tocsin/v1/block", header])
}

/// `H(LP("tocsin/v1/body") LP(bundle)...)`.
fn body_digest(bundles: &[Vec<u8>]) -> Digest {
    let mut parts: Vec<&[u8]> = Vec::with_capacity(bundles.len() + 1);
    parts.push(b"tocsin/v1/body");
    parts.extend(bundles.iter().map(Vec::as_slice));
    Digest::of_parts(&parts)
}
