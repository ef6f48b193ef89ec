//! Publishing: one message, one durable acknowledgement.
//!
//! With `sync_interval: always` the acknowledgement means that the message survives a power failure. Calls may run side
//! by side; each waits for its own acknowledgement and none waits for another's.

use crate::connection::{ACK_TIMEOUT, Bus};
use crate::error::PublishError;
use crate::message::{Headers, to_map};
use async_nats::header::{NATS_EXPECTED_LAST_SEQUENCE, NATS_MESSAGE_ID};
use async_nats::jetstream::context::PublishErrorKind;
use bytes::Bytes;
use std::time::Duration;

/// After a lost connection is back, the time for acknowledgements of messages that waited for it in our own queue.
const QUEUED_GRACE: Duration = Duration::from_millis(200);

/// How to publish.
#[derive(Clone, Debug, Default)]
pub struct Publish {
    /// Store it only if this is the stream's last sequence: the fence between several sealers.
    pub expect_last: Option<u64>,
    /// An id under which the server drops repeats for two minutes. It saves work and promises nothing.
    pub msg_id: Option<String>,
    /// Further headers.
    pub headers: Headers,
}

impl Bus {
    /// Publishes and gives the sequence under which the message is durable.
    ///
    /// Of several that expect the same last sequence one wins and the others get [`PublishError::WrongSequence`]. A
    /// repeat of a `msg_id` gives the sequence of the first. While the connection is down the message waits and may
    /// still go out after [`PublishError::TimedOut`].
    pub async fn publish(&self, subject: &str, payload: Bytes, how: Publish) -> Result<u64, PublishError> {
        let mut headers = to_map(&how.headers);
        if let Some(last) = how.expect_last {
            headers.insert(NATS_EXPECTED_LAST_SEQUENCE, last.to_string());
        }
        if let Some(id) = &how.msg_id {
            headers.insert(NATS_MESSAGE_ID, id.as_str());
        }
        let acknowledged = async {
            self.jetstream
                .publish_with_headers(subject.to_owned(), headers, payload)
                .await
                .map_err(refused)?
                .await
                .map_err(refused)
        };
        // The client's own time-out begins once the message is on its way; ours covers a full send queue too.
        tokio::select! {
            answer = tokio::time::timeout(ACK_TIMEOUT, acknowledged) => match answer {
                Ok(answer) => answer.map(|ack| ack.sequence),
                Err(_) => Err(PublishError::TimedOut),
            },
            () = self.lost() => Err(PublishError::TimedOut),
        }
    }
}

impl Bus {
    /// Returns when the connection has been lost and taken up again: an acknowledgement from before will not come.
    async fn lost(&self) {
        let mut connections = self.connections.clone();
        connections.mark_unchanged();
        match connections.changed().await {
            Ok(()) => tokio::time::sleep(QUEUED_GRACE).await,
            // The connection is closed for good; the time-out decides.
            Err(_) => std::future::pending().await,
        }
    }
}

fn refused(error: async_nats::jetstream::context::PublishError) -> PublishError {
    match error.kind() {
        PublishErrorKind::WrongLastSequence => PublishError::WrongSequence,
        PublishErrorKind::StreamNotFound => PublishError::NoStream,
        PublishErrorKind::TimedOut | PublishErrorKind::BrokenPipe => PublishError::TimedOut,
        _ => PublishError::Other(error.to_string()),
    }
}
