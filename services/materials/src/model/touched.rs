//! Which lists a movement stands in: those of its stores, items and lots, of the donations its units are of, of its request
//! and of its hand-over.

use std::collections::BTreeSet;

use domain::event::{EventId, Fact};
use domain::keys;
use domain::materials::{CommitRecord, HandOverRecord, MONEY, Marks, PurchaseRecord, RequestRecord, StockRecord};

use super::rows::{self, List};
use super::shelf::Shelf;

/// Whether the fact is of this area.
pub(super) fn is_ours(fact: &Fact) -> bool {
    matches!(
        fact,
        Fact::ItemDefined(_)
            | Fact::StockReceived(_)
            | Fact::StockIssued(_)
            | Fact::StockCounted(_)
            | Fact::StockWasted(_)
            | Fact::StockAdjusted(_)
            | Fact::HandOver(_)
            | Fact::TakeOver(_)
            | Fact::DiscrepancySettled(_)
            | Fact::ResourceRequest(_)
            | Fact::Commit(_)
            | Fact::Release(_)
            | Fact::Requisition(_)
            | Fact::Pledge(_)
            | Fact::Purchase(_)
    )
}

/// The rows of the lists that an event stands in, once the shelf has what it wrote.
pub(super) fn rows(shelf: &Shelf, index: u64, id: &EventId, fact: &Fact) -> anyhow::Result<BTreeSet<Vec<u8>>> {
    let mut found = Found { shelf, index, rows: BTreeSet::new() };
    match fact {
        Fact::ItemDefined(item) => found.list(List::Item(&item.item)),
        Fact::HandOver(_) => found.hand_over(id)?,
        Fact::TakeOver(taken) => found.hand_over(&taken.hand_over)?,
        Fact::DiscrepancySettled(settled) => found.hand_over(&settled.hand_over)?,
        Fact::ResourceRequest(_) => found.request(id)?,
        Fact::Commit(_) | Fact::Requisition(_) => found.commit(id)?,
        Fact::Release(release) => found.commit(&release.commit)?,
        Fact::Pledge(pledge) => {
            found.list(List::Donation(*id));
            found.list(List::Item(&pledge.item));
            found.rows.insert(rows::donor(&pledge.donor, id));
        }
        Fact::Purchase(bought) => {
            found.lot(&bought.facility, &bought.item, &bought.lot)?;
            for paid in &bought.paid {
                found.lot(&paid.facility, MONEY, &paid.lot)?;
            }
        }
        _ => {
            if let Some((facility, item, lot)) = super::lot_of(fact) {
                found.lot(facility, item, lot)?;
            }
        }
    }
    Ok(found.rows)
}

struct Found<'a> {
    shelf: &'a Shelf,
    index: u64,
    rows: BTreeSet<Vec<u8>>,
}

impl Found<'_> {
    fn list(&mut self, list: List<'_>) {
        self.rows.insert(list.row(self.index));
    }

    fn place(&mut self, facility: &str, item: &str, lot: &str) {
        self.list(List::Store(facility));
        self.list(List::Item(item));
        self.list(List::ItemAt(facility, item));
        self.list(List::Lot(item, lot));
    }

    fn lot(&mut self, facility: &str, item: &str, lot: &str) -> anyhow::Result<()> {
        self.place(facility, item, lot);
        match self.shelf.read::<StockRecord>(&keys::stock(facility, item, lot))? {
            Some(record) => self.source(&record.marks),
            None => Ok(()),
        }
    }

    /// The gift the units are, or the gifts that paid for them.
    fn source(&mut self, marks: &Marks) -> anyhow::Result<()> {
        if let Some(gift) = marks.donation {
            self.list(List::Donation(gift));
        }
        if let Some(purchase) = &marks.purchase
            && let Some(record) = self.shelf.read::<PurchaseRecord>(&keys::purchase(purchase))?
        {
            record.paid.iter().filter_map(|paid| paid.donation).for_each(|gift| self.list(List::Donation(gift)));
        }
        Ok(())
    }

    fn hand_over(&mut self, id: &EventId) -> anyhow::Result<()> {
        self.list(List::HandOver(*id));
        let Some(record) = self.shelf.read::<HandOverRecord>(&keys::hand_over(id))? else { return Ok(()) };
        let given = &record.given;
        self.place(&record.from, &given.item, &given.lot);
        self.place(&record.to, &given.item, &given.lot);
        if let Some(request) = record.request {
            self.list(List::Request(request));
        }
        self.source(&record.marks)
    }

    fn request(&mut self, id: &EventId) -> anyhow::Result<()> {
        self.list(List::Request(*id));
        if let Some(record) = self.shelf.read::<RequestRecord>(&keys::request(id))? {
            self.list(List::Store(&record.facility));
            self.list(List::Item(&record.item));
            self.list(List::ItemAt(&record.facility, &record.item));
        }
        Ok(())
    }

    fn commit(&mut self, id: &EventId) -> anyhow::Result<()> {
        let Some(record) = self.shelf.read::<CommitRecord>(&keys::commit(id))? else { return Ok(()) };
        self.request(&record.request)?;
        self.lot(&record.from, &record.item, &record.lot)
    }
}
