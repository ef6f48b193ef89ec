//! From the block stream to the core's thread, and from peers where the stream lacks blocks.
//!
//! The stream orders; ledgers are the record. So a stream that shrank is read again from where it stands, and blocks it
//! no longer has come from the other cosigners' ledgers. What is final comes from them before the stream is read at all:
//! a rival may stand in it before a final block that was put back behind it ([`beyond`]).

mod beyond;
mod vouched;

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use bus::{BusError, Message, Pump};
use host::ledger::LedgerClient;
use host::node::Node;
use proof::checkpoint::Certificate;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, sleep_until};
use wire::subject;

use crate::chain::Chain;
use crate::oath::Mark;
use crate::peers;
use crate::progress::Progress;
use crate::reader::Reader;
use crate::worker::{Taken, Work};

/// Messages read again at the start and before a shrunken stream's end, to meet a block of ours: sealers put back far
/// fewer.
const AGAIN: u64 = 256;

/// Blocks asked of a peer at a time; it cuts its answer to what a message takes.
const FETCH: u32 = 64;

/// How long the stream has to bring what others have finalised already, or what we vouched for, before peers are asked.
const STREAM_PATIENCE: Duration = Duration::from_secs(2);

/// A pause after a failed attempt at the stream: short against a server's start.
const RETRY: Duration = Duration::from_millis(100);

/// The feeding task.
pub(crate) struct Feed {
    pub(crate) node: Node,
    pub(crate) chain: Arc<Chain>,
    pub(crate) work: mpsc::Sender<Work>,
    pub(crate) reader: Reader,
    pub(crate) progress: watch::Receiver<Progress>,
    pub(crate) ahead: watch::Receiver<Option<Certificate>>,
    /// What was vouched for and is in our log.
    pub(crate) met: Option<Mark>,
}

/// Messages that wait until a height is final.
struct Held {
    disputed: u64,
    rest: Vec<Message>,
}

/// The core's thread has ended.
#[derive(Debug)]
pub(crate) struct Ended;

impl Feed {
    /// Feeds until the core's thread ends.
    pub(crate) async fn run(mut self) -> Ended {
        if let Err(ended) = self.begin().await {
            return ended;
        }
        // The last messages taken are read again: the stream may have lost and replaced some while we were away, and where
        // it parts from our blocks is seen only from below.
        let next = self.progress.borrow().head.next_sequence;
        let mut pump = self.pump(next.saturating_sub(AGAIN));
        let mut look_again = None;
        let mut ask_again = Instant::now() + STREAM_PATIENCE;
        let mut progress = self.progress.clone();
        let mut held: Option<Held> = None;
        loop {
            let disputed = held.as_ref().map_or(0, |held| held.disputed);
            let fed = tokio::select! {
                messages = pump.next(), if held.is_none() => match messages {
                    Ok(messages) => self.stream(messages, &mut held).await,
                    Err(error) => self.trouble(error, &mut pump).await,
                },
                // A sender that is gone means that the ledger ends.
                Ok(()) = decided(&mut progress, disputed), if held.is_some() => {
                    let rest = held.take().map(|held| held.rest).unwrap_or_default();
                    self.stream(rest, &mut held).await
                }
                // A sender that is gone means that the ledger ends, which the work channel tells.
                Ok(()) = self.ahead.changed(), if look_again.is_none() => {
                    look_again = Some(Instant::now() + STREAM_PATIENCE);
                    Ok(())
                }
                () = sleep_until(ask_again), if self.lacks_vouched() => {
                    ask_again = Instant::now() + STREAM_PATIENCE;
                    self.take_back().await
                }
                () = sleep_until(look_again.unwrap_or_else(Instant::now)), if look_again.is_some() => {
                    look_again = None;
                    self.catch_up().await
                }
            };
            if let Err(ended) = fed {
                return ended;
            }
        }
    }

    /// What comes before the stream: what is final, and what this ledger vouched for.
    async fn begin(&mut self) -> Result<(), Ended> {
        self.join().await?;
        self.take_back().await
    }

    fn pump(&self, from: u64) -> Pump {
        self.node.bus.pump(&subject::block_stream(self.chain.path()).name, None, from)
    }

    async fn stream(&self, messages: Vec<Message>, held: &mut Option<Held>) -> Result<(), Ended> {
        let (mut messages, mut skip_gap) = (messages, false);
        loop {
            let (reply, taken) = oneshot::channel();
            self.tell(Work::Stream { messages, skip_gap, reply }).await?;
            let Taken { rest, missing, disputed } = taken.await.map_err(|_| Ended)?;
            if let Some(disputed) = disputed {
                *held = Some(Held { disputed, rest });
                return Ok(());
            }
            let Some(missing) = missing else { return Ok(()) };
            tracing::warn!(chain = %self.chain.path(), ?missing, "the block stream lacks blocks; asking the other ledgers");
            skip_gap = self.fetch(missing.clone(), None).await? < missing.end;
            messages = rest;
        }
    }

    async fn tell(&self, work: Work) -> Result<(), Ended> {
        self.work.send(work).await.map_err(|_| Ended)
    }

    async fn trouble(&mut self, error: BusError, pump: &mut Pump) -> Result<(), Ended> {
        match error {
            BusError::StreamShrank { last } => {
                tracing::warn!(chain = %self.chain.path(), last, "the block stream lost messages");
                self.tell(Work::Rewound).await?;
                self.begin().await?;
                *pump = self.pump(last.saturating_sub(AGAIN));
            }
            error => {
                tracing::debug!(%error, "the block stream can't be read yet");
                tokio::time::sleep(RETRY).await;
                if let Err(error) = self.node.bus.ensure_stream(&subject::block_stream(self.chain.path())).await {
                    tracing::debug!(%error, "the block stream can't be made yet");
                }
            }
        }
        Ok(())
    }

    /// Others say that they have finalised more than we know of: what the stream did not bring comes from them.
    async fn catch_up(&mut self) -> Result<(), Ended> {
        let known = self.progress.borrow().final_size();
        let more = |certificate: &Certificate| certificate.checkpoint.size > known;
        if self.ahead.borrow_and_update().as_ref().is_some_and(more) { self.join().await } else { Ok(()) }
    }

    /// Takes blocks of these heights from peers, from one of them before all others if it is named; gives the height after
    /// the last one reached.
    async fn fetch(&self, missing: Range<u64>, best: Option<LedgerClient>) -> Result<u64, Ended> {
        let mut next = missing.start;
        let first = usize::try_from(next).unwrap_or(0);
        let set = Arc::clone(&self.progress.borrow().sets.current);
        let others = peers::from(peers::others(&self.node, &set), first).into_iter().map(|(_, ledger)| ledger);
        for ledger in best.into_iter().chain(others) {
            while next < missing.end {
                let Ok(mut blocks) = ledger.fetch_blocks(next, FETCH).await else { break };
                blocks.truncate(usize::try_from(missing.end - next).unwrap_or(usize::MAX));
                let (reply, reached) = oneshot::channel();
                self.tell(Work::Fill { blocks, reply }).await?;
                let reached = reached.await.map_err(|_| Ended)?;
                if reached < next {
                    break;
                }
                next = reached + 1;
            }
        }
        Ok(next)
    }
}

/// Waits until a height is final.
async fn decided(progress: &mut watch::Receiver<Progress>, height: u64) -> Result<(), watch::error::RecvError> {
    progress.wait_for(|progress| progress.final_height >= height).await.map(drop)
}
