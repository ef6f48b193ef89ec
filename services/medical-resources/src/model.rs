//! The read model: the beds that stand by facility and kind, from final claims only.
//!
//! It repeats no rule: a claim that was executed is the latest observation of its beds, because the ledgers refused it
//! otherwise. Limit: a row for each facility and kind of bed of one jurisdiction, some hundred bytes each, in memory.

use std::collections::BTreeMap;

use anyhow::Context as _;
use domain::codec;
use domain::event::Fact;
use domain::genesis::KeyClass;
use domain::medical_resources::BedsRecord;
use domain::time::Millis;
use host::projection::{Changes, Entry, NotYet, Projection, Stored};
use host::standing::Standing;
use wire::ledger::EntryKind;

/// The row that says how far the model is; the others start with `beds/`.
const AT: &[u8] = b"at";
const BEDS: &[u8] = b"beds/";

/// A stored row.
pub(crate) type Row = (Vec<u8>, Vec<u8>);

/// What the final log says of beds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Beds {
    standing: Standing,
    at: (u64, Millis),
    /// By facility and kind; how often the pair was stated is the version of its key in the state.
    lines: BTreeMap<(String, String), (BedsRecord, u64)>,
}

/// Which beds are asked for; `None` asks for all.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    pub(crate) facility: Option<String>,
    pub(crate) resource: Option<String>,
    pub(crate) region: Option<String>,
}

impl Filter {
    fn takes(&self, beds: &BedsRecord) -> bool {
        let fits = |asked: &Option<String>, has: &str| asked.as_deref().is_none_or(|asked| asked == has);
        fits(&self.facility, &beds.facility)
            && fits(&self.resource, beds.resource.name())
            && fits(&self.region, &beds.region)
    }
}

impl Beds {
    /// Nothing claimed yet.
    pub(crate) fn new(standing: Standing) -> Self {
        Beds { at: (0, standing.genesis().genesis_time), standing, lines: BTreeMap::new() }
    }

    /// The last whole block taken in and its chain time.
    pub(crate) fn at(&self) -> (u64, Millis) {
        self.at
    }

    /// Beds behind a facility and kind, at most `limit`, with their versions, and whether there are more.
    pub(crate) fn list(
        &self,
        filter: &Filter,
        after: &(String, String),
        limit: usize,
    ) -> (Vec<(BedsRecord, u64)>, bool) {
        use std::ops::Bound::{Excluded, Unbounded};
        let lines = self.lines.range((Excluded(after), Unbounded)).map(|(_, line)| line);
        let mut found: Vec<_> = lines.filter(|(beds, _)| filter.takes(beds)).take(limit + 1).cloned().collect();
        let more = found.len() > limit;
        found.truncate(limit);
        (found, more)
    }

    /// Takes the next final entry and gives what must be stored of it.
    pub(crate) fn take(&mut self, entry: &Entry<'_>) -> anyhow::Result<Option<Row>> {
        if entry.log.kind == EntryKind::Block {
            self.at = (entry.log.height, entry.at());
            return Ok(Some((AT.to_vec(), codec::encode(&self.at))));
        }
        let (Some(event), Some(id)) = (entry.event, entry.log.event_id) else { return Ok(None) };
        let Fact::CapacityClaim(claim) = &event.fact else { return Ok(None) };
        let roster = self.standing.current();
        let author = roster.owner(KeyClass::Author, &event.author).ok_or(NotYet("the author"))?;
        let beds = BedsRecord {
            facility: claim.facility.clone(),
            resource: claim.resource,
            member: author.id.clone(),
            region: event.region.clone(),
            staffed: claim.staffed,
            occupied: claim.occupied,
            reserved: 0,
            observed_at: event.occurred_at,
            moved_at: event.occurred_at,
            stale_at: event.occurred_at.plus_ms(claim.resource.expires_after()),
            event: id,
        };
        let place = (claim.facility.clone(), claim.resource.name().to_owned());
        let version = self.lines.get(&place).map_or(0, |(_, version)| *version).saturating_add(1);
        let row = (domain::keys::beds(&beds.facility, beds.resource), codec::encode(&(beds.clone(), version)));
        self.lines.insert(place, (beds, version));
        Ok(Some(row))
    }

    /// Takes up a stored row.
    fn restore(&mut self, value: &[u8]) -> anyhow::Result<()> {
        let (beds, version) = codec::decode::<(BedsRecord, u64)>(value).context("stored beds do not decode")?;
        self.lines.insert((beds.facility.clone(), beds.resource.name().to_owned()), (beds, version));
        Ok(())
    }
}

impl Projection for Beds {
    fn name(&self) -> &'static str {
        "medical-resources"
    }

    fn load(&mut self, stored: &Stored) -> anyhow::Result<()> {
        if let Some(at) = stored.get(AT)? {
            self.at = codec::decode(&at).context("the stored height does not decode")?;
        }
        stored.prefix(BEDS).try_for_each(|row| self.restore(&row?.1))
    }

    fn apply(&mut self, entry: &Entry<'_>, changes: &mut Changes<'_>) -> anyhow::Result<()> {
        if let Some((key, value)) = self.take(entry)? {
            changes.put(&key, &value);
        }
        Ok(())
    }
}

#[cfg(test)]
pub(crate) mod tests;
