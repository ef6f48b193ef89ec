#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test panics")]

use domain::event::AlertLevel::{Blue, Orange, Red, Yellow};
use proptest::prelude::*;

use crate::disease::{Class, Group, Incubation};

use super::*;

mod weights;

fn seen<T>(value: T) -> Option<Observed<T>> {
    Some(Observed { value, events: vec![EventId::of(b"report")] })
}

fn equal() -> Weights {
    [1.0; 9]
}

/// The only indicator of these inputs.
fn only(inputs: &Inputs) -> Scored {
    let scored = index(inputs, &equal()).unwrap().scored;
    assert_eq!(scored.len(), 1);
    scored[0].clone()
}

fn near(value: f64, expected: f64) {
    assert!((value - expected).abs() < 1e-9, "{value} is not {expected}");
}

fn timing(days_since_last_case: u32, n7: u64, n7_prev: u64) -> Inputs {
    let periods = Periods { mean: 6.4, t95: 14.0, records: 0 };
    Inputs { timing: seen(Timing { periods, days_since_last_case, n7, n7_prev }), ..Inputs::default() }
}

fn of_timing(inputs: &Inputs) -> (f64, f64) {
    let scored = index(inputs, &equal()).unwrap().scored;
    assert_eq!([scored[0].indicator, scored[1].indicator], [Indicator::Recency, Indicator::Doubling]);
    (scored[0].score, scored[1].score)
}

#[test]
fn the_first_areas_count_most() {
    let of = |affected, all| only(&Inputs { areas: seen(Areas { affected, all }), ..Inputs::default() }).score;
    near(of(0, 13), 0.0);
    near(of(1, 13), 2f64.ln() / 14f64.ln());
    near(of(13, 13), 1.0);
    near(of(40, 31), 1.0);
    assert_eq!(index(&Inputs { areas: seen(Areas { affected: 0, all: 0 }), ..Inputs::default() }, &equal()), None);
}

#[test]
fn it_spreads_by_rt_or_by_areas() {
    let of = |gained, lost, p_above_1| {
        only(&Inputs { diffusion: seen(Diffusion { gained, lost, p_above_1 }), ..Inputs::default() }).score
    };
    near(of(2, 1, None), 1.0 / 3.0);
    near(of(2, 1, Some(0.8)), 0.8);
    near(of(9, 1, Some(0.8)), 1.0);
    near(of(0, 5, None), 0.0);
}

#[test]
fn cases_around_press_by_their_travel() {
    let around = vec![Neighbour { travel: 0.5, cases: 6 }, Neighbour { travel: -1.0, cases: 100 }];
    near(only(&Inputs { surroundings: seen(around), ..Inputs::default() }).score, 1.0 - (-1f64).exp());
    near(only(&Inputs { surroundings: seen(vec![]), ..Inputs::default() }).score, 0.0);
}

#[test]
fn time_runs_out_between_one_and_two_longest_incubations() {
    let recency = |days| of_timing(&timing(days, 0, 0)).0;
    assert_eq!([recency(0), recency(14), recency(21), recency(28), recency(99)], [1.0, 1.0, 0.5, 0.0, 0.0]);
}

#[test]
fn doubling_counts_against_the_mean_incubation() {
    let doubling = |n7, n7_prev| of_timing(&timing(0, n7, n7_prev)).1;
    near(doubling(20, 10), 6.4 / 7.0);
    near(doubling(40, 10), 1.0);
    near(doubling(10, 10), 0.0);
    near(doubling(0, 0), 0.0);
    near(doubling(2, 0), 6.4 / 7.0);
    near(doubling(1, 0), 0.0);
}

#[test]
fn twenty_contact_records_replace_the_table() {
    let table = Incubation { mean: 6.4, max: 14 };
    let records: Vec<f64> = (1..=21).map(f64::from).collect();
    assert_eq!(Periods::of(&table, &records[..19]), Periods { mean: 6.4, t95: 14.0, records: 0 });
    assert_eq!(Periods::of(&table, &records), Periods { mean: 11.0, t95: 20.0, records: 21 });
    assert_eq!(Periods::of(&table, &[f64::NAN; 30]).records, 0);
    assert_eq!(Periods::of(&table, &[0.0; 30]), Periods { mean: 1.0, t95: 1.0, records: 30 });
}

