//! What a facility counts, and patients that move it.

use super::*;

#[test]
fn the_latest_count_stands_with_its_event_until_it_is_stale() {
    let mut stage = stage((20, 5), (4, 0));
    stage.now = stage.now.plus_ms(1000);
    let second = stage.say("hospital", claim("gulou", Resource::AdultIcu, 24, 24));
    let stands = beds(&stage, "gulou");
    assert_eq!((stands.event, stands.member.as_str(), counts(&stage, "gulou")), (second, "hospital", [24, 24, 0, 0]));
    let (fresh, stale) = (stage.now.plus_ms(24 * HOUR_MS - 1), stage.now.plus_ms(24 * HOUR_MS));
    assert_eq!((stands.is_stale(fresh), stands.is_stale(stale)), (false, true));
    let older =
        stage.event_with("hospital", claim("gulou", Resource::AdultIcu, 1, 1), |event| event.occurred_at.0 -= 1);
    assert_eq!(stage.code_of(&older), Some(Code::BadTime));
    assert_eq!(counts(&stage, "gulou"), [24, 24, 0, 0]);
}

#[test]
fn no_more_is_in_use_than_has_staff_and_nothing_of_people_is() {
    assert_eq!(form(claim("gulou", Resource::AdultIcu, 4, 5)), Some((Code::OutOfRange, "occupied")));
    assert_eq!(form(claim("gulou", Resource::AdultIcu, (1 << 53) + 1, 5)), Some((Code::OutOfRange, "staffed")));
    assert_eq!(form(claim("Gulou", Resource::AdultIcu, 4, 4)), Some((Code::UnknownCode, "facility")));
    assert_eq!(form(claim("gulou", Resource::Nurse, 4, 1)), Some((Code::OutOfRange, "occupied")));
    assert_eq!(form(claim("gulou", Resource::AmbulanceDiversion, 1, 1)), Some((Code::OutOfRange, "occupied")));
    for resource in Resource::ALL {
        assert_eq!(form(claim("gulou", resource, 1, 0)), None, "{resource:?}");
    }
}

#[test]
fn a_facility_belongs_to_the_member_that_named_it_first_whatever_it_counts() {
    let mut stage = stage((4, 4), (2, 0));
    assert_eq!(stage.code("airport", claim("gulou", Resource::Isolation, 9, 0)), Some(Code::NotOwner));
    assert_eq!(stage.code("airport", flow("gulou", [0, 1, 0], None)), Some(Code::NotOwner));
    assert_eq!(stage.code("hospital", claim("gulou", Resource::Isolation, 9, 0)), None);
    assert_eq!(stage.code("airport", claim("lukou-clinic", Resource::AdultIcu, 2, 0)), None);
}

#[test]
fn patients_that_come_and_go_move_what_is_in_use_and_never_beyond_its_ends() {
    let mut stage = stage((10, 8), (4, 0));
    assert_eq!(stage.code("hospital", flow("gulou", [3, 0, 0], None)), Some(Code::NoBed));
    assert_eq!(stage.code("hospital", flow("gulou", [0, 8, 1], None)), Some(Code::Insufficient));
    assert_eq!(stage.code("hospital", flow("gulou", [4, 2, 1], None)), None, "who left makes room");
    assert_eq!(counts(&stage, "gulou"), [10, 9, 0, 1]);
    assert_eq!(stage.code("cdc", flow("lishui", [1, 0, 0], None)), Some(Code::UnknownCode), "it claims no beds");
    assert_eq!(form(flow("gulou", [0, 0, 0], None)), Some((Code::Malformed, "admitted")));
    let nurses = PatientFlow {
        facility: "gulou".into(),
        resource: Resource::Nurse,
        admitted: 1,
        discharged: 0,
        died: 0,
        hold: None,
    };
    assert_eq!(form(Fact::PatientFlow(nurses)), Some((Code::UnknownCode, "resource")));
}

#[test]
fn what_happened_before_the_count_is_in_the_count() {
    let mut stage = stage((10, 8), (4, 0));
    let late = stage.event_with("hospital", flow("gulou", [0, 2, 0], None), |event| event.occurred_at.0 -= 1);
    assert_eq!(stage.code_of(&late), None);
    assert_eq!(counts(&stage, "gulou"), [10, 8, 0, 2], "they were gone when the others were counted");
    stage.later(HOUR_MS);
    assert_eq!(stage.code("hospital", flow("gulou", [0, 2, 0], None)), None);
    let before =
        stage.event_with("hospital", claim("gulou", Resource::AdultIcu, 10, 8), |event| event.occurred_at.0 -= 1);
    assert_eq!(stage.code_of(&before), Some(Code::BadTime), "it lacks those who left since");
    assert_eq!(stage.code("hospital", claim("gulou", Resource::AdultIcu, 12, 6)), None);
    assert_eq!(counts(&stage, "gulou"), [12, 6, 0, 6]);
}
