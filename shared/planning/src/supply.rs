//! How long stock lasts: what patients and staff use up a day, days of supply, when to order again.
//!
//! One computation for whoever asks: the days are given by a caller ([`Day`]s of his own), or come of those counted in beds
//! and of a forecast ([`patients`]). What is used up is said by rates, each with its source ([`rates`]).

pub mod patients;
pub mod rates;

use std::collections::{BTreeMap, BTreeSet};

/// What an amount is used up by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Per {
    /// A patient of any severity, a day.
    PatientDay,
    /// A patient who is not in intensive care, a day.
    WardPatientDay,
    /// A patient who is severely ill and no more, a day.
    SeverePatientDay,
    /// A patient in intensive care, a day.
    CriticalPatientDay,
    /// A member of staff, a shift.
    StaffShift,
}

impl Per {
    /// Every kind.
    pub const ALL: [Per; 5] =
        [Per::PatientDay, Per::WardPatientDay, Per::SeverePatientDay, Per::CriticalPatientDay, Per::StaffShift];

    /// Its name in JSON and files.
    pub fn name(self) -> &'static str {
        match self {
            Per::PatientDay => "patient-day",
            Per::WardPatientDay => "ward-patient-day",
            Per::SeverePatientDay => "severe-patient-day",
            Per::CriticalPatientDay => "critical-patient-day",
            Per::StaffShift => "staff-shift",
        }
    }

    /// The kind of that name.
    pub fn parse(text: &str) -> Option<Self> {
        Per::ALL.into_iter().find(|per| per.name() == text)
    }
}

/// How much of an item is used up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rate {
    /// The item.
    pub item: String,
    /// By whom.
    pub per: Per,
    /// Thousandths of a unit.
    pub milli: u64,
    /// Who says so, with the version or date.
    pub source: String,
}

/// Who uses things up on a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Day {
    /// Patients in beds, all of them.
    pub patients: u64,
    /// Of those severely ill and not in intensive care.
    pub severe: u64,
    /// Of those in intensive care.
    pub critical: u64,
    /// Shifts of staff.
    pub shifts: u64,
}

/// Units of an item that a day uses up, rounded up.
pub fn used(item: &str, day: &Day, rates: &[Rate]) -> u64 {
    let by = |per| match per {
        Per::PatientDay => day.patients,
        Per::WardPatientDay => day.patients.saturating_sub(day.critical),
        Per::SeverePatientDay => day.severe,
        Per::CriticalPatientDay => day.critical,
        Per::StaffShift => day.shifts,
    };
    let of_item = rates.iter().filter(|rate| rate.item == item);
    let milli = of_item.map(|rate| rate.milli.saturating_mul(by(rate.per))).fold(0u64, u64::saturating_add);
    milli.div_ceil(1000)
}

/// How long stock lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lasts {
    /// So many whole days; the next one is not covered.
    Days(u64),
    /// Nothing is used up.
    Unused,
}

/// Days that stock covers, day after day; behind the last day known every day is like it.
pub fn lasts(on_hand: u64, used: &[u64]) -> Lasts {
    let mut left = on_hand;
    for (day, used) in used.iter().enumerate() {
        match left.checked_sub(*used) {
            Some(rest) => left = rest,
            None => return Lasts::Days(day as u64),
        }
    }
    match used.last() {
        None | Some(0) => Lasts::Unused,
        Some(last) => Lasts::Days((used.len() as u64).saturating_add(left / last)),
    }
}

/// How long a delivery takes, and for how many days more there should be stock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lead {
    /// Days until an order is there.
    pub days: usize,
    /// Days of margin behind it.
    pub margin: usize,
}

/// The stock at which to order again: what will be used up until the delivery is there and for a margin of days after.
fn reorder_point(used: &[u64], lead: Lead) -> u64 {
    let last = used.last().copied().unwrap_or(0);
    let days = used.iter().copied().chain(std::iter::repeat(last));
    days.take(lead.days.saturating_add(lead.margin)).fold(0, u64::saturating_add)
}

/// How the coming days may go: days from today on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Course {
    /// What it is called.
    pub name: &'static str,
    /// From today on; behind the last every day is like it.
    pub days: Vec<Day>,
}

/// An item over one course.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Along {
    /// The course.
    pub course: &'static str,
    /// Units used up on each of its days.
    pub used: Vec<u64>,
    /// How long the stock lasts.
    pub lasts: Lasts,
}

/// An item over every course.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemSupply {
    /// The item.
    pub item: String,
    /// Units that may be used.
    pub free: u64,
    /// In the order of the courses.
    pub courses: Vec<Along>,
    /// Order when no more than this is there: by the course that uses most, so that it is not the middle that is counted on.
    pub reorder_at: u64,
    /// Whether that is so now.
    pub order_now: bool,
}

/// How long what is `free` lasts along each course, for every item that has a rate. What runs out first comes first, what
/// nobody uses up last: it is not left out, because who would use it may only not have been counted.
pub fn supplies(free: &BTreeMap<String, u64>, rates: &[Rate], courses: &[Course], lead: Lead) -> Vec<ItemSupply> {
    let names = rates.iter().map(|rate| rate.item.as_str()).collect::<BTreeSet<_>>();
    let mut found = names
        .into_iter()
        .map(|item| {
            let free = free.get(item).copied().unwrap_or(0);
            let along = |course: &Course| {
                let used = course.days.iter().map(|day| used(item, day, rates)).collect::<Vec<_>>();
                Along { course: course.name, lasts: lasts(free, &used), used }
            };
            let courses = courses.iter().map(along).collect::<Vec<_>>();
            let reorder_at = courses.iter().map(|course| reorder_point(&course.used, lead)).max().unwrap_or(0);
            let order_now = reorder_at > 0 && free <= reorder_at;
            ItemSupply { item: item.to_owned(), free, courses, reorder_at, order_now }
        })
        .collect::<Vec<_>>();
    let until = |lasts| match lasts {
        Lasts::Days(days) => days,
        Lasts::Unused => u64::MAX,
    };
    found.sort_by_key(|item| item.courses.iter().map(|course| until(course.lasts)).min());
    found
}

#[cfg(test)]
mod tests;