#[test]
fn the_class_of_a_disease_and_whether_it_is_rare_here() {
    let of = |class, group, past_cases| {
        only(&Inputs { disease: seen(Kind { class, group, past_cases }), ..Inputs::default() }).score
    };
    assert_eq!(of(Some(Class::A), Group::Cholera, Some(3)), 1.0);
    assert_eq!(of(Some(Class::BAsA), Group::SevereRespiratory, Some(3)), 0.9);
    assert_eq!(of(Some(Class::BAsA), Group::SevereRespiratory, Some(0)), 1.0);
    assert_eq!(of(Some(Class::B), Group::Usual, Some(0)), 0.75);
    assert_eq!(of(Some(Class::C), Group::Usual, None), 0.25);
    assert_eq!(of(Some(Class::Unlisted), Group::Novel, None), 1.0);
    assert_eq!(of(None, Group::Usual, None), 1.0);
}

#[test]
fn at_the_detector_s_bound_the_burden_is_one_half() {
    let of = |incidence, expected, bound| {
        index(&Inputs { burden: seen(Burden { incidence, expected, bound }), ..Inputs::default() }, &equal())
            .map(|index| index.per_mille)
    };
    assert_eq!([of(8.0, 2.0, 8.0), of(14.0, 2.0, 8.0), of(90.0, 2.0, 8.0)], [Some(500), Some(1000), Some(1000)]);
    assert_eq!([of(1.0, 2.0, 8.0), of(1.0, 2.0, 2.0), of(f64::NAN, 2.0, 8.0)], [Some(0), None, None]);
}

fn band_of(cases: u64, people: u64, frail: bool) -> Band {
    Band { cases, people, frail }
}

#[test]
fn ages_count_when_they_differ_from_the_population() {
    let of = |bands: Vec<Band>| index(&Inputs { ages: seen(bands), ..Inputs::default() }, &equal());
    // Given bands just like the population, only the ratio of 1 counts.
    let same = of(vec![band_of(10, 100, true), band_of(90, 900, false)]).unwrap();
    near(same.scored[0].score, 1.0 / 3.0);
    // Given 40 of 100 cases among a tenth of the people: chi-square 100, V 1, ratio 4.
    let old = of(vec![band_of(40, 100, true), band_of(60, 900, false)]).unwrap();
    assert_eq!((old.per_mille, old.scored[0].says.starts_with("V 1.000 (p 0.0000)")), (1000, true));
    // Given no frail at all among the cases, V alone speaks: sqrt(100 * .1 / .9 / 100).
    near(of(vec![band_of(0, 100, true), band_of(100, 900, false)]).unwrap().scored[0].score, (1f64 / 9.0).sqrt());
    assert_eq!(of(vec![band_of(10, 100, true), band_of(9, 900, false)]), None, "19 cases say nothing");
    assert_eq!(of(vec![band_of(50, 100, true)]), None);
    assert_eq!(of(vec![band_of(50, 0, true), band_of(50, 0, false)]), None);
}

#[test]
fn a_fifth_of_severe_cases_is_as_bad_as_it_is_taken_to_get() {
    let of =
        |severe, cases| index(&Inputs { severity: seen(Severity { severe, cases }), ..Inputs::default() }, &equal());
    let tenth = of(10, 100).unwrap();
    assert_eq!(tenth.per_mille, 500);
    assert_eq!(tenth.scored[0].says, "10 of 100 severe: 0.100 [0.055, 0.174]");
    assert_eq!(of(30, 100).unwrap().per_mille, 1000);
    assert_eq!([of(0, 0), of(2, 1)], [None, None]);
}

#[test]
fn what_is_missing_drops_out_and_is_said() {
    let inputs = Inputs {
        areas: seen(Areas { affected: 13, all: 13 }),
        severity: seen(Severity { severe: 0, cases: 10 }),
        ..Inputs::default()
    };
    let mut weights = equal();
    weights[0] = 3.0;
    let index = index(&inputs, &weights).unwrap();
    assert_eq!((index.per_mille, index.band), (750, Orange));
    assert_eq!((index.known_per_mille, &index.missing[..]), (364, &Indicator::ALL[1..8]), "four of eleven parts");
    assert_eq!(index.scored.iter().map(|scored| scored.weight).collect::<Vec<_>>(), [0.75, 0.25]);
    assert_eq!(index.scored[0].events, [EventId::of(b"report")]);
    assert_eq!(super::index(&inputs, &[0.0; 9]), None);
    assert_eq!(super::index(&Inputs::default(), &equal()), None);
}

