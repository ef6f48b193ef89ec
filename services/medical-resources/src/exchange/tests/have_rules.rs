//! HAVE documents against the standard's element names, order, cardinalities and word lists (OASIS EDXL-HAVE 1.0, 1 November
//! 2008, and its schema), retyped here.

use domain::medical_resources::resource::Group;

use super::*;
use crate::exchange::have::{BED_TYPES, HAVE, read, render};
use crate::exchange::xml::{self, Element};

/// The children of a `Hospital` in the schema's order, and whether each must be there.
const HOSPITAL: [(&str, bool); 7] = [
    ("Organization", true),
    ("EmergencyDepartmentStatus", false),
    ("HospitalBedCapacityStatus", false),
    ("ServiceCoverageStatus", false),
    ("HospitalFacilityStatus", false),
    ("HospitalResourcesStatus", false),
    ("LastUpdateTime", true),
];
const ORGANIZATION: [(&str, bool); 2] = [("OrganizationInformation", true), ("OrganizationGeoLocation", false)];
const CAPACITY: [(&str, bool); 5] = [
    ("CapacityStatus", false),
    ("AvailableCount", false),
    ("BaselineCount", false),
    ("AdditionalCapacityCount24Hr", false),
    ("AdditionalCapacityCount72Hr", false),
];
/// One of each kind that we send.
const BED_CAPACITY: [(&str, bool); 4] =
    [("BedType", true), ("SubCategoryBedType", false), ("Capacity", true), ("CommentText", false)];

/// The children are of the standard's namespace, in its order, at most one each, and those that must be there are.
fn sequence(element: &Element, schema: &[(&str, bool)]) {
    let mut last = None;
    for child in &element.children {
        assert_eq!(child.space, HAVE, "{}", child.name);
        let at = schema.iter().position(|(name, _)| *name == child.name);
        let at = at.unwrap_or_else(|| panic!("{} is not in {}", child.name, element.name));
        assert!(last.is_none_or(|last| last < at), "{} is out of order", child.name);
        last = Some(at);
    }
    for (name, _) in schema.iter().filter(|(_, must)| *must) {
        assert!(element.one(name).is_some(), "{} has no {name}", element.name);
    }
}

fn conforms(document: &str) -> Element {
    let root = xml::parse(document.as_bytes()).unwrap();
    assert_eq!((root.space.as_str(), root.name.as_str()), (HAVE, "HospitalStatus"));
    assert!(root.children.iter().all(|child| child.name == "Hospital"));
    for hospital in &root.children {
        sequence(hospital, &HOSPITAL);
        let organization = hospital.one("Organization").unwrap();
        sequence(organization, &ORGANIZATION);
        let named = organization.one("OrganizationInformation").unwrap().one("OrganisationName").unwrap();
        assert_eq!(named.space, "urn:oasis:names:tc:ciq:xnl:3");
        if let Some(point) = organization.one("OrganizationGeoLocation").and_then(|location| location.one("Point")) {
            assert_eq!(point.space, "http://www.opengis.net/gml");
            let numbers = point.text_of(&["pos"]).unwrap().split(' ').map(|number| number.parse::<f64>().unwrap());
            assert_eq!(numbers.count(), 2);
        }
        for status in hospital.all("HospitalBedCapacityStatus") {
            assert!(!status.children.is_empty(), "BedCapacity 1..*");
            for capacity in &status.children {
                assert_eq!(capacity.name, "BedCapacity");
                sequence(capacity, &BED_CAPACITY);
                assert!(BED_TYPES.iter().any(|(name, _)| capacity.text_of(&["BedType"]) == Some(name)));
                let counts = capacity.one("Capacity").unwrap();
                sequence(counts, &CAPACITY);
                assert!(["Vacant/Available", "NotAvailable"].contains(&counts.text_of(&["CapacityStatus"]).unwrap()));
                for count in ["AvailableCount", "BaselineCount"] {
                    counts.text_of(&[count]).unwrap().parse::<u64>().unwrap();
                }
            }
        }
        let traffic = hospital.text_of(&["EmergencyDepartmentStatus", "EMSTraffic", "EMSTrafficStatus"]);
        assert!(traffic.is_none_or(|status| ["Normal", "Advisory", "Closed", "NotApplicable"].contains(&status)));
        assert!(date_time(hospital.text_of(&["LastUpdateTime"]).unwrap()).is_some());
    }
    root
}

#[test]
fn a_document_conforms_and_says_what_is_free() {
    let root = conforms(&render(&[sheet(), Sheet { beds: Vec::new(), place: None, ..sheet() }]).unwrap());
    let hospital = &root.children[0];
    let name = ["Organization", "OrganizationInformation", "OrganisationName", "NameElement"];
    assert_eq!(hospital.text_of(&name), Some(sheet().title.as_str()), "whatever stands in a name");
    let place = ["Organization", "OrganizationGeoLocation", "Point", "pos"];
    assert_eq!(hospital.text_of(&place), Some("32.058000 -118.780001"));
    let beds = hospital.one("HospitalBedCapacityStatus").unwrap();
    assert_eq!(beds.children.len(), 6);
    let icu = beds.all("BedCapacity").find(|one| one.text_of(&["BedType"]) == Some("AdultICU")).unwrap();
    assert_eq!(icu.text_of(&["Capacity", "CapacityStatus"]), Some("NotAvailable"));
    assert_eq!(root.children[1].one("HospitalBedCapacityStatus"), None, "what is stale is not said");
    conforms(&render(&[]).unwrap());
}

