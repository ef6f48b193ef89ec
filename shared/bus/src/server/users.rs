//! Who may connect to a server, as the file that its configuration includes: the house's services, `listener`, which may
//! read the alert stream and do nothing else, and one user for each key of a member.
//!
//! The file names public keys and what each may do. Limits: a user's reach is by subject; a server can't tell whether what
//! it says there is true. Members that read one stream could disturb each other's readers if they knew their names, which
//! are random; a disturbed pump begins anew.

use crate::identity;
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use wire::subject::rights::Rights;

/// The first line: who finds the file must know that it is not his to edit.
const HEADER: &str =
    "# Who may connect. `tocsin run credentials` writes this file anew when the chain's members change.\n";

/// A member as a user of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberUser {
    /// Its name among all users of the server: letters, digits, hyphens and dots. Its inboxes are called so.
    pub name: String,
    /// Its public keys: it connects with any of them.
    pub keys: Vec<[u8; 32]>,
    /// What it may say and hear.
    pub rights: Rights,
}

/// The file.
#[derive(Clone, Debug)]
pub struct UsersFile {
    path: PathBuf,
    passwords: Passwords,
}

impl UsersFile {
    /// The file of a server that somebody else runs. That server has the passwords of the house and of listeners in its
    /// environment, so the file holds no secret.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        let from_environment = |name: &str| format!("${name}");
        let passwords = Passwords {
            service: from_environment("NATS_SERVICE_PASSWORD"),
            listener: from_environment("NATS_LISTENER_PASSWORD"),
            mode: 0o644,
        };
        Self { path: path.into(), passwords }
    }

    /// The file of the private server, with its passwords.
    pub(super) fn private(path: PathBuf, service: &str, listener: &str) -> Self {
        let quoted = |password: &str| format!("\"{password}\"");
        Self { path, passwords: Passwords { service: quoted(service), listener: quoted(listener), mode: 0o600 } }
    }

    /// What the file says with these members.
    #[must_use]
    pub fn text(&self, members: &[MemberUser]) -> String {
        let Passwords { service, listener, .. } = &self.passwords;
        let listens = Rights { reads: vec![wire::subject::alert_stream().name], ..Rights::default() };
        let mut text = format!("{HEADER}authorization {{\n  users = [\n");
        text += &format!("    {{ user: tocsin, password: {service} }}\n");
        text += "    # Departments that only listen: they may read the alert stream and nothing else.\n";
        text +=
            &entry(&format!("user: listener, password: {listener}"), &permissions("listener", &listens, LOOKS_ROUND));
        for member in members {
            for user in member.keys.iter().map(identity::user) {
                text += &format!("    # {}\n", member.name);
                text += &entry(&format!("nkey: {user}"), &permissions(&member.name, &member.rights, &[]));
            }
        }
        text + "  ]\n}\n"
    }

    /// Writes the file, whole or not at all, and tells whether it says something new.
    pub fn write(&self, members: &[MemberUser]) -> io::Result<bool> {
        let text = self.text(members);
        if std::fs::read(&self.path).is_ok_and(|there| there == text.as_bytes()) {
            return Ok(false);
        }
        // A server that reads half a file would lock everybody out.
        let new = self.path.with_extension("new");
        let mut file =
            std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(self.passwords.mode).open(&new)?;
        file.set_permissions(std::fs::Permissions::from_mode(self.passwords.mode))?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&new, &self.path)?;
        Ok(true)
    }

    /// Whether the file names no member, or is not there.
    #[must_use]
    pub fn names_nobody(&self) -> bool {
        !std::fs::read(&self.path).is_ok_and(|there| there != self.text(&[]).as_bytes())
    }
}

/// As they stand in the file, and who may read it.
#[derive(Clone, Debug)]
struct Passwords {
    service: String,
    listener: String,
    mode: u32,
}

/// What common tools ask before they read a stream.
const LOOKS_ROUND: &[&str] = &["$JS.API.INFO", "$JS.API.STREAM.NAMES"];

/// One user.
fn entry(login: &str, permissions: &str) -> String {
    format!("    {{\n      {login}\n      permissions {{\n{permissions}      }}\n    }}\n")
}

