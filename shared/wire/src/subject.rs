//! The one list of NATS subjects and streams: `tocsin.<flow>.<what>.<chain path>`.
//!
//! Chain paths, members and levels are names (`domain::chain`), so no part of a subject needs escaping. A subject says
//! where a message was sent, never who sent it.

pub mod rights;

use domain::chain::{ChainPath, Lane};
use domain::event::AlertLevel;
use proof::block::MAX_BLOCK_BYTES;

use crate::area::{self, Area};
use crate::{admission, bundle, cosign};

/// Bytes of headers a message may carry beside its payload: trace context, message id and CloudEvents attributes.
const HEADER_BYTES: usize = 2 * 1024;

/// Bytes of an alert payload: every text at its bound, with room for JSON escapes.
pub const MAX_ALERT_BYTES: usize = 32 * 1024;
/// How long the alert stream remembers: a department that was off for a month reads the ledger instead.
const ALERT_MAX_AGE_S: u64 = 30 * 86_400;

/// How long intake streams remember: longer than any outage a department rides out before it calls someone.
const INTAKE_MAX_AGE_S: u64 = 7 * 86_400;

/// Bundles of a lane.
pub fn intake(lane: Lane, chain: &ChainPath) -> String {
    format!("tocsin.intake.{}.{chain}", lane.name())
}

/// Sealed blocks.
pub fn blocks(chain: &ChainPath) -> String {
    format!("tocsin.block.sealed.{chain}")
}

/// Cosignatures of a member.
pub fn cosign(member: &str, chain: &ChainPath) -> String {
    format!("tocsin.cosign.{member}.{chain}")
}

/// Admission at a member's endorsement node.
pub fn admit(member: &str, chain: &ChainPath) -> String {
    format!("tocsin.admit.{member}.{chain}")
}

/// Questions to a member's ledger node.
pub fn ledger(member: &str, chain: &ChainPath) -> String {
    format!("tocsin.ledger.{member}.{chain}")
}

/// Questions of a member's services to its service of an area.
pub fn area(area: Area, member: &str, chain: &ChainPath) -> String {
    format!("tocsin.area.{}.{member}.{chain}", area.name())
}

/// Alerts of a level at a chain.
pub fn alert(level: AlertLevel, chain: &ChainPath) -> String {
    format!("tocsin.alert.{}.{chain}", level.name())
}

/// Filters that together match every alert of `level` and above at `chain` and all chains below.
pub fn alerts_from(level: AlertLevel, chain: &ChainPath) -> Vec<String> {
    let levels = AlertLevel::ALL.into_iter().filter(|each| *each >= level);
    levels.flat_map(|each| [alert(each, chain), format!("{}.>", alert(each, chain))]).collect()
}

/// The level and chain of an alert's subject.
pub fn parse_alert(subject: &str) -> Option<(AlertLevel, ChainPath)> {
    let (level, chain) = subject.strip_prefix("tocsin.alert.")?.split_once('.')?;
    Some((AlertLevel::parse(level)?, ChainPath::parse(chain)?))
}

/// A stream as `bus` must create it: discard new, one replica unless deployed otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamSpec {
    /// Its name; chain paths with `_` for `.`, which no path holds.
    pub name: String,
    /// What it stores.
    pub subjects: Vec<String>,
    /// In memory, because every message in it can be sent again by who made it.
    pub memory: bool,
    /// Messages kept per subject; all when `None`.
    pub max_per_subject: Option<i64>,
    /// Payload and headers of one message.
    pub max_message_bytes: i32,
    /// Bytes kept; as many as the disk holds when `None`.
    pub max_bytes: Option<i64>,
    /// Seconds kept; for ever (until trimmed by name) when `None`.
    pub max_age_s: Option<u64>,
}

/// The intake stream of a lane. What ages out of it is in a block, or is sent again from its endorsement node's register.
pub fn intake_stream(lane: Lane, chain: &ChainPath) -> StreamSpec {
    StreamSpec {
        max_age_s: Some(INTAKE_MAX_AGE_S),
        ..durable(format!("intake-{}-{}", lane.name(), flat(chain)), intake(lane, chain), bundle::MAX_MESSAGE_BYTES)
    }
}

