//! The leaves of a chain's log and their one canonical encoding: a tag byte, then fields of fixed size, big-endian.
//!
//! A leaf says *that* something happened, at which place and with which result; what happened is in the signed bytes
//! that the leaf hashes. Derived leaves (`derived`) say what the chain itself states. Limits: [`MAX_LEAF_BYTES`];
//! leaves that are not derived stay under 128 bytes.

mod derived;
mod proven;

pub use derived::{
    CosignersLeaf, Counts, DecisionLeaf, MAX_LEAF_BYTES, MAX_PARTS, MAX_RELAYS, MAX_SUMMARY_BYTES, RollupLeaf,
    RollupPart, SummaryLeaf,
};
pub use proven::ProvenLeaf;

use crate::cursor::Cursor;
use crate::digest::Digest;
use crate::merkle::leaf_hash;

/// The result code of an event that was executed.
pub const OK: u16 = 0;

const EVENT: u8 = 1;
const DUE: u8 = 2;
const SUMMARY: u8 = 3;
const BLOCK: u8 = 4;
const COSIGNERS: u8 = 5;
const DECISION: u8 = 6;
const ROLLUP: u8 = 7;

/// One entry of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Leaf {
    /// A signed event was executed or refused.
    Event(EventLeaf),
    /// A deadline passed.
    Due(DueLeaf),
    /// What rises to the parent chain.
    Summary(SummaryLeaf),
    /// The end of a block.
    Block(BlockLeaf),
    /// A new cosigner set.
    Cosigners(CosignersLeaf),
    /// A decision on a child's report.
    Decision(DecisionLeaf),
    /// A total with its parts.
    Rollup(RollupLeaf),
}

/// A signed event was executed or refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventLeaf {
    /// The block it came in.
    pub height: u64,
    /// Its place among the block's events.
    pub position: u32,
    /// 0, 1, 2: urgent, high, normal.
    pub lane: u8,
    /// Its event id.
    pub event: Digest,
    /// SHA-256 of the signed bytes.
    pub signed: Digest,
    /// [`OK`], or the number of the refusal code.
    pub code: u16,
}

/// A deadline passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueLeaf {
    /// The block in which chain time passed the deadline.
    pub height: u64,
    /// Its place among the block's due items.
    pub position: u32,
    /// The event whose deadline it was.
    pub event: Digest,
    /// What follows from it (the rules number it).
    pub what: u8,
}

/// The end of a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockLeaf {
    /// The block's height.
    pub height: u64,
    /// The block's hash.
    pub block: Digest,
    /// The digest of the state after it.
    pub state: Digest,
    /// The rules that executed it.
    pub rules_version: u32,
    /// The root of the sorted state, from time to time.
    pub snapshot: Option<Digest>,
}

impl Leaf {
    /// The leaf's bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(128);
        self.write(&mut out);
        out
    }

    /// Appends the leaf's bytes.
    pub fn write(&self, out: &mut Vec<u8>) {
        match self {
            Leaf::Event(leaf) => {
                out.push(EVENT);
                out.extend_from_slice(&leaf.height.to_be_bytes());
                out.extend_from_slice(&leaf.position.to_be_bytes());
                out.push(leaf.lane);
                out.extend_from_slice(&leaf.event.0);
                out.extend_from_slice(&leaf.signed.0);
                out.extend_from_slice(&leaf.code.to_be_bytes());
            }
            Leaf::Due(leaf) => {
                out.push(DUE);
                out.extend_from_slice(&leaf.height.to_be_bytes());
                out.extend_from_slice(&leaf.position.to_be_bytes());
                out.extend_from_slice(&leaf.event.0);
                out.push(leaf.what);
            }
            Leaf::Summary(leaf) => {
                out.push(SUMMARY);
                leaf.write(out);
            }
            Leaf::Block(leaf) => {
                out.push(BLOCK);
                out.extend_from_slice(&leaf.height.to_be_bytes());
                out.extend_from_slice(&leaf.block.0);
                out.extend_from_slice(&leaf.state.0);
                out.extend_from_slice(&leaf.rules_version.to_be_bytes());
                match leaf.snapshot {
                    None => out.push(0),
                    Some(root) => {
                        out.push(1);
                        out.extend_from_slice(&root.0);
                    }
                }
            }
            Leaf::Cosigners(leaf) => {
                out.push(COSIGNERS);
                leaf.write(out);
            }
            Leaf::Decision(leaf) => {
                out.push(DECISION);
                leaf.write(out);
            }
            Leaf::Rollup(leaf) => {
                out.push(ROLLUP);
                leaf.write(out);
            }
        }
    }

    /// The leaf of those bytes; `None` unless they are exactly what [`Leaf::to_bytes`] gives.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut from = Cursor::new(bytes);
        let leaf = match from.u8()? {
            EVENT => Leaf::Event(EventLeaf {
                height: from.u64()?,
                position: from.u32()?,
                lane: from.u8().filter(|lane| *lane < 3)?,
                event: from.digest()?,
                signed: from.digest()?,
                code: from.u16()?,
            }),
            DUE => Leaf::Due(DueLeaf {
                height: from.u64()?,
                position: from.u32()?,
                event: from.digest()?,
                what: from.u8()?,
            }),
            SUMMARY => Leaf::Summary(SummaryLeaf::read(&mut from)?),
            BLOCK => Leaf::Block(BlockLeaf {
                height: from.u64()?,
                block: from.digest()?,
                state: from.digest()?,
                rules_version: from.u32()?,
                snapshot: match from.u8()? {
                    0 => None,
                    1 => Some(from.digest()?),
                    _ => return None,
                },
            }),
            COSIGNERS => Leaf::Cosigners(CosignersLeaf::read(&mut from)?),
            DECISION => Leaf::Decision(DecisionLeaf::read(&mut from)?),
            ROLLUP => Leaf::Rollup(RollupLeaf::read(&mut from)?),
            _ => return None,
        };
        from.end(leaf)
    }

    /// The leaf's hash in the tree.
    pub fn hash(&self) -> Digest {
        leaf_hash(&self.to_bytes())
    }

    /// The block that the leaf belongs to.
    pub fn height(&self) -> u64 {
        match self {
            Leaf::Event(leaf) => leaf.height,
            Leaf::Due(leaf) => leaf.height,
            Leaf::Summary(leaf) => leaf.height,
            Leaf::Block(leaf) => leaf.height,
            Leaf::Cosigners(leaf) => leaf.height,
            Leaf::Decision(leaf) => leaf.height,
            Leaf::Rollup(leaf) => leaf.height,
        }
    }
}

#[cfg(test)]
mod tests;
