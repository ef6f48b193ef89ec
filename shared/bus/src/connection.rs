//! The connection: made once, kept for ever.
//!
//! A lost connection is taken up again in the background, at first after 10 ms and never slower than twice a second,
//! because a restarted server is back within a second and nothing moves meanwhile.

use crate::error::BusError;
use crate::identity::{Identity, inbox};
use crate::publish::ACK_TIMEOUT;
use async_nats::{ConnectOptions, jetstream};
use std::time::Duration;
use tokio::sync::watch;

/// Messages that wait for one subscriber of ours before the server's are dropped. A pump asks for at most a batch and a
/// half at a time, so only requests ever wait here, and a request that waits behind thousands has been given up.
const SUBSCRIPTION_CAPACITY: usize = 4_096;

/// Time for a connection, and for an answer of the JetStream API: a server on its way up answers within it.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(3);

/// How often a silent connection is tested; two misses end it. A dead peer without a reset is found within 10 s.
const PING_INTERVAL: Duration = Duration::from_secs(5);

/// A connection to a nats-server. Cloning shares it.
#[derive(Clone)]
pub struct Bus {
    pub(crate) client: async_nats::Client,
    pub(crate) jetstream: jetstream::Context,
    /// Counts connections: a change means that consumers in the server's memory may be gone.
    pub(crate) connections: watch::Receiver<u64>,
}

impl Bus {
    /// Connects, and refuses a server older than [`crate::OLDEST_SERVER`]. `name` is what the server lists us as.
    pub async fn connect(url: &str, name: &str) -> Result<Self, BusError> {
        let options = match login(url) {
            // Replies come to inboxes of the user's own, so that the server can keep one from hearing another's.
            Some((user, password)) => ConnectOptions::with_user_and_password(user.to_owned(), password.to_owned())
                .custom_inbox_prefix(inbox(user)),
            None => ConnectOptions::new(),
        };
        Self::open(options, url, name, None).await
    }

    /// As [`Bus::connect`], as a member: the server knows its keys and what it may do (see
    /// [`crate::server::MemberUser`]). The address holds no password. Fails with a key that the server does not take; the
    /// next call tries the identity's next one.
    pub async fn connect_as(url: &str, name: &str, identity: &Identity) -> Result<Self, BusError> {
        let signs = identity.clone();
        let options = ConnectOptions::with_auth_callback(move |challenge| std::future::ready(signs.answer(&challenge)));
        Self::open(options.custom_inbox_prefix(identity.inbox()), url, name, Some(identity.clone())).await
    }

    /// Whether an address names a user: then a connection needs no identity.
    #[must_use]
    pub fn has_login(url: &str) -> bool {
        login(url).is_some()
    }

    async fn open(
        options: ConnectOptions,
        url: &str,
        name: &str,
        identity: Option<Identity>,
    ) -> Result<Self, BusError> {
        let (connected, connections) = watch::channel(0_u64);
        let client = options
            .name(name)
            .max_reconnects(None)
            .reconnect_delay_callback(backoff)
            .connection_timeout(ANSWER_TIMEOUT)
            .request_timeout(Some(ANSWER_TIMEOUT))
            .ping_interval(PING_INTERVAL)
            .subscription_capacity(SUBSCRIPTION_CAPACITY)
            .event_callback(move |event| {
                note(&event, &connected);
                if let (async_nats::Event::Connected, Some(identity)) = (&event, &identity) {
                    identity.accepted();
                }
                std::future::ready(())
            })
            .connect(url)
            .await
            .map_err(|error| BusError::Connect { url: without_password(url), why: error.to_string() })?;
        let found = client.server_info().version;
        if !recent(&found) {
            let (major, minor, patch) = crate::OLDEST_SERVER;
            return Err(BusError::TooOld { found, wanted: format!("{major}.{minor}.{patch}") });
        }
        let jetstream =
            jetstream::ContextBuilder::new().timeout(ANSWER_TIMEOUT).ack_timeout(ACK_TIMEOUT).build(client.clone());
        Ok(Self { client, jetstream, connections })
    }

