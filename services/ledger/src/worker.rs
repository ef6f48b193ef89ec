//! The one thread that owns the core: it may block on fsync while everybody else goes on.
//!
//! What has arrived while a batch was on its way to disk makes the next batch, so there is no timer and no waiting. The
//! thread ends with an error when the store is damaged or fails; whoever started it opens the ledger anew.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use bus::Message;
use host::telemetry::metrics::Metric;
use proof::block::{Block, Tip};
use proof::digest::Digest;
use proof::sign::PublicKey;
use tokio::sync::{mpsc, oneshot, watch};

use crate::chain::Chain;
use crate::core::{Core, CoreError, Executed, MAX_BATCH_BLOCKS, MAX_BATCH_BYTES};
use crate::cosigner::{Task, halt};
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
    /// Another ledger has the log that this one vouched for up to this height, and it parts from ours.
    Forsworn(u64),
}

/// What became of messages.
#[derive(Debug, Default)]
pub(crate) struct Taken {
    /// Those from the first one on that can't be judged yet.
    pub(crate) rest: Vec<Message>,
    /// The heights that the stream lacks.
    pub(crate) missing: Option<Range<u64>>,
    /// The height of ours that the first of the rest is a rival of: it is judged again when ours is final.
    pub(crate) disputed: Option<u64>,
}

/// Everything the thread works with.
pub(crate) struct Worker {
    pub(crate) chain: Arc<Chain>,
    pub(crate) core: Core,
    pub(crate) follow: Follow,
    pub(crate) progress: Arc<watch::Sender<Progress>>,
    pub(crate) finals: Arc<Finals>,
    /// To the one who cosigns; bounded by batches, since the thread waits when it is full.
    pub(crate) cosigner: mpsc::Sender<Task>,
    /// Whether the store was built anew because it was contradicted.
    pub(crate) rebuilt: bool,
    /// Whether the store was searched because a block that follows was refused by our own state.
    pub(crate) doubted: bool,
    /// The height for whose block the stream holds a rival, while nobody can say which of the two is the chain's.
    pub(crate) disputed: Option<u64>,
}

