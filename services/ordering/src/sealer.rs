//! The loop of one sealer: hear, cut, publish, again.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use bus::{BusError, Message, Publish, PublishError, Pump};
use bytes::Bytes;
use domain::chain::Lane;
use domain::genesis::KeyClass;
use domain::lanes::Limits;
use host::node::Node;
use proof::block::Block;
use proof::checkpoint::Certificate;
use proof::sign::{SecretKey, Signed};
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::time::{Instant, sleep_until};
use tracing::{debug, info, warn};

use crate::lane::LaneQueue;
use crate::recovery;
use crate::tail::{Heard, Tail};

/// Messages a lane reads ahead: more than any block takes (500 events), small enough (at most 64 MiB of full bundles)
/// for three lanes of every chain in one process.
const READ_AHEAD: usize = 512;
/// Batches between the readers and the sealer; readers wait when it is full.
const HEARD_BOUND: usize = 16;
/// The sealer of the previous block goes first; others cut only what it left waiting this long, so that two sealers do
/// not spend the machine on races, and a silent or starving one delays nothing by more than this.
const COURTESY: Duration = Duration::from_millis(150);
/// An open deadline or an unsummarised change gets an empty block after this long without one.
const EMPTY_BLOCK_AFTER: Duration = Duration::from_secs(5);
/// The same when a certificate is at hand that advances chain time: the second is the grain of cosignature times.
const TIME_BLOCK_AFTER: Duration = Duration::from_secs(1);
/// Between two looks of a member that may not seal.
const ENTITLED_LOOK: Duration = Duration::from_secs(1);
/// Pause after a fault before finding out again where the chain stands.
const AFTER_FAULT: Duration = Duration::from_millis(200);

enum News {
    Blocks(Vec<Message>),
    Bundles(Lane, Vec<Message>),
    Notes(Vec<Message>),
    Lost(BusError),
}

/// One sealer of one chain.
pub(crate) struct Sealer {
    node: Node,
    ready: watch::Sender<bool>,
}

impl Sealer {
    pub(crate) async fn new(node: Node, ready: watch::Sender<bool>) -> anyhow::Result<Self> {
        anyhow::ensure!(node.keys.has(KeyClass::Sealer), "this member has no sealer key");
        let chain = &node.genesis.chain;
        for lane in Lane::ALL {
            node.bus.ensure_stream(&wire::subject::intake_stream(lane, chain)).await?;
        }
        node.bus.ensure_stream(&wire::subject::block_stream(chain)).await?;
        node.bus.ensure_stream(&wire::subject::cosign_stream(chain)).await?;
        Ok(Sealer { node, ready })
    }

    pub(crate) async fn run(self) {
        while !self.node.stop.is_set() {
            self.entitled().await;
            if let Err(fault) = self.session().await {
                info!(chain = %self.node.genesis.chain, member = %self.node.member, "sealer reads the chain again: {fault:#}");
            }
            self.ready.send_replace(false);
            tokio::select! {
                () = self.node.stop.wait() => {}
                () = tokio::time::sleep(AFTER_FAULT) => {}
            }
        }
    }

    /// Waits until a sealer key of ours counts on the chain, or the end.
    async fn entitled(&self) {
        while self.key().is_none() {
            info!(chain = %self.node.genesis.chain, member = %self.node.member, "no sealer key here counts on the chain");
            tokio::select! {
                () = self.node.stop.wait() => return,
                // A new key may come by the chain or by the key file.
                () = tokio::time::sleep(ENTITLED_LOOK) => {}
            }
        }
    }

    /// The key to seal with now, while the chain lets this member seal.
    fn key(&self) -> Option<SecretKey> {
        let roster = self.node.standing.current();
        let secret = self.node.keys.active(KeyClass::Sealer, &roster)?;
        roster.seals(&secret.public(), roster.height.saturating_add(1)).then_some(secret)
    }

    /// Members and keys change while we seal; the ledgers judge by those of the block's height.
    fn learn(&self, desk: &mut Bench) -> anyhow::Result<SecretKey> {
        desk.tail.learn_roster(self.node.standing.current());
        self.key().context("no sealer key here counts any more")
    }

