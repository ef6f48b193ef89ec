//! Events on the wire: the body's one encoding, and opening a signed event.
//!
//! It is not the judge of an event's content: that is `domain::form` (without state) and `domain::rule` (with it).
//! Limits: 16 KiB a body, 64 KiB a signed event, 1 KiB a text, 8 sealed references, 16 causes, 32 expectations.

use domain::event::{
    Event, EventId, Expect, MAX_BODY_BYTES, MAX_CAUSES, MAX_EXPECT, MAX_SEALED, MAX_SIGNED_EVENT_BYTES, SealedRef,
};
use domain::refusal::{Code, Refusal};
use domain::time::Millis;
use proof::digest::Digest;
use proof::sign::{ChainId, Domain, ENVELOPE_OVERHEAD, PublicKey, Signed, event_id};
use prost::Message as _;

use crate::canonical::{at_most, digest, digests, exact, guard, lenient, raw, text};
use crate::fact::{fact_in, fact_out};
use crate::proto::event::v1 as proto;
use crate::vocabulary::{alert_level, lane, security_level};

/// Field numbers from here on are facts (see `event.proto`).
const FIRST_FACT: u64 = 100;

/// The one encoding of an event body. An author calls it once and signs the result.
pub fn encode(event: &Event) -> Vec<u8> {
    proto::Event {
        author: event.author.0.to_vec(),
        lane: lane::number(event.lane),
        nonce: event.nonce.to_vec(),
        occurred_at_ms: event.occurred_at.0,
        created_at_ms: event.created_at.0,
        valid_until_ms: event.valid_until.0,
        region: event.region.clone(),
        security_level: security_level::number(event.security),
        response_level: event.response.map_or(0, alert_level::number),
        sealed: event.sealed.iter().map(sealed_out).collect(),
        causes: raw(&event.causes),
        expect: event.expect.iter().map(expect_out).collect(),
        fact: Some(fact_out(&event.fact)),
    }
    .encode_to_vec()
}

/// The event of a body: within the limits, of a known kind, and the body its one encoding.
pub fn decode(body: &[u8]) -> Result<Event, Refusal> {
    at_most(body.len(), MAX_BODY_BYTES, "body")?;
    let event: proto::Event = lenient(body)?;
    if event.fact.is_none() {
        return Err(no_fact(body));
    }
    guard(&event, body)?;
    value(event)
}

fn value(event: proto::Event) -> Result<Event, Refusal> {
    at_most(event.sealed.len(), MAX_SEALED, "sealed")?;
    at_most(event.expect.len(), MAX_EXPECT, "expect")?;
    let fact = event.fact.ok_or_else(|| Refusal::of(Code::Malformed, "fact", "the event states nothing"))?;
    Ok(Event {
        author: PublicKey(exact(&event.author, "author")?),
        lane: lane::value(event.lane, "lane")?,
        nonce: exact(&event.nonce, "nonce")?,
        occurred_at: Millis(event.occurred_at_ms),
        created_at: Millis(event.created_at_ms),
        valid_until: Millis(event.valid_until_ms),
        region: text(event.region, "region")?,
        security: security_level::value(event.security_level, "security_level")?,
        response: match event.response_level {
            0 => None,
            level => Some(alert_level::value(level, "response_level")?),
        },
        fact: fact_in(fact)?,
        sealed: event.sealed.into_iter().map(sealed_in).collect::<Result<_, _>>()?,
        causes: digests(&event.causes, MAX_CAUSES, "causes")?,
        expect: event.expect.into_iter().map(expect_in).collect::<Result<_, _>>()?,
    })
}

/// Tells a kind of a later version from a body that states nothing.
fn no_fact(body: &[u8]) -> Refusal {
    let mut rest = body;
    while let Ok(key) = prost::encoding::decode_varint(&mut rest) {
        if key >> 3 >= FIRST_FACT {
            return Refusal::of(Code::UnknownKind, "fact", "a kind of fact this version does not know");
        }
        let Ok(wire_type) = prost::encoding::WireType::try_from(key & 7) else { break };
        let tag = u32::try_from(key >> 3).unwrap_or(u32::MAX);
        if prost::encoding::skip_field(wire_type, tag, &mut rest, Default::default()).is_err() {
            break;
        }
    }
    Refusal::of(Code::Malformed, "fact", "the event states nothing")
}

