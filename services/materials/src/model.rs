//! The read model: what is on hand by facility, item and lot, and every movement, from final events only.
//!
//! It repeats no rule: an issue that was executed was covered by what was on hand, because the ledgers refused it
//! otherwise. Limit: all of it is in memory, some 200 bytes a lot and 400 a movement; a warehouse of a city moves some
//! hundred times a day, so ten years stay below 200 MB.

use std::collections::BTreeMap;
use std::ops::Bound::{Excluded, Unbounded};

use anyhow::Context as _;
use domain::codec::{self, Reader, Record, Writer};
use domain::event::{EventId, Fact};
use domain::genesis::KeyClass;
use domain::materials::{Marks, StockRecord};
use domain::time::Millis;
use host::projection::{Changes, Entry, NotYet, Projection, Stored};
use host::standing::Standing;
use wire::ledger::EntryKind;

/// The row that says how far the model is.
const AT: &[u8] = b"at";
const LOTS: &[u8] = b"stock/";
const MOVES: &[u8] = b"move/";

/// A stored row.
pub(crate) type Row = (Vec<u8>, Vec<u8>);
/// Facility, item and lot.
pub(crate) type Place = (String, String, String);

/// What the final log says of stock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stock {
    standing: Standing,
    at: (u64, Millis),
    /// A lot's movements number the version of its key in the state: each wrote it once.
    lots: BTreeMap<Place, (StockRecord, u64)>,
    /// By the index in the log.
    moves: BTreeMap<u64, Move>,
}

/// One movement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Move {
    pub(crate) event: EventId,
    pub(crate) received: bool,
    pub(crate) facility: String,
    pub(crate) item: String,
    pub(crate) lot: String,
    pub(crate) quantity: u64,
    pub(crate) counterparty: String,
    pub(crate) member: String,
    pub(crate) occurred_at: Millis,
    /// Units of the lot on hand after it.
    pub(crate) on_hand: u64,
}

/// Which stock is asked for; `None` asks for all.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    pub(crate) facility: Option<String>,
    pub(crate) item: Option<String>,
    pub(crate) lot: Option<String>,
}

impl Filter {
    fn takes(&self, facility: &str, item: &str, lot: &str) -> bool {
        let fits = |asked: &Option<String>, has: &str| asked.as_deref().is_none_or(|asked| asked == has);
        fits(&self.facility, facility) && fits(&self.item, item) && fits(&self.lot, lot)
    }
}

impl Stock {
    /// Nothing moved yet.
    pub(crate) fn new(standing: Standing) -> Self {
        Stock { at: (0, standing.genesis().genesis_time), standing, lots: BTreeMap::new(), moves: BTreeMap::new() }
    }

    /// The last whole block taken in and its chain time.
    pub(crate) fn at(&self) -> (u64, Millis) {
        self.at
    }

    /// Lots behind a place, at most `limit`, with their versions, and whether there are more.
    pub(crate) fn lots(&self, filter: &Filter, after: &Place, limit: usize) -> (Vec<(StockRecord, u64)>, bool) {
        let lots = self.lots.range((Excluded(after), Unbounded)).map(|(_, lot)| lot);
        page(lots.filter(|(lot, _)| filter.takes(&lot.facility, &lot.item, &lot.lot)).cloned(), limit)
    }

    /// Movements from an index on, at most `limit`, with their indices, and whether there are more.
    pub(crate) fn moves(&self, filter: &Filter, from: u64, limit: usize) -> (Vec<(u64, Move)>, bool) {
        let moves = self.moves.range(from..).map(|(index, one)| (*index, one.clone()));
        page(moves.filter(|(_, one)| filter.takes(&one.facility, &one.item, &one.lot)), limit)
    }

