//! How the read model is stored: the small state of [`super::Accepted`] as it is, what waits to be sent, the last day on
//! which a place reached its threshold, and the lookout's own rows.

use anyhow::Context as _;
use domain::codec;
use domain::event::{EventId, Origin};
use domain::report::DailyRecord;
use domain::time::Date;

use super::Days;
use crate::accepted::STATE;
use crate::detector::{Trigger, Watched};
use crate::place::{self, DayKey};

/// A stored row; without a value it is removed.
pub(crate) type Row = (Vec<u8>, Option<Vec<u8>>);

/// The row that says how far the model is.
pub(super) const AT: &[u8] = b"at";
/// Rows of the detector: the last day a place triggered.
const LAST: &[u8] = b"last/";
/// Rows of what was said and is not seen in the final log yet: the event's body.
const PENDING: &[u8] = b"pending/";

/// The day and origin of a key as `domain::keys::daily` makes it.
pub(super) fn daily_key(key: &[u8]) -> Option<(DayKey, Origin)> {
    let mut parts = std::str::from_utf8(key).ok()?.strip_prefix("daily/")?.split('/');
    let place = place::read(&mut parts)?;
    Some(((place, Date::parse(parts.next()?)?), Origin::parse(parts.next()?)?))
}

/// What stored rows have newly to be said: events and their bodies.
pub(crate) fn said(rows: &[Row]) -> impl Iterator<Item = (EventId, &[u8])> {
    rows.iter().filter_map(|(key, body)| {
        let id = std::str::from_utf8(key.strip_prefix(PENDING)?).ok().and_then(EventId::parse)?;
        Some((id, body.as_deref()?))
    })
}

pub(super) fn pending_key(id: &EventId) -> Vec<u8> {
    [PENDING, id.to_string().as_bytes()].concat()
}

pub(super) fn last_key((place, trigger): &Watched) -> Vec<u8> {
    [LAST, format!("{}/{}", place::text(place), trigger.method()).as_bytes()].concat()
}

/// What a key that [`last_key`] made is about.
fn watched(key: &[u8]) -> Option<Watched> {
    let mut parts = std::str::from_utf8(key).ok()?.split('/');
    Some((place::read(&mut parts)?, Trigger::parse(parts.next()?)?))
}

impl Days {
    /// Takes up a stored row.
    pub(super) fn restore(&mut self, key: &[u8], value: Vec<u8>) -> anyhow::Result<()> {
        if let Some(key) = key.strip_prefix(STATE) {
            if let Some((day, origin)) = daily_key(key) {
                let record = codec::decode::<DailyRecord>(&value).context("a stored day does not decode")?;
                self.book.enter(&day, origin, record.in_force);
            }
            self.accepted.restore(key.to_vec(), value);
        } else if let Some(key) = key.strip_prefix(LAST) {
            let watched = watched(key).context("the key of a stored trigger")?;
            let day = codec::decode(&value).context("a stored trigger does not decode")?;
            self.detector.last.insert(watched, day);
        } else if let Some(id) = key.strip_prefix(PENDING) {
            let id = std::str::from_utf8(id).ok().and_then(EventId::parse).context("the key of a stored event")?;
            self.pending.restore(id, value);
        } else if !self.lookout.restore(key, &value)? && !self.records.restore(key, &value)? {
            self.at = codec::decode(&value).context("the stored height does not decode")?;
        }
        Ok(())
    }
}
