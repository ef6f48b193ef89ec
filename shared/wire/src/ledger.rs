//! Questions to a ledger node and its answers, over request-reply.
//!
//! An answer is one node's word: what must be believed comes with a certificate or a proof file. Limits: 1 MiB less
//! headers a message (what NATS carries by default), 64 events a dry run, 512 entries an answer. A node cuts an answer
//! at [`MAX_ANSWER_BYTES`] rather than fail, and the caller asks on from where it ended.

mod reply;
mod request;

use domain::chain::{Lane, MemberId};
use domain::event::{EventId, ProvenHandover, ProvenLeaf};
use domain::record::{Kind, Outcome};
use domain::refusal::Code;
use domain::state::Entries;
use domain::time::Millis;
use proof::digest::Digest;

pub(crate) use reply::{refused_in, refused_out};

/// Bytes of one message: NATS carries 1 MiB with its headers by default.
pub const MAX_MESSAGE_BYTES: usize = 1024 * 1024 - 16 * 1024;
/// Bytes of entries after which a node ends an answer: the largest block still fits on top.
pub const MAX_ANSWER_BYTES: usize = MAX_MESSAGE_BYTES - proof::block::MAX_BLOCK_BYTES;
/// Entries, alerts, blocks or keys in one answer.
pub const MAX_LIMIT: u32 = 512;
/// Events in one dry run: what one bundle takes.
pub const MAX_DRY_RUN_EVENTS: usize = crate::bundle::MAX_EVENTS;
/// How long a node lets a reader wait: below every request time-out of the house.
pub const MAX_WAIT_MS: u64 = 5_000;

/// A question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LedgerRequest {
    /// What would become of these signed events now?
    DryRun {
        /// Signed events, at most [`MAX_DRY_RUN_EVENTS`].
        events: Vec<Vec<u8>>,
    },
    /// The log from an index on.
    ReadLog {
        /// The first index.
        from: u64,
        /// At most this many.
        limit: u32,
        /// How long to wait for the first.
        wait_ms: u64,
        /// Only what is final.
        final_only: bool,
    },
    /// Alerts from a number on, final ones only.
    ReadAlerts {
        /// The first number.
        from: u64,
        /// At most this many.
        limit: u32,
        /// How long to wait for the first.
        wait_ms: u64,
    },
    /// Whole block messages from a height on.
    FetchBlocks {
        /// The first height.
        from_height: u64,
        /// At most this many.
        limit: u32,
    },
    /// How far is this node?
    Status,
    /// State keys in `[from, to)`.
    ReadState {
        /// The first key.
        from: Vec<u8>,
        /// The key after the last.
        to: Vec<u8>,
        /// At most this many.
        limit: u32,
    },
    /// What became of an event?
    EventStatus {
        /// The event.
        id: EventId,
    },
    /// The proof file of an event.
    Proof {
        /// The event.
        id: EventId,
    },
    /// What did you hear this member cosign? A ledger asks it of the others before it cosigns anything.
    Heard {
        /// The member.
        member: MemberId,
    },
    /// How did the cosigner sets after this epoch come to be?
    Handovers {
        /// The epoch the caller knows.
        after_epoch: u32,
    },
    /// Which leaf is at this index, and how is it in the log?
    Leaf {
        /// Its index.
        index: u64,
        /// The size of the checkpoint it is to be proven in; none: that of the last final certificate.
        size: Option<u64>,
    },
    /// What is the sum of a disease of which one of your summaries said the total?
    Rollup {
        /// ICD-10 code.
        disease: String,
        /// The index of that summary's leaf.
        summary_index: u64,
        /// The size of the checkpoint it is to be proven in.
        size: u64,
    },
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LedgerReply {
    /// No, and why.
    Refused(Refused),
    /// To [`LedgerRequest::DryRun`].
    DryRun {
        /// The height of the state it ran on.
        height: u64,
        /// One for each event, in order.
        results: Vec<DryRunResult>,
    },
    /// To [`LedgerRequest::ReadLog`], in index order; empty when nothing came in time.
    Log(Vec<LogEntry>),
    /// To [`LedgerRequest::ReadAlerts`], in number order.
    Alerts(Vec<AlertEntry>),
    /// To [`LedgerRequest::FetchBlocks`]: block messages as sealed, in height order.
    Blocks(Vec<Vec<u8>>),
    /// To [`LedgerRequest::Status`].
    Status(Status),
    /// To [`LedgerRequest::ReadState`].
    State {
        /// The height the entries are of.
        height: u64,
        /// Keys and versioned values in key order.
        entries: Entries,
        /// The limit cut the answer.
        more: bool,
    },
    /// To [`LedgerRequest::EventStatus`]; `None` when the event is not in the log.
    EventStatus(Option<EventStatus>),
    /// To [`LedgerRequest::Proof`]: a proof file's text.
    Proof(String),
    /// To [`LedgerRequest::Heard`]: the largest checkpoint with the member's cosignature, as text.
    Heard(Option<String>),
    /// To [`LedgerRequest::Handovers`], oldest first.
    Handovers(Vec<ProvenHandover>),
    /// To [`LedgerRequest::Leaf`].
    Leaf {
        /// The final certificate as text; none when a size was asked for.
        certificate: Option<String>,
        /// The leaf.
        leaf: ProvenLeaf,
    },
    /// To [`LedgerRequest::Rollup`]: one chain's lines of a roll-up proof (`proof::rollup`).
    Rollup(String),
}

