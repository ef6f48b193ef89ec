//! A member's account as readers see it: entries, their sum, and the reports of the member that were found wrong.
//!
//! A balance is summed at every reading: a hospital that reports a judged aggregate every day has a few hundred entries
//! a year, and the rules never read a balance, so nobody but its reader pays for it.

use crate::event::EventId;
use crate::keys::{self, end_of};
use crate::roster;
use crate::state::{Fault, View, decoded};
use crate::time::Millis;

use super::{CreditReason, CreditRecord, key_of};

/// Entries read at once while summing: some 100 KiB.
const CHUNK: usize = 512;

/// What a member's entries come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Balance {
    /// The sum of what has vested.
    pub vested: i64,
    /// The sum of what has not.
    pub pending: i64,
    /// Reports of the member that were found wrong.
    pub refuted: u64,
    /// Entries.
    pub entries: u64,
}

/// Where an entry stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CreditState {
    /// It has not vested yet.
    Pending,
    /// It counts.
    Vested,
    /// It was taken back by an entry of its own.
    ClawedBack,
}

impl CreditState {
    /// Its name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            CreditState::Pending => "pending",
            CreditState::Vested => "vested",
            CreditState::ClawedBack => "clawed-back",
        }
    }
}

/// An entry with where it stands now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The event it is about.
    pub event: EventId,
    /// The entry.
    pub record: CreditRecord,
    /// Where it stands at chain time.
    pub state: CreditState,
}

/// A place in a member's entries, which are in the order of event ids and then of reasons' names.
pub type After<'a> = Option<(&'a EventId, CreditReason)>;

/// A member's entries after a place.
pub fn entries(view: &dyn View, member: &str, after: After<'_>, limit: usize) -> Result<Vec<Entry>, Fault> {
    let now = roster::progress(view)?.chain_time;
    let found = scan(view, member, after, limit)?;
    let entry = |(event, record): (EventId, CreditRecord)| {
        let earned = matches!(record.reason, CreditReason::Accepted | CreditReason::Endorsed);
        let state = if earned && view.get(&key_of(member, &event, CreditReason::TakenBack))?.is_some() {
            CreditState::ClawedBack
        } else {
            record.state(now)
        };
        Ok(Entry { event, record, state })
    };
    found.into_iter().map(entry).collect()
}

/// The sum of a member's entries at chain time.
pub fn balance(view: &dyn View, member: &str) -> Result<Balance, Fault> {
    let now = roster::progress(view)?.chain_time;
    let mut balance = Balance::default();
    each(view, member, |_, record| {
        let sum = match record.state(now) {
            CreditState::Pending => &mut balance.pending,
            _ => &mut balance.vested,
        };
        *sum = sum.saturating_add(record.amount);
        balance.refuted = balance.refuted.saturating_add(u64::from(record.reason == CreditReason::Refuted));
        balance.entries = balance.entries.saturating_add(1);
    })?;
    Ok(balance)
}

/// A member's reports that were found wrong, at most `limit`, the latest first: its public record.
pub fn refuted(view: &dyn View, member: &str, limit: usize) -> Result<Vec<(EventId, CreditRecord)>, Fault> {
    let mut found = Vec::new();
    each(view, member, |event, record| {
        if record.reason == CreditReason::Refuted {
            found.push((event, record));
        }
    })?;
    found.sort_by_key(|(event, record)| (std::cmp::Reverse(record.at), *event));
    found.truncate(limit);
    Ok(found)
}

impl CreditRecord {
    /// Whether it has vested at a chain time.
    fn state(&self, now: Millis) -> CreditState {
        if now < self.vests_at { CreditState::Pending } else { CreditState::Vested }
    }
}

/// Every entry of a member in key order.
fn each(view: &dyn View, member: &str, mut take: impl FnMut(EventId, CreditRecord)) -> Result<(), Fault> {
    let mut last: Option<(EventId, CreditReason)> = None;
    loop {
        let found = scan(view, member, last.as_ref().map(|(event, reason)| (event, *reason)), CHUNK)?;
        let more = found.len() == CHUNK;
        last = found.last().map(|(event, record)| (*event, record.reason));
        found.into_iter().for_each(|(event, record)| take(event, record));
        if !more {
            return Ok(());
        }
    }
}

fn scan(view: &dyn View, member: &str, after: After<'_>, limit: usize) -> Result<Vec<(EventId, CreditRecord)>, Fault> {
    let prefix = keys::credits(member);
    // A zero byte makes the very next key after one.
    let from = after
        .map_or_else(|| prefix.clone(), |(event, reason)| [key_of(member, event, reason).as_slice(), &[0]].concat());
    let entry = |(key, stored): (Vec<u8>, crate::state::Versioned)| {
        let odd = || Fault(format!("the key {} is no credit entry's", String::from_utf8_lossy(&key)));
        let rest = key.strip_prefix(prefix.as_slice()).and_then(|rest| std::str::from_utf8(rest).ok());
        let (event, _) = rest.and_then(|rest| rest.split_once('/')).ok_or_else(odd)?;
        Ok((EventId::parse(event).ok_or_else(odd)?, decoded(&key, &stored.value)?))
    };
    view.scan(&from, &end_of(&prefix), limit)?.into_iter().map(entry).collect()
}
