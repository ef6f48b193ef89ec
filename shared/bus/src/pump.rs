//! A pump reads a stream from a place on, in order and without gaps, for as long as it is asked.
//!
//! It keeps no state on the server: its place is the caller's, who stores it with what the messages did. Below it is a
//! consumer in the server's memory that is made anew, from the place reached, after whatever went wrong: a lost
//! connection, a restarted server, a deleted consumer, a missed heartbeat, a gap.
//!
//! A message is handed out the moment it arrives, with whatever else has arrived: there is no batching delay. The
//! server holds an open request of the pump at all times, renewed when half of it is used.
//!
//! It finds that a stream lost data when the stream ends before the pump's place, was made anew, or holds another
//! message where the last one read was. Not found: other messages before that.

use crate::connection::Bus;
use crate::error::{BusError, fault};
use crate::message::{Message, from_map};
use async_nats::jetstream::consumer::pull::{Config, Stream};
use async_nats::jetstream::consumer::{AckPolicy, DeliverPolicy};
use bytes::Bytes;
use futures::{FutureExt, StreamExt};
use std::time::Duration;
use tokio::sync::watch;

/// The most messages handed out at once: as many blocks as a ledger takes into one commit.
pub const BATCH: usize = 256;

/// The most bytes on their way to one pump: several of the largest blocks, and little enough for a hundred pumps.
const BATCH_BYTES: usize = 4 * 1024 * 1024;

/// How long the server keeps an open request.
const EXPIRES: Duration = Duration::from_secs(30);

/// How often a server without messages says that it is alive; two misses make the pump begin anew.
const HEARTBEAT: Duration = Duration::from_secs(2);

/// When the server forgets the consumer of a pump that is gone.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(30);

/// The wait after a failed attempt to begin anew: short against a server's start, long against its work.
const RETRY: Duration = Duration::from_millis(50);

/// A reader of one stream. `next` may be dropped at any await without losing a message.
pub struct Pump {
    bus: Bus,
    stream: String,
    filter: Option<String>,
    /// The sequence from which on nothing has been handed out.
    next: u64,
    /// When the stream was made, as the server tells: another time is another stream.
    created: Option<i128>,
    /// The last message handed out.
    last: Option<(u64, Bytes)>,
    connections: watch::Receiver<u64>,
    source: Option<Source>,
}

/// A running consumer.
struct Source {
    messages: Stream,
    /// The consumer's own number of its last message: they count from 1 without gaps.
    delivered: u64,
}

/// What a message of the consumer means.
enum Taken {
    Next(Message),
    /// Handed out before.
    Old,
    /// Something is missing: begin anew.
    Gap,
}

impl Bus {
    /// A pump over `stream`, or over one of its subjects, that begins at sequence `from_seq` (0 and 1 are the same).
    #[must_use]
    pub fn pump(&self, stream: &str, filter: Option<String>, from_seq: u64) -> Pump {
        Pump {
            bus: self.clone(),
            stream: stream.to_owned(),
            filter,
            next: from_seq.max(1),
            created: None,
            last: None,
            connections: self.connections.clone(),
            source: None,
        }
    }
}

impl Pump {
    /// Waits for the next messages: at least one, at most [`BATCH`], in order.
    ///
    /// Faults that pass are waited out here. [`BusError::StreamShrank`] and [`BusError::NoStream`] are answers: the
    /// caller puts the stream right and asks again, or makes a new pump at another place.
    pub async fn next(&mut self) -> Result<Vec<Message>, BusError> {
        loop {
            let Some(source) = self.source.as_mut() else {
                match self.begin().await {
                    Ok(source) => self.source = Some(source),
                    Err(error @ (BusError::StreamShrank { .. } | BusError::NoStream(_))) => return Err(error),
                    Err(error) => {
                        tracing::debug!(%error, stream = self.stream, "the pump tries again");
                        tokio::time::sleep(RETRY).await;
                    }
                }
                continue;
            };
            let first = tokio::select! {
                biased;
                first = source.messages.next() => first,
                _ = self.connections.changed() => None,
            };
            let batch = self.collect(first);
            if !batch.is_empty() {
                return Ok(batch);
            }
        }
    }

