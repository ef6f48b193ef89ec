//! A member's private keys by class.
//!
//! Keys belong to no chain: which of them counts there says the chain's roster, so a new key lies in the file (`file`)
//! before the chain knows it and an old one until the chain has let go of it. A running service reads its file again when
//! it changes (`follow`).

mod file;
mod follow;

use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock};

use domain::chain::MemberId;
use domain::genesis::KeyClass;
use domain::refusal::{Code, Refusal};
use proof::sign::{PublicKey, SecretKey};
use zeroize::Zeroizing;

pub use follow::follow;

use crate::standing::Roster;

/// A member's private keys.
#[derive(Debug)]
pub struct KeyRing {
    /// Whose keys they are.
    pub member: MemberId,
    secrets: RwLock<Secrets>,
}

type Secrets = BTreeMap<KeyClass, Vec<SecretKey>>;

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
        check_name(member)?;
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
}

/// A member's name is what every chain calls it by.
fn check_name(member: &str) -> Result<(), Refusal> {
    match domain::chain::is_name(member) {
        true => Ok(()),
        false => Err(config("member", "member is 1 to 64 lower-case letters, digits and hyphens")),
    }
}

fn config(field: &'static str, detail: impl Into<String>) -> Refusal {
    Refusal::of(Code::Config, field, detail)
}

#[cfg(test)]
mod tests;
