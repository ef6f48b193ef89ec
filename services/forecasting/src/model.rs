//! The read model: accepted counts by disease, region and day, and the warnings that follow from them but are not seen in
//! the final log yet. A fold of final entries through [`Accepted`] and [`Detector`]: the same log gives the same, and with
//! it the same warnings, byte for byte.

use std::collections::BTreeMap;
use std::ops::Bound::{Excluded, Unbounded};
use std::sync::Arc;

use anyhow::Context as _;
use domain::chain::Lane;
use domain::codec;
use domain::event::{Assessment, Ballot, Choice, Classification, Disease, Event, EventId, Fact, Origin};
use domain::genesis::Genesis;
use domain::outlook::first_step_ends;
use domain::report::{Counts, DailyRecord, InForce};
use domain::time::{Date, Millis};
use host::projection::{Changes, Entry, Projection, Stored};
use tokio::sync::Notify;
use wire::ledger::EntryKind;

use crate::accepted::{Accepted, STATE};
use crate::detector::{Detector, Place, Signal, Thresholds, Trigger};
use crate::lookout::{Course, Lookout, PlaceKey, Said};
use crate::outlook::{Counted, Issued, Table, score};
use crate::records::Records;
use crate::warn::{Author, of_threshold};

/// The policy that automatic ballots on assessments name.
const RECOMPUTED: &str = "recomputed";
/// The row that says how far the model is.
const AT: &[u8] = b"at";
/// Rows of the detector: the last day a place triggered.
const LAST: &[u8] = b"last/";
/// Rows of what was said and is not seen in the final log yet: the event's body.
const PENDING: &[u8] = b"pending/";

/// A stored row; without a value it is removed.
pub(crate) type Row = (Vec<u8>, Option<Vec<u8>>);
/// Disease, region and day.
pub(crate) type DayKey = (String, String, Date);

/// What the final log says of days.
pub(crate) struct Days {
    genesis: Arc<Genesis>,
    at: (u64, Millis),
    accepted: Accepted,
    days: BTreeMap<DayKey, BTreeMap<Origin, InForce>>,
    detector: Detector,
    lookout: Lookout,
    records: Records,
    says: Says,
    author: Option<Author>,
    pending: BTreeMap<EventId, Vec<u8>>,
    bell: Arc<Notify>,
}

/// What is said beside what is answered; with neither, nothing.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Says {
    /// Assessments and warnings.
    pub(crate) warns: bool,
    /// Forecasts, which cost far more than all else.
    pub(crate) forecasts: bool,
    /// Ballots on others' assessments.
    pub(crate) checks: bool,
}

/// Which days are asked for; `None` asks for all.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    pub(crate) disease: Option<String>,
    pub(crate) region: Option<String>,
    pub(crate) from: Option<Date>,
}

/// A day's accepted counts over all origins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Day {
    pub(crate) key: DayKey,
    pub(crate) counts: Counts,
    pub(crate) events: Vec<EventId>,
    pub(crate) over_threshold: bool,
}

impl Days {
    /// Nothing accepted yet. With an author, what it says is drawn up for it and `bell` is rung.
    pub(crate) fn new(
        genesis: Arc<Genesis>,
        thresholds: Thresholds,
        says: Says,
        author: Option<Author>,
        bell: Arc<Notify>,
    ) -> anyhow::Result<Self> {
        Ok(Days {
            at: (0, genesis.genesis_time),
            accepted: Accepted::new(&genesis),
            genesis,
            days: BTreeMap::new(),
            detector: Detector::new(thresholds),
            lookout: Lookout::new()?,
            records: Records::default(),
            says,
            author,
            pending: BTreeMap::new(),
            bell,
        })
    }

    /// The last whole block taken in and its chain time.
    pub(crate) fn at(&self) -> (u64, Millis) {
        self.at
    }

    /// What counts.
    pub(crate) fn accepted(&self) -> &Accepted {
        &self.accepted
    }