    /// Whether the connection stands at the moment.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.client.connection_state() == async_nats::connection::State::Connected
    }

    /// Counts connections. A server that comes back may have lost what it acknowledged, and its streams need not show it to
    /// whoever had not read so far: who builds on what a stream held finds out again when this changes.
    #[must_use]
    pub fn connections(&self) -> watch::Receiver<u64> {
        let mut connections = self.connections.clone();
        connections.mark_unchanged();
        connections
    }

    /// Sends what is waiting, ends every subscription and closes: the last thing a process does with a bus.
    pub async fn drain(&self) -> Result<(), BusError> {
        self.client.drain().await.map_err(|error| BusError::Other(error.to_string()))
    }
}

/// User and password of an address, if it names both and the user is a name.
fn login(url: &str) -> Option<(&str, &str)> {
    let (login, _) = url.split_once("://")?.1.rsplit_once('@')?;
    let (user, password) = login.split_once(':')?;
    let is_name = !user.is_empty() && user.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    is_name.then_some((user, password))
}

/// An address as it may stand in a log.
fn without_password(url: &str) -> String {
    match url.split_once("://").and_then(|(scheme, rest)| Some((scheme, rest.rsplit_once('@')?.1))) {
        Some((scheme, host)) => format!("{scheme}://{host}"),
        None => url.to_owned(),
    }
}

/// The wait before the next try to connect.
fn backoff(attempts: usize) -> Duration {
    let doublings = u32::try_from(attempts.saturating_sub(1)).unwrap_or(u32::MAX).min(6);
    Duration::from_millis(10 * (1 << doublings)).min(Duration::from_millis(500))
}

/// Logs what the client reports by events only; a permission violation is silent otherwise.
fn note(event: &async_nats::Event, connected: &watch::Sender<u64>) {
    match event {
        async_nats::Event::Connected => connected.send_modify(|count| *count += 1),
        async_nats::Event::Disconnected => tracing::info!("the connection to the nats-server is lost"),
        async_nats::Event::SlowConsumer(id) => tracing::warn!(id, "a subscription was too slow and lost messages"),
        async_nats::Event::ServerError(error) => tracing::warn!(%error, "the nats-server reports an error"),
        async_nats::Event::ClientError(error) => tracing::warn!(%error, "the nats client reports an error"),
        other => tracing::debug!(%other, "nats"),
    }
}

/// Whether a version is [`crate::OLDEST_SERVER`] or later. One that can't be read is not.
pub(crate) fn recent(version: &str) -> bool {
    let numbers = version.trim_start_matches('v');
    // A pre-release counts as its release: `2.16.0-RC.1` is later than 2.15.1.
    let numbers = numbers.split(['-', '+']).next().unwrap_or_default();
    let mut parts = numbers.splitn(3, '.').map(str::parse::<u64>);
    match (parts.next(), parts.next(), parts.next()) {
        (Some(Ok(major)), Some(Ok(minor)), Some(Ok(patch))) => (major, minor, patch) >= crate::OLDEST_SERVER,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_gives_its_login_and_no_password_away() {
        assert_eq!(login("nats://listener:pw@127.0.0.1:4222"), Some(("listener", "pw")));
        assert_eq!(login("nats://127.0.0.1:4222"), None);
        assert_eq!(login("nats://a.>:pw@127.0.0.1:4222"), None);
        assert_eq!(without_password("nats://tocsin:s3cret@127.0.0.1:1"), "nats://127.0.0.1:1");
        assert_eq!(without_password("nats://127.0.0.1:1"), "nats://127.0.0.1:1");
    }

    #[test]
    fn versions_are_compared_as_numbers() {
        for good in ["2.15.1", "v2.15.1", "2.15.2", "2.16.0-RC.1", "10.0.0"] {
            assert!(recent(good), "{good}");
        }
        for bad in ["2.15.0", "2.9.10", "1.99.99", "", "2.15", "two"] {
            assert!(!recent(bad), "{bad}");
        }
    }

    #[test]
    fn tries_to_connect_are_at_most_half_a_second_apart() {
        assert_eq!(backoff(1), Duration::from_millis(10));
        assert_eq!(backoff(usize::MAX), Duration::from_millis(500));
    }
}
