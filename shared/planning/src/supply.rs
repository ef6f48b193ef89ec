//! How long stock lasts: what patients and staff use up a day, days of supply, when to order again.
//!
//! A rate is nobody's without its source. Those shipped are few: where a figure could not be read at its source it was left
//! out. A deployment adds its own.

/// What an amount is used up by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Per {
    /// A patient of any severity, a day.
    PatientDay,
    /// A patient who is severely ill and no more, a day.
    SeverePatientDay,
    /// A patient in intensive care, a day.
    CriticalPatientDay,
    /// A member of staff, a shift.
    StaffShift,
}

impl Per {
    /// Every kind.
    pub const ALL: [Per; 4] = [Per::PatientDay, Per::SeverePatientDay, Per::CriticalPatientDay, Per::StaffShift];

    /// Its name in JSON and files.
    pub fn name(self) -> &'static str {
        match self {
            Per::PatientDay => "patient-day",
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

const PAHO: &str = "PAHO, Requirements and technical specifications of PPE for the novel coronavirus, 6 February 2020";
const WHO: &str = "WHO, Oxygen sources and distribution for COVID-19 treatment centres, 4 April 2020";

/// The rates that are shipped: gowns and medical masks by PAHO, oxygen in litres by WHO (10 and 30 litres a minute).
pub fn shipped() -> Vec<Rate> {
    let rate = |item: &str, per, units: u64, source: &str| Rate {
        item: item.to_owned(),
        per,
        milli: units * 1000,
        source: source.to_owned(),
    };
    let minutes = 24 * 60;
    vec![
        rate("gown", Per::PatientDay, 25, PAHO),
        rate("medical-mask", Per::PatientDay, 25, PAHO),
        rate("oxygen-litre", Per::SeverePatientDay, 10 * minutes, WHO),
        rate("oxygen-litre", Per::CriticalPatientDay, 30 * minutes, WHO),
    ]
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

/// The stock at which to order again: what will be used up until the delivery is there and for a margin of days after,
/// by the high course, so that it is not the middle that is counted on.
pub fn reorder_point(used_high: &[u64], lead_days: usize, margin_days: usize) -> u64 {
    let last = used_high.last().copied().unwrap_or(0);
    let days = used_high.iter().copied().chain(std::iter::repeat(last));
    days.take(lead_days.saturating_add(margin_days)).fold(0, u64::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_uses_what_its_patients_and_staff_use() {
        let rates = [
            Rate { item: "glove".into(), per: Per::StaffShift, milli: 1500, source: String::new() },
            Rate { item: "glove".into(), per: Per::CriticalPatientDay, milli: 10_000, source: String::new() },
        ];
        let day = Day { patients: 9, severe: 2, critical: 1, shifts: 3 };
        // 4.5 by staff and 10 by the one patient, rounded up.
        assert_eq!((used("glove", &day, &rates), used("gown", &day, &rates)), (15, 0));
    }

    #[test]
    fn the_shipped_rates_are_those_of_their_sources() {
        let day = Day { patients: 100, severe: 75, critical: 25, shifts: 0 };
        // WHO's example of a hundred beds: 750 litres a minute for each group.
        assert_eq!(used("oxygen-litre", &day, &shipped()), 1500 * 24 * 60);
        assert_eq!(used("gown", &day, &shipped()), 2500);
        assert!(shipped().iter().all(|rate| !rate.source.is_empty()));
    }

    #[test]
    fn stock_lasts_through_the_days_it_covers() {
        assert_eq!(lasts(100, &[30, 30, 30, 30]), Lasts::Days(3));
        assert_eq!(lasts(29, &[30]), Lasts::Days(0));
        // Behind the last day every day is like it.
        assert_eq!(lasts(100, &[10, 20]), Lasts::Days(2 + 3));
        assert_eq!(lasts(100, &[10, 0]), Lasts::Unused);
        assert_eq!(lasts(100, &[]), Lasts::Unused);
        assert_eq!(lasts(0, &[0, 5]), Lasts::Days(1));
    }

    #[test]
    fn it_is_ordered_in_time_for_the_high_course() {
        assert_eq!(reorder_point(&[10, 20, 30], 2, 3), 10 + 20 + 30 + 30 + 30);
        assert_eq!(reorder_point(&[], 2, 3), 0);
    }

    #[test]
    fn names_are_read_back() {
        assert!(Per::ALL.into_iter().all(|per| Per::parse(per.name()) == Some(per)));
        assert_eq!(Per::parse("week"), None);
    }
}
