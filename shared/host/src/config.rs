//! Configuration: one TOML file, then `TOCSIN_*` variables over it, read whole before anything starts.
//!
//! `TOCSIN_NATS_URL` is the key `nats_url`. An unknown key, in the file or the environment, is refused: a misspelt
//! setting that is silently ignored is the worst kind.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use domain::refusal::{Code, Refusal};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// What the name of every variable of ours starts with.
const PREFIX: &str = "TOCSIN_";

/// What every service of one member on one chain is told.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where the nats-server is.
    pub nats_url: String,
    /// Where REST listens; loopback by default because TLS ends in front of us.
    #[serde(default = "loopback")]
    pub listen: SocketAddr,
    /// A directory of this process alone.
    pub data: PathBuf,
    /// The chain's genesis file.
    pub genesis: PathBuf,
    /// The parent chain's genesis file, for appeals and anchors.
    pub parent_genesis: Option<PathBuf>,
    /// The member's key file.
    pub keys: PathBuf,
}

fn loopback() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 8080))
}

/// Reads a configuration: the file if there is one, and what the environment says over it.
pub fn load<T: DeserializeOwned>(
    file: Option<&Path>,
    environment: impl IntoIterator<Item = (String, String)>,
) -> Result<T, Refusal> {
    let mut table = match file {
        Some(path) => {
            let text = std::fs::read_to_string(path).map_err(|error| refuse(format!("{}: {error}", path.display())))?;
            text.parse::<toml::Table>().map_err(|error| refuse(format!("{}: {}", path.display(), error.message())))?
        }
        None => toml::Table::new(),
    };
    for (name, value) in environment {
        if let Some(key) = name.strip_prefix(PREFIX) {
            table.insert(key.to_ascii_lowercase(), scalar(value));
        }
    }
    table.try_into().map_err(|error: toml::de::Error| refuse(error.message().to_owned()))
}

/// A variable's value as TOML sees it: a number or truth value where it reads as one, else text.
fn scalar(value: String) -> toml::Value {
    if let Ok(number) = value.parse::<i64>() {
        return toml::Value::Integer(number);
    }
    match value.as_str() {
        "true" => toml::Value::Boolean(true),
        "false" => toml::Value::Boolean(false),
        _ => toml::Value::String(value),
    }
}

fn refuse(detail: String) -> Refusal {
    Refusal::of(Code::Config, "config", detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn the_environment_wins_and_unknown_keys_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("tocsin.toml");
        std::fs::write(&path, "nats_url = 'nats://a'\ndata = '/d'\ngenesis = 'g'\nkeys = 'k'\n").unwrap();
        let config: Config = load(Some(&path), env(&[("TOCSIN_NATS_URL", "nats://b"), ("HOME", "/")])).unwrap();
        assert_eq!(config.nats_url, "nats://b");
        assert!(config.listen.ip().is_loopback());
        let refusal = load::<Config>(Some(&path), env(&[("TOCSIN_NATS_ULR", "nats://b")])).unwrap_err();
        assert_eq!(refusal.code, Code::Config);
        assert!(refusal.detail.contains("nats_ulr"), "{refusal}");
        std::fs::write(&path, "nats_url = 'nats://a'\ndata = '/d'\ngenesis = 'g'\nkeys = 'k'\nspeed = 1\n").unwrap();
        assert!(load::<Config>(Some(&path), env(&[])).unwrap_err().detail.contains("speed"));
        assert!(load::<Config>(None, env(&[])).unwrap_err().detail.contains("nats_url"));
        assert!(load::<Config>(Some(&dir.path().join("none")), env(&[])).is_err());
    }
}
