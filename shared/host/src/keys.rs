//! A member's private keys by class, and the file they live in.
//!
//! The file is TOML (`member` and a table `keys` of hex seeds by class name), readable by its owner alone. Keys belong to
//! no chain; a genesis names the ones a chain believes. One key a class: rotation is a new file.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use domain::chain::{MemberId, is_name};
use domain::genesis::KeyClass;
use domain::refusal::{Code, Refusal};
use proof::sign::{PublicKey, SecretKey};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize as _, Zeroizing};

/// A key file names eight seeds of 64 digits; anything longer is another file.
const MAX_FILE_BYTES: u64 = 16 * 1024;

/// A member's private keys.
#[derive(Clone, Debug)]
pub struct KeyRing {
    /// Whose keys they are.
    pub member: MemberId,
    /// At most one a class.
    pub secrets: BTreeMap<KeyClass, SecretKey>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    member: String,
    keys: BTreeMap<String, String>,
}

impl Drop for File {
    fn drop(&mut self) {
        self.keys.values_mut().for_each(|seed| seed.zeroize());
    }
}

impl KeyRing {
    /// New random keys of every class.
    pub fn generate(member: &str) -> Result<Self, Refusal> {
        if !is_name(member) {
            return Err(config("member", "member is 1 to 64 lower-case letters, digits and hyphens"));
        }
        let mut secrets = BTreeMap::new();
        for class in KeyClass::ALL {
            let mut seed = Zeroizing::new([0; 32]);
            getrandom::fill(seed.as_mut())
                .map_err(|error| config("keys", format!("the system gives no randomness: {error}")))?;
            secrets.insert(class, SecretKey::from_seed(&seed));
        }
        Ok(KeyRing { member: member.to_owned(), secrets })
    }

    /// The private key of a class, if this process has it.
    pub fn secret(&self, class: KeyClass) -> Option<&SecretKey> {
        self.secrets.get(&class)
    }

    /// The public keys by class, as a genesis names them.
    pub fn public(&self) -> BTreeMap<KeyClass, Vec<PublicKey>> {
        self.secrets.iter().map(|(class, secret)| (*class, vec![secret.public()])).collect()
    }

    /// Writes a new key file with mode 0600; one that exists is never overwritten, because its keys would be lost.
    pub fn save(&self, path: &Path) -> Result<(), Refusal> {
        let keys = self.secrets.iter();
        let keys = keys.map(|(class, secret)| (class.name().to_owned(), hex::encode(*secret.seed()))).collect();
        let file = File { member: self.member.clone(), keys };
        let text = toml::to_string(&file).map_err(|error| config("keys", error.to_string()))?;
        let text = Zeroizing::new(text);
        let mut out = fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)
            .map_err(|error| unusable(path, &error))?;
        out.write_all(text.as_bytes()).and_then(|()| out.sync_all()).map_err(|error| unusable(path, &error))
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

    /// The keys in a file's text. An error never repeats the text.
    fn parse(text: &str) -> Result<Self, Refusal> {
        let file: File =
            toml::from_str(text).map_err(|error| config("keys", format!("not a key file: {}", error.message())))?;
        if !is_name(&file.member) {
            return Err(config("member", "member is 1 to 64 lower-case letters, digits and hyphens"));
        }
        let mut secrets: BTreeMap<KeyClass, SecretKey> = BTreeMap::new();
        for (name, digits) in &file.keys {
            let class = KeyClass::parse(name).ok_or_else(|| config("keys", "a key class that does not exist"))?;
            let mut seed = Zeroizing::new([0; 32]);
            hex::decode_to_slice(digits, seed.as_mut())
                .map_err(|_| config("keys", format!("the {name} key is not 64 hex digits")))?;
            let secret = SecretKey::from_seed(&seed);
            if secrets.values().any(|other| other.public() == secret.public()) {
                return Err(config("keys", format!("the {name} key is also the key of another class")));
            }
            secrets.insert(class, secret);
        }
        Ok(KeyRing { member: file.member.clone(), secrets })
    }
}

fn config(field: &'static str, detail: impl Into<String>) -> Refusal {
    Refusal::of(Code::Config, field, detail)
}

fn unusable(path: &Path, error: &std::io::Error) -> Refusal {
    config("keys", format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_saved_ring_loads_and_is_not_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("cdc.toml");
        let ring = KeyRing::generate("nanjing-cdc").unwrap();
        assert_eq!(ring.secrets.len(), KeyClass::ALL.len());
        ring.save(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        let loaded = KeyRing::load(&path).unwrap();
        assert_eq!((loaded.member.as_str(), loaded.public()), ("nanjing-cdc", ring.public()));
        assert_eq!(ring.save(&path).unwrap_err().code, Code::Config);
    }

    #[test]
    fn a_file_that_others_may_read_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("cdc.toml");
        KeyRing::generate("cdc").unwrap().save(&path).unwrap();
        for mode in [0o644, 0o640, 0o604, 0o610] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let refusal = KeyRing::load(&path).unwrap_err();
            assert_eq!((refusal.code, refusal.field), (Code::Config, "keys"), "{mode:o}");
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
        assert!(KeyRing::load(&path).is_ok());
    }

    #[test]
    fn bad_files_are_refused_without_repeating_them() {
        let seed = "5a".repeat(32);
        let bad = [
            format!("member = 'a'\n[keys]\nauthor = '{seed}'\nclient = '{seed}'"),
            format!("member = 'a'\n[keys]\npilot = '{seed}'"),
            format!("member = 'a'\nmore = 1\n[keys]\nauthor = '{seed}'"),
            format!("member = 'A B'\n[keys]\nauthor = '{seed}'"),
            format!("member = 'a'\n[keys]\nauthor = '{seed}00'"),
            seed.clone(),
        ];
        for text in bad {
            let refusal = KeyRing::parse(&text).unwrap_err();
            assert_eq!(refusal.code, Code::Config, "{text}");
            assert!(!refusal.detail.contains(&seed), "{refusal}");
        }
    }
}
