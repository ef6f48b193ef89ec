//! A chain's files in a directory of their own, and the binary run on them.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use domain::chain::ChainPath;
use domain::genesis::{Genesis, KeyClass, Member, NodeRole, PolicyText};
use domain::time::Millis;
use host::keys::KeyRing;
use tempfile::TempDir;

/// The chain's path.
pub const CHAIN: &str = "cn.32.01";
/// The only manager.
pub const MANAGER: &str = "nanjing-cdc";
/// Everybody; all cosign.
pub const MEMBERS: [&str; 4] = [MANAGER, "nanjing-health", "nanjing-hospital", "lukou-airport"];
/// Longer than anything here takes on a busy machine; only a failure waits for it.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Genesis, keys and a directory for the rest.
pub struct Place {
    dir: TempDir,
    pub genesis: Genesis,
}

impl Place {
    /// A chain of four members with new keys.
    pub fn new() -> Self {
        Place::edited(|_, _| {})
    }

    /// The same with a genesis that is changed before it is written; keys lie in the directory.
    pub fn edited(edit: impl FnOnce(&mut Genesis, &Path)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let members = MEMBERS.map(|id| {
            let ring = KeyRing::generate(id).unwrap();
            ring.save(&dir.path().join(format!("{id}.toml"))).unwrap();
            member(id, &ring)
        });
        let policy = PolicyText { rule: "n_of(1, epidemiologist)".to_owned(), deadline_ms: 0 };
        let kinds = ["case_report", "daily_aggregate", "zero_report", "suspected_cluster", "lab_result"];
        let mut genesis = Genesis {
            file: Vec::new(),
            chain_id: proof::digest::Digest::of(b"known once written"),
            chain: ChainPath::parse(CHAIN).unwrap(),
            name: "Nanjing".to_owned(),
            regions: vec!["320100".to_owned()],
            genesis_time: Millis::parse("2021-07-01T00:00:00Z").unwrap(),
            rules_version: 2,
            allow_fewer_cosigners: false,
            members: members.into(),
            policies: kinds.into_iter().map(|kind| (kind.to_owned(), policy.clone())).collect(),
            children: Vec::new(),
            parent: Vec::new(),
            urgent_per_day: domain::genesis::URGENT_PER_DAY,
            duties: Vec::new(),
        };
        edit(&mut genesis, dir.path());
        let text = wire::genesis::render(&genesis);
        std::fs::write(dir.path().join("chain.toml"), &text).unwrap();
        let genesis = wire::genesis::parse(text.as_bytes()).unwrap();
        Place { dir, genesis }
    }

    /// A file's path below the directory.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Writes a file below the directory.
    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        std::fs::write(self.path(name), text).unwrap();
        self.path(name)
    }

    /// A member's configuration of a service, on a free port.
    pub fn config(&self, service: &str, member: &str, nats: &str) -> PathBuf {
        let show = |path: PathBuf| path.display().to_string();
        let text = format!(
            "nats_url = {nats:?}\nlisten = '127.0.0.1:0'\ndata = {:?}\ngenesis = {:?}\nkeys = {:?}\n",
            show(self.path(&format!("data-{service}-{member}"))),
            show(self.path("chain.toml")),
            show(self.path(&format!("{member}.toml"))),
        );
        self.write(&format!("{service}-{member}.toml"), text)
    }

    /// Starts a service of a member and waits until its door is open.
    pub fn start(&self, service: &str, member: &str, nats: &str) -> Running {
        self.start_with(service, member, nats, "")
    }

    /// The same with more in its configuration.
    pub fn start_with(&self, service: &str, member: &str, nats: &str, more: &str) -> Running {
        let config = self.config(service, member, nats);
        let text = std::fs::read_to_string(&config).unwrap() + more;
        std::fs::write(&config, text).unwrap();
        let mut command = tocsin();
        command.args(["run", service, "--chain", CHAIN, "--member", member, "--config"]).arg(config);
        Running::start(&mut command)
    }
}

/// A member as the chain knows it; one manages, all cosign.
pub fn member(id: &str, ring: &KeyRing) -> Member {
    let manages = id == MANAGER;
    let mut keys = ring.public();
    if !manages {
        keys.retain(|class, _| !matches!(class, KeyClass::Endorser | KeyClass::Sealer));
    }
    Member {
        id: id.to_owned(),
        name: id.to_owned(),
        node_role: if manages { NodeRole::Management } else { NodeRole::Common },
        roles: vec!["epidemiologist".to_owned()],
        sector: "health".to_owned(),
        regions: Vec::new(),
        cosigner: true,
        keys,
    }
}

/// The binary, without this machine's settings.
pub fn tocsin() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tocsin"));
    for name in std::env::vars_os().map(|(name, _)| name) {
        let text = name.to_string_lossy();
        if text.starts_with("TOCSIN_") || text.starts_with("OTEL_") || text == "RUST_LOG" {
            command.env_remove(&name);
        }
    }
    command
}

/// Runs the binary to its end.
pub fn output(arguments: &[&str]) -> Output {
    tocsin().args(arguments).output().unwrap()
}

/// What a process said on one of its streams.
pub fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Asserts a refusal of configuration: exit 78, one line, and in it what is wrong.
pub fn assert_config(output: &Output, says: &str) {
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(78), "{said}");
    assert!(said.starts_with("tocsin: ") && said.lines().count() == 1, "one line: {said}");
    assert!(said.contains("CONFIG") && said.contains(says), "{said} does not say {says}");
}

/// A service that is open.
pub struct Running {
    child: Child,
    pub address: SocketAddr,
    lines: Receiver<String>,
}

impl Running {
    /// Starts a process and waits until its door is open.
    pub fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (send, lines) = channel();
        std::thread::spawn(move || stderr.lines().map_while(Result::ok).try_for_each(|line| send.send(line)));
        let mut said = Vec::new();
        let ends = Instant::now() + PATIENCE;
        while let Ok(line) = lines.recv_timeout(ends.saturating_duration_since(Instant::now())) {
            if let Some(address) = opened(&line) {
                return Running { child, address, lines };
            }
            said.push(line);
        }
        let _ = child.kill();
        let _ = child.wait();
        panic!("the service did not open: {said:#?}");
    }

    /// Sends a signal by its name.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// Waits for a line that contains a text.
    pub fn hears(&self, part: &str) {
        let ends = Instant::now() + PATIENCE;
        while let Ok(line) = self.lines.recv_timeout(ends.saturating_duration_since(Instant::now())) {
            if line.contains(part) {
                return;
            }
        }
        panic!("the service never said {part:?}");
    }

    /// Waits for the end; what was said since the start, and the status.
    pub fn ended(mut self, within: Duration) -> (ExitStatus, Vec<String>) {
        let (ends, mut said) = (Instant::now() + within, Vec::new());
        // Its standard error closes when it ends.
        while let Ok(line) = self.lines.recv_timeout(ends.saturating_duration_since(Instant::now())) {
            said.push(line);
        }
        assert!(Instant::now() < ends, "still running after {within:?}: {said:#?}");
        (self.child.wait().unwrap(), said)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // A service that ended already can not be killed, and need not.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The address in the log line that says that the door is open.
fn opened(line: &str) -> Option<SocketAddr> {
    let line: serde_json::Value = serde_json::from_str(line).ok()?;
    let fields = line.get("fields")?;
    (fields.get("message")? == "open").then(|| fields.get("address")?.as_str()?.parse().ok())?
}

/// The file as an argument.
pub fn arg(path: &Path) -> &str {
    path.to_str().unwrap()
}
