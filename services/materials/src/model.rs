//! The read model: every lot, hand-over, request and donation, every movement, and the sums of every item, from final
//! events only.
//!
//! It repeats no rule: an executed event's effects are those of `domain::materials::executed`, so its records are the
//! ledgers'. All of it lies on disk in the projection's rows (`rows`); in memory is what the last two pages of the log
//! changed, a megabyte or two whatever the warehouse moves.

mod free;
mod read;
mod rows;
mod shelf;
mod sums;
mod touched;

use anyhow::Context as _;
use domain::act::{Scene, Submitted};
use domain::codec;
use domain::event::Fact;
use domain::genesis::KeyClass;
use domain::materials::{DiscrepancyRecord, StockRecord};
use domain::state::Writes;
use domain::time::Millis;
use host::projection::{At, Changes, Entry, NotYet, Projection, Stored};
use host::standing::Standing;
use proof::digest::Digest;
use wire::ledger::EntryKind;

pub(crate) use read::{Filter, Moved};
pub(crate) use rows::List;
use shelf::Shelf;
pub(crate) use sums::ItemSums;

/// What the final log says of goods and money.
pub(crate) struct Stock {
    standing: Standing,
    at: (u64, Millis),
    shelf: Shelf,
}

impl Stock {
    /// Nothing moved yet.
    pub(crate) fn new(standing: Standing) -> Self {
        Stock { at: (0, standing.genesis().genesis_time), standing, shelf: Shelf::default() }
    }

    /// Takes the next final entry.
    fn follow(&mut self, entry: &Entry<'_>, changes: &mut Changes<'_>) -> anyhow::Result<()> {
        let index = entry.log.index;
        if entry.log.kind == EntryKind::Block {
            self.at = (entry.log.height, entry.at());
            changes.put(rows::AT, &codec::encode(&self.at));
            changes.put(&rows::day(entry.at().date()), &index.to_be_bytes());
            return Ok(());
        }
        let (Some(event), Some(id)) = (entry.event, entry.log.event_id) else { return Ok(()) };
        if !touched::is_ours(&event.fact) {
            return Ok(());
        }
        let roster = self.standing.current();
        let member = roster.owner(KeyClass::Author, &event.author).ok_or(NotYet("the author"))?;
        let scene = Scene {
            chain_id: self.standing.genesis().chain_id,
            chain: self.standing.genesis().chain.clone(),
            height: entry.log.height,
            now: entry.at(),
            position: entry.log.position,
            leaf_index: index,
        };
        let submitted = Submitted { id, signed: Digest::of(&entry.log.signed), event: event.clone() };
        let writes = domain::materials::executed(&self.shelf, &scene, &submitted, member);
        let writes = writes.map_err(|halt| anyhow::anyhow!("an executed event does not follow: {halt:?}"))?;
        self.shelf.forget_before(index);
        sums::follow(&mut self.shelf, index, &event.fact, &writes, changes)?;
        self.store(index, writes, changes)?;
        for row in touched::rows(&self.shelf, index, &id, &event.fact)? {
            changes.put(&row, &[]);
        }
        let moved = Moved {
            event: id,
            member: member.id.clone(),
            at: entry.at(),
            height: entry.log.height,
            body: wire::event::encode(event),
        };
        changes.put(&rows::moved(index), &codec::encode(&moved));
        Ok(())
    }

    /// Keeps what an event wrote: as it is now, and, of what is asked for as of another day, as it was then.
    fn store(&mut self, index: u64, writes: Writes, changes: &mut Changes<'_>) -> anyhow::Result<()> {
        for (key, value) in writes {
            if !rows::is_kept(&key) {
                continue;
            }
            let value = value.context("a record of goods was deleted")?;
            if rows::has_past(&key) {
                changes.put(&rows::past(&key, index), &value);
            }
            if let Some(lot) = key.starts_with(b"stock/").then(|| codec::decode::<StockRecord>(&value)).flatten() {
                changes.put(&rows::lot_of(&lot), &[]);
                if let Some(row) = rows::expiring(&lot) {
                    changes.put(&row, &[]);
                }
            }
            if let Some(found) = key.starts_with(b"discrepancy/").then(|| codec::decode(&value)).flatten() {
                open_or_not(&found, changes);
            }
            if let Some((id, request)) = read::request(&key, &value) {
                let row = rows::short(&request.item, &id);
                if request.short() > 0 { changes.put(&row, &[]) } else { changes.delete(&row) }
            }
            self.shelf.write(index, key, value, changes)?;
        }
        Ok(())
    }
}

/// An open discrepancy is listed with both its stores, a settled one with neither.
fn open_or_not(found: &DiscrepancyRecord, changes: &mut Changes<'_>) {
    for facility in [&found.from, &found.to] {
        let row = rows::open(facility, &found.hand_over);
        if found.settled.is_none() { changes.put(&row, &[]) } else { changes.delete(&row) }
    }
}

impl Projection for Stock {
    fn name(&self) -> &'static str {
        "materials"
    }

    fn version(&self) -> u32 {
        1
    }

    fn at(&self) -> At {
        At { height: self.at.0, chain_time: self.at.1 }
    }

    fn load(&mut self, stored: &Stored) -> anyhow::Result<()> {
        if let Some(at) = stored.get(rows::AT)? {
            self.at = codec::decode(&at).context("the stored height does not decode")?;
        }
        self.shelf = Shelf::over(stored.clone());
        Ok(())
    }

    fn apply(&mut self, entry: &Entry<'_>, changes: &mut Changes<'_>) -> anyhow::Result<()> {
        self.follow(entry, changes)
    }
}

/// The fields of a fact that a movement of one lot names: where, what and which.
pub(crate) fn lot_of(fact: &Fact) -> Option<(&str, &str, &str)> {
    match fact {
        Fact::StockReceived(stock) | Fact::StockIssued(stock) => Some((&stock.facility, &stock.item, &stock.lot)),
        Fact::StockCounted(count) => Some((&count.facility, &count.item, &count.lot)),
        Fact::StockWasted(waste) => Some((&waste.facility, &waste.item, &waste.lot)),
        Fact::StockAdjusted(adjusted) => Some((&adjusted.facility, &adjusted.item, &adjusted.lot)),
        Fact::HandOver(given) => Some((&given.from, &given.item, &given.lot)),
        Fact::Purchase(bought) => Some((&bought.facility, &bought.item, &bought.lot)),
        _ => None,
    }
}

#[cfg(test)]
pub(crate) mod tests;
