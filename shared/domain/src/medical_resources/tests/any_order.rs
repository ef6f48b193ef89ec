//! Whatever members say of beds, in whatever order: nothing is below nothing, no bed is promised twice, no patient of a
//! transfer is at two places or at none. An independent count beside the rule: it keeps no sums, but every hold and every
//! patient on the way by itself, and says of each event whether it must be taken.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::act::Submitted;
use crate::stage::codes;

const PLACES: [(&str, &str); 3] = [("gulou", "hospital"), ("zhongda", "cdc"), ("lukou", "airport")];
const BEDS: [Resource; 2] = [Resource::AdultIcu, Resource::Isolation];

/// What somebody says. Numbers choose among what there is.
#[derive(Clone, Debug)]
enum Say {
    Claim { at: usize, beds: usize, staffed: u64, free: u64 },
    Flow { at: usize, beds: usize, came: u64, went: u64, hold: Option<usize> },
    Hold { by: usize, at: usize, beds: usize, patients: u64, hours: u64 },
    Release { by: usize, hold: usize },
    Request { from: usize, to: usize, beds: usize, leaving: usize, patients: u64 },
    Step { by: Option<usize>, request: usize, step: usize },
    Again { event: usize },
}

fn say() -> impl Strategy<Value = Say> {
    let (at, beds) = (|| 0..3_usize, || 0..2_usize);
    prop_oneof![
        2 => (at(), beds(), 0..9_u64, 0..9_u64)
            .prop_map(|(at, beds, staffed, free)| Say::Claim { at, beds, staffed, free }),
        3 => (at(), beds(), 0..4_u64, 0..4_u64, prop::option::weighted(0.4, any::<usize>()))
            .prop_map(|(at, beds, came, went, hold)| Say::Flow { at, beds, came, went, hold }),
        3 => (at(), at(), beds(), 1..4_u64, 0..26_u64)
            .prop_map(|(by, at, beds, patients, hours)| Say::Hold { by, at, beds, patients, hours }),
        1 => (at(), any::<usize>()).prop_map(|(by, hold)| Say::Release { by, hold }),
        3 => (at(), at(), beds(), beds(), 1..4_u64)
            .prop_map(|(from, to, beds, leaving, patients)| Say::Request { from, to, beds, leaving, patients }),
        8 => (prop::option::weighted(0.2, at()), any::<usize>(), 0..8_usize)
            .prop_map(|(by, request, step)| Say::Step { by, request, step }),
        1 => any::<usize>().prop_map(|event| Say::Again { event }),
    ]
}

/// Some things said in one block, how late after the fact, and how long until the next block.
fn block() -> impl Strategy<Value = (Vec<(Say, bool)>, u64)> {
    let late = prop::bool::weighted(0.1);
    (prop::collection::vec((say(), late), 1..5), prop_oneof![3 => Just(60_000), 1 => 1..12 * HOUR_MS])
}

type Place = (usize, usize);

/// Beds as somebody with a notebook would keep them.
#[derive(Clone, Debug, Default)]
struct Ward {
    staffed: u64,
    occupied: u64,
    counted: u64,
    moved: u64,
}

#[derive(Clone, Debug)]
struct Kept {
    place: Place,
    by: usize,
    left: u64,
    until: u64,
    transfer: bool,
}

#[derive(Clone, Debug)]
struct Trip {
    from: Place,
    to: Place,
    patients: u64,
    state: TransferState,
    hold: Option<EventId>,
}

#[derive(Clone, Debug, Default)]
struct Notebook {
    wards: BTreeMap<Place, Ward>,
    /// Holds that keep beds.
    kept: BTreeMap<EventId, Kept>,
    trips: BTreeMap<EventId, Trip>,
    owned: [bool; 3],
}

impl Notebook {
    fn reserved(&self, place: Place) -> u64 {
        self.kept.values().filter(|kept| kept.place == place).map(|kept| kept.left).sum()
    }

    fn on_the_way(&self) -> u64 {
        self.trips.values().filter(|trip| trip.state == TransferState::Departed).map(|trip| trip.patients).sum()
    }

    fn in_beds(&self) -> u64 {
        self.wards.values().map(|ward| ward.occupied).sum()
    }

