//! The event: one signed fact by one member, immutable. This file is the vocabulary; what each fact does to a chain is
//! in the area that owns it (`report`, `ballot`, `governance`,
//! `misbehaviour`, `alert`, `rising`, `medical_resources`, `materials`, `public_opinion`,
//! `outlook`).

use proof::digest::Digest;
use proof::sign::PublicKey;

use crate::chain::Lane;
use crate::time::{Date, Millis};

mod governance;
mod materials;
mod medical_resources;
mod notice;
mod outlook;
mod terms;

pub use governance::{
    Action, Correction, Decision, MAX_ACTIONS, MAX_HANDOVERS, Misbehaviour, Phase, Proposal, ProvenHandover,
};
pub use materials::{
    Commit, DiscrepancySettled, HandOver, ItemDefined, MAX_PAYMENTS, Payment, Pledge, Purchase, Release,
    ResourceRequest, StockAdjusted, StockCounted, StockMove, StockWasted, TakeOver,
};
pub use medical_resources::{
    BedHold, BedRelease, CapacityClaim, FacilityKind, FacilityProfile, MAX_CAPABILITIES, MAX_LICENSED, PatientFlow,
    Resource, SpotCheck, Transfer, TransferRequest, TransferStep,
};
pub use notice::{Directive, Lifting, Warning};
pub use outlook::{
    Assessment, Basis, Cadence, Forecast, Ground, MAX_INDEX_MILLI, MAX_STEPS, MAX_VALUES, QUANTILES, Stage,
};
pub use terms::{AgeBand, Choice, Classification, Origin, Sex};

/// `H(LP("tocsin/v1/event-id") LP(chain_id) LP(body))`.
pub type EventId = Digest;

/// The body of an event as its author signed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The author's key; must equal the envelope's key.
    pub author: PublicKey,
    /// Urgency class.
    pub lane: Lane,
    /// 16 bytes that make two otherwise equal facts two events.
    pub nonce: [u8; 16],
    /// When what is reported happened.
    pub occurred_at: Millis,
    /// When the author signed it.
    pub created_at: Millis,
    /// After this chain time the event is worth nothing (0: for ever). The papers' *timeliness*.
    pub valid_until: Millis,
    /// The place it is about (GB/T 2260 or ISO 3166-2 code, lower case).
    pub region: String,
    /// The papers' *security level*.
    pub security: SecurityLevel,
    /// The papers' *response level* the author sees; `None` when the author states none.
    pub response: Option<AlertLevel>,
    /// What is stated.
    pub fact: Fact,
    /// References to sealed material outside the log, at most [`MAX_SEALED`].
    pub sealed: Vec<SealedRef>,
    /// Events this one follows from, at most [`MAX_CAUSES`]; all must have been executed before.
    pub causes: Vec<EventId>,
    /// Versions of state keys this event is conditional on, at most [`MAX_EXPECT`].
    pub expect: Vec<Expect>,
}

/// A signed event on the wire is at most this long; larger material is sealed outside the log.
pub const MAX_SIGNED_EVENT_BYTES: usize = 64 * 1024;
/// An event body is at most this long: 64 of them must fit a block of 512 KiB with room to spare.
pub const MAX_BODY_BYTES: usize = 16 * 1024;
/// One report with attachments needs a handful; more is a bulk transfer that belongs elsewhere.
pub const MAX_SEALED: usize = 8;
/// Causes are direct ones; longer histories are reached through them.
pub const MAX_CAUSES: usize = 16;
/// The largest atomic move of stock or beds we know of touches fewer lines.
pub const MAX_EXPECT: usize = 32;
/// Names and notes, not documents.
pub const MAX_TEXT_BYTES: usize = 1024;
/// Counts stay exact in JSON readers that use doubles.
pub const MAX_COUNT: u64 = 1 << 53;

/// Who may see the event's sealed parts; the event itself is always readable by the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SecurityLevel {
    /// Anyone.
    Public,
    /// Members of the chain.
    Members,
    /// Members with a grant.
    Restricted,
}

/// Alert and response levels, blue < yellow < orange < red (the four colours of China's national plan).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AlertLevel {
    /// Level IV, county.
    Blue,
    /// Level III, city.
    Yellow,
    /// Level II, province.
    Orange,
    /// Level I, nation.
    Red,
}

impl AlertLevel {
    /// Every level from lowest to highest.
    pub const ALL: [AlertLevel; 4] = [AlertLevel::Blue, AlertLevel::Yellow, AlertLevel::Orange, AlertLevel::Red];