/// The block stream.
pub fn block_stream(chain: &ChainPath) -> StreamSpec {
    durable(format!("block-{}", flat(chain)), blocks(chain), MAX_BLOCK_BYTES)
}

/// The cosign stream: the last message of each member, in memory; ledgers store and re-send their own.
pub fn cosign_stream(chain: &ChainPath) -> StreamSpec {
    StreamSpec {
        memory: true,
        max_per_subject: Some(1),
        ..durable(format!("cosign-{}", flat(chain)), cosign("*", chain), cosign::MAX_MESSAGE_BYTES)
    }
}

/// The one alert stream of the platform.
pub fn alert_stream() -> StreamSpec {
    StreamSpec {
        max_age_s: Some(ALERT_MAX_AGE_S),
        ..durable("alerts".to_owned(), "tocsin.alert.>".to_owned(), MAX_ALERT_BYTES)
    }
}

fn durable(name: String, subject: String, payload_bytes: usize) -> StreamSpec {
    StreamSpec {
        name,
        subjects: vec![subject],
        memory: false,
        max_per_subject: None,
        max_message_bytes: i32::try_from(payload_bytes + HEADER_BYTES).unwrap_or(i32::MAX),
        max_bytes: None,
        max_age_s: None,
    }
}

fn flat(chain: &ChainPath) -> String {
    chain.as_str().replace('.', "_")
}

/// The pattern of [`alert`].
const ALERT: &str = "tocsin.alert.{level}.{chain}";

/// A row for AsyncAPI and the documentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Described {
    /// The subject with `{placeholders}`.
    pub pattern: &'static str,
    /// What it is for.
    pub purpose: &'static str,
    /// What a message is.
    pub payload: &'static str,
    /// The largest payload in bytes.
    pub max_bytes: usize,
    /// Whether a stream stores it; else it is request-reply.
    pub stored: bool,
}

impl Described {
    /// Whether its messages are alerts: the one row that departments outside the chain listen to.
    pub fn is_alert(&self) -> bool {
        self.pattern == ALERT
    }
}

