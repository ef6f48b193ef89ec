//! Deposits: the digest of something published, so that anybody can show later that it existed by a certain block.
//!
//! The first deposit of a digest stands for good: its height, leaf and chain time are what a certificate proves. A later
//! deposit of the same digest is taken too, for a second clerk's finding is evidence of its own, but it only counts up on
//! the first one's record, which tells the clerk who was first. The log never sees what was published, and a deposit says
//! nothing about whether it is true.
//!
//! Bounds: a source and a title of at most 1 KiB each; a deposit claims no time of its own, see [`check`].

use proof::digest::Digest;

use crate::act::{Act, Halt};
use crate::codec::record;
use crate::event::{Deposit, EventId};
use crate::field::MAX_SKEW_MS;
use crate::keys;
use crate::record::Outcome;
use crate::refusal::{Code, Refusal};
use crate::state::Draft;
use crate::text::{check_field, check_stated};
use crate::time::Millis;

record! {
    /// The first deposit of a digest, at `keys::deposit(digest)`.
    pub struct DepositRecord {
        /// The first deposit's event.
        pub event: EventId,
        /// Who deposited it.
        pub member: String,
        /// Where it was seen.
        pub source: String,
        /// A line about it.
        pub title: String,
        /// Chain time of its block: it existed by then.
        pub deposited_at: Millis,
        /// Height of its block.
        pub height: u64,
        /// Index of its leaf in the log.
        pub leaf_index: u64,
        /// How many further deposits of the digest were taken.
        pub repeats: u64,
    }
}

/// The form of a deposit. A digest of nothing is no evidence, and a deposit proves existence from now on: one that says
/// it was seen more than five minutes before it was signed claims what it cannot show.
pub fn check(deposit: &Deposit, occurred_at: Millis, created_at: Millis) -> Result<(), Refusal> {
    if deposit.digest.0 == [0; 32] || deposit.digest == Digest::of(b"") {
        return Err(Refusal::of(Code::BadDigest, "digest", "is the SHA-256 of nothing; hash what was published"));
    }
    check_stated("source", &deposit.source)?;
    check_field("title", &deposit.title)?;
    if occurred_at.plus_ms(MAX_SKEW_MS) < created_at {
        let detail = "a deposit shows existence from its signature on; claim no earlier time";
        return Err(Refusal::of(Code::BadTime, "occurred_at", detail));
    }
    Ok(())
}

/// Takes a deposit: the first of its digest, or one more.
pub(crate) fn decide(draft: &mut Draft<'_>, act: &Act<'_>, deposit: &Deposit) -> Result<Outcome, Halt> {
    check(deposit, act.event().occurred_at, act.event().created_at)?;
    let key = keys::deposit(&deposit.digest);
    let record = match draft.get::<DepositRecord>(&key)? {
        Some(first) => DepositRecord { repeats: first.repeats.saturating_add(1), ..first },
        None => DepositRecord {
            event: act.submitted.id,
            member: act.member.id.clone(),
            source: deposit.source.clone(),
            title: deposit.title.clone(),
            deposited_at: act.scene.now,
            height: act.scene.height,
            leaf_index: act.scene.leaf_index,
            repeats: 0,
        },
    };
    draft.put(key, &record);
    Ok(Outcome::Accepted)
}

#[cfg(test)]
mod tests;
