mod measure;

use proptest::prelude::*;

use super::*;

/// Places along a road, some 1.33 minutes a kilometre, 1.48 a hundredth of a degree of latitude.
fn at(hundredths: i64) -> Place {
    Place { lat_e6: 32_000_000 + hundredths * 10_000, lon_e6: 118_000_000 }
}

fn patient(reference: &str, severity: u8, hundredths: i64) -> Patient {
    Patient { reference: reference.into(), severity, place: at(hundredths), resource: "adult-icu".into() }
}

fn beds(facility: &str, hundredths: i64, free: u64) -> Beds {
    Beds { facility: facility.into(), place: at(hundredths), resource: "adult-icu".into(), free }
}

fn where_to(plan: &Plan) -> Vec<(&str, &str)> {
    plan.placed.iter().map(|placed| (placed.reference.as_str(), placed.facility.as_str())).collect()
}

#[test]
fn the_severe_go_first_and_the_rest_hear_why_they_wait() {
    let patients = [patient("mild", 1, 0), patient("critical", 5, 0), patient("grave", 4, 0)];
    let plan = assign(&patients, &[beds("near", 10, 1), beds("far", 30, 1)], 60).unwrap();
    assert_eq!(where_to(&plan), [("critical", "near"), ("grave", "far")]);
    assert_eq!(plan.placed[1].nearer_full, ["near"]);
    let why = Why::Outweighed { in_reach: 2, mildest: 4 };
    assert_eq!(plan.waiting, [Waiting { reference: "mild".into(), why }]);
    // One more bed anywhere would place the mild one; nearer it would shorten a way as well.
    assert_eq!(plan.scarce.iter().map(|scarce| scarce.facility.as_str()).collect::<Vec<_>>(), ["near", "far"]);
    let (near, far) = (minutes(at(0), at(10)), minutes(at(0), at(30)));
    let moved_on = 4 * i64::from(far - near);
    assert_eq!(plan.scarce[0].worth, WORTH - i64::from(far) + moved_on);
    assert_eq!(plan.scarce[1].worth, WORTH - i64::from(far));
}

#[test]
fn a_longer_way_for_one_places_another() {
    // "here" is in reach of both, "there" of the first only: the first drives on.
    let patients = [patient("first", 2, 0), patient("second", 1, -30)];
    let plan = assign(&patients, &[beds("here", 5, 1), beds("there", 35, 1)], 60).unwrap();
    assert_eq!(where_to(&plan), [("first", "there"), ("second", "here")]);
    assert_eq!(plan.waiting, []);
}

#[test]
fn who_is_out_of_reach_hears_of_what() {
    let plan = assign(&[patient("one", 3, 0)], &[beds("far", 100, 3)], 60).unwrap();
    let why = Why::TooFar { facility: "far".into(), minutes: minutes(at(0), at(100)) };
    assert_eq!(plan.waiting, [Waiting { reference: "one".into(), why }]);
    let none = assign(&[patient("one", 3, 0)], &[beds("full", 1, 0)], 60).unwrap();
    assert_eq!(none.waiting[0].why, Why::NoneFree);
}

#[test]
fn what_makes_no_sense_is_refused() {
    assert_eq!(assign(&[patient("one", 6, 0)], &[], 60), Err(Refused::Severity(0)));
    assert_eq!(assign(&[patient("one", 0, 0)], &[], 60), Err(Refused::Severity(0)));
    assert_eq!(assign(&[], &[], MAX_MINUTES + 1), Err(Refused::Limit));
    let nowhere = Patient { place: Place { lat_e6: 91_000_000, lon_e6: 0 }, ..patient("one", 1, 0) };
    assert_eq!(assign(&[nowhere], &[], 60), Err(Refused::Place("one".into())));
}

/// Every assignment there is, tried.
fn best_of_all(patients: &[Patient], beds: &[Beds], limit: u32) -> i64 {
    fn go(patients: &[Patient], beds: &[Beds], limit: u32, free: &mut [u64]) -> i64 {
        let Some((patient, rest)) = patients.split_first() else { return 0 };
        let mut best = go(rest, beds, limit, free);
        for (at, there) in beds.iter().enumerate() {
            let way = minutes(patient.place, there.place);
            if free[at] == 0 || way > limit || there.resource != patient.resource {
                continue;
            }
            free[at] -= 1;
            best = best.max(go(rest, beds, limit, free) - cost(way, patient.severity));
            free[at] += 1;
        }
        best
    }
    go(patients, beds, limit, &mut beds.iter().map(|beds| beds.free).collect::<Vec<_>>())
}

fn gained(patients: &[Patient], plan: &Plan) -> i64 {
    let of = |placed: &Placed| {
        let patient = patients.iter().find(|patient| patient.reference == placed.reference).unwrap();
        -cost(placed.minutes, patient.severity)
    };
    plan.placed.iter().map(of).sum()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_assignment_is_better_and_nobody_is_lost_or_placed_twice(
        who in proptest::collection::vec((1u8..=5, 0i64..60, 0usize..2), 0..6),
        where_ in proptest::collection::vec((0i64..60, 0u64..3, 0usize..2), 0..4),
        limit in 10u32..80,
    ) {
        let kinds = ["adult-icu", "isolation"];
        let patients: Vec<_> = who.iter().enumerate().map(|(at, (severity, place, kind))| Patient {
            resource: kinds[*kind].into(), ..patient(&at.to_string(), *severity, *place)
        }).collect();
        let there: Vec<_> = where_.iter().enumerate().map(|(at, (place, free, kind))| Beds {
            resource: kinds[*kind].into(), ..beds(&at.to_string(), *place, *free)
        }).collect();
        let plan = assign(&patients, &there, limit).unwrap();
        prop_assert_eq!(gained(&patients, &plan), best_of_all(&patients, &there, limit));
        let mut all: Vec<_> = plan.placed.iter().map(|placed| &placed.reference).chain(plan.waiting.iter().map(|w| &w.reference)).collect();
        all.sort();
        all.dedup();
        prop_assert_eq!(all.len(), patients.len());
        for beds in &there {
            let lie = plan.placed.iter().filter(|placed| placed.facility == beds.facility).count();
            prop_assert!(lie as u64 <= beds.free);
        }
        prop_assert!(plan.placed.iter().all(|placed| placed.minutes <= limit));
    }
}
