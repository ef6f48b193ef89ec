//! The bus against a real nats-server. Needs one: run `deploy/fetch-nats.sh`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test ends by panicking; clippy knows only the functions marked as tests"
)]

mod members;
mod publish;
mod pump;
mod request;
mod server;

use bus::server::{Find, NatsServer};
use bus::{Bus, BusError};
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;
use wire::subject::StreamSpec;

/// A server of its own with a connection.
struct Rig {
    server: NatsServer,
    bus: Bus,
    dir: TempDir,
}

/// The binary to test with: never `NATS_URL`, because the tests kill their server.
async fn binary() -> Find {
    match Find::locate().await {
        Ok(Find::Binary(path)) => Find::Binary(path),
        Ok(Find::Running(_)) => panic!("these tests kill their server: unset NATS_URL"),
        Err(error) => panic!("{error}"),
    }
}

impl Rig {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let server = NatsServer::start_with(&binary().await, None, dir.path()).await.unwrap();
        let bus = Bus::connect(server.url(), "test").await.unwrap();
        Self { server, bus, dir }
    }

    /// A client of the nats library itself, for what the bus does not offer.
    async fn client(&self) -> async_nats::Client {
        let (login, host) = self.server.url().trim_start_matches("nats://").split_once('@').unwrap();
        let (user, password) = login.split_once(':').unwrap();
        let options = async_nats::ConnectOptions::with_user_and_password(user.into(), password.into());
        options.connect(host).await.unwrap()
    }

    async fn with_stream(name: &str) -> Self {
        let rig = Self::new().await;
        rig.bus.ensure_stream(&spec(name)).await.unwrap();
        rig
    }

    /// `kill -9`, and waits for the end.
    async fn kill(&mut self) {
        signal("-KILL", self.server.pid().unwrap());
        self.server.exited().await.unwrap();
    }

    /// Starts the server again on its port and data.
    async fn restart(&mut self) {
        let port = self.server.port();
        self.server = NatsServer::start_with(&binary().await, port, self.dir.path()).await.unwrap();
    }
}

/// Sends a signal to one process.
fn signal(which: &str, pid: u32) {
    assert!(Command::new("kill").args([which, &pid.to_string()]).status().unwrap().success());
}

/// A stream `name` over `name.>`.
fn spec(name: &str) -> StreamSpec {
    StreamSpec {
        name: name.to_owned(),
        subjects: vec![format!("{name}.>")],
        memory: false,
        max_per_subject: None,
        max_message_bytes: 600_000,
        max_bytes: None,
        max_age_s: None,
    }
}

/// Twenty seconds for what takes milliseconds: a test that hangs says where.
async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), future).await.unwrap_or_else(|_| panic!("{what} did not happen"))
}

/// Calls until the answer is not an error: for the moments in which a server starts.
async fn until_ok<T, F: Future<Output = Result<T, BusError>>>(call: impl Fn() -> F) -> T {
    soon("an answer", async {
        loop {
            match call().await {
                Ok(value) => return value,
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    })
    .await
}
