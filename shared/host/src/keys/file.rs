//! The file that a member's keys live in: TOML (`member` and a table `keys` of hex seeds by class name, several of a class
//! as a list), readable by its owner alone.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::sync::{PoisonError, RwLock};

use domain::genesis::KeyClass;
use domain::refusal::Refusal;
use proof::sign::SecretKey;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize as _, Zeroizing};

use super::{KeyRing, Secrets, check_name, config};

/// A key file names seeds of 64 digits, two hundred of them at most; anything longer is another file.
const MAX_FILE_BYTES: u64 = 16 * 1024;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    member: String,
    keys: BTreeMap<String, Seeds>,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Seeds {
    One(String),
    Several(Vec<String>),
}

impl Seeds {
    fn all(&self) -> &[String] {
        match self {
            Seeds::One(seed) => std::slice::from_ref(seed),
            Seeds::Several(seeds) => seeds,
        }
    }
}

impl Drop for Seeds {
    fn drop(&mut self) {
        match self {
            Seeds::One(seed) => seed.zeroize(),
            Seeds::Several(seeds) => seeds.iter_mut().for_each(|seed| seed.zeroize()),
        }
    }
}

impl KeyRing {
    /// Writes a new key file with mode 0600; one that exists is never overwritten, because its keys would be lost.
    pub fn save(&self, path: &Path) -> Result<(), Refusal> {
        let text = self.text()?;
        let mut out = fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)
            .map_err(|error| unusable(path, &error))?;
        out.write_all(text.as_bytes()).and_then(|()| out.sync_all()).map_err(|error| unusable(path, &error))
    }

    /// Writes the key file that this ring was read from again, whole or not at all.
    pub fn replace(&self, path: &Path) -> Result<(), Refusal> {
        let new = path.with_extension("new");
        // What a broken attempt left is older than what is written now.
        let _ = fs::remove_file(&new);
        self.save(&new)?;
        fs::rename(&new, path).map_err(|error| unusable(path, &error))
    }

    fn text(&self) -> Result<Zeroizing<String>, Refusal> {
        let seeds = |keys: &Vec<SecretKey>| {
            let mut seeds: Vec<_> = keys.iter().map(|secret| hex::encode(*secret.seed())).collect();
            match (seeds.pop(), seeds.is_empty()) {
                (Some(only), true) => Seeds::One(only),
                (last, _) => Seeds::Several(seeds.into_iter().chain(last).collect()),
            }
        };
        let keys = self.read(|all| all.iter().map(|(class, keys)| (class.name().to_owned(), seeds(keys))).collect());
        let file = File { member: self.member.clone(), keys };
        toml::to_string(&file).map(Zeroizing::new).map_err(|error| config("keys", error.to_string()))
    }

    /// Reads a key file that nobody but its owner may read.
    pub fn load(path: &Path) -> Result<Self, Refusal> {
        let mut opened = fs::File::open(path).map_err(|error| unusable(path, &error))?;
        // The mode of the opened file, not of the path: the path may be changed in between.
        let meta = opened.metadata().map_err(|error| unusable(path, &error))?;
        if meta.mode() & 0o077 != 0 {
            let why = format!("{} may be read by others (mode {:03o}); chmod 600", path.display(), meta.mode() & 0o777);
            return Err(config("keys", why));
        }
        if meta.len() > MAX_FILE_BYTES {
            return Err(config("keys", format!("{} is too long for a key file", path.display())));
        }
        let mut text = Zeroizing::new(String::new());
        opened.read_to_string(&mut text).map_err(|error| unusable(path, &error))?;
        KeyRing::parse(&text)
    }

    /// Reads the file again: whoever holds this ring has its keys from now on. A file that is wrong changes nothing.
    pub fn reload(&self, path: &Path) -> Result<(), Refusal> {
        let read = KeyRing::load(path)?;
        if read.member != self.member {
            return Err(config(
                "member",
                format!("{} is of {} now, not of {}", path.display(), read.member, self.member),
            ));
        }
        let read = read.secrets.into_inner().unwrap_or_else(PoisonError::into_inner);
        *self.secrets.write().unwrap_or_else(PoisonError::into_inner) = read;
        Ok(())
    }

    /// The keys in a file's text. An error never repeats the text.
    pub(super) fn parse(text: &str) -> Result<Self, Refusal> {
        let file: File =
            toml::from_str(text).map_err(|error| config("keys", format!("not a key file: {}", error.message())))?;
        check_name(&file.member)?;
        let mut secrets = Secrets::new();
        for (name, seeds) in &file.keys {
            let class = KeyClass::parse(name).ok_or_else(|| config("keys", "a key class that does not exist"))?;
            for digits in seeds.all() {
                let mut seed = Zeroizing::new([0; 32]);
                hex::decode_to_slice(digits, seed.as_mut())
                    .map_err(|_| config("keys", format!("a {name} key is not 64 hex digits")))?;
                let secret = SecretKey::from_seed(&seed);
                if secrets.values().flatten().any(|other| other.public() == secret.public()) {
                    return Err(config("keys", format!("a {name} key is there twice, or also of another class")));
                }
                secrets.entry(class).or_default().push(secret);
            }
        }
        Ok(KeyRing { member: file.member.clone(), secrets: RwLock::new(secrets) })
    }
}

fn unusable(path: &Path, error: &std::io::Error) -> Refusal {
    config("keys", format!("{}: {error}", path.display()))
}
