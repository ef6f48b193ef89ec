//! The desk: one ledger's answers, for the bus and for REST alike. It is empty while the ledger repairs itself, because a
//! node never serves what it has not verified.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use domain::chain::ChainPath;
use domain::refusal::{Code, Refusal};
use host::node::Node;
use host::standing::Standing;
use tokio::sync::{Notify, watch};
use wire::ledger::{LogEntry, MAX_ANSWER_BYTES, Status};

use crate::chain::Chain;
use crate::core::CoreError;
use crate::heard::Heard;
use crate::progress::Progress;
use crate::reader::Reader;
use crate::witness::office::Office;
use crate::witness::witnessed::Witnessed;

/// A ledger that is open and checked.
pub(crate) struct Open {
    pub(crate) reader: Reader,
    /// What the others cosigned, as far as it was heard.
    pub(crate) heard: Arc<Heard>,
    pub(crate) progress: watch::Receiver<Progress>,
    /// Rung when a reader meets damage.
    pub(crate) damaged: Notify,
}

/// One chain's ledger as others in this process see it. Cloning shares it.
#[derive(Clone)]
pub struct Desk {
    pub(crate) node: Node,
    pub(crate) chain: Arc<Chain>,
    /// Who takes part in the chain one level up.
    pub(crate) parent: Option<Standing>,
    pub(crate) open: watch::Receiver<Option<Arc<Open>>>,
    /// Witnesses the child chains.
    pub(crate) office: Arc<Office>,
    /// What our witnesses said.
    pub(crate) witnessed: Arc<Witnessed>,
}

/// Nothing of that id, or not yet.
pub(crate) fn not_found(detail: &str) -> Refusal {
    Refusal::new(Code::NotFound, detail)
}

impl Desk {
    /// The chain.
    pub fn chain(&self) -> &ChainPath {
        self.chain.path()
    }

    /// Whether the ledger is checked and answers; not so while it starts or repairs itself.
    pub fn is_ready(&self) -> bool {
        self.open.borrow().is_some()
    }

    /// The open ledger.
    pub(crate) fn open(&self) -> Result<Arc<Open>, Refusal> {
        self.open.borrow().clone().ok_or_else(closed)
    }

    /// How far this ledger is. It always answers: who repairs itself says so.
    pub fn status(&self) -> Status {
        let Ok(open) = self.open() else { return Status::default() };
        let progress = open.progress.borrow();
        let head = &progress.head;
        Status {
            height: head.tip.height,
            block: head.tip.hash,
            size: head.size,
            root: head.root,
            state_digest: head.state_digest,
            final_height: progress.final_height,
            final_size: progress.final_size(),
            certificate: progress.certificate.as_ref().map(|certificate| certificate.text()),
            chain_time: head.chain_time,
            serving: true,
            halted: progress.halted.clone(),
            wants_block: head.wants_block(self.node.clock.now()),
        }
    }

    /// Runs a question that reads from disk where it may block.
    pub(crate) async fn ask<T, W>(&self, work: W) -> Result<T, Refusal>
    where
        T: Send + 'static,
        W: FnOnce(&Reader, &Progress) -> Result<T, CoreError> + Send + 'static,
    {
        let open = self.open()?;
        let asked = tokio::task::spawn_blocking(move || {
            let progress = open.progress.borrow().clone();
            open.answer(work(&open.reader, &progress))
        });
        asked.await.unwrap_or_else(|error| Err(Refusal::new(Code::Overloaded, error.to_string())))
    }

    /// Waits at most `wait` for progress of a kind; whether it came does not matter, the caller looks.
    pub(crate) async fn wait_for(&self, wait: Duration, reached: impl FnMut(&Progress) -> bool) -> Result<(), Refusal> {
        let mut progress = self.open()?.progress.clone();
        // A ledger that ends while somebody waits has nothing more to tell.
        let _ = timeout(wait, progress.wait_for(reached)).await;
        Ok(())
    }

    /// Log entries from an index on, waiting for the first.
    pub(crate) async fn log(
        &self,
        from: u64,
        limit: usize,
        wait: Duration,
        final_only: bool,
    ) -> Result<Vec<LogEntry>, Refusal> {
        let end = move |progress: &Progress| if final_only { progress.final_size() } else { progress.head.size };
        self.wait_for(wait, move |progress| end(progress) > from).await?;
        self.ask(move |reader, progress| reader.log(from, end(progress), limit, MAX_ANSWER_BYTES, &progress.head)).await
    }
}

async fn timeout<F: Future>(wait: Duration, future: F) -> Option<F::Output> {
    tokio::time::timeout(wait, future).await.ok()
}

fn closed() -> Refusal {
    Refusal::new(Code::Corrupt, "this ledger is checking or rebuilding its store; ask another cosigner's")
}

impl Open {
    /// Turns trouble of the store into what a caller hears; damage is also told to the keeper, who repairs it.
    pub(crate) fn answer<T>(&self, result: Result<T, CoreError>) -> Result<T, Refusal> {
        result.map_err(|error| match error {
            CoreError::Damaged(_) | CoreError::Contradicted(_) | CoreError::Forsworn(_) => {
                tracing::error!(%error, "met damage while answering");
                self.damaged.notify_one();
                closed()
            }
            CoreError::Disk(what) => {
                tracing::warn!(%what, "the disk failed while answering");
                Refusal::new(Code::Overloaded, "this ledger's disk failed; try again")
            }
        })
    }
}