    /// What a region counted of a disease, by day over all origins.
    pub(crate) fn counts(&self, disease: &str, region: &str) -> BTreeMap<Date, Counts> {
        let key = |date| (disease.to_owned(), region.to_owned(), date);
        let days = self.days.range(key(Date(0))..=key(Date(u32::MAX)));
        days.map(|(key, by_origin)| (key.2, self.day(key, by_origin).counts)).collect()
    }

    /// Reports one by one.
    pub(crate) fn records(&self) -> &Records {
        &self.records
    }

    /// Bodies of what was said and is not seen in the final log yet.
    pub(crate) fn pending(&self) -> Vec<(EventId, Vec<u8>)> {
        self.pending.iter().map(|(id, body)| (*id, body.clone())).collect()
    }

    /// Days behind a key, at most `limit`, and whether there are more.
    pub(crate) fn list(&self, filter: &Filter, after: Option<&DayKey>, limit: usize) -> (Vec<Day>, bool) {
        let fits = |asked: &Option<String>, has: &str| asked.as_deref().is_none_or(|asked| asked == has);
        let days =
            self.days.range((after.map_or(Unbounded, Excluded), Unbounded)).filter(|((disease, region, date), _)| {
                fits(&filter.disease, disease)
                    && fits(&filter.region, region)
                    && filter.from.is_none_or(|from| *date >= from)
            });
        let mut found: Vec<_> = days.take(limit + 1).map(|(key, by_origin)| self.day(key, by_origin)).collect();
        let more = found.len() > limit;
        found.truncate(limit);
        (found, more)
    }

    /// Whether a day is assessed somewhere and everything said is on the final log.
    pub(crate) fn has_said(&self, day: Date) -> bool {
        let assessed = |course: &Course| course.latest().is_some_and(|latest| latest.day >= day);
        self.pending.is_empty() && self.lookout.places.values().any(assessed)
    }

    /// The last assessment of each place asked for.
    pub(crate) fn assessments(&self, asked: impl Fn(&PlaceKey) -> bool) -> Vec<(PlaceKey, Assessment)> {
        let places = self.lookout.places.iter().filter(|(place, _)| asked(place));
        places.filter_map(|(place, course)| Some((place.clone(), course.latest()?.clone()))).collect()
    }

    /// The newest forecast of each model for each place asked for.
    pub(crate) fn forecasts(&self, asked: impl Fn(&PlaceKey) -> bool) -> Vec<(PlaceKey, EventId, Issued)> {
        let mut newest = BTreeMap::<(&PlaceKey, &str), (&EventId, &Issued)>::new();
        for (place, course) in self.lookout.places.iter().filter(|(place, _)| asked(place)) {
            for (id, issued) in &course.issued {
                let kept = newest.entry((place, &issued.model)).or_insert((id, issued));
                if kept.1.reference < issued.reference {
                    *kept = (id, issued);
                }
            }
        }
        newest.into_iter().map(|((place, _), (id, issued))| (place.clone(), *id, issued.clone())).collect()
    }

    /// How many forecasts there are for the places asked for, and how good they were by what is counted now.
    pub(crate) fn league(&self, asked: impl Fn(&PlaceKey) -> bool) -> (usize, Table) {
        let (mut all, mut table) = (0, Table::new());
        for (place, course) in self.lookout.places.iter().filter(|(place, _)| asked(place)) {
            let issued = course.issued.values().cloned().collect::<Vec<_>>();
            all += issued.len();
            score(&mut table, &issued, |day| {
                let by_origin = self.days.get(&(place.0.clone(), place.1.clone(), day))?;
                Some(by_origin.values().map(|in_force| confirmed(&in_force.counts)).sum())
            });
        }
        (all, table)
    }

    fn day(&self, key: &DayKey, by_origin: &BTreeMap<Origin, InForce>) -> Day {
        let mut counts = Counts::default();
        for in_force in by_origin.values() {
            counts.iter_mut().zip(in_force.counts).for_each(|(sum, count)| *sum = sum.saturating_add(count));
        }
        let over_threshold = self.detector.thresholds.reached(&key.0, confirmed(&counts));
        Day { key: key.clone(), counts, events: by_origin.values().map(|one| one.event).collect(), over_threshold }
    }

