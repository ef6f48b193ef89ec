//! Questions to ledgers: the own member's first, then the other cosigners'.
//!
//! An answer is one node's word, and so is its silence. What must be believed comes with a certificate or a proof file;
//! what a service decides on alone (its own outbox, its read models) may take its own member's word.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bus::{Bus, RequestError};
use bytes::Bytes;
use domain::chain::ChainPath;
use domain::codec::Record;
use domain::event::{EventId, ProvenHandover, ProvenLeaf};
use domain::refusal::Code;
use domain::state::{self, Versioned};
use wire::ledger::{AlertEntry, DryRunResult, EventStatus, LedgerReply, LedgerRequest, LogEntry, Refused, Status};

use crate::node::Node;
use crate::standing::Standing;
use crate::telemetry::trace;

/// How long one ledger may take beyond the waiting that was asked for: ten times its slowest commit.
const TRY: Duration = Duration::from_secs(2);
/// How long another ledger is asked first after the own one was silent.
const DETOUR: Duration = Duration::from_secs(10);
/// Entries a scan asks for at a time.
const PAGE: u32 = wire::ledger::MAX_LIMIT;

/// Why a ledger gave no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// A ledger said no, and why.
    #[error("{}: {}", .0.code.text(), .0.detail)]
    Refused(Refused),
    /// No ledger answered; ask again.
    #[error("no ledger answered: {0}")]
    Silent(String),
}

impl From<LedgerError> for crate::rest::Problem {
    fn from(error: LedgerError) -> Self {
        match error {
            LedgerError::Refused(refused) => refused.into(),
            LedgerError::Silent(_) => crate::rest::Problem::fault(error),
        }
    }
}

/// A client of a chain's ledgers. Clones share what it learnt about silent ones.
#[derive(Clone)]
pub struct LedgerClient {
    bus: Bus,
    asked: Asked,
    detour: Arc<Mutex<Option<(usize, Instant)>>>,
}

/// Whose ledgers are asked.
#[derive(Clone)]
enum Asked {
    /// One and no other.
    One(Arc<str>),
    /// The own member's first, then the other cosigners' of the moment.
    All(Arc<str>, Standing),
}

impl LedgerClient {
    /// Asks the node's own member first, then the other cosigners in the chain's order.
    pub fn new(node: &Node) -> Self {
        LedgerClient::of_chain(&node.bus, &node.member, node.standing.clone())
    }

    /// Asks a member of a chain first, if it has a ledger there, then the other cosigners.
    pub fn of_chain(bus: &Bus, member: &str, standing: Standing) -> Self {
        LedgerClient { bus: bus.clone(), asked: Asked::All(member.into(), standing), detour: Arc::default() }
    }

    /// Asks one member's ledger and no other.
    pub fn of_member(node: &Node, member: &str) -> Self {
        LedgerClient::of_member_at(&node.bus, &node.genesis.chain, member)
    }

    /// Asks the ledger of one member of a chain and no other.
    pub fn of_member_at(bus: &Bus, chain: &ChainPath, member: &str) -> Self {
        let subject = wire::subject::ledger(member, chain);
        LedgerClient { bus: bus.clone(), asked: Asked::One(subject.into()), detour: Arc::default() }
    }

    fn subjects(&self) -> Vec<String> {
        match &self.asked {
            Asked::One(subject) => vec![subject.to_string()],
            Asked::All(own, standing) => {
                let roster = standing.current();
                let cosigners = || roster.cosigners.iter().map(|(member, _)| member);
                let others = cosigners().filter(|member| **member != **own);
                let in_turn = cosigners().filter(|member| **member == **own).chain(others);
                in_turn.map(|member| wire::subject::ledger(member, &roster.chain)).collect()
            }
        }
    }

    /// What would become of at most 64 signed events, and at which height.
    pub async fn dry_run(&self, events: Vec<Vec<u8>>) -> Result<(u64, Vec<DryRunResult>), LedgerError> {
        let asked = events.len();
        match self.ask(LedgerRequest::DryRun { events }, 0).await? {
            LedgerReply::DryRun { height, results } if results.len() == asked => Ok((height, results)),
            other => Err(unexpected(&other)),
        }
    }

    /// The log from an index on; waits up to `wait_ms` for the first entry.
    pub async fn read_log(
        &self,
        from: u64,
        limit: u32,
        wait_ms: u64,
        final_only: bool,
    ) -> Result<Vec<LogEntry>, LedgerError> {
        match self.ask(LedgerRequest::ReadLog { from, limit, wait_ms, final_only }, wait_ms).await? {
            LedgerReply::Log(entries) => Ok(entries),
            other => Err(unexpected(&other)),
        }
    }

