//! The lookout: at the end of every block it assesses the places about which the block said something, and makes the
//! forecasts of days that are counted for the first time. A fold of the final log: whoever has the log up to the same leaf
//! gets the same, to the byte.
//!
//! A place is a disease in a region. What is computed is stated as an event when the stage or level differs from what was
//! computed before; every forecast is. Limits: [`COMPUTED`] assessments and [`ISSUED_DAYS`] days of forecasts a place are
//! kept.

use std::collections::BTreeMap;

use domain::event::{AlertLevel, Assessment, Basis, Cadence, Disease, EventId, Fact, Forecast, MAX_CAUSES, Warning};
use domain::time::{Date, Millis};
use proof::merkle::{Frontier, leaf_hash};

use crate::model::Row;
use crate::outlook::{self, CODE, Counted, Issued, Known, Rulebook, WINDOW_DAYS};

mod rows;

/// Assessments of a place kept to hold others' against: those of a fortnight, some times a day.
const COMPUTED: usize = 64;
/// Days for which forecasts are kept to be scored.
const ISSUED_DAYS: u32 = 400;

/// A disease's code and a region.
pub(crate) type PlaceKey = (String, String);

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
    /// The highest level warned of since there was none.
    pub(crate) warned: Option<AlertLevel>,
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
    pub(crate) places: BTreeMap<PlaceKey, Course>,
    /// Places about which the open block said something, and when that was known.
    changed: BTreeMap<PlaceKey, (Disease, Millis)>,
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

    /// Something was said about a place.
    pub(crate) fn changed(&mut self, disease: &Disease, region: &str, at: Millis) -> Row {
        let place = (disease.code.clone(), region.to_owned());
        let (_, known_at) = self.changed.entry(place.clone()).or_insert((disease.clone(), at));
        *known_at = at.max(*known_at);
        rows::changed(&place, disease, *known_at)
    }

    /// A suspected cluster was reported.
    pub(crate) fn cluster(&mut self, place: &PlaceKey, day: Date, id: EventId, positives: u64) -> Row {
        self.places.entry(place.clone()).or_default().clusters.insert((day, id), positives);
        rows::cluster(place, day, &id, Some(positives))
    }

    /// A forecast is on the log.
    pub(crate) fn issued(&mut self, region: &str, id: EventId, forecast: &Forecast) -> Vec<Row> {
        if forecast.cadence != Cadence::Day {
            return Vec::new();
        }
        let place = (forecast.disease.code.clone(), region.to_owned());
        let course = self.places.entry(place.clone()).or_default();
        let issued =
            Issued { model: forecast.model.clone(), reference: forecast.reference_date, steps: forecast.steps.clone() };
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

    /// What was computed here from the log that an assessment names, if it was at the end of a block.
    pub(crate) fn computed(&self, region: &str, theirs: &Assessment) -> Option<&Assessment> {
        let place = (theirs.disease.code.clone(), region.to_owned());
        self.places.get(&place)?.computed.get(&theirs.basis.size)
    }

    /// An assessment of ours is on the log: a level above what was warned of is warned of.
    pub(crate) fn stated(
        &mut self,
        region: &str,
        id: EventId,
        assessment: &Assessment,
        causes: &[EventId],
        at: Millis,
    ) -> (Option<Said>, Row) {
        let place = (assessment.disease.code.clone(), region.to_owned());
        let course = self.places.entry(place.clone()).or_default();
        let rises = assessment.level > course.warned;
        if rises || assessment.level.is_none() {
            course.warned = assessment.level;
        }
        let said = assessment.level.filter(|_| rises).map(|level| {
            let disease = assessment.disease.clone();
            let headline = format!(
                "{} in region {region}: level {}, stage {}, on {}",
                crate::warn::short(&disease),
                level.name(),
                assessment.stage.name(),
                assessment.day
            );
            let method = assessment.rule.clone();
            let warning = Warning { disease, level, headline, method, supersedes: None, ground: None };
            let causes = std::iter::once(id).chain(causes.iter().copied()).take(MAX_CAUSES).collect();
            Said { region: region.to_owned(), fact: Fact::Warning(warning), causes, known_at: at }
        });
        (said, rows::course(&place, course))
    }

    /// The block ends: assesses what changed and, with `forecasts`, makes those of new days. `days` gives what a region
    /// counted of a disease, by day.
    pub(crate) fn block(
        &mut self,
        forecasts: bool,
        days: impl Fn(&str) -> BTreeMap<String, BTreeMap<Date, Counted>>,
    ) -> (Vec<Said>, Vec<Row>) {
        let (mut said, mut rows) = (Vec::new(), Vec::new());
        let basis = Basis { size: self.edge.size(), root: self.edge.root() };
        for (place, (disease, known_at)) in std::mem::take(&mut self.changed) {
            rows.push(rows::evaluated(&place));
            let mut counted = days(&place.0);
            for ((_, region), course) in self.places.iter().filter(|((code, _), _)| *code == place.0) {
                for ((day, id), positives) in &course.clusters {
                    let that = counted.entry(region.clone()).or_default().entry(*day).or_default();
                    that.suspected = that.suspected.saturating_add(*positives);
                    that.events.push(*id);
                }
            }
            let Some((day, _)) = counted.get(&place.1).and_then(|days| days.last_key_value()) else { continue };
            let day = *day;
            let known = counted.iter().filter_map(|(region, days)| {
                let last = days.range(..=day).next_back().map(|(day, _)| *day)?;
                Some((region.clone(), Known::of(days, last)?))
            });
            let known = known.collect::<BTreeMap<_, _>>();
            let Some(assessed) = self.book.assess(&place.0, &place.1, &known) else { continue };
            let course = self.places.entry(place.clone()).or_default();
            let old = course.clusters.range(..(Date(day.0.saturating_sub(WINDOW_DAYS)), EventId::default()));
            for (day, id) in old.map(|(key, _)| *key).collect::<Vec<_>>() {
                course.clusters.remove(&(day, id));
                rows.push(rows::cluster(&place, day, &id, None));
            }
            let causes = assessed.events.iter().copied().take(MAX_CAUSES).collect::<Vec<_>>();
            let assessment = Assessment {
                disease: disease.clone(),
                day: assessed.day,
                basis,
                rules: self.book.hash(),
                stage: assessed.stage,
                level: assessed.level,
                rule: assessed.rule,
                index_milli: assessed.index_milli,
                values: assessed.values,
            };
            let before = course.latest().map(|last| (last.stage, last.level));
            let quiet = (domain::event::Stage::Sporadic, None);
            if before.unwrap_or(quiet) != (assessment.stage, assessment.level) {
                let fact = Fact::Assessment(assessment.clone());
                said.push(Said { region: place.1.clone(), fact, causes, known_at });
            }
            rows.push(rows::computed(&place, Some(&assessment), basis.size));
            course.computed.insert(basis.size, assessment);
            while course.computed.len() > COMPUTED
                && let Some((size, _)) = course.computed.pop_first()
            {
                rows.push(rows::computed(&place, None, size));
            }
            if forecasts
                && course.forecast.is_none_or(|last| last < day)
                && let Some(known) = known.get(&place.1)
            {
                course.forecast = Some(day);
                let interval = self.book.interval(&place.0);
                said.extend(outlook::forecasts(&known.series, interval.as_ref()).into_iter().map(|made| Said {
                    region: place.1.clone(),
                    fact: Fact::Forecast(Forecast {
                        disease: disease.clone(),
                        model: made.model.to_owned(),
                        code: CODE.to_owned(),
                        cadence: Cadence::Day,
                        reference_date: day,
                        basis,
                        parameters: made.parameters,
                        weights: made.weights,
                        steps: made.steps,
                    }),
                    causes: Vec::new(),
                    known_at,
                }));
            }
            rows.push(rows::course(&place, course));
        }
        (said, rows)
    }
}
