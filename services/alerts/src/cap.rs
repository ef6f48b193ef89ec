//! An alert as CAP 1.2 (OASIS Common Alerting Protocol, July 2010): what sirens, broadcasters and national hubs take.
//!
//! Pure. `status` is the deployment's to say: `Exercise` in the demo, so that nobody mistakes a play for an emergency.

use domain::alert::{AlertKind, AlertRecord, AlertState, alert_id};
use domain::chain::ChainPath;
use domain::event::AlertLevel;
use domain::time::Millis;
use proof::digest::Digest;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

/// What an alert counts as outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Act on it.
    Actual,
    /// A drill.
    Exercise,
}

impl Status {
    /// The CAP word.
    pub fn name(self) -> &'static str {
        match self {
            Status::Actual => "Actual",
            Status::Exercise => "Exercise",
        }
    }
}

/// The CAP 1.2 document of an alert as it stands on `chain`. `earlier` are the same event's alerts in earlier states, as far
/// as they are known: CAP calls the later one their update or cancellation, and wants to know which they were.
pub fn render(
    alert: &AlertRecord,
    earlier: &[&AlertRecord],
    chain: &ChainPath,
    status: Status,
) -> std::io::Result<String> {
    let mut xml = Xml(Writer::new_with_indent(Vec::new(), b' ', 2));
    xml.0.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let mut root = BytesStart::new("alert");
    root.push_attribute(("xmlns", "urn:oasis:names:tc:emergency:cap:1.2"));
    xml.0.write_event(Event::Start(root))?;
    xml.leaf("identifier", &alert.id().to_string())?;
    xml.leaf("sender", &format!("tocsin:{}", alert.origin))?;
    xml.leaf("sent", &cap_time(alert.sent_at))?;
    xml.leaf("status", status.name())?;
    xml.leaf("msgType", message_type(alert, earlier))?;
    xml.leaf("source", &format!("tocsin:{chain}"))?;
    xml.leaf("scope", "Public")?;
    if status == Status::Exercise {
        xml.leaf("note", "Exercise: this is no emergency.")?;
    }
    let references = references(alert, earlier);
    if !references.is_empty() {
        xml.leaf("references", &references.join(" "))?;
    }
    xml.open("info")?;
    xml.leaf("language", language(&alert.headline))?;
    xml.leaf("category", "Health")?;
    xml.leaf("event", event_name(alert))?;
    xml.leaf("responseType", response_type(alert))?;
    xml.leaf("urgency", if alert.state == AlertState::Cancelled { "Past" } else { "Immediate" })?;
    xml.leaf("severity", severity(alert.level))?;
    xml.leaf("certainty", certainty(alert.state))?;
    if let Some(disease) = &alert.disease {
        xml.open("eventCode")?;
        xml.leaf("valueName", "ICD-10")?;
        xml.leaf("value", &disease.code)?;
        xml.close("eventCode")?;
    }
    xml.leaf("headline", &alert.headline)?;
    if !alert.instruction.is_empty() {
        xml.leaf("instruction", &alert.instruction)?;
    }
    for (name, value) in parameters(alert) {
        xml.open("parameter")?;
        xml.leaf("valueName", &name)?;
        xml.leaf("value", &value)?;
        xml.close("parameter")?;
    }
    xml.open("area")?;
    xml.leaf("areaDesc", &alert.region)?;
    xml.open("geocode")?;
    xml.leaf("valueName", "GB/T 2260")?;
    xml.leaf("value", &alert.region)?;
    xml.close("geocode")?;
    xml.close("area")?;
    xml.close("info")?;
    xml.close("alert")?;
    Ok(String::from_utf8_lossy(&xml.0.into_inner()).into_owned())
}

struct Xml(Writer<Vec<u8>>);

impl Xml {
    fn open(&mut self, name: &str) -> std::io::Result<()> {
        self.0.write_event(Event::Start(BytesStart::new(name)))
    }

    fn close(&mut self, name: &str) -> std::io::Result<()> {
        self.0.write_event(Event::End(BytesEnd::new(name)))
    }

    fn leaf(&mut self, name: &str, text: &str) -> std::io::Result<()> {
        self.open(name)?;
        self.0.write_event(Event::Text(BytesText::new(text)))?;
        self.close(name)
    }
}

