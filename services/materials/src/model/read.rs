//! What can be asked of the read model. Every list is a page of rows in key order behind a place.

use std::collections::BTreeMap;
use std::ops::Range;

use anyhow::Context as _;
use domain::codec::{self, Reader, Record, Writer};
use domain::event::{EventId, Fact};
use domain::keys;
use domain::materials::{
    CommitRecord, DiscrepancyRecord, DonationRecord, HandOverRecord, ItemRecord, RequestRecord, StockRecord,
};
use domain::time::{Date, Millis};
use host::page::Page;
use host::rest::asked::fits;
use proof::digest::Digest;

use super::rows::{self, List};
use super::{ItemSums, Stock};

/// Facility, item and lot.
pub(crate) type Place = (String, String, String);

/// The row at which a place is listed.
type RowOf = fn(&Place) -> Vec<u8>;

/// One movement: an executed event of this area.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Moved {
    pub(crate) event: EventId,
    pub(crate) member: String,
    /// Chain time of its block.
    pub(crate) at: Millis,
    pub(crate) height: u64,
    /// The event as its author signed it.
    pub(crate) body: Vec<u8>,
}

impl Record for Moved {
    fn write(&self, out: &mut Writer) {
        self.event.write(out);
        self.member.write(out);
        self.at.write(out);
        self.height.write(out);
        out.bytes(&self.body);
    }

    fn read(input: &mut Reader<'_>) -> Option<Self> {
        Some(Moved {
            event: Record::read(input)?,
            member: Record::read(input)?,
            at: Record::read(input)?,
            height: Record::read(input)?,
            body: input.bytes()?.to_vec(),
        })
    }
}

/// Which stock is asked for; `None` asks for all. A lot is asked for with its item.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    pub(crate) facility: Option<String>,
    pub(crate) item: Option<String>,
    pub(crate) lot: Option<String>,
}

impl Filter {
    /// The list of movements that holds what is asked for, and little else.
    pub(crate) fn list(&self) -> List<'_> {
        match (self.facility.as_deref(), self.item.as_deref(), self.lot.as_deref()) {
            (_, Some(item), Some(lot)) => List::Lot(item, lot),
            (Some(store), Some(item), None) => List::ItemAt(store, item),
            (Some(store), None, _) => List::Store(store),
            (None, Some(item), None) => List::Item(item),
            (None, None, _) => List::All,
        }
    }

    fn takes(&self, facility: &str, item: &str, lot: &str) -> bool {
        let Filter { facility: at, item: of, lot: only } = self;
        fits(at.as_deref(), facility) && fits(of.as_deref(), item) && fits(only.as_deref(), lot)
    }
}

impl Stock {
    /// Lots behind a place (facility, item, lot), with their versions. As of the end of a day, without.
    pub(crate) fn lots(
        &self,
        filter: &Filter,
        after: Option<&Place>,
        limit: usize,
        on: Option<Date>,
    ) -> anyhow::Result<Page<(StockRecord, Option<u64>)>> {
        let until = on.map(|day| self.end_of_day(day)).transpose()?;
        // With a store its own lots, with an item alone those of the item's list, else all.
        let by_item = filter.facility.is_none() && filter.item.is_some();
        let (prefix, name): (Vec<u8>, RowOf) = match (&filter.facility, &filter.item) {
            (Some(store), Some(item)) => (rows::state(format!("stock/{store}/{item}/").as_bytes()), stock_row),
            (Some(store), None) => (rows::state(format!("stock/{store}/").as_bytes()), stock_row),
            (None, Some(item)) => (rows::lots_of(item), item_row),
            (None, None) => (rows::state(b"stock/"), stock_row),
        };
        let from = after.map_or_else(|| prefix.clone(), |place| [name(place).as_slice(), &[0]].concat());
        let lot = |row: &[u8]| {
            let (facility, item, lot) = place_of(row, by_item).context("the row of a lot does not parse")?;
            if filter.takes(&facility, &item, &lot) { self.lot(&facility, &item, &lot, until) } else { Ok(None) }
        };
        let rows = self.shelf.stored()?.range(&from, &rows::end_of(&prefix));
        Page::of(rows.filter_map(|row| row.and_then(|(row, _)| lot(&row)).transpose()), limit)
    }