    /// Takes the next final entry and gives what must be stored of it.
    pub(crate) fn take(&mut self, entry: &Entry<'_>) -> anyhow::Result<Vec<Row>> {
        if entry.log.kind == EntryKind::Block {
            self.at = (entry.log.height, entry.at());
            return Ok(vec![(AT.to_vec(), codec::encode(&self.at))]);
        }
        let (Some(event), Some(id)) = (entry.event, entry.log.event_id) else { return Ok(Vec::new()) };
        let (stock, came) = match &event.fact {
            Fact::StockReceived(stock) => (stock, true),
            Fact::StockIssued(stock) => (stock, false),
            _ => return Ok(Vec::new()),
        };
        let roster = self.standing.current();
        let author = roster.owner(KeyClass::Author, &event.author).ok_or(NotYet("the author"))?;
        let member = author.id.clone();
        let place = (stock.facility.clone(), stock.item.clone(), stock.lot.clone());
        let before = self.lots.get(&place).cloned();
        let (mut lot, version) = before.unwrap_or_else(|| (empty(&place, &member), 0));
        let sum = if came { &mut lot.received } else { &mut lot.issued };
        *sum = sum.saturating_add(stock.quantity);
        (lot.moved_at, lot.event) = (entry.at(), id);
        let lot = (lot, version + 1);
        let one = Move {
            event: id,
            received: came,
            facility: stock.facility.clone(),
            item: stock.item.clone(),
            lot: stock.lot.clone(),
            quantity: stock.quantity,
            counterparty: stock.counterparty.clone(),
            member,
            occurred_at: event.occurred_at,
            on_hand: lot.0.on_hand(),
        };
        let rows = vec![
            (domain::keys::stock(&place.0, &place.1, &place.2), codec::encode(&lot)),
            ([MOVES, &entry.log.index.to_be_bytes()].concat(), codec::encode(&one)),
        ];
        self.lots.insert(place, lot);
        self.moves.insert(entry.log.index, one);
        Ok(rows)
    }

    fn restore(&mut self, key: &[u8], value: &[u8]) -> anyhow::Result<()> {
        if let Some(index) = key.strip_prefix(MOVES) {
            let index = u64::from_be_bytes(index.try_into().context("the key of a stored movement")?);
            self.moves.insert(index, codec::decode(value).context("a stored movement does not decode")?);
        } else {
            let (lot, version) = codec::decode::<(StockRecord, u64)>(value).context("a stored lot does not decode")?;
            self.lots.insert((lot.facility.clone(), lot.item.clone(), lot.lot.clone()), (lot, version));
        }
        Ok(())
    }
}

/// A lot of which nothing has moved yet.
fn empty((facility, item, lot): &Place, member: &str) -> StockRecord {
    StockRecord {
        facility: facility.clone(),
        item: item.clone(),
        lot: lot.clone(),
        member: member.to_owned(),
        marks: Marks { expiry: None, donation: None, purchase: None },
        received: 0,
        found: 0,
        taken_over: 0,
        returned: 0,
        issued: 0,
        wasted: 0,
        missing: 0,
        handed_over: 0,
        spent: 0,
        reserved: 0,
        moved_at: Millis(0),
        event: EventId::of(b""),
    }
}

fn page<T>(found: impl Iterator<Item = T>, limit: usize) -> (Vec<T>, bool) {
    let mut found: Vec<_> = found.take(limit + 1).collect();
    let more = found.len() > limit;
    found.truncate(limit);
    (found, more)
}

impl Record for Move {
    fn write(&self, out: &mut Writer) {
        self.event.write(out);
        self.received.write(out);
        for text in [&self.facility, &self.item, &self.lot, &self.counterparty, &self.member] {
            text.write(out);
        }
        self.quantity.write(out);
        self.occurred_at.write(out);
        self.on_hand.write(out);
    }

    fn read(input: &mut Reader<'_>) -> Option<Self> {
        let (event, received) = (EventId::read(input)?, bool::read(input)?);
        let mut text = || String::read(input);
        let (facility, item, lot, counterparty, member) = (text()?, text()?, text()?, text()?, text()?);
        let (quantity, occurred_at, on_hand) = (u64::read(input)?, Millis::read(input)?, u64::read(input)?);
        Some(Move { event, received, facility, item, lot, quantity, counterparty, member, occurred_at, on_hand })
    }
}

impl Projection for Stock {
    fn name(&self) -> &'static str {
        "materials"
    }

    fn load(&mut self, stored: &Stored) -> anyhow::Result<()> {
        if let Some(at) = stored.get(AT)? {
            self.at = codec::decode(&at).context("the stored height does not decode")?;
        }
        for row in stored.prefix(LOTS).chain(stored.prefix(MOVES)) {
            let (key, value) = row?;
            self.restore(&key, &value)?;
        }
        Ok(())
    }

    fn apply(&mut self, entry: &Entry<'_>, changes: &mut Changes<'_>) -> anyhow::Result<()> {
        for (key, value) in self.take(entry)? {
            changes.put(&key, &value);
        }
        Ok(())
    }
}

#[cfg(test)]
pub(crate) mod tests;
