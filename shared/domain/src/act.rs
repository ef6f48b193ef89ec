//! An event before the rule: where and when it is decided, what it says, by whom, and how a decision may stop. The words in
//! which `rule` and the areas speak with each other.

use proof::digest::Digest;
use proof::sign::ChainId;

use crate::chain::ChainPath;
use crate::event::{Event, EventId};
use crate::genesis::KeyClass;
use crate::record::{KeyRecord, MemberRecord};
use crate::refusal::{Code, Refusal};
use crate::state::{Draft, Fault, View};
use crate::time::Millis;
use crate::{keys, roster};

/// Where and when an event is decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scene {
    /// The chain's identity.
    pub chain_id: ChainId,
    /// The chain's path.
    pub chain: ChainPath,
    /// The height of the block that holds the event; for a dry run the next one.
    pub height: u64,
    /// Chain time.
    pub now: Millis,
    /// The event's place among all events of the block; for a dry run 0.
    pub position: u32,
    /// The index its leaf will have; for a dry run the log's size.
    pub leaf_index: u64,
}

impl Scene {
    /// The scene of a dry run: the block after the last one executed, at its chain time.
    pub fn next(view: &dyn View, chain_id: ChainId, chain: ChainPath, log_size: u64) -> Result<Self, Fault> {
        let progress = roster::progress(view)?;
        let height = progress.height.saturating_add(1);
        Ok(Scene { chain_id, chain, height, now: progress.chain_time, position: 0, leaf_index: log_size })
    }
}

/// An event whose form and signature hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submitted {
    /// Its id on this chain.
    pub id: EventId,
    /// SHA-256 of its signed bytes.
    pub signed: Digest,
    /// What it states.
    pub event: Event,
}

/// Why a decision stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Halt {
    /// The answer is no; every ledger gives the same.
    Refused(Refusal),
    /// The store could not answer; try again.
    Fault(Fault),
}

impl From<Refusal> for Halt {
    fn from(refusal: Refusal) -> Self {
        Halt::Refused(refusal)
    }
}

impl From<Fault> for Halt {
    fn from(fault: Fault) -> Self {
        Halt::Fault(fault)
    }
}

/// An event before an area's rule: where, what, and by whom.
#[derive(Clone, Copy, Debug)]
pub struct Act<'a> {
    /// Where and when.
    pub scene: &'a Scene,
    /// What.
    pub submitted: &'a Submitted,
    /// By whom.
    pub member: &'a MemberRecord,
}

impl Act<'_> {
    /// The event.
    pub fn event(&self) -> &Event {
        &self.submitted.event
    }
}

/// The field of a refusal that a cause not executed yet gives, which time may mend.
const UNKNOWN_CAUSE: &str = "causes";

/// Whether the refusal only says that a cause is not executed yet: admission then holds the event and tries again.
pub fn is_waiting(refusal: &Refusal) -> bool {
    refusal.code == Code::BadCause && refusal.field == UNKNOWN_CAUSE
}

/// A refusal because `cause` was not executed here yet.
pub(crate) fn unknown_cause(cause: &EventId) -> Refusal {
    Refusal::of(Code::BadCause, UNKNOWN_CAUSE, format!("the event {cause} was not executed on this chain yet"))
}

/// Why a key may not sign: known in another class, or a stranger's.
pub(crate) fn not_a_key(draft: &mut Draft<'_>, event: &Event, detail: &str) -> Result<Refusal, Fault> {
    for class in KeyClass::ALL {
        if draft.get::<KeyRecord>(&keys::key(class, &event.author))?.is_some() {
            return Ok(Refusal::of(Code::KeyClass, "author", detail));
        }
    }
    Ok(Refusal::of(Code::BadSignature, "author", "the key is not known on this chain"))
}
