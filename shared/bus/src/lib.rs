//! How a record moves: JetStream with durable publishes, compare-and-set, a pump that survives what a network does, and
//! bounded request-reply; and the private nats-server of a demo or a test.
//!
//! It is not: a place that knows rules, actors or what a payload means. Streams may lose data and may be replayed; who
//! depends on order keeps his own place and checks his own chain.
//!
//! Limits: one message is at most the server's `max_payload` (1 MiB); a pump hands out at most [`pump::BATCH`] messages
//! at once; a publish waits [`ACK_TIMEOUT`] for its acknowledgement and is then unknown, not failed.

mod connection;
mod error;
mod identity;
mod message;
pub mod publish;
pub mod pump;
mod request;
pub mod server;
mod stream;

pub use connection::{ACK_TIMEOUT, Bus, without_password};
pub use error::{BusError, PublishError, RequestError};
pub use identity::Identity;
pub use message::{Headers, Message};
pub use publish::Publish;
pub use pump::Pump;
pub use request::ServeHandle;
pub use stream::StreamState;

/// The oldest nats-server that is accepted: older ones drop stream flags in silence, and have an authentication bypass
/// and replay faults.
pub const OLDEST_SERVER: (u64, u64, u64) = (2, 15, 1);
