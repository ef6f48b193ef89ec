//! An alert as CAP 1.2 (OASIS Common Alerting Protocol, July 2010): what sirens, broadcasters and national hubs take.
//!
//! Pure. `status` is the deployment's to say: `Exercise` in the demo, so that nobody mistakes a play for an emergency.

use domain::alert::{AlertKind, AlertRecord, AlertState};
use domain::chain::ChainPath;
use domain::event::AlertLevel;
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

/// The CAP 1.2 document of an alert as it stands on `chain`. `earlier` is the same event's alert in an earlier state, if
/// there was one: CAP calls the later one its update or cancellation, and wants to know which it was.
pub fn render(
    alert: &AlertRecord,
    earlier: Option<&AlertRecord>,
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
    xml.leaf("sent", &cap_time(alert))?;
    xml.leaf("status", status.name())?;
    xml.leaf("msgType", message_type(alert, earlier))?;
    xml.leaf("source", &format!("tocsin:{chain}"))?;
    xml.leaf("scope", "Public")?;
    if status == Status::Exercise {
        xml.leaf("note", "Exercise: this is no emergency.")?;
    }
    if let Some(references) = references(alert, earlier) {
        xml.leaf("references", &references)?;
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
    for (name, value) in [
        ("tocsin-level", alert.level.name().to_owned()),
        ("tocsin-state", alert.state.name().to_owned()),
        ("tocsin-event", alert.event.to_string()),
    ] {
        xml.open("parameter")?;
        xml.leaf("valueName", name)?;
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

/// CAP wants whole seconds and an offset in digits, never `Z`.
fn cap_time(alert: &AlertRecord) -> String {
    let whole = domain::time::Millis(alert.sent_at.seconds() * 1000).to_string();
    format!("{}-00:00", whole.trim_end_matches('Z'))
}

fn message_type(alert: &AlertRecord, earlier: Option<&AlertRecord>) -> &'static str {
    match (alert.state, earlier) {
        (AlertState::Cancelled, _) => "Cancel",
        (_, Some(_)) => "Update",
        (_, None) => "Alert",
    }
}

/// `sender,identifier,sent` of the earlier one. A cancellation must name what it cancels, which can only be the
/// provisional alert: when that one is not kept any more its identifier is still known, and the cancellation's own time
/// stands in for its time.
fn references(alert: &AlertRecord, earlier: Option<&AlertRecord>) -> Option<String> {
    let presumed = AlertRecord { state: AlertState::Provisional, ..alert.clone() };
    let earlier = earlier.or((alert.state == AlertState::Cancelled).then_some(&presumed))?;
    Some(format!("tocsin:{},{},{}", earlier.origin, earlier.id(), cap_time(earlier)))
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
    }
}

fn response_type(alert: &AlertRecord) -> &'static str {
    match (alert.state, alert.kind) {
        (AlertState::Cancelled, _) => "AllClear",
        (_, AlertKind::Directive) => "Execute",
        (_, AlertKind::Warning) => "Prepare",
        (_, AlertKind::Misbehaviour) => "Assess",
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
pub(crate) mod tests {
    use domain::event::Disease;
    use domain::time::Millis;
    use proof::digest::Digest;

    use super::*;

    /// An alert in a state; each state an hour after the one before.
    pub(crate) fn alert(state: AlertState) -> AlertRecord {
        let hours = AlertState::ALL.into_iter().filter(|each| *each < state).count() as u64;
        AlertRecord {
            number: 1,
            event: Digest::of(b"event"),
            origin: ChainPath::parse("cn.32.01").unwrap(),
            state,
            level: AlertLevel::Orange,
            kind: AlertKind::Cluster,
            disease: Some(Disease { code: "U07.1".into(), name: "COVID-19".into() }),
            region: "320100".into(),
            headline: "Nine positives <at> the airport & more".into(),
            instruction: "Test \"everyone\".".into(),
            sent_at: Millis::parse("2021-07-20T11:30:00.250Z").unwrap().plus_ms(hours * 3_600_000),
            leaf_index: 3,
            rule: String::new(),
            ground: None,
            measure: String::new(),
            events: Vec::new(),
            supersedes: None,
        }
    }

    fn read(alert: &AlertRecord, earlier: Option<&AlertRecord>) -> (String, oasiscap::v1dot2::Alert) {
        let chain = ChainPath::parse("cn").unwrap();
        let text = render(alert, earlier, &chain, Status::Exercise).unwrap();
        let read = text.parse().unwrap_or_else(|error| panic!("{:?}: {error}\n{text}", alert.state));
        let oasiscap::Alert::V1dot2(read) = read else { panic!("not CAP 1.2") };
        (text, read)
    }

    #[test]
    fn an_independent_reader_of_cap_takes_every_state_and_reads_the_same() {
        for state in AlertState::ALL {
            let (text, read) = read(&alert(state), None);
            assert_eq!(read.identifier.as_str(), alert(state).id().to_string());
            assert_eq!(read.info[0].headline.as_deref(), Some("Nine positives <at> the airport & more"));
            assert_eq!(read.status, oasiscap::v1dot2::Status::Exercise);
            assert!(text.contains("-00:00</sent>") && !text.contains("Z</sent>"), "{text}");
        }
        assert!(read(&alert(AlertState::Provisional), None).0.contains("<sent>2021-07-20T11:30:00-00:00</sent>"));
    }

    #[test]
    fn a_later_state_refers_to_the_earlier_one_with_its_own_time() {
        let first = alert(AlertState::Provisional);
        let reference = format!("<references>tocsin:cn.32.01,{},2021-07-20T11:30:00-00:00</references>", first.id());
        assert!(!read(&first, None).0.contains("references"));
        for (state, kind) in [(AlertState::Confirmed, "Update"), (AlertState::Cancelled, "Cancel")] {
            let (text, _) = read(&alert(state), Some(&first));
            assert!(text.contains(&reference), "{text}");
            assert!(text.contains(&format!("<msgType>{kind}</msgType>")), "{text}");
        }
        assert!(read(&alert(AlertState::Confirmed), None).0.contains("<msgType>Alert</msgType>"));
        // What it cancels is named also when it is not kept any more.
        assert!(read(&alert(AlertState::Cancelled), None).0.contains(&format!("tocsin:cn.32.01,{},", first.id())));
    }

    #[test]
    fn the_language_is_that_of_the_headline() {
        let chinese =
            AlertRecord { headline: "禄口机场疑似聚集性疫情".into(), ..alert(AlertState::Confirmed) };
        assert!(read(&chinese, None).0.contains("<language>zh-CN</language>"));
        assert!(read(&alert(AlertState::Confirmed), None).0.contains("<language>en</language>"));
    }
}
