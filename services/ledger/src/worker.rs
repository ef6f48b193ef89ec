//! The one thread that owns the core: it may block on fsync while everybody else goes on.
//!
//! What has arrived while a batch was on its way to disk makes the next batch, so there is no timer and no waiting. The
//! thread ends with an error when the store is damaged or fails; whoever started it opens the ledger anew.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;
use std::sync::Arc;

use bus::Message;
use host::clock::Clock;
use host::telemetry::metrics::Metric;
use proof::block::{Block, Tip};
use proof::checkpoint::{Certificate, Checkpoint, cosign};
use proof::digest::Digest;
use proof::sign::SecretKey;
use tokio::sync::{mpsc, oneshot, watch};

use crate::chain::Chain;
use crate::core::{Core, CoreError, Executed, MAX_BATCH_BLOCKS, MAX_BATCH_BYTES};
use crate::follow::{Follow, Heard};
use crate::progress::{Finals, Progress};

/// What the thread is told.
pub(crate) enum Work {
    /// Messages of the block stream in order.
    Stream { messages: Vec<Message>, skip_gap: bool, reply: oneshot::Sender<Taken> },
    /// Blocks from a peer that the stream no longer has.
    Fill { blocks: Vec<Vec<u8>>, reply: oneshot::Sender<u64> },
    /// The stream shrank or was made anew: what it holds must be met again before it is followed.
    Rewound,
    /// A final checkpoint contradicts ours.
    Contradicted(u64),
}

/// What became of messages.
#[derive(Debug, Default)]
pub(crate) struct Taken {
    /// Those from the first one on that can't be judged before blocks from `missing` on are there.
    pub(crate) rest: Vec<Message>,
    /// The heights that the stream lacks.
    pub(crate) missing: Option<Range<u64>>,
}

/// A durable block as the finality task hears of it: with our cosignature unless its place in the chain is not sure yet.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) height: u64,
    pub(crate) checkpoint: Checkpoint,
    pub(crate) cosigned: Option<Certificate>,
}

/// Everything the thread works with.
pub(crate) struct Worker {
    pub(crate) chain: Arc<Chain>,
    pub(crate) core: Core,
    pub(crate) follow: Follow,
    /// Our cosigner key and name.
    pub(crate) cosigner: Option<(SecretKey, String)>,
    pub(crate) clock: Clock,
    pub(crate) progress: Arc<watch::Sender<Progress>>,
    pub(crate) finals: Arc<Finals>,
    /// To the finality task; bounded by batches, since the thread waits when it is full.
    pub(crate) told: mpsc::Sender<Vec<Told>>,
    /// Checkpoints that are known to carry our cosignature and that our store does not reach (any more).
    pub(crate) sworn: BTreeMap<u64, Checkpoint>,
    /// Whether the store was built anew because it was contradicted.
    pub(crate) rebuilt: bool,
}

impl Worker {
    /// Works until there is no more work or the store fails.
    pub(crate) fn run(mut self, mut work: mpsc::Receiver<Work>) -> Result<(), CoreError> {
        while let Some(next) = work.blocking_recv() {
            match next {
                Work::Stream { messages, skip_gap, reply } => {
                    let taken = self.stream(messages, skip_gap)?;
                    // Who asked may have been stopped meanwhile.
                    let _ = reply.send(taken);
                }
                Work::Fill { blocks, reply } => {
                    let height = self.fill(&blocks)?;
                    let _ = reply.send(height);
                }
                Work::Rewound => self.follow = Follow::default(),
                // Built anew once and contradicted again, it is not the disk: we would only go round in circles.
                Work::Contradicted(height) if self.rebuilt => {
                    self.halt(format!("q cosigners vouch for another checkpoint at height {height}"));
                }
                Work::Contradicted(height) => return Err(CoreError::Contradicted(height)),
            }
        }
        // The last times and certificate would otherwise wait for a batch that does not come.
        let beside = self.finals.beside();
        if beside.certificate.is_some() {
            self.core.extend(&[], None, &beside)?;
        }
        Ok(())
    }

    fn halted(&self) -> bool {
        self.progress.borrow().halted.is_some()
    }

