//! What is asked for, and what is promised for it. The words are those of OASIS EDXL-RM 1.0 (RequestResource,
//! CommitResource, RequisitionResource, ReleaseResource): a request is judged like a report where the chain has a policy
//! for it; stock is then promised by its owner, or taken for it by the dominant member of the phase.
//!
//! What always holds of a request: received <= dispatched <= committed <= asked.

use crate::act::{Act, Halt};
use crate::alert::{AlertKind, AlertText};
use crate::codec::record;
use crate::event::{AlertLevel, Commit, EventId, HandOver, Release, ResourceRequest};
use crate::facility::FacilityRecord;
use crate::record::{EventRecord, Kind, Outcome, PhaseRecord, PolicyRecord};
use crate::refusal::{Code, Refusal};
use crate::report::settle;
use crate::report::subject::Claim;
use crate::state::Draft;
use crate::time::Date;
use crate::{facility, field, keys};

use super::lot::{Lot, Place};
use super::{idle, less, more, no_such};

record! {
    /// A request, at `keys::request(event)`. Whether it was accepted is on its event.
    pub struct RequestRecord {
        /// Where it is needed.
        pub facility: String,
        /// The item.
        pub item: String,
        /// Who asks.
        pub member: String,
        /// Units asked for.
        pub asked: u64,
        /// The day by which.
        pub needed_by: Date,
        /// What for.
        pub reason: String,
        /// The region it was asked from.
        pub region: String,
        /// Units promised and not released, lost or returned.
        pub committed: u64,
        /// Of those handed over.
        pub dispatched: u64,
        /// Of those taken over.
        pub received: u64,
    }

    /// A promise for a request, at `keys::commit(event)`.
    pub struct CommitRecord {
        /// The request.
        pub request: EventId,
        /// The store.
        pub from: String,
        /// The item.
        pub item: String,
        /// The lot.
        pub lot: String,
        /// Who promised, or ordered it.
        pub member: String,
        /// Whether the dominant member ordered it, so that the owner can't take it back.
        pub requisitioned: bool,
        /// Units promised.
        pub quantity: u64,
        /// Units still to be handed over.
        pub left: u64,
    }
}

/// Where a request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RequestState {
    /// Not judged yet.
    Requested,
    /// Judged not to be met.
    Declined,
    /// Accepted; less is promised than was asked for.
    Accepted,
    /// All of it is promised.
    Committed,
    /// All of it is on its way or there.
    Dispatched,
    /// All of it is there.
    Received,
}

impl RequestState {
    /// Every state.
    pub const ALL: [RequestState; 6] = [
        RequestState::Requested,
        RequestState::Declined,
        RequestState::Accepted,
        RequestState::Committed,
        RequestState::Dispatched,
        RequestState::Received,
    ];

    /// Its name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            RequestState::Requested => "requested",
            RequestState::Declined => "declined",
            RequestState::Accepted => "accepted",
            RequestState::Committed => "committed",
            RequestState::Dispatched => "dispatched",
            RequestState::Received => "received",
        }
    }

    /// The state of that name.
    pub fn parse(text: &str) -> Option<Self> {
        RequestState::ALL.into_iter().find(|state| state.name() == text)
    }
}

impl RequestRecord {
    /// Where it stands, given what was judged of its event.
    pub fn state(&self, outcome: Outcome) -> RequestState {
        match outcome {
            Outcome::Open => RequestState::Requested,
            Outcome::Rejected => RequestState::Declined,
            Outcome::Accepted if self.received == self.asked => RequestState::Received,
            Outcome::Accepted if self.dispatched == self.asked => RequestState::Dispatched,
            Outcome::Accepted if self.committed == self.asked => RequestState::Committed,
            Outcome::Accepted => RequestState::Accepted,
        }
    }

    /// Units nobody has promised.
    pub fn short(&self) -> u64 {
        self.asked.saturating_sub(self.committed)
    }
}

/// The form of a request.
pub fn check_request(fact: &ResourceRequest) -> Result<(), Refusal> {
    field::name("facility", &fact.facility)?;
    field::name("item", &fact.item)?;
    field::count("quantity", fact.quantity, 1)?;
    field::name("reason", &fact.reason)
}

/// The form of a promise or requisition.
pub fn check_commit(fact: &Commit) -> Result<(), Refusal> {
    field::name("from", &fact.from)?;
    field::name("lot", &fact.lot)?;
    field::count("quantity", fact.quantity, 1)
}