/// What CAP has no element for. The checkpoint, the event and its causes are of the log of the alert's origin.
fn parameters(alert: &AlertRecord) -> Vec<(String, String)> {
    let mut all = vec![
        ("tocsin-level", alert.level.name().to_owned()),
        ("tocsin-state", alert.state.name().to_owned()),
        ("tocsin-event", alert.event.to_string()),
    ];
    let stated = [("tocsin-rule", &alert.rule), ("tocsin-measure", &alert.measure)];
    all.extend(stated.into_iter().filter(|(_, text)| !text.is_empty()).map(|(name, text)| (name, text.clone())));
    if let Some(ground) = &alert.ground {
        all.push(("tocsin-checkpoint", format!("{}:{}", ground.basis.size, ground.basis.root)));
        all.push(("tocsin-model", ground.model.to_string()));
        all.push(("tocsin-rules", ground.rules.to_string()));
    }
    all.extend(alert.events.iter().map(|cause| ("tocsin-cause", cause.to_string())));
    let values = alert.ground.iter().flat_map(|ground| &ground.values);
    let values = values.map(|(name, value)| (format!("tocsin-value-{name}"), value.to_string()));
    all.into_iter().map(|(name, value)| (name.to_owned(), value)).chain(values).collect()
}

/// CAP wants whole seconds and an offset in digits, never `Z`.
fn cap_time(at: Millis) -> String {
    let whole = Millis(at.seconds() * 1000).to_string();
    format!("{}-00:00", whole.trim_end_matches('Z'))
}

fn message_type(alert: &AlertRecord, earlier: &[&AlertRecord]) -> &'static str {
    match alert.state {
        AlertState::Cancelled => "Cancel",
        _ if !earlier.is_empty() || alert.supersedes.is_some() => "Update",
        _ => "Alert",
    }
}

/// `sender,identifier,sent` of each message it updates or cancels: the earlier states of the same alert, and the alert it
/// replaces, which a cancellation does not bring back. A cancellation must name what it cancels: when no earlier state is
/// kept any more, the identifiers of both there may have been are still known, and its own time stands in for theirs. A
/// reader passes over one it never had.
fn references(alert: &AlertRecord, earlier: &[&AlertRecord]) -> Vec<String> {
    let reference = |id: &Digest, at| format!("tocsin:{},{id},{}", alert.origin, cap_time(at));
    let mut all = earlier.iter().map(|record| reference(&record.id(), record.sent_at)).collect::<Vec<_>>();
    if alert.state != AlertState::Cancelled {
        all.extend(alert.supersedes.iter().map(|replaced| reference(&replaced.id, replaced.sent_at)));
    } else if earlier.is_empty() {
        let presumed = [AlertState::Provisional, AlertState::Confirmed];
        all.extend(presumed.map(|state| reference(&alert_id(&alert.event, state), alert.sent_at)));
    }
    all
}

/// The language of the texts by their script: members write Chinese or English, and an alert does not say which.
fn language(headline: &str) -> &'static str {
    let chinese = |letter: char| ('\u{3400}'..='\u{9fff}').contains(&letter);
    if headline.chars().any(chinese) { "zh-CN" } else { "en" }
}

fn event_name(alert: &AlertRecord) -> &'static str {
    match alert.kind {
        AlertKind::Cluster => "Suspected disease cluster",
        AlertKind::Warning => "Public health warning",
        AlertKind::Directive => "Public health directive",
        AlertKind::Escalation => "Undecided report",
        AlertKind::Silence => "Silent jurisdiction",
        AlertKind::Misbehaviour => "Proven misbehaviour of ledger nodes",
        AlertKind::Discrepancy => "Discrepancy in a hand-over",
        AlertKind::IdleStock => "Idle stock while a hospital is short",
    }
}

fn response_type(alert: &AlertRecord) -> &'static str {
    match (alert.state, alert.kind) {
        (AlertState::Cancelled, _) => "AllClear",
        (_, AlertKind::Directive) => "Execute",
        (_, AlertKind::Warning) => "Prepare",
        (_, AlertKind::Misbehaviour | AlertKind::Discrepancy | AlertKind::IdleStock) => "Assess",
        (_, AlertKind::Cluster | AlertKind::Escalation | AlertKind::Silence) => "Monitor",
    }
}

fn severity(level: AlertLevel) -> &'static str {
    match level {
        AlertLevel::Blue => "Minor",
        AlertLevel::Yellow => "Moderate",
        AlertLevel::Orange => "Severe",
        AlertLevel::Red => "Extreme",
    }
}

fn certainty(state: AlertState) -> &'static str {
    match state {
        AlertState::Provisional => "Possible",
        AlertState::Confirmed => "Observed",
        AlertState::Cancelled => "Unlikely",
    }
}

#[cfg(test)]
pub(crate) mod tests;
