//! One service as a process of its own: started, killed, stopped and let go on by its process id.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use tokio::sync::watch;

use crate::world::PATIENCE;

/// Runs its arguments, prints the process id, and kills the process when standard input closes: so a service ends with
/// the test, however the test ends.
const GUARD: &str = r#"
exec 3<&0 </dev/null
"$@" >/dev/null 3<&- &
service=$!
echo "$service"
exec >/dev/null 2>&1
( read -r _ <&3; kill -KILL "$service" ) &
watcher=$!
wait "$service"
kill "$watcher"
"#;

/// A running service.
pub struct Process {
    guard: Child,
    pid: u32,
    opened: watch::Receiver<Option<SocketAddr>>,
    said: Arc<Mutex<Vec<String>>>,
}

impl Process {
    /// Starts `tocsin run` with a configuration file.
    pub fn start(service: &str, chain: &str, member: &str, config: &Path) -> Self {
        let mut command = Command::new("sh");
        command.args(["-c", GUARD, "service-guard", env!("CARGO_BIN_EXE_tocsin"), "run", service]);
        command.args(["--chain", chain, "--member", member, "--config"]).arg(config);
        for name in std::env::vars_os().map(|(name, _)| name) {
            let text = name.to_string_lossy();
            if text.starts_with("TOCSIN_") || text.starts_with("OTEL_") || text == "RUST_LOG" {
                command.env_remove(&name);
            }
        }
        if service == "endorsement" {
            command.arg("--automatic");
        }
        let mut guard = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut first = String::new();
        BufReader::new(guard.stdout.take().unwrap()).read_line(&mut first).unwrap();
        let pid = first.trim().parse().unwrap();
        let stderr = BufReader::new(guard.stderr.take().unwrap());
        let (open, opened) = watch::channel(None);
        let said = Arc::new(Mutex::new(Vec::new()));
        let lines = Arc::clone(&said);
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                if let Some(address) = address(&line) {
                    open.send_replace(Some(address));
                }
                lines.lock().unwrap().push(line);
            }
        });
        Process { guard, pid, opened, said }
    }

    /// Waits until the door is open.
    pub async fn open(&mut self) -> SocketAddr {
        let opened = tokio::time::timeout(PATIENCE, self.opened.wait_for(Option::is_some)).await;
        match opened {
            Ok(Ok(address)) => address.unwrap(),
            // It ended, or it hangs.
            _ => panic!("the service did not open: {:#?}", self.said.lock().unwrap()),
        }
    }

    /// Everything it said so far.
    pub fn said(&self) -> Vec<String> {
        self.said.lock().unwrap().clone()
    }

    /// `kill -9`, and waits for its end.
    pub fn kill(mut self) {
        self.signal("KILL");
        self.guard.wait().unwrap();
    }

    /// Sends a signal: STOP makes a silent node, CONT lets it go on.
    pub fn signal(&self, name: &str) {
        signal(self.pid, name);
    }
}

/// Sends a signal to a process that we started.
pub fn signal(pid: u32, name: &str) {
    let sent = Command::new("kill").args([&format!("-{name}"), &pid.to_string()]).status().unwrap();
    assert!(sent.success(), "kill -{name} {pid}");
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        // It is killed by then, unless it ended by itself.
        let _ = self.guard.wait();
    }
}

/// The address in the log line that says that the door is open.
fn address(line: &str) -> Option<SocketAddr> {
    let line: serde_json::Value = serde_json::from_str(line).ok()?;
    let fields = line.get("fields")?;
    (fields.get("message")? == "open").then(|| fields.get("address")?.as_str()?.parse().ok())?
}
