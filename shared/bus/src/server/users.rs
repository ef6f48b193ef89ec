//! The two users of the private server: the house's services, and `listener`, which may read the alert stream and do
//! nothing else. Other processes on the machine reach the port but know neither password.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// What reads alerts without writing anything; its inbox has a prefix of its own, so that it hears no one else's replies.
const LISTENER_PERMISSIONS: &str = r#"permissions {
        publish { allow: [
          "$JS.API.INFO", "$JS.API.STREAM.INFO.alerts", "$JS.API.STREAM.NAMES",
          "$JS.API.CONSUMER.CREATE.alerts", "$JS.API.CONSUMER.CREATE.alerts.>",
          "$JS.API.CONSUMER.INFO.alerts.*", "$JS.API.CONSUMER.DELETE.alerts.*", "$JS.API.CONSUMER.MSG.NEXT.alerts.*"
        ] }
        subscribe { allow: ["_INBOX.listener.>"] }
      }"#;

/// Passwords, kept beside the server's data so that clients can come back after a restart.
pub(super) struct Users {
    service: String,
    listener: String,
}

impl Users {
    /// Reads the passwords of a data directory, or makes them.
    pub(super) fn of(data_dir: &Path) -> io::Result<Self> {
        let file = data_dir.join("passwords");
        let text = match fs::read_to_string(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let text = format!("{} {}", password()?, password()?);
                fs::OpenOptions::new()
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
        Ok(Users { service: service.to_owned(), listener: listener.to_owned() })
    }

    /// Their block in the server's configuration.
    pub(super) fn config(&self) -> String {
        format!(
            "authorization {{\n  users = [\n    {{ user: tocsin, password: \"{}\" }}\n    {{\n      user: listener, password: \"{}\"\n      {LISTENER_PERMISSIONS}\n    }}\n  ]\n}}\n",
            self.service, self.listener
        )
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