/// A facility asks: judged under the policy of its class where the chain has one, else accepted at once.
pub(crate) fn asked(draft: &mut Draft<'_>, act: &Act<'_>, fact: &ResourceRequest) -> Result<Outcome, Halt> {
    wanted(draft, act, fact)?;
    let Some(policy) = draft.get::<PolicyRecord>(&keys::policy(Kind::ResourceRequest.name()))? else {
        idle::watch(draft, act.scene, &act.submitted.id);
        return Ok(Outcome::Accepted);
    };
    let headline = format!("No decision by its deadline on a request for {} {}", fact.quantity, fact.item);
    let unanswered = AlertText::line(AlertLevel::Yellow, AlertKind::Escalation, &act.event().region, headline);
    settle::open_under(draft, act, Claim::silent(Kind::ResourceRequest, unanswered), policy)
}

/// The request as it is asked, with nothing promised for it.
pub(super) fn wanted(draft: &mut Draft<'_>, act: &Act<'_>, fact: &ResourceRequest) -> Result<(), Halt> {
    facility::claim(draft, &fact.facility, act.member)?;
    let record = RequestRecord {
        facility: fact.facility.clone(),
        item: fact.item.clone(),
        member: act.member.id.clone(),
        asked: fact.quantity,
        needed_by: fact.needed_by,
        reason: fact.reason.clone(),
        region: act.event().region.clone(),
        committed: 0,
        dispatched: 0,
        received: 0,
    };
    draft.put(keys::request(&act.submitted.id), &record);
    Ok(())
}

/// An owner promises stock of his.
pub(crate) fn commit(draft: &mut Draft<'_>, act: &Act<'_>, fact: &Commit) -> Result<Outcome, Halt> {
    facility::is_owned(draft, &fact.from, act.member)?;
    is_accepted(draft, &fact.request)?;
    promised(draft, act, fact, false)?;
    Ok(Outcome::Accepted)
}

/// The dominant member of the phase takes stock for a request, whoever owns it.
pub(crate) fn requisition(draft: &mut Draft<'_>, act: &Act<'_>, fact: &Commit) -> Result<Outcome, Halt> {
    if !is_dominant(draft, act)? {
        let detail = "only the dominant member of the phase requisitions; ask the owner for a promise";
        return Err(Refusal::new(Code::RoleMissing, detail).into());
    }
    is_accepted(draft, &fact.request)?;
    promised(draft, act, fact, true)?;
    Ok(Outcome::Accepted)
}

fn is_dominant(draft: &mut Draft<'_>, act: &Act<'_>) -> Result<bool, Halt> {
    let phase = draft.get::<PhaseRecord>(&keys::phase())?;
    Ok(phase.and_then(|phase| phase.dominant).is_some_and(|dominant| dominant == act.member.id))
}

fn is_accepted(draft: &mut Draft<'_>, request: &EventId) -> Result<(), Halt> {
    known(draft, request)?;
    let judged = draft.get::<EventRecord>(&keys::event(request))?;
    if judged.is_none_or(|event| event.outcome != Outcome::Accepted) {
        let detail = "the request is not accepted; stock is promised for accepted ones";
        return Err(Refusal::of(Code::BadCause, "request", detail).into());
    }
    Ok(())
}

/// Stock is kept for a request.
pub(super) fn promised(draft: &mut Draft<'_>, act: &Act<'_>, fact: &Commit, requisitioned: bool) -> Result<(), Halt> {
    let mut request = known(draft, &fact.request)?;
    if fact.from == request.facility {
        return Err(Refusal::of(Code::SelfTransfer, "from", "the store is the one that asks").into());
    }
    if fact.quantity > request.short() {
        let detail = format!("only {} units are asked for and not promised yet", request.short());
        return Err(Refusal::of(Code::OutOfRange, "quantity", detail).into());
    }
    let mut lot = Lot::known(draft, Place { facility: &fact.from, item: &request.item, lot: &fact.lot })?;
    lot.reserve(fact.quantity)?;
    lot.keep(draft, act);
    request.committed = more(request.committed, fact.quantity)?;
    draft.put(keys::request(&fact.request), &request);
    let record = CommitRecord {
        request: fact.request,
        from: fact.from.clone(),
        item: request.item,
        lot: fact.lot.clone(),
        member: act.member.id.clone(),
        requisitioned,
        quantity: fact.quantity,
        left: fact.quantity,
    };
    draft.put(keys::commit(&act.submitted.id), &record);
    Ok(())
}

