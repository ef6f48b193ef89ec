//! What goes into the execution of a block, and what comes out.

use proof::digest::Digest;
use proof::leaf::Leaf;
use proof::sign::{ChainId, PublicKey};

use crate::act::Submitted;
use crate::chain::{ChainPath, Lane};
use crate::event::EventId;
use crate::refusal::{Code, Refusal};
use crate::state::Changes;
use crate::time::Millis;

/// A block whose proofs hold, decoded.
#[derive(Clone, Debug)]
pub struct BlockInput {
    /// The chain's identity.
    pub chain_id: ChainId,
    /// The chain's path.
    pub chain: ChainPath,
    /// The block's height.
    pub height: u64,
    /// The block's hash.
    pub block: Digest,
    /// The header's rules version.
    pub rules_version: u32,
    /// What the header's certificate says, if it carries one.
    pub certificate: Option<Certified>,
    /// The sealer whose exclusion the header carries, proven by q cosigners.
    pub excluded: Option<PublicKey>,
    /// The log's size before the block.
    pub first_leaf: u64,
    /// Its bundles in block order.
    pub bundles: Vec<BundleInput>,
}

/// A certificate in a header, as execution needs it; the ledger has verified it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Certified {
    /// The lower median of its cosignatures' times, in seconds.
    pub time_s: u64,
    /// The size of the log it vouches for.
    pub size: u64,
}

/// An event that came whole, or what is left of one: its id (or the hash of its bytes), the hash of its signed bytes,
/// and why it cannot be executed.
pub type Entry = Result<Submitted, (EventId, Digest, Refusal)>;

/// One intake message of a block.
#[derive(Clone, Debug)]
pub enum BundleInput {
    /// A bundle whose signature holds.
    Bundle {
        /// The endorsement node's key.
        endorser: PublicKey,
        /// The lane it came in.
        lane: Lane,
        /// Its running number of that node in that lane, from 1.
        number: u64,
        /// Its events.
        events: Vec<Entry>,
    },
    /// A message that is no bundle: it takes its place as one refused leaf.
    Junk {
        /// The lane it came in.
        lane: Lane,
        /// SHA-256 of the message.
        hash: Digest,
        /// Why.
        code: Code,
    },
}

/// What a block does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockOutcome {
    /// Its leaves in log order; the block's own is last.
    pub leaves: Vec<Leaf>,
    /// What the state becomes, the digest included.
    pub writes: Changes,
    /// The state digest after it.
    pub state_digest: Digest,
    /// Chain time from it on.
    pub chain_time: Millis,
    /// Whether a change waits for its summary or sum, or a decision for its leaf: a later block brings them about.
    pub pending: bool,
    /// When the next due item is; a block whose chain time has come so far carries it out.
    pub next_due: Option<Millis>,
    /// Numbers of the alerts it rang.
    pub alerts: std::ops::Range<u64>,
    /// Events executed.
    pub executed: u32,
    /// Events and messages refused.
    pub refused: u32,
}

impl BlockOutcome {
    /// Whether an empty block is wanted at that time. One is not wanted for what is due in six hours: an idle chain rests.
    pub fn wants_block(&self, now: Millis) -> bool {
        self.pending || self.next_due.is_some_and(|due| due <= now)
    }
}
