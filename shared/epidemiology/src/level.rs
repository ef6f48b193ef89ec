//! The response level of China's national plan, I to IV, from counts: explicit named rules, looked at from the highest level
//! down; the first that holds gives the level, with the values it looked at.
//!
//! Whole numbers only. Thresholds are in a text ([`Rules`]) that a chain activates by its hash. What no rule grades, such as
//! a health emergency of international concern, is for people and never computed here.
//!
//! Source: the national emergency plan for public health emergencies (2006) and the standard for the reporting of public
//! health emergency information (trial version), as quoted by provincial and county plans that were read.

mod ladder;
mod rules;
mod situation;

use domain::event::{AlertLevel, EventId as Digest};

use crate::disease::{Alarm, Class, Group, Occurrence, Parameters};

pub use rules::{Rules, RulesError, SHIPPED};

/// What the rules need to know of a disease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Which rules apply.
    pub group: Group,
    /// Its class.
    pub class: Class,
    /// Whether it was declared eradicated.
    pub eradicated: bool,
    /// Whether one case alarms.
    pub one_case_alarms: bool,
    /// Cases in one institution in one week that must be reported.
    pub institution: Option<u32>,
}

impl Profile {
    /// Of a disease of the table.
    pub fn of(disease: &Parameters) -> Self {
        Profile {
            group: disease.group,
            class: disease.class,
            eradicated: disease.occurrence == Occurrence::Eradicated,
            one_case_alarms: disease.alarm.as_ref().is_some_and(|alarm| alarm.value == Alarm::Fixed),
            institution: disease.institution.as_ref().map(|threshold| threshold.value),
        }
    }

    /// Of a cluster whose cause is not known.
    pub fn unexplained() -> Self {
        Profile {
            group: Group::Unexplained,
            class: Class::Unlisted,
            eradicated: false,
            one_case_alarms: false,
            institution: None,
        }
    }
}

/// What was counted in the same week of past years.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usual {
    /// Cases of all those weeks together.
    pub cases: u64,
    /// How many years; the plan says five.
    pub years: u32,
}

/// What is known in one county.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct County {
    /// The prefecture it is in.
    pub prefecture: String,
    /// The province it is in.
    pub province: String,
    /// Whether it is part of a large or medium city.
    pub large_city: bool,
    /// Whether it is the urban area of a prefecture's city that had no case of this before.
    pub first_in_city: bool,
    /// Confirmed cases of the last 7 days.
    pub week: u64,
    /// Confirmed cases of the last [`Rules::window_days`] days.
    pub window: u64,
    /// Suspected cases of the last 7 days.
    pub suspected: u64,
    /// What is usual; `None` where no past years are known.
    pub usual: Option<Usual>,
    /// The most cases that one institution had in the last 7 days.
    pub institution: u64,
}

/// Signs that it spreads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spreading {
    /// P(Rt > 1) in thousandths, where Rt is known.
    pub growing_per_mille: Option<u32>,
    /// Areas with a case in the last 7 days.
    pub areas: u32,
    /// Areas with a case in the 7 days before.
    pub areas_before: u32,
    /// Whether a case was carried out of the area.
    pub exported: bool,
}

/// What a level is decided on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Situation {
    /// The disease.
    pub profile: Profile,
    /// Every county that has something to say.
    pub counties: Vec<County>,
    /// Counties whose cases belong together: the most that one chain of infection joins.
    pub linked_counties: u64,
    /// Whether every case was infected outside.
    pub imported_only: bool,
    /// Whether it spreads.
    pub spreading: Spreading,
}

/// A value that a rule looked at; it speaks for the rule when it reaches the bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Looked {
    /// What was counted.
    pub what: &'static str,
    /// How much it is.
    pub value: u64,
    /// What it must reach.
    pub bound: u64,
}

impl Looked {
    fn holds(self) -> bool {
        self.value >= self.bound
    }
}

fn looked(what: &'static str, value: u64, bound: u32) -> Looked {
    Looked { what, value, bound: u64::from(bound) }
}

/// A level and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The level.
    pub level: AlertLevel,
    /// The name of the rule that gave it; it never changes its meaning.
    pub rule: &'static str,
    /// What the rule looked at; all of it reached its bounds.
    pub looked: Vec<Looked>,
    /// The hash of the thresholds.
    pub rules: Digest,
}

/// The level of a situation; `None` when no rule holds.
pub fn decide(rules: &Rules, situation: &Situation) -> Option<Decision> {
    ladder::LADDER.iter().filter(|rule| (rule.applies)(&situation.profile)).find_map(|rule| {
        let looked = (rule.looks)(rules, situation);
        let holds = looked.iter().all(|looked| looked.holds());
        holds.then(|| Decision { level: rule.level, rule: rule.name, looked, rules: rules.hash() })
    })
}

/// Every rule's name and level, from the highest level down.
pub fn names() -> impl Iterator<Item = (&'static str, AlertLevel)> {
    ladder::LADDER.iter().map(|rule| (rule.name, rule.level))
}

#[cfg(test)]
mod tests;
