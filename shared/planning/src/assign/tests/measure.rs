//! What an assignment for a province costs. It prints figures and asserts what they must stay below; it is run by hand:
//! `cargo test --release -p planning -- --ignored --nocapture five_thousand`.

use std::time::{Duration, Instant};

use super::*;

/// The goal: a member waits for the answer.
const GOAL: Duration = Duration::from_secs(2);

/// A place in a field of three by three degrees, spread by two multipliers that share no factor with its side.
fn spread(n: usize) -> Place {
    let e6 = |by: usize| i64::try_from(n * by % 3_000_017).unwrap();
    Place { lat_e6: 31_000_000 + e6(1_618_033), lon_e6: 117_000_000 + e6(2_236_067) }
}

#[test]
#[ignore = "figures of the machine it runs on"]
fn five_thousand_patients_and_two_hundred_facilities_are_planned_in_two_seconds() {
    let facility =
        |n: usize| Beds { place: spread(7 * n + 3), free: 5 + n as u64 % 30, ..beds(&format!("f-{n}"), 0, 0) };
    let beds = (0..200).map(facility).collect::<Vec<_>>();
    for places in [100, 5_000] {
        let severity = |n: usize| u8::try_from(1 + n % 5).unwrap();
        let patient = |n: usize| Patient { place: spread(n % places), ..patient(&format!("p-{n}"), severity(n), 0) };
        let patients = (0..5_000).map(patient).collect::<Vec<_>>();
        let begin = Instant::now();
        let plan = assign(&patients, &beds, 120).unwrap();
        let took = begin.elapsed();
        let (placed, waiting) = (plan.placed.len(), plan.waiting.len());
        println!("patients at {places} places: {took:?}; {placed} placed, {waiting} wait");
        assert_eq!(placed + waiting, 5_000);
        assert!(placed > 2_500 && took < GOAL, "{took:?}");
    }
}
