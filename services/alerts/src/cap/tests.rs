//! CAP as an independent reader has it.

use domain::alert::Superseded;
use domain::event::{Basis, Disease, Ground};
use oasiscap::v1dot2::MessageType;

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

/// One with every field there is: a computed warning that replaces an earlier one, and, as no single alert has both, a
/// measure.
pub(crate) fn warning(state: AlertState) -> AlertRecord {
    AlertRecord {
        kind: AlertKind::Warning,
        rule: "doubling".into(),
        ground: Some(Ground {
            basis: Basis { size: 4711, root: Digest::of(b"root") },
            model: Digest::of(b"model"),
            rules: Digest::of(b"rules"),
            values: vec![("n7".into(), 21), ("rt_milli".into(), -3)],
        }),
        measure: "notify".into(),
        events: vec![Digest::of(b"one cause"), Digest::of(b"another")],
        supersedes: Some(Superseded {
            id: Digest::of(b"earlier"),
            sent_at: Millis::parse("2021-07-19T08:00:00Z").unwrap(),
        }),
        ..alert(state)
    }
}

fn read(alert: &AlertRecord, earlier: &[&AlertRecord]) -> (String, oasiscap::v1dot2::Alert) {
    let chain = ChainPath::parse("cn").unwrap();
    let text = render(alert, earlier, &chain, Status::Exercise).unwrap();
    let read = text.parse().unwrap_or_else(|error| panic!("{:?}: {error}\n{text}", alert.state));
    let oasiscap::Alert::V1dot2(read) = read else { panic!("not CAP 1.2") };
    (text, read)
}

/// The type and the references that the reader finds: `sender,identifier,sent`.
fn refers(alert: &AlertRecord, earlier: &[&AlertRecord]) -> (MessageType, Vec<String>) {
    let (_, read) = read(alert, earlier);
    let references = read.references.iter().flatten().map(ToString::to_string);
    (read.message_type, references.collect())
}

#[test]
fn an_independent_reader_of_cap_takes_every_state_and_reads_the_same() {
    for state in AlertState::ALL {
        for made in [alert(state), warning(state)] {
            let (text, read) = read(&made, &[]);
            assert_eq!(read.identifier.as_str(), made.id().to_string());
            assert_eq!(read.info[0].headline.as_deref(), Some("Nine positives <at> the airport & more"));
            assert_eq!(read.status, oasiscap::v1dot2::Status::Exercise);
            assert!(text.contains("-00:00</sent>") && !text.contains("Z</sent>"), "{text}");
        }
    }
    assert!(read(&alert(AlertState::Provisional), &[]).0.contains("<sent>2021-07-20T11:30:00-00:00</sent>"));
}

#[test]
fn what_a_warning_stands_on_is_read_from_its_parameters() {
    let made = warning(AlertState::Confirmed);
    let parameters = read(&made, &[]).1.info.remove(0).parameters;
    let of = |name: &str| parameters.get_all(name).map(str::to_owned).collect::<Vec<_>>();
    let hash = |text: &[u8]| Digest::of(text).to_string();
    for (name, value) in [
        ("tocsin-level", "orange".to_owned()),
        ("tocsin-state", "confirmed".to_owned()),
        ("tocsin-event", hash(b"event")),
        ("tocsin-rule", "doubling".to_owned()),
        ("tocsin-measure", "notify".to_owned()),
        ("tocsin-checkpoint", format!("4711:{}", hash(b"root"))),
        ("tocsin-model", hash(b"model")),
        ("tocsin-rules", hash(b"rules")),
        ("tocsin-value-n7", "21".to_owned()),
        ("tocsin-value-rt_milli", "-3".to_owned()),
    ] {
        assert_eq!(of(name), [value], "{name}");
    }
    assert_eq!(of("tocsin-cause"), [hash(b"one cause"), hash(b"another")]);
    assert_eq!(parameters.len(), 12);
    // Of what nobody computed there is no more to say than what it is.
    assert_eq!(read(&alert(AlertState::Confirmed), &[]).1.info[0].parameters.len(), 3);
}

#[test]
fn a_later_state_refers_to_the_earlier_ones_with_their_own_times() {
    let (first, then, last) =
        (alert(AlertState::Provisional), alert(AlertState::Confirmed), alert(AlertState::Cancelled));
    assert_eq!(refers(&first, &[]), (MessageType::Alert, vec![]));
    assert_eq!(refers(&then, &[]), (MessageType::Alert, vec![]));
    let one = |alert: &AlertRecord, at: &str| format!("tocsin:cn.32.01,{},2021-07-20T{at}:00-00:00", alert.id());
    assert_eq!(refers(&then, &[&first]), (MessageType::Update, vec![one(&first, "11:30")]));
    assert_eq!(refers(&last, &[&first]), (MessageType::Cancel, vec![one(&first, "11:30")]));
    assert_eq!(
        refers(&last, &[&first, &then]),
        (MessageType::Cancel, vec![one(&first, "11:30"), one(&then, "12:30")]),
        "a lifted warning was confirmed"
    );
    // What it cancels is named also when it is not kept any more.
    assert_eq!(refers(&last, &[]), (MessageType::Cancel, vec![one(&first, "13:30"), one(&then, "13:30")]));
}

#[test]
fn a_warning_that_replaces_an_earlier_one_is_its_update() {
    let (first, then, last) =
        (warning(AlertState::Provisional), warning(AlertState::Confirmed), warning(AlertState::Cancelled));
    let replaced = format!("tocsin:cn.32.01,{},2021-07-19T08:00:00-00:00", Digest::of(b"earlier"));
    assert_eq!(refers(&then, &[]), (MessageType::Update, vec![replaced.clone()]));
    let (kind, references) = refers(&then, &[&first]);
    assert_eq!((kind, references.len(), references.last()), (MessageType::Update, 2, Some(&replaced)));
    // Its end is its own: what it replaced stays replaced.
    let (kind, references) = refers(&last, &[&then]);
    assert_eq!((kind, references.len()), (MessageType::Cancel, 1));
    assert!(references[0].contains(&then.id().to_string()));
    let (text, _) = read(&last, &[&then]);
    assert!(text.contains("<responseType>AllClear</responseType>") && text.contains("<urgency>Past</urgency>"));
}

#[test]
fn the_language_is_that_of_the_headline() {
    let chinese = AlertRecord { headline: "禄口机场疑似聚集性疫情".into(), ..alert(AlertState::Confirmed) };
    assert!(read(&chinese, &[]).0.contains("<language>zh-CN</language>"));
    assert!(read(&alert(AlertState::Confirmed), &[]).0.contains("<language>en</language>"));
}
