//! From a block's bundles to what the rules take: envelopes opened, bodies decoded, signatures verified.
//!
//! Signatures are nearly all of a ledger's work and depend on nothing but the bytes, so those of all waiting blocks are
//! verified at once, on as many threads as the machine has cores, at most [`MAX_THREADS`].

use std::num::NonZero;

use domain::act::Submitted;
use domain::chain::Lane;
use domain::execute::{BundleInput, Entry};
use domain::refusal::{Code, Refusal};
use domain::time::Millis;
use proof::block::Block;
use proof::digest::Digest;
use proof::sign::{ChainId, Domain, Signed};

/// Threads that verify at once: several ledgers share a machine, and a block has at most 500 events.
const MAX_THREADS: usize = 4;

/// Below this many events (about 0.3 ms of work) starting a thread costs more than it saves.
const WORTH_A_THREAD: usize = 8;

/// A block ready to execute.
#[derive(Debug, Default)]
pub struct Prepared {
    /// Its bundles, as execution takes them.
    pub bundles: Vec<BundleInput>,
    /// Event id and hash of signed bytes of everything that can have a leaf, in the block's order.
    pub sources: Vec<(Digest, Digest)>,
    /// Of each message, in the block's order, as how many events sealers count it, and when its node says it closed it.
    pub(crate) counted: Vec<(usize, Option<Millis>)>,
}

/// What a bundle message is.
enum Opened {
    Bundle { signed: Signed, bundle: wire::bundle::Bundle },
    Junk { lane: Lane, hash: Digest, code: Code, events: usize },
}

impl Opened {
    fn counted(&self) -> (usize, Option<Millis>) {
        match self {
            Opened::Bundle { bundle, .. } => (bundle.events.len().max(1), Some(bundle.admitted_at)),
            Opened::Junk { events, .. } => (*events, None),
        }
    }
}

/// Opens every bundle of a block.
fn open(block: &Block) -> Vec<Opened> {
    // Bundles lie lane by lane in the order of their intake sequences, so the ranges say whose lane each came in.
    let lanes = Lane::ALL.into_iter().zip(&block.header.lanes).flat_map(|(lane, range)| {
        std::iter::repeat_n(lane, usize::try_from(range.bundles()).unwrap_or(usize::MAX).min(block.bundles.len()))
    });
    block.bundles.iter().zip(lanes).map(|(bytes, lane)| open_one(bytes, lane)).collect()
}

fn open_one(bytes: &[u8], lane: Lane) -> Opened {
    let junk = |code, events| Opened::Junk { lane, hash: Digest::of(bytes), code, events };
    let Some(signed) = Signed::from_bytes(bytes) else { return junk(Code::BadBundle, 1) };
    match wire::bundle::decode(&signed.body) {
        Err(refusal) => junk(refusal.code, 1),
        Ok(bundle) if bundle.lane != lane => junk(Code::LaneMismatch, bundle.events.len().max(1)),
        Ok(bundle) => Opened::Bundle { signed, bundle },
    }
}

/// The signed bytes of everything in a block that can have a leaf, in the order of [`sources`]: its events, and the
/// messages that hold none.
pub(crate) fn signed_bytes(block: &Block) -> Vec<Vec<u8>> {
    open(block)
        .into_iter()
        .zip(&block.bundles)
        .flat_map(|(opened, bytes)| match opened {
            Opened::Bundle { bundle, .. } if !bundle.events.is_empty() => bundle.events,
            _ => vec![bytes.clone()],
        })
        .collect()
}

/// The sources of a block, derived from its bytes alone.
pub(crate) fn sources(chain: &ChainId, block: &Block) -> Vec<(Digest, Digest)> {
    let mut sources = Vec::new();
    for (opened, bytes) in open(block).iter().zip(&block.bundles) {
        put_sources(chain, opened, bytes, &mut sources);
    }
    sources
}

fn put_sources(chain: &ChainId, opened: &Opened, bytes: &[u8], sources: &mut Vec<(Digest, Digest)>) {
    match opened {
        Opened::Junk { hash, .. } => sources.push((*hash, *hash)),
        Opened::Bundle { bundle, .. } if bundle.events.is_empty() => {
            // It has no leaf as a rule; if its signer had no right to it, its refusal is about the message.
            let hash = Digest::of(bytes);
            sources.push((hash, hash));
        }
        Opened::Bundle { bundle, .. } => {
            sources.extend(bundle.events.iter().map(|signed| (wire::event::id_of(chain, signed), Digest::of(signed))));
        }
    }
}

