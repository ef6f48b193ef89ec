//! Records that no single area owns: members, keys, policies, the fate of events, and how far execution has come.
//! The genesis writes the first three and [`ChainRecord`] at height 0.

mod kind;

use proof::digest::Digest;

use proof::sign::PublicKey;

use crate::chain::{Lane, MemberId};
use crate::codec::{by_place, record};
use crate::event::Phase;
use crate::genesis::{KeyClass, NodeRole};
use crate::time::Millis;

pub use kind::Kind;

record! {
    /// The settings of a chain that rules need, at `keys::chain()`.
    pub struct ChainRecord {
        /// Regions whose events the chain takes.
        pub regions: Vec<String>,
        /// Chain time at height 0.
        pub genesis_time: Millis,
        /// Urgent events a day of chain time that cost a member nothing, unless its own quota says otherwise.
        pub urgent_per_day: u64,
        /// Fewer than four cosigners were asked for in so many words.
        pub allow_fewer_cosigners: bool,
    }
    /// The cosigner set of an epoch, at `keys::cosigners(epoch)`. Epoch 0 is the genesis'.
    pub struct CosignersRecord {
        /// Its running number.
        pub epoch: u32,
        /// Members and cosigner keys in the chain's order.
        pub cosigners: Vec<(MemberId, PublicKey)>,
        /// The index of the leaf that names it (epoch 0: none).
        pub leaf_index: Option<u64>,
        /// The log's size above which checkpoints are this set's; `None` until a certificate under the set before
        /// covers the leaf.
        pub from_size: Option<u64>,
        /// The height whose header carried that certificate (0 for epoch 0).
        pub handover: u64,
    }
    /// Where the cosigner sets stand, at `keys::epochs()`.
    pub struct EpochsRecord {
        /// The set in force after this block.
        pub current: u32,
        /// The newest set named; more than `current` while one waits.
        pub newest: u32,
    }
    /// How often governance changed members, keys, cosigners or policies, at `keys::roster()`: who keeps a copy of them
    /// reads it again when this number moves.
    pub struct RosterRecord {
        /// 0 at the genesis.
        pub version: u64,
    }
    /// The phase of the response, at `keys::phase()`.
    pub struct PhaseRecord {
        /// Which.
        pub phase: Phase,
        /// Whose directives count; `None`: those of every member with the right.
        pub dominant: Option<MemberId>,
        /// Chain time since when.
        pub since: Millis,
    }
    /// The parent as this chain knows it, at `keys::parent()`.
    pub struct ParentRecord {
        /// The epoch of its cosigner set known here.
        pub epoch: u32,
        /// That set.
        pub cosigners: Vec<(MemberId, PublicKey)>,
        /// Size of its log last proven here.
        pub size: u64,
        /// The origin line of its checkpoints, as the first one proven here had it: our genesis names its keys only.
        pub origin: Option<String>,
    }

    /// A member, at `keys::member(id)`.
    pub struct MemberRecord {
        /// Its name on the chain.
        pub id: String,
        /// A name for people.
        pub name: String,
        /// What its node may do.
        pub node_role: NodeRole,
        /// Professional roles.
        pub roles: Vec<String>,
        /// Its sector.
        pub sector: String,
        /// Regions it may report on; empty: all of the chain's.
        pub regions: Vec<String>,
        /// Whether its ledger node cosigns.
        pub cosigner: bool,
        /// Whether it takes part now.
        pub active: bool,
    }

    /// A key of a member, at `keys::key(class, key)`.
    pub struct KeyRecord {
        /// Whose key it is.
        pub member: String,
        /// What it is for.
        pub class: KeyClass,
        /// The height at which it entered; it counts from the next height on (genesis keys: 0).
        pub since: u64,
        /// The last height at which it counts; `None` while it is in use.
        pub until: Option<u64>,
        /// When revoked on suspicion: ballots cast under it since this time are flagged.
        pub suspect_since: Option<Millis>,
    }

    /// A policy, at `keys::policy(class)`. Only the text is kept: parsing it is far below a microsecond per byte, and
    /// a subject keeps the text it was opened under.
    pub struct PolicyRecord {
        /// The rule as written.
        pub rule: String,
        /// An undecided report escalates after this much chain time (0: never).
        pub deadline_ms: u64,
    }

    /// What became of an event, at `keys::event(id)`. Refused events have one too: they are answered for good.
    pub struct EventRecord {
        /// The block's height.
        pub height: u64,
        /// Its place among all events of the block.
        pub position: u32,
        /// The index of its leaf in the log.
        pub leaf_index: u64,
        /// Its lane.
        pub lane: Lane,
        /// Its author's member; for an anchor the child's path.
        pub member: String,
        /// What it states.
        pub kind: Kind,
        /// 0, or the number of the refusal code.
        pub code: u16,
        /// Where judgement stands.
        pub outcome: Outcome,
        /// The height at which the outcome was settled (0: open).
        pub settled_height: u64,
    }

    /// How far execution has come, at `keys::progress()`.
    pub struct Progress {
        /// The last block executed.
        pub height: u64,
        /// Chain time at its end.
        pub chain_time: Millis,
        /// Summaries made so far; the next has this number plus one.
        pub summaries: u64,
        /// Chain time of the last summary.
        pub summarised_at: Millis,
        /// Alerts made so far; the next has this number plus one.
        pub alerts: u64,
    }

    /// The running numbers of an endorsement node in one lane, at `keys::bundle(endorser, lane)`.
    pub struct BundleRecord {
        /// The number after the highest seen; numbers start at 1.
        pub next: u64,
        /// Lower numbers not seen yet, ascending: the named holes.
        pub holes: Vec<u64>,
    }
}

impl Progress {
    /// At height 0.
    pub fn start(chain: &ChainRecord) -> Self {
        let start = chain.genesis_time;
        Progress { height: 0, chain_time: start, summaries: 0, summarised_at: start, alerts: 0 }
    }
}

impl KeyRecord {
    /// The record with its end at this height, or where it ended before: what has ended never counts again.
    pub(crate) fn ending(self, height: u64) -> Self {
        KeyRecord { until: Some(self.until.map_or(height, |until| until.min(height))), ..self }
    }

    /// Whether an event of `height` may be signed with it: active at the height below.
    pub fn active_at(&self, height: u64) -> bool {
        self.since < height && self.until.is_none_or(|until| height <= until)
    }
}

/// Where judgement of an event stands. An event that needs none is accepted at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Ballots may still decide.
    Open,
    /// The policy was met, or none was needed.
    Accepted,
    /// Vetoed, objected away, or refused by a rule.
    Rejected,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: [Outcome; 3] = [Outcome::Open, Outcome::Accepted, Outcome::Rejected];

    /// Its name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Open => "open",
            Outcome::Accepted => "accepted",
            Outcome::Rejected => "rejected",
        }
    }
}

by_place!(Outcome);

/// The state digest before the first block.
pub fn initial_digest(chain: &proof::sign::ChainId) -> Digest {
    Digest::of_parts(&[b"tocsin/v1/state", chain.as_bytes()])
}
