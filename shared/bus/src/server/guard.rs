//! The guard: a shell between us and the server that sees our end of a pipe close, however we end, and ends the server.
//!
//! A process that is killed can't clean up after itself, and Linux's parent-death signal needs unsafe code and exists
//! nowhere else. The pipe costs one sleeping shell. The server is asked first and killed five seconds later.

use super::users::{Kept, UsersFile};
use super::{ServerError, config};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::time::Instant;

/// Runs its arguments, prints the process id, and waits for the server's end or ours (the end of standard input).
///
/// Standard input is moved to 3 first because a shell gives background jobs an empty one.
const GUARD: &str = r#"
exec 3<&0 </dev/null
"$@" >/dev/null 2>&1 3<&- &
server=$!
echo "$server"
exec >/dev/null
(
    read -r _ <&3
    kill -TERM "$server"
    for _ in 1 2 3 4 5; do
        sleep 1
        kill -0 "$server" || exit
    done
    kill -KILL "$server"
) 2>/dev/null &
watcher=$!
wait "$server"
code=$?
kill "$watcher" 2>/dev/null
exit "$code"
"#;

/// Time for a server to be ready: JetStream recovers its streams before it listens.
const READY_TIMEOUT: Duration = Duration::from_secs(30);

/// How often to look whether it is.
const LOOK: Duration = Duration::from_millis(5);

/// A server with its guard.
pub(super) struct Guarded {
    guard: Child,
    pid: u32,
    pub(super) users: UsersFile,
    pub(super) log: PathBuf,
    /// Closing it ends the server.
    alive: Option<ChildStdin>,
}

/// Starts the binary and gives it and its addresses, for services and for listeners, once it accepts clients.
pub(super) async fn start(
    binary: &Path,
    port: Option<u16>,
    data_dir: &Path,
) -> Result<(Guarded, (String, String)), ServerError> {
    std::fs::create_dir_all(data_dir)?;
    let data_dir = std::fs::canonicalize(data_dir)?;
    let file = data_dir.join("nats-server.conf");
    let passwords = Kept::of(&data_dir)?;
    let users = UsersFile::private(data_dir.join(config::USERS), &passwords.service, &passwords.listener);
    // Members of an earlier run may not be members any more: who starts the server says who is.
    users.write(&[])?;
    std::fs::write(&file, config::text(port, &data_dir))?;
    let log = config::log(&data_dir);
    // What an earlier server said is not about this start.
    let said_before = length(&log);
    let mut guard = Command::new("sh")
        .args(["-c", GUARD, "nats-guard"])
        .arg(binary)
        .arg("--config")
        .arg(&file)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        // A Ctrl-C in a terminal goes to the whole group; the server must outlive the services that drain.
        .process_group(0)
        .spawn()?;
    let alive = guard.stdin.take();
    let mut first = String::new();
    if let Some(stdout) = guard.stdout.take() {
        BufReader::new(stdout).read_line(&mut first).await?;
    }
    let pid = first.trim().parse().map_err(|_| ServerError::NotReady { log: "the guard did not run".to_owned() })?;
    let mut guarded = Guarded { guard, pid, users, log: log.clone(), alive };
    let ports = data_dir.join(format!("nats-server_{pid}.ports"));
    let ports = match binary.file_name() {
        Some(name) => ports.with_file_name(format!("{}_{pid}.ports", name.to_string_lossy())),
        None => ports,
    };
    let deadline = Instant::now() + READY_TIMEOUT;
    loop {
        if let Some(url) = address(&ports) {
            return Ok((guarded, passwords.addresses(&url)));
        }
        let ended = guarded.guard.try_wait()?.is_some();
        if ended || Instant::now() > deadline {
            return Err(refused(port, &log, said_before));
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// The address in the file that the server writes once it listens.
fn address(ports: &Path) -> Option<String> {
    let text = std::fs::read(ports).ok()?;
    let parsed: serde_json::Value = serde_json::from_slice(&text).ok()?;
    parsed.get("nats")?.get(0)?.as_str().map(str::to_owned)
}

/// How long a log is.
pub(super) fn length(log: &Path) -> u64 {
    std::fs::metadata(log).map_or(0, |metadata| metadata.len())
}

/// What a log says after its first `before` bytes.
pub(super) fn since(log: &Path, before: u64) -> String {
    let said = std::fs::read(log).unwrap_or_default();
    let said = said.get(usize::try_from(before).unwrap_or(usize::MAX)..).unwrap_or_default();
    String::from_utf8_lossy(said).into_owned()
}

/// Why a server is not ready, from what it said.
fn refused(port: Option<u16>, log: &Path, said_before: u64) -> ServerError {
    let said = since(log, said_before);
    match port {
        Some(port) if said.contains("address already in use") => ServerError::PortInUse { port },
        _ => {
            let lines: Vec<&str> = said.lines().collect();
            // The reason is in the last lines; all of a long log would bury it.
            ServerError::NotReady { log: lines.get(lines.len().saturating_sub(5)..).unwrap_or_default().join("; ") }
        }
    }
}

impl Guarded {
    pub(super) fn pid(&self) -> u32 {
        self.pid
    }

    pub(super) async fn exited(&mut self) -> std::io::Result<ExitStatus> {
        // Tokio closes standard input before it waits; ours is `alive`, which must stay open.
        self.guard.wait().await
    }

    pub(super) async fn stop(mut self) -> std::io::Result<()> {
        self.alive.take();
        self.guard.wait().await.map(|_| ())
    }
}
