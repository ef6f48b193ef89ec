//! Stage, level and index of a disease in a region at the end of a day.
//!
//! The stage is a fold over every day of the window, each judged by what was counted up to it. So an assessment follows from
//! the counts alone and from nothing that was computed before: whoever starts anew gets the same.

use std::collections::BTreeMap;

use anyhow::Context as _;
use domain::event::{AlertLevel, EventId};
use domain::time::Date;
use epidemiology::detect::{Detector, Ears, Fixed, Setting, Variant};
use epidemiology::disease::{Alarm, Parameters, Table};
use epidemiology::index::{self, Index, Inputs, Observed, Weights};
use epidemiology::index::{Burden, Diffusion, Kind, Periods, Timing};
use epidemiology::level::{self, County, Profile, Rules, Situation, Spreading};
use epidemiology::reproduction::{Reproduction, SerialInterval, course};
use epidemiology::stage::{Evidence, Machine, RtBelief, Stage};
use proof::digest::Digest;

use super::measures::Measures;
use super::{CODE, Known};

/// What assessments follow: thresholds, diseases and weights; and what warnings lead to.
pub(crate) struct Rulebook {
    pub(crate) measures: Measures,
    rules: Rules,
    diseases: Table,
    weights: Weights,
}

/// What was computed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Assessed {
    pub(crate) day: Date,
    pub(crate) stage: Stage,
    pub(crate) level: Option<AlertLevel>,
    /// The rule that gave the level, or `index`; empty without a level.
    pub(crate) rule: String,
    pub(crate) index_milli: u64,
    /// What it was computed from, by name, ascending.
    pub(crate) values: Vec<(String, i64)>,
    /// The events behind it, newest first.
    pub(crate) events: Vec<EventId>,
}

impl Assessed {
    /// What is left of a day when nothing that was counted stands.
    pub(crate) fn nothing(day: Date) -> Self {
        let (level, index_milli, values, events) = Default::default();
        Assessed { day, stage: Stage::Sporadic, level, rule: String::new(), index_milli, values, events }
    }
}

impl Rulebook {
    /// What is shipped.
    pub(crate) fn shipped() -> anyhow::Result<Self> {
        let (weights, _) = index::default_weights().context("the weights of the index")?;
        let measures = Measures::shipped()?;
        Ok(Rulebook { measures, rules: Rules::shipped()?, diseases: Table::shipped()?, weights })
    }

    /// The hash of the thresholds that levels are decided by.
    pub(crate) fn hash(&self) -> Digest {
        self.rules.hash()
    }

    /// The hash of everything but the log that a level and what it leads to follow from: code, thresholds, diseases, weights
    /// and measures.
    pub(crate) fn model(&self) -> Digest {
        let weights = self.weights.map(|weight| weight.to_bits().to_be_bytes()).concat();
        let (rules, diseases, measures) = (self.hash(), self.diseases.hash(), self.measures.hash());
        let tables = [rules.as_bytes(), diseases.as_bytes(), weights.as_slice(), measures.as_bytes()];
        Digest::of_parts(&[[b"tocsin/model", CODE.as_bytes()].as_slice(), tables.as_slice()].concat())
    }

    /// The disease of a code, where the table has it.
    pub(crate) fn disease(&self, code: &str) -> Option<&Parameters> {
        self.diseases.of(code)
    }

    /// The serial interval of a disease: the published one, where its spread is published too.
    pub(crate) fn interval(&self, code: &str) -> Option<SerialInterval> {
        let serial = self.disease(code)?.serial.as_ref()?.value;
        SerialInterval::new(serial.mean, serial.sd?).ok()
    }

    /// Assesses one region by what is known of it and of all regions of the chain with that disease.
    pub(crate) fn assess(&self, code: &str, region: &str, all: &BTreeMap<String, Known>) -> Option<Assessed> {
        let known = all.get(region)?;
        let last = known.series.len().checked_sub(1)?;
        let disease = self.disease(code);
        let beliefs = self.interval(code).map(|interval| course(&known.series, &interval)).unwrap_or_default();
        let belief = |day: usize| beliefs.get(day).and_then(|rt| rt.as_ref().ok());
        let mut machine = Machine::default();
        for day in 0..=last {
            machine.step(&evidence(known, day, disease, belief(day)));
        }
        let stage = machine.stage();
        let now = belief(last);
        let decided = level::decide(&self.rules, &situation(&self.rules, disease, known, all, now));
        let index = index::index(&inputs(known, all, disease, now), &self.weights);
        let rule = decided.as_ref().map(|decided| decided.level);
        let level = index::grade(stage, index.as_ref(), rule);
        let rule = match &decided {
            Some(decided) if Some(decided.level) == level => decided.rule.to_owned(),
            _ if level.is_some() => "index".to_owned(),
            _ => String::new(),
        };
        let mut values = BTreeMap::from([
            ("n7", signed(known.week(last))),
            ("n7_prev", signed(known.week_before(last))),
            ("suspected7", signed(known.suspected_week(last))),
            ("flagged_days", signed(known.flagged as u64)),
            ("alarm", i64::from(alarms(known, last, disease))),
        ]);
        values.extend(known.since_last_case(last).map(|days| ("days_since_last_case", i64::from(days))));
        values.extend(now.map(|rt| ("rt_milli", milli(rt.mean()))));
        values.extend(now.map(|rt| ("rt_above_1_milli", milli(rt.growing()))));
        let share = |index: &Index| ("index_known_milli", i64::from(index.known_per_mille));
        values.extend(index.as_ref().map(share));
        let scored = index.iter().flat_map(|index| &index.scored);
        let scored = scored.map(|one| (format!("index_{}_milli", one.indicator.name()), milli(one.score)));
        let values = values.into_iter().map(|(name, value)| (name.to_owned(), value)).chain(scored);
        let values = values.collect::<BTreeMap<_, _>>().into_iter().collect();
        let index_milli = index.map_or(0, |index| u64::from(index.per_mille));
        Some(Assessed { day: known.day, stage, level, rule, index_milli, values, events: known.events.clone() })
    }
}