    /// The colour's name in subjects and JSON.
    pub fn name(self) -> &'static str {
        match self {
            AlertLevel::Blue => "blue",
            AlertLevel::Yellow => "yellow",
            AlertLevel::Orange => "orange",
            AlertLevel::Red => "red",
        }
    }

    /// The level of that name.
    pub fn parse(text: &str) -> Option<Self> {
        AlertLevel::ALL.into_iter().find(|level| level.name() == text)
    }
}

/// A reference to ciphertext outside the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedRef {
    /// SHA-256 of the ciphertext.
    pub ciphertext: Digest,
    /// The member in whose vault it lies.
    pub vault: String,
    /// Its padded length in bytes.
    pub length: u64,
}

/// Compare-and-set: the event is refused unless the state key has this version (0: absent).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expect {
    /// The state key, as the owning area documents it (e.g. `stock/<facility>/<item>`).
    pub key: String,
    /// The version the author saw: how often the key was written.
    pub version: u64,
}

/// What an event states. One variant, one area of the domain that owns its rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// One case without any identifying detail. Owned by `report`.
    CaseReport(CaseReport),
    /// Counts of a day by classification. Owned by `report`.
    DailyAggregate(DailyAggregate),
    /// Several positives that may belong together. Owned by `report`.
    SuspectedCluster(SuspectedCluster),
    /// "We looked and found nothing", signed. Owned by `report`.
    ZeroReport(ZeroReport),
    /// A laboratory's finding on a specimen. Owned by `report`.
    LabResult(LabResult),
    /// A professional judgement of a report. Owned by `ballot`.
    Ballot(Ballot),
    /// An early warning. Owned by `alert`.
    Warning(Warning),
    /// An order by the authorised member. Owned by `alert`.
    Directive(Directive),
    /// A child chain's checkpoint and summaries. Owned by `rising`.
    Anchor(Anchor),
    /// A report that the child's management nodes refused or did not answer, logged by the parent. Owned by `rising`.
    Appeal(Appeal),
    /// A facility's beds, devices or staff. Owned by `medical_resources`.
    CapacityClaim(CapacityClaim),
    /// What a facility is. Owned by `facility`.
    FacilityProfile(FacilityProfile),
    /// Patients that came and went. Owned by `medical_resources`.
    PatientFlow(PatientFlow),
    /// Beds kept for patients to come. Owned by `medical_resources`.
    BedHold(BedHold),
    /// Beds kept no longer. Owned by `medical_resources`.
    BedRelease(BedRelease),
    /// A step of moving patients to another facility. Owned by `medical_resources`.
    Transfer(Transfer),
    /// What another member counted. Owned by `medical_resources`.
    SpotCheck(SpotCheck),
    /// Stock that came in. Owned by `materials`.
    StockReceived(StockMove),
    /// Stock that went out. Owned by `materials`.
    StockIssued(StockMove),
    /// A digest of something published. Owned by `public_opinion`.
    Deposit(Deposit),
    /// Quantiles of counts to come, committed before their outcome. Owned by `outlook`.
    Forecast(Forecast),
    /// Stage and level as computed from the log. Owned by `outlook`.
    Assessment(Assessment),
    /// A decision about the chain itself. Owned by `governance`.
    Proposal(Proposal),
    /// The answer to a question about an open report. Owned by `report`.
    Correction(Correction),
    /// A parent's decision on an escalated report. Owned by `rising`.
    Decision(Decision),
    /// Proof that keys signed two stories. Owned by `misbehaviour`.
    Misbehaviour(Misbehaviour),
    /// A warning is over. Owned by `alert`.
    Lifting(Lifting),
    /// What an item is. Owned by `materials`.
    ItemDefined(ItemDefined),
    /// A stocktake. Owned by `materials`.
    StockCounted(StockCounted),
    /// Stock that is no use any more. Owned by `materials`.
    StockWasted(StockWasted),
    /// A correction of the books. Owned by `materials`.
    StockAdjusted(StockAdjusted),
    /// What a giver lets out of his hands. Owned by `materials`.
    HandOver(HandOver),
    /// What a taker found in his. Owned by `materials`.
    TakeOver(TakeOver),
    /// What became of what they did not agree on. Owned by `materials`.
    DiscrepancySettled(DiscrepancySettled),
    /// Goods or money asked for. Owned by `materials`.
    ResourceRequest(ResourceRequest),
    /// Stock promised for a request by its owner. Owned by `materials`.
    Commit(Commit),
    /// What is left of a promise is free again. Owned by `materials`.
    Release(Release),
    /// Stock taken for a request by the dominant member of the phase. Owned by `materials`.
    Requisition(Commit),
    /// A gift announced. Owned by `materials`.
    Pledge(Pledge),
    /// Goods bought. Owned by `materials`.
    Purchase(Purchase),
}

