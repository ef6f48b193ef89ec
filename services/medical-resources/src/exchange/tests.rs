//! Both formats against the field rules of their standards, and there and back.

mod fhir_rules;
mod have_rules;

use proof::digest::Digest;

use super::*;

pub(super) const NOON: Millis = Millis(1_626_782_400_000);

fn count(resource: Resource, [staffed, occupied, reserved]: [u64; 3]) -> BedsRecord {
    BedsRecord {
        facility: "gulou".into(),
        resource,
        member: "gulou-hospital".into(),
        region: "320100".into(),
        staffed,
        occupied,
        reserved,
        observed_at: NOON,
        moved_at: NOON.plus_ms(90_007),
        stale_at: NOON.plus_ms(resource.expires_after()),
        event: Digest([7; 32]),
    }
}

/// A hospital that counts everything that either format has a word for, and staff.
pub(super) fn sheet() -> Sheet {
    Sheet {
        facility: "gulou".into(),
        title: "Gulou Hospital <Nanjing> & \"friends\"".into(),
        member: "gulou-hospital".into(),
        place: Some((32_058_000, -118_780_001)),
        as_of: NOON.plus_ms(3_600_000),
        beds: vec![
            count(Resource::AdultGeneral, [400, 380, 0]),
            count(Resource::PaediatricGeneral, [60, 12, 0]),
            count(Resource::AdultIcu, [30, 30, 0]),
            count(Resource::PaediatricIcu, [8, 3, 0]),
            count(Resource::Isolation, [20, 5, 0]),
            count(Resource::NegativePressure, [10, 1, 0]),
            count(Resource::Ventilator, [25, 19, 0]),
            count(Resource::Nurse, [300, 0, 0]),
            count(Resource::AmbulanceDiversion, [1, 0, 0]),
        ],
        partial: false,
    }
}

/// What should come back of the sheet through a format that has words for these.
pub(super) fn claims(known: impl Fn(Resource) -> bool, at: Millis) -> Vec<Claimed> {
    let known = sheet().beds.into_iter().filter(|beds| known(beds.resource));
    let claim = |beds: BedsRecord| {
        let BedsRecord { facility, resource, staffed, occupied, .. } = beds;
        Claimed { facility, resource, staffed, occupied, at }
    };
    let mut claims = known.map(claim).collect::<Vec<_>>();
    claims.sort_by_key(|claim| claim.resource);
    claims
}

#[test]
fn times_have_seconds_and_an_offset() {
    assert_eq!(with_offset(NOON), "2021-07-20T12:00:00+00:00");
    assert_eq!(with_offset(Millis(NOON.0 + 123)), "2021-07-20T12:00:00.123+00:00");
    for text in [
        "2021-07-20T12:00:00Z",
        "2021-07-20T12:00:00+00:00",
        "2021-07-20T20:00:00+08:00",
        "2021-07-20T02:30:00-09:30",
        "2021-07-20T12:00:00.000000Z",
    ] {
        assert_eq!(date_time(text), Some(NOON), "{text}");
    }
    assert_eq!(date_time("2021-07-20T12:00:00.5+00:00"), Some(Millis(NOON.0 + 500)));
    for text in [
        "",
        "2021-07-20",
        "2021-07-20T12:00:00",
        "2021-07-20T12:00Z",
        "2021-07-20T12:00:00+0800",
        "2021-07-20T12:00:00+15:00",
        "2021-07-20T12:00:00.Z",
        "1970-01-01T00:00:00+08:00",
        "2021-07-20T12:00:00é8:00",
    ] {
        assert_eq!(date_time(text), None, "{text}");
    }
}

#[test]
fn a_claim_is_a_request_that_the_chain_reads() {
    let claim = claims(|resource| resource == Resource::AdultIcu, NOON).remove(0);
    let defaults = wire::json::Defaults { now: Millis(0), region: "320100" };
    let draft = wire::json::fact_from("capacity_claim", &claim.request(), &defaults).unwrap();
    assert_eq!(draft.occurred_at, NOON);
    let domain::event::Fact::CapacityClaim(stated) = draft.fact else { panic!("a claim") };
    assert_eq!((stated.facility.as_str(), stated.resource, stated.staffed), ("gulou", Resource::AdultIcu, 30));
}

#[test]
fn a_document_without_counts_with_too_many_or_with_one_twice_is_refused() {
    let claim = claims(|resource| resource == Resource::AdultIcu, NOON).remove(0);
    let reason = |claims: Vec<Claimed>| {
        let problem = whole(claims, Vec::new()).unwrap_err();
        assert_eq!(problem.code(), "IMPORT");
        problem.json()["results"][0]["problem"]["reason"].as_str().unwrap().to_owned()
    };
    assert_eq!(reason(Vec::new()), "IMPORT_ROWS");
    let of = |minute: u64| Claimed { at: NOON.plus_ms(60_000 * minute), ..claim.clone() };
    assert_eq!(reason((0..=500).map(of).collect()), "IMPORT_ROWS");
    assert_eq!(whole((0..500).map(of).collect(), Vec::new()).unwrap().len(), 500);
    assert_eq!(reason(vec![of(1), Claimed { staffed: 1, ..of(1) }]), "IMPORT_DUPLICATE");
}
