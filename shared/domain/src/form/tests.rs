//! One provoking case for every refusal of form, over an event that is otherwise sound.

use proof::digest::Digest;

use super::*;
use crate::event::*;
use crate::facility::testing::event;

fn disease() -> Disease {
    Disease { code: "U07.1".into(), name: "COVID-19".into() }
}

fn day(text: &str) -> Date {
    Date::parse(text).unwrap()
}

fn case() -> CaseReport {
    CaseReport {
        disease: disease(),
        classification: Classification::Confirmed,
        onset_date: Some(day("2021-07-18")),
        report_date: day("2021-07-20"),
        facility: "nanjing-hospital-1".into(),
        age_band: AgeBand::From18To39,
        sex: Sex::Unknown,
        origin: Origin::Local,
    }
}

fn cluster() -> SuspectedCluster {
    let summary = "nine positives among cabin cleaners".into();
    SuspectedCluster { disease: disease(), facility: "lukou-airport".into(), positives: 9, summary }
}

fn lab() -> LabResult {
    let (facility, method) = ("nanjing-cdc-lab".into(), "rt-pcr".into());
    LabResult { disease: disease(), report_date: day("2021-07-20"), facility, method, tested: 90, positive: 9 }
}

fn anchor(summaries: &[u64]) -> Anchor {
    let summary = |index: &u64| ProvenLeaf { leaf: vec![1], index: *index, inclusion: vec![] };
    Anchor {
        child: "cn.32.01".into(),
        checkpoint: "note".into(),
        consistency: vec![],
        leaves: summaries.iter().map(summary).collect(),
    }
}

fn sealed(length: u64, vault: &str) -> SealedRef {
    SealedRef { ciphertext: Digest::of(b"ciphertext"), vault: vault.into(), length }
}

fn refused(fact: Fact) -> Option<(Code, &'static str)> {
    check(&event(fact)).err().map(|refusal| (refusal.code, refusal.field))
}

fn changed(change: impl Fn(&mut Event)) -> Option<(Code, &'static str)> {
    let mut event = event(Fact::CaseReport(case()));
    change(&mut event);
    check(&event).err().map(|refusal| (refusal.code, refusal.field))
}

#[test]
fn sound_facts_pass() {
    let ballot =
        Ballot { subject: Digest::of(b"x"), choice: Choice::Veto, reason: "duplicate".into(), policy: String::new() };
    let headline = String::from("stay at home");
    for fact in [
        Fact::CaseReport(case()),
        Fact::CaseReport(CaseReport { onset_date: None, ..case() }),
        Fact::DailyAggregate(DailyAggregate {
            disease: disease(),
            report_date: day("2021-07-21"),
            origin: Origin::Local,
            counts: [0, 0, MAX_COUNT, 0, 0],
        }),
        Fact::SuspectedCluster(cluster()),
        Fact::LabResult(lab()),
        Fact::Ballot(ballot),
        Fact::Warning(Warning {
            disease: disease(),
            level: AlertLevel::Red,
            headline: headline.clone(),
            method: String::new(),
            supersedes: None,
            ground: None,
        }),
        Fact::Directive(Directive {
            level: AlertLevel::Blue,
            headline,
            instruction: String::new(),
            measure: String::new(),
        }),
        Fact::Anchor(anchor(&[1, 2, 9])),
        Fact::Appeal(Appeal { child: "cn.32".into(), signed: vec![0; 97] }),
    ] {
        assert_eq!(refused(fact.clone()), None, "{fact:?}");
    }
}

