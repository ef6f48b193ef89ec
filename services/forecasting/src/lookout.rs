//! The lookout: at the end of every block it assesses the places about which the block said something, and makes the
//! forecasts of days that are counted for the first time and of weeks that are over. A fold of the final log: whoever has the log up to the same leaf
//! gets the same, to the byte.
//!
//! A place is a disease in a region. What is computed is stated as an event when the stage or level differs from what was
//! computed before; every forecast is. Limits: 64 assessments and [`ISSUED_DAYS`] days of forecasts a place are
//! kept.

use std::collections::BTreeMap;

use domain::event::{AlertLevel, Assessment, Basis, Disease, EventId, Fact, Forecast};
use domain::time::{Date, Millis};
use proof::merkle::{Frontier, leaf_hash};

use crate::model::Row;
use crate::outlook::{Issued, Rulebook};
use crate::place::{self, Place};

mod ahead;
mod block;
mod level;
mod rows;

pub(crate) use block::{ByRegion, Counting};
pub(crate) use level::{LEVEL_ENDED, Stated};

/// Days for which forecasts are kept to be scored.
const ISSUED_DAYS: u32 = 400;

/// Something to be stated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) region: String,
    pub(crate) fact: Fact,
    pub(crate) causes: Vec<EventId>,
    /// When the log made known what it follows from.
    pub(crate) known_at: Millis,
}

/// What became of one place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Course {
    /// Computed by the size of the log it was computed from.
    pub(crate) computed: BTreeMap<u64, Assessment>,
    /// Forecasts on the log, by event.
    pub(crate) issued: BTreeMap<EventId, Issued>,
    /// The last day of which forecasts were made.
    pub(crate) forecast: Option<Date>,
    /// The Monday of the last week of which forecasts were made.
    pub(crate) weekly: Option<Date>,
    /// The highest level warned of since there was none.
    pub(crate) warned: Option<AlertLevel>,
    /// The measures that run, with the level at which they were ordered.
    pub(crate) running: BTreeMap<String, AlertLevel>,
    /// Positives of suspected clusters, by day and event.
    pub(crate) clusters: BTreeMap<(Date, EventId), u64>,
}

impl Course {
    /// The last assessment.
    pub(crate) fn latest(&self) -> Option<&Assessment> {
        self.computed.last_key_value().map(|(_, assessment)| assessment)
    }
}

/// The lookout of a chain.
pub(crate) struct Lookout {
    pub(crate) book: Rulebook,
    edge: Frontier,
    pub(crate) places: BTreeMap<Place, Course>,
    /// Places about which the open block said something, and when that was known.
    changed: BTreeMap<Place, (Disease, Millis)>,
}

impl Lookout {
    /// Nothing seen yet.
    pub(crate) fn new() -> anyhow::Result<Self> {
        let (edge, places, changed) = Default::default();
        Ok(Lookout { book: Rulebook::shipped()?, edge, places, changed })
    }

    /// Takes a leaf of the log, which all others are proven with.
    pub(crate) fn leaf(&mut self, leaf: &[u8]) -> Row {
        self.edge.append(leaf_hash(leaf), &mut Vec::new());
        rows::edge(&self.edge)
    }

    /// The log up to here.
    pub(crate) fn basis(&self) -> Basis {
        Basis { size: self.edge.size(), root: self.edge.root() }
    }

    /// Something was said about a place.
    pub(crate) fn changed(&mut self, disease: &Disease, region: &str, at: Millis) -> Row {
        let place = place::of(disease, region);
        let (_, known_at) = self.changed.entry(place.clone()).or_insert((disease.clone(), at));
        *known_at = at.max(*known_at);
        rows::changed(&place, disease, *known_at)
    }

    /// A suspected cluster was reported.
    pub(crate) fn cluster(&mut self, place: &Place, day: Date, id: EventId, positives: u64) -> Row {
        self.places.entry(place.clone()).or_default().clusters.insert((day, id), positives);
        rows::cluster(place, day, &id, Some(positives))
    }

    /// The disease of a place: by the name of its last assessment, else by its code.
    pub(crate) fn disease(&self, place: &Place) -> Disease {
        let latest = self.places.get(place).and_then(Course::latest);
        let code = || Disease { code: place.disease.clone(), name: place.disease.clone() };
        latest.map_or_else(code, |latest| latest.disease.clone())
    }

    /// A member's forecast is on the log.
    pub(crate) fn issued(
        &mut self,
        region: &str,
        id: EventId,
        member: String,
        forecast: &Forecast,
        known_at: Millis,
    ) -> Vec<Row> {
        let place = place::of(&forecast.disease, region);
        let course = self.places.entry(place.clone()).or_default();
        let issued = Issued {
            member,
            model: forecast.model.clone(),
            cadence: forecast.cadence,
            reference: forecast.reference_date,
            known_at,
            steps: forecast.steps.clone(),
        };
        let mut rows = vec![rows::issued(&place, &id, Some(&issued))];
        course.issued.insert(id, issued);
        let oldest = Date(forecast.reference_date.0.saturating_sub(ISSUED_DAYS));
        let old = course.issued.iter().filter(|(_, issued)| issued.reference < oldest);
        for id in old.map(|(id, _)| *id).collect::<Vec<_>>() {
            course.issued.remove(&id);
            rows.push(rows::issued(&place, &id, None));
        }
        rows
    }

    /// What was computed here of a place from the log of that size, if a block ended there.
    pub(crate) fn computed(&self, place: &Place, size: u64) -> Option<&Assessment> {
        self.places.get(place)?.computed.get(&size)
    }
}
