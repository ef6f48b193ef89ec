//! How a chain's results rise to its parent: summaries below, anchors above.

use proof::digest::Digest;
use proof::sign::{ChainId, PublicKey};

use crate::chain::{ChainPath, MemberId};
use crate::codec::record;
use crate::event::EventId;
use crate::time::Millis;

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
        /// Its members' author keys, which may appeal here.
        pub authors: Vec<(MemberId, PublicKey)>,
        /// Size of its log last anchored (0: never).
        pub size: u64,
        /// Root of its log last anchored.
        pub root: Digest,
        /// Number of the last summary taken.
        pub summary: u64,
        /// Our chain time at the last anchor.
        pub anchored_at: Millis,
        /// The last anchor's event.
        pub anchor: Option<EventId>,
    }
}
