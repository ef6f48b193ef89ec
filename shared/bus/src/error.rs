//! What can go wrong on the way, split by what the caller must do about it.

/// A fault of the connection or of a stream.
#[derive(Debug, thiserror::Error)]
pub enum BusError {
    /// No server answered at this address.
    #[error("no connection to {url}: {why}")]
    Connect {
        /// The address.
        url: String,
        /// What the client reports.
        why: String,
    },
    /// The server is older than [`crate::OLDEST_SERVER`].
    #[error("nats-server {found} is too old: {wanted} or later is needed")]
    TooOld {
        /// The version the server gives.
        found: String,
        /// The oldest that is accepted.
        wanted: String,
    },
    /// The server has no stream of this name (at the moment: it may be starting).
    #[error("there is no stream {0}")]
    NoStream(String),
    /// The stream ends before a message that was read from it, or is another stream of the same name: it lost data.
    #[error("the stream lost messages: it ends at {last} now")]
    StreamShrank {
        /// The stream's last sequence now.
        last: u64,
    },
    /// The server did not answer in time.
    #[error("the server did not answer in time")]
    TimedOut,
    /// Anything else the server or the client reports.
    #[error("{0}")]
    Other(String),
}

/// Why a publish has no sequence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PublishError {
    /// The stream's last sequence is not the expected one: somebody else published, and nothing was stored.
    #[error("the stream moved on")]
    WrongSequence,
    /// No acknowledgement in time: the message may be stored, now or a little later. Publish the same again, then look.
    #[error("no acknowledgement in time")]
    TimedOut,
    /// No stream takes this subject (at the moment: the server may be starting).
    #[error("no stream takes this subject")]
    NoStream,
    /// The stream or the server refused it, for example because a limit is reached.
    #[error("{0}")]
    Other(String),
}

/// Why a request has no reply.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// Nobody serves the subject: try another node at once.
    #[error("nobody serves this subject")]
    NoResponders,
    /// No reply in time: the request may have been served.
    #[error("no reply in time")]
    TimedOut,
    /// Anything else the client reports.
    #[error("{0}")]
    Other(String),
}

/// A failed call of the JetStream API as a fault of `stream`.
pub(crate) fn fault(stream: &str, error: &(dyn std::error::Error + 'static)) -> BusError {
    let mut cause = Some(error);
    while let Some(inner) = cause {
        if let Some(answer) = inner.downcast_ref::<async_nats::jetstream::Error>()
            && answer.error_code() == async_nats::jetstream::ErrorCode::STREAM_NOT_FOUND
        {
            return BusError::NoStream(stream.to_owned());
        }
        if let Some(request) = inner.downcast_ref::<async_nats::jetstream::context::RequestError>()
            && request.kind() == async_nats::jetstream::context::RequestErrorKind::TimedOut
        {
            return BusError::TimedOut;
        }
        cause = inner.source();
    }
    BusError::Other(error.to_string())
}