    /// From one reading of the chain to the next doubt about it.
    async fn session(&self) -> anyhow::Result<()> {
        if self.node.stop.is_set() {
            return Ok(());
        }
        let mut connections = self.node.bus.connections();
        let tail = recovery::tail(&self.node).await?;
        let (told, mut news) = mpsc::channel(HEARD_BOUND);
        let mut desk = Bench::new(&self.node, tail);
        let _readers = self.readers(&desk, told);
        self.ready.send_replace(true);
        loop {
            let secret = self.learn(&mut desk)?;
            let wake = desk.wake_at(&secret);
            tokio::select! {
                biased;
                () = self.node.stop.wait() => return Ok(()),
                // A stream that lost a block we had not read looks as we left it; only the ledgers know.
                _ = connections.changed() => bail!("the connection was made anew"),
                heard = news.recv() => desk.hear(heard.context("the readers ended")?)?,
                () = async { match wake { Some(at) => sleep_until(at).await, None => std::future::pending().await } } => {}
            }
            while let Ok(heard) = news.try_recv() {
                desk.hear(heard)?;
            }
            let secret = self.learn(&mut desk)?;
            if let Some(block) = desk.cut(&secret) {
                self.publish(&mut desk, block).await?;
            }
        }
    }

    async fn publish(&self, desk: &mut Bench, block: Block) -> anyhow::Result<()> {
        let subject = wire::subject::blocks(&self.node.genesis.chain);
        let bytes = Bytes::from(block.to_bytes());
        let fence = Publish { expect_last: Some(desk.tail.sequence), ..Publish::default() };
        match self.node.bus.publish(&subject, bytes, fence).await {
            Ok(sequence) => {
                debug!(chain = %self.node.genesis.chain, height = block.header.height, events = block.header.events, "sealed");
                desk.stand(sequence, &block);
                Ok(())
            }
            // Someone else sealed; what they sealed is on its way through the block reader.
            Err(PublishError::WrongSequence) => {
                desk.outrun();
                Ok(())
            }
            // Perhaps it is in, perhaps not: only reading the stream again can tell.
            Err(error) => Err(error).context("publishing a block"),
        }
    }

    fn readers(&self, desk: &Bench, told: mpsc::Sender<News>) -> Readers {
        let chain = &self.node.genesis.chain;
        let mut tasks = tokio::task::JoinSet::new();
        let blocks = self.node.bus.pump(&wire::subject::block_stream(chain).name, None, desk.tail.sequence + 1);
        tasks.spawn(read(blocks, told.clone(), None, News::Blocks));
        let notes = self.node.bus.pump(&wire::subject::cosign_stream(chain).name, None, 1);
        tasks.spawn(read(notes, told.clone(), None, News::Notes));
        for ((lane, queue), room) in Lane::ALL.into_iter().zip(&desk.lanes).zip(&desk.room) {
            let bundles =
                self.node.bus.pump(&wire::subject::intake_stream(lane, chain).name, None, queue.next_sequence());
            tasks.spawn(read(bundles, told.clone(), Some(Arc::clone(room)), move |batch| News::Bundles(lane, batch)));
        }
        Readers { _tasks: tasks }
    }
}

/// The reader tasks of a session; dropping them ends them.
struct Readers {
    _tasks: tokio::task::JoinSet<()>,
}

async fn read(
    mut pump: Pump,
    told: mpsc::Sender<News>,
    room: Option<Arc<Semaphore>>,
    news: impl Fn(Vec<Message>) -> News,
) {
    loop {
        let heard = match pump.next().await {
            Ok(batch) => {
                if let Some(room) = &room {
                    let wanted = u32::try_from(batch.len()).unwrap_or(u32::MAX);
                    // The bench gives permits back as blocks take the messages.
                    match room.acquire_many(wanted).await {
                        Ok(permits) => permits.forget(),
                        Err(_closed) => return,
                    }
                }
                news(batch)
            }
            Err(error) => News::Lost(error),
        };
        let lost = matches!(heard, News::Lost(_));
        if told.send(heard).await.is_err() || lost {
            return;
        }
    }
}

/// How many leaves a message becomes: its events, or one refused leaf when it is no bundle.
fn events_in(message: &[u8]) -> usize {
    Signed::from_bytes(message)
        .and_then(|signed| wire::bundle::decode(&signed.body).ok())
        .map_or(1, |bundle| bundle.events.len().max(1))
}

/// What one session knows: the tail, what waits, and the newest certificate.
struct Bench {
    node: Node,
    tail: Tail,
    lanes: [LaneQueue; 3],
    room: [Arc<Semaphore>; 3],
    certificate: Option<Certificate>,
    wants_block: bool,
    last_block: Instant,
    waiting_since: Option<Instant>,
    outrun: bool,
}

