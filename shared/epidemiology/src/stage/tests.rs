#![allow(clippy::unwrap_used, reason = "a test panics")]

use proptest::prelude::*;

use super::*;

/// A day without anything.
fn quiet(day: u32) -> Evidence {
    Evidence {
        day: Date(day),
        n7: 0,
        n7_prev: 0,
        rt: None,
        alarm: false,
        linked_suspected: 0,
        days_since_last_case: None,
        max_incubation: Some(14),
    }
}

fn weeks(day: u32, n7: u64, n7_prev: u64) -> Evidence {
    Evidence { n7, n7_prev, alarm: true, days_since_last_case: Some(0), ..quiet(day) }
}

fn rt(p_above_1: f64) -> Option<RtBelief> {
    Some(RtBelief { mean: p_above_1 + 0.5, p_above_1 })
}

fn at(stage: Stage) -> Machine {
    Machine { stage, ..Machine::default() }
}

#[test]
fn an_alarm_or_two_linked_suspected_cases_are_an_alert() {
    assert_eq!(Machine::default().step(&quiet(1)), Stage::Sporadic);
    assert_eq!(Machine::default().step(&Evidence { alarm: true, ..quiet(1) }), Stage::Alert);
    assert_eq!(Machine::default().step(&Evidence { linked_suspected: 2, ..quiet(1) }), Stage::Alert);
    assert_eq!(Machine::default().step(&Evidence { linked_suspected: 1, ..quiet(1) }), Stage::Sporadic);
}

#[test]
fn growth_is_seen_at_once_by_the_weeks_or_by_rt() {
    assert_eq!(Machine::default().step(&weeks(1, 6, 0)), Stage::Growth);
    assert_eq!(Machine::default().step(&weeks(1, 5, 0)), Stage::Alert, "three after none would be no growth");
    assert_eq!(Machine::default().step(&weeks(1, 19, 10)), Stage::Alert);
    assert_eq!(Machine::default().step(&Evidence { rt: rt(0.95), ..weeks(1, 19, 10) }), Stage::Growth);
    assert_eq!(at(Stage::Decline).step(&weeks(1, 20, 10)), Stage::Growth);
}

#[test]
fn growth_without_an_alarm_is_sporadic() {
    assert_eq!(Machine::default().step(&Evidence { alarm: false, ..weeks(1, 6, 0) }), Stage::Sporadic);
}

#[test]
fn a_second_day_takes_it_down_one_step() {
    // Given growth, when two days see none, then it is a plateau, and only two more days of fall are a decline.
    let mut machine = at(Stage::Growth);
    assert_eq!(machine.step(&weeks(1, 50, 100)), Stage::Growth);
    assert_eq!(machine.candidate(), Some(Stage::Plateau));
    assert_eq!(machine.step(&weeks(2, 48, 100)), Stage::Plateau);
    assert_eq!(machine.step(&weeks(3, 45, 100)), Stage::Plateau);
    assert_eq!(machine.step(&weeks(4, 40, 100)), Stage::Decline);
}

#[test]
fn evaluating_the_same_day_again_never_takes_it_down() {
    let mut machine = at(Stage::Growth);
    for _ in 0..5 {
        assert_eq!(machine.step(&weeks(1, 50, 100)), Stage::Growth);
    }
    assert_eq!(machine.step(&weeks(2, 50, 100)), Stage::Plateau);
}

#[test]
fn a_day_of_growth_between_starts_the_count_anew() {
    let mut machine = at(Stage::Growth);
    machine.step(&weeks(1, 50, 100));
    machine.step(&weeks(2, 200, 100));
    assert_eq!(machine.candidate(), None);
    assert_eq!(machine.step(&weeks(3, 50, 100)), Stage::Growth);
}

#[test]
fn rt_surely_below_one_must_last_three_days_before_it_counts() {
    // Given weeks that fall by less than a quarter, so that only Rt tells; three days to count and one more to confirm.
    let mut machine = at(Stage::Plateau);
    let stages = [1, 2, 3, 4].map(|day| machine.step(&Evidence { rt: rt(0.04), ..weeks(day, 90, 100) }));
    assert_eq!(stages, [Stage::Plateau, Stage::Plateau, Stage::Plateau, Stage::Decline]);
}

#[test]
fn a_falling_epidemic_that_stays_flat_is_a_plateau_again() {
    let flat = |n7, n7_prev, p| at(Stage::Decline).step(&Evidence { rt: rt(p), ..weeks(1, n7, n7_prev) });
    assert_eq!(flat(125, 100, 0.5), Stage::Plateau);
    assert_eq!(flat(126, 100, 0.5), Stage::Decline, "neither flat nor twice: kept");
    assert_eq!(flat(75, 100, 0.5), Stage::Decline);
    assert_eq!(flat(100, 100, 0.05), Stage::Decline);
    assert_eq!(flat(2, 2, 0.5), Stage::Decline, "the last cases of an outbreak are no plateau");
}

