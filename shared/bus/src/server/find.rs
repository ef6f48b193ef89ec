//! Where the nats-server comes from.

use super::ServerError;
use crate::connection::{recent, without_password};
use std::path::{Path, PathBuf};
use tokio::process::Command;

/// A server to use.
#[derive(Clone, PartialEq, Eq)]
pub enum Find {
    /// One that runs already, at this address. Its version is checked when we connect.
    Running(String),
    /// A binary to run, of an accepted version.
    Binary(PathBuf),
}

impl std::fmt::Debug for Find {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Find::Running(url) => out.debug_tuple("Running").field(&without_password(url)).finish(),
            Find::Binary(path) => out.debug_tuple("Binary").field(path).finish(),
        }
    }
}

/// The environment variable with the address of a running server.
const ADDRESS: &str = "NATS_URL";

/// Where `deploy/fetch-nats.sh` puts the binary, seen from the root of the repository.
const FETCHED: &str = ".tools/nats-server";

impl Find {
    /// Looks for `NATS_URL`, then a `nats-server` on PATH, then `.tools/nats-server` here or in a directory above.
    ///
    /// One that is too old is passed over, and named if there is no other.
    pub async fn locate() -> Result<Self, ServerError> {
        if let Ok(url) = std::env::var(ADDRESS)
            && !url.is_empty()
        {
            return Ok(Self::Running(url));
        }
        let path = std::env::var_os("PATH").unwrap_or_default();
        let here = std::env::current_dir()?;
        let candidates = std::env::split_paths(&path)
            .map(|dir| dir.join("nats-server"))
            .chain(here.ancestors().map(|dir| dir.join(FETCHED)));
        let mut refused = ServerError::NoBinary { wanted: wanted() };
        for candidate in candidates.filter(|candidate| candidate.is_file()) {
            match Self::binary(&candidate).await {
                Ok(found) => return Ok(found),
                Err(error) => refused = error,
            }
        }
        Err(refused)
    }

    /// This binary, if it runs and is not too old.
    pub async fn binary(path: &Path) -> Result<Self, ServerError> {
        let output = Command::new(path).arg("--version").output().await?;
        let said = String::from_utf8_lossy(&output.stdout);
        // It says `nats-server: v2.15.1`.
        let found = said.trim().rsplit([' ', ':']).next().unwrap_or_default().trim_start_matches('v');
        if recent(found) {
            return Ok(Self::Binary(path.to_owned()));
        }
        Err(ServerError::TooOld { path: path.to_owned(), found: found.to_owned(), wanted: wanted() })
    }
}

fn wanted() -> String {
    let (major, minor, patch) = crate::OLDEST_SERVER;
    format!("{major}.{minor}.{patch}")
}
