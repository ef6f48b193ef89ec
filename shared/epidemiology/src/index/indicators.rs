//! The indicators, each from what was observed to a score of 0 (nothing) to 1 (as bad as it is taken to get).
//!
//! The definitions are those of the papers' three-level table; where the papers name an indicator and no formula, the
//! formula is this system's.

use crate::disease::{Class, Group, Incubation};
use crate::forecast::quantile_of_sorted;
use crate::statistics::{goodness_of_fit, wilson};

/// Contact records after which their own incubations stand in for the table's.
pub const RECORDS_NEEDED: usize = 20;
/// Cases by age below which the bands say nothing: with four bands 20 cases expect five in each (Cochran 1954).
const AGES_NEEDED: u64 = 20;
/// Age bands that differ by chance this often are taken as not different.
const BY_CHANCE: f64 = 0.05;
/// A disease that was not seen here in this many years is rare here.
pub const RARE_YEARS: u32 = 5;

/// A score and the words that say what it was computed from.
pub(super) type Score = (f64, String);

/// Areas with at least one endorsed case of all there are: 31 provinces, or the 13 cities of a province.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Areas {
    /// With a case.
    pub affected: u32,
    /// All.
    pub all: u32,
}

/// Whether it spreads.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Diffusion {
    /// Areas that got their first case within the last 7 days.
    pub gained: u32,
    /// Areas whose last case is older than 7 days.
    pub lost: u32,
    /// P(Rt > 1), where Rt is known.
    pub p_above_1: Option<f64>,
}

/// Imported or linked cases of an area around.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Neighbour {
    /// Travel from there as a share of the travel from everywhere around.
    pub travel: f64,
    /// The cases.
    pub cases: u64,
}

/// Incubation as it is known now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Periods {
    /// Mean, days.
    pub mean: f64,
    /// Days within which 95 of 100 fall ill.
    pub t95: f64,
    /// Contact records behind it; 0 when it is the table's mean and longest.
    pub records: usize,
}

impl Periods {
    /// From the days between exposure and onset of endorsed contact records, or the table while there are fewer than
    /// [`RECORDS_NEEDED`]; never less than a day.
    pub fn of(table: &Incubation, records: &[f64]) -> Self {
        let mut days: Vec<f64> = records.iter().copied().filter(|days| days.is_finite() && *days >= 0.0).collect();
        days.sort_by(f64::total_cmp);
        if days.len() < RECORDS_NEEDED {
            return Periods { mean: table.mean.max(1.0), t95: f64::from(table.max).max(1.0), records: 0 };
        }
        let mean = days.iter().sum::<f64>() / days.len() as f64;
        Periods { mean: mean.max(1.0), t95: quantile_of_sorted(&days, 0.95).max(1.0), records: days.len() }
    }
}

/// When the last case was, and how fast they come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Timing {
    /// The incubation.
    pub periods: Periods,
    /// Days since the last case.
    pub days_since_last_case: u32,
    /// Cases of the last 7 days.
    pub n7: u64,
    /// Cases of the 7 days before.
    pub n7_prev: u64,
}

/// What the disease is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Kind {
    /// Its class; `None` for a disease in no table.
    pub class: Option<Class>,
    /// The rules it is graded by.
    pub group: Group,
    /// Cases here in the [`RARE_YEARS`] years before this outbreak, where that is known.
    pub past_cases: Option<u64>,
}

/// The count of a week or day against what a detector expects.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Burden {
    /// Cases for each 100,000 people.
    pub incidence: f64,
    /// The incidence the detector expects.
    pub expected: f64,
    /// The incidence above which it alarms.
    pub bound: f64,
}

/// One age band.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Band {
    /// Cases in it.
    pub cases: u64,
    /// People in it.
    pub people: u64,
    /// Whether it is below 5 or from 60 years on.
    pub frail: bool,
}

/// How badly people fare.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Severity {
    /// Severe cases.
    pub severe: u64,
    /// Cases of which severity is known.
    pub cases: u64,
}

/// ln(1 + A) / ln(1 + A_max): the first areas count most.
pub(super) fn areas(now: &Areas) -> Option<Score> {
    let score = f64::from(now.affected).ln_1p() / f64::from(now.all).ln_1p();
    Some((score, format!("{} of {} areas", now.affected, now.all)))
}

/// max(P(Rt > 1), net areas gained / 3).
pub(super) fn diffusion(now: &Diffusion) -> Option<Score> {
    let net = (f64::from(now.gained) - f64::from(now.lost)).max(0.0);
    let rt = now.p_above_1.map_or("unknown".to_owned(), |p| format!("{p:.3}"));
    let says = format!("{} areas gained, {} lost, P(Rt > 1) {rt}", now.gained, now.lost);
    Some(((net / 3.0).max(now.p_above_1.unwrap_or_default()), says))
}