    /// A lot with its version; as the events before an index left it, without.
    fn lot(
        &self,
        facility: &str,
        item: &str,
        lot: &str,
        until: Option<u64>,
    ) -> anyhow::Result<Option<(StockRecord, Option<u64>)>> {
        let key = keys::stock(facility, item, lot);
        let lot = match until {
            None => self.shelf.versioned(&key)?.map(|stored| (stored.value, Some(stored.version))),
            Some(end) => self.then(&key, end)?.map(|value| (value, None)),
        };
        let decoded = |(value, version): (Vec<u8>, _)| {
            Ok((codec::decode(&value).context("a stored lot does not decode")?, version))
        };
        lot.map(decoded).transpose()
    }

    /// A lot now, or as it was at the end of a day.
    pub(super) fn lot_on(
        &self,
        (facility, item, lot): &Place,
        on: Option<Date>,
    ) -> anyhow::Result<Option<StockRecord>> {
        let until = on.map(|day| self.end_of_day(day)).transpose()?;
        Ok(self.lot(facility, item, lot, until)?.map(|(lot, _)| lot))
    }

    /// Movements of a list from an index on, with their indices.
    pub(crate) fn moves(&self, list: &List<'_>, from: u64, limit: usize) -> anyhow::Result<Page<(u64, Moved)>> {
        self.moves_between(list, from..u64::MAX, limit)
    }

    fn moves_between(&self, list: &List<'_>, within: Range<u64>, limit: usize) -> anyhow::Result<Page<(u64, Moved)>> {
        let (prefix, stored) = (list.prefix(), self.shelf.stored()?);
        let moved = |row: anyhow::Result<(Vec<u8>, Vec<u8>)>| {
            let (row, value) = row?;
            let index = row.strip_prefix(prefix.as_slice()).and_then(|index| index.try_into().ok());
            let index = u64::from_be_bytes(index.context("the row of a movement does not parse")?);
            let value = if *list == List::All { Some(value) } else { stored.get(&rows::moved(index))? };
            let moved = value.and_then(|value| codec::decode(&value)).context("a stored movement does not decode")?;
            Ok((index, moved))
        };
        Page::of(stored.range(&list.row(within.start), &list.row(within.end)).map(moved), limit)
    }

    /// The first event of donations: the pledge that came first.
    pub(crate) fn first_of(&self, gifts: &[EventId]) -> anyhow::Result<Option<EventId>> {
        let first = |gift: &EventId| self.moves(&List::Donation(*gift), 0, 1);
        let pledges = gifts.iter().map(first).collect::<anyhow::Result<Vec<_>>>()?;
        let first = pledges.into_iter().flat_map(|page| page.lines).min_by_key(|(index, _)| *index);
        Ok(first.map(|(_, moved)| moved.event))
    }

    /// The events of donations from pledge to use before the index `until`, in the order of the log, with the requests that
    /// their units were promised for until then; and whether there are more than `limit`.
    pub(crate) fn way_of(&self, gifts: &[EventId], until: u64, limit: usize) -> anyhow::Result<Page<(u64, Moved)>> {
        let mut way = BTreeMap::new();
        for gift in gifts {
            let moves = self.moves_between(&List::Donation(*gift), 0..until, limit)?;
            for (_, moved) in &moves.lines {
                if let Fact::Commit(commit) | Fact::Requisition(commit) = wire::event::decode(&moved.body)?.fact {
                    // Nothing is promised before it is asked for, so the request is the first of its list.
                    way.extend(self.moves(&List::Request(commit.request), 0, 1)?.lines);
                }
            }
            way.extend(moves.lines);
            if moves.more || way.len() > limit {
                return Ok(Page { lines: Vec::new(), more: true });
            }
        }
        Ok(Page { lines: way.into_iter().collect(), more: false })
    }

    /// A lot as the event at an index left it.
    pub(crate) fn lot_then(
        &self,
        (facility, item, lot): (&str, &str, &str),
        index: u64,
    ) -> anyhow::Result<Option<StockRecord>> {
        let then = self.then(&keys::stock(facility, item, lot), index.saturating_add(1))?;
        then.map(|value| codec::decode(&value).context("a stored lot does not decode")).transpose()
    }

    /// The sums of every item, or of one, now or at the end of a day.
    pub(crate) fn sums(&self, item: Option<&str>, on: Option<Date>) -> anyhow::Result<Vec<(String, ItemSums)>> {
        let until = on.map(|day| self.end_of_day(day)).transpose()?;
        let items = match item {
            Some(item) => vec![item.to_owned()],
            None => self.names(b"sums/")?,
        };
        let mut found = Vec::new();
        for item in items {
            let key = rows::sums(&item);
            let value = match until {
                None => self.shelf.versioned(&key)?.map(|stored| stored.value),
                Some(end) => self.then(&key, end)?,
            };
            if let Some(value) = value {
                found.push((item, codec::decode(&value).context("stored sums do not decode")?));
            }
        }
        Ok(found)
    }