/// Every subject there is.
pub const ALL: &[Described] = &[
    Described {
        pattern: "tocsin.intake.{lane}.{chain}",
        purpose: "bundles of admitted events, durable before their receipts are given",
        payload: "signed envelope of tocsin.endorsement.v1.Bundle",
        max_bytes: bundle::MAX_MESSAGE_BYTES,
        stored: true,
    },
    Described {
        pattern: "tocsin.block.sealed.{chain}",
        purpose: "sealed blocks, hash-linked, fenced by compare-and-set",
        payload: "block: header, signature, whole bundles",
        max_bytes: MAX_BLOCK_BYTES,
        stored: true,
    },
    Described {
        pattern: "tocsin.cosign.{member}.{chain}",
        purpose: "checkpoints a ledger has validated and fsynced; the last message per member is kept",
        payload: "tocsin.ledger.v1.CosignNote",
        max_bytes: cosign::MAX_MESSAGE_BYTES,
        stored: true,
    },
    Described {
        pattern: "tocsin.admit.{member}.{chain}",
        purpose: "request-reply: signed events for receipts or signed refusals",
        payload: "tocsin.endorsement.v1.AdmitRequest, answered by AdmitReply",
        max_bytes: admission::MAX_MESSAGE_BYTES,
        stored: false,
    },
    Described {
        pattern: "tocsin.ledger.{member}.{chain}",
        purpose: "request-reply: questions to a member's ledger",
        payload: "tocsin.ledger.v1.Request, answered by Reply",
        max_bytes: crate::ledger::MAX_MESSAGE_BYTES,
        stored: false,
    },
    Described {
        pattern: "tocsin.area.{area}.{member}.{chain}",
        purpose: "request-reply: what a member's services ask its service of an area (forecasting, medical-resources)",
        payload: "tocsin.forecasting.v1.Question or tocsin.medical_resources.v1.Question, answered by Answer",
        max_bytes: area::MAX_MESSAGE_BYTES,
        stored: false,
    },
    Described {
        pattern: ALERT,
        purpose: "final (or marked provisional) warnings and directives at a chain, its own and raised ones",
        payload: "alert as canonical JSON with CloudEvents attributes in the headers",
        max_bytes: MAX_ALERT_BYTES,
        stored: true,
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn path(text: &str) -> ChainPath {
        ChainPath::parse(text).unwrap()
    }

    /// A pattern of the list with its placeholders filled.
    pub(super) fn filled(pattern: &str) -> String {
        pattern
            .replace("{lane}", "high")
            .replace("{area}", "forecasting")
            .replace("{chain}", "cn.32")
            .replace("{member}", "nanjing-cdc")
            .replace("{level}", "red")
    }

    #[test]
    fn the_list_and_the_functions_agree() {
        let chain = path("cn.32");
        let made = [
            intake(Lane::High, &chain),
            blocks(&chain),
            cosign("nanjing-cdc", &chain),
            admit("nanjing-cdc", &chain),
            ledger("nanjing-cdc", &chain),
            super::area(Area::Forecasting, "nanjing-cdc", &chain),
            alert(AlertLevel::Red, &chain),
        ];
        assert_eq!(ALL.iter().map(|row| filled(row.pattern)).collect::<Vec<_>>(), made);
        let list = ALL.iter().map(|row| format!("{} | {} | {}", row.pattern, row.payload, row.max_bytes));
        crate::golden::check("subjects.txt", &list.collect::<Vec<_>>().join("\n"));
    }

    /// Whether a NATS filter matches a subject.
    pub(super) fn matches(filter: &str, subject: &str) -> bool {
        let (mut filter, mut subject) = (filter.split('.'), subject.split('.'));
        loop {
            match (filter.next(), subject.next()) {
                (Some(">"), Some(_)) | (None, None) => return true,
                (Some(wanted), Some(token)) if wanted == "*" || wanted == token => {}
                _ => return false,
            }
        }
    }

    #[test]
    fn every_stored_subject_is_in_exactly_one_stream() {
        let chains = [path("cn"), path("cn.32"), path("cn.32.01")];
        let mut streams = vec![alert_stream()];
        let mut subjects = Vec::new();
        for chain in &chains {
            streams.extend([block_stream(chain), cosign_stream(chain)]);
            streams.extend(Lane::ALL.map(|lane| intake_stream(lane, chain)));
            subjects.extend([blocks(chain), cosign("a", chain), alert(AlertLevel::Blue, chain)]);
            subjects.extend(Lane::ALL.map(|lane| intake(lane, chain)));
        }
        let names = streams.iter().map(|stream| &stream.name).collect::<std::collections::BTreeSet<_>>();
        assert_eq!(names.len(), streams.len());
        assert!(names.iter().all(|name| name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')));
        for subject in subjects {
            let held = streams.iter().filter(|stream| stream.subjects.iter().any(|filter| matches(filter, &subject)));
            assert_eq!(held.count(), 1, "{subject}");
        }
    }

    #[test]
    fn an_alert_filter_takes_the_chain_and_below_at_the_level_and_above() {
        let filters = alerts_from(AlertLevel::Orange, &path("cn.32"));
        let heard = |level, chain: &str| {
            let subject = alert(level, &path(chain));
            filters.iter().filter(|filter| matches(filter, &subject)).count()
        };
        assert_eq!(heard(AlertLevel::Orange, "cn.32"), 1);
        assert_eq!(heard(AlertLevel::Red, "cn.32.01"), 1);
        assert_eq!(heard(AlertLevel::Yellow, "cn.32"), 0);
        assert_eq!(heard(AlertLevel::Red, "cn.33"), 0);
        assert_eq!(heard(AlertLevel::Red, "cn"), 0);
        assert_eq!(parse_alert("tocsin.alert.red.cn.32.01"), Some((AlertLevel::Red, path("cn.32.01"))));
        for other in ["tocsin.alert.pink.cn", "tocsin.alert.red", "tocsin.intake.urgent.cn", "tocsin.alert.red.cn..x"] {
            assert_eq!(parse_alert(other), None, "{other}");
        }
    }
}
