//! Admission: the request that asks for receipts, its answer, and the bodies of receipts and signed refusals.
//!
//! Receipts and refusals are bodies of [`proof::sign::Signed`] under `Domain::Receipt` and `Domain::Refusal` and canonical;
//! request and answer are not signed. Limits: 64 events a request, 512 KiB a message.

use domain::chain::{ChainPath, Lane};
use domain::event::EventId;
use domain::refusal::{Code, Refusal};
use domain::time::Millis;
use prost::Message as _;

use crate::canonical::{at_most, digest, lenient, narrow, required, strict, text};
use crate::proto::endorsement::v1 as proto;
use crate::vocabulary::lane;

/// Events in one request: what one bundle takes.
pub const MAX_EVENTS: usize = crate::bundle::MAX_EVENTS;
/// Bytes of a request or an answer: half of what NATS carries in one message by default.
pub const MAX_MESSAGE_BYTES: usize = 512 * 1024;
/// Bytes of a receipt or refusal body: the reads and writes of the largest event are a few hundred keys.
pub const MAX_BODY_BYTES: usize = 64 * 1024;

/// Signed events for one chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdmitRequest {
    /// The chain they are signed for; a parent asked to take an appeal sees the child's path.
    pub chain: ChainPath,
    /// Signed events.
    pub events: Vec<Vec<u8>>,
}

/// One result for each event, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdmitReply {
    /// The results.
    pub results: Vec<Admitted>,
}

/// What became of one event at the door.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Admitted {
    /// Signed envelope of a [`ReceiptBody`].
    Receipt(Vec<u8>),
    /// Signed envelope of a [`RefusalBody`].
    Refused(Vec<u8>),
    /// Neither yes nor no: try again, here or elsewhere.
    Fault(String),
}

/// What a receipt promises.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiptBody {
    /// The event.
    pub event_id: EventId,
    /// Its lane.
    pub lane: Lane,
    /// The number of its bundle in that lane.
    pub bundle_number: u64,
    /// When it was admitted; sealed within 60 s of wall time from here.
    pub admitted_at: Millis,
    /// The height of the state the dry run saw.
    pub dry_run_height: u64,
    /// State keys read and how often each had been written.
    pub reads: Vec<(Vec<u8>, u64)>,
    /// State keys it would write.
    pub writes: Vec<Vec<u8>>,
}

/// Why an event was not admitted, for ever attributable to who said so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusalBody {
    /// The event's id, or the hash of the bytes when they hold no event.
    pub event_id: EventId,
    /// The stable code.
    pub code: Code,
    /// The field, or empty.
    pub field: String,
    /// How to mend it.
    pub detail: String,
    /// When.
    pub refused_at: Millis,
    /// The height of the state the dry run saw; 0 when it did not get that far.
    pub dry_run_height: u64,
}

impl AdmitRequest {
    /// Bytes for the wire.
    pub fn encode(self) -> Vec<u8> {
        proto::AdmitRequest { chain: self.chain.as_str().to_owned(), events: self.events }.encode_to_vec()
    }

    /// From the wire.
    pub fn decode(bytes: &[u8]) -> Result<Self, Refusal> {
        at_most(bytes.len(), MAX_MESSAGE_BYTES, "request")?;
        let request: proto::AdmitRequest = lenient(bytes)?;
        at_most(request.events.len(), MAX_EVENTS, "events")?;
        let chain = ChainPath::parse(&request.chain)
            .ok_or_else(|| Refusal::of(Code::UnknownCode, "chain", "chain is not a chain path"))?;
        Ok(AdmitRequest { chain, events: request.events })
    }
}

impl AdmitReply {
    /// Bytes for the wire.
    pub fn encode(self) -> Vec<u8> {
        let results = self.results.into_iter().map(admitted_out).collect();
        proto::AdmitReply { results }.encode_to_vec()
    }

    /// From the wire.
    pub fn decode(bytes: &[u8]) -> Result<Self, Refusal> {
        at_most(bytes.len(), MAX_MESSAGE_BYTES, "reply")?;
        let reply: proto::AdmitReply = lenient(bytes)?;
        at_most(reply.results.len(), MAX_EVENTS, "results")?;
        Ok(AdmitReply { results: reply.results.into_iter().map(admitted_in).collect::<Result<_, _>>()? })
    }
}

fn admitted_out(admitted: Admitted) -> proto::Admitted {
    proto::Admitted {
        result: Some(match admitted {
            Admitted::Receipt(signed) => proto::admitted::Result::Receipt(signed),
            Admitted::Refused(signed) => proto::admitted::Result::Refused(signed),
            Admitted::Fault(why) => proto::admitted::Result::Fault(why),
        }),
    }
}

fn admitted_in(admitted: proto::Admitted) -> Result<Admitted, Refusal> {
    Ok(match required(admitted.result, "result")? {
        proto::admitted::Result::Receipt(signed) => Admitted::Receipt(signed),
        proto::admitted::Result::Refused(signed) => Admitted::Refused(signed),
        proto::admitted::Result::Fault(why) => Admitted::Fault(why),
    })
}

impl ReceiptBody {
    /// The one encoding.
    pub fn encode(self) -> Vec<u8> {
        proto::Receipt {
            event_id: self.event_id.0.to_vec(),
            lane: lane::number(self.lane),
            bundle_number: self.bundle_number,
            admitted_at_ms: self.admitted_at.0,
            dry_run_height: self.dry_run_height,
            reads: self.reads.into_iter().map(|(key, version)| proto::Read { key, version }).collect(),
            writes: self.writes,
        }
        .encode_to_vec()
    }

    /// From a signed body.
    pub fn decode(body: &[u8]) -> Result<Self, Refusal> {
        let receipt: proto::Receipt = strict(body, MAX_BODY_BYTES, "receipt")?;
        Ok(ReceiptBody {
            event_id: digest(&receipt.event_id, "event_id")?,
            lane: lane::value(receipt.lane, "lane")?,
            bundle_number: receipt.bundle_number,
            admitted_at: Millis(receipt.admitted_at_ms),
            dry_run_height: receipt.dry_run_height,
            reads: receipt.reads.into_iter().map(|read| (read.key, read.version)).collect(),
            writes: receipt.writes,
        })
    }
}

impl RefusalBody {
    /// The one encoding.
    pub fn encode(self) -> Vec<u8> {
        proto::Refusal {
            event_id: self.event_id.0.to_vec(),
            code: self.code.number().into(),
            field: self.field,
            detail: self.detail,
            refused_at_ms: self.refused_at.0,
            dry_run_height: self.dry_run_height,
        }
        .encode_to_vec()
    }

    /// From a signed body.
    pub fn decode(body: &[u8]) -> Result<Self, Refusal> {
        let refusal: proto::Refusal = strict(body, MAX_BODY_BYTES, "refusal")?;
        Ok(RefusalBody {
            event_id: digest(&refusal.event_id, "event_id")?,
            code: code_in(refusal.code)?,
            field: text(refusal.field, "field")?,
            detail: text(refusal.detail, "detail")?,
            refused_at: Millis(refusal.refused_at_ms),
            dry_run_height: refusal.dry_run_height,
        })
    }
}

/// A refusal code by number.
pub(crate) fn code_in(number: u32) -> Result<Code, Refusal> {
    Code::from_number(narrow(number, "code")?)
        .ok_or_else(|| Refusal::of(Code::UnknownCode, "code", "a refusal code this version does not know"))
}

#[cfg(test)]
mod tests;
