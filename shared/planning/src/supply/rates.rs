//! What is used up, by published figures: few, because a figure that could not be read at its source was left out.
//!
//! Most count what is planned for, not what was seen to be used: a Korean hospital that counted (`ppe-set`) used about a
//! quarter of what others plan for, or less. So a deployment that counts its own use states its own rates.

use std::collections::BTreeSet;

use super::{Per, Rate};

const PAHO: &str = "PAHO, Requirements and technical specifications of PPE for the novel coronavirus, 6 February 2020";
const WHO: &str = "WHO, Oxygen sources and distribution for COVID-19 treatment centres, 4 April 2020";
/// By authors of the CDC, for an influenza pandemic; the base case, "up to".
const CARIAS: &str =
    "Carias et al. 2015, Clinical Infectious Diseases 60 (suppl. 1), doi:10.1093/cid/civ141: base case";
/// Four sets a day for who works at high risk: a gown, goggles, a respirator and two pairs of gloves each. Who is on duty
/// works one shift a day.
const HASHIKURA: &str = "Hashikura and Kizu 2009, American Journal of Infection Control 37:703-707, doi:10.1016/j.ajic.2009.05.002: high risk";
/// By judgement of intensive-care clinicians and counts at Kaiser: two gloves for each of 170 changes.
const HOPKINS: &str =
    "Johns Hopkins Center for Health Security, Assumptions of US PPE needs, 18 April 2020: intensive care";
/// Counted at a Korean hospital in the two weeks around 16 March 2022.
const PARK: &str = "Park et al. 2024, Kosin Medical Journal 39:44-50, doi:10.7180/kmj.23.126: counted";

/// Litres a day of a litre a minute.
const LITRE_A_MINUTE: u64 = 24 * 60;

/// Item, by whom, thousandths of a unit, whose figure. Gloves of intensive care come beside those of its staff: the overlap is
/// a seventh where one nurse cares for one patient (three shifts of 16 beside 340), and on the safe side.
const SHIPPED: [(&str, Per, u64, &str); 11] = [
    ("gown", Per::PatientDay, 25_000, PAHO),
    ("medical-mask", Per::PatientDay, 25_000, PAHO),
    ("n95-mask", Per::WardPatientDay, 8_000, CARIAS),
    ("n95-mask", Per::CriticalPatientDay, 16_000, CARIAS),
    ("goggles", Per::StaffShift, 4_000, HASHIKURA),
    ("glove", Per::StaffShift, 16_000, HASHIKURA),
    ("glove", Per::CriticalPatientDay, 340_000, HOPKINS),
    ("ppe-set", Per::WardPatientDay, 1_400, PARK),
    ("ppe-set", Per::CriticalPatientDay, 4_300, PARK),
    ("oxygen-litre", Per::SeverePatientDay, 10 * LITRE_A_MINUTE * 1000, WHO),
    ("oxygen-litre", Per::CriticalPatientDay, 30 * LITRE_A_MINUTE * 1000, WHO),
];

/// The rates that are shipped. Masks and respirators are pieces, gloves single gloves, oxygen litres.
pub fn shipped() -> Vec<Rate> {
    let rate =
        |(item, per, milli, source): (&str, _, _, &str)| Rate { item: item.into(), per, milli, source: source.into() };
    SHIPPED.into_iter().map(rate).collect()
}

/// Rates with others over them: who states any rate of an item states all of them, so that nothing is counted twice.
pub fn over(below: Vec<Rate>, stated: &[Rate]) -> Vec<Rate> {
    let items = stated.iter().map(|rate| rate.item.as_str()).collect::<BTreeSet<_>>();
    let kept = below.into_iter().filter(|rate| !items.contains(rate.item.as_str()));
    kept.chain(stated.iter().cloned()).collect()
}
