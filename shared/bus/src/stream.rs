//! Streams: made as the one list of subjects says, asked for their state, read at one place.

use crate::connection::Bus;
use crate::error::{BusError, fault};
use crate::message::{Message, from_map};
use async_nats::jetstream::message::StreamMessage;
use async_nats::jetstream::stream::{
    Config, DiscardPolicy, LastRawMessageErrorKind, RetentionPolicy, StorageType, Stream,
};
use futures::TryStreamExt as _;
use std::time::Duration;
use wire::subject::StreamSpec;

/// What a stream holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamState {
    /// The first sequence it still has; `last + 1` if it is empty.
    pub first: u64,
    /// The last sequence it ever gave.
    pub last: u64,
    /// How many messages it holds.
    pub messages: u64,
}

/// Copies of a stream in a cluster: one may be lost, and one more may restart.
const CLUSTER_REPLICAS: usize = 3;

impl Bus {
    /// Makes the stream, or brings an existing one to this form without touching its messages.
    ///
    /// A full stream refuses new messages and keeps the old: what was acknowledged stays.
    pub async fn ensure_stream(&self, spec: &StreamSpec) -> Result<(), BusError> {
        let clustered = self.client.server_info().cluster.is_some();
        let wanted = Config {
            name: spec.name.clone(),
            subjects: spec.subjects.clone(),
            retention: RetentionPolicy::Limits,
            discard: DiscardPolicy::New,
            storage: if spec.memory { StorageType::Memory } else { StorageType::File },
            num_replicas: if clustered { CLUSTER_REPLICAS } else { 1 },
            max_messages: -1,
            max_messages_per_subject: spec.max_per_subject.unwrap_or(-1),
            max_message_size: spec.max_message_bytes,
            max_bytes: spec.max_bytes.unwrap_or(-1),
            max_age: Duration::from_secs(spec.max_age_s.unwrap_or(0)),
            max_consumers: -1,
            ..Config::default()
        };
        // A member may look at a stream and not change it, so one that is as it should be is left alone.
        if let Ok(there) = self.jetstream.get_stream(&spec.name).await
            && same(&there.cached_info().config, &wanted)
        {
            return Ok(());
        }
        self.jetstream.create_or_update_stream(wanted).await.map(|_| ()).map_err(|error| fault(&spec.name, &error))
    }

    /// What a stream holds.
    pub async fn stream_state(&self, name: &str) -> Result<StreamState, BusError> {
        let info = self.stream(name).await?.get_info().await.map_err(|error| fault(name, &error))?;
        Ok(StreamState {
            first: info.state.first_sequence,
            last: info.state.last_sequence,
            messages: info.state.messages,
        })
    }

    /// The names of all streams of the server.
    pub async fn stream_names(&self) -> Result<Vec<String>, BusError> {
        self.jetstream.stream_names().try_collect().await.map_err(|error| fault("of any name", &error))
    }

    /// The message with this sequence, or none if it was removed or never was.
    pub async fn message(&self, stream: &str, sequence: u64) -> Result<Option<Message>, BusError> {
        // The server takes 0 for "no sequence given" and answers an error that names no cause.
        if sequence == 0 {
            return Ok(None);
        }
        found(stream, self.stream(stream).await?.get_raw_message(sequence).await)
    }

    /// The newest message on a subject, or none.
    pub async fn last_message(&self, stream: &str, subject: &str) -> Result<Option<Message>, BusError> {
        found(stream, self.stream(stream).await?.get_last_raw_message_by_subject(subject).await)
    }

    /// A handle for calls about a stream; asks nothing of the server.
    pub(crate) async fn stream(&self, name: &str) -> Result<Stream<()>, BusError> {
        self.jetstream.get_stream_no_info(name).await.map_err(|error| fault(name, &error))
    }
}

/// Whether a stream has the form that is wanted, in everything that [`Bus::ensure_stream`] sets.
fn same(there: &Config, wanted: &Config) -> bool {
    (&there.subjects, there.retention, there.discard, there.storage, there.num_replicas)
        == (&wanted.subjects, wanted.retention, wanted.discard, wanted.storage, wanted.num_replicas)
        && (there.max_messages, there.max_messages_per_subject, there.max_message_size, there.max_bytes, there.max_age)
            == (
                wanted.max_messages,
                wanted.max_messages_per_subject,
                wanted.max_message_size,
                wanted.max_bytes,
                wanted.max_age,
            )
}

/// The answer to a question for one message.
fn found(
    stream: &str,
    answer: Result<StreamMessage, async_nats::jetstream::stream::LastRawMessageError>,
) -> Result<Option<Message>, BusError> {
    match answer {
        Ok(message) => Ok(Some(Message {
            sequence: message.sequence,
            subject: message.subject.to_string(),
            headers: from_map(&message.headers),
            payload: message.payload,
        })),
        Err(error) if error.kind() == LastRawMessageErrorKind::NoMessageFound => Ok(None),
        Err(error) => Err(match error.kind() {
            LastRawMessageErrorKind::JetStream(answer)
                if answer.error_code() == async_nats::jetstream::ErrorCode::STREAM_NOT_FOUND =>
            {
                BusError::NoStream(stream.to_owned())
            }
            _ => fault(stream, &error),
        }),
    }
}
