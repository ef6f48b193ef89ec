//! The end of a block: the places about which it said something are assessed, and days that are counted for the first time
//! are forecast.

use std::collections::BTreeMap;

use domain::event::{Assessment, Basis, Disease, EventId, Fact, MAX_CAUSES, Stage};
use domain::time::{Date, Millis};

use super::{Course, Lookout, Said, rows};
use crate::model::Row;
use crate::outlook::{Assessed, Counted, Known, WINDOW_DAYS, weeks};
use crate::place::Place;

/// Assessments of a place kept to hold others' against: those of a fortnight, some times a day.
const COMPUTED: usize = 64;

/// What regions counted of a disease, by day.
pub(crate) type ByRegion = BTreeMap<String, BTreeMap<Date, Counted>>;

/// What is counted of a disease.
pub(crate) struct Counting {
    pub(crate) by_region: ByRegion,
    /// The days from which it is counted by another definition.
    pub(crate) definitions: Vec<Date>,
}

/// Something to be said of a place, at the end of a block.
pub(super) struct Saying<'a> {
    pub(super) place: &'a Place,
    pub(super) disease: Disease,
    pub(super) basis: Basis,
    known_at: Millis,
}

impl Saying<'_> {
    pub(super) fn said(&self, fact: Fact, causes: Vec<EventId>) -> Said {
        Said { region: self.place.region.clone(), fact, causes, known_at: self.known_at }
    }
}

impl Lookout {
    /// The block ends: assesses what changed and, with `forecasts`, makes those of new days and weeks. `counting` gives what is
    /// counted of a disease.
    pub(crate) fn block(
        &mut self,
        forecasts: bool,
        counting: impl Fn(&str) -> anyhow::Result<Counting>,
    ) -> anyhow::Result<(Vec<Said>, Vec<Row>)> {
        let (mut said, mut rows) = (Vec::new(), Vec::new());
        let basis = self.basis();
        for (place, (disease, known_at)) in std::mem::take(&mut self.changed) {
            rows.push(rows::evaluated(&place));
            let Counting { by_region, definitions } = counting(&place.disease)?;
            // Of the reports alone: that somebody looked on the day of a cluster is forgotten sooner than weeks are.
            let of_place = by_region.get(&place.region).filter(|_| forecasts);
            let weeks = of_place.and_then(|days| weeks(days, &definitions));
            let counted = self.with_clusters(&place.disease, by_region);
            let saying = Saying { place: &place, disease, basis, known_at };
            let known = counted.get(&place.region).and_then(|days| days.last_key_value()).map(|(day, _)| *day);
            let known = known.map(|day| (day, known_by(&counted, day, &definitions)));
            let (more, stored) = match &known {
                Some((day, all)) => self.evaluate(&saying, *day, all),
                None => self.nothing_left(&saying),
            };
            said.extend(more);
            rows.extend(stored);
            let days = known.as_ref().and_then(|(_, all)| all.get(&place.region)).map(|known| &known.series);
            for series in days.filter(|_| forecasts).into_iter().chain(&weeks) {
                let (more, stored) = self.forecast(&saying, series);
                said.extend(more);
                rows.extend(stored);
            }
        }
        Ok((said, rows))
    }

    /// Adds the positives of suspected clusters.
    fn with_clusters(&self, disease: &str, mut counted: ByRegion) -> ByRegion {
        for (place, course) in self.places.iter().filter(|(place, _)| place.disease == disease) {
            for ((day, id), positives) in &course.clusters {
                let that = counted.entry(place.region.clone()).or_default().entry(*day).or_default();
                that.suspected = that.suspected.saturating_add(*positives);
                that.events.push(*id);
            }
        }
        counted
    }

    /// Assesses a place of which `day` is the last day.
    fn evaluate(&mut self, saying: &Saying<'_>, day: Date, all: &BTreeMap<String, Known>) -> (Vec<Said>, Vec<Row>) {
        let place = saying.place;
        let Some(assessed) = self.book.assess(&place.disease, &place.region, all) else { return Default::default() };
        let mut rows = self.forget_clusters(place, day);
        let (said, stored) = self.assess(saying, assessed);
        rows.extend(stored);
        (said, rows)
    }

    /// Everything that was counted of a place was refuted: what was said of it does not stand.
    fn nothing_left(&mut self, saying: &Saying<'_>) -> (Vec<Said>, Vec<Row>) {
        let latest = self.places.get(saying.place).and_then(Course::latest).map(|latest| latest.day);
        latest.map_or_else(Default::default, |day| self.assess(saying, Assessed::nothing(day)))
    }

    /// Keeps what was computed, and says it where stage or level are others than before.
    fn assess(&mut self, saying: &Saying<'_>, assessed: Assessed) -> (Vec<Said>, Vec<Row>) {
        let (mut said, mut rows) = (Vec::new(), Vec::new());
        let causes = assessed.events.iter().copied().take(MAX_CAUSES).collect::<Vec<_>>();
        let assessment = Assessment {
            disease: saying.disease.clone(),
            day: assessed.day,
            basis: saying.basis,
            rules: self.book.hash(),
            stage: assessed.stage,
            level: assessed.level,
            rule: assessed.rule,
            index_milli: assessed.index_milli,
            values: assessed.values,
        };
        let course = self.places.entry(saying.place.clone()).or_default();
        let before = course.latest().map(|last| (last.stage, last.level));
        if before.unwrap_or((Stage::Sporadic, None)) != (assessment.stage, assessment.level) {
            said.push(saying.said(Fact::Assessment(assessment.clone()), causes));
        }
        let size = saying.basis.size;
        rows.push(rows::computed(saying.place, Some(&assessment), size));
        course.computed.insert(size, assessment);
        while course.computed.len() > COMPUTED
            && let Some((size, _)) = course.computed.pop_first()
        {
            rows.push(rows::computed(saying.place, None, size));
        }
        (said, rows)
    }

    /// Clusters before the window that is looked at from `day`.
    fn forget_clusters(&mut self, place: &Place, day: Date) -> Vec<Row> {
        let first = Date(day.0.saturating_sub(WINDOW_DAYS));
        let Some(course) = self.places.get_mut(place) else { return Vec::new() };
        let kept = course.clusters.split_off(&(first, EventId::default()));
        let old = std::mem::replace(&mut course.clusters, kept);
        old.into_keys().map(|(day, id)| rows::cluster(place, day, &id, None)).collect()
    }
}

/// What is known of every region up to a day.
fn known_by(counted: &ByRegion, day: Date, definitions: &[Date]) -> BTreeMap<String, Known> {
    let known = counted.iter().filter_map(|(region, days)| {
        let last = days.range(..=day).next_back().map(|(day, _)| *day)?;
        Some((region.clone(), Known::of(days, last, definitions)?))
    });
    known.collect()
}
