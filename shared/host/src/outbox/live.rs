//! What an outbox has in hand: the unsettled events, which of them wait to be sent, and who waits for their receipts.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use domain::event::EventId;
use tokio::sync::{Notify, oneshot};

use crate::outbox::held::Held;
use crate::telemetry::trace::Trace;

/// Unsettled events: half a minute of the fastest chain this class of machine runs.
pub(crate) const MAX_EVENTS: usize = 100_000;
/// Their bytes on disk: what one outbox may owe to a chain that takes nothing.
pub(crate) const MAX_BYTES: usize = 256 * 1024 * 1024;

struct Event {
    bytes: usize,
    /// When it is sent again, or looked up if it has a receipt.
    at: Instant,
    /// Rounds through the admission nodes.
    rounds: u32,
    /// Since when it is in hand.
    since: Instant,
    /// The request that brought it.
    trace: Option<Trace>,
}

#[derive(Default)]
struct Inner {
    events: HashMap<EventId, Event>,
    bytes: usize,
    /// Events that wait for a time, in time order: to be sent (no receipt) or looked up (receipt).
    send: BTreeSet<(Instant, EventId)>,
    look: BTreeSet<(Instant, EventId)>,
    waiting: HashMap<EventId, Vec<oneshot::Sender<Held>>>,
}

/// Shared by the courier, the watcher and the submitters.
#[derive(Default)]
pub(crate) struct Live {
    inner: Mutex<Inner>,
    /// Something is to be sent.
    pub(crate) sendable: Notify,
    /// Something is to be watched.
    pub(crate) watchable: Notify,
}

impl Live {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether `events` more of `bytes` fit.
    pub(crate) fn fits(&self, events: usize, bytes: usize) -> bool {
        let inner = self.lock();
        inner.events.len() + events <= MAX_EVENTS && inner.bytes + bytes <= MAX_BYTES
    }

    pub(crate) fn len(&self) -> usize {
        self.lock().events.len()
    }

    pub(crate) fn contains(&self, id: &EventId) -> bool {
        self.lock().events.contains_key(id)
    }

    /// How long it is in hand, and the trace of the request that brought it.
    pub(crate) fn origin(&self, id: &EventId) -> (Duration, Option<Trace>) {
        self.lock().events.get(id).map_or((Duration::ZERO, None), |event| (event.since.elapsed(), event.trace))
    }

    /// An event to send now, or to look up at once if it had its receipt before a restart.
    pub(crate) fn add(&self, id: EventId, bytes: usize, receipt: bool, trace: Option<Trace>) {
        let at = Instant::now();
        let mut inner = self.lock();
        if inner.events.insert(id, Event { bytes, at, rounds: 0, since: at, trace }).is_none() {
            inner.bytes += bytes;
        }
        let queue = if receipt { &mut inner.look } else { &mut inner.send };
        queue.insert((at, id));
        drop(inner);
        self.sendable.notify_one();
        self.watchable.notify_one();
    }

    /// The receipt is here: look after it in a while if the log does not show it before.
    pub(crate) fn receipted(&self, id: &EventId, look_in: Duration) {
        let mut inner = self.lock();
        let Some(event) = inner.events.get_mut(id) else { return };
        let old = event.at;
        event.at = Instant::now() + look_in;
        let at = event.at;
        inner.send.remove(&(old, *id));
        inner.look.remove(&(old, *id));
        inner.look.insert((at, *id));
        drop(inner);
        self.watchable.notify_one();
    }

    /// Nothing is left to do for it.
    pub(crate) fn settled(&self, id: &EventId) {
        let mut inner = self.lock();
        if let Some(event) = inner.events.remove(id) {
            inner.bytes = inner.bytes.saturating_sub(event.bytes);
            inner.send.remove(&(event.at, *id));
            inner.look.remove(&(event.at, *id));
        }
    }

    /// Send it again after a while; gives how often it went round.
    pub(crate) fn again(&self, id: &EventId, after: impl FnOnce(u32) -> Duration) {
        let mut inner = self.lock();
        let Some(event) = inner.events.get_mut(id) else { return };
        let old = event.at;
        event.rounds = event.rounds.saturating_add(1);
        event.at = Instant::now() + after(event.rounds);
        let at = event.at;
        inner.look.remove(&(old, *id));
        inner.send.remove(&(old, *id));
        inner.send.insert((at, *id));
        drop(inner);
        self.sendable.notify_one();
    }

    /// Takes what is due to be sent, at most so much; it is not due again until [`Live::again`].
    pub(crate) fn take_due(&self, events: usize, bytes: usize) -> Vec<EventId> {
        let mut inner = self.lock();
        let now = Instant::now();
        let (mut taken, mut size) = (Vec::new(), 0);
        while let Some((at, id)) = inner.send.first().copied() {
            let length = inner.events.get(&id).map_or(0, |event| event.bytes);
            if at > now || taken.len() == events || (size + length > bytes && !taken.is_empty()) {
                break;
            }
            inner.send.remove(&(at, id));
            size += length;
            taken.push(id);
        }
        taken
    }

    /// Takes what is due to be looked up, and makes it due again after a while.
    pub(crate) fn take_looks(&self, events: usize, again_in: Duration) -> Vec<EventId> {
        let mut inner = self.lock();
        let now = Instant::now();
        let due: Vec<_> = inner.look.iter().take_while(|(at, _)| *at <= now).take(events).copied().collect();
        for (at, id) in &due {
            inner.look.remove(&(*at, *id));
            if let Some(event) = inner.events.get_mut(id) {
                event.at = now + again_in;
                inner.look.insert((now + again_in, *id));
            }
        }
        due.into_iter().map(|(_, id)| id).collect()
    }

    /// When the next event is to be sent.
    pub(crate) fn next_send(&self) -> Option<Instant> {
        self.lock().send.first().map(|(at, _)| *at)
    }

    /// Waits for a receipt or a settlement.
    pub(crate) fn wait(&self, id: EventId) -> oneshot::Receiver<Held> {
        let (tell, told) = oneshot::channel();
        self.lock().waiting.entry(id).or_default().push(tell);
        told
    }

    /// Answers everybody who waits for it.
    pub(crate) fn tell(&self, held: &Held) {
        let waiting = self.lock().waiting.remove(&held.event_id).unwrap_or_default();
        for waiting in waiting {
            // Who is gone does not mind.
            let _ = waiting.send(held.clone());
        }
    }

    /// Forgets those who stopped waiting.
    pub(crate) fn stop_waiting(&self, id: &EventId) {
        let mut inner = self.lock();
        if let Some(waiting) = inner.waiting.get_mut(id) {
            waiting.retain(|each| !each.is_closed());
            if waiting.is_empty() {
                inner.waiting.remove(id);
            }
        }
    }
}
