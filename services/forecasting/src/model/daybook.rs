//! The book of days: the accepted counts in force, by place, day and origin.

use std::collections::BTreeMap;
use std::ops::Bound::{Excluded, Unbounded};

use domain::event::{Classification, EventId, Origin};
use domain::report::{Counts, InForce};
use domain::time::Date;
use host::rest::asked::fits;

use crate::lookout::ByRegion;
use crate::place::{self, DayKey, Place};

/// What is in force of a day, by origin.
type ByOrigin = BTreeMap<Origin, InForce>;

/// Every day of which something counts.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct DayBook(BTreeMap<DayKey, ByOrigin>);

/// Which days are asked for; `None` asks for all.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    pub(crate) disease: Option<String>,
    pub(crate) region: Option<String>,
    pub(crate) from: Option<Date>,
}

impl Filter {
    fn fits(&self, (place, date): &DayKey) -> bool {
        fits(self.disease.as_ref(), &place.disease)
            && fits(self.region.as_ref(), &place.region)
            && self.from.is_none_or(|from| *date >= from)
    }
}

/// A day's counts over all origins, and the events they come from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Summed {
    pub(crate) counts: Counts,
    pub(crate) events: Vec<EventId>,
}

impl Summed {
    fn of(by_origin: &ByOrigin) -> Self {
        let mut counts = Counts::default();
        for in_force in by_origin.values() {
            counts.iter_mut().zip(in_force.counts).for_each(|(sum, count)| *sum = sum.saturating_add(count));
        }
        Summed { counts, events: by_origin.values().map(|one| one.event).collect() }
    }
}

impl DayBook {
    /// Puts what is in force of a day and origin, or takes it out; whether anything changed.
    pub(super) fn enter(&mut self, key: &DayKey, origin: Origin, in_force: Option<InForce>) -> bool {
        let Some(in_force) = in_force else {
            let Some(day) = self.0.get_mut(key) else { return false };
            let was_there = day.remove(&origin).is_some();
            if day.is_empty() {
                self.0.remove(key);
            }
            return was_there;
        };
        let day = self.0.entry(key.clone()).or_default();
        let changed = day.get(&origin) != Some(&in_force);
        day.insert(origin, in_force);
        changed
    }

    /// A day; none where nothing counts.
    pub(super) fn day(&self, key: &DayKey) -> Option<Summed> {
        self.0.get(key).map(Summed::of)
    }

    /// Every day of a place.
    pub(super) fn counts(&self, place: &Place) -> BTreeMap<Date, Counts> {
        let key = |date| (place.clone(), date);
        let days = self.0.range(key(Date(0))..=key(Date(u32::MAX)));
        days.map(|((_, date), by_origin)| (*date, Summed::of(by_origin).counts)).collect()
    }

    /// Days behind a key.
    pub(super) fn list(&self, filter: &Filter, after: Option<&DayKey>) -> impl Iterator<Item = (DayKey, Summed)> {
        let days = self.0.range((after.map_or(Unbounded, Excluded), Unbounded)).filter(|(key, _)| filter.fits(key));
        days.map(|(key, by_origin)| (key.clone(), Summed::of(by_origin)))
    }

    /// What regions counted of a disease, by day.
    pub(super) fn of(&self, disease: &str) -> ByRegion {
        let mut regions = ByRegion::new();
        let first = (place::named(disease, ""), Date(0));
        let days = self.0.range(first..).take_while(|((place, _), _)| place.disease == disease);
        for ((place, day), by_origin) in days {
            let that = regions.entry(place.region.clone()).or_default().entry(*day).or_default();
            for (origin, in_force) in by_origin {
                let of = |asked| count(&in_force.counts, asked);
                that.confirmed = that.confirmed.saturating_add(of(Classification::Confirmed));
                that.suspected = that.suspected.saturating_add(of(Classification::Suspected));
                if *origin == Origin::Imported {
                    that.imported = that.imported.saturating_add(of(Classification::Confirmed));
                }
                that.events.push(in_force.event);
            }
        }
        regions
    }
}

/// The confirmed cases of counts by class.
pub(crate) fn confirmed(counts: &Counts) -> u64 {
    count(counts, Classification::Confirmed)
}

/// The cases of one class.
fn count(counts: &Counts, asked: Classification) -> u64 {
    let by_class = Classification::ALL.into_iter().zip(counts);
    by_class.filter(|(class, _)| *class == asked).map(|(_, count)| *count).sum()
}
