//! An alert as it came out of the stream, read back into the record it was made of.
//!
//! The stream is a place where others may write, so a payload counts only if it is, byte for byte, what `wire::alert`
//! makes of the record it states, on the subject of its level and chain. It proves nothing beyond that: who must be sure
//! asks for the proof of the leaf it names.

use bus::Message;
use bytes::Bytes;
use domain::alert::{AlertKind, AlertRecord, AlertState};
use domain::chain::ChainPath;
use domain::event::AlertLevel;
use domain::time::Millis;
use proof::digest::Digest;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The canonical alert payload, in the order of its bytes.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AlertPayload {
    /// The alert's id, the same on every chain it rises to: `ce-id`.
    pub(crate) id: String,
    /// `provisional`, `confirmed` or `cancelled`.
    pub(crate) state: String,
    /// `blue`, `yellow`, `orange` or `red`.
    pub(crate) level: String,
    /// `cluster`, `warning`, `directive` or `escalation`.
    pub(crate) kind: String,
    /// The chain on which it is final.
    pub(crate) chain: String,
    /// Its running number on that chain, from 1.
    pub(crate) number: u64,
    /// The leaf of that chain's log that rang it.
    pub(crate) leaf_index: u64,
    /// The chain on which it arose.
    pub(crate) origin: String,
    /// The event it comes from.
    pub(crate) event: String,
    /// Chain time at its origin.
    pub(crate) sent_at: String,
    /// Region code.
    pub(crate) region: String,
    /// The disease, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) disease: Option<AlertDisease>,
    /// One line for people.
    pub(crate) headline: String,
    /// What to do; left out when there is nothing to say.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) instruction: String,
}

/// A disease.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AlertDisease {
    /// ICD-10 code.
    pub(crate) code: String,
    /// Its name.
    pub(crate) name: String,
}

impl AlertPayload {
    fn record(&self) -> Option<(AlertRecord, ChainPath)> {
        let disease = self.disease.as_ref();
        let record = AlertRecord {
            number: self.number,
            event: Digest::parse(&self.event)?,
            origin: ChainPath::parse(&self.origin)?,
            state: AlertState::ALL.into_iter().find(|state| state.name() == self.state)?,
            level: AlertLevel::parse(&self.level)?,
            kind: AlertKind::ALL.into_iter().find(|kind| kind.name() == self.kind)?,
            disease: disease
                .map(|disease| domain::event::Disease { code: disease.code.clone(), name: disease.name.clone() }),
            region: self.region.clone(),
            headline: self.headline.clone(),
            instruction: self.instruction.clone(),
            sent_at: Millis::parse(&self.sent_at)?,
            leaf_index: self.leaf_index,
        };
        Some((record, ChainPath::parse(&self.chain)?))
    }
}

/// An alert that was published.
#[derive(Clone, Debug)]
pub(crate) struct Heard {
    /// Its place in the alert stream.
    pub(crate) sequence: u64,
    /// The chain on which it is final.
    pub(crate) chain: ChainPath,
    /// What the chain's state holds.
    pub(crate) record: AlertRecord,
    /// [`AlertRecord::id`].
    pub(crate) id: Digest,
    /// The canonical bytes.
    pub(crate) payload: Bytes,
    /// When this service heard it back from the stream, by the wall.
    pub(crate) at: Millis,
}

impl Heard {
    /// Reads a message of the alert stream; none if it is not an alert in its canonical form on its own subject.
    pub(crate) fn read(message: &Message, at: Millis) -> Option<Self> {
        let (level, chain) = wire::subject::parse_alert(&message.subject)?;
        let stated: AlertPayload = serde_json::from_slice(&message.payload).ok()?;
        let (record, stated_chain) = stated.record()?;
        let canonical = wire::alert::payload(&record, &chain);
        let holds = stated_chain == chain && record.level == level && canonical == message.payload;
        holds.then(|| Heard {
            sequence: message.sequence,
            chain,
            id: record.id(),
            record,
            payload: message.payload.clone(),
            at,
        })
    }

    /// The payload as a value; its bytes were checked when it was read.
    pub(crate) fn view(&self) -> Option<AlertPayload> {
        serde_json::from_slice(&self.payload).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cap::tests::alert;

    fn message(subject: &str, payload: impl Into<Bytes>) -> Message {
        Message { sequence: 7, subject: subject.to_owned(), payload: payload.into(), headers: Vec::new() }
    }

    #[test]
    fn what_wire_makes_is_read_back_whole() {
        let chain = ChainPath::parse("cn").unwrap();
        for state in AlertState::ALL {
            for disease in [None, alert(state).disease] {
                let made = AlertRecord { disease, instruction: String::new(), ..alert(state) };
                let subject = wire::subject::alert(made.level, &chain);
                let heard = Heard::read(&message(&subject, wire::alert::payload(&made, &chain)), Millis(1)).unwrap();
                assert_eq!((heard.record, heard.chain, heard.sequence), (made, chain.clone(), 7));
            }
        }
    }

    #[test]
    fn what_is_not_canonical_or_on_another_subject_is_not_an_alert() {
        let chain = ChainPath::parse("cn").unwrap();
        let payload = wire::alert::payload(&alert(AlertState::Confirmed), &chain);
        let text = String::from_utf8(payload.clone()).unwrap();
        let below = ChainPath::parse("cn.32").unwrap();
        let good = wire::subject::alert(AlertLevel::Orange, &chain);
        assert!(Heard::read(&message(&good, payload.clone()), Millis(1)).is_some());
        let elsewhere = [
            wire::subject::alert(AlertLevel::Red, &chain),
            wire::subject::alert(AlertLevel::Orange, &below),
            wire::subject::blocks(&chain),
        ];
        for subject in elsewhere {
            assert!(Heard::read(&message(&subject, payload.clone()), Millis(1)).is_none(), "{subject}");
        }
        let other_id = Digest::of(b"other").to_string();
        let id = alert(AlertState::Confirmed).id().to_string();
        let changed = [
            text.replace(&id, &other_id),
            text.replace("\"number\":1", "\"number\": 1"),
            text.replace("\"confirmed\"", "\"sure\""),
            text.replace("{\"id\"", "{\"x\":1,\"id\""),
            String::new(),
        ];
        for payload in changed {
            assert_ne!(payload, text);
            assert!(Heard::read(&message(&good, payload.clone()), Millis(1)).is_none(), "{payload}");
        }
    }
}
