//! An alert as it came out of the stream, read back into the record it was made of.
//!
//! The stream is a place where others may write, so a payload counts only if it is, byte for byte, what `wire::alert`
//! makes of the record it states, on the subject of its level and chain. It proves nothing beyond that: who must be sure
//! asks for the proof of the leaf it names.

use std::collections::BTreeMap;

use bus::Message;
use bytes::Bytes;
use domain::alert::{AlertKind, AlertRecord, AlertState, Superseded};
use domain::chain::ChainPath;
use domain::event::{AlertLevel, Basis, Ground};
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
    /// `cluster`, `warning`, `directive`, `escalation`, `silence`, `misbehaviour`, `discrepancy` or `idle-stock`.
    pub(crate) kind: String,
    /// The chain on which it is final.
    pub(crate) chain: String,
    /// Its running number on that chain, from 1.
    pub(crate) number: u64,
    /// The leaf of that chain's log that rang it.
    pub(crate) leaf_index: u64,
    /// The chain on which it arose.
    pub(crate) origin: String,
    /// The event it comes from. What the rules ring without one (`silence`, `idle-stock`) has a name of its own here that no
    /// event has; `events` says what it follows from.
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
    /// The detector or rule of a computed warning; left out when a person warns.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) rule: String,
    /// What a computed warning stands on: with it, the log of `origin` and the code, anybody computes the level again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ground: Option<AlertGround>,
    /// The measure of a directive, such as `reserve-stock`; left out when a person worded it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) measure: String,
    /// Events of `origin` it follows from, and the lifting that ended it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) events: Vec<String>,
    /// The alert that this one replaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) supersedes: Option<AlertSuperseded>,
}

/// What a computed warning stands on.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AlertGround {
    /// The log that was read.
    pub(crate) basis: AlertBasis,
    /// SHA-256 over everything but the log that the level follows from.
    pub(crate) model: String,
    /// SHA-256 of the rule file.
    pub(crate) rules: String,
    /// What the rule saw, by name.
    pub(crate) values: BTreeMap<String, i64>,
}

/// A log at a size.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AlertBasis {
    /// Its leaves.
    pub(crate) size: u64,
    /// Its RFC 6962 root, 64 hex digits.
    pub(crate) root: String,
}

/// An alert that a later one replaces.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AlertSuperseded {
    /// Its id.
    pub(crate) id: String,
    /// When it was sent.
    pub(crate) sent_at: String,
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
            rule: self.rule.clone(),
            ground: match &self.ground {
                Some(ground) => Some(ground.value()?),
                None => None,
            },
            measure: self.measure.clone(),
            events: self.events.iter().map(|event| Digest::parse(event)).collect::<Option<_>>()?,
            supersedes: match &self.supersedes {
                Some(one) => Some(Superseded { id: Digest::parse(&one.id)?, sent_at: Millis::parse(&one.sent_at)? }),
                None => None,
            },
        };
        Some((record, ChainPath::parse(&self.chain)?))
    }
}

impl AlertGround {
    fn value(&self) -> Option<Ground> {
        Some(Ground {
            basis: Basis { size: self.basis.size, root: Digest::parse(&self.basis.root)? },
            model: Digest::parse(&self.model)?,
            rules: Digest::parse(&self.rules)?,
            values: self.values.clone().into_iter().collect(),
        })
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
    use crate::cap::tests::{alert, warning};

    fn message(subject: &str, payload: impl Into<Bytes>) -> Message {
        Message { sequence: 7, subject: subject.to_owned(), payload: payload.into(), headers: Vec::new() }
    }

    #[test]
    fn what_wire_makes_is_read_back_whole() {
        let chain = ChainPath::parse("cn").unwrap();
        for state in AlertState::ALL {
            let bare = AlertRecord { disease: None, instruction: String::new(), ..alert(state) };
            for made in [bare, alert(state), warning(state)] {
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
        let whole = String::from_utf8(wire::alert::payload(&warning(AlertState::Confirmed), &chain)).unwrap();
        for changed in [
            whole.replace("\"n7\":21,\"rt_milli\":-3", "\"rt_milli\":-3,\"n7\":21"),
            whole.replace("\"size\":4711", "\"size\":4711,\"sise\":1"),
            whole.replace(&Digest::of(b"root").to_string(), "none"),
        ] {
            assert_ne!(changed, whole);
            assert!(Heard::read(&message(&good, changed.clone()), Millis(1)).is_none(), "{changed}");
        }
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
