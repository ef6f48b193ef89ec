//! One cosigner's word for a checkpoint: `cosignature/v1` of C2SP `tlog-cosignature`.
//!
//! The signed message does not hold the cosigner's name, so a key may serve one name only; genesis files see to that.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::{Checkpoint, MAX_NUMBER, decode, is_name};
use crate::sign::{PublicKey, SecretKey};

/// The signature type of Ed25519 cosignatures; ML-DSA-44 would be 0x06.
const ED25519: u8 = 0x04;

/// Key id, timestamp and signature.
const BLOB_BYTES: usize = 4 + 8 + 64;

/// Somebody whose cosignatures count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cosigner {
    /// The key name in signature lines: `<member>.<chain path>`.
    pub name: String,
    /// The cosigner key.
    pub key: PublicKey,
}

/// A cosigner's statement that it fully validated and stored a log up to a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cosignature {
    /// The cosigner's key name.
    pub name: String,
    /// The first bytes of the hash of name, algorithm and key.
    pub key_id: [u8; 4],
    /// When it was made, in seconds since 1970, at most 2^63 - 1.
    pub time_s: u64,
    /// Over header, time and checkpoint.
    pub signature: [u8; 64],
}

impl Cosigner {
    /// `SHA-256(name || "\n" || 0x04 || key)[:4]`.
    pub fn key_id(&self) -> [u8; 4] {
        key_id(&self.name, &self.key)
    }
}

/// Cosigns a checkpoint at a time.
pub fn cosign(secret: &SecretKey, name: &str, checkpoint: &Checkpoint, time_s: u64) -> Cosignature {
    Cosignature {
        name: name.to_owned(),
        key_id: key_id(name, &secret.public()),
        time_s,
        signature: secret.sign_raw(message(checkpoint, time_s).as_bytes()),
    }
}

impl Cosignature {
    /// Whether it is this cosigner's for this checkpoint. The name and key id are compared before the costly check.
    pub fn verify(&self, cosigner: &Cosigner, checkpoint: &Checkpoint) -> bool {
        self.is_by(cosigner) && cosigner.key.verify_raw(message(checkpoint, self.time_s).as_bytes(), &self.signature)
    }

    /// Whether it claims to be this cosigner's.
    pub fn is_by(&self, cosigner: &Cosigner) -> bool {
        self.name == cosigner.name && self.key_id == cosigner.key_id()
    }

    /// The signature line, without its line end.
    pub fn line(&self) -> String {
        let mut blob = Vec::with_capacity(BLOB_BYTES);
        blob.extend_from_slice(&self.key_id);
        blob.extend_from_slice(&self.time_s.to_be_bytes());
        blob.extend_from_slice(&self.signature);
        format!("— {} {}", self.name, STANDARD.encode(blob))
    }

    /// The cosignature of that line; `None` unless it is exactly what [`Cosignature::line`] gives.
    pub fn parse(line: &str) -> Option<Self> {
        let (name, blob) = line.strip_prefix("— ")?.split_once(' ')?;
        let blob = decode::<BLOB_BYTES>(blob)?;
        let (key_id, rest) = blob.split_first_chunk::<4>()?;
        let (time, rest) = rest.split_first_chunk::<8>()?;
        let time_s = u64::from_be_bytes(*time);
        (is_name(name) && time_s <= MAX_NUMBER).then_some(Cosignature {
            name: name.to_owned(),
            key_id: *key_id,
            time_s,
            signature: rest.try_into().ok()?,
        })
    }
}

fn message(checkpoint: &Checkpoint, time_s: u64) -> String {
    let mut message = String::with_capacity(checkpoint.origin.len() + 112);
    // Writing to a String cannot fail.
    let _ = write!(message, "cosignature/v1\ntime {time_s}\n");
    checkpoint.write(&mut message);
    message
}

fn key_id(name: &str, key: &PublicKey) -> [u8; 4] {
    let mut hash = Sha256::new();
    hash.update(name);
    hash.update([b'\n', ED25519]);
    hash.update(key.0);
    let [a, b, c, d, ..]: [u8; 32] = hash.finalize().into();
    [a, b, c, d]
}