    /// The messages that are here already, possibly none; the faults are those of [`Pump::next`].
    pub async fn try_next(&mut self) -> Result<Vec<Message>, BusError> {
        if self.source.is_none() {
            self.source = Some(self.begin().await?);
        }
        let first = self.source.as_mut().and_then(|source| source.messages.next().now_or_never());
        Ok(first.map(|first| self.collect(first)).unwrap_or_default())
    }

    /// The sequence from which on nothing has been handed out.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.next
    }

    /// `first` and what has arrived with it. Leaves no source if one has to be made anew.
    fn collect(&mut self, first: Option<Arrival>) -> Vec<Message> {
        let mut batch = Vec::new();
        let mut arrival = Some(first);
        while let Some(arrived) = arrival {
            match self.take(arrived) {
                Taken::Next(message) => {
                    self.next = message.sequence + 1;
                    batch.push(message);
                }
                Taken::Old => {}
                Taken::Gap => {
                    self.source = None;
                    break;
                }
            }
            arrival = if batch.len() < BATCH {
                self.source.as_mut().and_then(|source| source.messages.next().now_or_never())
            } else {
                None
            };
        }
        if let Some(message) = batch.last() {
            self.last = Some((message.sequence, message.payload.clone()));
        }
        batch
    }

    fn take(&mut self, arrived: Option<Arrival>) -> Taken {
        let Some(source) = self.source.as_mut() else { return Taken::Gap };
        let message = match arrived {
            Some(Ok(message)) => message,
            Some(Err(error)) => {
                tracing::debug!(%error, stream = self.stream, "the pump lost its consumer");
                return Taken::Gap;
            }
            None => return Taken::Gap,
        };
        let (sequence, delivered) = match message.info() {
            Ok(info) => (info.stream_sequence, info.consumer_sequence),
            Err(_) => return Taken::Gap,
        };
        if delivered != source.delivered + 1 {
            return Taken::Gap;
        }
        source.delivered = delivered;
        if sequence < self.next {
            return Taken::Old;
        }
        let message = message.message;
        Taken::Next(Message {
            sequence,
            subject: message.subject.to_string(),
            headers: message.headers.as_ref().map(from_map).unwrap_or_default(),
            payload: message.payload,
        })
    }

    /// Makes a consumer at the pump's place, after looking whether the stream is still the one it was.
    async fn begin(&mut self) -> Result<Source, BusError> {
        self.connections.mark_unchanged();
        let stream = self.bus.stream(&self.stream).await?;
        let info = stream.get_info().await.map_err(|error| fault(&self.stream, &error))?;
        let last = info.state.last_sequence;
        let created = info.created.unix_timestamp_nanos();
        if last + 1 < self.next || self.created.is_some_and(|known| known != created) || self.replaced().await? {
            return Err(BusError::StreamShrank { last });
        }
        self.created = Some(created);
        let config = Config {
            deliver_policy: DeliverPolicy::ByStartSequence { start_sequence: self.next },
            ack_policy: AckPolicy::None,
            filter_subject: self.filter.clone().unwrap_or_default(),
            inactive_threshold: FORGOTTEN_AFTER,
            memory_storage: true,
            num_replicas: 1,
            ..Config::default()
        };
        let consumer = stream.create_consumer(config).await.map_err(|error| fault(&self.stream, &error))?;
        let messages = consumer
            .stream()
            .max_messages_per_batch(BATCH)
            .max_bytes_per_batch(BATCH_BYTES)
            .expires(EXPIRES)
            .heartbeat(HEARTBEAT)
            .messages()
            .await
            .map_err(|error| fault(&self.stream, &error))?;
        Ok(Source { messages, delivered: 0 })
    }

    /// Whether the stream holds another message where the last one handed out was. One that was removed since (by a
    /// limit) tells nothing.
    async fn replaced(&self) -> Result<bool, BusError> {
        let Some((sequence, payload)) = &self.last else { return Ok(false) };
        let there = self.bus.message(&self.stream, *sequence).await?;
        Ok(there.is_some_and(|message| message.payload != payload))
    }
}

/// What the client hands out.
type Arrival = Result<async_nats::jetstream::Message, async_nats::jetstream::consumer::pull::MessagesError>;
