//! Patients handed from one facility to another: requested, accepted (beds are kept there from then on), departed, arrived;
//! or declined, cancelled, lapsed. Each end signs its own steps, and a step out of order is refused, so that no patient is
//! counted at two places or at none: between departure and arrival the transfer itself holds them.
//!
//! Limits: beds kept for patients that have not left within [`super::hold::MAX_HOLD_MS`] are free again. A patient who dies
//! on the way arrives and is counted as died there: the receiving side has the body and the papers.

use crate::act::{Act, Halt, Scene};
use crate::codec::{by_place, record};
use crate::event::{EventId, Resource, Transfer, TransferRequest, TransferStep};
use crate::facility;
use crate::field;
use crate::keys;
use crate::record::Outcome;
use crate::refusal::{Code, Refusal};
use crate::state::{Draft, Fault};
use crate::time::Millis;

use super::hold::{self, HoldState, MAX_HOLD_MS};
use super::resource::Group;

/// Where a transfer stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TransferState {
    /// Asked for.
    Requested,
    /// Beds are kept.
    Accepted,
    /// The other facility will not, or can't any more.
    Declined,
    /// On the way.
    Departed,
    /// There.
    Arrived,
    /// The patients stay.
    Cancelled,
    /// Nobody left in time; the beds are kept no longer.
    Lapsed,
}

impl TransferState {
    /// Every state.
    pub const ALL: [TransferState; 7] = [
        TransferState::Requested,
        TransferState::Accepted,
        TransferState::Declined,
        TransferState::Departed,
        TransferState::Arrived,
        TransferState::Cancelled,
        TransferState::Lapsed,
    ];

    /// Its name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            TransferState::Requested => "requested",
            TransferState::Accepted => "accepted",
            TransferState::Declined => "declined",
            TransferState::Departed => "departed",
            TransferState::Arrived => "arrived",
            TransferState::Cancelled => "cancelled",
            TransferState::Lapsed => "lapsed",
        }
    }

    /// The state of that name.
    pub fn parse(text: &str) -> Option<Self> {
        TransferState::ALL.into_iter().find(|state| state.name() == text)
    }
}

by_place!(TransferState);

record! {
    /// A step that was taken.
    pub struct StepRecord {
        /// What the transfer became by it.
        pub state: TransferState,
        /// The event that says so; of a transfer that lapsed, the hold.
        pub event: EventId,
        /// When it happened.
        pub at: Millis,
    }

    /// A transfer, at `keys::transfer(request)`.
    pub struct TransferRecord {
        /// Where the patients are, or were.
        pub from: String,
        /// Where they go.
        pub to: String,
        /// The beds they need there.
        pub resource: Resource,
        /// The beds they lie in at first.
        pub leaving: Resource,
        /// How many.
        pub patients: u64,
        /// How ill they are.
        pub severity: String,
        /// Where it stands.
        pub state: TransferState,
        /// The acceptance, which holds the beds.
        pub hold: Option<EventId>,
        /// How it came there, oldest first.
        pub steps: Vec<StepRecord>,
    }
}

/// The form of a step.
pub fn check(transfer: &Transfer) -> Result<(), Refusal> {
    match &transfer.step {
        TransferStep::Request(request) => check_request(request),
        TransferStep::Decline { reason, .. } | TransferStep::Cancel { reason, .. } => field::name("reason", reason),
        TransferStep::Accept { .. } | TransferStep::Depart { .. } | TransferStep::Arrive { .. } => Ok(()),
    }
}

fn check_request(request: &TransferRequest) -> Result<(), Refusal> {
    field::name("from", &request.from)?;
    field::name("to", &request.to)?;
    if request.from == request.to {
        return Err(Refusal::of(Code::SelfTransfer, "to", "a transfer goes from one facility to another"));
    }
    for (field, resource) in [("resource", request.resource), ("leaving", request.leaving)] {
        if resource.group() != Group::Beds {
            return Err(Refusal::of(Code::UnknownCode, field, "patients go from beds to beds"));
        }
    }
    field::count("patients", request.patients, 1)?;
    field::name("severity", &request.severity)?;
    field::name("reason", &request.reason)
}

/// Takes a step by the facility whose step it is.
pub(crate) fn decide(draft: &mut Draft<'_>, act: &Act<'_>, transfer: &Transfer) -> Result<Outcome, Halt> {
    check(transfer)?;
    match &transfer.step {
        TransferStep::Request(asked) => request(draft, act, asked)?,
        TransferStep::Accept { request } => accept(draft, act, request)?,
        TransferStep::Decline { request, .. } => {
            let transfer = of(draft, request)?;
            facility::is_owned(draft, &transfer.to, act.member)?;
            stay(draft, act, request, transfer, TransferState::Declined)?;
        }
        TransferStep::Depart { request } => depart(draft, act, request)?,
        TransferStep::Arrive { request } => arrive(draft, act, request)?,
        TransferStep::Cancel { request, .. } => {
            let transfer = of(draft, request)?;
            facility::is_owned(draft, &transfer.from, act.member)?;
            stay(draft, act, request, transfer, TransferState::Cancelled)?;
        }
    }
    Ok(Outcome::Accepted)
}

