use super::*;
use crate::event::{CapacityClaim, Fact};
use crate::facility::testing::event;
use crate::stage::Stage;
use crate::state::read;

fn gulou() -> FacilityProfile {
    FacilityProfile {
        facility: "gulou".into(),
        kind: FacilityKind::SecondaryHospital,
        title: "Gulou Hospital".into(),
        place: Some((32_058_000, 118_780_000)),
        licensed: vec![(Resource::AdultGeneral, 400), (Resource::AdultIcu, 21)],
        capabilities: vec!["dialysis".into(), "surgery".into()],
    }
}

fn claim(resource: Resource, staffed: u64) -> Fact {
    Fact::CapacityClaim(CapacityClaim { facility: "gulou".into(), resource, staffed, occupied: 0 })
}

#[test]
fn the_owners_latest_profile_stands() {
    let mut stage = Stage::new(&[]);
    stage.say("hospital", Fact::FacilityProfile(gulou()));
    assert_eq!(stage.code("cdc", Fact::FacilityProfile(gulou())), Some(Code::NotOwner));
    stage.later(1000);
    let second = FacilityProfile { title: "Gulou District Hospital".into(), place: None, ..gulou() };
    let id = stage.say("hospital", Fact::FacilityProfile(second));
    let before = stage.event_with("hospital", Fact::FacilityProfile(gulou()), |event| event.occurred_at.0 -= 1);
    assert_eq!(stage.code_of(&before), Some(Code::BadTime));
    let stands = read::<ProfileRecord>(&stage.state, &keys::profile("gulou")).unwrap().unwrap();
    assert_eq!(
        (stands.event, stands.title.as_str(), stands.member.as_str()),
        (id, "Gulou District Hospital", "hospital")
    );
}

/// Seen to fail: without the call of `plausible` in the rule of claims, every number up to 2^53 was taken.
#[test]
fn a_claim_is_one_that_a_facility_of_its_kind_and_licence_can_make() {
    let mut stage = Stage::new(&[]);
    assert_eq!(
        stage.code("hospital", claim(Resource::Isolation, 75_001)),
        Some(Code::OutOfRange),
        "no place has these"
    );
    assert_eq!(stage.code("hospital", claim(Resource::Isolation, 75_000)), None, "without a profile, any kind's");
    stage.say("hospital", Fact::FacilityProfile(gulou()));
    for (resource, most) in [
        (Resource::Isolation, 2_500),
        (Resource::AdultGeneral, 600),
        (Resource::AdultIcu, 31),
        (Resource::PaediatricIcu, 500),
        (Resource::AmbulanceDiversion, 1),
    ] {
        assert_eq!(stage.code("hospital", claim(resource, most + 1)), Some(Code::OutOfRange), "{resource:?}");
        assert_eq!(stage.code("hospital", claim(resource, most)), None, "{resource:?}");
    }
    stage.say("hospital", Fact::FacilityProfile(FacilityProfile { kind: FacilityKind::Warehouse, ..gulou() }));
    assert_eq!(stage.code("hospital", claim(Resource::AdultIcu, 1)), Some(Code::OutOfRange));
}

#[test]
fn a_profile_is_of_a_place_on_the_globe_and_names_each_thing_once_in_order() {
    let form = |change: fn(&mut FacilityProfile)| {
        let mut profile = gulou();
        change(&mut profile);
        crate::form::check(&event(Fact::FacilityProfile(profile))).err().map(|refusal| (refusal.code, refusal.field))
    };
    assert_eq!(form(|_| ()), None);
    assert_eq!(form(|profile| profile.facility = "Gulou".into()), Some((Code::UnknownCode, "facility")));
    assert_eq!(form(|profile| profile.title.clear()), Some((Code::OutOfRange, "title")));
    assert_eq!(form(|profile| profile.place = Some((-90_000_000, 180_000_000))), None);
    assert_eq!(form(|profile| profile.place = Some((90_000_001, 0))), Some((Code::OutOfRange, "place")));
    assert_eq!(form(|profile| profile.place = Some((0, i64::MIN))), Some((Code::OutOfRange, "place")));
    assert_eq!(form(|profile| profile.licensed.reverse()), Some((Code::Malformed, "licensed")));
    assert_eq!(form(|profile| profile.licensed[0].1 = u64::MAX), Some((Code::OutOfRange, "licensed")));
    assert_eq!(form(|profile| profile.capabilities.push("surgery".into())), Some((Code::Malformed, "capabilities")));
    assert_eq!(form(|profile| profile.capabilities = vec!["x".into(); 17]), Some((Code::Limit, "capabilities")));
    assert_eq!(form(|profile| profile.licensed = vec![(Resource::Ecmo, 1); 17]), Some((Code::Limit, "licensed")));
}