    /// Takes the next final entry and gives what must be stored of it.
    pub(crate) fn take(&mut self, entry: &Entry<'_>) -> anyhow::Result<Vec<Row>> {
        let mut rows = vec![self.lookout.leaf(&entry.log.leaf)];
        if entry.log.kind == EntryKind::Block {
            self.at = (entry.log.height, entry.at());
            rows.push((AT.to_vec(), Some(codec::encode(&self.at))));
            rows.extend(self.block());
        }
        // What was refused is done with too: the same one would be refused again.
        if let Some(id) = entry.log.event_id.filter(|id| self.pending.remove(id).is_some()) {
            // What it causes may go now.
            self.bell.notify_one();
            rows.push((pending_key(&id), None));
        }
        let step = self.accepted.take(&self.genesis, entry)?;
        rows.extend(self.records.take(&mut self.accepted, entry, &step)?);
        let mut changed = Vec::new();
        for (key, value) in step.writes {
            if let Some((key, origin)) = daily_key(&key) {
                let record = value.as_deref().map(codec::decode::<DailyRecord>);
                let in_force = record.map(|record| record.context("a day does not decode")).transpose()?;
                if self.enter(&key, origin, in_force.and_then(|record| record.in_force)) {
                    changed.push(key);
                }
            }
            rows.push(([STATE, &key].concat(), value));
        }
        // What was known then: the log's time, or the signature of the event that decided, if that is later.
        let known_at = entry.event.map_or(entry.at(), |event| event.created_at.max(entry.at()));
        for key in changed {
            let Some(by_origin) = self.days.get(&key) else { continue };
            let day = self.day(&key, by_origin);
            let (code, region, date) = key;
            let disease = step.disease.clone().unwrap_or_else(|| Disease { name: code.clone(), code });
            rows.push(self.lookout.changed(&disease, &region, known_at));
            let (trigger, count) = (Trigger::Day, confirmed(&day.counts));
            let signal = Signal { trigger, disease, region, day: date, count, causes: day.events, known_at };
            rows.extend(self.see(signal));
        }
        if let (Some(event), Some(id)) = (entry.event, entry.log.event_id)
            && let (Fact::SuspectedCluster(cluster), Lane::Urgent) = (&event.fact, event.lane)
        {
            let place = (cluster.disease.code.clone(), event.region.clone());
            rows.push(self.lookout.cluster(&place, event.occurred_at.date(), id, cluster.positives));
            rows.push(self.lookout.changed(&cluster.disease, &event.region, known_at));
            let signal = Signal {
                trigger: Trigger::Cluster,
                disease: cluster.disease.clone(),
                region: event.region.clone(),
                day: event.occurred_at.date(),
                count: cluster.positives,
                causes: vec![id],
                known_at,
            };
            rows.extend(self.see(signal));
        }
        if let (Some(event), Some(id)) = (entry.event, entry.log.event_id) {
            rows.extend(self.outlook(event, id, known_at));
        }
        Ok(rows)
    }

    /// Takes what early warning itself wrote.
    fn outlook(&mut self, event: &Event, id: EventId, known_at: Millis) -> Vec<Row> {
        match &event.fact {
            Fact::Forecast(forecast) => self.lookout.issued(&event.region, id, forecast),
            Fact::Assessment(assessment) if self.author.as_ref().is_some_and(|author| author.signs(&event.author)) => {
                let (said, row) = self.lookout.stated(&event.region, id, assessment, &event.causes, known_at);
                let mut rows = vec![row];
                if let Some(said) = said.filter(|_| self.says.warns) {
                    rows.extend(self.say(&said).1);
                }
                rows
            }
            Fact::Assessment(theirs) if self.says.checks => self.check(event, id, theirs, known_at),
            _ => Vec::new(),
        }
    }