#[test]
fn times_that_disagree_are_refused() {
    let skewed = |ms| move |event: &mut Event| event.occurred_at = event.created_at.plus_ms(ms);
    assert_eq!(changed(skewed(MAX_SKEW_MS)), None);
    assert_eq!(changed(skewed(MAX_SKEW_MS + 1)), Some((Code::BadTime, "occurred_at")));
    assert_eq!(changed(|event| event.valid_until = Millis(1)), Some((Code::BadTime, "valid_until")));
    assert_eq!(changed(|event| event.valid_until = event.created_at), None);
    assert_eq!(changed(|event| event.created_at = Millis(u64::MAX)), Some((Code::BadTime, "created_at")));
    assert_eq!(LAST_DAY.to_string(), "9999-12-31");
    let onset = CaseReport { onset_date: Some(day("2021-07-21")), ..case() };
    assert_eq!(refused(Fact::CaseReport(onset)), Some((Code::BadTime, "onset_date")));
    let tomorrow = |text| Fact::LabResult(LabResult { report_date: day(text), ..lab() });
    assert_eq!(refused(tomorrow("2021-07-21")), None, "already tomorrow east of Greenwich");
    assert_eq!(refused(tomorrow("2021-07-22")), Some((Code::BadTime, "report_date")));
}

#[test]
fn a_clock_refuses_the_future() {
    let event = event(Fact::CaseReport(case()));
    let at = |ms: u64| check_at(&event, Millis(ms)).map_err(|refusal| refusal.code);
    assert_eq!(at(event.created_at.0 - MAX_SKEW_MS), Ok(()));
    assert_eq!(at(event.created_at.0 - MAX_SKEW_MS - 1), Err(Code::BadTime));
}

#[test]
fn codes_and_names_must_have_their_syntax() {
    assert_eq!(changed(|event| event.region = "Nanjing".into()), Some((Code::UnknownCode, "region")));
    let other = Disease { code: "COVID".into(), ..disease() };
    assert_eq!(
        refused(Fact::CaseReport(CaseReport { disease: other, ..case() })),
        Some((Code::UnknownCode, "disease.code"))
    );
    let facility = |name: &str| Fact::CaseReport(CaseReport { facility: name.into(), ..case() });
    assert_eq!(refused(facility("Hospital No. 1")), Some((Code::UnknownCode, "facility")));
    assert_eq!(refused(facility("")), Some((Code::UnknownCode, "facility")));
    assert_eq!(refused(facility(&"h".repeat(65))), Some((Code::Limit, "facility")));
    let method = LabResult { method: "RT PCR".into(), ..lab() };
    assert_eq!(refused(Fact::LabResult(method)), Some((Code::UnknownCode, "method")));
}

#[test]
fn numbers_outside_their_domain_are_refused() {
    let positives = |positives| refused(Fact::SuspectedCluster(SuspectedCluster { positives, ..cluster() }));
    assert_eq!(positives(0), Some((Code::OutOfRange, "positives")));
    assert_eq!(positives(MAX_COUNT + 1), Some((Code::OutOfRange, "positives")));
    assert_eq!(refused(Fact::LabResult(LabResult { positive: 91, ..lab() })), Some((Code::OutOfRange, "positive")));
    let counts = [0, 0, 0, 0, MAX_COUNT + 1];
    let daily = DailyAggregate { disease: disease(), report_date: day("2021-07-20"), origin: Origin::Local, counts };
    assert_eq!(refused(Fact::DailyAggregate(daily)), Some((Code::OutOfRange, "counts")));
    let beds = CapacityClaim { facility: "h".into(), resource: Resource::AdultIcu, staffed: 1, occupied: 2 };
    assert_eq!(refused(Fact::CapacityClaim(beds)), Some((Code::OutOfRange, "occupied")));
}

#[test]
fn texts_are_public_and_stated() {
    let summary = |text: &str| refused(Fact::SuspectedCluster(SuspectedCluster { summary: text.into(), ..cluster() }));
    assert_eq!(summary(""), Some((Code::OutOfRange, "summary")));
    assert_eq!(summary("a\u{0}b"), Some((Code::BadText, "summary")));
    assert_eq!(summary("ask 13812345678"), Some((Code::PiiInPublic, "summary")));
    assert_eq!(summary(&"s".repeat(MAX_TEXT_BYTES + 1)), Some((Code::Limit, "summary")));
}

#[test]
fn a_veto_says_why() {
    let ballot = |choice, reason: &str| {
        refused(Fact::Ballot(Ballot {
            subject: Digest::of(b"x"),
            choice,
            reason: reason.into(),
            policy: String::new(),
        }))
    };
    assert_eq!(ballot(Choice::Veto, ""), Some((Code::VetoReason, "reason")));
    assert_eq!(ballot(Choice::Object, ""), None);
    assert_eq!(ballot(Choice::Veto, "Because!"), Some((Code::UnknownCode, "reason")));
}

