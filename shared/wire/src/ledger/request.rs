//! Questions on the wire.

use domain::refusal::Refusal;
use prost::Message as _;

use super::{LedgerRequest, MAX_DRY_RUN_EVENTS, MAX_LIMIT, MAX_MESSAGE_BYTES, MAX_WAIT_MS};
use crate::canonical::{at_most, digest, lenient, required, text};
use crate::proto::ledger::v1 as proto;
use crate::proto::ledger::v1::request::Question;

impl LedgerRequest {
    /// Bytes for the wire.
    pub fn encode(self) -> Vec<u8> {
        let question = match self {
            LedgerRequest::DryRun { events } => Question::DryRun(proto::DryRun { events }),
            LedgerRequest::ReadLog { from, limit, wait_ms, final_only } => {
                Question::ReadLog(proto::ReadLog { from, limit, wait_ms, final_only })
            }
            LedgerRequest::ReadAlerts { from, limit, wait_ms } => {
                Question::ReadAlerts(proto::ReadAlerts { from, limit, wait_ms })
            }
            LedgerRequest::FetchBlocks { from_height, limit } => {
                Question::FetchBlocks(proto::FetchBlocks { from_height, limit })
            }
            LedgerRequest::Status => Question::Status(proto::Empty {}),
            LedgerRequest::ReadState { from, to, limit } => Question::ReadState(proto::ReadState { from, to, limit }),
            LedgerRequest::EventStatus { id } => Question::EventStatus(proto::EventId { id: id.0.to_vec() }),
            LedgerRequest::Proof { id } => Question::Proof(proto::EventId { id: id.0.to_vec() }),
            LedgerRequest::Heard { member } => Question::Heard(proto::Heard { member }),
            LedgerRequest::Handovers { after_epoch } => Question::Handovers(proto::Handovers { after_epoch }),
            LedgerRequest::Leaf { index, size } => Question::Leaf(proto::LeafProof { index, size: size.unwrap_or(0) }),
            LedgerRequest::Rollup { disease, summary_index, size } => {
                Question::Rollup(proto::Rollup { disease, summary_index, size })
            }
        };
        proto::Request { question: Some(question) }.encode_to_vec()
    }

    /// From the wire. Limits and waiting times over the bound are cut to it, since a shorter answer is still right.
    pub fn decode(bytes: &[u8]) -> Result<Self, Refusal> {
        at_most(bytes.len(), MAX_MESSAGE_BYTES, "request")?;
        let request: proto::Request = lenient(bytes)?;
        let limit = |asked: u32| asked.clamp(1, MAX_LIMIT);
        let wait_ms = |asked: u64| asked.min(MAX_WAIT_MS);
        Ok(match required(request.question, "question")? {
            Question::DryRun(ask) => {
                at_most(ask.events.len(), MAX_DRY_RUN_EVENTS, "events")?;
                LedgerRequest::DryRun { events: ask.events }
            }
            Question::ReadLog(ask) => LedgerRequest::ReadLog {
                from: ask.from,
                limit: limit(ask.limit),
                wait_ms: wait_ms(ask.wait_ms),
                final_only: ask.final_only,
            },
            Question::ReadAlerts(ask) => {
                LedgerRequest::ReadAlerts { from: ask.from, limit: limit(ask.limit), wait_ms: wait_ms(ask.wait_ms) }
            }
            Question::FetchBlocks(ask) => {
                LedgerRequest::FetchBlocks { from_height: ask.from_height, limit: limit(ask.limit) }
            }
            Question::Status(_) => LedgerRequest::Status,
            Question::ReadState(ask) => {
                LedgerRequest::ReadState { from: ask.from, to: ask.to, limit: limit(ask.limit) }
            }
            Question::EventStatus(ask) => LedgerRequest::EventStatus { id: digest(&ask.id, "id")? },
            Question::Proof(ask) => LedgerRequest::Proof { id: digest(&ask.id, "id")? },
            Question::Heard(ask) => LedgerRequest::Heard { member: text(ask.member, "member")? },
            Question::Handovers(ask) => LedgerRequest::Handovers { after_epoch: ask.after_epoch },
            // Nothing is in a log without leaves.
            Question::Leaf(ask) => {
                LedgerRequest::Leaf { index: ask.index, size: Some(ask.size).filter(|size| *size > 0) }
            }
            Question::Rollup(ask) => LedgerRequest::Rollup {
                disease: text(ask.disease, "disease")?,
                summary_index: ask.summary_index,
                size: ask.size,
            },
        })
    }
}
