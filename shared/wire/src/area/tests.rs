use domain::chain::MAX_NAME_BYTES;
use domain::event::Resource;
use domain::refusal::Code;
use domain::time::{Date, Millis};
use proof::digest::Digest;
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::golden;

fn ward() -> Ward {
    Ward {
        facility: "gulou".into(),
        region: "320106".into(),
        resource: Resource::AdultIcu,
        staffed: 20,
        occupied: 15,
        reserved: 2,
        stale: true,
        event: Digest([7; 32]),
    }
}

fn wards_answer() -> WardsAnswer {
    let (latitude_e6, longitude_e6) = (32_058_000, -118_780_000);
    WardsAnswer {
        height: 9,
        chain_time: Millis(1_626_000_000_000),
        as_of: Millis(1_626_000_060_000),
        wards: vec![ward()],
        places: vec![WardPlace { facility: "gulou".into(), latitude_e6, longitude_e6, event: Digest([8; 32]) }],
    }
}

fn beds_answer() -> BedsAnswer {
    let courses =
        vec![BedsCourse { resource: Resource::Isolation, days: vec![BedsDay { low: 1, middle: 2, high: 300 }] }];
    let forecast = BedsForecast { event: Digest([9; 32]), reference: Date(18_830), courses };
    BedsAnswer { height: 9, chain_time: Millis(1_626_000_000_000), forecast: Some(forecast) }
}

fn refused() -> Refused {
    Refused { code: Code::BadQuery, field: "disease".into(), detail: "disease is one of U07.1".into() }
}

#[test]
fn the_bytes_of_questions_and_answers_are_the_golden_ones() {
    let wards = Wards {
        as_of: Some(Millis(1_626_000_000_000)),
        facility: Some("gulou".into()),
        region: Some("320106".into()),
        disease: Some("U07.1".into()),
    };
    let beds = Beds { disease: "U07.1".into(), region: "320100".into(), as_of: Some(Date(18_830)) };
    for (name, bytes) in [
        ("area/wards.txt", wards.encode()),
        ("area/wards_answer.txt", Answer::encode(Ok(wards_answer()))),
        ("area/beds.txt", beds.encode()),
        ("area/beds_answer.txt", Answer::encode(Ok(beds_answer()))),
        ("area/refused.txt", <WardsAnswer as Answer>::encode(Err(refused()))),
    ] {
        golden::check(name, &golden::hex(&bytes));
    }
}

fn resources() -> impl Strategy<Value = Resource> {
    select(&Resource::ALL[..])
}

fn number() -> impl Strategy<Value = u64> {
    prop_oneof![Just(0), 1..200_u64, any::<u64>()]
}

fn any_ward() -> impl Strategy<Value = Ward> {
    let names = ("\\PC{0,24}", "\\PC{0,24}", resources());
    (names, [number(), number(), number()], any::<bool>(), any::<[u8; 32]>()).prop_map(
        |((facility, region, resource), [staffed, occupied, reserved], stale, event)| {
            let event = Digest(event);
            Ward { facility, region, resource, staffed, occupied, reserved, stale, event }
        },
    )
}

fn any_place() -> impl Strategy<Value = WardPlace> {
    ("\\PC{0,24}", any::<i64>(), any::<i64>(), any::<[u8; 32]>()).prop_map(
        |(facility, latitude_e6, longitude_e6, event)| WardPlace {
            facility,
            latitude_e6,
            longitude_e6,
            event: Digest(event),
        },
    )
}

fn any_forecast() -> impl Strategy<Value = BedsForecast> {
    let day = [number(), number(), number()].prop_map(|[low, middle, high]| BedsDay { low, middle, high });
    let course = (resources(), vec(day, 0..=MAX_DAYS)).prop_map(|(resource, days)| BedsCourse { resource, days });
    (any::<[u8; 32]>(), any::<u32>(), vec(course, 0..=MAX_COURSES)).prop_map(|(event, reference, courses)| {
        BedsForecast { event: Digest(event), reference: Date(reference), courses }
    })
}

