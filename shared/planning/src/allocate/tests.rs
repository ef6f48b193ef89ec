use proptest::prelude::*;

use super::*;

fn at(hundredths: i64) -> Place {
    Place { lat_e6: 32_000_000 + hundredths * 10_000, lon_e6: 118_000_000 }
}

fn request(name: &str, need: u8, quantity: u64) -> Request {
    Request { name: name.into(), facility: format!("hospital-{name}"), place: at(0), need, quantity, in_days: 0 }
}

fn lot(name: &str, free: u64, expires_in: Option<u32>, hundredths: i64) -> Lot {
    Lot { facility: format!("store-{name}"), place: at(hundredths), lot: name.into(), free, expires_in }
}

fn got(plan: &Plan, request: &str) -> u64 {
    plan.shares.iter().filter(|share| share.request == request).map(|share| share.quantity).sum()
}

#[test]
fn twice_the_need_is_filled_further_and_nobody_goes_without() {
    let plan = allocate(&[request("a", 2, 100), request("b", 1, 100)], &[lot("x", 100, None, 5)]).unwrap();
    // a's slices are worth 20, 18, ..., 2 and b's 10, 9, ..., 1: the ten best are a's first eight, down to 6, and b's
    // first two, or the one of the same worth in its place.
    assert!((70..=80).contains(&got(&plan, "a")), "{plan:?}");
    assert_eq!(got(&plan, "a") + got(&plan, "b"), 100);
    assert!(plan.unmet.iter().all(|unmet| unmet.why == Why::Shared));
}

#[test]
fn what_expires_first_goes_first_then_the_nearer() {
    let lots = [lot("late", 50, None, 1), lot("soon", 50, Some(20), 90), lot("far", 50, None, 60)];
    let plan = allocate(&[request("a", 5, 80)], &lots).unwrap();
    let shares: Vec<_> = plan.shares.iter().map(|share| (share.lot.as_str(), share.quantity)).collect();
    assert_eq!(shares, [("soon", 50), ("late", 30)]);
}

#[test]
fn what_expires_before_it_is_needed_stays_and_that_is_said() {
    let late = Request { in_days: 30, ..request("a", 5, 10) };
    let plan = allocate(std::slice::from_ref(&late), &[lot("soon", 50, Some(30), 1)]).unwrap();
    assert_eq!((plan.shares.len(), plan.unmet[0].why), (0, Why::Expires));
    let own = Lot { facility: late.facility.clone(), ..lot("own", 5, None, 0) };
    assert_eq!(allocate(&[late], &[own]).unwrap().unmet[0].why, Why::NoStock);
}

#[test]
fn what_makes_no_sense_is_refused() {
    assert_eq!(allocate(&[request("a", 0, 1)], &[]), Err(Refused::Need("a".into())));
    assert_eq!(allocate(&[request("a", 11, 1)], &[]), Err(Refused::Need("a".into())));
    assert_eq!(allocate(&[request("a", 1, MAX_UNITS + 1)], &[]), Err(Unsolved::Units.into()));
    let nowhere = Lot { place: Place { lat_e6: 0, lon_e6: 180_000_001 }, ..lot("x", 1, None, 0) };
    assert_eq!(allocate(&[], &[nowhere]), Err(Refused::Place("x".into())));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_given_twice_and_nothing_stays_while_somebody_lacks_it(
        asked in proptest::collection::vec((1u8..=10, 0u64..500, 0u32..40), 0..6),
        have in proptest::collection::vec((0u64..400, proptest::option::of(0u32..100), 0i64..90), 0..6),
    ) {
        let requests: Vec<_> = asked.iter().enumerate().map(|(at, (need, quantity, in_days))| Request {
            in_days: *in_days, ..request(&at.to_string(), *need, *quantity)
        }).collect();
        let lots: Vec<_> = have.iter().enumerate().map(|(at, (free, expires, place))| lot(&at.to_string(), *free, *expires, *place)).collect();
        let plan = allocate(&requests, &lots).unwrap();
        for one in &lots {
            let given: u64 = plan.shares.iter().filter(|share| share.lot == one.lot).map(|share| share.quantity).sum();
            prop_assert!(given <= one.free);
            let lacks = requests.iter().any(|r| serves(one, r) && plan.unmet.iter().any(|unmet| unmet.request == r.name));
            prop_assert!(given == one.free || !lacks, "{} of {} given", given, one.lot);
        }
        for r in &requests {
            let unmet: u64 = plan.unmet.iter().filter(|unmet| unmet.request == r.name).map(|unmet| unmet.quantity).sum();
            prop_assert_eq!(got(&plan, &r.name) + unmet, r.quantity);
        }
    }
}
