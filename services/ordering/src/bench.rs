//! What one session of a sealer knows, and when it cuts the next block.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use bus::{BusError, Message};
use domain::chain::Lane;
use domain::lanes::Limits;
use host::node::Node;
use proof::block::{Block, Header};
use proof::sign::{SecretKey, Signed};
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tracing::warn;

use crate::lane::LaneQueue;
use crate::said::Said;
use crate::tail::{Heard, Tail};

/// Messages a lane reads ahead: more than any block takes (500 events), small enough (at most 64 MiB of full bundles)
/// for three lanes of every chain in one process.
const READ_AHEAD: usize = 512;
/// The sealer of the previous block goes first; others cut only what it left waiting this long, so that two sealers do
/// not spend the machine on races, and a silent one delays nothing by more than this, nor one that starves a lane unless
/// it is faster than all others.
const COURTESY: Duration = Duration::from_millis(150);
/// An open deadline or an unsummarised change gets an empty block after this long without one.
const EMPTY_BLOCK_AFTER: Duration = Duration::from_secs(5);
/// The same when a certificate is at hand that advances chain time (the second is the grain of cosignature times), or
/// that hands over to a new cosigner set.
const TIME_BLOCK_AFTER: Duration = Duration::from_secs(1);
/// Ledgers follow within a batch's fsync and repeat their last word every two seconds; a disk that stalls for longer than
/// this is rare, and all it costs is to read the chain again.
const LEFT_AFTER: Duration = Duration::from_secs(10);

/// What the readers tell.
pub(crate) enum News {
    Blocks(Vec<Message>),
    Bundles(Lane, Vec<Message>),
    Notes(Vec<Message>),
    Lost(BusError),
}

/// How many leaves a message becomes: its events, or one refused leaf when it is no bundle.
fn events_in(message: &[u8]) -> usize {
    Signed::from_bytes(message)
        .and_then(|signed| wire::bundle::decode(&signed.body).ok())
        .map_or(1, |bundle| bundle.events.len().max(1))
}

/// What one session knows: the tail, what waits, and what the cosigners said.
pub(crate) struct Bench {
    node: Node,
    pub(crate) tail: Tail,
    pub(crate) lanes: [LaneQueue; 3],
    pub(crate) room: [Arc<Semaphore>; 3],
    said: Said,
    /// How far the ledgers followed when they last got on or had got to the end, and when that was.
    followed: (u64, Instant),
    last_block: Instant,
    /// Since when a lane's next bundle waits, or since the last block that took one of that lane.
    waiting_since: [Option<Instant>; 3],
    outrun: bool,
}

impl Bench {
    pub(crate) fn new(node: &Node, tail: Tail) -> Self {
        Bench {
            node: node.clone(),
            lanes: tail.cursors().map(LaneQueue::after),
            room: [(); 3].map(|()| Arc::new(Semaphore::new(READ_AHEAD))),
            tail,
            said: Said::default(),
            followed: (0, Instant::now()),
            last_block: Instant::now(),
            waiting_since: [None; 3],
            outrun: false,
        }
    }

    pub(crate) fn hear(&mut self, news: News) -> anyhow::Result<()> {
        match news {
            News::Blocks(batch) => {
                for message in batch {
                    match self.tail.hear(message.sequence, &message.payload) {
                        Heard::Next => self.moved(),
                        Heard::Old => {}
                        Heard::PassedOver(why) => {
                            warn!(chain = %self.node.genesis.chain, sequence = message.sequence, "passed over a message of the block stream: {why}")
                        }
                    }
                    self.outrun = false;
                }
            }
            News::Bundles(lane, batch) => {
                let now = self.node.clock.wall_now().0;
                let (Some(queue), Some(room), Some(since)) = (
                    self.lanes.get_mut(lane.index()),
                    self.room.get(lane.index()),
                    self.waiting_since.get_mut(lane.index()),
                ) else {
                    return Ok(());
                };
                for message in batch {
                    if message.sequence < queue.next_sequence() {
                        room.add_permits(1);
                        continue;
                    }
                    let events = events_in(&message.payload);
                    queue.arrive(message.sequence, message.payload.to_vec(), events, now);
                    since.get_or_insert_with(Instant::now);
                }
            }
            News::Notes(batch) => {
                for message in batch {
                    self.said.hear(&message.payload, &self.tail);
                }
                self.follow();
            }
            News::Lost(error) => return Err(error).context("a reader lost its stream"),
        }
        Ok(())
    }

    pub(crate) fn stand(&mut self, sequence: u64, block: &Block) {
        self.tail.stand(block);
        self.tail.sequence = sequence;
        self.moved();
    }