/// 1 - exp(-sum of travel x cases / 3).
pub(super) fn surroundings(around: &[Neighbour]) -> Option<Score> {
    let pressure: f64 = around.iter().map(|from| from.travel.max(0.0) * from.cases as f64).sum();
    Some((-(-pressure / 3.0).exp_m1(), format!("{} areas around, weighted cases {pressure:.2}", around.len())))
}

/// 1 while the last case is within T95, 0 from twice T95 on, a line between.
pub(super) fn recency(now: &Timing) -> Option<Score> {
    let says = format!("{} days since the last case, T95 {:.1} days", now.days_since_last_case, now.periods.t95);
    Some((2.0 - f64::from(now.days_since_last_case) / now.periods.t95, says))
}

/// Mean incubation / doubling time; the doubling time is that of the last two weeks, of which the first counts as at least
/// one case.
pub(super) fn doubling(now: &Timing) -> Option<Score> {
    let growth = (now.n7 as f64 / now.n7_prev.max(1) as f64).ln();
    if growth <= 0.0 || now.n7 == 0 {
        return Some((0.0, format!("{} cases after {}: not growing", now.n7, now.n7_prev)));
    }
    let days = 7.0 * std::f64::consts::LN_2 / growth;
    let says = format!("doubles in {days:.1} days, mean incubation {:.1} days", now.periods.mean);
    Some((now.periods.mean / days, says))
}

/// By class; novel and unexplained diseases and those in no table as class A; rare here adds a quarter.
pub(super) fn kind(disease: &Kind) -> Option<Score> {
    let class = match (disease.group, disease.class) {
        (Group::Novel | Group::Unexplained, _) | (_, None | Some(Class::A)) => 1.0,
        (_, Some(Class::BAsA)) => 0.9,
        (_, Some(Class::B)) => 0.5,
        (_, Some(Class::C | Class::Unlisted)) => 0.25,
    };
    let rare = disease.past_cases == Some(0);
    let says = format!("class {:?}, group {:?}{}", disease.class, disease.group, if rare { ", rare here" } else { "" });
    Some((class + if rare { 0.25 } else { 0.0 }, says))
}

/// (y - mu) / (2 (U - mu)): one half at the detector's bound.
pub(super) fn burden(now: &Burden) -> Option<Score> {
    let width = now.bound - now.expected;
    let says = format!("{:.3} per 100,000, expected {:.3}, bound {:.3}", now.incidence, now.expected, now.bound);
    (width > 0.0).then(|| ((now.incidence - now.expected) / (2.0 * width), says))
}

/// max(V, share ratio / 3): V is Cramer's for the bands against the population and counts unless chance explains it; the
/// ratio is that of the share of the frail among the cases and among the people.
pub(super) fn ages(bands: &[Band]) -> Option<Score> {
    let total = |of: fn(&Band) -> u64| bands.iter().map(of).fold(0, u64::saturating_add);
    let (cases, people) = (total(|band| band.cases), total(|band| band.people));
    if cases < AGES_NEEDED || people == 0 {
        return None;
    }
    let (cases, people) = (cases as f64, people as f64);
    let observed: Vec<f64> = bands.iter().map(|band| band.cases as f64).collect();
    let expected: Vec<f64> = bands.iter().map(|band| band.people as f64 * cases / people).collect();
    let test = goodness_of_fit(&observed, &expected, 0).ok()?;
    let v = (test.statistic / (cases * test.df as f64)).sqrt().min(1.0);
    let frail =
        |of: fn(&Band) -> u64| bands.iter().filter(|band| band.frail).map(of).fold(0, u64::saturating_add) as f64;
    let (sick, living) = (frail(|band| band.cases) / cases, frail(|band| band.people) / people);
    let ratio = if living > 0.0 { sick / living } else { 0.0 };
    let says = format!("V {v:.3} (p {:.4}), frail {sick:.3} of the cases and {living:.3} of the people", test.p);
    Some(((ratio / 3.0).max(if test.p < BY_CHANCE { v } else { 0.0 }), says))
}

/// Severe share / 0.2.
pub(super) fn severity(now: &Severity) -> Option<Score> {
    let (low, high) = wilson(now.severe, now.cases, 0.95).ok()?;
    let share = now.severe as f64 / now.cases as f64;
    let says = format!("{} of {} severe: {share:.3} [{low:.3}, {high:.3}]", now.severe, now.cases);
    Some((share / 0.2, says))
}