    /// Time passes: holds lapse, but for those whose patients are on the way.
    fn pass(&mut self, now: u64) {
        let leaving = |trip: &Trip| trip.state == TransferState::Departed;
        let on_the_way =
            self.trips.values().filter(|trip| leaving(trip)).filter_map(|trip| trip.hold).collect::<Vec<_>>();
        let over = self.kept.iter().filter(|(id, kept)| kept.until <= now && !on_the_way.contains(id));
        for id in over.map(|(id, _)| *id).collect::<Vec<_>>() {
            self.kept.remove(&id);
            self.trips
                .values_mut()
                .filter(|trip| trip.hold == Some(id))
                .for_each(|trip| trip.state = TransferState::Lapsed);
        }
    }

    /// Patients come and go; whether that can be.
    fn moves(&mut self, place: Place, came: u64, went: u64, at: u64) -> bool {
        let Some(ward) = self.wards.get_mut(&place) else { return false };
        if at < ward.counted {
            return true;
        }
        if went > ward.occupied || ward.occupied - went + came > ward.staffed {
            return false;
        }
        ward.occupied = ward.occupied - went + came;
        ward.moved = ward.moved.max(at);
        true
    }

    fn free(&self, place: Place, patients: u64, now: u64) -> bool {
        self.wards.get(&place).is_some_and(|ward| {
            now < ward.counted + 24 * HOUR_MS && ward.occupied + self.reserved(place) + patients <= ward.staffed
        })
    }

    /// Whether the event must be taken; if so, what it changes is noted.
    fn note(&mut self, id: EventId, by: usize, event: &Event, now: u64) -> bool {
        let mut after = self.clone();
        let taken = after.try_note(id, by, event, now);
        if taken {
            *self = after;
        }
        taken
    }

    fn try_note(&mut self, id: EventId, by: usize, event: &Event, now: u64) -> bool {
        let place = |facility: &str, resource: Resource| -> Place {
            let at = PLACES.iter().position(|(name, _)| *name == facility).unwrap();
            (at, BEDS.iter().position(|one| *one == resource).unwrap())
        };
        let at = event.occurred_at.0;
        match &event.fact {
            Fact::CapacityClaim(claim) => {
                let here = place(&claim.facility, claim.resource);
                let old = self.wards.get(&here);
                if by != here.0 || old.is_some_and(|ward| at < ward.moved) || claim.occupied > claim.staffed {
                    return false;
                }
                self.owned[here.0] = true;
                let (staffed, occupied) = (claim.staffed, claim.occupied);
                self.wards.insert(here, Ward { staffed, occupied, counted: at, moved: at });
                true
            }
            Fact::PatientFlow(flow) => {
                let here = place(&flow.facility, flow.resource);
                if by != here.0 || !self.wards.contains_key(&here) {
                    return false;
                }
                if let Some(id) = flow.hold {
                    let Some(kept) = self.kept.get_mut(&id) else { return false };
                    if kept.place != here || kept.transfer || flow.admitted > kept.left {
                        return false;
                    }
                    kept.left -= flow.admitted;
                    if kept.left == 0 {
                        self.kept.remove(&id);
                    }
                }
                self.moves(here, flow.admitted, flow.discharged + flow.died, at)
            }
            Fact::BedHold(hold) => {
                let here = place(&hold.facility, hold.resource);
                let until = hold.until.0;
                if until <= now || until > now + MAX_HOLD_MS || !self.free(here, hold.patients, now) {
                    return false;
                }
                self.kept.insert(id, Kept { place: here, by, left: hold.patients, until, transfer: false });
                true
            }
            Fact::BedRelease(release) => {
                let Some(kept) = self.kept.get(&release.hold) else { return false };
                if kept.transfer || (by != kept.by && by != kept.place.0) {
                    return false;
                }
                self.kept.remove(&release.hold);
                true
            }
            Fact::Transfer(transfer) => match &transfer.step {
                TransferStep::Request(asked) => {
                    let from = place(&asked.from, asked.leaving);
                    let to = place(&asked.to, asked.resource);
                    if by != from.0 || !self.wards.contains_key(&from) || !self.wards.contains_key(&to) {
                        return false;
                    }
                    let state = TransferState::Requested;
                    self.trips.insert(id, Trip { from, to, patients: asked.patients, state, hold: None });
                    true
                }
                step => self.trip(id, by, step, at, now),
            },
            other => panic!("{other:?} is not said here"),
        }
    }