#[test]
fn references_are_bounded_and_of_the_right_shape() {
    let many = |n: u64| (0..n).map(|i| Digest::of(&i.to_be_bytes())).collect::<Vec<_>>();
    let differing =
        |n: u64| many(n).into_iter().map(|ciphertext| SealedRef { ciphertext, ..sealed(512, "vault") }).collect();
    let expect = |key: &str, version| Expect { key: key.into(), version };
    let keys = |n: u64| (0..n).map(|i| expect(&format!("stock/a/b/{i}"), i)).collect();
    assert_eq!(changed(|event| (event.sealed, event.causes, event.expect) = (differing(8), many(16), keys(32))), None);
    assert_eq!(changed(|event| event.sealed = differing(9)), Some((Code::Limit, "sealed")));
    assert_eq!(changed(|event| event.causes = many(17)), Some((Code::Limit, "causes")));
    assert_eq!(changed(|event| event.expect = keys(33)), Some((Code::Limit, "expect")));
    assert_eq!(changed(|event| event.causes = vec![Digest::of(b"x"); 2]), Some((Code::BadCause, "causes.repeated")));
    assert_eq!(changed(|event| event.expect = vec![expect("a", 1), expect("a", 2)]), Some((Code::Malformed, "expect")));
    assert_eq!(changed(|event| event.expect = vec![expect("", 1)]), Some((Code::BadText, "expect.key")));
    assert_eq!(changed(|event| event.expect = vec![expect("a b", 1)]), Some((Code::BadText, "expect.key")));
    assert_eq!(changed(|event| event.expect = vec![expect(&"k".repeat(1025), 1)]), Some((Code::Limit, "expect.key")));
    assert_eq!(
        changed(|event| event.expect = vec![expect("a", MAX_COUNT + 1)]),
        Some((Code::OutOfRange, "expect.version"))
    );
}

#[test]
fn sealed_material_is_padded_and_in_a_named_vault() {
    let one = |reference: SealedRef| changed(move |event| event.sealed = vec![reference.clone()]);
    assert_eq!(one(sealed(256, "nanjing-cdc")), None);
    for length in [0, 128, 1000, (1 << 32) + 1, 1 << 33] {
        assert_eq!(one(sealed(length, "nanjing-cdc")), Some((Code::BadSealed, "sealed.length")), "{length}");
    }
    assert_eq!(one(sealed(256, "the vault")), Some((Code::BadSealed, "sealed.vault")));
    let nothing = SealedRef { ciphertext: Digest::default(), ..sealed(256, "v") };
    assert_eq!(one(nothing), Some((Code::BadSealed, "sealed.ciphertext")));
    assert_eq!(changed(|event| event.sealed = vec![sealed(256, "v"); 2]), Some((Code::BadSealed, "sealed")));
}

#[test]
fn anchors_and_appeals_are_bounded() {
    let of = |anchor: Anchor| refused(Fact::Anchor(anchor));
    assert_eq!(of(Anchor { child: "CN".into(), ..anchor(&[]) }), Some((Code::UnknownChild, "child")));
    assert_eq!(of(Anchor { checkpoint: "x".repeat(4097), ..anchor(&[]) }), Some((Code::Limit, "checkpoint")));
    assert_eq!(
        of(Anchor { consistency: vec![Digest::default(); 64], ..anchor(&[]) }),
        Some((Code::Limit, "consistency"))
    );
    assert_eq!(of(anchor(&(0..65).collect::<Vec<_>>())), Some((Code::Limit, "leaves")));
    assert_eq!(of(anchor(&[2, 2])), Some((Code::Malformed, "leaves")));
    let appeal = |length| refused(Fact::Appeal(Appeal { child: "cn.32".into(), signed: vec![0; length] }));
    assert_eq!(appeal(96), Some((Code::Malformed, "signed")));
    assert_eq!(appeal(MAX_BODY_BYTES + 1), Some((Code::Limit, "signed")));
}
