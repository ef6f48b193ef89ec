//! EDXL Hospital AVailability Exchange 1.0 (OASIS Standard, 1 November 2008): a `HospitalStatus` with a `Hospital` for
//! each facility, its bed capacity by `BedType` and whether it sends ambulances elsewhere.
//!
//! `BaselineCount` is what has staff, `AvailableCount` what is free. HAVE knows no beds kept for patients to come: out, they
//! are not available; in, what is not available is in use. Bed types that have no resource here (burns, psychiatry,
//! operating rooms, ...) are passed over.

use domain::event::Resource;
use domain::medical_resources::BedsRecord;
use host::rest::Problem;
use host::rest::import::{Fault, Reason};
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

use super::xml::{self, Element};
use super::{Claimed, Sheet, date_time, whole, with_offset};

pub(super) const HAVE: &str = "urn:oasis:names:tc:emergency:EDXL:HAVE:1.0";
const XNL: &str = "urn:oasis:names:tc:ciq:xnl:3";
const GML: &str = "http://www.opengis.net/gml";

/// Every bed type of the standard, and the resource it is here.
pub(super) const BED_TYPES: [(&str, Option<Resource>); 14] = [
    ("AdultICU", Some(Resource::AdultIcu)),
    ("PediatricICU", Some(Resource::PaediatricIcu)),
    ("NeonatalICU", None),
    ("EmergencyDepartment", None),
    ("NurseryBeds", None),
    ("MedicalSurgical", Some(Resource::AdultGeneral)),
    ("RehabLongTermCare", None),
    ("Burn", None),
    ("Pediatrics", Some(Resource::PaediatricGeneral)),
    ("AdultPsychiatric", None),
    ("PediatricPsychiatric", None),
    ("NegativeFlowIsolation", Some(Resource::NegativePressure)),
    ("OtherIsolation", Some(Resource::Isolation)),
    ("OperatingRooms", None),
];

/// What emergency medical services are told: all is taken, or all is sent elsewhere. `Advisory` is neither.
const TRAFFIC: [(&str, u64); 2] = [("Normal", 0), ("Closed", 1)];

/// The document of these facilities.
pub(crate) fn render(sheets: &[Sheet]) -> std::io::Result<String> {
    let mut xml = Xml(Writer::new_with_indent(Vec::new(), b' ', 2));
    xml.0.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let mut root = BytesStart::new("HospitalStatus");
    for (name, space) in [("xmlns", HAVE), ("xmlns:xnl", XNL), ("xmlns:gml", GML)] {
        root.push_attribute((name, space));
    }
    xml.0.write_event(Event::Start(root))?;
    sheets.iter().try_for_each(|sheet| hospital(&mut xml, sheet))?;
    xml.close("HospitalStatus")?;
    Ok(String::from_utf8_lossy(&xml.0.into_inner()).into_owned())
}

fn hospital(xml: &mut Xml, sheet: &Sheet) -> std::io::Result<()> {
    xml.open("Hospital")?;
    xml.open("Organization")?;
    xml.open("OrganizationInformation")?;
    let mut named = BytesStart::new("xnl:OrganisationName");
    named.push_attribute(("xnl:ID", sheet.facility.as_str()));
    xml.0.write_event(Event::Start(named))?;
    xml.leaf("xnl:NameElement", &sheet.title)?;
    xml.close("xnl:OrganisationName")?;
    xml.close("OrganizationInformation")?;
    if let Some((latitude, longitude)) = sheet.place {
        xml.open("OrganizationGeoLocation")?;
        xml.open("gml:Point")?;
        xml.leaf("gml:pos", &format!("{} {}", degrees(latitude), degrees(longitude)))?;
        xml.close("gml:Point")?;
        xml.close("OrganizationGeoLocation")?;
    }
    xml.close("Organization")?;
    if let Some(diversion) = sheet.count(Resource::AmbulanceDiversion) {
        let status = TRAFFIC.iter().find(|(_, diverted)| *diverted == diversion.staffed).map_or("Normal", |one| one.0);
        xml.open("EmergencyDepartmentStatus")?;
        xml.open("EMSTraffic")?;
        xml.leaf("EMSTrafficStatus", status)?;
        xml.close("EMSTraffic")?;
        xml.close("EmergencyDepartmentStatus")?;
    }
    let typed = BED_TYPES.iter().filter_map(|(name, resource)| Some((*name, sheet.count((*resource)?)?)));
    let typed = typed.collect::<Vec<_>>();
    if !typed.is_empty() {
        xml.open("HospitalBedCapacityStatus")?;
        typed.iter().try_for_each(|(name, beds)| bed_capacity(xml, name, beds))?;
        xml.close("HospitalBedCapacityStatus")?;
    }
    let updated = sheet.beds.iter().map(|beds| beds.moved_at).max().unwrap_or(sheet.as_of);
    xml.leaf("LastUpdateTime", &with_offset(updated))?;
    xml.close("Hospital")
}