#[test]
fn bands_and_thousandths() {
    assert_eq!(
        [0.0, 0.25, 0.2504, 0.2506, 1.0, 7.0, -1.0, f64::NAN].map(per_mille),
        [0, 250, 250, 251, 1000, 1000, 0, 0]
    );
    let bands = [0, 250, 251, 500, 501, 750, 751, 1000].map(band);
    assert_eq!(bands, [Blue, Blue, Yellow, Yellow, Orange, Orange, Red, Red]);
}

/// An index of a band, of which so many thousandths of the weights are known.
fn graded(band: AlertLevel, known_per_mille: u16) -> Index {
    Index { per_mille: 0, band, known_per_mille, scored: vec![], missing: vec![] }
}

#[test]
fn an_index_raises_a_rule_s_level_by_one_step_and_never_to_red() {
    let of = |index, rule| grade(Stage::Growth, Some(&graded(index, 1000)), rule);
    assert_eq!([None, Some(Blue), Some(Yellow)].map(|rule| of(Red, rule)), [Some(Blue), Some(Yellow), Some(Orange)]);
    assert_eq!([Some(Orange), Some(Red)].map(|rule| of(Red, rule)), [Some(Orange), Some(Red)]);
    assert_eq!(
        (of(Blue, Some(Orange)), of(Yellow, Some(Blue)), of(Blue, None)),
        (Some(Orange), Some(Yellow), Some(Blue))
    );
    assert_eq!(grade(Stage::Decline, None, None), None);
}

#[test]
fn in_a_quiet_stage_an_index_alarms_nobody() {
    for stage in [Stage::Sporadic, Stage::Ended] {
        let of = |rule| grade(stage, Some(&graded(Red, 1000)), rule);
        assert_eq!((of(None), of(Some(Blue))), (None, Some(Blue)));
    }
}

#[test]
fn an_index_of_which_less_than_half_is_known_counts_for_no_level() {
    let of = |known| grade(Stage::Growth, Some(&graded(Red, known)), None);
    assert_eq!((of(499), of(500)), (None, Some(Blue)));
    let timing = index(&timing(0, 3, 0), &default_weights().unwrap().0).unwrap();
    assert!(timing.band == Red && timing.known_per_mille < ENOUGH_KNOWN, "{timing:?}");
    assert_eq!(grade(Stage::Growth, Some(&timing), None), None);
}

fn numbers() -> impl Strategy<Value = f64> {
    prop_oneof![-1e3..1e3f64, Just(0.0), Just(f64::NAN), Just(f64::INFINITY), Just(f64::MAX)]
}

proptest! {
    #[test]
    fn whatever_goes_in_scores_and_weights_stay_within_their_bounds(
        n in proptest::collection::vec(numbers(), 10),
        k in proptest::collection::vec(prop_oneof![0u64..50, Just(u64::MAX)], 10),
    ) {
        let small = |at: usize| u32::try_from(k[at]).unwrap_or(u32::MAX);
        let periods = Periods { mean: n[0], t95: n[1], records: 0 };
        let inputs = Inputs {
            areas: seen(Areas { affected: small(0), all: small(1) }),
            diffusion: seen(Diffusion { gained: small(2), lost: small(3), p_above_1: Some(n[2]) }),
            surroundings: seen(vec![Neighbour { travel: n[3], cases: k[4] }]),
            timing: seen(Timing { periods, days_since_last_case: small(5), n7: k[6], n7_prev: k[7] }),
            disease: None,
            burden: seen(Burden { incidence: n[4], expected: n[5], bound: n[6] }),
            ages: seen(vec![band_of(k[0], k[1], true), band_of(k[2], k[3], false), band_of(k[4], k[5], true)]),
            severity: seen(Severity { severe: k[8], cases: k[9] }),
        };
        let weights = [n[7], n[8], n[9], 1.0, 1.0, 1.0, 1.0, 1.0, 1.0];
        if let Some(index) = index(&inputs, &weights) {
            prop_assert!(index.per_mille <= 1000 && index.known_per_mille <= 1000);
            prop_assert!(index.scored.iter().all(|scored| (0.0..=1.0).contains(&scored.score)));
            prop_assert!((index.scored.iter().map(|scored| scored.weight).sum::<f64>() - 1.0).abs() < 1e-9);
            prop_assert_eq!(index.scored.len() + index.missing.len(), 9);
        }
    }
}
