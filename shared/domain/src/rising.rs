//! How a chain's results rise to its parent, and what comes back: summaries below, anchors (`anchor`, `leaves`, `taken`)
//! and appeals above. A parent's total is the sum of its children's latest anchored values (and of what it accepted
//! itself); what it takes changes its own totals and alerts, which its own summaries carry further up, and `rollup`
//! states the sum with its parts. What a child left undecided the parent may decide (`escalation`), which is brought
//! down as a proven leaf (`decision`). A child that is not heard of is marked (`silence`).

pub mod anchor;
pub mod appeal;
pub(crate) mod decision;
pub mod escalation;
mod leaves;
pub(crate) mod rollup;
pub(crate) mod silence;
pub mod summary;
mod taken;

use proof::digest::Digest;
use proof::sign::{ChainId, PublicKey};

use crate::chain::{ChainPath, MemberId};
use crate::codec::record;
use crate::event::EventId;
use crate::state::list::list;
use crate::state::{Fault, View};
use crate::time::Millis;

pub use appeal::AppealRecord;
pub use escalation::{BelowRecord, Escalated, EscalatedRecord};
pub use rollup::RollupRecord;
pub(crate) use summary::changed;
pub use summary::{Summary, Total};
pub use taken::ChildTotal;

record! {
    /// A child chain as its parent knows it, at `keys::child(path)`. The genesis writes it with nothing anchored.
    pub struct ChildRecord {
        /// The child's path.
        pub chain: ChainPath,
        /// SHA-256 of its genesis file.
        pub chain_id: ChainId,
        /// Its cosigners in its own order: member and key.
        pub cosigners: Vec<(MemberId, PublicKey)>,
        /// Keys that may sign its anchors.
        pub relays: Vec<PublicKey>,
        /// The epoch of `cosigners`.
        pub epoch: u32,
        /// Its members' author keys, which may appeal here.
        pub authors: Vec<(MemberId, PublicKey)>,
        /// Size of its log last anchored (0: never).
        pub size: u64,
        /// Root of its log last anchored.
        pub root: Digest,
        /// Number of the last summary taken.
        pub summary: u64,
        /// Our chain time at the last anchor that went beyond the one before; at first, at the child's admission.
        pub anchored_at: Millis,
        /// That anchor's event.
        pub anchor: Option<EventId>,
        /// It is marked silent when it anchored nothing for this long (0: never).
        pub silent_after_ms: u64,
        /// Our chain time since when it is marked silent.
        pub silent_since: Option<Millis>,
    }
}

/// Every child chain, by path.
pub fn children(view: &dyn View, limit: usize) -> Result<Vec<ChildRecord>, Fault> {
    let found = list(view, "child/", None, limit, ChainPath::parse)?;
    Ok(found.into_iter().map(|(_, child)| child).collect())
}

#[cfg(test)]
mod tests;
