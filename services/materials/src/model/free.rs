//! What may be used: held, promised to nobody and not expired.

use std::collections::BTreeMap;

use anyhow::Context as _;
use domain::materials::StockRecord;
use domain::time::Date;
use host::projection::Projection as _;

use super::read::{Filter, Place};
use super::{Stock, rows};

impl Stock {
    /// Units by item at a facility, or in all stores of the chain, now or at the end of a day: of every item that the chain
    /// had until then, if only none. What expired before that day stays on the shelf until it is written off, and lasts
    /// nobody a day. Of a chain only the lots that have expired are looked at: anybody may ask, and most have not.
    pub(crate) fn free(&self, facility: Option<&str>, on: Option<Date>) -> anyhow::Result<BTreeMap<String, u64>> {
        let day = on.unwrap_or_else(|| self.at().chain_time.date());
        let sums = self.sums(None, on)?.into_iter();
        let mut free =
            sums.map(|(item, sums)| (item, sums.held.saturating_sub(sums.reserved))).collect::<BTreeMap<_, u64>>();
        let Some(facility) = facility else {
            for lot in self.expired(day, on)? {
                free.entry(lot.item.clone()).and_modify(|units| *units = units.saturating_sub(lot.free()));
            }
            return Ok(free);
        };
        free.values_mut().for_each(|units| *units = 0);
        let filter = Filter { facility: Some(facility.to_owned()), ..Filter::default() };
        for (lot, _) in self.lots(&filter, None, usize::MAX, on)?.lines {
            if lot.marks.expiry.is_none_or(|last| last >= day) {
                let units = free.entry(lot.item.clone()).or_default();
                *units = units.saturating_add(lot.free());
            }
        }
        Ok(free)
    }

    /// The lots that expired before a day, as they are now or were at the end of a day.
    fn expired(&self, day: Date, on: Option<Date>) -> anyhow::Result<Vec<StockRecord>> {
        let mut found = Vec::new();
        for row in self.shelf.stored()?.range(rows::EXPIRING, &rows::expired_before(day)) {
            let place = place_behind_day(&row?.0).context("the row of a lot does not parse")?;
            found.extend(self.lot_on(&place, on)?);
        }
        Ok(found)
    }
}

/// Facility, item and lot of a row `x/expiry/<day>/<facility>/<item>/<lot>`.
fn place_behind_day(row: &[u8]) -> Option<Place> {
    let mut parts = std::str::from_utf8(row).ok()?.split('/').skip(3).map(str::to_owned);
    Some((parts.next()?, parts.next()?, parts.next()?))
}

#[cfg(test)]
mod tests {
    use domain::event::{Fact, StockMove};

    use super::*;
    use crate::model::tests::{Followed, START, stock, story};

    /// Seen to fail when every lot counts: 9,147 gowns.
    #[test]
    fn what_has_expired_is_on_the_shelf_and_is_no_supply() {
        let mut log = story().log;
        let today = Followed::of(&log, 100).model().at().chain_time.date();
        let before = Date(today.0 - 1);
        assert!(before >= START.date());
        let long_ago = Date(1);
        for (lot, quantity, expiry) in [("older", 50, long_ago), ("old", 9_000, before), ("last-day", 100, today)] {
            let units = StockMove { expiry: Some(expiry), ..stock("gulou", "gown", lot, quantity) };
            log.say("gulou", Fact::StockReceived(units));
        }
        log.block();
        let followed = Followed::of(&log, 100);
        for facility in [None, Some("gulou")] {
            let free = followed.model().free(facility, None).unwrap();
            assert_eq!(free["gown"], 147, "{facility:?}");
        }
        for (day, units) in [(before, 9_147), (today, 147), (Date(today.0 + 1), 47)] {
            assert_eq!(
                followed.model().expired(day, None).unwrap().iter().map(StockRecord::free).sum::<u64>(),
                9_197 - units
            );
        }
        assert_eq!(followed.model().sums(Some("gown"), None).unwrap()[0].1.held, 9_197, "it is still there");
    }
}