/// Blocks of the stream that follow each other, each with the message it came in.
#[derive(Default)]
struct Batch {
    blocks: Vec<Block>,
    /// The place of each block's message among those looked at.
    places: Vec<usize>,
    bytes: usize,
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
                Work::Forsworn(height) => return Err(CoreError::Forsworn(height)),
            }
        }
        // The last times and certificate would otherwise wait for a batch that does not come.
        let beside = self.finals.beside();
        if beside.certificate.is_some() {
            self.core.extend(&[], &[], &beside)?;
        }
        Ok(())
    }

    fn halted(&self) -> bool {
        self.progress.borrow().halted.is_some()
    }

    /// Goes on when what was disputed is decided: our block is final. Were the rival final, the store would be built anew.
    fn go_on(&mut self) {
        let last = self.progress.borrow().final_height;
        if let Some(height) = self.disputed.take_if(|height| *height <= last) {
            tracing::warn!(chain = %self.chain.path(), height, "our block is final after all; going on");
            self.progress.send_modify(|progress| progress.halted = None);
            // What could not be cosigned meanwhile is looked at again.
            let _ = self.cosigner.blocking_send(Task::Executed(Vec::new(), true));
        }
    }

    /// Takes messages of the stream, in as few batches as the bounds allow. Where a block changes who may seal, its batch
    /// ends: what comes after is judged again, by the new state.
    fn stream(&mut self, messages: Vec<Message>, mut skip_gap: bool) -> Result<Taken, CoreError> {
        let mut waiting = VecDeque::from(messages);
        self.go_on();
        while !waiting.is_empty() && !self.halted() {
            let mut batch = Batch::default();
            let mut tip = self.core.head().tip.clone();
            let (mut missing, mut seen) = (None, 0);
            for (place, message) in waiting.iter().enumerate() {
                if batch.blocks.len() >= MAX_BATCH_BLOCKS || batch.bytes >= MAX_BATCH_BYTES {
                    break;
                }
                match self.hear(message, &tip, &batch.blocks)? {
                    Heard::Next(block) => {
                        tip = block.tip();
                        batch.bytes += message.payload.len();
                        batch.blocks.push(*block);
                        batch.places.push(place);
                    }
                    Heard::Ours(height) if height == self.core.head().tip.height => self.be_sure()?,
                    Heard::Ours(_) | Heard::Known => {}
                    Heard::PassedOver(why) => {
                        tracing::warn!(chain = %self.chain.path(), sequence = message.sequence, %why, "passed over a message of the block stream");
                        // Behind blocks of the same batch the state is not the newest.
                        if batch.blocks.is_empty() && follows(&self.chain, message, &tip) {
                            self.doubt(tip.height + 1)?;
                        }
                    }
                    Heard::Gap(_) if std::mem::take(&mut skip_gap) => {
                        tracing::warn!(chain = %self.chain.path(), sequence = message.sequence, "no peer has the blocks below a block of the stream");
                    }
                    Heard::Gap(height) => {
                        missing = Some(tip.height + 1..height);
                        break;
                    }
                    Heard::Rewritten(height) if height <= self.progress.borrow().final_height => {
                        tracing::error!(chain = %self.chain.path(), height, "the block stream holds a rival of a final block");
                    }
                    Heard::Rewritten(height) => {
                        self.halt(format!("the block stream holds another block at height {height}"));
                        self.disputed = Some(height);
                        break;
                    }
                }
                seen = place + 1;
            }
            let sequence = |place: &usize| waiting.get(*place).map_or(0, |message| message.sequence + 1);
            let sequences = batch.places.iter().map(sequence).collect::<Vec<_>>();
            let executed = self.extend(&batch.blocks, &sequences)?;
            if executed.len() < batch.blocks.len() {
                missing = None;
                seen =
                    executed.len().checked_sub(1).and_then(|last| batch.places.get(last)).map_or(0, |place| place + 1);
            }
            self.tell(executed, true);
            if let Some(last) = waiting.drain(..seen).next_back() {
                self.progress.send_modify(|progress| progress.heard = last.sequence);
            }
            if missing.is_some() || self.disputed.is_some() {
                return Ok(Taken { rest: waiting.into(), missing, disputed: self.disputed });
            }
        }
        Ok(Taken::default())
    }

    /// The stream has the tip too, which came from a peer: now it may be cosigned.
    fn be_sure(&mut self) -> Result<(), CoreError> {
        if self.core.be_sure()
            && let Some(tip) = self.core.last()?
        {
            let _ = self.cosigner.blocking_send(Task::Sure(Box::new(tip)));
        }
        Ok(())
    }

    fn hear(&mut self, message: &Message, tip: &Tip, fresh: &[Block]) -> Result<Heard, CoreError> {
        let Worker { chain, core, follow, .. } = self;
        let seals = |key: &PublicKey, height| core.seals(key, height);
        follow.hear(chain, &message.payload, tip, seals, |height| own(core, chain, fresh, height))
    }

    /// Executes blocks from a peer as far as they follow; gives the height reached. They are not cosigned: the block of
    /// the stream that follows them, or a final certificate, must first show that they are the chain's.
    fn fill(&mut self, messages: &[Vec<u8>]) -> Result<u64, CoreError> {
        let mut waiting = messages;
        // What is disputed is decided by certificates, and one of a longer log needs the blocks up to there.
        while !self.halted() || self.disputed.is_some() {
            let (mut tip, mut blocks) = (self.core.head().tip.clone(), Vec::new());
            for message in waiting.iter().take(MAX_BATCH_BLOCKS) {
                let Ok(block) = Block::from_bytes(message) else { break };
                if block.check_follows(&tip).is_err() || block.check_alone(self.chain.id()).is_err() {
                    break;
                }
                if !self.core.seals(&block.header.sealer, block.header.height)? {
                    self.doubt(block.header.height)?;
                    break;
                }
                tip = block.tip();
                blocks.push(block);
            }
            let executed = self.extend(&blocks, &[])?;
            waiting = waiting.get(executed.len()..).unwrap_or_default();
            if executed.is_empty() {
                break;
            }
            self.tell(executed, false);
        }
        Ok(self.core.head().tip.height)
    }

    /// There is a sound block that follows our tip, by somebody who may not seal according to our state: one of the two is
    /// wrong. Ours is searched for damage, once a run, since blocks may be forged and a search takes long.
    fn doubt(&mut self, height: u64) -> Result<(), CoreError> {
        if std::mem::replace(&mut self.doubted, true) {
            return Ok(());
        }
        tracing::warn!(chain = %self.chain.path(), height, "a block follows ours by no sealer that we know; searching the store");
        self.core.scrub()
    }

    fn extend(&mut self, blocks: &[Block], sequences: &[u64]) -> Result<Vec<Executed>, CoreError> {
        if blocks.is_empty() {
            return Ok(Vec::new());
        }
        let beside = self.finals.beside();
        let executed = self.core.extend(blocks, sequences, &beside)?;
        self.finals.stored(&beside);
        let (head, sets) = (self.core.head().clone(), self.core.sets().clone());
        Metric::LedgerHeight.set(self.chain.path().as_str(), head.tip.height);
        self.progress.send_modify(|progress| {
            progress.head = head;
            progress.sets = sets;
        });
        Ok(executed)
    }

    /// Hands on what is durable; one who is sure of its place in the chain may cosign it.
    fn tell(&self, executed: Vec<Executed>, sure: bool) {
        if !executed.is_empty() {
            // Nobody hears it any more when the service is ending.
            let _ = self.cosigner.blocking_send(Task::Executed(executed, sure));
        }
    }

    fn halt(&self, why: String) {
        halt(&self.progress, &self.chain, why);
    }
}

/// Whether a message is a sound block that follows, whoever sealed it.
fn follows(chain: &Chain, message: &Message, tip: &Tip) -> bool {
    let block = Block::from_bytes(&message.payload);
    block.is_ok_and(|block| block.check_follows(tip).is_ok() && block.check_alone(chain.id()).is_ok())
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