    fn trip(&mut self, id: EventId, by: usize, step: &TransferStep, at: u64, now: u64) -> bool {
        let request = *step.request().unwrap();
        let Some(trip) = self.trips.get(&request).cloned() else { return false };
        let (side, from, to) = match step {
            TransferStep::Accept { .. } => (trip.to.0, vec![TransferState::Requested], TransferState::Accepted),
            TransferStep::Depart { .. } => (trip.from.0, vec![TransferState::Accepted], TransferState::Departed),
            TransferStep::Arrive { .. } => (trip.to.0, vec![TransferState::Departed], TransferState::Arrived),
            TransferStep::Decline { .. } => {
                (trip.to.0, vec![TransferState::Requested, TransferState::Accepted], TransferState::Declined)
            }
            _ => (trip.from.0, vec![TransferState::Requested, TransferState::Accepted], TransferState::Cancelled),
        };
        if by != side || !from.contains(&trip.state) {
            return false;
        }
        let possible = match to {
            TransferState::Accepted => {
                let until = now + MAX_HOLD_MS;
                let kept = Kept { place: trip.to, by, left: trip.patients, until, transfer: true };
                self.free(trip.to, trip.patients, now) && self.kept.insert(id, kept).is_none()
            }
            TransferState::Departed => self.moves(trip.from, 0, trip.patients, at),
            TransferState::Arrived => {
                self.kept.remove(&trip.hold.unwrap());
                self.moves(trip.to, trip.patients, 0, at)
            }
            _ => {
                trip.hold.map(|hold| self.kept.remove(&hold));
                true
            }
        };
        let trip = self.trips.get_mut(&request).unwrap();
        trip.state = to;
        if to == TransferState::Accepted {
            trip.hold = Some(id);
        }
        possible
    }
}

/// The fact that is said, and by whom; `None` when there is nothing of the kind to speak of.
fn fact(said: &Say, notebook: &Notebook, holds: &[EventId], now: Millis) -> Option<(usize, Fact)> {
    let pick = |list: &[EventId], at: usize| (!list.is_empty()).then(|| list[at % list.len()]);
    Some(match said {
        Say::Claim { at, beds, staffed, free } => {
            (*at, claim(PLACES[*at].0, BEDS[*beds], *staffed, staffed.saturating_sub(*free)))
        }
        Say::Flow { at, beds, came, went, hold } => {
            if came + went == 0 || (hold.is_some() && *came == 0) {
                return None;
            }
            let hold = hold.and_then(|at| pick(holds, at));
            let (facility, resource) = (PLACES[*at].0.to_owned(), BEDS[*beds]);
            let (discharged, died) = (*went, 0);
            (*at, Fact::PatientFlow(PatientFlow { facility, resource, admitted: *came, discharged, died, hold }))
        }
        Say::Hold { by, at, beds, patients, hours } => {
            let (facility, resource) = (PLACES[*at].0.to_owned(), BEDS[*beds]);
            let until = now.plus_ms(hours * HOUR_MS);
            (*by, Fact::BedHold(BedHold { facility, resource, patients: *patients, until }))
        }
        Say::Release { by, hold } => (*by, release(pick(holds, *hold)?)),
        Say::Request { from, to, beds, leaving, patients } => {
            if from == to {
                return None;
            }
            let asked = TransferRequest {
                from: PLACES[*from].0.into(),
                to: PLACES[*to].0.into(),
                resource: BEDS[*beds],
                leaving: BEDS[*leaving],
                patients: *patients,
                severity: "severe".into(),
                reason: "full".into(),
            };
            (*from, step(TransferStep::Request(asked)))
        }
        Say::Step { by, request, step: which } => {
            let requests = notebook.trips.keys().copied().collect::<Vec<_>>();
            let request = pick(&requests, *request)?;
            let trip = &notebook.trips[&request];
            let reason = || String::from("no-staff");
            // Mostly what comes next, so that transfers get to their end.
            let (side, what) = match (which, trip.state) {
                (0..=3, TransferState::Requested) | (4, _) => (trip.to.0, TransferStep::Accept { request }),
                (0..=3, TransferState::Accepted) | (5, _) => (trip.from.0, TransferStep::Depart { request }),
                (0..=3, _) => (trip.to.0, TransferStep::Arrive { request }),
                (6, _) => (trip.to.0, TransferStep::Decline { request, reason: reason() }),
                _ => (trip.from.0, TransferStep::Cancel { request, reason: reason() }),
            };
            (by.unwrap_or(side), step(what))
        }
        Say::Again { .. } => return None,
    })
}

