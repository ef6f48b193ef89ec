//! What the read model is asked.

use std::collections::BTreeMap;

use domain::event::{Assessment, Cadence, EventId};
use domain::report::Counts;
use domain::time::Date;

use super::Days;
use super::daybook::{Filter, Summed, confirmed};
use crate::accepted::Accepted;
use crate::lookout::Course;
use crate::outlook::{Issued, Rulebook, Table, score};
use crate::place::{self, DayKey, Place};
use crate::records::Records;

/// A day's accepted counts over all origins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Day {
    pub(crate) key: DayKey,
    pub(crate) counts: Counts,
    pub(crate) events: Vec<EventId>,
    pub(crate) over_threshold: bool,
}

impl Days {
    /// What assessments follow.
    pub(crate) fn rulebook(&self) -> &Rulebook {
        &self.lookout.book
    }

    /// What counts.
    pub(crate) fn accepted(&self) -> &Accepted {
        &self.accepted
    }

    /// What a region counted of a disease, by day over all origins.
    pub(crate) fn counts(&self, disease: &str, region: &str) -> BTreeMap<Date, Counts> {
        self.book.counts(&place::named(disease, region))
    }

    /// Reports one by one.
    pub(crate) fn records(&self) -> &Records {
        &self.records
    }

    /// Bodies of what was said and is not seen in the final log yet.
    pub(crate) fn pending(&self) -> Vec<(EventId, Vec<u8>)> {
        self.pending.list()
    }

    /// Days behind a key.
    pub(crate) fn list(&self, filter: &Filter, after: Option<&DayKey>) -> impl Iterator<Item = Day> {
        self.book.list(filter, after).map(|(key, Summed { counts, events })| {
            let over_threshold = self.detector.thresholds.reached(&key.0.disease, confirmed(&counts));
            Day { key, counts, events, over_threshold }
        })
    }

    /// Whether a day is assessed somewhere and everything said is on the final log.
    pub(crate) fn has_said(&self, day: Date) -> bool {
        let assessed = |course: &Course| course.latest().is_some_and(|latest| latest.day >= day);
        self.pending.is_empty() && self.lookout.places.values().any(assessed)
    }

    /// The last assessment of each place asked for.
    pub(crate) fn assessments(&self, asked: impl Fn(&Place) -> bool) -> Vec<(Place, Assessment)> {
        let places = self.lookout.places.iter().filter(|(place, _)| asked(place));
        places.filter_map(|(place, course)| Some((place.clone(), course.latest()?.clone()))).collect()
    }

    /// The newest forecast of each member's models for each place asked for, of days and of weeks.
    pub(crate) fn forecasts(&self, asked: impl Fn(&Place) -> bool) -> Vec<(Place, EventId, Issued)> {
        let mut newest = BTreeMap::<(&Place, &str, &str, Cadence), (&EventId, &Issued)>::new();
        for (place, course) in self.lookout.places.iter().filter(|(place, _)| asked(place)) {
            for (id, issued) in &course.issued {
                let key = (place, issued.member.as_str(), issued.model.as_str(), issued.cadence);
                let kept = newest.entry(key).or_insert((id, issued));
                if kept.1.reference < issued.reference {
                    *kept = (id, issued);
                }
            }
        }
        newest.into_iter().map(|((place, ..), (id, issued))| (place.clone(), *id, issued.clone())).collect()
    }

    /// The newest forecast of days that models of this name made for a place, by what was known at the end of a day, or is
    /// known now.
    pub(crate) fn newest(&self, place: &Place, model: &str, as_of: Option<Date>) -> Option<(EventId, &Issued)> {
        let known = |issued: &Issued| as_of.is_none_or(|day| issued.known_at.date() <= day);
        let all = self.lookout.places.get(place)?.issued.iter();
        let fit = all.filter(|(_, one)| one.model == model && one.cadence == Cadence::Day && known(one));
        fit.max_by_key(|(id, issued)| (issued.reference, **id)).map(|(id, issued)| (*id, issued))
    }

    /// The regions for which anything of a disease was forecast.
    pub(crate) fn forecast_regions(&self, disease: &str) -> Vec<String> {
        let places = self.lookout.places.iter();
        let forecast = places.filter(|(place, course)| place.disease == disease && !course.issued.is_empty());
        forecast.map(|(place, _)| place.region.clone()).collect()
    }

    /// How many forecasts there are for the places asked for, and how good they were by what is counted now.
    pub(crate) fn league(&self, asked: impl Fn(&Place) -> bool) -> (usize, Table) {
        let (mut all, mut table) = (0, Table::new());
        for (place, course) in self.lookout.places.iter().filter(|(place, _)| asked(place)) {
            let issued = course.issued.values().cloned().collect::<Vec<_>>();
            all += issued.len();
            score(&mut table, &issued, |day| {
                self.book.day(&(place.clone(), day)).map(|summed| confirmed(&summed.counts))
            });
        }
        (all, table)
    }
}
