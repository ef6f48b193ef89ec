//! Which message of the block stream is the next block: the first valid one in stream order for its height.
//!
//! Pure. A stream can lose messages, and sealers put missing blocks back from ledgers. So it is read as if from the
//! beginning: blocks this ledger has are expected to come again as they were. If another valid block stands in the
//! place of one it has, the stream was rewritten and the ledger must say so instead of following.

use proof::block::{Block, Tip};
use proof::digest::Digest;
use proof::sign::PublicKey;

use crate::chain::Chain;

/// What a message is.
#[derive(Debug)]
pub enum Heard {
    /// The next block.
    Next(Box<Block>),
    /// The block this ledger has at this height: the stream has it too, which was not known before.
    Ours(u64),
    /// A block that the stream gave before, or a late rival of one.
    Known,
    /// Nothing that follows; why.
    PassedOver(String),
    /// A sound block of this height, above the next one: the stream misses those between.
    Gap(u64),
    /// Another valid block of this height where the stream must repeat ours: it was rewritten. A final block has no rivals,
    /// so that the stream can be put right behind this one; else nobody can say which of the two is the chain's.
    Rewritten(u64),
}

/// The place in the stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Follow {
    /// The height up to which the stream is known to agree with our blocks; `None` until one was met in it.
    agreed: Option<u64>,
}

impl Follow {
    /// Judges one message. `own` gives the hash of our block at a height up to the tip's (0: the genesis), `seals` says
    /// whether a key seals the block of a height, by the newest state there is: exact for the next block, and as good as
    /// can be had for those beyond it. A block that is ours needs no sealer that is still one.
    pub fn hear<E>(
        &mut self,
        chain: &Chain,
        message: &[u8],
        tip: &Tip,
        seals: impl FnOnce(&PublicKey, u64) -> Result<bool, E>,
        own: impl Fn(u64) -> Result<Digest, E>,
    ) -> Result<Heard, E> {
        let block = match Block::from_bytes(message) {
            Ok(block) => block,
            Err(error) => return Ok(Heard::PassedOver(error.to_string())),
        };
        let (height, sealer) = (block.header.height, block.header.sealer);
        let ours = height <= tip.height && own(height)? == block.hash();
        if !ours && !seals(&sealer, height)? {
            return Ok(Heard::PassedOver(format!("{sealer} is no sealer of this chain at height {height}")));
        }
        if let Err(error) = block.check_alone(chain.id()) {
            return Ok(Heard::PassedOver(error.to_string()));
        }
        if height == tip.height + 1 {
            return Ok(match block.check_follows(tip) {
                Ok(()) => {
                    self.agreed = Some(height);
                    Heard::Next(Box::new(block))
                }
                Err(error) => Heard::PassedOver(error.to_string()),
            });
        }
        if height > tip.height {
            return Ok(Heard::Gap(height));
        }
        match self.agreed {
            Some(agreed) if height <= agreed => Ok(Heard::Known),
            _ if ours => {
                self.agreed = Some(height);
                Ok(Heard::Ours(height))
            }
            Some(agreed) if height == agreed + 1 && own(agreed)? == block.header.previous => {
                Ok(Heard::Rewritten(height))
            }
            _ => Ok(Heard::PassedOver("another block at a height this ledger has".to_owned())),
        }
    }
}

#[cfg(test)]
mod tests;
