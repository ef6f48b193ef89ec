//! A FHIR R4 `MeasureReport` as SANER profiles it (HL7 Situational Awareness for Novel Epidemic Response 1.0.0, profile
//! `PublicHealthMeasureReport`): groups `Beds` and `Ventilators` with their populations, and, because SANER counts beds
//! only by intensive care or not, a stratifier of our own resources in each group.
//!
//! In: strata of our resources where there are any; else general and intensive care beds for adults and ventilators, as
//! the populations give them.

use domain::event::Resource;
use domain::medical_resources::resource::Group;
use domain::refusal::{Code, Refusal};
use host::rest::Problem;
use host::rest::import::{self, Fault, Reason};
use serde_json::{Map, Value, json};

use super::{Claimed, Sheet, date_time, whole, with_offset};

const PROFILE: &str = "http://hl7.org/fhir/uv/saner/StructureDefinition/PublicHealthMeasureReport";
const MEASURE: &str = "http://hl7.org/fhir/saner/Measure/CDCPatientImpactAndHospitalCapacity";
const GROUPS: &str = "http://hl7.org/fhir/uv/saner/CodeSystem/MeasureGroupSystem";
const POPULATIONS: &str = "http://hl7.org/fhir/uv/saner/CodeSystem/MeasurePopulationSystem";
const ABSENT: &str = "http://hl7.org/fhir/StructureDefinition/data-absent-reason";
/// Our resources as a code system.
const RESOURCES: &str = "urn:tocsin:resource";
/// Where facilities have their names.
const FACILITIES: &str = "urn:tocsin:facility";
const MEMBERS: &str = "urn:tocsin:member";

/// The populations of a group: how many there are, how many of them are in use.
const BEDS: (&str, &str) = ("numBeds", "numBedsOcc");
const ICU: (&str, &str) = ("numICUBeds", "numICUBedsOcc");
const VENTILATORS: (&str, &str) = ("numVent", "numVentUse");

/// A search set of the reports of facilities.
pub(crate) fn bundle(sheets: &[Sheet]) -> Value {
    let mut bundle = Map::new();
    bundle.insert("resourceType".into(), "Bundle".into());
    bundle.insert("type".into(), "searchset".into());
    bundle.insert("total".into(), sheets.len().into());
    // An empty list is no FHIR.
    if !sheets.is_empty() {
        let entry = |sheet: &Sheet| json!({ "resource": report(sheet), "search": { "mode": "match" } });
        bundle.insert("entry".into(), sheets.iter().map(entry).collect());
    }
    Value::Object(bundle)
}

/// The report of a facility.
pub(crate) fn report(sheet: &Sheet) -> Value {
    let observed = sheet.beds.iter().map(|beds| beds.observed_at).min().unwrap_or(sheet.as_of);
    let until = sheet.beds.iter().map(|beds| beds.moved_at).max().unwrap_or(sheet.as_of);
    json!({
        "resourceType": "MeasureReport",
        "meta": { "profile": [PROFILE] },
        "status": if sheet.partial { "pending" } else { "complete" },
        "type": "summary",
        "measure": MEASURE,
        "subject": {
            "reference": format!("Location/{}", sheet.facility),
            "identifier": { "system": FACILITIES, "value": sheet.facility },
            "display": sheet.title,
        },
        "date": with_offset(sheet.as_of),
        "reporter": {
            "reference": format!("Organization/{}", sheet.member),
            "identifier": { "system": MEMBERS, "value": sheet.member },
        },
        "period": { "start": with_offset(observed), "end": with_offset(until) },
        "group": [beds(sheet), ventilators(sheet)],
    })
}

fn beds(sheet: &Sheet) -> Value {
    let is_bed = |resource: Resource| resource.group() == Group::Beds;
    let is_icu = |resource: Resource| matches!(resource, Resource::AdultIcu | Resource::PaediatricIcu);
    let (all, occupied) = sums(sheet, is_bed);
    let (icu, icu_occupied) = sums(sheet, is_icu);
    let counted = [("numTotBeds", all), (BEDS.0, all), (BEDS.1, occupied), (ICU.0, icu), (ICU.1, icu_occupied)];
    group("Beds", &counted, strata(sheet, is_bed, BEDS))
}