    /// A block ends.
    fn block(&mut self) -> Vec<Row> {
        let mut rows = Vec::new();
        // The chain refuses a forecast of what has happened.
        let (now, late) = (self.at.1, |body: &[u8]| match wire::event::decode(body).map(|event| event.fact) {
            Ok(Fact::Forecast(forecast)) => first_step_ends(forecast.cadence, forecast.reference_date),
            _ => Millis(u64::MAX),
        });
        let over = self.pending.iter().filter(|(_, body)| late(body) <= now).map(|(id, _)| *id).collect::<Vec<_>>();
        for id in over {
            self.pending.remove(&id);
            self.bell.notify_one();
            rows.push((pending_key(&id), None));
        }
        let Days { lookout, days, .. } = self;
        let (said, more) = lookout.block(self.says.forecasts, |disease| counted(days, disease));
        rows.extend(more);
        let warns = self.says.warns;
        for said in said.iter().filter(|_| warns) {
            rows.extend(self.say(said).1);
        }
        rows
    }

    /// Holds another member's assessment against what was computed here from the same log: an equal one is endorsed, another
    /// one objected to, with what was computed here on the log beside it.
    fn check(&mut self, event: &Event, id: EventId, theirs: &Assessment, known_at: Millis) -> Vec<Row> {
        let ballot = |choice, reason: &str, causes| Said {
            region: event.region.clone(),
            fact: Fact::Ballot(Ballot { subject: id, choice, reason: reason.into(), policy: RECOMPUTED.into() }),
            causes,
            known_at,
        };
        let mut rows = Vec::new();
        let said = match self.lookout.computed(&event.region, theirs) {
            Some(ours) if ours == theirs => ballot(Choice::Endorse, "the-same", vec![id]),
            Some(ours) => {
                let (fact, region) = (Fact::Assessment(ours.clone()), event.region.clone());
                let (own, more) = self.say(&Said { region, fact, causes: vec![id], known_at });
                rows.extend(more);
                ballot(Choice::Object, "another-result", own.into_iter().chain([id]).collect())
            }
            None => ballot(Choice::Object, "no-such-log", vec![id]),
        };
        rows.extend(self.say(&said).1);
        rows
    }

    /// Has something to say, if there is who says it; gives its event. What could not be an event is not said: it follows
    /// from a report that nobody would sign, and must not stop the rest.
    fn say(&mut self, said: &Said) -> (Option<EventId>, Option<Row>) {
        let Some(author) = &self.author else { return (None, None) };
        match author.event(said) {
            Ok((id, body)) => {
                self.pending.insert(id, body.clone());
                self.bell.notify_one();
                (Some(id), Some((pending_key(&id), Some(body))))
            }
            Err(error) => {
                tracing::warn!(region = %said.region, %error, "something can't be said");
                (None, None)
            }
        }
    }

    /// Whether the aggregate in force changed. One that was refuted leaves, and warns of nothing.
    fn enter(&mut self, key: &DayKey, origin: Origin, in_force: Option<InForce>) -> bool {
        let Some(in_force) = in_force else {
            if let Some(day) = self.days.get_mut(key) {
                day.remove(&origin);
            }
            self.days.retain(|each, origins| each != key || !origins.is_empty());
            return false;
        };
        let day = self.days.entry(key.clone()).or_default();
        let changed = day.get(&origin) != Some(&in_force);
        day.insert(origin, in_force);
        changed
    }

    fn see(&mut self, signal: Signal) -> Vec<Row> {
        let mut rows = Vec::new();
        let (draft, changed) = self.detector.see(signal);
        if let Some((place, day)) = changed {
            rows.push((last_key(&place), Some(codec::encode(&day))));
        }
        if let Some(draft) = draft.filter(|_| self.says.warns) {
            rows.extend(self.say(&of_threshold(draft)).1);
        }
        rows
    }

