//! Making a running server read its configuration again: a signal, and for the private server the wait for what it says.

use super::ServerError;
use rustix::process::{Pid, Signal, kill_process};
use std::path::Path;
use std::time::Duration;
use tokio::time::Instant;

/// Time for a reload: the server re-checks its clients in memory, which takes milliseconds.
const TIMEOUT: Duration = Duration::from_secs(10);

/// How often to look whether it said something.
const LOOK: Duration = Duration::from_millis(5);

/// What the server says when it has.
const DONE: &str = "Reloaded server configuration";

/// What it says when it can't; it then goes on as before.
const FAILED: &str = "Failed to reload server configuration";

/// Asks the server whose process id stands in this file to read its configuration again. It disconnects users that are
/// gone and leaves the others alone; whether it liked the file is in its log.
pub fn reload(pid_file: &Path) -> Result<(), ServerError> {
    let text = std::fs::read_to_string(pid_file)?;
    let pid =
        text.trim().parse().map_err(|_| std::io::Error::other("the pid file of the nats-server holds no number"))?;
    ask(pid)
}

/// Asks a process.
pub(super) fn ask(pid: u32) -> Result<(), ServerError> {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    let pid = pid.ok_or_else(|| std::io::Error::other("not a process id"))?;
    kill_process(pid, Signal::HUP).map_err(|error| ServerError::Io(error.into()))
}

/// Waits until a log says, after its first `before` bytes, how a reload went.
pub(super) async fn said(log: &Path, before: u64) -> Result<(), ServerError> {
    let deadline = Instant::now() + TIMEOUT;
    loop {
        let text = super::guard::since(log, before);
        if text.contains(DONE) {
            return Ok(());
        }
        if let Some(line) = text.lines().find(|line| line.contains(FAILED)) {
            return Err(ServerError::NotReloaded { log: line.to_owned() });
        }
        if Instant::now() > deadline {
            return Err(ServerError::NotReloaded { log: "it said nothing".to_owned() });
        }
        tokio::time::sleep(LOOK).await;
    }
}
