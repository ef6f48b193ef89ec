//! Answers on the wire.

use domain::record::{Kind, Outcome};
use domain::refusal::{Code, Refusal};
use domain::state::Versioned;
use domain::time::Millis;
use prost::Message as _;

use super::{
    AlertEntry, DryRunResult, EntryKind, EventStatus, LedgerReply, Level, LogEntry, MAX_MESSAGE_BYTES, Refused, Status,
};
use crate::admission::code_in;
use crate::canonical::{at_most, digest, lenient, narrow, required};
use crate::proto::ledger::v1 as proto;
use crate::proto::ledger::v1::reply::Answer;
use crate::rising::{handover_in, handover_out, leaf_in, leaf_out};
use crate::vocabulary::{entry_kind, lane, level, outcome};

impl LedgerReply {
    /// Bytes for the wire.
    pub fn encode(self) -> Vec<u8> {
        let answer = match self {
            LedgerReply::Refused(refused) => Answer::Refused(refused_out(refused)),
            LedgerReply::DryRun { height, results } => {
                Answer::DryRun(proto::DryRunReply { height, results: results.into_iter().map(dry_run_out).collect() })
            }
            LedgerReply::Log(entries) => {
                Answer::Log(proto::LogReply { entries: entries.into_iter().map(entry_out).collect() })
            }
            LedgerReply::Alerts(alerts) => Answer::Alerts(proto::AlertsReply {
                alerts: alerts
                    .into_iter()
                    .map(|alert| proto::Alert { number: alert.number, record: alert.record })
                    .collect(),
            }),
            LedgerReply::Blocks(blocks) => Answer::Blocks(proto::BlocksReply { blocks }),
            LedgerReply::Status(status) => Answer::Status(status_out(status)),
            LedgerReply::State { height, entries, more } => Answer::State(proto::StateReply {
                height,
                entries: entries
                    .into_iter()
                    .map(|(key, stored)| proto::StateEntry { key, version: stored.version, value: stored.value })
                    .collect(),
                more,
            }),
            LedgerReply::EventStatus(status) => Answer::EventStatus(status.map(event_status_out).unwrap_or_default()),
            LedgerReply::Proof(text) => Answer::Proof(proto::ProofReply { text }),
            LedgerReply::Heard(certificate) => Answer::Heard(proto::HeardReply { certificate }),
            LedgerReply::Leaf { certificate, leaf } => {
                Answer::Leaf(proto::LeafReply { certificate, leaf: Some(leaf_out(&leaf)) })
            }
            LedgerReply::Rollup(text) => Answer::Rollup(proto::RollupReply { text }),
            LedgerReply::Handovers(handovers) => {
                Answer::Handovers(proto::HandoversReply { handovers: handovers.iter().map(handover_out).collect() })
            }
        };
        proto::Reply { answer: Some(answer) }.encode_to_vec()
    }

    /// From the wire.
    pub fn decode(bytes: &[u8]) -> Result<Self, Refusal> {
        at_most(bytes.len(), MAX_MESSAGE_BYTES, "reply")?;
        let reply: proto::Reply = lenient(bytes)?;
        Ok(match required(reply.answer, "answer")? {
            Answer::Refused(refused) => LedgerReply::Refused(refused_in(refused)?),
            Answer::DryRun(reply) => LedgerReply::DryRun {
                height: reply.height,
                results: reply.results.into_iter().map(dry_run_in).collect::<Result<_, _>>()?,
            },
            Answer::Log(reply) => LedgerReply::Log(reply.entries.into_iter().map(entry_in).collect::<Result<_, _>>()?),
            Answer::Alerts(reply) => LedgerReply::Alerts(
                reply
                    .alerts
                    .into_iter()
                    .map(|alert| AlertEntry { number: alert.number, record: alert.record })
                    .collect(),
            ),
            Answer::Blocks(reply) => LedgerReply::Blocks(reply.blocks),
            Answer::Status(status) => LedgerReply::Status(status_in(status)?),
            Answer::State(reply) => LedgerReply::State {
                height: reply.height,
                entries: reply
                    .entries
                    .into_iter()
                    .map(|entry| (entry.key, Versioned { version: entry.version, value: entry.value }))
                    .collect(),
                more: reply.more,
            },
            Answer::EventStatus(status) if !status.found => LedgerReply::EventStatus(None),
            Answer::EventStatus(status) => LedgerReply::EventStatus(Some(event_status_in(status)?)),
            Answer::Proof(reply) => LedgerReply::Proof(reply.text),
            Answer::Heard(reply) => LedgerReply::Heard(reply.certificate),
            Answer::Leaf(reply) => {
                LedgerReply::Leaf { certificate: reply.certificate, leaf: leaf_in(required(reply.leaf, "leaf")?)? }
            }
            Answer::Rollup(reply) => LedgerReply::Rollup(reply.text),
            Answer::Handovers(reply) => {
                LedgerReply::Handovers(reply.handovers.into_iter().map(handover_in).collect::<Result<_, _>>()?)
            }
        })
    }
}

