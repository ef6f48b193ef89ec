//! Measure reports against what SANER's profile asks for (`PublicHealthMeasureReport`, its invariants and its code systems
//! as published), retyped here field by field.

use domain::medical_resources::resource::Group;

use super::*;
use crate::exchange::fhir::{bundle, read, report};

/// The populations of `MeasurePopulationSystem` that are counts of beds or ventilators.
const POPULATIONS: [&str; 7] =
    ["numTotBeds", "numBeds", "numBedsOcc", "numICUBeds", "numICUBedsOcc", "numVent", "numVentUse"];

/// Every rule of the profile that is about what we send.
fn conforms(report: &Value) {
    assert_eq!(report["resourceType"], "MeasureReport");
    assert!(["complete", "pending", "error"].contains(&report["status"].as_str().unwrap()));
    assert_eq!(report["type"], "summary", "these reports name no subjects");
    assert!(report["measure"].as_str().unwrap().starts_with("http://"));
    assert!(report["subject"]["identifier"]["value"].is_string(), "subject.identifier 1..1");
    assert!(report["status"] != "complete" || report["reporter"].is_object(), "a complete report has a reporter");
    for time in ["/date", "/period/start", "/period/end"] {
        let text = report.pointer(time).and_then(Value::as_str).unwrap();
        // The profile's invariant: what is left without digits, dots and the T is `--::` and the sign and colon of an offset.
        let left = text.chars().filter(|c| !c.is_ascii_digit() && !matches!(c, '.' | 'T')).count();
        assert_eq!(left, 6, "{text}");
    }
    assert!(report["period"]["start"].as_str() <= report["period"]["end"].as_str());
    for group in report["group"].as_array().unwrap() {
        assert!(["Beds", "Ventilators"].contains(&code(&group["code"], "MeasureGroupSystem")));
        group["population"].as_array().unwrap().iter().for_each(|one| population(one, false));
        for stratifier in group["stratifier"].as_array().into_iter().flatten() {
            assert!(!stratifier["code"].as_array().unwrap().is_empty(), "stratifier.code 1..*");
            let strata = stratifier["stratum"].as_array().unwrap();
            assert!(!strata.is_empty(), "stratum 1..*");
            for stratum in strata {
                assert!(stratum.get("value").is_none(), "stratum.value 0..0");
                assert!(!stratum["component"].as_array().unwrap().is_empty());
                stratum["population"].as_array().unwrap().iter().for_each(|one| population(one, true));
            }
        }
    }
    nothing_is_empty(report);
}

fn code<'a>(concept: &'a Value, system: &str) -> &'a str {
    let coding = &concept["coding"][0];
    assert_eq!(coding["system"], format!("http://hl7.org/fhir/uv/saner/CodeSystem/{system}"));
    coding["code"].as_str().unwrap()
}

/// A population has a code, and a count or why there is none.
fn population(one: &Value, must_count: bool) {
    assert!(POPULATIONS.contains(&code(&one["code"], "MeasurePopulationSystem")));
    let absent = one["extension"][0]["url"] == "http://hl7.org/fhir/StructureDefinition/data-absent-reason";
    assert!(one["count"].is_u64() || (absent && !must_count), "{one}");
}

/// FHIR JSON knows no null, no empty list and no empty object.
fn nothing_is_empty(value: &Value) {
    match value {
        Value::Null => panic!("a null"),
        Value::Array(all) => {
            assert!(!all.is_empty(), "an empty list");
            all.iter().for_each(nothing_is_empty);
        }
        Value::Object(all) => {
            assert!(!all.is_empty(), "an empty object");
            all.values().for_each(nothing_is_empty);
        }
        Value::String(text) => assert!(!text.is_empty(), "an empty text"),
        _ => {}
    }
}

fn counted(report: &Value, group: usize, name: &str) -> Option<u64> {
    let populations = report["group"][group]["population"].as_array().unwrap();
    populations.iter().find(|one| one["code"]["coding"][0]["code"] == name)?["count"].as_u64()
}

#[test]
fn a_report_conforms_and_its_populations_are_the_sums_of_its_strata() {
    let sent = report(&sheet());
    conforms(&sent);
    assert_eq!(counted(&sent, 0, "numTotBeds"), Some(528));
    assert_eq!((counted(&sent, 0, "numBeds"), counted(&sent, 0, "numBedsOcc")), (Some(528), Some(431)));
    assert_eq!((counted(&sent, 0, "numICUBeds"), counted(&sent, 0, "numICUBedsOcc")), (Some(38), Some(33)));
    assert_eq!((counted(&sent, 1, "numVent"), counted(&sent, 1, "numVentUse")), (Some(25), Some(19)));
    assert_eq!(sent["group"][0]["stratifier"][0]["stratum"].as_array().unwrap().len(), 6);
    let whole = bundle(&[sheet(), sheet()]);
    assert_eq!(
        (&whole["resourceType"], &whole["type"], &whole["total"]),
        (&json!("Bundle"), &json!("searchset"), &json!(2))
    );
    nothing_is_empty(&whole);
    nothing_is_empty(&bundle(&[]));
}

#[test]
fn what_nobody_counted_is_absent_and_not_zero() {
    let stale = Sheet { beds: Vec::new(), partial: true, ..sheet() };
    let sent = report(&stale);
    conforms(&sent);
    assert_eq!(sent["status"], "pending");
    assert_eq!(counted(&sent, 0, "numBeds"), None);
    assert_eq!(read(sent.to_string().as_bytes()).unwrap_err().code(), "IMPORT", "a pending report is not taken");
}