impl Bench {
    fn new(node: &Node, tail: Tail) -> Self {
        Bench {
            node: node.clone(),
            lanes: tail.cursors().map(LaneQueue::after),
            room: [(); 3].map(|()| Arc::new(Semaphore::new(READ_AHEAD))),
            tail,
            certificate: None,
            wants_block: false,
            last_block: Instant::now(),
            waiting_since: None,
            outrun: false,
        }
    }

    fn hear(&mut self, news: News) -> anyhow::Result<()> {
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
                let (Some(queue), Some(room)) = (self.lanes.get_mut(lane.index()), self.room.get(lane.index())) else {
                    return Ok(());
                };
                for message in batch {
                    if message.sequence < queue.next_sequence() {
                        room.add_permits(1);
                        continue;
                    }
                    let events = events_in(&message.payload);
                    queue.arrive(message.sequence, message.payload.to_vec(), events, now);
                    self.waiting_since.get_or_insert_with(Instant::now);
                }
            }
            News::Notes(batch) => {
                for message in batch {
                    self.note(&message.payload);
                }
            }
            News::Lost(error) => return Err(error).context("a reader lost its stream"),
        }
        Ok(())
    }

    fn note(&mut self, payload: &[u8]) {
        let Ok(note) = wire::cosign::CosignNote::decode(payload) else { return };
        self.wants_block = note.wants_block;
        let Some(certificate) = note.best.as_deref().and_then(Certificate::parse) else { return };
        let newer = self.certificate.as_ref().is_none_or(|held| certificate.checkpoint.size > held.checkpoint.size);
        if newer && self.tail.would_advance(&certificate) && self.tail.accepts(&certificate) {
            self.certificate = Some(certificate);
        }
    }

    fn stand(&mut self, sequence: u64, block: &Block) {
        self.tail.stand(block);
        self.tail.sequence = sequence;
        self.moved();
    }

    /// The tail moved on: forget what its block took.
    fn moved(&mut self) {
        let now = self.node.clock.wall_now().0;
        for ((queue, room), cursor) in self.lanes.iter_mut().zip(&self.room).zip(self.tail.cursors()) {
            room.add_permits(queue.advance(cursor, now));
        }
        if self.certificate.as_ref().is_some_and(|certificate| !self.tail.would_advance(certificate)) {
            self.certificate = None;
        }
        self.last_block = Instant::now();
        self.waiting_since = self.lanes.iter().any(|queue| !queue.is_empty()).then(Instant::now);
    }

    fn outrun(&mut self) {
        self.outrun = true;
    }

    /// When the next block may be cut, if nothing more is heard.
    fn wake_at(&self, secret: &SecretKey) -> Option<Instant> {
        let gap = self
            .lanes
            .iter()
            .filter_map(LaneQueue::gap_ends_ms)
            .min()
            .map(|ends| Instant::now() + Duration::from_millis(ends.saturating_sub(self.node.clock.wall_now().0)));
        let cut = if self.outrun { None } else { self.cut_at(secret) };
        [gap, cut].into_iter().flatten().min()
    }

    fn cut_at(&self, secret: &SecretKey) -> Option<Instant> {
        let first = self.tail.sealer.is_none_or(|sealer| sealer == secret.public());
        let courtesy = if first { Duration::ZERO } else { COURTESY };
        if let Some(since) = self.waiting_since {
            return Some(since + courtesy);
        }
        let after = if self.certificate.is_some() { TIME_BLOCK_AFTER } else { EMPTY_BLOCK_AFTER };
        self.wants_block.then(|| self.last_block + after + courtesy)
    }

    fn cut(&mut self, secret: &SecretKey) -> Option<Block> {
        let now = self.node.clock.wall_now().0;
        for queue in &mut self.lanes {
            if queue.give_up_gap(now) {
                warn!(chain = %self.node.genesis.chain, "sealing a named hole: intake messages were lost");
                self.waiting_since.get_or_insert_with(Instant::now);
            }
        }
        if self.outrun || self.cut_at(secret).is_none_or(|at| at > Instant::now()) {
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
        let header = self.tail.next_header(
            secret.public(),
            [urgent, high, normal],
            u32::try_from(events).unwrap_or(u32::MAX),
            self.node.clock.now().0,
            self.certificate.clone(),
        );
        Some(Block::seal(header, bundles, secret))
    }
}
