//! The way into the book: changes from everywhere gather while one commit runs and share the next.

use std::sync::Arc;

use actix::Addr;
use anyhow::Context as _;
use tokio::sync::{mpsc, oneshot};

use crate::outbox::book::{Answer, Book, Change, Pages, Write};
use crate::outbox::held::Fate;
use crate::outbox::live::Live;
use crate::telemetry::metrics::Metric;
use crate::telemetry::trace::Trace;

/// Changes that wait for a commit; more wait at their senders. Four commits' worth.
const WAITING: usize = 4 * CHANGES;
/// Changes of one commit: some hundred kilobytes, a few milliseconds.
const CHANGES: usize = 512;

type Waiting = (Change, oneshot::Sender<anyhow::Result<Answer>>);

/// Clones write into the same book.
#[derive(Clone)]
pub(crate) struct Writer {
    queue: mpsc::Sender<Waiting>,
    pub(crate) pages: Pages,
}

impl Writer {
    /// Commits until the last clone is gone. `live` hears of what is committed before the one who asked does.
    pub(crate) fn start(book: Addr<Book>, pages: Pages, live: Arc<Live>, chain: String) -> Self {
        let (queue, mut waiting) = mpsc::channel::<Waiting>(WAITING);
        tokio::spawn(async move {
            let mut gathered = Vec::with_capacity(CHANGES);
            while waiting.recv_many(&mut gathered, CHANGES).await > 0 {
                let (changes, askers): (Vec<_>, Vec<_>) = gathered.drain(..).unzip();
                let lengths: Vec<_> = changes.iter().map(lengths).collect();
                let answers = match book.send(Write(changes)).await {
                    Ok(answers) => answers,
                    Err(gone) => Err(anyhow::anyhow!("the outbox's journal is gone: {gone}")),
                };
                match answers {
                    Ok(answers) => {
                        for ((answer, asker), lengths) in answers.into_iter().zip(askers).zip(lengths) {
                            note(&answer, &lengths, &live, &chain);
                            // Who is gone asks again; what it asked for is durable.
                            let _ = asker.send(Ok(answer));
                        }
                        Metric::OutboxKept.set(&chain, u64::try_from(live.len()).unwrap_or(u64::MAX));
                    }
                    Err(fault) => {
                        for asker in askers {
                            let _ = asker.send(Err(anyhow::anyhow!("{fault:#}")));
                        }
                    }
                }
            }
        });
        Writer { queue, pages }
    }

    /// Makes a change durable.
    pub(crate) async fn write(&self, change: Change) -> anyhow::Result<Answer> {
        let (answer, answered) = oneshot::channel();
        self.queue.send((change, answer)).await.ok().context("the outbox has ended")?;
        answered.await.context("the outbox has ended")?
    }
}

/// The lengths of the events a change would take, and the request they came with.
fn lengths(change: &Change) -> (Vec<usize>, Option<Trace>) {
    match change {
        Change::Take { events, trace, .. } => (events.iter().map(|(_, signed)| signed.len()).collect(), *trace),
        Change::Learn { .. } => (Vec::new(), None),
    }
}

/// What is durable now begins its way, or ends it.
fn note(answer: &Answer, (lengths, trace): &(Vec<usize>, Option<Trace>), live: &Live, chain: &str) {
    match answer {
        Answer::Taken(taken) => {
            for ((held, new), length) in taken.iter().zip(lengths) {
                if *new {
                    live.add(held.event_id, *length, false, *trace);
                    Metric::OutboxTakenTotal.add(chain, 1);
                }
            }
        }
        Answer::Learnt(Some(held)) => {
            if held.fate.is_settled() && live.contains(&held.event_id) {
                live.settled(&held.event_id);
                Metric::OutboxSettledTotal.add(chain, 1);
            }
            if held.fate != Fate::Queued {
                live.tell(held);
            }
        }
        Answer::Learnt(None) | Answer::Reused(_) => {}
    }
}