fn bed_capacity(xml: &mut Xml, name: &str, beds: &BedsRecord) -> std::io::Result<()> {
    let available = beds.available();
    xml.open("BedCapacity")?;
    xml.leaf("BedType", name)?;
    xml.open("Capacity")?;
    xml.leaf("CapacityStatus", if available > 0 { "Vacant/Available" } else { "NotAvailable" })?;
    xml.leaf("AvailableCount", &available.to_string())?;
    xml.leaf("BaselineCount", &beds.staffed.to_string())?;
    xml.close("Capacity")?;
    xml.leaf("CommentText", &format!("{} kept for patients to come; event {}", beds.reserved, beds.event))?;
    xml.close("BedCapacity")
}

/// Millionths of a degree as a decimal number.
fn degrees(e6: i64) -> String {
    let sign = if e6 < 0 { "-" } else { "" };
    let whole = e6.unsigned_abs();
    format!("{sign}{}.{:06}", whole / 1_000_000, whole % 1_000_000)
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

/// The claims of a document.
pub(crate) fn read(body: &[u8]) -> Result<Vec<Claimed>, Problem> {
    let root = xml::parse(body)?;
    let (mut claims, mut faults) = (Vec::new(), Vec::new());
    if (root.space.as_str(), root.name.as_str()) != (HAVE, "HospitalStatus") {
        let detail = format!("its root is not HospitalStatus of {HAVE}");
        faults.push(Fault::of(Reason::Header, "the document", detail));
    }
    for (index, hospital) in root.all("Hospital").enumerate() {
        let place = format!("Hospital {}", index.saturating_add(1));
        let organisation = hospital.one("Organization").and_then(|one| one.one("OrganizationInformation"));
        let facility = organisation.and_then(|one| one.one("OrganisationName")).and_then(|one| one.attribute("ID"));
        let at = hospital.text_of(&["LastUpdateTime"]).and_then(date_time);
        if facility.is_none() {
            faults.push(Fault::of(Reason::Value, &place, "the ID of OrganisationName names no facility"));
        }
        if at.is_none() {
            let detail = "LastUpdateTime is no dateTime with seconds and an offset";
            faults.push(Fault::of(Reason::Value, &place, detail));
        }
        let (Some(facility), Some(at)) = (facility, at) else { continue };
        of_hospital(hospital, &place, &mut faults, |resource, staffed, occupied| {
            claims.push(Claimed { facility: facility.to_owned(), resource, staffed, occupied, at });
        });
    }
    whole(claims, faults)
}

fn of_hospital(hospital: &Element, place: &str, faults: &mut Vec<Fault>, mut claim: impl FnMut(Resource, u64, u64)) {
    let capacities = hospital.all("HospitalBedCapacityStatus").flat_map(|status| status.all("BedCapacity"));
    for (index, capacity) in capacities.enumerate() {
        match bed_count(capacity) {
            Ok(Some((resource, staffed, occupied))) => claim(resource, staffed, occupied),
            Ok(None) => {}
            Err(what) => {
                let place = format!("{place}, BedCapacity {}", index.saturating_add(1));
                faults.push(Fault::of(Reason::Value, place, what));
            }
        }
    }
    let Some(status) = hospital.text_of(&["EmergencyDepartmentStatus", "EMSTraffic", "EMSTrafficStatus"]) else {
        return;
    };
    match TRAFFIC.iter().find(|(name, _)| *name == status) {
        Some((_, diverted)) => claim(Resource::AmbulanceDiversion, *diverted, 0),
        // Neither all nor nothing is sent elsewhere, or there is no such department.
        None if matches!(status, "Advisory" | "NotApplicable") => {}
        None => faults.push(Fault::of(Reason::Value, place, "EMSTrafficStatus is none that the standard knows")),
    }
}

/// The count of a bed type; none for a type that has no resource here.
fn bed_count(capacity: &Element) -> Result<Option<(Resource, u64, u64)>, String> {
    let found = capacity.text_of(&["BedType"]).unwrap_or_default();
    let known = BED_TYPES.iter().find(|(name, _)| *name == found);
    let (name, resource) = known.ok_or_else(|| String::from("BedType is none that the standard knows"))?;
    let Some(resource) = resource else { return Ok(None) };
    let number = |field: &str| {
        let digits = capacity.text_of(&["Capacity", field]).filter(|text| text.bytes().all(|b| b.is_ascii_digit()));
        let missing = || format!("{field} of {name} is no whole number of at least 0");
        digits.and_then(|digits| digits.parse::<u64>().ok()).ok_or_else(missing)
    };
    let (staffed, available) = (number("BaselineCount")?, number("AvailableCount")?);
    let more = || format!("more {name} beds are available than there are");
    let occupied = staffed.checked_sub(available).ok_or_else(more)?;
    Ok(Some((*resource, staffed, occupied)))
}