fn evidence(known: &Known, day: usize, disease: Option<&Parameters>, rt: Option<&Reproduction>) -> Evidence {
    Evidence {
        day: known.series.date(day),
        n7: known.week(day),
        n7_prev: known.week_before(day),
        rt: rt.map(|rt| RtBelief { mean: rt.mean(), p_above_1: rt.growing() }),
        alarm: alarms(known, day, disease),
        linked_suspected: known.suspected_week(day),
        days_since_last_case: known.since_last_case(day),
        max_incubation: disease.and_then(|disease| Some(disease.incubation.as_ref()?.value.max)),
    }
}

/// Whether a detector alarms: one case where one case is enough, else what the *alert* setting or EARS C2 says of the day.
fn alarms(known: &Known, day: usize, disease: Option<&Parameters>) -> bool {
    let fixed = disease.and_then(|disease| disease.alarm.as_ref()).is_some_and(|alarm| alarm.value == Alarm::Fixed);
    let says = |detector: &dyn Detector| detector.at(&known.series, day).is_ok_and(|point| point.alarm);
    if fixed {
        return says(&Fixed { cases: 1.0 });
    }
    says(&Setting::ALERT) || says(&Ears::new(Variant::C2))
}

fn situation(
    rules: &Rules,
    disease: Option<&Parameters>,
    known: &Known,
    all: &BTreeMap<String, Known>,
    rt: Option<&Reproduction>,
) -> Situation {
    let window = usize::try_from(rules.window_days).unwrap_or(usize::MAX);
    let counties = all.iter().filter_map(|(region, known)| {
        let last = known.series.len().checked_sub(1)?;
        Some(County {
            prefecture: prefix(region, 4),
            province: prefix(region, 2),
            large_city: false,
            first_in_city: known.cases() == known.last(window),
            week: known.week(last),
            window: known.last(window),
            suspected: known.suspected_week(last),
            usual: None,
            institution: 0,
        })
    });
    let areas = |days_ago: usize| {
        let has = |known: &&Known| known.series.len() > days_ago && known.week(known.series.len() - 1 - days_ago) > 0;
        u32::try_from(all.values().filter(has).count()).unwrap_or(u32::MAX)
    };
    Situation {
        profile: disease.map_or_else(Profile::unexplained, Profile::of),
        counties: counties.collect(),
        linked_counties: 0,
        imported_only: known.imported_only,
        spreading: Spreading {
            growing_per_mille: rt.map(|rt| u32::from(index::per_mille(rt.growing()))),
            areas: areas(0),
            areas_before: areas(7),
            exported: false,
        },
    }
}

fn inputs(
    known: &Known,
    all: &BTreeMap<String, Known>,
    disease: Option<&Parameters>,
    rt: Option<&Reproduction>,
) -> Inputs {
    let observed = |events: &[EventId]| events.to_vec();
    let last = known.series.len().saturating_sub(1);
    let events = &known.events;
    let gained = |known: &&Known| known.cases() > 0 && known.last(7) == known.cases();
    let lost = |known: &&Known| {
        let last = known.series.len().saturating_sub(1);
        known.since_last_case(last).is_some_and(|days| days > 7)
    };
    let count = |which: &dyn Fn(&&Known) -> bool| u32::try_from(all.values().filter(|one| which(one)).count());
    let diffusion = Diffusion {
        gained: count(&gained).unwrap_or(u32::MAX),
        lost: count(&lost).unwrap_or(u32::MAX),
        p_above_1: rt.map(Reproduction::growing),
    };
    let periods = disease.and_then(|disease| Some(Periods::of(&disease.incubation.as_ref()?.value, &[])));
    let timing = periods.zip(known.since_last_case(last)).map(|(periods, days_since_last_case)| Timing {
        periods,
        days_since_last_case,
        n7: known.week(last),
        n7_prev: known.week_before(last),
    });
    let kind = disease.map(|disease| Kind { class: Some(disease.class), group: disease.group, past_cases: None });
    // Counts for incidences: the population falls out of the score.
    let burden = Setting::ALERT.at(&known.series, last).ok().map(|point| Burden {
        incidence: point.count,
        expected: point.expected,
        bound: point.upper,
    });
    Inputs {
        diffusion: Some(Observed { value: diffusion, events: observed(events) }),
        timing: timing.map(|value| Observed { value, events: observed(events) }),
        disease: kind.map(|value| Observed { value, events: Vec::new() }),
        burden: burden.map(|value| Observed { value, events: observed(events) }),
        ..Inputs::default()
    }
}

/// The first digits of a region's code: two name the province, four the prefecture (GB/T 2260).
fn prefix(region: &str, digits: usize) -> String {
    region.chars().take(digits).collect()
}

fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Thousandths, rounded; casts saturate.
fn milli(value: f64) -> i64 {
    (value * 1000.0).round() as i64
}

#[cfg(test)]
mod tests;
