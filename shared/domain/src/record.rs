//! Records that no single area owns: members, keys, policies, the fate of events, and how far execution has come.
//! The genesis writes the first three and [`ChainRecord`] at height 0.

use proof::digest::Digest;

use proof::sign::PublicKey;

use crate::chain::{Lane, MemberId};
use crate::codec::{by_place, record};
use crate::event::{Fact, Phase};
use crate::genesis::{KeyClass, NodeRole};
use crate::time::Millis;

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

/// What an event states, without its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// [`Fact::CaseReport`].
    CaseReport,
    /// [`Fact::DailyAggregate`].
    DailyAggregate,
    /// [`Fact::SuspectedCluster`].
    SuspectedCluster,
    /// [`Fact::ZeroReport`].
    ZeroReport,
    /// [`Fact::LabResult`].
    LabResult,
    /// [`Fact::Ballot`].
    Ballot,
    /// [`Fact::Warning`].
    Warning,
    /// [`Fact::Directive`].
    Directive,
    /// [`Fact::Anchor`].
    Anchor,
    /// [`Fact::Appeal`].
    Appeal,
    /// [`Fact::CapacityClaim`].
    CapacityClaim,
    /// [`Fact::FacilityProfile`].
    FacilityProfile,
    /// [`Fact::PatientFlow`].
    PatientFlow,
    /// [`Fact::BedHold`].
    BedHold,
    /// [`Fact::BedRelease`].
    BedRelease,
    /// [`Fact::Transfer`].
    Transfer,
    /// [`Fact::SpotCheck`].
    SpotCheck,
    /// [`Fact::StockReceived`].
    StockReceived,
    /// [`Fact::StockIssued`].
    StockIssued,
    /// [`Fact::Deposit`].
    Deposit,
    /// [`Fact::Proposal`].
    Proposal,
    /// [`Fact::Correction`].
    Correction,
    /// [`Fact::Decision`].
    Decision,
    /// [`Fact::Misbehaviour`].
    Misbehaviour,
    /// [`Fact::Forecast`].
    Forecast,
    /// [`Fact::Assessment`].
    Assessment,
    /// [`Fact::Lifting`].
    Lifting,
    /// [`Fact::ItemDefined`].
    ItemDefined,
    /// [`Fact::StockCounted`].
    StockCounted,
    /// [`Fact::StockWasted`].
    StockWasted,
    /// [`Fact::StockAdjusted`].
    StockAdjusted,
    /// [`Fact::HandOver`].
    HandOver,
    /// [`Fact::TakeOver`].
    TakeOver,
    /// [`Fact::DiscrepancySettled`].
    DiscrepancySettled,
    /// [`Fact::ResourceRequest`].
    ResourceRequest,
    /// [`Fact::Commit`].
    Commit,
    /// [`Fact::Release`].
    Release,
    /// [`Fact::Requisition`].
    Requisition,
    /// [`Fact::Pledge`].
    Pledge,
    /// [`Fact::Purchase`].
    Purchase,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Kind; 40] = [
        Kind::CaseReport,
        Kind::DailyAggregate,
        Kind::SuspectedCluster,
        Kind::ZeroReport,
        Kind::LabResult,
        Kind::Ballot,
        Kind::Warning,
        Kind::Directive,
        Kind::Anchor,
        Kind::Appeal,
        Kind::CapacityClaim,
        Kind::StockReceived,
        Kind::StockIssued,
        Kind::Deposit,
        Kind::Proposal,
        Kind::Correction,
        Kind::Decision,
        Kind::Misbehaviour,
        Kind::Forecast,
        Kind::Assessment,
        Kind::Lifting,
        Kind::ItemDefined,
        Kind::StockCounted,
        Kind::StockWasted,
        Kind::StockAdjusted,
        Kind::HandOver,
        Kind::TakeOver,
        Kind::DiscrepancySettled,
        Kind::ResourceRequest,
        Kind::Commit,
        Kind::Release,
        Kind::Requisition,
        Kind::Pledge,
        Kind::Purchase,
        Kind::FacilityProfile,
        Kind::PatientFlow,
        Kind::BedHold,
        Kind::BedRelease,
        Kind::Transfer,
        Kind::SpotCheck,
    ];

    /// The kind of a fact.
    pub fn of(fact: &Fact) -> Self {
        match fact {
            Fact::CaseReport(_) => Kind::CaseReport,
            Fact::DailyAggregate(_) => Kind::DailyAggregate,
            Fact::SuspectedCluster(_) => Kind::SuspectedCluster,
            Fact::ZeroReport(_) => Kind::ZeroReport,
            Fact::LabResult(_) => Kind::LabResult,
            Fact::Ballot(_) => Kind::Ballot,
            Fact::Warning(_) => Kind::Warning,
            Fact::Directive(_) => Kind::Directive,
            Fact::Anchor(_) => Kind::Anchor,
            Fact::Appeal(_) => Kind::Appeal,
            Fact::CapacityClaim(_) => Kind::CapacityClaim,
            Fact::FacilityProfile(_) => Kind::FacilityProfile,
            Fact::PatientFlow(_) => Kind::PatientFlow,
            Fact::BedHold(_) => Kind::BedHold,
            Fact::BedRelease(_) => Kind::BedRelease,
            Fact::Transfer(_) => Kind::Transfer,
            Fact::SpotCheck(_) => Kind::SpotCheck,
            Fact::StockReceived(_) => Kind::StockReceived,
            Fact::StockIssued(_) => Kind::StockIssued,
            Fact::Deposit(_) => Kind::Deposit,
            Fact::Proposal(_) => Kind::Proposal,
            Fact::Correction(_) => Kind::Correction,
            Fact::Decision(_) => Kind::Decision,
            Fact::Misbehaviour(_) => Kind::Misbehaviour,
            Fact::Forecast(_) => Kind::Forecast,
            Fact::Assessment(_) => Kind::Assessment,
            Fact::Lifting(_) => Kind::Lifting,
            Fact::ItemDefined(_) => Kind::ItemDefined,
            Fact::StockCounted(_) => Kind::StockCounted,
            Fact::StockWasted(_) => Kind::StockWasted,
            Fact::StockAdjusted(_) => Kind::StockAdjusted,
            Fact::HandOver(_) => Kind::HandOver,
            Fact::TakeOver(_) => Kind::TakeOver,
            Fact::DiscrepancySettled(_) => Kind::DiscrepancySettled,
            Fact::ResourceRequest(_) => Kind::ResourceRequest,
            Fact::Commit(_) => Kind::Commit,
            Fact::Release(_) => Kind::Release,
            Fact::Requisition(_) => Kind::Requisition,
            Fact::Pledge(_) => Kind::Pledge,
            Fact::Purchase(_) => Kind::Purchase,
        }
    }

    /// Its name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Kind::CaseReport => "case_report",
            Kind::DailyAggregate => "daily_aggregate",
            Kind::SuspectedCluster => "suspected_cluster",
            Kind::ZeroReport => "zero_report",
            Kind::LabResult => "lab_result",
            Kind::Ballot => "ballot",
            Kind::Warning => "warning",
            Kind::Directive => "directive",
            Kind::Anchor => "anchor",
            Kind::Appeal => "appeal",
            Kind::CapacityClaim => "capacity_claim",
            Kind::FacilityProfile => "facility_profile",
            Kind::PatientFlow => "patient_flow",
            Kind::BedHold => "bed_hold",
            Kind::BedRelease => "bed_release",
            Kind::Transfer => "transfer",
            Kind::SpotCheck => "spot_check",
            Kind::StockReceived => "stock_received",
            Kind::StockIssued => "stock_issued",
            Kind::Deposit => "deposit",
            Kind::Proposal => "proposal",
            Kind::Correction => "correction",
            Kind::Decision => "decision",
            Kind::Misbehaviour => "misbehaviour",
            Kind::Forecast => "forecast",
            Kind::Assessment => "assessment",
            Kind::Lifting => "lifting",
            Kind::ItemDefined => "item_defined",
            Kind::StockCounted => "stock_counted",
            Kind::StockWasted => "stock_wasted",
            Kind::StockAdjusted => "stock_adjusted",
            Kind::HandOver => "hand_over",
            Kind::TakeOver => "take_over",
            Kind::DiscrepancySettled => "discrepancy_settled",
            Kind::ResourceRequest => "resource_request",
            Kind::Commit => "commit",
            Kind::Release => "release",
            Kind::Requisition => "requisition",
            Kind::Pledge => "pledge",
            Kind::Purchase => "purchase",
        }
    }

    /// The kind of that name.
    pub fn parse(text: &str) -> Option<Self> {
        Kind::ALL.into_iter().find(|kind| kind.name() == text)
    }

    /// The class of the policy that judges it: its name, but who may warn also says that a warning is over.
    pub fn class(self) -> &'static str {
        if self == Kind::Lifting { Kind::Warning.name() } else { self.name() }
    }

    /// Whether a policy judges it.
    pub fn judged(self) -> bool {
        matches!(
            self,
            Kind::CaseReport
                | Kind::DailyAggregate
                | Kind::SuspectedCluster
                | Kind::ZeroReport
                | Kind::LabResult
                | Kind::Warning
                | Kind::Directive
                | Kind::Proposal
                | Kind::Assessment
                | Kind::Lifting
                | Kind::ResourceRequest
        )
    }
}

by_place!(Outcome, Kind);

/// The state digest before the first block.
pub fn initial_digest(chain: &proof::sign::ChainId) -> Digest {
    Digest::of_parts(&[b"tocsin/v1/state", chain.as_bytes()])
}