fn ventilators(sheet: &Sheet) -> Value {
    let is_one = |resource: Resource| resource == Resource::Ventilator;
    let (all, used) = sums(sheet, is_one);
    group("Ventilators", &[(VENTILATORS.0, all), (VENTILATORS.1, used)], strata(sheet, is_one, VENTILATORS))
}

/// How many there are and how many are in use; none when nobody counted.
fn sums(sheet: &Sheet, wanted: impl Fn(Resource) -> bool) -> (Option<u64>, Option<u64>) {
    let counted = sheet.beds.iter().filter(|beds| wanted(beds.resource));
    let sums = counted.fold(None, |sums: Option<(u64, u64)>, beds| {
        let (staffed, occupied) = sums.unwrap_or_default();
        Some((staffed.saturating_add(beds.staffed), occupied.saturating_add(beds.occupied)))
    });
    sums.unzip()
}

fn group(code: &str, counted: &[(&str, Option<u64>)], strata: Vec<Value>) -> Value {
    let population = counted.iter().map(|(code, count)| population(code, *count)).collect::<Vec<_>>();
    let mut group = json!({ "code": concept(GROUPS, code), "population": population });
    if let (Some(group), false) = (group.as_object_mut(), strata.is_empty()) {
        let by_resource = json!([{ "code": [concept(RESOURCES, "resource")], "stratum": strata }]);
        group.insert("stratifier".into(), by_resource);
    }
    group
}

fn strata(sheet: &Sheet, wanted: impl Fn(Resource) -> bool, names: (&str, &str)) -> Vec<Value> {
    let counted = Resource::ALL.into_iter().filter(|resource| wanted(*resource));
    let stratum = |resource: Resource| {
        let beds = sheet.count(resource)?;
        Some(json!({
            "component": [{ "code": concept(RESOURCES, "resource"), "value": concept(RESOURCES, resource.name()) }],
            "population": [population(names.0, Some(beds.staffed)), population(names.1, Some(beds.occupied))],
        }))
    };
    counted.filter_map(stratum).collect()
}

/// A population's count, or why there is none.
fn population(code: &str, count: Option<u64>) -> Value {
    let code = concept(POPULATIONS, code);
    match count {
        Some(count) => json!({ "code": code, "count": count }),
        None => json!({ "code": code, "extension": [{ "url": ABSENT, "valueCode": "unknown" }] }),
    }
}

fn concept(system: &str, code: &str) -> Value {
    json!({ "coding": [{ "system": system, "code": code }] })
}

/// The claims of a report, or of a bundle of reports. Only what is complete is taken: a pending report says itself that it
/// is not.
pub(crate) fn read(body: &[u8]) -> Result<Vec<Claimed>, Problem> {
    let malformed = |_| Refusal::of(Code::Malformed, "document", "is no JSON; send a FHIR R4 MeasureReport or Bundle");
    let document: Value = serde_json::from_str(import::utf8(body)?).map_err(malformed)?;
    let (mut claims, mut faults) = (Vec::new(), Vec::new());
    match field(&document, "resourceType").as_str() {
        Some("MeasureReport") => one(&document, "the report", &mut claims, &mut faults),
        Some("Bundle") => {
            for (at, entry) in field(&document, "entry").as_array().into_iter().flatten().enumerate() {
                one(field(entry, "resource"), &format!("entry {}", at.saturating_add(1)), &mut claims, &mut faults);
            }
        }
        _ => {
            let detail = "resourceType is not MeasureReport, or Bundle of them";
            faults.push(Fault::of(Reason::Header, "the document", detail));
        }
    }
    whole(claims, faults)
}