    /// Takes up a stored row.
    fn restore(&mut self, key: &[u8], value: Vec<u8>) -> anyhow::Result<()> {
        if let Some(key) = key.strip_prefix(STATE) {
            if let Some((day, origin)) = daily_key(key) {
                let record = codec::decode::<DailyRecord>(&value).context("a stored day does not decode")?;
                self.enter(&day, origin, record.in_force);
            }
            self.accepted.restore(key.to_vec(), value);
        } else if let Some(key) = key.strip_prefix(LAST) {
            let place = place(key).context("the key of a stored trigger")?;
            let day = codec::decode(&value).context("a stored trigger does not decode")?;
            self.detector.last.insert(place, day);
        } else if let Some(id) = key.strip_prefix(PENDING) {
            let id = std::str::from_utf8(id).ok().and_then(EventId::parse).context("the key of a stored warning")?;
            self.pending.insert(id, value);
        } else if !self.lookout.restore(key, &value)? && !self.records.restore(key, &value)? {
            self.at = codec::decode(&value).context("the stored height does not decode")?;
        }
        Ok(())
    }
}

/// What regions counted of a disease, by day.
fn counted(
    days: &BTreeMap<DayKey, BTreeMap<Origin, InForce>>,
    disease: &str,
) -> BTreeMap<String, BTreeMap<Date, Counted>> {
    let mut regions = BTreeMap::<String, BTreeMap<Date, Counted>>::new();
    let first = (disease.to_owned(), String::new(), Date(0));
    for ((_, region, day), by_origin) in days.range(first..).take_while(|((code, ..), _)| code == disease) {
        let that = regions.entry(region.clone()).or_default().entry(*day).or_default();
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

/// The confirmed cases of counts by class.
fn confirmed(counts: &Counts) -> u64 {
    count(counts, Classification::Confirmed)
}

/// The cases of one class.
fn count(counts: &Counts, asked: Classification) -> u64 {
    let by_class = Classification::ALL.into_iter().zip(counts);
    by_class.filter(|(class, _)| *class == asked).map(|(_, count)| *count).sum()
}

/// The day and origin of a key as `domain::keys::daily` makes it.
fn daily_key(key: &[u8]) -> Option<(DayKey, Origin)> {
    let mut parts = std::str::from_utf8(key).ok()?.strip_prefix("daily/")?.split('/');
    let (disease, region) = (parts.next()?.to_owned(), parts.next()?.to_owned());
    Some(((disease, region, Date::parse(parts.next()?)?), Origin::parse(parts.next()?)?))
}

/// What stored rows have newly to be said: events and their bodies.
pub(crate) fn said(rows: &[Row]) -> impl Iterator<Item = (EventId, &[u8])> {
    rows.iter().filter_map(|(key, body)| {
        let id = std::str::from_utf8(key.strip_prefix(PENDING)?).ok().and_then(EventId::parse)?;
        Some((id, body.as_deref()?))
    })
}

fn pending_key(id: &EventId) -> Vec<u8> {
    [PENDING, id.to_string().as_bytes()].concat()
}

fn last_key((disease, region, trigger): &Place) -> Vec<u8> {
    [LAST, format!("{disease}/{region}/{}", trigger.method()).as_bytes()].concat()
}

/// The place of a key that [`last_key`] made.
fn place(key: &[u8]) -> Option<Place> {
    let mut parts = std::str::from_utf8(key).ok()?.split('/');
    let (disease, region) = (parts.next()?.to_owned(), parts.next()?.to_owned());
    Some((disease, region, Trigger::parse(parts.next()?)?))
}

impl Projection for Days {
    /// Not a name of earlier versions' rows, which did not follow every leaf or every report.
    fn name(&self) -> &'static str {
        "early-warning-2"
    }

    fn load(&mut self, stored: &Stored) -> anyhow::Result<()> {
        for row in stored.prefix(b"") {
            let (key, value) = row?;
            self.restore(&key, value)?;
        }
        Ok(())
    }

    fn apply(&mut self, entry: &Entry<'_>, changes: &mut Changes<'_>) -> anyhow::Result<()> {
        for (key, value) in self.take(entry)? {
            match value {
                Some(value) => changes.put(&key, &value),
                None => changes.delete(&key),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
pub(crate) mod tests;