/// Prepares blocks for execution, on several threads.
pub(crate) fn prepare(chain: &ChainId, blocks: &[Block]) -> Vec<Prepared> {
    prepare_on(std::thread::available_parallelism().map_or(1, NonZero::get).min(MAX_THREADS), chain, blocks)
}

/// Prepares one block here: for who has a thread for each block already.
pub fn prepare_here(chain: &ChainId, block: &Block) -> Prepared {
    let prepared = prepare_on(1, chain, std::slice::from_ref(block)).pop();
    prepared.unwrap_or_default()
}

fn prepare_on(threads: usize, chain: &ChainId, blocks: &[Block]) -> Vec<Prepared> {
    let opened = blocks.iter().map(open).collect::<Vec<_>>();
    let bundles = opened.iter().flatten().filter_map(|opened| match opened {
        Opened::Bundle { signed, bundle } => Some((signed, bundle)),
        Opened::Junk { .. } => None,
    });
    let signatures = bundles.clone().map(|(signed, _)| signed).collect::<Vec<_>>();
    let events = bundles.flat_map(|(_, bundle)| &bundle.events).collect::<Vec<_>>();
    let mut good = spread(threads, &signatures, |signed| signed.verify(Domain::Bundle, chain)).into_iter();
    let mut outcomes = spread(threads, &events, |signed| event(chain, signed)).into_iter();
    let prepare_one = |(block, opened): (&Block, Vec<Opened>)| {
        let mut prepared = Prepared {
            bundles: Vec::with_capacity(opened.len()),
            sources: Vec::new(),
            counted: opened.iter().map(Opened::counted).collect(),
        };
        for (opened, bytes) in opened.into_iter().zip(&block.bundles) {
            put_sources(chain, &opened, bytes, &mut prepared.sources);
            prepared.bundles.push(match opened {
                Opened::Junk { lane, hash, code, .. } => BundleInput::Junk { lane, hash, code },
                Opened::Bundle { signed, bundle } => {
                    let events = outcomes.by_ref().take(bundle.events.len()).collect();
                    match good.next() {
                        Some(true) => BundleInput::Bundle {
                            endorser: signed.key,
                            lane: bundle.lane,
                            number: bundle.number,
                            events,
                        },
                        _ => BundleInput::Junk { lane: bundle.lane, hash: Digest::of(bytes), code: Code::BadSignature },
                    }
                }
            });
        }
        prepared
    };
    blocks.iter().zip(opened).map(prepare_one).collect()
}

/// Opens and verifies one event.
fn event(chain: &ChainId, signed: &[u8]) -> Entry {
    let refused = |refusal: Refusal| (wire::event::id_of(chain, signed), Digest::of(signed), refusal);
    let opened = wire::event::open(chain, signed).map_err(refused)?;
    wire::event::verify(chain, &opened.envelope).map_err(refused)?;
    Ok(Submitted { id: opened.id, signed: opened.signed_hash, event: opened.event })
}

/// `work` on every item, in order, on as many threads when it is worth it.
fn spread<T: Sync, R: Send>(threads: usize, items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let threads = threads.min(items.len() / WORTH_A_THREAD);
    if threads < 2 {
        return items.iter().map(work).collect();
    }
    let (mine, others) = items.split_at(items.len() / threads);
    std::thread::scope(|scope| {
        let work = &work;
        let others = others
            .chunks(others.len().div_ceil(threads - 1))
            .map(|chunk| (chunk, scope.spawn(move || chunk.iter().map(work).collect::<Vec<_>>())))
            .collect::<Vec<_>>();
        let mut results = mine.iter().map(work).collect::<Vec<_>>();
        for (chunk, thread) in others {
            // A thread that ended by a bug is not papered over: its share is done again here, where the bug ends us.
            results.extend(thread.join().unwrap_or_else(|_| chunk.iter().map(work).collect()));
        }
        results
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_spread_over_threads_comes_back_in_order() {
        for count in [0, 1, WORTH_A_THREAD, 17, 500, 501] {
            let items = (0..count).collect::<Vec<_>>();
            assert_eq!(spread(3, &items, |item| item * 2), items.iter().map(|item| item * 2).collect::<Vec<_>>());
        }
    }
}
