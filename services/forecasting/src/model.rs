//! The read model: accepted counts by place and day, and the events that follow from them but are not seen in the final log
//! yet. A fold of final entries through [`Accepted`], [`Detector`] and [`Lookout`]: the same log gives the same, and with it
//! the same events, byte for byte.

mod asked;
mod check;
mod daybook;
mod pending;
mod rows;

use std::sync::Arc;

use anyhow::Context as _;
use domain::chain::Lane;
use domain::codec;
use domain::event::{Disease, Event, EventId, Fact};
use domain::genesis::Genesis;
use domain::report::DailyRecord;
use domain::time::Millis;
use host::projection::{At, Changes, Entry, Projection, Stored};
use tokio::sync::Notify;
use wire::ledger::EntryKind;

use crate::accepted::{Accepted, Ringing, STATE};
use crate::detector::{Detector, Signal, Thresholds, Trigger};

use crate::lookout::{Counting, Lookout, Said, Stated};
use crate::place::{self, DayKey, Place};
use crate::records::Records;
use crate::warn::{Author, of_threshold};

pub(crate) use asked::Day;
use daybook::DayBook;
pub(crate) use daybook::{Filter, Summed, confirmed};
use pending::Pending;
use rows::{AT, daily_key, last_key};
pub(crate) use rows::{Row, said};

/// What the final log says of days.
pub(crate) struct Days {
    genesis: Arc<Genesis>,
    at: (u64, Millis),
    accepted: Accepted,
    book: DayBook,
    detector: Detector,
    lookout: Lookout,
    records: Records,
    says: Says,
    pending: Pending,
}