#[test]
fn it_ends_after_two_longest_incubations_and_not_before() {
    let silent = |days| Evidence { days_since_last_case: Some(days), ..quiet(100) };
    assert_eq!(at(Stage::Decline).step(&silent(27)), Stage::Decline);
    assert_eq!(at(Stage::Decline).step(&silent(28)), Stage::Ended);
    assert_eq!(at(Stage::Decline).step(&Evidence { max_incubation: Some(21), ..silent(41) }), Stage::Decline);
    assert_eq!(at(Stage::Decline).step(&Evidence { max_incubation: Some(21), ..silent(42) }), Stage::Ended);
    assert_eq!(at(Stage::Decline).step(&Evidence { max_incubation: None, ..silent(400) }), Stage::Decline);
}

#[test]
fn what_has_ended_starts_anew_with_a_case() {
    assert_eq!(at(Stage::Ended).step(&quiet(1)), Stage::Ended);
    assert_eq!(at(Stage::Ended).step(&Evidence { alarm: false, ..weeks(1, 1, 0) }), Stage::Sporadic);
    assert_eq!(at(Stage::Ended).step(&weeks(1, 1, 0)), Stage::Alert);
}

#[test]
fn an_alert_that_fades_is_sporadic_on_the_second_day() {
    let mut machine = at(Stage::Alert);
    assert_eq!(machine.step(&quiet(1)), Stage::Alert);
    assert_eq!(machine.step(&quiet(2)), Stage::Sporadic);
}

#[test]
fn numbers_and_names_are_those_of_the_ledger() {
    assert_eq!(Stage::ALL.map(Stage::number), [0, 1, 2, 3, 4, 5]);
    assert_eq!(Stage::ALL.map(|stage| Stage::of(stage.number())), Stage::ALL.map(Some));
    assert_eq!(Stage::of(6), None);
    let names = ["sporadic", "alert", "growth", "plateau", "decline", "ended"];
    assert_eq!(Stage::ALL.map(Stage::name), names);
}

fn any_evidence() -> impl Strategy<Value = Evidence> {
    let rt = proptest::option::of(prop_oneof![0.0..1.0f64, Just(0.0), Just(1.0), Just(f64::NAN)]);
    (0u64..40, 0u64..40, rt, any::<bool>(), 0u64..4, 0u32..40).prop_map(|(n7, n7_prev, p, alarm, linked, days)| {
        Evidence {
            n7,
            n7_prev,
            rt: p.map(|p_above_1| RtBelief { mean: 1.0, p_above_1 }),
            alarm,
            linked_suspected: linked,
            days_since_last_case: Some(days),
            ..quiet(0)
        }
    })
}

proptest! {
    #[test]
    fn it_never_falls_two_days_in_a_row_nor_by_two_steps(days in proptest::collection::vec(any_evidence(), 1..60)) {
        let mut machine = Machine::default();
        let mut fell_before = false;
        for (day, evidence) in (1..).zip(days) {
            let before = machine.stage();
            let after = machine.step(&Evidence { day: Date(day), ..evidence });
            let fell = after.height() < before.height() && after != Stage::Ended;
            prop_assert!(!(fell && fell_before), "fell twice to {after:?}");
            if fell {
                let steps = [
                    (Stage::Growth, Stage::Plateau),
                    (Stage::Plateau, Stage::Decline),
                    (Stage::Alert, Stage::Sporadic),
                ];
                prop_assert!(steps.contains(&(before, after)), "{before:?} to {after:?}");
            }
            fell_before = fell;
        }
    }

    #[test]
    fn one_day_alone_takes_nothing_down(evidence in any_evidence(), times in 1usize..5) {
        for stage in Stage::ALL {
            let mut machine = at(stage);
            for _ in 0..times {
                let before = machine.stage();
                let after = machine.step(&evidence);
                prop_assert!(after == Stage::Ended || after.height() >= before.height(), "{before:?} to {after:?}");
            }
        }
    }

    #[test]
    fn a_day_that_grows_with_an_alarm_is_growth_from_anywhere(evidence in any_evidence()) {
        for stage in Stage::ALL {
            let evidence = Evidence { n7: 80, alarm: true, days_since_last_case: Some(0), ..evidence };
            prop_assert_eq!(at(stage).step(&evidence), Stage::Growth);
        }
    }
}