/// A refusal by code, as it travels: the field is whatever the other node wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The stable code.
    pub code: Code,
    /// The field, or empty.
    pub field: String,
    /// How to mend it.
    pub detail: String,
}

impl From<domain::refusal::Refusal> for Refused {
    fn from(refusal: domain::refusal::Refusal) -> Self {
        Refused { code: refusal.code, field: refusal.field.to_owned(), detail: refusal.detail }
    }
}

/// What would become of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DryRunResult {
    /// It would be executed.
    Ok {
        /// State keys read and how often each had been written.
        reads: Vec<(Vec<u8>, u64)>,
        /// State keys it would write.
        writes: Vec<Vec<u8>>,
    },
    /// It would be refused.
    Refused(Refused),
    /// A cause is not executed yet.
    Waiting,
    /// It is executed already.
    Executed,
}

/// What a log entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EntryKind {
    /// An executed or refused event.
    Event,
    /// A deadline that passed.
    Due,
    /// A summary for the parent.
    Summary,
    /// The end of a block.
    Block,
    /// A new cosigner set.
    Cosigners,
    /// A decision on a child's report.
    Decision,
    /// A total with its parts.
    Rollup,
}

impl EntryKind {
    /// Its name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            EntryKind::Event => "event",
            EntryKind::Due => "due",
            EntryKind::Summary => "summary",
            EntryKind::Block => "block",
            EntryKind::Cosigners => "cosigners",
            EntryKind::Decision => "decision",
            EntryKind::Rollup => "rollup",
        }
    }
}

/// One leaf of the log with what a reader needs beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    /// Its index.
    pub index: u64,
    /// Its block's height.
    pub height: u64,
    /// Its place in the block.
    pub position: u32,
    /// The event's lane.
    pub lane: Option<Lane>,
    /// The event it is about.
    pub event_id: Option<EventId>,
    /// 0, or the number of the refusal code.
    pub code: u16,
    /// The signed event, or empty.
    pub signed: Vec<u8>,
    /// What it is.
    pub kind: EntryKind,
    /// The leaf's bytes.
    pub leaf: Vec<u8>,
    /// Chain time of its block.
    pub chain_time: Millis,
}

/// An alert by number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertEntry {
    /// Its number on this chain, from 1.
    pub number: u64,
    /// The `domain::alert::AlertRecord` in the domain's codec.
    pub record: Vec<u8>,
}

/// How far a node is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// The last block executed.
    pub height: u64,
    /// Its hash.
    pub block: Digest,
    /// Leaves in the log.
    pub size: u64,
    /// The log's root.
    pub root: Digest,
    /// The state digest.
    pub state_digest: Digest,
    /// The highest height known to be final.
    pub final_height: u64,
    /// Leaves that are final.
    pub final_size: u64,
    /// The last final certificate as text.
    pub certificate: Option<String>,
    /// Chain time at `height`.
    pub chain_time: Millis,
    /// Whether it answers questions about the log.
    pub serving: bool,
    /// Why it stopped cosigning.
    pub halted: Option<String>,
    /// Something waits for chain time to pass.
    pub wants_block: bool,
}

/// How firmly an event stands in the log; only forward.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// In a block.
    Sealed,
    /// Under q cosignatures.
    Final,
}

impl Level {
    /// Its name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Level::Sealed => "sealed",
            Level::Final => "final",
        }
    }
}

/// What became of an event that is in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventStatus {
    /// How firmly it stands.
    pub level: Level,
    /// 0, or the number of the refusal code.
    pub code: u16,
    /// Where judgement stands.
    pub outcome: Outcome,
    /// Its block's height.
    pub height: u64,
    /// Its place in the block.
    pub position: u32,
    /// Its index in the log.
    pub index: u64,
    /// When its block was sealed.
    pub sealed_at: Millis,
    /// When this node saw it final.
    pub final_at: Option<Millis>,
    /// Its author's member.
    pub member: MemberId,
    /// What it states.
    pub kind: Kind,
    /// Whether it went over its member's urgency allowance.
    pub urgency_overdrawn: bool,
}

#[cfg(test)]
mod tests;