fn agrees(stage: &Stage, notebook: &Notebook) {
    for (at, (facility, _)) in PLACES.iter().enumerate() {
        for (index, resource) in BEDS.iter().enumerate() {
            let record = read::<BedsRecord>(&stage.state, &keys::beds(facility, *resource)).unwrap();
            let Some(ward) = notebook.wards.get(&(at, index)) else {
                assert_eq!(record, None);
                continue;
            };
            let record = record.expect("beds that were claimed");
            let reserved = notebook.reserved((at, index));
            assert_eq!((record.staffed, record.occupied, record.reserved), (ward.staffed, ward.occupied, reserved));
            assert!(record.occupied <= record.staffed);
            let free = (ward.staffed as i64 - ward.occupied as i64 - reserved as i64).max(0);
            assert_eq!(record.available() as i64, free);
        }
    }
    for (id, kept) in &notebook.kept {
        let record = held(stage, id);
        assert_eq!((record.state, record.left), (HoldState::Held, kept.left));
    }
    for (id, trip) in &notebook.trips {
        assert_eq!(transfer(stage, id).state, trip.state);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    /// Seen to fail, each by itself: `BedsRecord::keep` not asking what is free; `hold::end` giving nothing up; claims not
    /// looking at `moved_at`; the due item of a departed transfer's hold left standing; what happened before the count
    /// counted again; steps of a transfer out of order.
    #[test]
    fn beds_and_patients_add_up_whatever_is_said(blocks in prop::collection::vec(block(), 1..40)) {
        let mut stage = Stage::new(&[]);
        let (mut notebook, mut holds, mut all) = (Notebook::default(), Vec::new(), Vec::<Submitted>::new());
        for (place, (facility, member)) in PLACES.iter().enumerate() {
            for (index, resource) in BEDS.iter().enumerate() {
                let event = stage.event(member, claim(facility, *resource, 8, 5));
                notebook.note(event.id, place, &event.event, stage.now.0);
                stage.play(&[event]);
                prop_assert!(notebook.wards.contains_key(&(place, index)));
            }
        }
        for (said, pause) in blocks {
            stage.now = stage.now.plus_ms(pause);
            notebook.pass(stage.now.seconds() * 1000);
            let (mut events, mut wanted) = (Vec::new(), Vec::new());
            for (one, late) in said {
                if let (Say::Again { event }, false) = (&one, all.is_empty()) {
                    events.push(all[event % all.len()].clone());
                    continue;
                }
                let Some((by, fact)) = fact(&one, &notebook, &holds, stage.now) else { continue };
                let submitted = stage.event_with(PLACES[by].1, fact, |event| {
                    event.occurred_at.0 -= if late { HOUR_MS } else { 0 };
                });
                let (patients, step) = (notebook.in_beds() + notebook.on_the_way(), &submitted.event.fact);
                let conserved = matches!(step, Fact::Transfer(_) | Fact::BedHold(_) | Fact::BedRelease(_)) && !late;
                let taken = notebook.note(submitted.id, by, &submitted.event, stage.now.0);
                if conserved {
                    prop_assert_eq!(notebook.in_beds() + notebook.on_the_way(), patients, "nobody is lost or made");
                }
                if taken && matches!(submitted.event.fact, Fact::BedHold(_)) {
                    holds.push(submitted.id);
                }
                if taken && let Fact::Transfer(Transfer { step: TransferStep::Accept { .. } }) = submitted.event.fact {
                    holds.push(submitted.id);
                }
                wanted.push(taken);
                events.push(submitted.clone());
                all.push(submitted);
            }
            let bundle = stage.bundle(&events);
            let outcome = stage.block(vec![bundle]);
            let found = codes(&outcome).into_iter().map(|code| code == 0).collect::<Vec<_>>();
            prop_assert_eq!(found, wanted, "{:?}", events.iter().map(|one| &one.event.fact).collect::<Vec<_>>());
            agrees(&stage, &notebook);
        }
    }
}
