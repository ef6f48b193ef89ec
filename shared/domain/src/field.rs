//! What a field may hold, whatever fact it is in: counts, parts, names, days, digests, lengths, public codes. `form` and the
//! areas check their fields with these, so that the same mistake gets the same answer everywhere.

mod codes;

pub(crate) use codes::{disease, disease_code};
pub use codes::{is_disease_code, is_region};

use proof::digest::Digest;

use crate::event::MAX_COUNT;
use crate::refusal::{Code, Refusal};
use crate::time::Date;

/// How far a signature may be ahead of the clock that judges it, and a fact ahead of its signature: clocks of two honest
/// machines differ by less.
pub const MAX_SKEW_MS: u64 = 5 * 60 * 1000;
/// 31 December 9999, the last day that `YYYY-MM-DD` can write.
pub(crate) const LAST_DAY: Date = Date(2_932_896);

/// A day of which something is known may be the author's tomorrow in UTC (at most 14 hours ahead), never later.
pub(crate) fn past_day(field: &'static str, day: Date, signed_on: Date) -> Result<(), Refusal> {
    if day.0 > signed_on.0.saturating_add(1) {
        return Err(Refusal::of(Code::BadTime, field, "is in the future of the signature"));
    }
    Ok(())
}

/// A digest that stands for something: neither zeros nor the hash of nothing.
pub(crate) fn stated_digest(field: &'static str, digest: &Digest) -> Result<(), Refusal> {
    if digest.0 == [0; 32] || *digest == Digest::of(b"") {
        return Err(Refusal::of(Code::BadDigest, field, "is the SHA-256 of nothing; hash what it stands for"));
    }
    Ok(())
}

/// Counts stay exact in every JSON reader.
pub(crate) fn count(field: &'static str, number: u64, least: u64) -> Result<(), Refusal> {
    if number < least || number > MAX_COUNT {
        return Err(Refusal::of(Code::OutOfRange, field, format!("is not between {least} and 2^53")));
    }
    Ok(())
}

/// A part that is contained in a whole: positives in tests, occupied beds in staffed ones.
pub(crate) fn part(field: &'static str, part: u64, whole: u64) -> Result<(), Refusal> {
    if part > whole {
        return Err(Refusal::of(Code::OutOfRange, field, "is more than the whole it is a part of"));
    }
    Ok(())
}

/// A name as in [`crate::chain::is_name`].
pub(crate) fn name(field: &'static str, text: &str) -> Result<(), Refusal> {
    if text.len() > crate::chain::MAX_NAME_BYTES {
        return Err(Refusal::of(Code::Limit, field, "is over 64 bytes long"));
    }
    if !crate::chain::is_name(text) {
        let detail = "is no name; use 1 to 64 lower-case letters, digits and '-'";
        return Err(Refusal::of(Code::UnknownCode, field, detail));
    }
    Ok(())
}

/// A name that may be left out.
pub(crate) fn name_if_any(field: &'static str, text: &str) -> Result<(), Refusal> {
    if text.is_empty() { Ok(()) } else { name(field, text) }
}

/// A list or text of no more than so many entries or bytes.
pub(crate) fn limit(field: &'static str, length: usize, most: usize) -> Result<(), Refusal> {
    if length > most {
        return Err(Refusal::of(
            Code::Limit,
            field,
            format!("has {length} entries or bytes; at most {most} are taken"),
        ));
    }
    Ok(())
}
