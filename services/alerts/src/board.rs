//! The board: the newest alerts of the stream in memory, and who listens to what comes next.
//!
//! It holds what was published, not what was meant to be: it is fed from the stream alone, so that REST and SSE never show
//! an alert that other subscribers can not have. It is not the record; what fell off it is in the stream for thirty days
//! and in the ledgers for ever.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use actix::{Actor, Context, Handler, Message, MessageResult};
use domain::chain::ChainPath;
use domain::event::AlertLevel;
use proof::digest::Digest;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

use crate::payload::Heard;

/// Alerts kept: years of real ones, or many demos. At some 2 KiB each about 20 MiB.
pub(crate) const MAX_KEPT: usize = 10_000;
/// Bytes of payloads kept, should every text be as long as it may.
const MAX_KEPT_BYTES: usize = 32 * 1024 * 1024;
/// Listeners at once: each holds a connection of the door, which has four thousand for each of its threads.
pub(crate) const MAX_LISTENERS: usize = 1024;
/// Alerts that wait for one listener. One that is further behind is cut off and resumes by its last event id, so that a
/// stopped reader costs nothing.
const MAX_WAITING: usize = 256;

/// Which alerts: a chain and all below it, a level and all above it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    pub(crate) chain: Option<ChainPath>,
    pub(crate) level: Option<AlertLevel>,
}

impl Filter {
    pub(crate) fn takes(&self, heard: &Heard) -> bool {
        self.chain.as_ref().is_none_or(|chain| chain.covers(&heard.chain))
            && self.level.is_none_or(|level| heard.record.level >= level)
    }
}

struct Listener {
    filter: Filter,
    to: mpsc::Sender<Arc<Heard>>,
}

/// The actor.
#[derive(Default)]
pub(crate) struct Board {
    kept: VecDeque<Arc<Heard>>,
    bytes: usize,
    /// Ids at chains that are kept: a message that comes twice is shown once.
    known: BTreeSet<(Digest, ChainPath)>,
    /// The sequence before the oldest that may be kept.
    before: u64,
    /// The last sequence heard.
    last: u64,
    listeners: Vec<Listener>,
}

impl Actor for Board {
    type Context = Context<Self>;
}

/// The stream is read from behind this sequence; whatever was known is of another stream.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Begin(pub(crate) u64);

/// Messages up to a sequence came out of the stream, and these of them are alerts.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Rung {
    pub(crate) alerts: Vec<Heard>,
    pub(crate) last: u64,
}

/// Asks for kept alerts, newest first, older than a sequence.
#[derive(Message)]
#[rtype(result = "Page")]
pub(crate) struct Ask {
    pub(crate) filter: Filter,
    pub(crate) before: Option<u64>,
    pub(crate) limit: usize,
}

/// Kept alerts, newest first.
pub(crate) struct Page {
    pub(crate) alerts: Vec<Arc<Heard>>,
    /// Whether older ones are kept.
    pub(crate) more: bool,
}

/// Asks for an alert at every chain where it stands, and for the other states of the same event.
#[derive(Message)]
#[rtype(result = "Vec<Arc<Heard>>")]
pub(crate) struct Find(pub(crate) Digest);

/// Wants to hear what comes after a sequence; after the newest when there is none.
#[derive(Message)]
#[rtype(result = "Heed")]
pub(crate) struct Listen {
    pub(crate) filter: Filter,
    pub(crate) after: Option<u64>,
}

/// What a listener gets.
pub(crate) enum Heed {
    /// What is kept already, then what comes. The channel ends when the listener is too slow or the stream was lost.
    Live { kept: VecDeque<Arc<Heard>>, coming: mpsc::Receiver<Arc<Heard>> },
    /// The wanted place is older than what is kept: read the stream itself between these sequences, then ask again.
    Behind { after: u64, until: u64 },
    /// There are [`MAX_LISTENERS`] already.
    Full,
}

impl Handler<Begin> for Board {
    type Result = ();

    fn handle(&mut self, Begin(before): Begin, _: &mut Context<Self>) {
        // Listeners are cut off with the old stream: their places mean nothing in the new one.
        *self = Board { before, last: before, ..Board::default() };
    }
}

impl Handler<Rung> for Board {
    type Result = ();

    fn handle(&mut self, rung: Rung, _: &mut Context<Self>) {
        for heard in rung.alerts {
            if self.known.insert((heard.id, heard.chain.clone())) {
                self.keep(Arc::new(heard));
            }
        }
        self.last = self.last.max(rung.last);
    }
}

impl Board {
    fn keep(&mut self, heard: Arc<Heard>) {
        self.listeners.retain(|listener| {
            if !listener.filter.takes(&heard) {
                return !listener.to.is_closed();
            }
            match listener.to.try_send(Arc::clone(&heard)) {
                Ok(()) => true,
                Err(TrySendError::Full(_) | TrySendError::Closed(_)) => false,
            }
        });
        self.bytes += heard.payload.len();
        self.kept.push_back(heard);
        while self.kept.len() > MAX_KEPT || self.bytes > MAX_KEPT_BYTES {
            let Some(oldest) = self.kept.pop_front() else { break };
            self.bytes -= oldest.payload.len();
            self.before = oldest.sequence;
            self.known.remove(&(oldest.id, oldest.chain.clone()));
        }
    }
}

impl Handler<Ask> for Board {
    type Result = MessageResult<Ask>;

    fn handle(&mut self, ask: Ask, _: &mut Context<Self>) -> Self::Result {
        let older = |heard: &&Arc<Heard>| ask.before.is_none_or(|before| heard.sequence < before);
        let mut found = self.kept.iter().rev().filter(older).filter(|heard| ask.filter.takes(heard));
        let alerts = found.by_ref().take(ask.limit).cloned().collect();
        MessageResult(Page { alerts, more: found.next().is_some() })
    }
}

impl Handler<Find> for Board {
    type Result = MessageResult<Find>;

    fn handle(&mut self, Find(id): Find, _: &mut Context<Self>) -> Self::Result {
        let event = self.kept.iter().rev().find(|heard| heard.id == id).map(|heard| heard.record.event);
        let same = |heard: &&Arc<Heard>| event.is_some_and(|event| heard.record.event == event);
        MessageResult(self.kept.iter().filter(same).cloned().collect())
    }
}

impl Handler<Listen> for Board {
    type Result = MessageResult<Listen>;

    fn handle(&mut self, listen: Listen, _: &mut Context<Self>) -> Self::Result {
        self.listeners.retain(|listener| !listener.to.is_closed());
        if self.listeners.len() >= MAX_LISTENERS {
            return MessageResult(Heed::Full);
        }
        let after = match listen.after {
            None => self.last,
            // A place behind the end is of a stream that was lost: whoever heard that one hears all of this one, and drops
            // what it knows by id.
            Some(after) if after > self.last => 0,
            Some(after) => after,
        };
        if after < self.before && listen.after.is_some() {
            return MessageResult(Heed::Behind { after, until: self.before });
        }
        let missed = self.kept.iter().filter(|heard| heard.sequence > after && listen.filter.takes(heard));
        let kept = missed.cloned().collect();
        let (to, coming) = mpsc::channel(MAX_WAITING);
        self.listeners.push(Listener { filter: listen.filter, to });
        MessageResult(Heed::Live { kept, coming })
    }
}

#[cfg(test)]
mod tests;