fn one(report: &Value, place: &str, claims: &mut Vec<Claimed>, faults: &mut Vec<Fault>) {
    let said = |name: &str, wanted: &str| field(report, name).as_str() == Some(wanted);
    let subject = report.pointer("/subject/identifier/value").and_then(Value::as_str);
    let period = report.pointer("/period/end").or_else(|| report.get("date")).and_then(Value::as_str);
    let at = period.and_then(date_time);
    for (wrong, reason, what) in [
        (!said("resourceType", "MeasureReport"), Reason::Header, "resourceType is not MeasureReport"),
        (!said("status", "complete"), Reason::Header, "status is not complete; send it when it is"),
        (!said("type", "summary"), Reason::Header, "type is not summary; no person's data is taken"),
        (subject.is_none(), Reason::Value, "subject.identifier.value names no facility"),
        (at.is_none(), Reason::Value, "period.end or date is no dateTime with seconds and an offset"),
    ] {
        if wrong {
            faults.push(Fault::of(reason, place, what));
        }
    }
    let (Some(facility), Some(at)) = (subject, at) else { return };
    for (index, group) in field(report, "group").as_array().into_iter().flatten().enumerate() {
        let place = format!("{place}, group {}", index.saturating_add(1));
        let found = match coded(field(group, "code"), "MeasureGroupSystem") {
            Some("Beds") => of_group(group, BEDS, Some(ICU)),
            Some("Ventilators") => of_group(group, VENTILATORS, None),
            _ => Ok(Vec::new()),
        };
        match found {
            Ok(found) => claims.extend(found.into_iter().map(|(resource, staffed, occupied)| Claimed {
                facility: facility.to_owned(),
                resource,
                staffed,
                occupied,
                at,
            })),
            Err(what) => faults.push(Fault::of(Reason::Value, place, what)),
        }
    }
}

type Count = (Resource, u64, u64);

fn of_group(group: &Value, names: (&str, &str), within: Option<(&str, &str)>) -> Result<Vec<Count>, String> {
    let strata =
        field(group, "stratifier").as_array().into_iter().flatten().flat_map(|one| field(one, "stratum").as_array());
    let mut found = Vec::new();
    for stratum in strata.flatten() {
        let components = field(stratum, "component").as_array().into_iter().flatten();
        let names_one = |one: &Value| coded(field(one, "value"), RESOURCES).and_then(Resource::parse);
        let Some(resource) = components.into_iter().find_map(names_one) else { continue };
        if let Some((staffed, occupied)) = pair(stratum, names)? {
            found.push((resource, staffed, occupied));
        }
    }
    if !found.is_empty() {
        return Ok(found);
    }
    let all = pair(group, names)?;
    let icu = within.map(|names| pair(group, names)).transpose()?.flatten();
    let Some((staffed, occupied)) = all else {
        return Ok(icu.map(|(staffed, occupied)| (Resource::AdultIcu, staffed, occupied)).into_iter().collect());
    };
    if within.is_none() {
        return Ok(vec![(Resource::Ventilator, staffed, occupied)]);
    }
    let (icu_staffed, icu_occupied) = icu.unwrap_or_default();
    let rest = staffed.checked_sub(icu_staffed).zip(occupied.checked_sub(icu_occupied));
    let (staffed, occupied) = rest.ok_or("more beds in intensive care than beds")?;
    found.push((Resource::AdultGeneral, staffed, occupied));
    found.extend(icu.map(|(staffed, occupied)| (Resource::AdultIcu, staffed, occupied)));
    Ok(found)
}

/// Two counts that belong together; none when neither is there.
fn pair(of: &Value, (all, used): (&str, &str)) -> Result<Option<(u64, u64)>, String> {
    match (count(of, all)?, count(of, used)?) {
        (Some(all), Some(used)) => Ok(Some((all, used))),
        (None, None) => Ok(None),
        _ => Err(format!("{all} and {used} are counted together or not at all")),
    }
}

fn count(of: &Value, name: &str) -> Result<Option<u64>, String> {
    let mut populations = field(of, "population").as_array().into_iter().flatten();
    let Some(found) = populations.find(|one| coded(field(one, "code"), "MeasurePopulationSystem") == Some(name)) else {
        return Ok(None);
    };
    match field(found, "count") {
        Value::Null => Ok(None),
        count => count.as_u64().map(Some).ok_or_else(|| format!("{name} is no whole number of at least 0")),
    }
}

/// The code of a concept in the system of that name; SANER's systems moved from one base to another between versions.
fn coded<'a>(concept: &'a Value, system: &str) -> Option<&'a str> {
    let mut codings = field(concept, "coding").as_array().into_iter().flatten();
    let is_of = |coding: &&Value| field(coding, "system").as_str().is_some_and(|name| name.ends_with(system));
    field(codings.find(is_of)?, "code").as_str()
}

/// A field; null where there is none.
fn field<'a>(of: &'a Value, name: &str) -> &'a Value {
    of.get(name).unwrap_or(&Value::Null)
}