fn sealed_out(sealed: &SealedRef) -> proto::SealedRef {
    proto::SealedRef { ciphertext: sealed.ciphertext.0.to_vec(), vault: sealed.vault.clone(), length: sealed.length }
}

fn sealed_in(sealed: proto::SealedRef) -> Result<SealedRef, Refusal> {
    Ok(SealedRef {
        ciphertext: digest(&sealed.ciphertext, "sealed.ciphertext")?,
        vault: text(sealed.vault, "sealed.vault")?,
        length: sealed.length,
    })
}

fn expect_out(expect: &Expect) -> proto::Expect {
    proto::Expect { key: expect.key.clone(), version: expect.version }
}

fn expect_in(expect: proto::Expect) -> Result<Expect, Refusal> {
    Ok(Expect { key: text(expect.key, "expect.key")?, version: expect.version })
}

/// A signed event whose form holds. Its signature is not checked yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// Its id on this chain.
    pub id: EventId,
    /// SHA-256 of the signed bytes, as in its leaf.
    pub signed_hash: Digest,
    /// Who signed, and the event's author.
    pub key: PublicKey,
    /// Key, signature and body, for [`verify`].
    pub envelope: Signed,
    /// The event.
    pub event: Event,
}

/// Opens a signed event: envelope, size, body, author. The signature is [`verify`]'s, so that callers check signatures
/// on threads of their own. `domain::form::check` has passed.
pub fn open(chain: &ChainId, signed: &[u8]) -> Result<Opened, Refusal> {
    at_most(signed.len(), MAX_SIGNED_EVENT_BYTES, "signed_event")?;
    let envelope = envelope(signed)?;
    let event = decode(&envelope.body)?;
    if envelope.key != event.author {
        return Err(Refusal::of(Code::IdentityMismatch, "author", "the envelope's key is not the body's author"));
    }
    domain::form::check(&event)?;
    Ok(Opened {
        id: event_id(chain, &envelope.body),
        signed_hash: Digest::of(signed),
        key: event.author,
        envelope,
        event,
    })
}

/// Splits a signed envelope of any domain.
pub fn envelope(signed: &[u8]) -> Result<Signed, Refusal> {
    Signed::from_bytes(signed).ok_or_else(|| match signed.len() {
        0..ENVELOPE_OVERHEAD => Refusal::of(
            Code::NoSignature,
            "signature",
            "an envelope is a key of 32 bytes, a signature of 64 and a body",
        ),
        _ => Refusal::of(Code::Malformed, "body", "the envelope has no body"),
    })
}

/// What leaves and refusals name bytes by that could not be opened: the id of the body if there is an envelope, else
/// the hash of the bytes.
pub fn id_of(chain: &ChainId, signed: &[u8]) -> EventId {
    match signed.get(ENVELOPE_OVERHEAD..) {
        Some(body) if !body.is_empty() => event_id(chain, body),
        _ => Digest::of(signed),
    }
}

/// Strictly checks an event's signature on `chain`, and says where it would have held when it does not.
pub fn verify(chain: &ChainId, signed: &Signed) -> Result<(), Refusal> {
    verify_knowing(chain, &[], signed)
}

/// As [`verify`], telling also a signature for one of the `others` chains (a parent or child) from a false one.
pub fn verify_knowing(chain: &ChainId, others: &[ChainId], signed: &Signed) -> Result<(), Refusal> {
    if signed.verify(Domain::Event, chain) {
        return Ok(());
    }
    let elsewhere = [Domain::Bundle, Domain::Receipt, Domain::Refusal, Domain::Block, Domain::Share];
    Err(if elsewhere.into_iter().any(|domain| signed.verify(domain, chain)) {
        Refusal::of(Code::WrongDomain, "signature", "the signature is good, but not for an event")
    } else if others.iter().any(|other| signed.verify(Domain::Event, other)) {
        Refusal::of(Code::WrongChain, "signature", "the signature is good, but for another chain")
    } else {
        Refusal::of(Code::BadSignature, "signature", "the signature does not hold")
    })
}

#[cfg(test)]
mod tests;
