#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test panics")]

use crate::disease::Table;

use super::*;

mod text;

fn shipped() -> Rules {
    Rules::shipped().unwrap()
}

/// Counties of one prefecture, Nanjing in Jiangsu, where nothing spreads.
fn situation(code: &str, counties: Vec<County>) -> Situation {
    let profile = Profile::of(Table::shipped().unwrap().of(code).unwrap());
    Situation { profile, counties, linked_counties: 1, imported_only: false, spreading: Spreading::default() }
}

fn unexplained(counties: Vec<County>) -> Situation {
    Situation { profile: Profile::unexplained(), ..situation("A00", counties) }
}

fn county(week: u64) -> County {
    County { prefecture: "nanjing".into(), province: "jiangsu".into(), week, window: week, ..County::default() }
}

fn in_prefecture(name: &str, week: u64) -> County {
    County { prefecture: name.into(), ..county(week) }
}

fn in_province(name: &str, week: u64) -> County {
    County { province: name.into(), ..county(week) }
}

fn usual(week: u64, cases: u64) -> County {
    County { usual: Some(Usual { cases, years: 5 }), ..county(week) }
}

fn suspected(cases: u64) -> County {
    County { suspected: cases, ..county(0) }
}

/// The same with Rt surely above 1.
fn growing(situation: Situation) -> Situation {
    Situation { spreading: Spreading { growing_per_mille: Some(900), ..Spreading::default() }, ..situation }
}

fn graded(situation: &Situation) -> Option<(&'static str, &'static str)> {
    decide(&shipped(), situation).map(|decision| (decision.level.name(), decision.rule))
}

#[test]
fn severe_respiratory_disease_is_ii_when_suspected_and_i_when_it_spreads() {
    for code in ["U04.9", "J09", "U07.1"] {
        assert_eq!(graded(&situation(code, vec![county(0)])), None);
        assert_eq!(graded(&situation(code, vec![suspected(1)])), Some(("orange", "severe-suspected")));
        assert_eq!(graded(&situation(code, vec![county(1)])), Some(("orange", "severe-suspected")));
        assert_eq!(graded(&growing(situation(code, vec![county(1)]))), Some(("red", "severe-or-novel-spreading")));
        assert_eq!(graded(&growing(situation(code, vec![suspected(9)]))), Some(("orange", "severe-suspected")));
    }
}

#[test]
fn a_novel_disease_is_ii_when_brought_in_and_i_when_it_spreads() {
    assert_eq!(graded(&situation("A98.4", vec![suspected(1)])), Some(("blue", "one-case")));
    assert_eq!(graded(&situation("A98.4", vec![county(1)])), Some(("orange", "novel-not-spreading")));
    let carried = Spreading { exported: true, ..Spreading::default() };
    let exported = Situation { spreading: carried, ..situation("A98.4", vec![county(1)]) };
    assert_eq!(graded(&exported), Some(("red", "severe-or-novel-spreading")));
}

#[test]
fn one_area_is_where_it_starts_and_a_second_is_a_sign_of_spreading() {
    let areas = |areas, areas_before, per_mille| {
        let spreading = Spreading { areas, areas_before, growing_per_mille: Some(per_mille), exported: false };
        graded(&Situation { spreading, ..situation("U07.1", vec![county(5)]) }).unwrap().0
    };
    assert_eq!(areas(1, 0, 899), "orange");
    assert_eq!(areas(1, 0, 900), "red");
    assert_eq!(areas(2, 1, 0), "red");
    assert_eq!(areas(3, 3, 0), "orange");
}

#[test]
fn plague_in_the_lungs() {
    let city = |cases| County { large_city: true, ..county(cases) };
    let in_city = growing(situation("A20.2", vec![city(1)]));
    let provinces = growing(situation("A20.2", vec![county(1), in_province("anhui", 1)]));
    assert_eq!(graded(&in_city), Some(("red", "inhaled-in-a-city-spreading")));
    assert_eq!(graded(&provinces), Some(("red", "inhaled-provinces-spreading")));
    assert_eq!(graded(&situation("A20.2", vec![city(1)])), Some(("yellow", "inhaled-case")));
    assert_eq!(graded(&situation("A20.2", vec![county(4)])), Some(("yellow", "inhaled-case")));
    assert_eq!(graded(&situation("A22.1", vec![county(5)])), Some(("orange", "inhaled-county")));
    let linked = Situation { linked_counties: 2, ..situation("A20.2", vec![county(1), county(1)]) };
    assert_eq!(graded(&linked), Some(("orange", "inhaled-linked-counties")));
    assert_eq!(graded(&situation("A20.2", vec![suspected(1)])), Some(("blue", "one-case")));
}

#[test]
fn bubonic_plague() {
    let of = |counties| graded(&situation("A20.0", counties));
    assert_eq!(of(vec![county(9)]), Some(("blue", "one-case")));
    assert_eq!(of(vec![county(10)]), Some(("yellow", "bubonic-county")));
    assert_eq!(of(vec![county(1), county(1)]), Some(("yellow", "bubonic-counties")));
    assert_eq!(of(vec![county(10), county(10)]), Some(("orange", "bubonic-prefecture")));
    assert_eq!(of(vec![county(1), in_prefecture("yangzhou", 1)]), Some(("orange", "bubonic-prefectures")));
}

