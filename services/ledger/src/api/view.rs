//! The JSON of answers.

use serde::Serialize;
use utoipa::ToSchema;

/// A chain served here.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChainView {
    /// Its path.
    pub(crate) chain: String,
    /// A name for people.
    pub(crate) name: String,
    /// SHA-256 of its genesis file, in hex.
    pub(crate) chain_id: String,
    /// The chain one level up.
    pub(crate) parent: Option<String>,
    /// Its children, as its genesis lists them.
    pub(crate) children: Vec<String>,
    /// How far it is.
    pub(crate) status: StatusView,
}

/// How far a ledger is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StatusView {
    /// The last block executed.
    pub(crate) height: u64,
    /// Its hash.
    pub(crate) block: String,
    /// Leaves in the log.
    pub(crate) size: u64,
    /// The log's root.
    pub(crate) root: String,
    /// The digest of the state at `height`.
    pub(crate) state_digest: String,
    /// The highest final height.
    pub(crate) final_height: u64,
    /// Leaves that are final.
    pub(crate) final_size: u64,
    /// Chain time at `height`.
    pub(crate) chain_time: String,
    /// Whether the ledger is checked and answers.
    pub(crate) serving: bool,
    /// Why it stopped cosigning.
    pub(crate) halted: Option<String>,
}

/// A page of the log.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LogPage {
    /// Entries by rising index.
    pub(crate) entries: Vec<EntryView>,
    /// The cursor of the next page.
    pub(crate) next: String,
}

/// One leaf of the log.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EntryView {
    /// Its index.
    pub(crate) index: u64,
    /// `event`, `due`, `summary` or `block`.
    pub(crate) kind: &'static str,
    /// Its block's height.
    pub(crate) height: u64,
    /// Its place in the block.
    pub(crate) position: u32,
    /// The event's lane.
    pub(crate) lane: Option<&'static str>,
    /// The event it is about.
    pub(crate) event_id: Option<String>,
    /// `OK` or the refusal code of an event.
    pub(crate) code: Option<&'static str>,
    /// Chain time of its block.
    pub(crate) chain_time: String,
    /// The leaf's bytes in base64.
    pub(crate) leaf: String,
    /// The event, for those that decode.
    #[schema(value_type = Option<Object>)]
    pub(crate) event: Option<serde_json::Value>,
}

/// Counts by classification.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CountsView {
    /// Suspected cases.
    pub(crate) suspected: u64,
    /// Probable cases.
    pub(crate) probable: u64,
    /// Confirmed cases.
    pub(crate) confirmed: u64,
    /// Positives without symptoms.
    pub(crate) asymptomatic: u64,
    /// Found not to be cases.
    pub(crate) discarded: u64,
}

impl From<[u64; 5]> for CountsView {
    fn from([suspected, probable, confirmed, asymptomatic, discarded]: [u64; 5]) -> Self {
        CountsView { suspected, probable, confirmed, asymptomatic, discarded }
    }
}

/// Official totals: what the chain's policies accepted, its children's included.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TotalsView {
    /// The height they are of.
    pub(crate) height: u64,
    /// By disease code.
    pub(crate) totals: Vec<TotalView>,
}

/// The total of a disease.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TotalView {
    /// ICD-10 code.
    pub(crate) disease: String,
    /// Over all days.
    pub(crate) counts: CountsView,
}

/// Official counts by day.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DaysView {
    /// The height they are of.
    pub(crate) height: u64,
    /// ICD-10 code.
    pub(crate) disease: String,
    /// Days with counts, in order.
    pub(crate) days: Vec<DayView>,
}

/// A day's counts.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DayView {
    /// The reporting day.
    pub(crate) date: String,
    /// New cases of the day.
    pub(crate) counts: CountsView,
}

/// The judgement of an event.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BallotsView {
    /// `open`, `accepted` or `rejected`.
    pub(crate) outcome: &'static str,
    /// The policy while it is open.
    pub(crate) policy: Option<String>,
    /// When it escalates unless decided.
    pub(crate) deadline: Option<String>,
    /// The last correction of the report while it is open; ballots cast before it no longer count.
    pub(crate) amended_by: Option<String>,
    /// Ballots by member.
    pub(crate) ballots: Vec<BallotView>,
}

/// One ballot.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BallotView {
    /// Who cast it.
    pub(crate) member: String,
    /// `endorse`, `object`, `ask` or `veto`.
    pub(crate) choice: &'static str,
    /// The reason code; may be empty.
    pub(crate) reason: String,
    /// The automatic policy that cast it; empty when a person did.
    pub(crate) policy: String,
    /// Chain time.
    pub(crate) at: String,
    /// The ballot's event.
    pub(crate) event_id: String,
    /// Whether the report was corrected since, so that it no longer counts.
    pub(crate) lapsed: bool,
    /// Whether its key was revoked since as one that may have been in other hands when it was cast. It counts as it did:
    /// members who doubt what it decided propose to refute it.
    pub(crate) suspect: bool,
}
