//! What may be used: held and promised to nobody.

use std::collections::BTreeMap;

use domain::time::Date;

use super::Stock;
use super::read::Filter;

impl Stock {
    /// Units by item at a facility, or in all stores of the chain, now or at the end of a day: of every item that the chain
    /// had until then, if only none.
    pub(crate) fn free(&self, facility: Option<&str>, on: Option<Date>) -> anyhow::Result<BTreeMap<String, u64>> {
        let sums = self.sums(None, on)?.into_iter();
        let chain = sums.map(|(item, sums)| (item, sums.held.saturating_sub(sums.reserved)));
        let Some(facility) = facility else { return Ok(chain.collect()) };
        let mut free = chain.map(|(item, _)| (item, 0)).collect::<BTreeMap<_, u64>>();
        let filter = Filter { facility: Some(facility.to_owned()), ..Filter::default() };
        let lots = self.lots(&filter, None, usize::MAX, on)?;
        for (lot, _) in lots.lines {
            let units = free.entry(lot.item.clone()).or_default();
            *units = units.saturating_add(lot.free());
        }
        Ok(free)
    }
}