    /// Final alerts from a number on.
    pub async fn read_alerts(&self, from: u64, limit: u32, wait_ms: u64) -> Result<Vec<AlertEntry>, LedgerError> {
        match self.ask(LedgerRequest::ReadAlerts { from, limit, wait_ms }, wait_ms).await? {
            LedgerReply::Alerts(alerts) => Ok(alerts),
            other => Err(unexpected(&other)),
        }
    }

    /// Blocks as sealed, from a height on.
    pub async fn fetch_blocks(&self, from_height: u64, limit: u32) -> Result<Vec<Vec<u8>>, LedgerError> {
        match self.ask(LedgerRequest::FetchBlocks { from_height, limit }, 0).await? {
            LedgerReply::Blocks(blocks) => Ok(blocks),
            other => Err(unexpected(&other)),
        }
    }

    /// The largest checkpoint the ledger heard a member cosign, as the text of a certificate with that one cosignature.
    pub async fn heard(&self, member: &str) -> Result<Option<String>, LedgerError> {
        match self.ask(LedgerRequest::Heard { member: member.to_owned() }, 0).await? {
            LedgerReply::Heard(certificate) => Ok(certificate),
            other => Err(unexpected(&other)),
        }
    }

    /// How the chain's cosigner sets after an epoch came to be, oldest first; ask on from the last one's.
    pub async fn handovers(&self, after_epoch: u32) -> Result<Vec<ProvenHandover>, LedgerError> {
        match self.ask(LedgerRequest::Handovers { after_epoch }, 0).await? {
            LedgerReply::Handovers(handovers) => Ok(handovers),
            other => Err(unexpected(&other)),
        }
    }

    /// How far the ledger is.
    pub async fn status(&self) -> Result<Status, LedgerError> {
        match self.ask(LedgerRequest::Status, 0).await? {
            LedgerReply::Status(status) => Ok(status),
            other => Err(unexpected(&other)),
        }
    }

    /// One page of state keys in `[from, to)`: height, entries, whether there are more.
    pub async fn read_state(
        &self,
        from: Vec<u8>,
        to: Vec<u8>,
        limit: u32,
    ) -> Result<(u64, state::Entries, bool), LedgerError> {
        match self.ask(LedgerRequest::ReadState { from, to, limit }, 0).await? {
            LedgerReply::State { height, entries, more } => Ok((height, entries, more)),
            other => Err(unexpected(&other)),
        }
    }

    /// What became of an event; none when it is in no block.
    pub async fn event_status(&self, id: EventId) -> Result<Option<EventStatus>, LedgerError> {
        match self.ask(LedgerRequest::EventStatus { id }, 0).await? {
            LedgerReply::EventStatus(status) => Ok(status),
            other => Err(unexpected(&other)),
        }
    }

    /// The proof file of a final event.
    pub async fn proof(&self, id: EventId) -> Result<String, LedgerError> {
        match self.ask(LedgerRequest::Proof { id }, 0).await? {
            LedgerReply::Proof(text) => Ok(text),
            other => Err(unexpected(&other)),
        }
    }

    /// A leaf as it is in the log of a size, or of the last final certificate, which then comes along as text.
    pub async fn leaf(&self, index: u64, size: Option<u64>) -> Result<(Option<String>, ProvenLeaf), LedgerError> {
        match self.ask(LedgerRequest::Leaf { index, size }, 0).await? {
            LedgerReply::Leaf { certificate, leaf } => Ok((certificate, leaf)),
            other => Err(unexpected(&other)),
        }
    }

    /// The lines of a roll-up proof on this chain: the sum whose total the summary at an index said, in the log of a size.
    pub async fn rollup(&self, disease: &str, summary_index: u64, size: u64) -> Result<String, LedgerError> {
        let request = LedgerRequest::Rollup { disease: disease.to_owned(), summary_index, size };
        match self.ask(request, 0).await? {
            LedgerReply::Rollup(text) => Ok(text),
            other => Err(unexpected(&other)),
        }
    }

    /// One record of the state.
    pub async fn record<R: Record>(&self, key: &[u8]) -> Result<Option<R>, LedgerError> {
        self.record_at(key).await.map(|(_, record)| record)
    }

    /// One record of the state and the height it is of.
    pub async fn record_at<R: Record>(&self, key: &[u8]) -> Result<(u64, Option<R>), LedgerError> {
        // No key sorts between a key and the same key with a zero byte.
        let after = [key, &[0]].concat();
        let (height, entries, _) = self.read_state(key.to_vec(), after, 1).await?;
        Ok((height, entries.first().map(|(key, stored)| decoded(key, stored)).transpose()?))
    }

