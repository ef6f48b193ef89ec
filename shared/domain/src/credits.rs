//! Credits and urgency allowances: what reporting well earns and what crying wolf costs. Credits are entries, each with
//! its reason and event, never a counter; a balance is their sum.
//!
//! An allowance never holds an event back: what goes over it is flagged and costs a credit.

use crate::codec::record;
use crate::keys;
use crate::record::ChainRecord;
use crate::state::{Draft, Fault};
use crate::time::Date;

record! {
    /// A member's urgency allowance, at `keys::allowance(member)`; absent until it first uses it or a proposal sets it.
    pub struct AllowanceRecord {
        /// Urgent events a day of chain time that cost nothing; `None`: what the genesis allows everybody.
        pub per_day: Option<u64>,
        /// The day `used` counts.
        pub day: Date,
        /// Urgent events executed on that day.
        pub used: u64,
    }
}

/// Sets a member's own allowance.
pub(crate) fn set_allowance(draft: &mut Draft<'_>, member: &str, per_day: u64) -> Result<(), Fault> {
    let key = keys::allowance(member);
    let before = draft.get::<AllowanceRecord>(&key)?;
    let before = before.unwrap_or(AllowanceRecord { per_day: None, day: Date(0), used: 0 });
    draft.put(key, &AllowanceRecord { per_day: Some(per_day), ..before });
    Ok(())
}

/// Counts an urgent event of a member on a day of chain time; whether it went over the allowance.
pub(crate) fn use_urgency(draft: &mut Draft<'_>, member: &str, day: Date) -> Result<bool, Fault> {
    let key = keys::allowance(member);
    let before = draft.get::<AllowanceRecord>(&key)?;
    let before = before.unwrap_or(AllowanceRecord { per_day: None, day, used: 0 });
    let used = if before.day == day { before.used } else { 0 }.saturating_add(1);
    let per_day = match before.per_day {
        Some(per_day) => per_day,
        None => draft.get::<ChainRecord>(&keys::chain())?.map_or(u64::MAX, |chain| chain.urgent_per_day),
    };
    draft.put(key, &AllowanceRecord { per_day: before.per_day, day, used });
    Ok(used > per_day)
}
