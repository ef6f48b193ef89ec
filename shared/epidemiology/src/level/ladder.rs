//! The rules themselves, from level I down to IV, each by its name. A rule says which diseases it is for and what it looks
//! at; it holds when everything it looked at reaches its bound.

use domain::event::AlertLevel::{self, Blue, Orange, Red, Yellow};

use crate::disease::{Class, Group};

use super::{Looked, Profile, Rules, Situation, looked};

/// A named rule.
pub(super) struct Rule {
    pub name: &'static str,
    pub level: AlertLevel,
    pub applies: fn(&Profile) -> bool,
    pub looks: fn(&Rules, &Situation) -> Vec<Looked>,
}

const fn rule(
    name: &'static str,
    level: AlertLevel,
    applies: fn(&Profile) -> bool,
    looks: fn(&Rules, &Situation) -> Vec<Looked>,
) -> Rule {
    Rule { name, level, applies, looks }
}

/// Every rule; the first that holds decides.
pub(super) const LADDER: [Rule; 25] = [
    rule("severe-or-novel-spreading", Red, is_severe_or_novel, |rules, now| {
        vec![now.confirmed(), now.spreading(rules)]
    }),
    rule("inhaled-in-a-city-spreading", Red, is_inhaled, |rules, now| vec![now.in_cities(), now.spreading(rules)]),
    rule("inhaled-provinces-spreading", Red, is_inhaled, |rules, now| vec![now.provinces(rules), now.spreading(rules)]),
    rule("unexplained-provinces", Red, is_unexplained, |rules, now| vec![now.provinces(rules)]),
    rule("eradicated-returns", Red, |disease| disease.eradicated, |_, now| vec![now.infected_here()]),
    rule("inhaled-county", Orange, is_inhaled, |rules, now| vec![now.county_window(rules.inhaled_county)]),
    rule("inhaled-linked-counties", Orange, is_inhaled, |rules, now| {
        vec![looked("linked counties", now.linked_counties, rules.counties)]
    }),
    rule("bubonic-prefecture", Orange, is_bubonic, |rules, now| vec![now.prefecture_window(rules.bubonic_prefecture)]),
    rule("bubonic-prefectures", Orange, is_bubonic, |rules, now| vec![now.prefectures(rules)]),
    rule("cholera-prefecture", Orange, is_cholera, |rules, now| vec![now.prefecture_week(rules.cholera_prefecture)]),
    rule("cholera-prefectures-spreading", Orange, is_cholera, |rules, now| {
        vec![now.prefectures(rules), now.spreading(rules)]
    }),
    rule("excess-counties", Orange, is_b_or_c, |rules, now| {
        vec![now.in_excess(rules, rules.excess_several_per_mille, rules.counties)]
    }),
    rule("severe-suspected", Orange, |disease| disease.group == Group::SevereRespiratory, |_, now| vec![now.any()]),
    rule("novel-not-spreading", Orange, |disease| disease.group == Group::Novel, |_, now| vec![now.confirmed()]),
    rule("unexplained-counties", Orange, is_unexplained, |rules, now| vec![now.counties_any(rules.counties)]),
    rule("inhaled-case", Yellow, is_inhaled, |_, now| vec![now.confirmed()]),
    rule("bubonic-county", Yellow, is_bubonic, |rules, now| vec![now.county_window(rules.bubonic_county)]),
    rule("bubonic-counties", Yellow, is_bubonic, |rules, now| vec![now.counties(rules)]),
    rule("cholera-county", Yellow, is_cholera, |rules, now| vec![now.county_week(rules.cholera_county)]),
    rule("cholera-counties", Yellow, is_cholera, |rules, now| vec![now.counties(rules)]),
    rule("cholera-first-in-a-city", Yellow, is_cholera, |_, now| vec![now.first_in_a_city()]),
    rule("excess-county", Yellow, is_b_or_c, |rules, now| vec![now.in_excess(rules, rules.excess_one_per_mille, 1)]),
    rule("unexplained-county", Yellow, is_unexplained, |_, now| vec![now.counties_any(1)]),
    rule("one-case", Blue, one_case_matters, |_, now| vec![now.any()]),
    rule("institution", Blue, |disease| disease.institution.is_some(), |_, now| vec![now.in_an_institution()]),
];

fn is_severe_or_novel(disease: &Profile) -> bool {
    matches!(disease.group, Group::SevereRespiratory | Group::Novel)
}

fn is_inhaled(disease: &Profile) -> bool {
    disease.group == Group::Inhaled
}

fn is_bubonic(disease: &Profile) -> bool {
    disease.group == Group::BubonicPlague
}

fn is_cholera(disease: &Profile) -> bool {
    disease.group == Group::Cholera
}

fn is_unexplained(disease: &Profile) -> bool {
    disease.group == Group::Unexplained
}

/// Of classes B and C; what has rules of its own is not graded by its excess.
fn is_b_or_c(disease: &Profile) -> bool {
    matches!(disease.class, Class::B | Class::BAsA | Class::C) && disease.group == Group::Usual
}

fn one_case_matters(disease: &Profile) -> bool {
    matches!(disease.class, Class::A | Class::BAsA) || disease.one_case_alarms
}
