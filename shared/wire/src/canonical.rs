//! The one canonical guard, and the small checks every decoder shares.
//!
//! Protobuf allows many byte strings for one value. A signed body must have exactly one, so a body is taken only when
//! encoding what was decoded gives the same bytes: that refuses unknown and duplicate fields, overlong varints, wrong
//! order and explicit defaults alike. Decoders refuse every value that has no exact counterpart in the domain, so the
//! guard over the protobuf value is the guard over the domain value, without building the protobuf value twice.

use domain::event::MAX_TEXT_BYTES;
use domain::refusal::{Code, Refusal};
use proof::digest::Digest;
use prost::Message;

/// Decodes without asking for canonical bytes: for requests and answers that nobody signs or hashes.
pub(crate) fn lenient<M: Message + Default>(bytes: &[u8]) -> Result<M, Refusal> {
    M::decode(bytes).map_err(|error| {
        // prost keeps its error kinds private; a test pins the words this looks for.
        if error.to_string().contains("UTF-8") {
            Refusal::new(Code::BadText, "a text is not UTF-8")
        } else {
            Refusal::new(Code::Malformed, "not a message of this type, or cut short")
        }
    })
}

/// Refuses bytes that are not the one encoding of `message`.
pub(crate) fn guard<M: Message>(message: &M, bytes: &[u8]) -> Result<(), Refusal> {
    if message.encoded_len() == bytes.len() && message.encode_to_vec() == bytes {
        return Ok(());
    }
    Err(Refusal::new(
        Code::NonCanonical,
        "encoding the decoded value gives other bytes: an unknown or repeated field, a wrong order, an overlong number \
         or an explicit default",
    ))
}

/// Decodes signed bytes: at most `limit` of them, and canonical.
pub(crate) fn strict<M: Message + Default>(bytes: &[u8], limit: usize, what: &'static str) -> Result<M, Refusal> {
    at_most(bytes.len(), limit, what)?;
    let message = lenient(bytes)?;
    guard(&message, bytes)?;
    Ok(message)
}

/// Refuses a length over its bound.
pub(crate) fn at_most(length: usize, limit: usize, field: &'static str) -> Result<(), Refusal> {
    if length <= limit {
        return Ok(());
    }
    Err(Refusal::of(Code::Limit, field, format!("{field} is {length} long; at most {limit} are taken")))
}

/// A text within the bound of every text.
pub(crate) fn text(value: String, field: &'static str) -> Result<String, Refusal> {
    at_most(value.len(), MAX_TEXT_BYTES, field)?;
    Ok(value)
}

/// A byte string of exactly `N` bytes.
pub(crate) fn exact<const N: usize>(value: &[u8], field: &'static str) -> Result<[u8; N], Refusal> {
    value.try_into().map_err(|_| Refusal::of(Code::Malformed, field, format!("{field} must be {N} bytes long")))
}

/// A digest of 32 bytes.
pub(crate) fn digest(value: &[u8], field: &'static str) -> Result<Digest, Refusal> {
    exact(value, field).map(Digest)
}

/// Digests in a row, at most `limit`.
pub(crate) fn digests(values: &[Vec<u8>], limit: usize, field: &'static str) -> Result<Vec<Digest>, Refusal> {
    at_most(values.len(), limit, field)?;
    values.iter().map(|value| digest(value, field)).collect()
}

/// The bytes of digests.
pub(crate) fn raw(digests: &[Digest]) -> Vec<Vec<u8>> {
    digests.iter().map(|digest| digest.0.to_vec()).collect()
}

/// A part that must be there.
pub(crate) fn required<T>(value: Option<T>, field: &'static str) -> Result<T, Refusal> {
    value.ok_or_else(|| Refusal::of(Code::Malformed, field, format!("{field} is missing")))
}

/// A whole number that must fit its domain type.
pub(crate) fn narrow<T, U: TryFrom<T>>(value: T, field: &'static str) -> Result<U, Refusal> {
    U::try_from(value).map_err(|_| Refusal::of(Code::OutOfRange, field, format!("{field} is too large")))
}
