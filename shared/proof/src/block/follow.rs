//! Whether a block is the next one of its chain.

use super::{Block, BlockError, Header};
use crate::digest::Digest;
use crate::sign::ChainId;

/// The end of a chain of blocks: all that the next one must fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tip {
    /// The height of the last block; 0 when there is only the genesis.
    pub height: u64,
    /// Its hash.
    pub hash: Digest,
    /// The next intake sequence of each lane.
    pub next: [u64; 3],
}

impl Tip {
    /// Before the first block, whose lanes begin at sequence 1.
    pub fn genesis(chain: &ChainId) -> Self {
        Tip { height: 0, hash: Digest::of_parts(&[b"tocsin/v1/genesis", chain.as_bytes()]), next: [1; 3] }
    }

    /// After the block of that header.
    pub fn after(header: &Header) -> Self {
        Tip { height: header.height, hash: header.hash(), next: next(header) }
    }
}

impl Block {
    /// The end of the chain after this block.
    pub fn tip(&self) -> Tip {
        Tip { height: self.header.height, hash: self.hash(), next: next(&self.header) }
    }

    /// Whether the block continues the chain: the next height, built on the last block, every lane going on where it
    /// stood. What it shows of itself is [`Block::check_alone`]'s.
    pub fn check_follows(&self, previous: &Tip) -> Result<(), BlockError> {
        let (wanted, found) = (previous.height + 1, self.header.height);
        if wanted != found {
            return Err(BlockError::Height { wanted, found });
        }
        if self.header.previous != previous.hash {
            return Err(BlockError::Previous);
        }
        for (lane, (range, wanted)) in self.header.lanes.iter().zip(previous.next).enumerate() {
            if range.first != wanted {
                return Err(BlockError::Lane { lane, wanted, found: range.first });
            }
        }
        Ok(())
    }
}

fn next(header: &Header) -> [u64; 3] {
    let [urgent, high, normal] = &header.lanes;
    [urgent, high, normal].map(|range| range.last.saturating_add(1))
}