#[test]
fn what_was_sent_is_read_back_but_for_what_the_format_has_no_word_for() {
    let known = |resource: Resource| resource.group() == Group::Beds || resource == Resource::Ventilator;
    let mut found = read(report(&sheet()).to_string().as_bytes()).unwrap();
    found.sort_by_key(|claim| claim.resource);
    assert_eq!(found, claims(known, NOON.plus_ms(90_007)));
    let twice = read(bundle(&[sheet(), sheet()]).to_string().as_bytes()).unwrap_err().json();
    assert_eq!(twice["reason"], "IMPORT_DUPLICATE");
    let two = read(bundle(&[sheet(), Sheet { facility: "zhongda".into(), ..sheet() }]).to_string().as_bytes()).unwrap();
    assert_eq!(two.len(), 2 * found.len());
}

/// A report as another system sends it: SANER's populations, no strata of ours, the code systems of an earlier version, a
/// score with a decimal point.
#[test]
fn anothers_report_is_read_by_its_populations() {
    let population = |code: &str, count: u64| {
        let system = "http://hl7.org/fhir/us/saner/CodeSystem/MeasurePopulationSystem";
        json!({ "code": { "coding": [{ "system": system, "code": code }] }, "count": count })
    };
    let group = |code: &str, population: Value| {
        let system = "http://hl7.org/fhir/us/saner/CodeSystem/MeasureGroupSystem";
        let code = json!({ "coding": [{ "system": "urn:other", "code": "x" }, { "system": system, "code": code }] });
        json!({ "code": code, "population": population, "measureScore": { "value": 0.75 } })
    };
    let beds = [("numTotBeds", 120), ("numBeds", 100), ("numBedsOcc", 80), ("numICUBeds", 10), ("numICUBedsOcc", 9)];
    let beds = beds.map(|(code, count)| population(code, count));
    let theirs = json!({
        "resourceType": "MeasureReport", "status": "complete", "type": "summary", "measure": "http://other/Measure/x",
        "subject": { "identifier": { "value": "gulou" } }, "date": "2021-07-20T20:00:00+08:00",
        "group": [
            group("Beds", json!(beds)),
            group("Ventilators", json!([population("numVent", 12), population("numVentUse", 4)])),
            group("Encounters", json!([population("numC19HospPats", 31)])),
        ],
    });
    let found = read(theirs.to_string().as_bytes()).unwrap();
    let told = found.iter().map(|claim| (claim.resource, claim.staffed, claim.occupied)).collect::<Vec<_>>();
    assert_eq!(told, [(Resource::AdultGeneral, 90, 71), (Resource::AdultIcu, 10, 9), (Resource::Ventilator, 12, 4)]);
    assert!(found.iter().all(|claim| claim.at == NOON && claim.facility == "gulou"));
}

#[test]
fn a_wrong_report_is_refused_with_every_fault_and_none_of_its_words() {
    let refused = |change: fn(&mut Value)| {
        let mut sent = report(&sheet());
        change(&mut sent);
        let problem = read(sent.to_string().as_bytes()).unwrap_err();
        let told = problem.json();
        assert!(!told.to_string().contains("zq-canary"), "{told}");
        let reason = told["reason"].as_str().map(str::to_owned);
        (problem.code(), reason, told["detail"].as_str().unwrap().to_owned())
    };
    let (code, reason, detail) = refused(|report| {
        report["status"] = "zq-canary".into();
        report["type"] = "subject-list".into();
        report["subject"] = json!({});
        report["period"]["end"] = "yesterday".into();
    });
    assert_eq!((code, reason.as_deref(), detail.lines().count()), ("IMPORT", Some("IMPORT_HEADER"), 4), "{detail}");
    assert!(refused(|report| report["resourceType"] = "Measure".into()).2.contains("resourceType"));
    let negative = refused(|report| {
        let count = report.pointer_mut("/group/1/stratifier/0/stratum/0/population/0/count");
        *count.unwrap() = json!(-1);
    });
    assert!(negative.2.contains("numVent is no whole number"), "{}", negative.2);
    assert_eq!(negative.1.as_deref(), Some("IMPORT_VALUE"));
    let half = refused(|report| {
        let stratum = report.pointer_mut("/group/1/stratifier/0/stratum/0/population").unwrap();
        stratum.as_array_mut().unwrap().pop();
    });
    assert!(half.2.contains("counted together"), "{}", half.2);
    let marked = ["\u{feff}".as_bytes(), report(&sheet()).to_string().as_bytes()].concat();
    assert!(read(&marked).is_ok(), "a mark in front is no fault");
    let mixed = report(&sheet()).to_string().into_bytes();
    let mixed = mixed.into_iter().map(|byte| if byte == b'G' { 0xc4 } else { byte }).collect::<Vec<_>>();
    assert_eq!(read(&mixed).unwrap_err().json()["reason"], "IMPORT_ENCODING");
    assert_eq!(read(b"{").unwrap_err().code(), "MALFORMED");
    assert_eq!(read(b"[]").unwrap_err().code(), "IMPORT");
    assert_eq!(read(&b"[".repeat(100_000)).unwrap_err().code(), "MALFORMED", "and the stack holds");
}