    /// A donation and, as of the end of a day, how it stood then.
    pub(crate) fn donation(&self, id: &EventId, on: Option<Date>) -> anyhow::Result<Option<DonationRecord>> {
        let Some(day) = on else { return self.shelf.read(&keys::donation(id)) };
        let then = self.then(&keys::donation(id), self.end_of_day(day)?)?;
        then.map(|value| codec::decode(&value).context("a stored donation does not decode")).transpose()
    }

    /// The pledges of who has a look-up code, by its hash, behind an id.
    pub(crate) fn pledges_of(
        &self,
        donor: &Digest,
        after: Option<&EventId>,
        limit: usize,
    ) -> anyhow::Result<Page<EventId>> {
        let prefix = rows::donors(donor);
        let from = after.map_or_else(|| prefix.clone(), |id| [rows::donor(donor, id).as_slice(), &[0]].concat());
        let pledge = |row: anyhow::Result<(Vec<u8>, Vec<u8>)>| {
            id_at_end(&row?.0, &prefix).context("the row of a pledge does not parse")
        };
        Page::of(self.shelf.stored()?.range(&from, &rows::end_of(&prefix)).map(pledge), limit)
    }

    /// Donations behind an id.
    pub(crate) fn donations(
        &self,
        after: Option<&EventId>,
        limit: usize,
    ) -> anyhow::Result<Page<(EventId, DonationRecord)>> {
        self.records(b"donation/", after, limit)
    }

    /// Requests behind an id: all, or those that want more of an item than is promised.
    pub(crate) fn requests(
        &self,
        short_of: Option<&str>,
        after: Option<&EventId>,
        limit: usize,
    ) -> anyhow::Result<Page<(EventId, RequestRecord)>> {
        let Some(item) = short_of else { return self.records(b"request/", after, limit) };
        let prefix = rows::short_of(item);
        let from = after.map_or_else(|| prefix.clone(), |id| [rows::short(item, id).as_slice(), &[0]].concat());
        let short = |row: anyhow::Result<(Vec<u8>, Vec<u8>)>| {
            let id = id_at_end(&row?.0, &prefix).context("the row of a request does not parse")?;
            Ok((id, self.shelf.read(&keys::request(&id))?.context("a request that is short is not there")?))
        };
        Page::of(self.shelf.stored()?.range(&from, &rows::end_of(&prefix)).map(short), limit)
    }

    /// Promises behind an id.
    pub(crate) fn commits(
        &self,
        after: Option<&EventId>,
        limit: usize,
    ) -> anyhow::Result<Page<(EventId, CommitRecord)>> {
        self.records(b"commit/", after, limit)
    }

    /// Hand-overs behind an id.
    pub(crate) fn hand_overs(
        &self,
        after: Option<&EventId>,
        limit: usize,
    ) -> anyhow::Result<Page<(EventId, HandOverRecord)>> {
        self.records(b"hand-over/", after, limit)
    }

    /// A hand-over and what its two sides do not agree on.
    pub(crate) fn hand_over(
        &self,
        id: &EventId,
    ) -> anyhow::Result<Option<(HandOverRecord, Option<DiscrepancyRecord>)>> {
        let Some(record) = self.shelf.read(&keys::hand_over(id))? else { return Ok(None) };
        Ok(Some((record, self.shelf.read(&keys::discrepancy(id))?)))
    }

    /// Discrepancies behind an id: all, or those that are open at a store.
    pub(crate) fn discrepancies(
        &self,
        open_at: Option<&str>,
        after: Option<&EventId>,
        limit: usize,
    ) -> anyhow::Result<Page<(EventId, DiscrepancyRecord)>> {
        let Some(store) = open_at else { return self.records(b"discrepancy/", after, limit) };
        let prefix = rows::open_at(store);
        let from = after.map_or_else(|| prefix.clone(), |id| [rows::open(store, id).as_slice(), &[0]].concat());
        let open = |row: anyhow::Result<(Vec<u8>, Vec<u8>)>| {
            let id = id_at_end(&row?.0, &prefix).context("the row of a discrepancy does not parse")?;
            Ok((id, self.shelf.read(&keys::discrepancy(&id))?.context("an open discrepancy is not there")?))
        };
        Page::of(self.shelf.stored()?.range(&from, &rows::end_of(&prefix)).map(open), limit)
    }

