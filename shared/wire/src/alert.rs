//! Alerts as they leave the platform: one JSON payload, the same bytes from every ledger, with CloudEvents 1.0 attributes
//! in NATS headers (binary mode of the NATS protocol binding).
//!
//! A subscriber deduplicates by `ce-id`, which an alert keeps on every chain it rises to, and believes the proof of the
//! leaf named in the payload, not the subject.

use std::collections::BTreeMap;

use domain::alert::AlertRecord;
use domain::chain::ChainPath;
use domain::event::{self, EventId};
use serde::Serialize;

/// Field order is the order of the bytes.
#[derive(Serialize)]
struct Payload<'a> {
    id: String,
    state: &'static str,
    level: &'static str,
    kind: &'static str,
    chain: &'a str,
    number: u64,
    leaf_index: u64,
    origin: &'a str,
    event: String,
    sent_at: String,
    region: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    disease: Option<Disease<'a>>,
    headline: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    instruction: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    rule: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    ground: Option<Ground>,
    #[serde(skip_serializing_if = "str::is_empty")]
    measure: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    events: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    supersedes: Option<Superseded>,
}

#[derive(Serialize)]
struct Disease<'a> {
    code: &'a str,
    name: &'a str,
}

#[derive(Serialize)]
struct Ground {
    basis: Basis,
    model: String,
    rules: String,
    values: BTreeMap<String, i64>,
}

#[derive(Serialize)]
struct Basis {
    size: u64,
    root: String,
}

#[derive(Serialize)]
struct Superseded {
    id: String,
    sent_at: String,
}

fn ground(ground: &event::Ground) -> Ground {
    Ground {
        basis: Basis { size: ground.basis.size, root: ground.basis.root.to_string() },
        model: ground.model.to_string(),
        rules: ground.rules.to_string(),
        values: ground.values.iter().cloned().collect(),
    }
}

fn of<'a>(alert: &'a AlertRecord, chain: &'a ChainPath) -> Payload<'a> {
    Payload {
        id: alert.id().to_string(),
        state: alert.state.name(),
        level: alert.level.name(),
        kind: alert.kind.name(),
        chain: chain.as_str(),
        number: alert.number,
        leaf_index: alert.leaf_index,
        origin: alert.origin.as_str(),
        event: alert.event.to_string(),
        sent_at: alert.sent_at.to_string(),
        region: &alert.region,
        disease: alert.disease.as_ref().map(|disease| Disease { code: &disease.code, name: &disease.name }),
        headline: &alert.headline,
        instruction: &alert.instruction,
        rule: &alert.rule,
        ground: alert.ground.as_ref().map(ground),
        measure: &alert.measure,
        events: alert.events.iter().map(EventId::to_string).collect(),
        supersedes: alert
            .supersedes
            .as_ref()
            .map(|one| Superseded { id: one.id.to_string(), sent_at: one.sent_at.to_string() }),
    }
}

/// The payload of an alert on `chain`.
pub fn payload(alert: &AlertRecord, chain: &ChainPath) -> Vec<u8> {
    // Texts and numbers only: there is nothing in it that JSON cannot hold.
    serde_json::to_vec(&of(alert, chain)).unwrap_or_default()
}

/// The CloudEvents type of an alert. It names a thing and goes nowhere: it is not a subject.
pub const TYPE: &str = "tocsin.alert.<kind>";

/// CloudEvents attributes as NATS headers.
pub fn headers(alert: &AlertRecord, chain: &ChainPath) -> Vec<(String, String)> {
    [
        ("ce-specversion", "1.0".to_owned()),
        ("ce-id", alert.id().to_string()),
        ("ce-type", TYPE.replace("<kind>", alert.kind.name())),
        ("ce-source", format!("/v1/chains/{chain}")),
        ("ce-subject", alert.region.clone()),
        ("ce-time", alert.sent_at.to_string()),
        ("ce-alertlevel", alert.level.name().to_owned()),
        ("ce-alertstate", alert.state.name().to_owned()),
        ("content-type", "application/json".to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

/// The id JetStream deduplicates by. An alert has one `ce-id` on all chains, but is a message of its own on each.
pub fn message_id(alert: &AlertRecord, chain: &ChainPath) -> String {
    format!("{}@{chain}", alert.id())
}

#[cfg(test)]
mod tests {
    use domain::alert::{AlertKind, AlertState, Superseded};
    use domain::event::{AlertLevel, Basis, Disease, Ground};
    use domain::time::Millis;
    use proof::digest::Digest;

    use super::{AlertRecord, ChainPath, headers, message_id, payload};

    fn alert() -> AlertRecord {
        AlertRecord {
            number: 7,
            event: Digest([3; 32]),
            origin: ChainPath::parse("cn.32.01").unwrap(),
            state: AlertState::Provisional,
            level: AlertLevel::Yellow,
            kind: AlertKind::Cluster,
            disease: Some(Disease { code: "U07.1".into(), name: "COVID-19".into() }),
            region: "320100".into(),
            headline: "nine positives at Lukou airport".into(),
            instruction: String::new(),
            sent_at: Millis(1_626_805_800_000),
            leaf_index: 41,
            rule: String::new(),
            ground: None,
            measure: String::new(),
            events: Vec::new(),
            supersedes: None,
        }
    }

    /// A warning with every field there is.
    fn warning() -> AlertRecord {
        AlertRecord {
            kind: AlertKind::Warning,
            instruction: "Report every case today.".into(),
            rule: "doubling".into(),
            ground: Some(Ground {
                basis: Basis { size: 4711, root: Digest([3; 32]) },
                model: Digest([8; 32]),
                rules: Digest([4; 32]),
                values: vec![("n7".into(), 21), ("rt_milli".into(), -1)],
            }),
            measure: "notify".into(),
            events: vec![Digest([5; 32]), Digest([6; 32])],
            supersedes: Some(Superseded { id: Digest([7; 32]), sent_at: Millis(1_626_805_800_000) }),
            ..alert()
        }
    }

    #[test]
    fn payload_and_headers_are_the_golden_bytes() {
        let chain = ChainPath::parse("cn.32").unwrap();
        let mut text = String::from_utf8(payload(&alert(), &chain)).unwrap();
        for (name, value) in headers(&alert(), &chain) {
            text.push_str(&format!("\n{name}: {value}"));
        }
        crate::golden::check("alert.txt", &text);
        crate::golden::check("warning.json", &String::from_utf8(payload(&warning(), &chain)).unwrap());
    }

    #[test]
    fn an_alert_keeps_its_id_on_every_chain_but_is_a_message_on_each() {
        let (city, nation) = (ChainPath::parse("cn.32.01").unwrap(), ChainPath::parse("cn").unwrap());
        let raised = AlertRecord { number: 1, leaf_index: 2, ..alert() };
        assert_eq!(raised.id(), alert().id());
        assert_ne!(message_id(&raised, &nation), message_id(&alert(), &city));
        let confirmed = AlertRecord { state: AlertState::Confirmed, ..alert() };
        assert_ne!(confirmed.id(), alert().id());
    }
}