pub(crate) fn refused_out(refused: Refused) -> proto::Refused {
    proto::Refused { code: refused.code.number().into(), field: refused.field, detail: refused.detail }
}

pub(crate) fn refused_in(refused: proto::Refused) -> Result<Refused, Refusal> {
    Ok(Refused { code: code_in(refused.code)?, field: refused.field, detail: refused.detail })
}

fn dry_run_out(result: DryRunResult) -> proto::DryRunResult {
    use proto::dry_run_result::Result as Carried;
    proto::DryRunResult {
        result: Some(match result {
            DryRunResult::Ok { reads, writes } => Carried::Ok(proto::DryRunOk {
                reads: reads.into_iter().map(|(key, version)| proto::Read { key, version }).collect(),
                writes,
            }),
            DryRunResult::Refused(refused) => Carried::Refused(refused_out(refused)),
            DryRunResult::Waiting => Carried::Waiting(proto::Empty {}),
            DryRunResult::Executed => Carried::Executed(proto::Empty {}),
        }),
    }
}

fn dry_run_in(result: proto::DryRunResult) -> Result<DryRunResult, Refusal> {
    use proto::dry_run_result::Result as Carried;
    Ok(match required(result.result, "result")? {
        Carried::Ok(ok) => DryRunResult::Ok {
            reads: ok.reads.into_iter().map(|read| (read.key, read.version)).collect(),
            writes: ok.writes,
        },
        Carried::Refused(refused) => DryRunResult::Refused(refused_in(refused)?),
        Carried::Waiting(_) => DryRunResult::Waiting,
        Carried::Executed(_) => DryRunResult::Executed,
    })
}

fn entry_out(entry: LogEntry) -> proto::LogEntry {
    proto::LogEntry {
        index: entry.index,
        height: entry.height,
        position: entry.position,
        lane: entry.lane.map_or(0, lane::number),
        event_id: entry.event_id.map(|id| id.0.to_vec()).unwrap_or_default(),
        code: entry.code.into(),
        signed: entry.signed,
        kind: entry_kind::number(entry.kind),
        leaf: entry.leaf,
        chain_time_ms: entry.chain_time.0,
    }
}

fn entry_in(entry: proto::LogEntry) -> Result<LogEntry, Refusal> {
    let event_id = (!entry.event_id.is_empty()).then(|| digest(&entry.event_id, "event_id")).transpose()?;
    let kind: EntryKind = entry_kind::value(entry.kind, "kind")?;
    Ok(LogEntry {
        index: entry.index,
        height: entry.height,
        position: entry.position,
        lane: (entry.lane != 0).then(|| lane::value(entry.lane, "lane")).transpose()?,
        event_id,
        code: narrow(entry.code, "code")?,
        signed: entry.signed,
        kind,
        leaf: entry.leaf,
        chain_time: Millis(entry.chain_time_ms),
    })
}

fn status_out(status: Status) -> proto::StatusReply {
    proto::StatusReply {
        height: status.height,
        block: status.block.0.to_vec(),
        size: status.size,
        root: status.root.0.to_vec(),
        state_digest: status.state_digest.0.to_vec(),
        final_height: status.final_height,
        final_size: status.final_size,
        certificate: status.certificate,
        chain_time_ms: status.chain_time.0,
        serving: status.serving,
        halted: status.halted,
        wants_block: status.wants_block,
    }
}

fn status_in(status: proto::StatusReply) -> Result<Status, Refusal> {
    Ok(Status {
        height: status.height,
        block: digest(&status.block, "block")?,
        size: status.size,
        root: digest(&status.root, "root")?,
        state_digest: digest(&status.state_digest, "state_digest")?,
        final_height: status.final_height,
        final_size: status.final_size,
        certificate: status.certificate,
        chain_time: Millis(status.chain_time_ms),
        serving: status.serving,
        halted: status.halted,
        wants_block: status.wants_block,
    })
}

fn event_status_out(status: EventStatus) -> proto::EventStatusReply {
    proto::EventStatusReply {
        found: true,
        level: level::number(status.level),
        code: status.code.into(),
        outcome: outcome::number(status.outcome),
        height: status.height,
        position: status.position,
        index: status.index,
        sealed_at_ms: status.sealed_at.0,
        final_at_ms: status.final_at.map(|at| at.0),
        member: status.member,
        kind: status.kind.name().to_owned(),
        urgency_overdrawn: status.urgency_overdrawn,
    }
}

fn event_status_in(status: proto::EventStatusReply) -> Result<EventStatus, Refusal> {
    let level: Level = level::value(status.level, "level")?;
    let outcome: Outcome = outcome::value(status.outcome, "outcome")?;
    Ok(EventStatus {
        level,
        code: narrow(status.code, "code")?,
        outcome,
        height: status.height,
        position: status.position,
        index: status.index,
        sealed_at: Millis(status.sealed_at_ms),
        final_at: status.final_at_ms.map(Millis),
        member: status.member,
        kind: Kind::parse(&status.kind)
            .ok_or_else(|| Refusal::of(Code::UnknownCode, "kind", "a kind this version does not know"))?,
        urgency_overdrawn: status.urgency_overdrawn,
    })
}