    /// The tail moved on: forget what its block took. A lane it took nothing of goes on waiting: the courtesy of letting
    /// its sealer go first is for those who leave nothing behind.
    fn moved(&mut self) {
        let now = self.node.clock.wall_now().0;
        let lanes = self.lanes.iter_mut().zip(&mut self.waiting_since);
        for (((queue, since), room), cursor) in lanes.zip(&self.room).zip(self.tail.cursors()) {
            let freed = queue.advance(cursor, now);
            room.add_permits(freed);
            if freed > 0 || queue.is_empty() {
                *since = (!queue.is_empty()).then(Instant::now);
            }
        }
        self.said.moved(&self.tail);
        self.follow();
        self.last_block = Instant::now();
    }

    fn follow(&mut self) {
        let followed = self.said.followed(&self.tail);
        if followed >= self.tail.height() || followed > self.followed.0 {
            self.followed = (followed, Instant::now());
        }
    }

    /// Whether the ledgers have left us: a block of ours that they do not take for so long, they never will, however many
    /// we seal on top of it.
    pub(crate) fn is_left(&self) -> bool {
        self.followed.1.elapsed() > LEFT_AFTER && self.said.followed(&self.tail) < self.tail.height()
    }

    /// Nobody could be asked: they are waited for as long again, and sealing goes on.
    pub(crate) fn stay(&mut self) {
        self.followed.1 = Instant::now();
    }

    pub(crate) fn outrun(&mut self) {
        self.outrun = true;
    }

    /// When the next block may be cut, if nothing more is heard.
    pub(crate) fn wake_at(&self, secret: &SecretKey) -> Option<Instant> {
        let gap = self
            .lanes
            .iter()
            .filter_map(LaneQueue::gap_ends_ms)
            .min()
            .map(|ends| Instant::now() + Duration::from_millis(ends.saturating_sub(self.node.clock.wall_now().0)));
        let cut = if self.outrun { None } else { self.cut_at(secret) };
        // One tick later than the moment itself, which is not yet too late.
        let left = self.followed.1 + LEFT_AFTER + Duration::from_millis(1);
        let left = (self.said.followed(&self.tail) < self.tail.height()).then_some(left);
        [gap, cut, left].into_iter().flatten().min()
    }

    fn cut_at(&self, secret: &SecretKey) -> Option<Instant> {
        if self.said.exclusion(&self.tail, &secret.public()).is_some() {
            // The one to be excluded may be the one who is faster; nobody waits for him.
            return Some(self.last_block);
        }
        let first = self.tail.sealer.is_none_or(|sealer| sealer == secret.public());
        let courtesy = if first { Duration::ZERO } else { COURTESY };
        if let Some(since) = self.waiting_since.iter().flatten().min() {
            return Some(*since + courtesy);
        }
        let certificate = self.said.certificate(&self.tail);
        let after = if certificate.is_some() { TIME_BLOCK_AFTER } else { EMPTY_BLOCK_AFTER };
        let wanted =
            self.said.wants_block(&self.tail) || (certificate.is_some() && self.said.wants_handover(&self.tail));
        wanted.then(|| self.last_block + after + courtesy)
    }

    pub(crate) fn cut(&mut self, secret: &SecretKey) -> Option<Block> {
        let now = self.node.clock.wall_now().0;
        for (queue, since) in self.lanes.iter_mut().zip(&mut self.waiting_since) {
            if queue.give_up_gap(now) {
                warn!(chain = %self.node.genesis.chain, "sealing a named hole: intake messages were lost");
                since.get_or_insert_with(Instant::now);
            }
        }
        let seals = self.tail.seals(&secret.public(), self.tail.height() + 1);
        if self.outrun || !seals || self.cut_at(secret).is_none_or(|at| at > Instant::now()) {
            return None;
        }
        let sizes = self.lanes.each_ref().map(|queue| queue.pending(READ_AHEAD));
        let counts = domain::lanes::fill(sizes.each_ref().map(Vec::as_slice), Limits::BLOCK);
        let mut bundles = Vec::new();
        let mut events = 0;
        let mut taken = self.lanes.each_ref().map(|_| None);
        for ((slot, queue), count) in taken.iter_mut().zip(&self.lanes).zip(counts) {
            let lane = queue.take(count);
            events += lane.events;
            bundles.extend(lane.bundles);
            *slot = Some(lane.range);
        }
        let [Some(urgent), Some(high), Some(normal)] = taken else { return None };
        let header = Header {
            events: u32::try_from(events).unwrap_or(u32::MAX),
            sealed_at_ms: self.node.clock.now().0,
            certificate: self.said.certificate(&self.tail).cloned(),
            exclusion: self.said.exclusion(&self.tail, &secret.public()),
            ..self.tail.next_header(secret.public(), [urgent, high, normal])
        };
        Some(Block::seal(header, bundles, secret))
    }
}
