//! A member's private keys by class, and the file they live in.
//!
//! The file is TOML (`member` and a table `keys` of hex seeds by class name, several of a class as a list), readable by
//! its owner alone. Keys belong to no chain: which of them counts there says the chain's roster, so a new key lies in the
//! file before the chain knows it and an old one until the chain has let go of it. A running service reads its file again
//! when it changes.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use domain::chain::{MemberId, is_name};
use domain::genesis::KeyClass;
use domain::refusal::{Code, Refusal};
use proof::sign::{PublicKey, SecretKey};
use serde::{Deserialize, Serialize};
use tokio::signal::unix::{SignalKind, signal};
use zeroize::{Zeroize as _, Zeroizing};

use crate::standing::Roster;
use crate::stop::Stop;

/// A key file names seeds of 64 digits, two hundred of them at most; anything longer is another file.
const MAX_FILE_BYTES: u64 = 16 * 1024;
/// Between two looks whether the file changed: well below the time a rotation's blocks take.
const LOOK: Duration = Duration::from_secs(1);

/// A member's private keys.
#[derive(Debug)]
pub struct KeyRing {
    /// Whose keys they are.
    pub member: MemberId,
    secrets: RwLock<Secrets>,
}

type Secrets = BTreeMap<KeyClass, Vec<SecretKey>>;

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
    /// A ring of these keys.
    pub fn new(member: impl Into<MemberId>, keys: impl IntoIterator<Item = (KeyClass, SecretKey)>) -> Self {
        let mut secrets = Secrets::new();
        for (class, secret) in keys {
            secrets.entry(class).or_default().push(secret);
        }
        KeyRing { member: member.into(), secrets: RwLock::new(secrets) }
    }

    /// New random keys of every class.
    pub fn generate(member: &str) -> Result<Self, Refusal> {
        KeyRing::generate_of(member, &KeyClass::ALL)
    }

    /// New random keys of these classes.
    pub fn generate_of(member: &str, classes: &[KeyClass]) -> Result<Self, Refusal> {
        if !is_name(member) {
            return Err(config("member", "member is 1 to 64 lower-case letters, digits and hyphens"));
        }
        let ring = KeyRing::new(member, []);
        for class in classes {
            ring.add(*class)?;
        }
        Ok(ring)
    }

    /// A further random key of a class.
    pub fn add(&self, class: KeyClass) -> Result<PublicKey, Refusal> {
        let mut seed = Zeroizing::new([0; 32]);
        getrandom::fill(seed.as_mut())
            .map_err(|error| config("keys", format!("the system gives no randomness: {error}")))?;
        let secret = SecretKey::from_seed(&seed);
        let public = secret.public();
        let mut secrets = self.secrets.write().unwrap_or_else(PoisonError::into_inner);
        secrets.entry(class).or_default().push(secret);
        Ok(public)
    }

    /// The first private key of a class, if this process has one: for those who know of no chain.
    pub fn secret(&self, class: KeyClass) -> Option<SecretKey> {
        self.read(|secrets| secrets.get(&class)?.first().cloned())
    }

    /// All private keys of a class.
    pub fn secrets(&self, class: KeyClass) -> Vec<SecretKey> {
        self.read(|secrets| secrets.get(&class).cloned().unwrap_or_default())
    }

    /// The private half of a public key of a class.
    pub fn secret_of(&self, class: KeyClass, public: &PublicKey) -> Option<SecretKey> {
        self.read(|secrets| secrets.get(&class)?.iter().find(|secret| secret.public() == *public).cloned())
    }

    /// The key of a class to sign with now: of those that count on the chain the one that stays, and of several the one
    /// that came last, so that nothing is signed with a key that is about to end.
    pub fn active(&self, class: KeyClass, roster: &Roster) -> Option<SecretKey> {
        let rank = |secret: &SecretKey| {
            let record = roster.key(&secret.public())?;
            let ours = record.member == self.member && record.class == class;
            ours.then_some((record.until.unwrap_or(u64::MAX), record.since))
        };
        self.read(|secrets| {
            secrets.get(&class)?.iter().filter(|each| rank(each).is_some()).max_by_key(|each| rank(each)).cloned()
        })
    }

    /// Whether there is a key of a class.
    pub fn has(&self, class: KeyClass) -> bool {
        self.read(|secrets| secrets.get(&class).is_some_and(|keys| !keys.is_empty()))
    }

    /// The public keys by class, as a genesis names them.
    pub fn public(&self) -> BTreeMap<KeyClass, Vec<PublicKey>> {
        let public = |keys: &Vec<SecretKey>| keys.iter().map(SecretKey::public).collect();
        self.read(|secrets| secrets.iter().map(|(class, keys)| (*class, public(keys))).collect())
    }

    fn read<T>(&self, of: impl FnOnce(&Secrets) -> T) -> T {
        of(&self.secrets.read().unwrap_or_else(PoisonError::into_inner))
    }

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
    fn parse(text: &str) -> Result<Self, Refusal> {
        let file: File =
            toml::from_str(text).map_err(|error| config("keys", format!("not a key file: {}", error.message())))?;
        if !is_name(&file.member) {
            return Err(config("member", "member is 1 to 64 lower-case letters, digits and hyphens"));
        }
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

/// Keeps a ring as its file is, until the end: reads it again when it changes, and at once on SIGHUP.
pub fn follow(ring: Arc<KeyRing>, path: PathBuf, stop: Stop) -> std::io::Result<()> {
    let mut told = signal(SignalKind::hangup())?;
    let look = move || {
        fs::metadata(&path)
            .map(|meta| (meta.ino(), meta.mtime(), meta.mtime_nsec(), meta.len()))
            .ok()
            .map(|form| (form, path.clone()))
    };
    let mut known = look().map(|(form, _)| form);
    tokio::spawn(async move {
        loop {
            let asked = tokio::select! {
                () = stop.wait() => return,
                _ = told.recv() => true,
                () = tokio::time::sleep(LOOK) => false,
            };
            let Some((form, path)) = look() else { continue };
            if !asked && known == Some(form) {
                continue;
            }
            known = Some(form);
            match ring.reload(&path) {
                Ok(()) => tracing::info!(member = ring.member, "the key file was read again"),
                Err(refusal) => {
                    tracing::warn!(member = ring.member, %refusal, "the key file can't be used; the keys before it stay")
                }
            }
        }
    });
    Ok(())
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
        assert_eq!(ring.public().len(), KeyClass::ALL.len());
        ring.save(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        let loaded = KeyRing::load(&path).unwrap();
        assert_eq!((loaded.member.as_str(), loaded.public()), ("nanjing-cdc", ring.public()));
        assert_eq!(ring.save(&path).unwrap_err().code, Code::Config);
    }

    #[test]
    fn several_keys_of_a_class_are_a_list_and_a_single_one_is_a_text() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("cdc.toml");
        let ring = KeyRing::generate("cdc").unwrap();
        ring.save(&path).unwrap();
        let first = ring.secret(KeyClass::Sealer).unwrap().public();
        let second = ring.add(KeyClass::Sealer).unwrap();
        ring.replace(&path).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains("sealer = [\"") && text.contains("author = \""), "{text}");
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        let loaded = KeyRing::load(&path).unwrap();
        assert_eq!(loaded.public()[&KeyClass::Sealer], [first, second]);
        assert_eq!(loaded.secret_of(KeyClass::Sealer, &second).unwrap().public(), second);
        assert!(loaded.secret_of(KeyClass::Author, &second).is_none());
    }

    #[tokio::test]
    async fn a_ring_follows_its_file_and_a_broken_file_takes_no_key_away() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("cdc.toml");
        KeyRing::generate("cdc").unwrap().save(&path).unwrap();
        let (ring, stop) = (Arc::new(KeyRing::load(&path).unwrap()), Stop::new());
        follow(Arc::clone(&ring), path.clone(), stop.clone()).unwrap();
        let edited = KeyRing::load(&path).unwrap();
        let added = edited.add(KeyClass::Client).unwrap();
        edited.replace(&path).unwrap();
        let ends = tokio::time::Instant::now() + Duration::from_secs(20);
        while ring.secret_of(KeyClass::Client, &added).is_none() {
            assert!(tokio::time::Instant::now() < ends, "the new key was not taken in");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        fs::write(&path, "member = 'other'\n[keys]\n").unwrap();
        assert_eq!(ring.reload(&path).unwrap_err().code, Code::Config, "another member's keys");
        assert!(ring.secret_of(KeyClass::Client, &added).is_some());
        stop.set();
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
            format!("member = 'a'\n[keys]\nauthor = ['{seed}', '{seed}']"),
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