    /// All records below a prefix, at most `limit`, in key order; read page by page, so not of one height.
    pub async fn records<R: Record>(&self, prefix: &[u8], limit: usize) -> Result<Vec<(Vec<u8>, R)>, LedgerError> {
        let found = self.entries(prefix.to_vec(), domain::keys::end_of(prefix), limit).await?;
        found.into_iter().map(|(key, stored)| Ok((key.clone(), decoded(&key, &stored)?))).collect()
    }

    /// The stored values in `[from, to)`, at most `limit`, in key order; read page by page, so not of one height.
    pub async fn entries(&self, mut from: Vec<u8>, to: Vec<u8>, limit: usize) -> Result<state::Entries, LedgerError> {
        let mut found = state::Entries::new();
        while found.len() < limit {
            let page = PAGE.min(u32::try_from(limit - found.len()).unwrap_or(PAGE));
            let (_, entries, more) = self.read_state(from, to.clone(), page).await?;
            found.extend(entries);
            match found.last() {
                Some((last, _)) if more => from = [last.as_slice(), &[0]].concat(),
                _ => break,
            }
        }
        Ok(found)
    }

    /// Asks one after the other until one answers; a ledger that repairs itself or is full counts as silent.
    async fn ask(&self, request: LedgerRequest, wait_ms: u64) -> Result<LedgerReply, LedgerError> {
        let payload = Bytes::from(request.encode());
        let timeout = TRY + Duration::from_millis(wait_ms);
        let first = self.first();
        let mut why = LedgerError::Silent("this chain has no ledger".to_owned());
        let subjects = self.subjects();
        for turn in 0..subjects.len() {
            let at = (first + turn) % subjects.len();
            let Some(subject) = subjects.get(at) else { continue };
            match self.bus.request_with(subject, payload.clone(), &trace::headers(), timeout).await {
                Ok(reply) => match LedgerReply::decode(&reply) {
                    Ok(LedgerReply::Refused(refused)) if busy(refused.code) => why = LedgerError::Refused(refused),
                    Ok(LedgerReply::Refused(refused)) => return Err(LedgerError::Refused(refused)),
                    Ok(reply) => {
                        self.remember(at);
                        return Ok(reply);
                    }
                    Err(refusal) => why = LedgerError::Silent(refusal.to_string()),
                },
                Err(error @ (RequestError::NoResponders | RequestError::TimedOut | RequestError::Other(_))) => {
                    why = LedgerError::Silent(error.to_string());
                }
            }
        }
        Err(why)
    }

    fn first(&self) -> usize {
        match *self.detour.lock().unwrap_or_else(PoisonError::into_inner) {
            Some((at, until)) if Instant::now() < until => at,
            _ => 0,
        }
    }

    /// Asks this one first for a while, unless it is the one that is asked first anyway.
    fn remember(&self, at: usize) {
        let mut detour = self.detour.lock().unwrap_or_else(PoisonError::into_inner);
        match *detour {
            Some((known, until)) if known == at && Instant::now() < until => {}
            _ => *detour = (at != 0).then(|| (at, Instant::now() + DETOUR)),
        }
    }
}

/// A no that another ledger may not say.
fn busy(code: Code) -> bool {
    matches!(code, Code::Corrupt | Code::Overloaded | Code::StorageFull)
}

fn decoded<R: Record>(key: &[u8], stored: &Versioned) -> Result<R, LedgerError> {
    state::decoded(key, &stored.value).map_err(|fault| LedgerError::Silent(fault.to_string()))
}

fn unexpected(reply: &LedgerReply) -> LedgerError {
    // The payload may be large and is not ours to log.
    let kind = match reply {
        LedgerReply::Refused(_) => "a refusal",
        LedgerReply::DryRun { .. } => "a dry run of other events",
        LedgerReply::Log(_) => "log entries",
        LedgerReply::Alerts(_) => "alerts",
        LedgerReply::Blocks(_) => "blocks",
        LedgerReply::Status(_) => "its status",
        LedgerReply::State { .. } => "state",
        LedgerReply::EventStatus(_) => "an event's status",
        LedgerReply::Proof(_) => "a proof",
        LedgerReply::Heard(_) => "what it heard",
        LedgerReply::Handovers(_) => "handovers",
        LedgerReply::Leaf { .. } => "a leaf",
        LedgerReply::Rollup(_) => "a roll-up",
    };
    LedgerError::Silent(format!("a ledger answered with {kind} to another question"))
}
