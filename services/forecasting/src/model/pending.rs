//! What was said and is not seen in the final log yet. Bounded by time: what nobody needs any more leaves.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::event::{EventId, Fact};
use domain::outlook::first_step_ends;
use domain::time::{DAY_MS, Millis};
use proof::sign::PublicKey;
use tokio::sync::Notify;

use super::Row;
use super::rows::pending_key;
use crate::lookout::Said;
use crate::warn::Author;

/// What the chain did not take in a week it refused, or it has stood still for so long that the next day's is better.
const KEPT_MS: u64 = 7 * DAY_MS;

/// Events under way, and who signs them.
pub(super) struct Pending {
    author: Option<Author>,
    events: BTreeMap<EventId, Vec<u8>>,
    bell: Arc<Notify>,
}

impl Pending {
    /// Nothing said. Without an author nothing ever is; with one, `bell` is rung when there is something to send.
    pub(super) fn new(author: Option<Author>, bell: Arc<Notify>) -> Self {
        Pending { author, events: BTreeMap::new(), bell }
    }

    /// Whether a key is the one that signs here.
    pub(super) fn signs(&self, key: &PublicKey) -> bool {
        self.author.as_ref().is_some_and(|author| author.signs(key))
    }

    /// The key that signs.
    pub(super) fn key(&self) -> Option<PublicKey> {
        self.author.as_ref().map(|author| (author.key)())
    }

    /// Has something to say, if there is who says it; gives its event. What could not be an event is not said: it follows
    /// from a report that nobody would sign, and must not stop the rest.
    pub(super) fn say(&mut self, said: &Said) -> (Option<EventId>, Option<Row>) {
        let Some(author) = &self.author else { return (None, None) };
        match author.event(said) {
            Ok((id, body)) => {
                self.events.insert(id, body.clone());
                self.bell.notify_one();
                (Some(id), Some((pending_key(&id), Some(body))))
            }
            Err(error) => {
                tracing::warn!(region = %said.region, %error, "something can't be said");
                (None, None)
            }
        }
    }

    /// The log shows this event, executed or refused: the same one would be refused again. What it causes may go now.
    pub(super) fn seen(&mut self, id: &EventId) -> Option<Row> {
        self.events.remove(id)?;
        self.bell.notify_one();
        Some((pending_key(id), None))
    }

    /// Drops what is of no use any more at this chain time.
    pub(super) fn over(&mut self, now: Millis) -> Vec<Row> {
        let over = self.events.iter().filter(|(_, body)| use_ends(body) <= now).map(|(id, _)| *id);
        let over = over.collect::<Vec<_>>();
        over.iter().filter_map(|id| self.seen(id)).collect()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// Events and their bodies.
    pub(super) fn list(&self) -> Vec<(EventId, Vec<u8>)> {
        self.events.iter().map(|(id, body)| (*id, body.clone())).collect()
    }

    /// Takes up a stored one.
    pub(super) fn restore(&mut self, id: EventId, body: Vec<u8>) {
        self.events.insert(id, body);
    }
}

/// When nobody needs an event any more: the chain refuses a forecast of what has happened, and a warning that has expired.
fn use_ends(body: &[u8]) -> Millis {
    let Ok(event) = wire::event::decode(body) else { return Millis(0) };
    match &event.fact {
        Fact::Forecast(forecast) => first_step_ends(forecast.cadence, forecast.reference_date),
        _ if event.valid_until != Millis(0) => event.valid_until,
        _ => event.created_at.plus_ms(KEPT_MS),
    }
}
