//! Ed25519 signatures under named domains, and the signed envelope that carries them.
//!
//! `signature = Ed25519(LP("tocsin/v1") LP(domain) LP(chain_id) LP(body))`, verified strictly (RFC 8032 with the
//! canonical-S and small-order checks of `ed25519-dalek`'s `verify_strict`).

use std::fmt;

use ed25519_dalek::Signer as _;

use crate::digest::{Digest, put_lp};

/// The identity of a chain: the SHA-256 of its genesis bytes. A signature for one chain is worth nothing on another.
pub type ChainId = Digest;

/// What a signature is about; a signature under one domain is worth nothing under another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Domain {
    /// A fact by its author.
    Event,
    /// Admitted events by an endorsement node.
    Bundle,
    /// An endorsement node's promise to an author.
    Receipt,
    /// An endorsement node's signed no.
    Refusal,
    /// A sealed run of bundles by an ordering node.
    Block,
    /// A custodian's release of a key share.
    Share,
    /// A cosigner's vote that a sealer's blocks end.
    Exclusion,
}

impl Domain {
    fn name(self) -> &'static str {
        match self {
            Domain::Event => "event",
            Domain::Bundle => "bundle",
            Domain::Receipt => "receipt",
            Domain::Refusal => "refusal",
            Domain::Block => "block",
            Domain::Share => "share",
            Domain::Exclusion => "exclusion",
        }
    }
}

/// An Ed25519 public key as 32 bytes, not yet known to be a point on the curve. Shown as 64 hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicKey(pub [u8; 32]);

impl PublicKey {
    /// Parses 64 lower-case hex digits.
    pub fn parse(text: &str) -> Option<Self> {
        Digest::parse(text).map(|digest| PublicKey(digest.0))
    }

    /// Strictly verifies a raw message: false for a bad key, a non-canonical S, a small-order point or a wrong signature.
    pub fn verify_raw(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        ed25519_dalek::VerifyingKey::from_bytes(&self.0)
            .is_ok_and(|key| key.verify_strict(message, &ed25519_dalek::Signature::from_bytes(signature)).is_ok())
    }

    /// Strictly verifies `body` under a domain of a chain.
    pub fn verify(&self, domain: Domain, chain: &ChainId, body: &[u8], signature: &[u8; 64]) -> bool {
        self.verify_raw(&message(domain, chain, body), signature)
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

/// A private key. It has no `Debug` of its bytes, is not `Copy` and is zeroised when dropped (by `ed25519-dalek`).
#[derive(Clone)]
pub struct SecretKey(ed25519_dalek::SigningKey);

impl SecretKey {
    /// A key from 32 bytes of secret randomness.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        SecretKey(ed25519_dalek::SigningKey::from_bytes(seed))
    }

    /// The 32 secret bytes, for writing a key file; the caller gets a copy that zeroises itself.
    pub fn seed(&self) -> zeroize::Zeroizing<[u8; 32]> {
        zeroize::Zeroizing::new(self.0.to_bytes())
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key().to_bytes())
    }

    /// Signs a raw message (checkpoints and API tokens have framings of their own).
    pub fn sign_raw(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }

    /// Signs `body` under a domain of a chain.
    pub fn sign(&self, domain: Domain, chain: &ChainId, body: &[u8]) -> [u8; 64] {
        self.sign_raw(&message(domain, chain, body))
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "SecretKey(of {})", self.public())
    }
}

fn message(domain: Domain, chain: &ChainId, body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len() + 80);
    put_lp(&mut out, b"tocsin/v1");
    put_lp(&mut out, domain.name().as_bytes());
    put_lp(&mut out, chain.as_bytes());
    put_lp(&mut out, body);
    out
}

/// The one envelope: `key (32) | signature (64) | body`. Events, bundles, receipts and refusals travel in it; which of
/// them it is, the domain under which it verifies decides. There is exactly one byte string for each envelope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// Who signed.
    pub key: PublicKey,
    /// Over the domain, the chain and the body.
    pub signature: [u8; 64],
    /// What was signed, exactly as its author encoded it; nobody encodes it again.
    pub body: Vec<u8>,
}

/// Bytes of an envelope that are not its body.
pub const ENVELOPE_OVERHEAD: usize = 96;

impl Signed {
    /// Signs a body.
    pub fn seal(secret: &SecretKey, domain: Domain, chain: &ChainId, body: Vec<u8>) -> Self {
        Signed { key: secret.public(), signature: secret.sign(domain, chain, &body), body }
    }

    /// Whether the signature holds.
    pub fn verify(&self, domain: Domain, chain: &ChainId) -> bool {
        self.key.verify(domain, chain, &self.body, &self.signature)
    }

    /// The envelope's bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(ENVELOPE_OVERHEAD + self.body.len());
        out.extend_from_slice(&self.key.0);
        out.extend_from_slice(&self.signature);
        out.extend_from_slice(&self.body);
        out
    }

    /// Splits an envelope; `None` when it is too short to hold a key, a signature and a body of at least one byte.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (key, rest) = bytes.split_first_chunk::<32>()?;
        let (signature, body) = rest.split_first_chunk::<64>()?;
        (!body.is_empty()).then(|| Signed { key: PublicKey(*key), signature: *signature, body: body.to_vec() })
    }
}

/// `event_id = H(LP("tocsin/v1/event-id") LP(chain_id) LP(body))`.
pub fn event_id(chain: &ChainId, body: &[u8]) -> Digest {
    Digest::of_parts(&[b"tocsin/v1/event-id", chain.as_bytes(), body])
}

#[cfg(test)]
mod tests;