    /// Items as they are defined.
    pub(crate) fn items(&self) -> anyhow::Result<Vec<ItemRecord>> {
        let names = self.names(b"item/")?;
        let read = |name: &String| self.shelf.read::<ItemRecord>(&keys::item(name));
        names.iter().filter_map(|name| read(name).transpose()).collect()
    }

    /// An item as it is defined.
    pub(crate) fn item(&self, name: &str) -> anyhow::Result<Option<ItemRecord>> {
        self.shelf.read(&keys::item(name))
    }

    /// A promise.
    pub(crate) fn commit(&self, id: &EventId) -> anyhow::Result<Option<CommitRecord>> {
        self.shelf.read(&keys::commit(id))
    }

    /// The names that end the keys of an area.
    fn names(&self, area: &[u8]) -> anyhow::Result<Vec<String>> {
        let prefix = rows::state(area);
        let name = |row: anyhow::Result<(Vec<u8>, Vec<u8>)>| {
            let name = row?.0.strip_prefix(prefix.as_slice()).map(<[u8]>::to_vec).unwrap_or_default();
            Ok(String::from_utf8(name)?)
        };
        self.shelf.stored()?.prefix(&prefix).map(name).collect()
    }

    /// Records of an area whose keys end in an event id.
    fn records<R: Record>(
        &self,
        area: &[u8],
        after: Option<&EventId>,
        limit: usize,
    ) -> anyhow::Result<Page<(EventId, R)>> {
        let prefix = rows::state(area);
        let behind = |id: &EventId| [prefix.as_slice(), id.to_string().as_bytes(), &[0]].concat();
        let from = after.map_or_else(|| prefix.clone(), behind);
        let read = |row: anyhow::Result<(Vec<u8>, Vec<u8>)>| {
            let (row, value) = row?;
            let id = id_at_end(&row, &prefix).context("a row does not end in an event id")?;
            let record = domain::state::Versioned::from_bytes(&value).and_then(|stored| codec::decode(&stored.value));
            Ok((id, record.context("a stored record does not decode")?))
        };
        Page::of(self.shelf.stored()?.range(&from, &rows::end_of(&prefix)).map(read), limit)
    }

    /// The index behind the last one of a day or of one before it; 0 before the first.
    fn end_of_day(&self, day: Date) -> anyhow::Result<u64> {
        let next = rows::day(Date(day.0.saturating_add(1)));
        let Some(last) = self.shelf.stored()?.range(rows::DAYS, &next).next_back() else { return Ok(0) };
        let index = last?.1.try_into().ok().context("the end of a day does not parse")?;
        Ok(u64::from_be_bytes(index).saturating_add(1))
    }

    /// A record as the events before an index left it.
    fn then(&self, key: &[u8], before: u64) -> anyhow::Result<Option<Vec<u8>>> {
        let mut rows = self.shelf.stored()?.range(&rows::past(key, 0), &rows::past(key, before));
        rows.next_back().map(|row| row.map(|(_, value)| value)).transpose()
    }
}

fn stock_row((facility, item, lot): &Place) -> Vec<u8> {
    rows::state(&keys::stock(facility, item, lot))
}

fn item_row((facility, item, lot): &Place) -> Vec<u8> {
    [rows::lots_of(item).as_slice(), format!("{facility}/{lot}").as_bytes()].concat()
}

/// Facility, item and lot of a row `s/stock/<facility>/<item>/<lot>` or `x/item/<item>/<facility>/<lot>`.
fn place_of(row: &[u8], by_item: bool) -> Option<Place> {
    let mut parts = std::str::from_utf8(row).ok()?.split('/').skip(2).map(str::to_owned);
    let (one, two, lot) = (parts.next()?, parts.next()?, parts.next()?);
    Some(if by_item { (two, one, lot) } else { (one, two, lot) })
}

/// The request that a key and a value are, if they are one.
pub(super) fn request(key: &[u8], value: &[u8]) -> Option<(EventId, RequestRecord)> {
    let id = id_at_end(key, b"request/")?;
    Some((id, codec::decode(value)?))
}

fn id_at_end(row: &[u8], prefix: &[u8]) -> Option<EventId> {
    EventId::parse(std::str::from_utf8(row.strip_prefix(prefix)?).ok()?)
}
