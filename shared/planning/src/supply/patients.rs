//! Who uses things up on the coming days: those counted in beds today, and those a forecast puts there.

use super::{Course, Day};
use crate::demand::INTENSIVE_PER_MILLE;

/// Of a thousand cases so many are severe and not in intensive care, by [`crate::demand::SEVERITY_SOURCE`].
const SEVERE: u64 = 140;
/// Of a thousand cases so many are not in intensive care.
const ON_WARDS: u64 = 1000 - INTENSIVE_PER_MILLE as u64;

/// Shifts a day for each who is on duty.
pub const SHIFTS_A_DAY: u64 = 3;
/// Whose figure that is.
pub const SHIFTS_SOURCE: &str = "WHO, COVID-19 Essential Supplies Forecasting Tool: shifts of eight hours";

/// Who was counted at a place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// Patients in beds, all of them.
    pub patients: u64,
    /// Of those in intensive care.
    pub critical: u64,
    /// Staff on duty.
    pub on_duty: u64,
}

/// A place's share of its region's patients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    of: u64,
    all: u64,
}

impl Share {
    /// All of them.
    pub const WHOLE: Share = Share { of: 1, all: 1 };

    /// A place's share by patients, or where the region has none yet, by beds. Both are given as (patients, beds).
    pub fn between(place: (u64, u64), region: (u64, u64)) -> Self {
        match region.0 {
            0 => Share { of: place.1, all: region.1 },
            patients => Share { of: place.0, all: patients },
        }
    }

    /// Its part of a number, rounded up; nothing of a region that has neither.
    fn part(self, number: u64) -> u64 {
        let whole = u128::from(self.all.max(1));
        let part = (u128::from(number) * u128::from(self.of)).div_ceil(whole);
        u64::try_from(part).unwrap_or(u64::MAX)
    }
}

/// A region's patients on a day to come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Coming {
    /// All of them.
    pub patients: u64,
    /// Of those in intensive care.
    pub critical: u64,
}

/// A region's patients of the coming days, tomorrow first, by three courses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Foreseen {
    /// When every day is low.
    pub low: Vec<Coming>,
    /// In the middle.
    pub middle: Vec<Coming>,
    /// When every day is high.
    pub high: Vec<Coming>,
}

/// A day by those counted: staff on duty work their shifts, and of those not in intensive care the published share is
/// severely ill.
fn day(patients: u64, critical: u64, on_duty: u64) -> Day {
    let ward = patients.saturating_sub(critical);
    let severe = Share { of: SEVERE, all: ON_WARDS }.part(ward);
    Day { patients, severe: severe.min(ward), critical, shifts: on_duty.saturating_mul(SHIFTS_A_DAY) }
}

/// The days of a place from today on: today as counted, then by the low, middle and high course.
///
/// Beds hold others than those a forecast knows of. As many of today's patients as the middle course has tomorrow are taken
/// for its own; the rest stays, so that what they use up is not forgotten. Staff stay as many as they are. Without a
/// forecast every day is like today, on every course.
pub fn courses(now: Counted, foreseen: &Foreseen, share: Share) -> [Course; 3] {
    let first = foreseen.middle.first().copied().unwrap_or_default();
    let others = now.patients.saturating_sub(share.part(first.patients));
    let others_critical = now.critical.saturating_sub(share.part(first.critical));
    let course = |name, coming: &[Coming]| {
        let coming = coming.iter().map(|coming| {
            let patients = others.saturating_add(share.part(coming.patients));
            let critical = others_critical.saturating_add(share.part(coming.critical));
            day(patients.max(critical), critical, now.on_duty)
        });
        let days = std::iter::once(day(now.patients, now.critical, now.on_duty)).chain(coming).collect();
        Course { name, days }
    };
    [course("low", &foreseen.low), course("middle", &foreseen.middle), course("high", &foreseen.high)]
}
