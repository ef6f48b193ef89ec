//! The private nats-server of a demo, a bench or a test: a child on the loopback with its own data directory, gone when
//! its parent is gone; and for any server the file that says who may connect, with the signal to read it again.
//!
//! It is not: how a deployment runs NATS (see `deploy/` and `k8s/`), nor a supervisor: a server that dies stays dead
//! until somebody starts one on the same port and data.

mod config;
mod find;
mod guard;
mod reload;
mod users;

pub use find::Find;
pub use reload::reload;
pub use users::{MemberUser, UsersFile};

use guard::Guarded;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// Nothing to run was found.
    #[error(
        "no nats-server: run deploy/fetch-nats.sh, set NATS_URL to a running server, or put a nats-server of at least \
         {wanted} on PATH"
    )]
    NoBinary {
        /// The oldest version that is accepted.
        wanted: String,
    },
    /// The one that was found is older than [`crate::OLDEST_SERVER`].
    #[error("{path} is nats-server {found}, and {wanted} or later is needed: run deploy/fetch-nats.sh")]
    TooOld {
        /// The binary.
        path: PathBuf,
        /// Its version.
        found: String,
        /// The oldest that is accepted.
        wanted: String,
    },
    /// Somebody else listens on the port.
    #[error("port {port} is in use")]
    PortInUse {
        /// The port.
        port: u16,
    },
    /// The server ended, or was not ready in time; `log` is the end of what it said.
    #[error("the nats-server did not start: {log}")]
    NotReady {
        /// The last lines of its log.
        log: String,
    },
    /// The server did not take its new configuration and goes on with the old one.
    #[error("the nats-server did not read its users again: {log}")]
    NotReloaded {
        /// What it said.
        log: String,
    },
    /// The directory or the process could not be made.
    #[error("the nats-server could not be run: {0}")]
    Io(#[from] std::io::Error),
}

/// A running nats-server. Dropping it ends the server; so does the end of this process, whatever ended it.
pub struct NatsServer {
    url: String,
    listener: String,
    child: Option<Guarded>,
}

impl NatsServer {
    /// Finds a server (see [`Find::locate`]) and starts it on a free port with its data in `data_dir`.
    ///
    /// If `NATS_URL` names a running server that one is used, `data_dir` is not, and [`NatsServer::stop`] leaves it be.
    pub async fn start(data_dir: impl AsRef<Path>) -> Result<Self, ServerError> {
        Self::start_with(&Find::locate().await?, None, data_dir).await
    }

    /// As [`NatsServer::start`], on this port: how a server comes back on its own data.
    pub async fn start_on(port: u16, data_dir: impl AsRef<Path>) -> Result<Self, ServerError> {
        Self::start_with(&Find::locate().await?, Some(port), data_dir).await
    }

    /// Starts what was found, on a free port if none is given.
    pub async fn start_with(find: &Find, port: Option<u16>, data_dir: impl AsRef<Path>) -> Result<Self, ServerError> {
        match find {
            Find::Running(url) => Ok(Self { url: url.clone(), listener: url.clone(), child: None }),
            Find::Binary(path) => {
                let (child, (url, listener)) = guard::start(path, port, data_dir.as_ref()).await?;
                Ok(Self { url, listener, child: Some(child) })
            }
        }
    }

    /// Where services connect, with their password.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where departments that only listen to alerts connect, with theirs. A running server that was named by `NATS_URL`
    /// has its own users, so there it is that address.
    #[must_use]
    pub fn listener_url(&self) -> &str {
        &self.listener
    }

    /// Makes these the members that may connect, beside the services and listeners. Returns when the server has ended the
    /// connections of those that are gone. The others stay connected; replies that are under way at that moment are lost. A server that was named by `NATS_URL` has its own
    /// users: an error.
    pub async fn set_members(&self, members: &[MemberUser]) -> Result<(), ServerError> {
        let Some(child) = &self.child else {
            return Err(std::io::Error::other("the nats-server is not ours and has users of its own").into());
        };
        if child.users.write(members)? {
            let before = guard::length(&child.log);
            reload::ask(child.pid())?;
            reload::said(&child.log, before).await?;
        }
        Ok(())
    }

    /// The port it listens on, if it is our child.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        self.child.as_ref()?;
        self.url.rsplit(':').next()?.parse().ok()
    }

    /// Its process id, if it is our child.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.child.as_ref().map(Guarded::pid)
    }

    /// Waits until the server has ended by itself (or was killed); for ever if it is not our child.
    pub async fn exited(&mut self) -> Result<ExitStatus, ServerError> {
        match &mut self.child {
            Some(child) => Ok(child.exited().await?),
            None => std::future::pending().await,
        }
    }

    /// Ends the server cleanly and waits for its end; by force after five seconds.
    pub async fn stop(mut self) -> Result<(), ServerError> {
        if let Some(child) = self.child.take() {
            child.stop().await?;
        }
        Ok(())
    }
}
