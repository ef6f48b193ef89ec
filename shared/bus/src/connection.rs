//! The connection: made once, kept for ever.
//!
//! A lost connection is taken up again in the background, at first after 10 ms and never slower than twice a second,
//! because a restarted server is back within a second and nothing moves meanwhile.

use crate::error::BusError;
use crate::identity::{Identity, inbox};
use async_nats::{ConnectOptions, jetstream};
use std::time::Duration;
use tokio::sync::watch;

/// Messages that wait for one subscriber of ours before the server's are dropped. A pump asks for at most a batch and a
/// half at a time, so only requests ever wait here, and a request that waits behind thousands has been given up.
const SUBSCRIPTION_CAPACITY: usize = 4_096;

/// How long a publish waits: some 500 fsyncs, so that silence means a lost server and the caller asks elsewhere.
pub const ACK_TIMEOUT: Duration = Duration::from_secs(2);

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
    /// The last thing the server did not permit.
    denied: watch::Receiver<Option<String>>,
}

impl Bus {
    /// Connects, and refuses a server older than [`crate::OLDEST_SERVER`]. `name` is what the server lists us as.
    pub async fn connect(url: &str, name: &str) -> Result<Self, BusError> {
        let options = match (login(url), userinfo(url)) {
            // Replies come to inboxes of the user's own, so that the server can keep one from hearing another's.
            (Some((user, password)), _) => ConnectOptions::with_user_and_password(user.to_owned(), password.to_owned())
                .custom_inbox_prefix(inbox(user)),
            (None, Some(other)) => match other.split_once(':') {
                Some((user, password)) => ConnectOptions::with_user_and_password(user.to_owned(), password.to_owned()),
                None => ConnectOptions::with_token(other.to_owned()),
            },
            (None, None) => ConnectOptions::new(),
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
        let (denies, denied) = watch::channel(None);
        let client = options
            .name(name)
            .max_reconnects(None)
            .reconnect_delay_callback(backoff)
            .connection_timeout(ANSWER_TIMEOUT)
            .request_timeout(Some(ANSWER_TIMEOUT))
            .ping_interval(PING_INTERVAL)
            .subscription_capacity(SUBSCRIPTION_CAPACITY)
            .event_callback(move |event| {
                note(&event, &connected, &denies);
                if let (async_nats::Event::Connected, Some(identity)) = (&event, &identity) {
                    identity.accepted();
                }
                std::future::ready(())
            })
            // The client logs the address it is given, so it is given none with a password.
            .connect(without_password(url))
            .await
            .map_err(|error| BusError::Connect { url: without_password(url), why: error.to_string() })?;
        let found = client.server_info().version;
        if !recent(&found) {
            let (major, minor, patch) = crate::OLDEST_SERVER;
            return Err(BusError::TooOld { found, wanted: format!("{major}.{minor}.{patch}") });
        }
        let jetstream =
            jetstream::ContextBuilder::new().timeout(ANSWER_TIMEOUT).ack_timeout(ACK_TIMEOUT).build(client.clone());
        Ok(Self { client, jetstream, connections, denied })
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

    /// What the server does not permit us, in its words, as it says so. The server answers such a question with nothing:
    /// who waits for a reply looks here for why none comes.
    #[must_use]
    pub fn denied(&self) -> watch::Receiver<Option<String>> {
        self.denied.clone()
    }

    /// Sends what is waiting, ends every subscription and closes: the last thing a process does with a bus.
    pub async fn drain(&self) -> Result<(), BusError> {
        self.client.drain().await.map_err(|error| BusError::Other(error.to_string()))
    }
}

/// User and password of an address, if it names both and the user is a name.
fn login(url: &str) -> Option<(&str, &str)> {
    let (user, password) = userinfo(url)?.split_once(':')?;
    let is_name = !user.is_empty() && user.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    is_name.then_some((user, password))
}

/// What stands before the server's name in an address: a user with a password, or a token.
fn userinfo(url: &str) -> Option<&str> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.rsplit_once('@').map(|(userinfo, _)| userinfo)
}

/// An address as it may stand in an error, a log or on a screen: without user, password or token. Whatever stands before
/// the last `@` is left out, so that a badly written address gives nothing away either.
#[must_use]
pub fn without_password(url: &str) -> String {
    let Some((login, host)) = url.rsplit_once('@') else { return url.to_owned() };
    match login.split_once("://") {
        Some((scheme, _)) => format!("{scheme}://{host}"),
        None => host.to_owned(),
    }
}

/// The wait before the next try to connect.
fn backoff(attempts: usize) -> Duration {
    let doublings = u32::try_from(attempts.saturating_sub(1)).unwrap_or(u32::MAX).min(6);
    Duration::from_millis(10 * (1 << doublings)).min(Duration::from_millis(500))
}

/// What the server's word for something that is not permitted begins with.
const DENIED: &str = "permissions violation";

/// Logs what the client reports by events only; a permission violation is silent otherwise.
fn note(event: &async_nats::Event, connected: &watch::Sender<u64>, denies: &watch::Sender<Option<String>>) {
    if let async_nats::Event::ServerError(async_nats::ServerError::Other(said)) = event
        && said.to_ascii_lowercase().contains(DENIED)
    {
        denies.send_replace(Some(said.clone()));
    }
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
        assert_eq!(userinfo("nats://token@127.0.0.1:4222"), Some("token"));
        assert_eq!(login("nats://a.>:pw@127.0.0.1:4222"), None);
        assert_eq!(without_password("nats://tocsin:s3cret@127.0.0.1:1"), "nats://127.0.0.1:1");
        assert_eq!(without_password("nats://127.0.0.1:1"), "nats://127.0.0.1:1");
        for leaks in
            ["tocsin:s3cret@h:1", "nats://s3cret@h:1", "nats://a:s3@cret@h:1", "nats://a:s3cret@g,nats://b:s3cret@h"]
        {
            let said = without_password(leaks);
            assert!(!said.contains("cret") && said.contains('h'), "{said}");
        }
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
