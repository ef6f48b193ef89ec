//! What an event refers to: sealed material, causes, expected versions.

use std::collections::BTreeSet;

use crate::event::{Event, MAX_CAUSES, MAX_COUNT, MAX_EXPECT, MAX_SEALED, MAX_TEXT_BYTES, SealedRef};
use crate::field::limit;
use crate::refusal::{Code, Refusal};

/// Sealed material is padded to a power of two from 256 bytes on, so that its length tells nothing but its order of
/// magnitude; above 4 GiB it is a transfer of its own.
const MIN_SEALED_BYTES: u64 = 256;
const MAX_SEALED_BYTES: u64 = 1 << 32;

pub(super) fn check(event: &Event) -> Result<(), Refusal> {
    limit("sealed", event.sealed.len(), MAX_SEALED)?;
    limit("causes", event.causes.len(), MAX_CAUSES)?;
    limit("expect", event.expect.len(), MAX_EXPECT)?;
    for reference in &event.sealed {
        sealed(reference)?;
    }
    if !all_differ(event.sealed.iter().map(|reference| reference.ciphertext)) {
        return Err(Refusal::of(Code::BadSealed, "sealed", "names a ciphertext twice"));
    }
    if !all_differ(event.causes.iter()) {
        return Err(Refusal::of(Code::BadCause, "causes.repeated", "names an event twice"));
    }
    for expected in &event.expect {
        limit("expect.key", expected.key.len(), MAX_TEXT_BYTES)?;
        if expected.key.is_empty() || !expected.key.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(Refusal::of(Code::BadText, "expect.key", "is no state key such as stock/depot/n95-mask/lot-1"));
        }
        if expected.version > MAX_COUNT {
            return Err(Refusal::of(Code::OutOfRange, "expect.version", "is over 2^53"));
        }
    }
    if !all_differ(event.expect.iter().map(|expected| &expected.key)) {
        return Err(Refusal::of(Code::Malformed, "expect", "names a key twice"));
    }
    Ok(())
}

fn sealed(reference: &SealedRef) -> Result<(), Refusal> {
    let bad = |field, detail: &str| Err(Refusal::of(Code::BadSealed, field, detail));
    if reference.ciphertext.0 == [0; 32] {
        return bad("sealed.ciphertext", "is no SHA-256 of anything");
    }
    if !crate::chain::is_name(&reference.vault) {
        return bad("sealed.vault", "is no member's name");
    }
    let padded = reference.length.is_power_of_two();
    if !padded || !(MIN_SEALED_BYTES..=MAX_SEALED_BYTES).contains(&reference.length) {
        return bad("sealed.length", "is no padded length: a power of two from 256 bytes to 4 GiB");
    }
    Ok(())
}

fn all_differ<T: Ord>(items: impl Iterator<Item = T>) -> bool {
    let mut seen = BTreeSet::new();
    let mut items = items;
    items.all(|item| seen.insert(item))
}
