//! A projection is a read model that follows the final log by index and stores its own state with that index in one
//! batch, so that it never counts an entry twice and a replay from zero gives the same.
//!
//! It decides nothing and answers only for what is final. One actor, synchronous: entries and questions take turns.

mod home;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix::{Actor, Addr, Arbiter, Context, Handler, Message};
use anyhow::Context as _;
use domain::event::Event;
use domain::time::Millis;
use journal::{Batch, Entries, Space, Store};
use wire::ledger::LogEntry;

use crate::ledger::LedgerClient;
use crate::node::Node;
use crate::rest::Problem;
use crate::stop::Stop;
use crate::telemetry::metrics::Metric;

/// How long a ledger holds a question for the next final entries.
const WAIT_MS: u64 = 2000;
/// After a fault, before the next try.
const RETRY: Duration = Duration::from_millis(300);
/// The key of the place in the projection's own space; states never use it, because theirs start with [`STATE`].
const PLACE: &[u8] = b"p";
/// First byte of the keys of states.
const STATE: u8 = b's';

/// A read model.
pub trait Projection: Send + Unpin + 'static {
    /// Its name: a label, and with the version a directory.
    fn name(&self) -> &'static str;
    /// The form of its rows. Whoever changes what is stored, or what follows from an entry, raises it: rows of an earlier
    /// version are removed at the next start, and the log is read again.
    fn version(&self) -> u32;
    /// Takes up what was stored, once before anything else.
    fn load(&mut self, stored: &Stored) -> anyhow::Result<()>;
    /// As of which final block it answers: the last whole one taken in.
    fn at(&self) -> At;
    /// Takes one final entry and writes what must be stored. The same entries in the same order give the same state. An
    /// error of [`NotYet`] changes nothing and gets the entry again.
    fn apply(&mut self, entry: &Entry<'_>, changes: &mut Changes<'_>) -> anyhow::Result<()>;
}

/// The final block that an answer is as of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct At {
    /// Its height.
    pub height: u64,
    /// Its chain time.
    pub chain_time: Millis,
}

/// What an entry speaks of is not known here yet: the roster may be behind the log by a look.
#[derive(Debug, thiserror::Error)]
#[error("{0} is not known here yet")]
pub struct NotYet(pub &'static str);

/// A final entry of the log.
pub struct Entry<'a> {
    /// As the ledger gave it.
    pub log: &'a LogEntry,
    /// The event, when it was executed and not refused.
    pub event: Option<&'a Event>,
}

impl Entry<'_> {
    /// Chain time of its block.
    pub fn at(&self) -> Millis {
        self.log.chain_time
    }
}

/// What a projection has stored, as of the last batch of entries. A clone reads on while the projection goes on, so that a
/// model may leave on disk what it need not hold.
#[derive(Clone)]
pub struct Stored(Space);

impl Stored {
    /// The value of a key.
    pub fn get(&self, key: &[u8]) -> anyhow::Result<Option<Vec<u8>>> {
        Ok(self.0.get(state_key(key))?)
    }

    /// The entries below a prefix in key order.
    pub fn prefix(&self, prefix: &[u8]) -> impl Iterator<Item = anyhow::Result<(Vec<u8>, Vec<u8>)>> + use<> {
        stated(self.0.prefix(state_key(prefix)))
    }

    /// The entries with `from <= key < to` in key order; both ends may be read.
    pub fn range(
        &self,
        from: &[u8],
        to: &[u8],
    ) -> impl DoubleEndedIterator<Item = anyhow::Result<(Vec<u8>, Vec<u8>)>> + use<> {
        stated(self.0.range(state_key(from), state_key(to)))
    }
}

/// Entries under the keys the projection gave them.
fn stated(entries: Entries) -> impl DoubleEndedIterator<Item = anyhow::Result<(Vec<u8>, Vec<u8>)>> {
    entries.map(|entry| {
        let (key, value) = entry?;
        Ok((key.get(1..).unwrap_or_default().to_vec(), value))
    })
}