/// What is said beside what is answered; with neither, nothing.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Says {
    /// Assessments and warnings.
    pub(crate) warns: bool,
    /// Forecasts, which cost far more than all else.
    pub(crate) forecasts: bool,
    /// Ballots on others' assessments and warnings.
    pub(crate) checks: bool,
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
            book: DayBook::default(),
            detector: Detector::new(thresholds),
            lookout: Lookout::new()?,
            records: Records::default(),
            says,
            pending: Pending::new(author, bell),
        })
    }

    /// Takes the next final entry and gives what must be stored of it.
    pub(crate) fn take(&mut self, entry: &Entry<'_>) -> anyhow::Result<Vec<Row>> {
        let mut rows = vec![self.lookout.leaf(&entry.log.leaf)];
        if entry.log.kind == EntryKind::Block {
            self.at = (entry.log.height, entry.at());
            rows.push((AT.to_vec(), Some(codec::encode(&self.at))));
            rows.extend(self.block()?);
        }
        rows.extend(entry.log.event_id.and_then(|id| self.pending.seen(&id)));
        // What was known then: the log's time, or the signature of the event that decided, if that is later.
        let known_at = entry.event.map_or(entry.at(), |event| event.created_at.max(entry.at()));
        rows.extend(self.count(entry, known_at)?);
        if let (Some(event), Some(id)) = (entry.event, entry.log.event_id) {
            rows.extend(self.hear(event, id, known_at)?);
        }
        Ok(rows)
    }

    /// Lets an entry change what counts.
    fn count(&mut self, entry: &Entry<'_>, known_at: Millis) -> anyhow::Result<Vec<Row>> {
        let (mut rows, mut changed) = (Vec::new(), Vec::new());
        let step = self.accepted.take(&self.genesis, entry)?;
        rows.extend(self.records.take(&mut self.accepted, entry, &step)?);
        for (key, value) in step.writes {
            if let Some((key, origin)) = daily_key(&key) {
                let record = value.as_deref().map(codec::decode::<DailyRecord>);
                let in_force = record.map(|record| record.context("a day does not decode")).transpose()?;
                if self.book.enter(&key, origin, in_force.and_then(|record| record.in_force)) {
                    changed.push(key);
                }
            }
            rows.push(([STATE, &key].concat(), value));
        }
        for key in changed {
            rows.extend(self.changed(key, step.disease.as_ref(), known_at));
        }
        for warning in &step.warnings {
            rows.extend(self.rings(warning, known_at)?);
        }
        Ok(rows)
    }

    /// A day counts otherwise than before. What was refuted warns of nothing, but its place is another one without it.
    fn changed(&mut self, key: DayKey, disease: Option<&Disease>, known_at: Millis) -> Vec<Row> {
        let (place, day) = &key;
        let disease = disease.cloned().unwrap_or_else(|| self.lookout.disease(place));
        let mut rows = vec![self.lookout.changed(&disease, &place.region, known_at)];
        if let Some(Summed { counts, events }) = self.book.day(&key) {
            let (trigger, count) = (Trigger::Day, confirmed(&counts));
            let region = place.region.clone();
            rows.extend(self.see(Signal { trigger, disease, region, day: *day, count, causes: events, known_at }));
        }
        rows
    }

    /// Takes what an event says beside what it counts.
    fn hear(&mut self, event: &Event, id: EventId, known_at: Millis) -> anyhow::Result<Vec<Row>> {
        let ours = self.pending.signs(&event.author);
        Ok(match &event.fact {
            Fact::SuspectedCluster(cluster) if event.lane == Lane::Urgent => {
                let (disease, region) = (cluster.disease.clone(), event.region.clone());
                let (day, count) = (event.occurred_at.date(), cluster.positives);
                let mut rows = vec![
                    self.lookout.cluster(&place::of(&disease, &region), day, id, count),
                    self.lookout.changed(&disease, &region, known_at),
                ];
                let (trigger, causes) = (Trigger::Cluster, vec![id]);
                rows.extend(self.see(Signal { trigger, disease, region, day, count, causes, known_at }));
                rows
            }
            Fact::Forecast(forecast) => {
                let member = self.accepted.member_of(&event.author)?;
                self.lookout.issued(&event.region, id, member, forecast, known_at)
            }
            Fact::Assessment(assessment) if ours => {
                let ringing = self.ringing(&place::of(&assessment.disease, &event.region))?;
                let (region, causes) = (event.region.as_str(), event.causes.as_slice());
                let (said, row) = self.lookout.stated(&Stated { id, region, assessment, causes, known_at }, &ringing);
                [row].into_iter().chain(self.say(said)).collect()
            }
            Fact::Assessment(theirs) if self.says.checks => self.check(event, id, theirs, known_at),
            Fact::Warning(theirs) if self.says.checks && !ours => self.check_warning(event, id, theirs, known_at)?,
            _ => Vec::new(),
        })
    }

    /// A block ends.
    fn block(&mut self) -> anyhow::Result<Vec<Row>> {
        let mut rows = self.pending.over(self.at.1);
        let Days { lookout, book, accepted, .. } = self;
        let counting =
            |disease: &str| Ok(Counting { by_region: book.of(disease), definitions: accepted.definitions(disease)? });
        let (said, more) = lookout.block(self.says.forecasts, counting)?;
        rows.extend(more);
        rows.extend(self.say(said));
        Ok(rows)
    }

    /// A warning rings, or rings no more.
    fn rings(&mut self, id: &EventId, known_at: Millis) -> anyhow::Result<Vec<Row>> {
        let Some(place) = self.accepted.warned_place(id)? else { return Ok(Vec::new()) };
        let ringing = self.ringing(&place)?;
        if ringing.is_empty() {
            return Ok(self.lookout.silent(&place).into_iter().collect());
        }
        let Some(rang) = ringing.iter().find(|one| one.id == *id) else { return Ok(Vec::new()) };
        let orders = self.orders()?;
        let (said, row) = self.lookout.rang(&place, rang, orders, known_at);
        Ok(row.into_iter().chain(self.say(said)).collect())
    }

    /// Whether a directive of ours counts on this chain.
    fn orders(&self) -> anyhow::Result<bool> {
        let Some(key) = self.pending.key() else { return Ok(false) };
        self.accepted.orders(&self.accepted.member_of(&key)?)
    }

    /// Our warnings of a place that ring; none without an author.
    fn ringing(&self, place: &Place) -> anyhow::Result<Vec<Ringing>> {
        let Some(key) = self.pending.key() else { return Ok(Vec::new()) };
        self.accepted.ringing(place, &self.accepted.member_of(&key)?)
    }

    /// Says it, if this member warns.
    fn say(&mut self, said: Vec<Said>) -> Vec<Row> {
        let warns = self.says.warns;
        said.iter().filter(|_| warns).filter_map(|said| self.pending.say(said).1).collect()
    }

    fn see(&mut self, signal: Signal) -> Vec<Row> {
        let mut rows = Vec::new();
        let (draft, changed) = self.detector.see(signal);
        if let Some((watched, day)) = changed {
            rows.push((last_key(&watched), Some(codec::encode(&day))));
        }
        let warning = draft.map(|draft| of_threshold(draft, self.lookout.basis()));
        rows.extend(self.say(warning.into_iter().collect()));
        rows
    }
}

impl Projection for Days {
    fn name(&self) -> &'static str {
        "forecasting"
    }

    fn version(&self) -> u32 {
        1
    }

    fn at(&self) -> At {
        At { height: self.at.0, chain_time: self.at.1 }
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
