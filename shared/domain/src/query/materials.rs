//! What a state says of goods that giver and taker do not agree on.

use crate::materials::DiscrepancyRecord;
use crate::state::list::list;
use crate::state::{Fault, View};

/// Discrepancies that are not settled, by hand-over, among the first `limit` there ever were.
pub fn open_discrepancies(view: &dyn View, limit: usize) -> Result<Vec<DiscrepancyRecord>, Fault> {
    let found = list(view, "discrepancy/", None, limit, |place| Some(place.to_owned()))?;
    let open = found.into_iter().map(|(_, record): (_, DiscrepancyRecord)| record);
    Ok(open.filter(|record| record.settled.is_none()).collect())
}
