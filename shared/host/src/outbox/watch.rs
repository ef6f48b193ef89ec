//! The watcher follows the final log for the outbox's own events, and looks after those the log does not show in time.

use std::sync::Arc;
use std::time::Duration;

use domain::event::EventId;
use domain::refusal::Code;
use futures::future::join_all;
use wire::ledger::{EntryKind, EventStatus, Level};

use crate::ledger::LedgerClient;
use crate::outbox::book::{Change, Learnt};
use crate::outbox::courier::{LOOK_AFTER, wait};
use crate::outbox::held::Fate;
use crate::outbox::live::Live;
use crate::outbox::writer::Writer;
use crate::stop::Stop;

/// How long a ledger holds a question for the next final entries. Looking up stragglers waits for it.
const WAIT_MS: u64 = 1000;
/// Stragglers looked up at once.
const LOOKS: usize = 256;
/// After a fault, before the next try.
const RETRY: Duration = Duration::from_millis(300);

/// What the watcher works with.
pub(crate) struct Watcher {
    pub(crate) ledger: LedgerClient,
    pub(crate) live: Arc<Live>,
    pub(crate) writer: Writer,
    pub(crate) stop: Stop,
}

impl Watcher {
    /// Watches until the end. It reads the log only while there is something to wait for, so an idle outbox costs nothing.
    pub(crate) async fn run(self) {
        let work = async {
            loop {
                if self.live.len() == 0 {
                    self.live.watchable.notified().await;
                    continue;
                }
                if let Err(fault) = self.follow().await {
                    tracing::debug!("the outbox can not see the log: {fault:#}");
                    tokio::time::sleep(RETRY).await;
                }
            }
        };
        tokio::select! {
            () = work => {}
            () = self.stop.wait() => {}
        }
    }

    /// From the end of what is final on, until nothing is left to wait for. What was final before is a straggler.
    async fn follow(&self) -> anyhow::Result<()> {
        let mut from = self.ledger.status().await?.final_size;
        let mut wait_ms = 0;
        while self.live.len() > 0 {
            let entries = self.ledger.read_log(from, wire::ledger::MAX_LIMIT, wait_ms, true).await?;
            let settled = entries.iter().filter(|entry| entry.kind == EntryKind::Event);
            let settled = settled.filter_map(|entry| Some((entry.event_id?, entry.code)));
            let ours: Vec<_> = settled.filter(|(id, _)| self.live.contains(id)).collect();
            join_all(ours.into_iter().map(|(id, code)| self.read(id, code)))
                .await
                .into_iter()
                .collect::<Result<(), _>>()?;
            from = entries.last().map_or(from, |entry| entry.index + 1);
            let looked = self.look().await?;
            wait_ms = if looked == LOOKS { 0 } else { WAIT_MS };
        }
        Ok(())
    }

    /// Asks for the events that have had their receipt for a while. One that no block holds is sent again: its node did
    /// not keep its promise yet, and another bundle of the same event is harmless.
    async fn look(&self) -> anyhow::Result<usize> {
        let due = self.live.take_looks(LOOKS, LOOK_AFTER);
        let looked = due.len();
        let statuses = join_all(due.iter().map(|id| self.ledger.event_status(*id))).await;
        for (id, status) in due.into_iter().zip(statuses) {
            self.conclude(id, status?).await;
        }
        Ok(looked)
    }

    /// A final leaf of ours. A refusing one may be of a copy that a node damaged or put into the wrong lane: whether the
    /// event itself was answered, the ledger's state tells.
    async fn read(&self, id: EventId, code: u16) -> anyhow::Result<()> {
        match code {
            proof::leaf::OK => self.settle(id, code).await,
            _ => self.conclude(id, self.ledger.event_status(id).await?).await,
        }
        Ok(())
    }

    async fn conclude(&self, id: EventId, status: Option<EventStatus>) {
        match status {
            Some(EventStatus { level: Level::Final, code, .. }) => self.settle(id, code).await,
            Some(EventStatus { level: Level::Sealed, .. }) => {}
            None => self.live.again(&id, wait),
        }
    }

    async fn settle(&self, id: EventId, code: u16) {
        let fate = match (code, Code::from_number(code)) {
            (0, _) => Fate::Final,
            // A later version's code: refused all the same.
            (_, code) => Fate::Rejected(code.unwrap_or(Code::UnknownCode)),
        };
        let change = Change::Learn { id, what: Learnt::Settled(fate) };
        if let Err(fault) = self.writer.write(change).await {
            // It stays in hand and is looked up again.
            tracing::error!("the outbox could not journal what is final: {fault:#}");
        }
    }
}
