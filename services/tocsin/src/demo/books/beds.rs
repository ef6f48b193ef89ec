//! Beds in numbers: staffed, in use, kept; and whether one was ever promised twice.

use std::collections::BTreeMap;

use anyhow::{Context, ensure};
use domain::event::{EventId, Fact, Resource, TransferRequest, TransferStep};
use domain::medical_resources::resource::Group;
use domain::time::Millis;

use super::Stated;

/// A facility and what is counted there.
pub type Place = (String, Resource);

/// What a facility has of a resource.
#[derive(Clone, Copy, Debug, Default)]
pub struct Beds {
    pub staffed: u64,
    pub occupied: u64,
    counted_at: Millis,
}

struct Hold {
    place: Place,
    left: u64,
    /// None for a transfer's, once its patients have left.
    until: Option<Millis>,
}

/// The books.
#[derive(Default)]
pub struct BedBook {
    beds: BTreeMap<Place, Beds>,
    holds: BTreeMap<EventId, Hold>,
    transfers: BTreeMap<EventId, (TransferRequest, Option<EventId>)>,
    /// The most beds in use at once, and the beds with staff at that time.
    pub peak: (u64, u64),
    /// Beds that a hold or an acceptance kept though they were in use or kept already.
    pub double_booked: u64,
}

impl BedBook {
    /// What is known of a place.
    pub fn at(&self, facility: &str, resource: Resource) -> Beds {
        self.beds.get(&(facility.to_owned(), resource)).copied().unwrap_or_default()
    }

    /// Every place.
    pub fn all(&self) -> impl Iterator<Item = (&Place, &Beds)> {
        self.beds.iter()
    }

    /// Takes what was stated; statements come in the order of their times.
    pub fn take(&mut self, stated: &Stated) -> anyhow::Result<()> {
        let at = stated.at;
        match &stated.fact {
            Fact::CapacityClaim(claim) => {
                let beds = Beds { staffed: claim.staffed, occupied: claim.occupied, counted_at: at };
                self.beds.insert((claim.facility.clone(), claim.resource), beds);
            }
            Fact::PatientFlow(flow) => {
                self.moved(&(flow.facility.clone(), flow.resource), flow.admitted, flow.discharged + flow.died, at)?;
                if let Some(hold) = flow.hold.as_ref().and_then(|id| self.holds.get_mut(id)) {
                    hold.left = hold.left.checked_sub(flow.admitted).context("a hold was used beyond itself")?;
                }
            }
            Fact::BedHold(hold) => {
                let place = (hold.facility.clone(), hold.resource);
                self.keep(stated.id, place, hold.patients, hold.until, at)?;
            }
            Fact::BedRelease(release) => drop(self.holds.remove(&release.hold)),
            Fact::Transfer(transfer) => self.step(stated, &transfer.step)?,
            _ => return Ok(()),
        }
        let beds = self.beds.iter().filter(|((_, resource), _)| resource.group() == Group::Beds);
        let sums = beds.fold((0, 0), |(used, there), (_, beds)| (used + beds.occupied, there + beds.staffed));
        if sums.0 > self.peak.0 {
            self.peak = sums;
        }
        Ok(())
    }

    /// A count says what happened before it already.
    fn moved(&mut self, place: &Place, came: u64, went: u64, at: Millis) -> anyhow::Result<()> {
        let beds = self.beds.get_mut(place).with_context(|| format!("{place:?} was never counted"))?;
        if at >= beds.counted_at {
            let occupied = (beds.occupied + came).checked_sub(went);
            beds.occupied = occupied.with_context(|| format!("more left {place:?} than were there"))?;
            ensure!(beds.occupied <= beds.staffed, "{place:?}: {} in {} beds", beds.occupied, beds.staffed);
        }
        Ok(())
    }

    fn keep(&mut self, id: EventId, place: Place, patients: u64, until: Millis, at: Millis) -> anyhow::Result<()> {
        let beds = self.beds.get(&place).with_context(|| format!("{place:?} was never counted"))?;
        let there = self.holds.values().filter(|hold| hold.place == place && hold.until.is_none_or(|until| until > at));
        let kept = there.map(|hold| hold.left).sum::<u64>();
        self.double_booked += (beds.occupied + kept + patients).saturating_sub(beds.staffed).min(patients);
        self.holds.insert(id, Hold { place, left: patients, until: Some(until) });
        Ok(())
    }