/// What an entry changes in the stored state; durable together with the place.
pub struct Changes<'a> {
    batch: &'a mut Batch,
    space: &'a Space,
}

impl Changes<'_> {
    /// Sets a value.
    pub fn put(&mut self, key: &[u8], value: &[u8]) {
        self.batch.put(self.space, state_key(key), value);
    }

    /// Removes a key.
    pub fn delete(&mut self, key: &[u8]) {
        self.batch.delete(self.space, state_key(key));
    }
}

fn state_key(key: &[u8]) -> Vec<u8> {
    [&[STATE], key].concat()
}

/// A running projection. Clones share it.
pub struct Projected<P: Projection> {
    address: Addr<Follower<P>>,
    ready: Arc<AtomicBool>,
}

impl<P: Projection> Clone for Projected<P> {
    fn clone(&self) -> Self {
        Projected { address: self.address.clone(), ready: self.ready.clone() }
    }
}

impl<P: Projection> Projected<P> {
    /// Opens the state below the node's directory and follows the log until the node stops. Needs a running `System`.
    pub async fn start(node: &Node, projection: P) -> anyhow::Result<Self> {
        let name = projection.name();
        let follower = Follower::open(&home::home(&node.data, name, projection.version())?, projection)?;
        let from = follower.next;
        let arbiter = Arbiter::new();
        let address = Follower::start_in_arbiter(&arbiter.handle(), |_| follower);
        let ready = Arc::new(AtomicBool::new(false));
        let (ledger, stop) = (LedgerClient::new(node), node.stop.clone());
        tokio::spawn({
            let (address, ready) = (address.clone(), ready.clone());
            async move {
                follow(address, ledger, from, &ready, &stop, name).await;
                ready.store(false, Ordering::Release);
                arbiter.stop();
            }
        });
        Ok(Projected { address, ready })
    }

    /// Whether it follows: it has reached the end of the final log once, and no fault stopped it.
    pub fn is_ready(&self) -> bool {
        self.ready.load(Ordering::Acquire)
    }

    /// Asks the read model, between two batches of entries.
    pub async fn ask<R: Send + 'static>(&self, question: impl FnOnce(&P) -> R + Send + 'static) -> anyhow::Result<R> {
        let (answer, answered) = tokio::sync::oneshot::channel();
        let asked = Ask(Box::new(move |projection: &P| {
            // Who stopped waiting needs no answer.
            let _ = answer.send(question(projection));
        }));
        self.address.send(asked).await.context("the projection has ended")?;
        answered.await.context("the projection has ended")
    }

    /// Asks the read model for [`answer`] to a question.
    pub async fn answer<R: Send + 'static>(
        &self,
        question: impl FnOnce(&P) -> anyhow::Result<R> + Send + 'static,
    ) -> Result<(At, R), Problem> {
        self.ask(move |model| answer(model, question)).await.map_err(Problem::fault)?
    }
}

/// What a read model answers to a question, and as of which block; what it can not read is a fault.
pub fn answer<P: Projection, R>(model: &P, question: impl FnOnce(&P) -> anyhow::Result<R>) -> Result<(At, R), Problem> {
    Ok((model.at(), question(model).map_err(Problem::fault)?))
}

/// Reads and hands on until the end. A fault of the store or the model stops it: it would be wrong from there on.
async fn follow<P: Projection>(
    address: Addr<Follower<P>>,
    ledger: LedgerClient,
    mut from: u64,
    ready: &AtomicBool,
    stop: &Stop,
    name: &str,
) {
    while !stop.is_set() {
        let read = ledger.read_log(from, wire::ledger::MAX_LIMIT, WAIT_MS, true);
        let entries = tokio::select! {
            entries = read => entries,
            () = stop.wait() => return,
        };
        match entries {
            Ok(entries) if entries.is_empty() => ready.store(true, Ordering::Release),
            Ok(entries) => match address.send(Take(entries)).await {
                Ok(Ok((next, waits))) => {
                    from = next;
                    Metric::ProjectionIndex.set(name, next);
                    if waits {
                        tokio::time::sleep(RETRY).await;
                    }
                }
                Ok(Err(fault)) => return tracing::error!(name, "the projection stops: {fault:#}"),
                Err(gone) => return tracing::error!(name, "the projection is gone: {gone}"),
            },
            Err(error) => {
                tracing::debug!(name, %error, "the projection can not read the log");
                tokio::time::sleep(RETRY).await;
            }
        }
    }
}