/// The owner of the facility where they are asks.
fn request(draft: &mut Draft<'_>, act: &Act<'_>, asked: &TransferRequest) -> Result<(), Halt> {
    facility::is_owned(draft, &asked.from, act.member)?;
    super::stands(draft, &asked.from, asked.leaving)?;
    super::stands(draft, &asked.to, asked.resource)?;
    let transfer = TransferRecord {
        from: asked.from.clone(),
        to: asked.to.clone(),
        resource: asked.resource,
        leaving: asked.leaving,
        patients: asked.patients,
        severity: asked.severity.clone(),
        state: TransferState::Requested,
        hold: None,
        steps: Vec::new(),
    };
    step(draft, &act.submitted.id, transfer, TransferState::Requested, act.submitted.id, act.event().occurred_at);
    Ok(())
}

/// The owner of the other facility keeps beds for them.
fn accept(draft: &mut Draft<'_>, act: &Act<'_>, request: &EventId) -> Result<(), Halt> {
    let mut transfer = of(draft, request)?;
    facility::is_owned(draft, &transfer.to, act.member)?;
    in_state(&transfer, &[TransferState::Requested])?;
    let beds = super::stands(draft, &transfer.to, transfer.resource)?;
    let until = hold::now(act).plus_ms(MAX_HOLD_MS);
    hold::keep(draft, act, beds, transfer.patients, until, Some(*request))?;
    transfer.hold = Some(act.submitted.id);
    step(draft, request, transfer, TransferState::Accepted, act.submitted.id, act.event().occurred_at);
    Ok(())
}

/// They stay where they are; beds kept for them are free again. Even who accepted may decline until they have left: a ward
/// that fails must not wait for patients it can't treat.
fn stay(
    draft: &mut Draft<'_>,
    act: &Act<'_>,
    request: &EventId,
    transfer: TransferRecord,
    state: TransferState,
) -> Result<(), Halt> {
    in_state(&transfer, &[TransferState::Requested, TransferState::Accepted])?;
    if let Some(id) = &transfer.hold {
        let mut hold = hold::held(draft, id)?;
        let mut beds = super::stands(draft, &transfer.to, transfer.resource)?;
        hold::end(draft, id, &mut hold, &mut beds, HoldState::Released, act.submitted.id);
        super::put(draft, &beds);
    }
    step(draft, request, transfer, state, act.submitted.id, act.event().occurred_at);
    Ok(())
}

/// They left. From now on the beds that wait for them are theirs for as long as the way takes.
fn depart(draft: &mut Draft<'_>, act: &Act<'_>, request: &EventId) -> Result<(), Halt> {
    let transfer = of(draft, request)?;
    facility::is_owned(draft, &transfer.from, act.member)?;
    in_state(&transfer, &[TransferState::Accepted])?;
    let mut beds = super::stands(draft, &transfer.from, transfer.leaving)?;
    beds.patients(0, transfer.patients, act.event().occurred_at)?;
    super::put(draft, &beds);
    if let Some(id) = &transfer.hold {
        let hold = hold::held(draft, id)?;
        draft.delete(hold::due(id, hold.until));
    }
    step(draft, request, transfer, TransferState::Departed, act.submitted.id, act.event().occurred_at);
    Ok(())
}

/// They are there, in the beds that were kept.
fn arrive(draft: &mut Draft<'_>, act: &Act<'_>, request: &EventId) -> Result<(), Halt> {
    let transfer = of(draft, request)?;
    facility::is_owned(draft, &transfer.to, act.member)?;
    in_state(&transfer, &[TransferState::Departed])?;
    let mut beds = super::stands(draft, &transfer.to, transfer.resource)?;
    if let Some(id) = &transfer.hold {
        let mut hold = hold::held(draft, id)?;
        hold::end(draft, id, &mut hold, &mut beds, HoldState::Used, act.submitted.id);
    }
    beds.patients(transfer.patients, 0, act.event().occurred_at)?;
    super::put(draft, &beds);
    step(draft, request, transfer, TransferState::Arrived, act.submitted.id, act.event().occurred_at);
    Ok(())
}

/// The hold of a transfer ended before anybody left.
pub(super) fn lapses(draft: &mut Draft<'_>, scene: &Scene, request: &EventId, hold: &EventId) -> Result<(), Fault> {
    let lost = || Fault(format!("the hold {hold} is of a transfer that does not wait"));
    let transfer = draft.get::<TransferRecord>(&keys::transfer(request))?;
    let transfer = transfer.filter(|transfer| transfer.state == TransferState::Accepted).ok_or_else(lost)?;
    step(draft, request, transfer, TransferState::Lapsed, *hold, scene.now);
    Ok(())
}

/// The transfer of a request.
fn of(draft: &mut Draft<'_>, request: &EventId) -> Result<TransferRecord, Halt> {
    let unknown = || Refusal::of(Code::BadCause, "request", "no transfer was requested by that event on this chain");
    Ok(draft.get(&keys::transfer(request))?.ok_or_else(unknown)?)
}

/// Whether the step's turn has come.
fn in_state(transfer: &TransferRecord, states: &[TransferState]) -> Result<(), Refusal> {
    use TransferState::{Accepted, Departed, Requested};
    if states.contains(&transfer.state) {
        return Ok(());
    }
    let detail = format!("the transfer is {}", transfer.state.name());
    let waits = matches!(transfer.state, Requested | Accepted | Departed);
    Err(Refusal::of(if waits { Code::BadCause } else { Code::Closed }, "request", detail))
}

fn step(
    draft: &mut Draft<'_>,
    request: &EventId,
    mut transfer: TransferRecord,
    state: TransferState,
    event: EventId,
    at: Millis,
) {
    transfer.state = state;
    transfer.steps.push(StepRecord { state, event, at });
    draft.put(keys::transfer(request), &transfer);
}