    fn step(&mut self, stated: &Stated, step: &TransferStep) -> anyhow::Result<()> {
        let at = stated.at;
        let of = |transfers: &BTreeMap<EventId, (TransferRequest, Option<EventId>)>, id: &EventId| {
            transfers.get(id).cloned().with_context(|| format!("no transfer {id} was requested"))
        };
        match step {
            TransferStep::Request(asked) => {
                self.transfers.insert(stated.id, (asked.clone(), None));
            }
            TransferStep::Accept { request } => {
                let (asked, _) = of(&self.transfers, request)?;
                let until = at.plus_ms(domain::medical_resources::hold::MAX_HOLD_MS);
                self.keep(stated.id, (asked.to.clone(), asked.resource), asked.patients, until, at)?;
                self.transfers.insert(*request, (asked, Some(stated.id)));
            }
            TransferStep::Depart { request } => {
                let (asked, hold) = of(&self.transfers, request)?;
                self.moved(&(asked.from, asked.leaving), 0, asked.patients, at)?;
                if let Some(hold) = hold.and_then(|id| self.holds.get_mut(&id)) {
                    hold.until = None;
                }
            }
            TransferStep::Arrive { request } => {
                let (asked, hold) = of(&self.transfers, request)?;
                hold.and_then(|id| self.holds.remove(&id));
                self.moved(&(asked.to, asked.resource), asked.patients, 0, at)?;
            }
            TransferStep::Decline { request, .. } | TransferStep::Cancel { request, .. } => {
                let (_, hold) = of(&self.transfers, request)?;
                hold.and_then(|id| self.holds.remove(&id));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use domain::event::{BedHold, CapacityClaim, PatientFlow, Transfer};
    use proof::digest::Digest;

    use super::*;

    fn told(book: &mut BedBook, name: &str, at: u64, fact: Fact) -> anyhow::Result<EventId> {
        let id = Digest::of(name.as_bytes());
        book.take(&Stated { id, by: "hospital".into(), at: Millis(at), fact })?;
        Ok(id)
    }

    fn claim(facility: &str, staffed: u64, occupied: u64) -> Fact {
        let resource = Resource::Isolation;
        Fact::CapacityClaim(CapacityClaim { facility: facility.into(), resource, staffed, occupied })
    }

    fn flow(admitted: u64, discharged: u64) -> Fact {
        let (facility, resource, died, hold) = ("a".into(), Resource::Isolation, 0, None);
        Fact::PatientFlow(PatientFlow { facility, resource, admitted, discharged, died, hold })
    }

    fn hold(patients: u64, until: u64) -> Fact {
        let (facility, resource) = ("a".into(), Resource::Isolation);
        Fact::BedHold(BedHold { facility, resource, patients, until: Millis(until) })
    }

    #[test]
    fn a_bed_that_is_kept_twice_is_counted_and_one_that_lapsed_is_not() {
        let mut book = BedBook::default();
        told(&mut book, "claim", 0, claim("a", 10, 4)).unwrap();
        told(&mut book, "one", 1, hold(6, 50)).unwrap();
        assert_eq!(book.double_booked, 0);
        told(&mut book, "two", 2, hold(2, 50)).unwrap();
        assert_eq!(book.double_booked, 2);
        told(&mut book, "three", 60, hold(6, 90)).unwrap();
        assert_eq!(book.double_booked, 2, "the first two are over");
    }

    #[test]
    fn patients_move_and_nobody_leaves_who_is_not_there() {
        let mut book = BedBook::default();
        told(&mut book, "claim a", 10, claim("a", 10, 4)).unwrap();
        told(&mut book, "claim b", 10, claim("b", 5, 0)).unwrap();
        told(&mut book, "before the count", 9, flow(3, 0)).unwrap();
        assert_eq!(book.at("a", Resource::Isolation).occupied, 4);
        told(&mut book, "after it", 11, flow(3, 1)).unwrap();
        let asked = TransferRequest {
            from: "a".into(),
            to: "b".into(),
            resource: Resource::Isolation,
            leaving: Resource::Isolation,
            patients: 5,
            severity: "mild".into(),
            reason: "room".into(),
        };
        let step = |step| Fact::Transfer(Transfer { step });
        let request = told(&mut book, "request", 12, step(TransferStep::Request(asked))).unwrap();
        told(&mut book, "accept", 13, step(TransferStep::Accept { request })).unwrap();
        told(&mut book, "depart", 14, step(TransferStep::Depart { request })).unwrap();
        assert_eq!(book.at("a", Resource::Isolation).occupied, 1);
        told(&mut book, "arrive", 15, step(TransferStep::Arrive { request })).unwrap();
        assert_eq!((book.at("b", Resource::Isolation).occupied, book.double_booked), (5, 0));
        assert_eq!(book.peak, (6, 15));
        assert!(told(&mut book, "too many", 16, flow(0, 2)).is_err());
        assert!(told(&mut book, "too full", 17, flow(10, 0)).is_err());
    }
}
