//! Facts that the tests state, and what they ask of leaves.

use std::collections::BTreeSet;

use proof::leaf::Leaf;

use super::{START, disease};
use crate::chain::Lane;
use crate::event::*;
use crate::execute::BlockOutcome;
use crate::time::Date;

/// Confirmed cases of a day.
pub fn daily(day: &str, confirmed: u64) -> Fact {
    daily_of(disease(), day, confirmed)
}

pub fn daily_of(disease: Disease, day: &str, confirmed: u64) -> Fact {
    let report_date = Date::parse(day).unwrap();
    Fact::DailyAggregate(DailyAggregate {
        disease,
        report_date,
        origin: Origin::Local,
        counts: [0, 0, confirmed, 0, 0],
    })
}

pub fn cluster(disease: Disease) -> Fact {
    let summary = "routine sampling of airport staff".into();
    Fact::SuspectedCluster(SuspectedCluster { disease, facility: "lukou-airport".into(), positives: 9, summary })
}

pub fn case() -> Fact {
    Fact::CaseReport(CaseReport {
        disease: disease(),
        classification: Classification::Confirmed,
        onset_date: None,
        report_date: START.date(),
        facility: "gulou".into(),
        age_band: AgeBand::From18To39,
        sex: Sex::Female,
        origin: Origin::Local,
    })
}

pub fn warning(level: AlertLevel) -> Fact {
    Fact::Warning(Warning {
        disease: disease(),
        level,
        headline: "Cases at Lukou".into(),
        method: String::new(),
        supersedes: None,
        ground: None,
    })
}

pub fn directive() -> Fact {
    let (headline, instruction) = ("Suspend flights".into(), "No departures from Lukou until further notice".into());
    Fact::Directive(Directive { level: AlertLevel::Orange, headline, instruction, measure: String::new() })
}

pub fn vote(subject: EventId, choice: Choice) -> Fact {
    let reason = if choice == Choice::Veto { "unfounded".into() } else { String::new() };
    Fact::Ballot(Ballot { subject, choice, reason, policy: String::new() })
}

pub fn urgent(event: &mut Event) {
    event.lane = Lane::Urgent;
}

/// Numbers of the leaves' codes, for tests that look at a whole block.
pub fn codes(outcome: &BlockOutcome) -> Vec<u16> {
    outcome.leaves.iter().filter_map(|leaf| if let Leaf::Event(leaf) = leaf { Some(leaf.code) } else { None }).collect()
}

/// Every event id leaf of a log at most once with code 0: no event is executed twice.
pub fn executed_once(log: &[Leaf]) -> bool {
    let mut seen = BTreeSet::new();
    log.iter().all(|leaf| !matches!(leaf, Leaf::Event(leaf) if leaf.code == 0 && !seen.insert(leaf.event)))
}

pub fn zero() -> Fact {
    Fact::ZeroReport(ZeroReport { disease: disease(), report_date: START.date(), facility: "gulou".into() })
}

pub fn lab() -> Fact {
    let (facility, method) = ("gulou".into(), "rt-pcr".into());
    Fact::LabResult(LabResult {
        disease: disease(),
        report_date: START.date(),
        facility,
        method,
        tested: 90,
        positive: 9,
    })
}
