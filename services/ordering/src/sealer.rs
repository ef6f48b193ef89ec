//! The loop of one sealer: hear, cut, publish, again. What it knows meanwhile is on its [`crate::bench`].

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use bus::{Message, Publish, PublishError, Pump};
use bytes::Bytes;
use domain::chain::Lane;
use domain::genesis::KeyClass;
use host::node::Node;
use proof::block::Block;
use proof::sign::SecretKey;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::time::sleep_until;
use tracing::{debug, info};

use crate::bench::{Bench, News};
use crate::recovery;

/// Batches between the readers and the sealer; readers wait when it is full.
const HEARD_BOUND: usize = 16;
/// Between two looks of a member that may not seal.
const ENTITLED_LOOK: Duration = Duration::from_secs(1);
/// Pause after a fault before finding out again where the chain stands.
const AFTER_FAULT: Duration = Duration::from_millis(200);

/// Makes what is read here where it is missing, before each session: whoever runs the server can delete a stream.
async fn ensure_streams(node: &Node) -> anyhow::Result<()> {
    let chain = &node.genesis.chain;
    for lane in Lane::ALL {
        node.bus.ensure_stream(&wire::subject::intake_stream(lane, chain)).await?;
    }
    node.bus.ensure_stream(&wire::subject::block_stream(chain)).await?;
    node.bus.ensure_stream(&wire::subject::cosign_stream(chain)).await?;
    Ok(())
}

/// One sealer of one chain.
pub(crate) struct Sealer {
    node: Node,
    ready: watch::Sender<bool>,
}

impl Sealer {
    pub(crate) async fn new(node: Node, ready: watch::Sender<bool>) -> anyhow::Result<Self> {
        anyhow::ensure!(node.keys.has(KeyClass::Sealer), "this member has no sealer key");
        ensure_streams(&node).await?;
        Ok(Sealer { node, ready })
    }

    pub(crate) async fn run(self) {
        while !self.node.stop.is_set() {
            self.entitled().await;
            let ended = match ensure_streams(&self.node).await {
                Ok(()) => self.session().await,
                Err(fault) => Err(fault),
            };
            if let Err(fault) = ended {
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
        if let Some(height) = desk.tail.learn_roster(self.node.standing.current()) {
            bail!("the sealer of block {height} might not seal any more, so that the ledgers passed it over");
        }
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
            if desk.is_left() {
                if recovery::can_ask(&self.node).await {
                    bail!("the ledgers do not follow to height {}", desk.tail.height());
                }
                desk.stay();
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
