//! What may be used: held, promised to nobody and not expired.

use std::collections::BTreeMap;

use domain::time::Date;
use host::projection::Projection as _;

use super::Stock;
use super::read::Filter;

impl Stock {
    /// Units by item at a facility, or in all stores of the chain, now or at the end of a day: of every item that the chain
    /// had until then, if only none. What expired before that day stays on the shelf until it is written off, and lasts
    /// nobody a day.
    pub(crate) fn free(&self, facility: Option<&str>, on: Option<Date>) -> anyhow::Result<BTreeMap<String, u64>> {
        let day = on.unwrap_or_else(|| self.at().chain_time.date());
        let sums = self.sums(None, on)?.into_iter();
        let chain = sums.map(|(item, sums)| (item, sums.held.saturating_sub(sums.reserved)));
        let filter = Filter { facility: facility.map(str::to_owned), ..Filter::default() };
        let lots = self.lots(&filter, None, usize::MAX, on)?.lines.into_iter().map(|(lot, _)| lot);
        let (expired, good): (Vec<_>, Vec<_>) =
            lots.partition(|lot| lot.marks.expiry.is_some_and(|expiry| expiry < day));
        if facility.is_some() {
            let mut free = chain.map(|(item, _)| (item, 0)).collect::<BTreeMap<_, u64>>();
            for lot in good {
                let units = free.entry(lot.item.clone()).or_default();
                *units = units.saturating_add(lot.free());
            }
            return Ok(free);
        }
        let mut free = chain.collect::<BTreeMap<_, u64>>();
        for lot in expired {
            let units = free.entry(lot.item.clone()).or_default();
            *units = units.saturating_sub(lot.free());
        }
        Ok(free)
    }
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
        for (lot, quantity, expiry) in [("old", 9_000, before), ("last-day", 100, today)] {
            let units = StockMove { expiry: Some(expiry), ..stock("gulou", "gown", lot, quantity) };
            log.say("gulou", Fact::StockReceived(units));
        }
        log.block();
        let followed = Followed::of(&log, 100);
        for facility in [None, Some("gulou")] {
            let free = followed.model().free(facility, None).unwrap();
            assert_eq!(free["gown"], 147, "{facility:?}");
        }
        assert_eq!(followed.model().sums(Some("gown"), None).unwrap()[0].1.held, 9_147, "it is still there");
    }
}
