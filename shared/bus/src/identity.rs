//! Who connects: a member's own key, proved by a signature over the server's challenge. The server keeps no secret of it.
//!
//! It is not why a message is believed: that is the signature in the message. Limit: [`MAX_CHALLENGE`].

use async_nats::{Auth, AuthError};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Challenges of nats-server have 15 characters; anything much longer is no challenge.
const MAX_CHALLENGE: usize = 64;

/// What the text of a user's key begins with, before it is spelled in base 32: it makes that text begin with `U`.
const USER_PREFIX: u8 = 20 << 3;

/// A member that signs challenges. Cloning shares it.
#[derive(Clone)]
pub struct Identity {
    name: String,
    sign: Arc<Signer>,
    /// Which key is tried next: while a key rotates there are several, and only the server knows which it takes.
    next: Arc<AtomicUsize>,
}

/// A public key and a signature under it.
pub type KeyAndSignature = ([u8; 32], [u8; 64]);

type Signer = dyn Fn(usize, &[u8]) -> Option<KeyAndSignature> + Send + Sync;

impl Identity {
    /// A member by the name the server's users have (see [`crate::server::MemberUser`]). `sign` signs bytes as they are
    /// with one of its keys, after the last the first again; it is called at every try to connect.
    pub fn new(
        name: impl Into<String>,
        sign: impl Fn(usize, &[u8]) -> Option<KeyAndSignature> + Send + Sync + 'static,
    ) -> Self {
        Self { name: name.into(), sign: Arc::new(sign), next: Arc::default() }
    }

    /// What its inboxes begin with.
    pub(crate) fn inbox(&self) -> String {
        inbox(&self.name)
    }

    /// The answer to a challenge; an empty one to a server that asks nobody who he is.
    ///
    /// The server picks what is signed, and it may be hostile. So only letters, digits, `-` and `_` are signed: nothing
    /// else that this key signs looks like that (a token has dots), and the signature is worth nothing elsewhere.
    pub(crate) fn answer(&self, challenge: &[u8]) -> Result<Auth, AuthError> {
        let mut auth = Auth::new();
        if challenge.is_empty() {
            return Ok(auth);
        }
        let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if challenge.len() > MAX_CHALLENGE || !challenge.iter().all(plain) {
            return Err(AuthError::new("the server's challenge is none, and was not signed"));
        }
        let next = self.next.fetch_add(1, Ordering::Relaxed);
        let (key, signature) =
            (self.sign)(next, challenge).ok_or_else(|| AuthError::new("there is no key to sign with"))?;
        auth.nkey = Some(user(&key));
        auth.signature = Some(signature.to_vec());
        Ok(auth)
    }

    /// The server took the last answer: the same key is tried first again.
    pub(crate) fn accepted(&self) {
        self.next.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What the inboxes of a user begin with: its own, so that the server can keep one from hearing another's replies. A
/// member's name has dots, which an inbox can't have.
pub(crate) fn inbox(user: &str) -> String {
    format!("_INBOX.{}", user.replace('.', "_"))
}

/// A public key as NATS spells it: prefix, key and checksum in base 32, 56 characters.
pub(crate) fn user(key: &[u8; 32]) -> String {
    let mut bytes = vec![USER_PREFIX];
    bytes.extend(key);
    bytes.extend(checksum(&bytes).to_le_bytes());
    let (mut text, mut held, mut bits) = (String::new(), 0_u32, 0);
    for byte in bytes {
        held = (held << 8) | u32::from(byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            text.push(digit((held >> bits) & 31));
        }
        held &= (1 << bits) - 1;
    }
    text
}

/// A digit of base 32 (RFC 4648); 35 bytes are 56 of them without a rest.
fn digit(value: u32) -> char {
    let value = u8::try_from(value).unwrap_or_default();
    char::from(if value < 26 { b'A' + value } else { b'2' + (value - 26) })
}

/// CRC-16 with the polynomial 0x1021, from 0.
fn checksum(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |sum, byte| {
        (0..8).fold(sum ^ (u16::from(*byte) << 8), |sum, _| (sum << 1) ^ if sum & 0x8000 == 0 { 0 } else { 0x1021 })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_spelled_as_the_nats_library_spells_them() {
        for seed in [[0; 32], [7; 32], [255; 32]] {
            let pair = nkeys::KeyPair::new_from_raw(nkeys::KeyPairType::User, seed).unwrap();
            let (_, key) = nkeys::from_public_key(&pair.public_key()).unwrap();
            assert_eq!(user(&key), pair.public_key());
        }
    }

    #[test]
    fn the_key_that_was_taken_is_tried_first_again() {
        let identity = Identity::new("cdc.cn", |turn, _| Some(([u8::try_from(turn % 2).unwrap(); 32], [2; 64])));
        let tries = |count: usize| (0..count).map(|_| identity.answer(b"nonce").unwrap().nkey).collect::<Vec<_>>();
        let [first, second] = [user(&[0; 32]), user(&[1; 32])].map(Some);
        assert_eq!(tries(2), [first, second.clone()]);
        identity.accepted();
        assert_eq!(tries(1), [second]);
        assert_eq!(identity.inbox(), "_INBOX.cdc_cn");
    }

    #[test]
    fn only_challenges_are_signed() {
        let identity = Identity::new("cdc.cn", |_, _| Some(([1; 32], [2; 64])));
        assert_eq!(identity.answer(b"SGVsbG8-_nonce0").unwrap().signature, Some(vec![2; 64]));
        assert!(identity.answer(b"").unwrap().signature.is_none(), "a server without users asks nothing");
        let token = b"eyJhbGciOiJFZERTQSIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJjZGMifQ";
        for other in [&token[..], b"tocsin/v1", b"a b", b"\0\0\0\x09", &[b'a'; 65]] {
            assert!(identity.answer(other).is_err(), "{other:?}");
        }
    }
}