/// What is left of a promise is free again: by who gave it, by who asked and needs it no more, or by the dominant member.
/// Requisitioned stock is not its owner's to release.
pub(crate) fn release(draft: &mut Draft<'_>, act: &Act<'_>, fact: &Release) -> Result<Outcome, Halt> {
    let commit = promise(draft, &fact.commit)?;
    let request = known(draft, &commit.request)?;
    let owner = draft.get::<FacilityRecord>(&keys::facility(&commit.from))?;
    let gave = !commit.requisitioned && owner.is_some_and(|owner| owner.member == act.member.id);
    if !gave && request.member != act.member.id && !is_dominant(draft, act)? {
        let detail = "a promise is released by who gave it, who asked for it, or the dominant member of the phase";
        return Err(Refusal::of(Code::NotOwner, "commit", detail).into());
    }
    released(draft, act, fact)?;
    Ok(Outcome::Accepted)
}

/// The rest of a promise is free, and short again.
pub(super) fn released(draft: &mut Draft<'_>, act: &Act<'_>, fact: &Release) -> Result<(), Halt> {
    let mut commit = promise(draft, &fact.commit)?;
    let mut request = known(draft, &commit.request)?;
    if commit.left == 0 {
        return Err(Refusal::of(Code::Closed, "commit", "nothing is left of the promise").into());
    }
    let mut lot = Lot::known(draft, Place { facility: &commit.from, item: &commit.item, lot: &commit.lot })?;
    lot.unreserve(commit.left)?;
    lot.keep(draft, act);
    request.committed = less(request.committed, commit.left)?;
    commit.left = 0;
    draft.put(keys::request(&commit.request), &request);
    draft.put(keys::commit(&fact.commit), &commit);
    Ok(())
}

fn known(draft: &mut Draft<'_>, id: &EventId) -> Result<RequestRecord, Halt> {
    let found = draft.get::<RequestRecord>(&keys::request(id))?;
    found.ok_or_else(|| no_such("request", "request", id).into())
}

fn promise(draft: &mut Draft<'_>, id: &EventId) -> Result<CommitRecord, Halt> {
    let found = draft.get::<CommitRecord>(&keys::commit(id))?;
    found.ok_or_else(|| no_such("commit", "promise", id).into())
}

/// A hand-over draws on a promise: what was reserved leaves, and counts as dispatched. Gives the request.
pub(super) fn draw(draft: &mut Draft<'_>, id: &EventId, fact: &HandOver, lot: &mut Lot) -> Result<EventId, Halt> {
    let mut commit = promise(draft, id)?;
    let mut request = known(draft, &commit.request)?;
    if (&commit.from, &commit.item, &commit.lot, &request.facility) != (&fact.from, &fact.item, &fact.lot, &fact.to) {
        let detail = format!(
            "the promise is of {} lot {} from {} to {}",
            commit.item, commit.lot, commit.from, request.facility
        );
        return Err(Refusal::of(Code::BadCause, "commit", detail).into());
    }
    if fact.quantity > commit.left {
        let detail = format!("only {} units are left of the promise", commit.left);
        return Err(Refusal::of(Code::Insufficient, "quantity", detail).into());
    }
    lot.unreserve(fact.quantity)?;
    commit.left = less(commit.left, fact.quantity)?;
    request.dispatched = more(request.dispatched, fact.quantity)?;
    draft.put(keys::commit(id), &commit);
    draft.put(keys::request(&commit.request), &request);
    Ok(commit.request)
}

/// Units of a promise were taken over.
pub(super) fn arrived(draft: &mut Draft<'_>, id: &EventId, quantity: u64) -> Result<(), Halt> {
    let mut request = known(draft, id)?;
    request.received = more(request.received, quantity)?;
    draft.put(keys::request(id), &request);
    Ok(())
}

/// Units of a promise were lost or went back: they are short again.
pub(super) fn failed(draft: &mut Draft<'_>, id: &EventId, quantity: u64) -> Result<(), Halt> {
    let mut request = known(draft, id)?;
    request.dispatched = less(request.dispatched, quantity)?;
    request.committed = less(request.committed, quantity)?;
    draft.put(keys::request(id), &request);
    Ok(())
}
