//! Urgency allowances: how many urgent events a day cost a member nothing. Every ledger counts them by chain time, so
//! anybody can recount them from the log.
//!
//! An allowance never holds an event back: what goes over it is executed like any other, flagged by an entry of the
//! member's credits, and costs that. An anchor, an appeal and a decision carry what others said, and count for nobody.

use crate::act::Act;
use crate::codec::record;
use crate::event::{EventId, Fact};
use crate::keys;
use crate::record::{ChainRecord, MemberRecord};
use crate::state::{Draft, Fault, View};
use crate::time::Date;

use super::{CreditReason, enter};
use crate::chain::Lane;

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

/// Counts an executed event against its member's allowance, if it is urgent, and charges what goes over it.
pub(crate) fn executed(draft: &mut Draft<'_>, act: &Act<'_>) -> Result<(), Fault> {
    let carried = matches!(act.event().fact, Fact::Anchor(_) | Fact::Appeal(_) | Fact::Decision(_));
    if act.event().lane == Lane::Urgent && !carried && use_urgency(draft, act.member, act.scene.now.date())? {
        enter(draft, act.scene, &act.member.id, &act.submitted.id, CreditReason::UrgencyOverdraft);
    }
    Ok(())
}

/// Counts an urgent event of a member on a day of chain time; whether it went over the allowance.
fn use_urgency(draft: &mut Draft<'_>, member: &MemberRecord, day: Date) -> Result<bool, Fault> {
    let key = keys::allowance(&member.id);
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

/// Whether an event went over its member's allowance.
pub fn overdrawn(view: &dyn View, member: &str, event: &EventId) -> Result<bool, Fault> {
    Ok(view.get(&super::key_of(member, event, CreditReason::UrgencyOverdraft))?.is_some())
}

/// Whether a dry run's writes say that an event would go over its member's allowance. The state it ran on may be a block
/// or more behind, and other events of the same batch are not in it: the log's answer is the one that counts.
pub fn would_overdraw(writes: &[Vec<u8>]) -> bool {
    let end = format!("/{}", CreditReason::UrgencyOverdraft.name());
    writes.iter().any(|key| key.starts_with(b"credit/") && key.ends_with(end.as_bytes()))
}
