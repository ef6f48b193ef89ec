//! Official totals: the accepted daily aggregates, one in force for each (disease, region, date, origin).

use crate::act::{Halt, Scene};
use crate::codec::record;
use crate::event::EventId;
use crate::record::Outcome;
use crate::refusal::{Code, Refusal};
use crate::state::{Draft, Fault, View, read};
use crate::time::Date;
use crate::{keys, rising};

use super::subject::{DailyClaim, exercise};

/// Counts by classification, in `Classification::ALL` order.
pub type Counts = [u64; 5];

record! {
    /// Who reports a day and what is in force, at `keys::daily(..)`.
    pub struct DailyRecord {
        /// The member to whom the key belongs.
        pub owner: String,
        /// Its aggregates not settled yet.
        pub pending: u32,
        /// The aggregate in force.
        pub in_force: Option<InForce>,
    }

    /// An accepted aggregate.
    pub struct InForce {
        /// Its event.
        pub event: EventId,
        /// The index of its leaf.
        pub leaf_index: u64,
        /// What it counts.
        pub counts: Counts,
    }
}

fn key_of(claim: &DailyClaim) -> Vec<u8> {
    keys::daily(&claim.disease, &claim.region, claim.date, claim.origin)
}

/// Takes the key for a member, or refuses when it is another's.
pub(super) fn claim(draft: &mut Draft<'_>, member: &str, claim: &DailyClaim) -> Result<(), Halt> {
    let key = key_of(claim);
    let record = match draft.get::<DailyRecord>(&key)? {
        Some(record) if record.owner != member => {
            return Err(Refusal::new(Code::NotOwner, "another member reports these counts for this day").into());
        }
        Some(record) => DailyRecord { pending: record.pending.saturating_add(1), ..record },
        None => DailyRecord { owner: member.to_owned(), pending: 1, in_force: None },
    };
    draft.put(key, &record);
    Ok(())
}

/// Settles one aggregate. An accepted one replaces what was in force unless that is later in the log; a rejected first
/// one gives the key up, so that a false claim cannot keep the right member out.
pub(super) fn settle(
    draft: &mut Draft<'_>,
    scene: &Scene,
    event: &EventId,
    leaf_index: u64,
    claim: &DailyClaim,
    outcome: Outcome,
) -> Result<(), Fault> {
    let key = key_of(claim);
    let Some(mut record) = draft.get::<DailyRecord>(&key)? else {
        return Err(Fault(String::from("an open aggregate has no record of its day")));
    };
    record.pending = record.pending.saturating_sub(1);
    let newer = record.in_force.as_ref().is_none_or(|in_force| in_force.leaf_index < leaf_index);
    if outcome == Outcome::Accepted && newer {
        let before = record.in_force.map_or([0; 5], |in_force| in_force.counts);
        record.in_force = Some(InForce { event: *event, leaf_index, counts: claim.counts });
        if !exercise(&claim.disease) {
            move_total(draft, scene, &claim.disease, &before, &claim.counts)?;
            move_day(draft, scene, &claim.disease, claim.date, &before, &claim.counts)?;
        }
    }
    if record.pending == 0 && record.in_force.is_none() {
        draft.delete(key);
    } else {
        draft.put(key, &record);
    }
    Ok(())
}

/// Takes a refuted aggregate out of the totals; one that a later one has replaced is in none.
pub(super) fn withdraw(draft: &mut Draft<'_>, scene: &Scene, event: &EventId, claim: &DailyClaim) -> Result<(), Fault> {
    let key = key_of(claim);
    let Some(record) = draft.get::<DailyRecord>(&key)? else { return Ok(()) };
    let Some(in_force) = record.in_force.as_ref().filter(|in_force| in_force.event == *event) else { return Ok(()) };
    if !exercise(&claim.disease) {
        move_total(draft, scene, &claim.disease, &in_force.counts, &[0; 5])?;
        move_day(draft, scene, &claim.disease, claim.date, &in_force.counts, &[0; 5])?;
    }
    // The day is free again, so that whoever counted rightly may report it.
    if record.pending == 0 {
        draft.delete(key);
    } else {
        draft.put(key, &DailyRecord { in_force: None, ..record });
    }
    Ok(())
}

/// Replaces `before` by `after` in the total of a disease.
pub(crate) fn move_total(
    draft: &mut Draft<'_>,
    scene: &Scene,
    disease: &str,
    before: &Counts,
    after: &Counts,
) -> Result<(), Fault> {
    shift(draft, keys::total(disease), before, after)?;
    match scene.chain.parent() {
        Some(_) => rising::changed(draft, scene, keys::changed_total(disease)),
        None if rising::rollup::has_parts(draft.view())? => draft.put(keys::unsummed(disease), &()),
        None => {}
    }
    Ok(())
}

/// Replaces `before` by `after` in a disease's counts of a day.
pub(crate) fn move_day(
    draft: &mut Draft<'_>,
    scene: &Scene,
    disease: &str,
    date: Date,
    before: &Counts,
    after: &Counts,
) -> Result<(), Fault> {
    shift(draft, keys::day(disease, date), before, after)?;
    rising::changed(draft, scene, keys::changed_day(disease, date));
    Ok(())
}

fn shift(draft: &mut Draft<'_>, key: Vec<u8>, before: &Counts, after: &Counts) -> Result<(), Fault> {
    let mut total = draft.get::<Counts>(&key)?.unwrap_or_default();
    for ((total, before), after) in total.iter_mut().zip(before).zip(after) {
        *total = total.saturating_sub(*before).saturating_add(*after);
    }
    draft.put(key, &total);
    Ok(())
}

/// Counts of a disease over all days; zero when nothing was accepted.
pub fn total(view: &dyn View, disease: &str) -> Result<Counts, Fault> {
    Ok(read(view, &keys::total(disease))?.unwrap_or_default())
}