proptest! {
    #[test]
    fn every_question_comes_back(
        as_of in of(any::<u64>()), words in [of("\\PC{0,24}"), of("\\PC{0,24}"), of("\\PC{0,24}")], day in of(any::<u32>()),
    ) {
        let [facility, region, disease] = words.clone();
        let wards = Wards { as_of: as_of.map(Millis), facility, region, disease };
        prop_assert_eq!(Wards::decode(&wards.clone().encode()), Ok(wards));
        let [disease, region, _] = words.map(Option::unwrap_or_default);
        let beds = Beds { disease, region, as_of: day.map(Date) };
        prop_assert_eq!(Beds::decode(&beds.clone().encode()), Ok(beds));
    }

    #[test]
    fn every_answer_comes_back(
        times in [any::<u64>(), any::<u64>(), any::<u64>()], wards in vec(any_ward(), 0..4), places in vec(any_place(), 0..4),
        forecast in of(any_forecast()),
    ) {
        let [height, chain_time, as_of] = times;
        let (chain_time, as_of) = (Millis(chain_time), Millis(as_of));
        let there = WardsAnswer { height, chain_time, as_of, wards, places };
        prop_assert_eq!(WardsAnswer::decode(&Answer::encode(Ok(there.clone()))), Ok(Ok(there)));
        let expected = BedsAnswer { height, chain_time, forecast };
        prop_assert_eq!(BedsAnswer::decode(&Answer::encode(Ok(expected.clone()))), Ok(Ok(expected)));
    }

    #[test]
    fn bytes_of_anybody_are_read_or_refused(bytes in vec(any::<u8>(), 0..64)) {
        let _ = (Wards::decode(&bytes), Beds::decode(&bytes), WardsAnswer::decode(&bytes), BedsAnswer::decode(&bytes));
    }
}

#[test]
fn a_no_comes_back_as_a_no() {
    let no = <BedsAnswer as Answer>::encode(Err(refused()));
    assert_eq!(BedsAnswer::decode(&no), Ok(Err(refused())));
    assert_eq!(WardsAnswer::decode(&<WardsAnswer as Answer>::encode(Err(refused()))), Ok(Err(refused())));
    assert_eq!(Wards::decode(&[]).map_err(|refusal| refusal.field), Err("question"));
    assert_eq!(BedsAnswer::decode(&[]).map_err(|refusal| refusal.field), Err("answer"));
}

#[test]
fn the_fullest_answer_fits_its_message_and_one_more_is_refused() {
    let name = || "n".repeat(MAX_NAME_BYTES);
    let (staffed, occupied, reserved) = (u64::MAX, u64::MAX, u64::MAX);
    let ward = Ward { facility: name(), region: "n".repeat(16), staffed, occupied, reserved, ..ward() };
    let (latitude_e6, longitude_e6) = (-90_000_000, -180_000_000);
    let place = WardPlace { facility: name(), latitude_e6, longitude_e6, event: Digest([8; 32]) };
    let (height, chain_time, as_of) = (u64::MAX, Millis(u64::MAX), Millis(u64::MAX));
    let full = |more: usize| {
        let (wards, places) = (vec![ward.clone(); MAX_WARDS + more], vec![place.clone(); MAX_PLACES]);
        Answer::encode(Ok(WardsAnswer { height, chain_time, as_of, wards, places }))
    };
    assert!(full(0).len() <= MAX_MESSAGE_BYTES, "{}", full(0).len());
    assert!(WardsAnswer::decode(&full(0)).is_ok());
    assert_eq!(
        WardsAnswer::decode(&full(1)).map_err(|refusal| (refusal.code, refusal.field)),
        Err((Code::Limit, "wards"))
    );
    let mut long = beds_answer();
    if let Some(course) = long.forecast.as_mut().and_then(|forecast| forecast.courses.first_mut()) {
        course.days = vec![BedsDay::default(); MAX_DAYS + 1];
    }
    assert_eq!(BedsAnswer::decode(&Answer::encode(Ok(long))).map_err(|refusal| refusal.field), Err("days"));
}
