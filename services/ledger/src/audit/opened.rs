//! Blocks of an archive, opened on every core while the caller executes them: read, parsed, their own signature and body
//! checked, every bundle decoded and every signature verified.
//!
//! Signatures are most of an audit's work and depend on nothing but the bytes. The caller gets the blocks in order; how
//! many wait for it is bounded. It knows neither the state nor the log.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Mutex, PoisonError};

use proof::block::{Block, BlockError};
use proof::sign::{ChainId, Domain};

use super::archive::{Blocks, Next};
use crate::core::inputs::{self, Prepared};

/// Opened blocks that wait for the caller: enough that nobody stands still, at most some 50 MB.
const WAITING: usize = 16;

/// What an archive has at a height.
pub(super) enum Opened {
    /// A block that is sound in itself.
    Sound(Box<Block>, Prepared),
    /// A block that is not, and whether its sealer signed it so.
    Unsound { block: Box<Block>, error: BlockError, signed: bool },
    /// Bytes that are no block.
    Garbage(BlockError),
    /// Heights that can't be read.
    Lost { from: u64, to: u64, path: String, what: String },
}

fn open(chain: &ChainId, next: Next) -> Opened {
    let bytes = match next {
        Next::Block(_, bytes) => bytes,
        Next::Lost { from, to, path, what } => return Opened::Lost { from, to, path, what },
    };
    let block = match Block::from_bytes(&bytes) {
        Ok(block) => Box::new(block),
        Err(error) => return Opened::Garbage(error),
    };
    match block.check_alone(chain) {
        Ok(()) => {
            let prepared = inputs::prepare_here(chain, &block);
            Opened::Sound(block, prepared)
        }
        Err(error) => {
            // Bundles that are not those of the header were put there by somebody else.
            let signed = error != BlockError::Body
                && block.header.sealer.verify(Domain::Block, chain, &block.header_bytes, &block.signature);
            Opened::Unsound { block, error, signed }
        }
    }
}

/// Hands every opened block to `take`, in order.
pub(super) fn each(chain: &ChainId, blocks: Blocks, mut take: impl FnMut(Opened)) {
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    let source = Mutex::new((0..).zip(blocks));
    std::thread::scope(|scope| {
        let (done, opened) = sync_channel(WAITING);
        for _ in 0..cores {
            let (done, source) = (done.clone(), &source);
            scope.spawn(move || {
                loop {
                    let next = source.lock().unwrap_or_else(PoisonError::into_inner).next();
                    let Some((number, next)) = next else { break };
                    // The caller takes everything until all senders are gone.
                    if done.send((number, open(chain, next))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(done);
        in_order(&opened, &mut take);
    });
}

/// Takes from the channel in the order of the numbers; as many as there are threads may come early.
fn in_order(opened: &Receiver<(u64, Opened)>, take: &mut impl FnMut(Opened)) {
    let (mut next, mut early) = (0, BTreeMap::new());
    for (number, each) in opened {
        early.insert(number, each);
        while let Some(each) = early.remove(&next) {
            take(each);
            next += 1;
        }
    }
}