    /// Takes messages of the stream, in as few batches as the bounds allow.
    fn stream(&mut self, messages: Vec<Message>, mut skip_gap: bool) -> Result<Taken, CoreError> {
        let mut waiting = VecDeque::from(messages);
        while !waiting.is_empty() && !self.halted() {
            let (mut blocks, mut bytes, mut seen) = (Vec::<Block>::new(), 0, None);
            let mut tip = self.core.head().tip.clone();
            let mut missing = None;
            while let Some(message) = waiting.front() {
                if blocks.len() >= MAX_BATCH_BLOCKS || bytes >= MAX_BATCH_BYTES {
                    break;
                }
                match self.hear(message, &tip, &blocks)? {
                    Heard::Next(block) => {
                        bytes += message.payload.len();
                        tip = block.tip();
                        blocks.push(*block);
                    }
                    Heard::Known => {}
                    Heard::PassedOver(why) => {
                        tracing::warn!(chain = %self.chain.path(), sequence = message.sequence, %why, "passed over a message of the block stream");
                    }
                    Heard::Gap(_) if std::mem::take(&mut skip_gap) => {
                        tracing::warn!(chain = %self.chain.path(), sequence = message.sequence, "no peer has the blocks below a block of the stream");
                    }
                    Heard::Gap(height) => {
                        missing = Some(tip.height + 1..height);
                        break;
                    }
                    Heard::Rewritten => {
                        self.halt(format!("the block stream holds another block at height {}", tip.height));
                        break;
                    }
                }
                seen = Some(message.sequence);
                waiting.pop_front();
            }
            let next = seen.map(|sequence| sequence + 1);
            if !blocks.is_empty() {
                let executed = self.extend(&blocks, next)?;
                self.tell(executed, true);
            }
            if missing.is_some() {
                return Ok(Taken { rest: waiting.into(), missing });
            }
        }
        Ok(Taken::default())
    }

    fn hear(&mut self, message: &Message, tip: &Tip, fresh: &[Block]) -> Result<Heard, CoreError> {
        let Worker { chain, core, follow, .. } = self;
        follow.hear(chain, &message.payload, tip, |height| own(core, chain, fresh, height))
    }

    /// Executes blocks from a peer as far as they follow; gives the height reached. They are not cosigned: the block of
    /// the stream that follows them, or a final certificate, must first show that they are the chain's.
    fn fill(&mut self, messages: &[Vec<u8>]) -> Result<u64, CoreError> {
        let mut tip = self.core.head().tip.clone();
        let mut blocks = Vec::new();
        for message in messages {
            match self.chain.block(message) {
                Ok(block) if block.check_follows(&tip).is_ok() => {
                    tip = block.tip();
                    blocks.push(block);
                }
                _ => break,
            }
        }
        for batch in blocks.chunks(MAX_BATCH_BLOCKS) {
            if self.halted() {
                break;
            }
            let executed = self.extend(batch, None)?;
            self.tell(executed, false);
        }
        Ok(self.core.head().tip.height)
    }

    fn extend(&mut self, blocks: &[Block], next: Option<u64>) -> Result<Vec<Executed>, CoreError> {
        let beside = self.finals.beside();
        let executed = self.core.extend(blocks, next, &beside)?;
        self.finals.stored(&beside);
        let head = self.core.head().clone();
        Metric::LedgerHeight.set(self.chain.path().as_str(), head.tip.height);
        self.progress.send_modify(|progress| progress.head = head);
        Ok(executed)
    }

    /// Cosigns what is durable, and never another checkpoint at a height that carries our cosignature.
    fn tell(&mut self, executed: Vec<Executed>, sure: bool) {
        let time_s = self.clock.now().seconds();
        let mut told = Vec::with_capacity(executed.len());
        for Executed { height, checkpoint } in executed {
            if self.sworn.remove(&height).is_some_and(|sworn| sworn != checkpoint) {
                self.halt(format!("this ledger has cosigned another checkpoint at height {height}"));
            }
            let sure = sure && !self.halted();
            let cosigner = self.cosigner.as_ref().filter(|_| sure);
            let cosigned = cosigner.map(|(key, name)| {
                let cosignatures = vec![cosign(key, name, &checkpoint, time_s)];
                Certificate { checkpoint: checkpoint.clone(), cosignatures }
            });
            told.push(Told { height, checkpoint, cosigned });
        }
        // Nobody hears it any more when the service is ending.
        let _ = self.told.blocking_send(told);
    }

    fn halt(&self, why: String) {
        tracing::error!(chain = %self.chain.path(), %why, "this ledger stops cosigning");
        self.progress.send_modify(|progress| progress.halted = Some(why));
    }
}

/// The hash of our block at a height, stored or in the batch being made.
fn own(core: &Core, chain: &Chain, fresh: &[Block], height: u64) -> Result<Digest, CoreError> {
    if height == 0 {
        return Ok(Tip::genesis(chain.id()).hash);
    }
    if let Some(block) = fresh.iter().find(|block| block.header.height == height) {
        return Ok(block.hash());
    }
    let stored = core.spaces().block(height)?;
    stored.map(|block| block.hash()).ok_or_else(|| CoreError::Damaged(format!("block {height} is missing")))
}