/// A read model over the entries it is handed, with its state on disk: the actor behind [`Projected`], and by itself what
/// replays and measurements use.
pub struct Follower<P> {
    store: Store,
    space: Space,
    next: u64,
    projection: P,
}

impl<P: Projection> Follower<P> {
    /// Opens the state in a directory.
    pub fn open(dir: &Path, mut projection: P) -> anyhow::Result<Self> {
        let store = Store::open(dir).with_context(|| format!("the projection in {}", dir.display()))?;
        let space = store.space("projection")?;
        let place = space.get(PLACE)?;
        let next = place.map(|bytes| bytes.try_into().map(u64::from_be_bytes)).transpose();
        let next = next.map_err(|_| anyhow::anyhow!("the projection's place does not decode"))?.unwrap_or(0);
        projection.load(&Stored(space.clone()))?;
        Ok(Follower { store, space, next, projection })
    }

    /// The read model.
    pub fn model(&self) -> &P {
        &self.projection
    }

    /// Takes entries in index order, at most a page of the ledger's, and makes what they change durable. Gives the next
    /// index, and whether its entry waits for what is not known yet.
    pub fn take(&mut self, entries: &[LogEntry]) -> anyhow::Result<(u64, bool)> {
        let mut batch = self.store.batch();
        let (mut next, mut waits) = (self.next, false);
        for log in entries {
            if log.index < next {
                continue;
            }
            anyhow::ensure!(log.index == next, "the log has a gap: {} follows {next}", log.index);
            let event = match (log.code, log.signed.is_empty()) {
                (0, false) => {
                    let envelope = wire::event::envelope(&log.signed)?;
                    Some(wire::event::decode(&envelope.body)?)
                }
                _ => None,
            };
            let mut changes = Changes { batch: &mut batch, space: &self.space };
            match self.projection.apply(&Entry { log, event: event.as_ref() }, &mut changes) {
                Ok(()) => next += 1,
                Err(fault) if fault.is::<NotYet>() => {
                    tracing::info!(name = self.projection.name(), index = next, "the projection waits: {fault}");
                    waits = true;
                    break;
                }
                Err(fault) => return Err(fault),
            }
        }
        batch.put(&self.space, PLACE, next.to_be_bytes());
        self.store.commit(batch)?;
        self.next = next;
        Ok((next, waits))
    }
}

impl<P: Projection> Actor for Follower<P> {
    type Context = Context<Self>;
}

/// Entries in index order; gives the next index, and whether its entry waits.
#[derive(Message)]
#[rtype(result = "anyhow::Result<(u64, bool)>")]
struct Take(Vec<LogEntry>);

impl<P: Projection> Handler<Take> for Follower<P> {
    type Result = anyhow::Result<(u64, bool)>;

    fn handle(&mut self, Take(entries): Take, _: &mut Context<Self>) -> Self::Result {
        self.take(&entries)
    }
}

#[derive(Message)]
#[rtype(result = "()")]
struct Ask<P: 'static>(Box<dyn FnOnce(&P) + Send>);

impl<P: Projection> Handler<Ask<P>> for Follower<P> {
    type Result = ();

    fn handle(&mut self, Ask(question): Ask<P>, _: &mut Context<Self>) {
        question(&self.projection);
    }
}

#[cfg(test)]
mod tests;