/// What a user may do. Replies come to inboxes of its own, so that nobody hears another's.
fn permissions(user: &str, rights: &Rights, more: &[&str]) -> String {
    let says = rights.says.iter().cloned();
    let asks = more.iter().map(|subject| (*subject).to_owned());
    let inbox = format!("{}.>", identity::inbox(user));
    // Who answers questions asks itself one first, to know that the server hears it.
    let itself = Some(inbox.clone()).filter(|_| !rights.answers.is_empty());
    let reads = rights.reads.iter().flat_map(|stream| reading(stream));
    let hears = [inbox].into_iter().chain(rights.answers.iter().cloned());
    let list = |subjects: &mut dyn Iterator<Item = String>| {
        subjects.map(|subject| format!("          \"{subject}\"\n")).collect::<String>()
    };
    let mut text = format!(
        "        publish {{ allow: [\n{}        ] }}\n",
        list(&mut says.chain(asks).chain(reads).chain(itself))
    );
    text += &format!("        subscribe {{ allow: [\n{}        ] }}\n", list(&mut hears.into_iter()));
    if !rights.answers.is_empty() {
        text += "        allow_responses: true\n";
    }
    text
}

/// The calls a pump makes, and a look at one message.
fn reading(stream: &str) -> [String; 6] {
    [
        format!("$JS.API.STREAM.INFO.{stream}"),
        format!("$JS.API.STREAM.MSG.GET.{stream}"),
        format!("$JS.API.CONSUMER.CREATE.{stream}"),
        format!("$JS.API.CONSUMER.CREATE.{stream}.>"),
        format!("$JS.API.CONSUMER.INFO.{stream}.*"),
        format!("$JS.API.CONSUMER.MSG.NEXT.{stream}.*"),
    ]
}

/// Passwords of the private server, kept beside its data so that clients can come back after a restart.
pub(super) struct Kept {
    pub(super) service: String,
    pub(super) listener: String,
}

impl Kept {
    /// Reads the passwords of a data directory, or makes them.
    pub(super) fn of(data_dir: &Path) -> io::Result<Self> {
        let file = data_dir.join("passwords");
        let text = match std::fs::read_to_string(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let text = format!("{} {}", password()?, password()?);
                std::fs::OpenOptions::new()
                    .write(true)
                    .create_new(true)
                    .mode(0o600)
                    .open(&file)?
                    .write_all(text.as_bytes())?;
                text
            }
            Err(error) => return Err(error),
        };
        let (service, listener) =
            text.split_once(' ').ok_or_else(|| io::Error::other("the password file is damaged"))?;
        Ok(Self { service: service.to_owned(), listener: listener.to_owned() })
    }

    /// The addresses for services and for listeners, from the server's bare one.
    pub(super) fn addresses(&self, bare: &str) -> (String, String) {
        let host = bare.strip_prefix("nats://").unwrap_or(bare);
        (format!("nats://tocsin:{}@{host}", self.service), format!("nats://listener:{}@{host}", self.listener))
    }
}

/// 128 random bits in hex.
fn password() -> io::Result<String> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).map_err(|error| io::Error::other(error.to_string()))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_restart_keeps_the_passwords_and_a_file_that_says_the_same_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let kept = Kept::of(dir.path()).unwrap();
        assert_eq!(kept.service, Kept::of(dir.path()).unwrap().service);
        let file = UsersFile::private(dir.path().join("users.conf"), &kept.service, &kept.listener);
        assert!(file.write(&[]).unwrap() && !file.write(&[]).unwrap());
        let mode = std::fs::metadata(dir.path().join("users.conf")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "it holds passwords");
        let member = MemberUser { name: "cdc".to_owned(), keys: vec![[1; 32]], rights: Rights::default() };
        assert!(file.write(&[member]).unwrap() && file.write(&[]).unwrap());
    }

    #[test]
    fn a_member_without_keys_is_no_user_and_one_that_answers_nothing_may_not_reply() {
        let file = UsersFile::at("users.conf");
        let member = |keys| MemberUser { name: "cdc".to_owned(), keys, rights: Rights::default() };
        assert_eq!(file.text(&[member(Vec::new())]), file.text(&[]));
        let two = file.text(&[member(vec![[1; 32], [2; 32]])]);
        assert_eq!(two.matches("nkey: U").count(), 2);
        assert!(!two.contains("allow_responses"), "{two}");
        assert!(!two.contains("STREAM.CREATE") && !two.contains("STREAM.DELETE"), "{two}");
    }
}
