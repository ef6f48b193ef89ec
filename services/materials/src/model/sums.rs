//! The sums of an item over all stores and hands. They close: held + in transit + disputed + used + wasted + missing +
//! lost + spent = received + found.

use anyhow::Context as _;
use domain::codec::{self, Reader, Record, Writer};
use domain::event::Fact;
use domain::keys;
use domain::materials::{DiscrepancyRecord, HandOverRecord, StockRecord};
use domain::state::Writes;
use host::projection::Changes;

use super::rows;
use super::shelf::Shelf;

/// The sums of an item, in its units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ItemSums {
    pub(crate) received: u64,
    pub(crate) found: u64,
    pub(crate) held: u64,
    /// Of those held, promised.
    pub(crate) reserved: u64,
    pub(crate) in_transit: u64,
    pub(crate) disputed: u64,
    pub(crate) used: u64,
    pub(crate) wasted: u64,
    pub(crate) missing: u64,
    pub(crate) lost: u64,
    pub(crate) spent: u64,
}

impl ItemSums {
    /// Whether everything that came in is somewhere.
    pub(crate) fn closes(&self) -> bool {
        let out =
            [self.held, self.in_transit, self.disputed, self.used, self.wasted, self.missing, self.lost, self.spent];
        out.into_iter().map(u128::from).sum::<u128>() == u128::from(self.received) + u128::from(self.found)
    }

    fn fields(&self) -> [u64; 11] {
        let ItemSums { received, found, held, reserved, in_transit, disputed, used, wasted, missing, lost, spent } =
            *self;
        [received, found, held, reserved, in_transit, disputed, used, wasted, missing, lost, spent]
    }
}

impl Record for ItemSums {
    fn write(&self, out: &mut Writer) {
        self.fields().iter().for_each(|sum| sum.write(out));
    }

    fn read(input: &mut Reader<'_>) -> Option<Self> {
        let mut next = || u64::read(input);
        Some(ItemSums {
            received: next()?,
            found: next()?,
            held: next()?,
            reserved: next()?,
            in_transit: next()?,
            disputed: next()?,
            used: next()?,
            wasted: next()?,
            missing: next()?,
            lost: next()?,
            spent: next()?,
        })
    }
}

/// Takes what an event is about to write into the sums of its items.
pub(super) fn follow(
    shelf: &mut Shelf,
    index: u64,
    fact: &Fact,
    writes: &Writes,
    changes: &mut Changes<'_>,
) -> anyhow::Result<()> {
    for (key, value) in writes {
        let Some(value) = value else { continue };
        if key.starts_with(b"stock/") {
            let now: StockRecord = codec::decode(value).context("a lot does not decode")?;
            let before = shelf.read::<StockRecord>(key)?;
            change(shelf, index, &now.item, changes, |sums| lot(sums, before.as_ref(), &now))?;
        } else if key.starts_with(b"hand-over/") {
            let now: HandOverRecord = codec::decode(value).context("a hand-over does not decode")?;
            let quantity = now.given.quantity;
            let taken = now.taken_over.is_some();
            change(shelf, index, &now.given.item, changes, |sums| {
                sums.in_transit =
                    if taken { less(sums.in_transit, quantity)? } else { more(sums.in_transit, quantity)? };
                Ok(())
            })?;
        } else if key.starts_with(b"discrepancy/") {
            let now: DiscrepancyRecord = codec::decode(value).context("a discrepancy does not decode")?;
            let known = shelf.read::<DiscrepancyRecord>(&keys::discrepancy(&now.hand_over))?.is_some();
            change(shelf, index, &now.given.item, changes, |sums| {
                match fact {
                    Fact::DiscrepancySettled(settled) if now.settled.is_some() => {
                        sums.disputed = less(sums.disputed, now.disputed)?;
                        sums.lost = more(sums.lost, settled.lost)?;
                    }
                    _ if !known => sums.disputed = more(sums.disputed, now.disputed)?,
                    _ => {}
                }
                Ok(())
            })?;
        }
    }
    Ok(())
}

fn change(
    shelf: &mut Shelf,
    index: u64,
    item: &str,
    changes: &mut Changes<'_>,
    change: impl FnOnce(&mut ItemSums) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let key = rows::sums(item);
    let mut sums = shelf.read::<ItemSums>(&key)?.unwrap_or_default();
    change(&mut sums)?;
    let value = codec::encode(&sums);
    changes.put(&rows::past(&key, index), &value);
    shelf.write(index, key, value, changes)
}

/// A lot as it was and as it is.
fn lot(sums: &mut ItemSums, before: Option<&StockRecord>, now: &StockRecord) -> anyhow::Result<()> {
    let was = |of: fn(&StockRecord) -> u64| before.map_or(0, of);
    let moved = |sum: u64, of: fn(&StockRecord) -> u64| less(more(sum, of(now))?, was(of));
    sums.received = moved(sums.received, |lot| lot.received)?;
    sums.found = moved(sums.found, |lot| lot.found)?;
    sums.held = moved(sums.held, StockRecord::on_hand)?;
    sums.reserved = moved(sums.reserved, |lot| lot.reserved)?;
    sums.used = moved(sums.used, |lot| lot.issued)?;
    sums.wasted = moved(sums.wasted, |lot| lot.wasted)?;
    sums.missing = moved(sums.missing, |lot| lot.missing)?;
    sums.spent = moved(sums.spent, |lot| lot.spent)?;
    Ok(())
}

fn more(sum: u64, by: u64) -> anyhow::Result<u64> {
    sum.checked_add(by).context("the sum of an item is beyond 2^64")
}

fn less(sum: u64, by: u64) -> anyhow::Result<u64> {
    sum.checked_sub(by).context("the sums of an item do not close")
}