/// A disease by ICD-10 code and name, e.g. `U07.1` and `COVID-19`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Disease {
    /// ICD-10 code; `X-EXERCISE` is the exercise disease that counts in no official total.
    pub code: String,
    /// Its name as the author writes it.
    pub name: String,
}

/// The code of the exercise disease.
pub const EXERCISE_DISEASE: &str = "X-EXERCISE";

/// One case. It carries no detail that identifies a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseReport {
    /// The disease.
    pub disease: Disease,
    /// Its classification now.
    pub classification: Classification,
    /// First symptoms; `None` when there were none or it is not known. Never after `report_date`.
    pub onset_date: Option<Date>,
    /// The reporting day the case belongs to.
    pub report_date: Date,
    /// The facility that saw the case (a name as in [`crate::chain::is_name`]).
    pub facility: String,
    /// Age band.
    pub age_band: AgeBand,
    /// Sex.
    pub sex: Sex,
    /// Imported or local.
    pub origin: Origin,
}

/// Counts of one reporting day. The key is (disease, region, report date, origin); a second one for the same key by the
/// same member supersedes the first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DailyAggregate {
    /// The disease.
    pub disease: Disease,
    /// The reporting day (0 to 24 h).
    pub report_date: Date,
    /// Imported or local.
    pub origin: Origin,
    /// New cases of the day by classification, in [`Classification::ALL`] order, each at most [`MAX_COUNT`].
    pub counts: [u64; 5],
}

/// Several positives at a place that may belong together. It adds to no official total.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SuspectedCluster {
    /// The disease suspected.
    pub disease: Disease,
    /// The facility or place (a name).
    pub facility: String,
    /// How many tested positive, at least 1.
    pub positives: u64,
    /// What was found, in a sentence; never anything personal.
    pub summary: String,
}

/// A day without a case, signed, so that silence and zero differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZeroReport {
    /// The disease looked for.
    pub disease: Disease,
    /// The reporting day.
    pub report_date: Date,
    /// The facility that looked (a name), or the member's own name.
    pub facility: String,
}

/// A laboratory's finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabResult {
    /// The disease tested for.
    pub disease: Disease,
    /// The day of the finding.
    pub report_date: Date,
    /// The laboratory (a name).
    pub facility: String,
    /// The method, e.g. `rt-pcr`, `sequencing` (a name).
    pub method: String,
    /// Specimens tested.
    pub tested: u64,
    /// Of those positive; at most `tested`.
    pub positive: u64,
}

/// A member's judgement of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ballot {
    /// The event judged, on the same chain.
    pub subject: EventId,
    /// The judgement.
    pub choice: Choice,
    /// A reason code (a name); may be empty except on a veto.
    pub reason: String,
    /// The automatic policy that cast it (a name); empty when a person did.
    pub policy: String,
}

/// A child chain's final state, carried to its parent by any of the child's cosigners.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// The child's path.
    pub child: String,
    /// The child's final checkpoint as C2SP note text with q cosignature lines in canonical order.
    pub checkpoint: String,
    /// RFC 6962 consistency proof from the size last anchored; empty for the first anchor.
    pub consistency: Vec<Digest>,
    /// Summary leaves since the last anchor by rising number, and the leaf of a new cosigner set; in log order.
    pub leaves: Vec<ProvenLeaf>,
}

/// A derived leaf of another chain's log with its inclusion in the checkpoint beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProvenLeaf {
    /// The leaf's bytes (`proof::leaf`).
    pub leaf: Vec<u8>,
    /// Its index in the child's log.
    pub index: u64,
    /// RFC 6962 inclusion proof.
    pub inclusion: Vec<Digest>,
}

/// A child's signed event that found no admission at home, as its author signed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appeal {
    /// The child's path.
    pub child: String,
    /// The signed event for the child's chain.
    pub signed: Vec<u8>,
}

/// A digest of something published, deposited so that its existence at a time can be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deposit {
    /// SHA-256 of what was published.
    pub digest: Digest,
    /// Where it was seen: a URL or the name of a medium.
    pub source: String,
    /// A line about it; never anything personal.
    pub title: String,
}