#[test]
fn cholera() {
    let of = |counties| graded(&situation("A00", counties));
    assert_eq!(of(vec![county(9)]), Some(("blue", "one-case")));
    assert_eq!(of(vec![county(10)]), Some(("yellow", "cholera-county")));
    assert_eq!(of(vec![county(29)]), Some(("yellow", "cholera-county")));
    assert_eq!(of(vec![county(15), county(15)]), Some(("orange", "cholera-prefecture")));
    assert_eq!(of(vec![county(1), county(1)]), Some(("yellow", "cholera-counties")));
    assert_eq!(of(vec![County { first_in_city: true, ..county(1) }]), Some(("yellow", "cholera-first-in-a-city")));
    let two = vec![in_prefecture("nanjing", 1), in_prefecture("yangzhou", 1)];
    assert_eq!(of(two.clone()), Some(("yellow", "cholera-counties")));
    assert_eq!(graded(&growing(situation("A00", two))), Some(("orange", "cholera-prefectures-spreading")));
}

#[test]
fn what_is_usual_is_exceeded_at_twice_its_mean() {
    let of = |counties| graded(&situation("B26", counties));
    // Given 25 cases in the same week of five years, five a year.
    assert_eq!(of(vec![usual(10, 25)]), None);
    assert_eq!(of(vec![usual(11, 25)]), Some(("yellow", "excess-county")));
    assert_eq!(of(vec![usual(11, 25), usual(11, 25)]), Some(("orange", "excess-counties")));
    assert_eq!(of(vec![usual(4, 0)]), None, "four cases exceed nothing");
    assert_eq!(of(vec![usual(5, 0)]), Some(("yellow", "excess-county")));
    assert_eq!(of(vec![county(1000)]), None, "nothing is usual where no past years are known");
    assert_eq!(of(vec![County { usual: Some(Usual { cases: 0, years: 0 }), ..county(50) }]), None);
    assert_eq!(of(vec![usual(u64::MAX, 25)]), Some(("yellow", "excess-county")));
}

#[test]
fn a_class_school() {
    let school = |code, cases| graded(&situation(code, vec![County { institution: cases, ..county(cases) }]));
    for (code, threshold) in [("B15", 5), ("A01", 5), ("B05", 10), ("B01", 10), ("A09", 20)] {
        assert_eq!(school(code, threshold - 1), None, "{code}");
        assert_eq!(school(code, threshold), Some(("blue", "institution")), "{code}");
    }
}

#[test]
fn a_cluster_that_nobody_can_explain() {
    assert_eq!(graded(&unexplained(vec![suspected(3)])), Some(("yellow", "unexplained-county")));
    assert_eq!(graded(&unexplained(vec![suspected(3), suspected(1)])), Some(("orange", "unexplained-counties")));
    let provinces = vec![suspected(3), County { province: "anhui".into(), ..suspected(1) }];
    assert_eq!(graded(&unexplained(provinces)), Some(("red", "unexplained-provinces")));
}

#[test]
fn what_was_eradicated_is_i_when_somebody_is_infected_here() {
    let polio = situation("A80", vec![county(1)]);
    assert_eq!(graded(&polio), Some(("red", "eradicated-returns")));
    assert_eq!(graded(&Situation { imported_only: true, ..polio }), Some(("blue", "one-case")));
}

#[test]
fn a_decision_says_what_it_looked_at_and_under_which_thresholds() {
    let decision = decide(&shipped(), &growing(situation("U07.1", vec![county(11)]))).unwrap();
    let values: Vec<_> = decision.looked.iter().map(|looked| (looked.what, looked.value, looked.bound)).collect();
    assert_eq!(values, [("confirmed cases", 11, 1), ("signs of spreading", 1, 1)]);
    assert_eq!(decision.rules, shipped().hash());
}

#[test]
fn other_thresholds_give_other_levels() {
    let rules = Rules { cholera_county: 5, ..shipped() };
    let decision = decide(&rules, &situation("A00", vec![county(5)])).unwrap();
    assert_eq!((decision.rule, decision.rules == shipped().hash()), ("cholera-county", false));
}

#[test]
fn every_rule_has_its_own_name_and_no_level_comes_after_a_lower_one() {
    let all: Vec<_> = names().collect();
    let distinct: std::collections::BTreeSet<_> = all.iter().map(|(name, _)| name).collect();
    assert_eq!((all.len(), distinct.len()), (25, 25));
    assert!(all.windows(2).all(|pair| pair[0].1 >= pair[1].1));
}

proptest::proptest! {
    #[test]
    fn more_cases_never_lower_the_level(
        cases in proptest::collection::vec((0u64..40, 0u64..40, 0u64..60, 0u64..4), 1..5),
        more in 0u64..40,
        row in 0usize..58,
    ) {
        let code = Table::shipped().unwrap().rows()[row].code.clone();
        let counties = |more: u64| {
            let grown = |(at, (week, institution, past, place)): (u64, &(u64, u64, u64, u64))| County {
                prefecture: format!("p{place}"),
                province: format!("q{}", place / 2),
                institution: institution + more,
                suspected: at,
                ..usual(week + more, *past)
            };
            (0..).zip(&cases).map(grown).collect::<Vec<_>>()
        };
        let level = |more| decide(&shipped(), &situation(&code, counties(more))).map(|decision| decision.level);
        proptest::prop_assert!(level(more) >= level(0));
    }
}
