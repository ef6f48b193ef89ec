//! A facility's beds, devices and staff: how many there are, how many are in use, how many are kept for patients to come.
//!
//! The owner's latest count stands (`claim`) until it is stale; patients that come and go move it (`flow`); any member may
//! have beds kept for some hours (`hold`); two facilities hand patients over in steps that both sign (`transfer`); other
//! members check a claim on the spot (`spot_check`); members vote who treats what (`designation`). A bed is kept once:
//! events of a block run one after the other, so the rule itself is the compare-and-set.
//!
//! No person is named anywhere. What always holds: `occupied <= staffed`, `reserved` is the sum of what the holds still
//! keep, and neither is ever below nothing. A new count is taken as it is, for the truth goes first: it may leave fewer beds
//! than are kept, and then none is free and the excess shows. Bounds: `resource`, `hold::MAX_HOLD_MS`.

pub mod claim;
pub mod designation;
pub mod flow;
pub mod hold;
pub mod resource;
pub mod spot_check;
pub mod transfer;

use crate::act::Halt;
use crate::codec::record;
use crate::event::{EventId, Resource};
use crate::keys;
use crate::refusal::{Code, Refusal};
use crate::state::Draft;
use crate::time::Millis;

record! {
    /// How much of a resource a facility has, at `keys::beds(facility, resource)`. Its version is what `expect[]` names.
    pub struct BedsRecord {
        /// The facility.
        pub facility: String,
        /// What is counted.
        pub resource: Resource,
        /// Who states it.
        pub member: String,
        /// Where the facility is.
        pub region: String,
        /// Beds or devices with staff, people on duty, litres a minute.
        pub staffed: u64,
        /// Of those in use.
        pub occupied: u64,
        /// Kept for patients to come.
        pub reserved: u64,
        /// When they were counted.
        pub observed_at: Millis,
        /// When patients last came or went after that; else `observed_at`.
        pub moved_at: Millis,
        /// From when on the count is stale.
        pub stale_at: Millis,
        /// The claim that stands.
        pub event: EventId,
    }
}

impl BedsRecord {
    /// With staff, not in use, not kept for anybody.
    pub fn available(&self) -> u64 {
        self.staffed.saturating_sub(self.occupied).saturating_sub(self.reserved)
    }

    /// How many are kept or in use beyond those with staff.
    pub fn overcommitted(&self) -> u64 {
        self.occupied.saturating_add(self.reserved).saturating_sub(self.staffed)
    }

    /// Whether the count is too old to be added to others.
    pub fn is_stale(&self, now: Millis) -> bool {
        now >= self.stale_at
    }

    /// Patients came and went at a time. What happened before the count is in the count already.
    fn patients(&mut self, came: u64, went: u64, at: Millis) -> Result<(), Refusal> {
        if at < self.observed_at {
            return Ok(());
        }
        let Some(stayed) = self.occupied.checked_sub(went) else {
            let detail = format!("only {} are in use; claim anew what you count", self.occupied);
            return Err(Refusal::of(Code::Insufficient, "patients", detail));
        };
        let full =
            || Refusal::of(Code::NoBed, "patients", "more patients than beds with staff; claim anew what you have");
        self.occupied = stayed.checked_add(came).filter(|occupied| *occupied <= self.staffed).ok_or_else(full)?;
        self.moved_at = self.moved_at.max(at);
        Ok(())
    }

    /// Keeps beds, if so many are free by a count that is fresh.
    fn keep(&mut self, patients: u64, now: Millis) -> Result<(), Refusal> {
        if self.is_stale(now) {
            return Err(Refusal::of(Code::NoBed, "resource", "the count is stale; the facility has to claim anew"));
        }
        if self.available() < patients {
            return Err(Refusal::of(Code::NoBed, "patients", format!("only {} are free", self.available())));
        }
        self.reserved = self.reserved.saturating_add(patients);
        Ok(())
    }

    /// Keeps so many no longer.
    fn give_up(&mut self, patients: u64) {
        self.reserved = self.reserved.saturating_sub(patients);
    }
}

/// What a facility claims of a resource.
fn stands(draft: &mut Draft<'_>, facility: &str, resource: Resource) -> Result<BedsRecord, Halt> {
    let unknown = || Refusal::of(Code::UnknownCode, "resource", "the facility claims none of this resource");
    Ok(draft.get(&keys::beds(facility, resource))?.ok_or_else(unknown)?)
}

fn put(draft: &mut Draft<'_>, beds: &BedsRecord) {
    draft.put(keys::beds(&beds.facility, beds.resource), beds);
}

/// Refuses a resource that single patients do not take up.
fn takes_patients(field: &'static str, resource: Resource) -> Result<(), Refusal> {
    if resource.takes_patients() {
        return Ok(());
    }
    Err(Refusal::of(Code::UnknownCode, field, "patients take up beds and devices, nothing else"))
}

#[cfg(test)]
mod tests;