#[test]
fn what_was_sent_is_read_back_but_for_what_the_format_has_no_word_for() {
    let known = |resource: Resource| resource.group() == Group::Beds || resource == Resource::AmbulanceDiversion;
    let mut found = read(render(&[sheet()]).unwrap().as_bytes()).unwrap();
    found.sort_by_key(|claim| claim.resource);
    assert_eq!(found, claims(known, NOON.plus_ms(90_007)));
}

#[test]
fn beds_kept_for_patients_to_come_are_not_available() {
    let kept = Sheet { beds: vec![count(Resource::AdultIcu, [30, 20, 6])], ..sheet() };
    let document = render(&[kept]).unwrap();
    assert!(document.contains("<AvailableCount>4</AvailableCount>"), "{document}");
    assert_eq!(read(document.as_bytes()).unwrap()[0].occupied, 26, "in, what is not available is in use");
}

/// As another system writes it: a prefix of its own, a type without a resource here, an advisory, a comment, character data.
#[test]
fn anothers_document_is_read() {
    let theirs = r#"<?xml version="1.0"?>
<!-- morning report -->
<h:HospitalStatus xmlns:h="urn:oasis:names:tc:emergency:EDXL:HAVE:1.0" xmlns:n="urn:oasis:names:tc:ciq:xnl:3">
  <h:Hospital>
    <h:Organization><h:OrganizationInformation>
      <n:OrganisationName n:ID="zhongda"><n:NameElement><![CDATA[Zhongda]]> &amp; Sons &#x4e2d;</n:NameElement></n:OrganisationName>
    </h:OrganizationInformation></h:Organization>
    <h:EmergencyDepartmentStatus><h:EMSTraffic><h:EMSTrafficStatus>Advisory</h:EMSTrafficStatus></h:EMSTraffic></h:EmergencyDepartmentStatus>
    <h:HospitalBedCapacityStatus>
      <h:BedCapacity><h:BedType>Burn</h:BedType><h:Capacity/></h:BedCapacity>
      <h:BedCapacity><h:BedType>MedicalSurgical</h:BedType>
        <h:Capacity><h:AvailableCount>12</h:AvailableCount><h:BaselineCount> 80 </h:BaselineCount></h:Capacity></h:BedCapacity>
    </h:HospitalBedCapacityStatus>
    <h:LastUpdateTime>2021-07-20T20:00:00+08:00</h:LastUpdateTime>
  </h:Hospital>
</h:HospitalStatus>"#;
    let found = read(theirs.as_bytes()).unwrap();
    let (resource, staffed, occupied) = (Resource::AdultGeneral, 80, 68);
    assert_eq!(found, [Claimed { facility: "zhongda".into(), resource, staffed, occupied, at: NOON }]);
}

#[test]
fn a_wrong_document_is_refused_with_every_fault_and_none_of_its_words() {
    let good = render(&[sheet()]).unwrap();
    let refused = |from: &str, to: &str| {
        assert!(good.contains(from), "{from}");
        let problem = read(good.replacen(from, to, 1).as_bytes()).unwrap_err();
        let told = problem.json();
        assert!(!told.to_string().contains("zq-canary"), "{told}");
        let reason = told["reason"].as_str().map(str::to_owned);
        (problem.code(), reason, told["detail"].as_str().unwrap().to_owned())
    };
    for (from, to, fault) in [
        (" xnl:ID=\"gulou\"", "", "names no facility"),
        ("<BedType>AdultICU<", "<BedType>zq-canary<", "BedType is none"),
        ("<AvailableCount>20<", "<AvailableCount>zq-canary<", "AvailableCount of MedicalSurgical"),
        ("<AvailableCount>20<", "<AvailableCount>401<", "more MedicalSurgical beds are available"),
        ("<EMSTrafficStatus>Closed<", "<EMSTrafficStatus>zq-canary<", "EMSTrafficStatus"),
        ("<LastUpdateTime>2021", "<LastUpdateTime>zq-canary", "LastUpdateTime"),
        ("xmlns=\"urn:oasis", "xmlns=\"urn:canary", "root is not HospitalStatus"),
    ] {
        let (code, reason, detail) = refused(from, to);
        let expected = if fault.starts_with("root") { "IMPORT_HEADER" } else { "IMPORT_VALUE" };
        assert_eq!((code, reason.as_deref()), ("IMPORT", Some(expected)), "{from}");
        assert!(detail.contains(fault), "{from}: {detail}");
    }
    for (from, to) in [
        ("</HospitalStatus>", ""),
        ("</HospitalStatus>", "</HospitalStatus><more/>"),
        ("<HospitalStatus", "<!DOCTYPE x [<!ENTITY a \"b\">]><HospitalStatus"),
        ("Gulou", "&zq-canary;"),
        ("</Hospital>", "</Hospitals>"),
    ] {
        assert_eq!(refused(from, to).0, "MALFORMED", "{from} {to}");
    }
    assert_eq!(read(b"\xff").unwrap_err().json()["reason"], "IMPORT_ENCODING");
    assert_eq!(refused("encoding=\"UTF-8\"", "encoding=\"GBK\"").1.as_deref(), Some("IMPORT_ENCODING"));
    assert_eq!(read("<a>".repeat(50_000).as_bytes()).unwrap_err().code(), "MALFORMED", "and the stack holds");
    assert_eq!(
        read(b"<HospitalStatus xmlns='urn:oasis:names:tc:emergency:EDXL:HAVE:1.0'/>").unwrap_err().code(),
        "IMPORT"
    );
}
