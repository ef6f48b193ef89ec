//! Questions over the bus: `tocsin.ledger.<member>.<chain path>`.

use std::time::Duration;

use bus::{BusError, ServeHandle};
use domain::act::{Halt, Scene, Submitted, is_waiting};
use domain::codec;
use domain::event::{ProvenHandover, ProvenLeaf};
use domain::query;
use domain::refusal::Refusal;
use domain::rule;
use host::telemetry::trace::Trace;
use proof::handover::Handover;
use wire::ledger::{AlertEntry, DryRunResult, LedgerReply, LedgerRequest, MAX_ANSWER_BYTES, Refused};
use wire::subject;

use crate::core::CoreError;
use crate::desk::{Desk, not_found};
use crate::reader::Reader;

/// Questions answered at once: each long-polling reader holds one (a dozen services and their projections a node), and
/// dry runs must find room beside them.
const PERMITS: usize = 128;

/// Answers until the handle is stopped.
pub(crate) async fn serve(desk: Desk) -> Result<ServeHandle, BusError> {
    let subject = subject::ledger(&desk.node.member, desk.chain());
    let bus = desk.node.bus.clone();
    bus.serve(&subject, PERMITS, move |request, headers| {
        let desk = desk.clone();
        let trace = Trace::from_headers(&headers);
        async move { trace.run("ledger", reply(&desk, &request)).await.encode().into() }
    })
    .await
}

async fn reply(desk: &Desk, request: &[u8]) -> LedgerReply {
    let answer = match LedgerRequest::decode(request) {
        Ok(request) => answer(desk, request).await,
        Err(refusal) => Err(refusal),
    };
    answer.unwrap_or_else(|refusal| LedgerReply::Refused(Refused::from(refusal)))
}

async fn answer(desk: &Desk, request: LedgerRequest) -> Result<LedgerReply, Refusal> {
    match request {
        LedgerRequest::DryRun { events } => dry_run(desk, &events),
        LedgerRequest::ReadLog { from, limit, wait_ms, final_only } => {
            desk.log(from, limit as usize, Duration::from_millis(wait_ms), final_only).await.map(LedgerReply::Log)
        }
        LedgerRequest::ReadAlerts { from, limit, wait_ms } => alerts(desk, from, limit as usize, wait_ms).await,
        LedgerRequest::FetchBlocks { from_height, limit } => {
            desk.ask(move |reader, _| blocks(reader, from_height, limit)).await.map(LedgerReply::Blocks)
        }
        LedgerRequest::Status => Ok(LedgerReply::Status(desk.status())),
        LedgerRequest::ReadState { from, to, limit } => {
            desk.ask(move |reader, _| state(reader, &from, &to, limit as usize)).await
        }
        LedgerRequest::EventStatus { id } => {
            desk.ask(move |reader, progress| reader.event_status(&id, progress)).await.map(LedgerReply::EventStatus)
        }
        LedgerRequest::Heard { member } => {
            let open = desk.open()?;
            let is_final = open.progress.borrow().certificate.clone();
            let heard = open.heard.of(&desk.chain.cosigner(&member), is_final.as_deref());
            Ok(LedgerReply::Heard(heard.map(|certificate| certificate.text())))
        }
        LedgerRequest::Handovers { after_epoch } => {
            let found = desk.ask(move |reader, _| reader.handovers(after_epoch, u64::MAX)).await?;
            Ok(LedgerReply::Handovers(fitting(found)))
        }
        LedgerRequest::Leaf { index, size } => leaf(desk, index, size).await,
        LedgerRequest::Rollup { disease, summary_index, size } => {
            crate::rollups::told(desk, disease, summary_index, size).await.map(LedgerReply::Rollup)
        }
        LedgerRequest::Proof { id } => {
            crate::proofs::proof(desk, &id).await.map(|file| LedgerReply::Proof(file.text()))
        }
    }
}

/// A leaf in the log of a size, or of the last final certificate.
async fn leaf(desk: &Desk, index: u64, size: Option<u64>) -> Result<LedgerReply, Refusal> {
    let found = desk.ask(move |reader, progress| {
        let certificate = progress.certificate.as_ref().filter(|_| size.is_none());
        let size = size.or_else(|| certificate.map(|certificate| certificate.checkpoint.size)).unwrap_or(0);
        if index >= size || size > progress.head.size {
            return Ok(None);
        }
        let certificate = certificate.map(|certificate| certificate.text());
        Ok(Some(LedgerReply::Leaf { certificate, leaf: reader.proven(index, size)? }))
    });
    found.await?.ok_or_else(|| not_found("no leaf of that index in this chain's log of that size, or not final yet"))
}

/// Runs the rule on the last durable state. It reads a few hot keys from memory, so it runs where it was asked, beside
/// whatever the core is writing.
fn dry_run(desk: &Desk, events: &[Vec<u8>]) -> Result<LedgerReply, Refusal> {
    let open = desk.open()?;
    let run = || -> Result<LedgerReply, CoreError> {
        let picture = open.reader.picture()?;
        let head = &picture.head;
        let scene = Scene {
            chain_id: *desk.chain.id(),
            chain: desk.chain.path().clone(),
            height: head.tip.height + 1,
            now: head.chain_time,
            position: 0,
            leaf_index: head.size,
        };
        let results = events.iter().map(|signed| {
            let opened = match wire::event::open(&scene.chain_id, signed) {
                Ok(opened) => opened,
                Err(refusal) => return Ok(DryRunResult::Refused(refusal.into())),
            };
            if query::event_record(&picture, &opened.id)?.is_some() {
                return Ok(DryRunResult::Executed);
            }
            let submitted = Submitted { id: opened.id, signed: opened.signed_hash, event: opened.event };
            match rule::decide(&picture, &scene, &submitted) {
                Ok(effects) => {
                    Ok(DryRunResult::Ok { reads: effects.reads, writes: effects.writes.into_keys().collect() })
                }
                Err(Halt::Refused(refusal)) if is_waiting(&refusal) => Ok(DryRunResult::Waiting),
                Err(Halt::Refused(refusal)) => Ok(DryRunResult::Refused(refusal.into())),
                Err(Halt::Fault(fault)) => Err(CoreError::from(fault)),
            }
        });
        let results = results.collect::<Result<_, _>>()?;
        Ok(LedgerReply::DryRun { height: head.tip.height, results })
    };
    open.answer(run())
}

/// Final alerts from a number on: those whose block is final.
async fn alerts(desk: &Desk, from: u64, limit: usize, wait_ms: u64) -> Result<LedgerReply, Refusal> {
    let wait = tokio::time::Instant::now() + Duration::from_millis(wait_ms);
    loop {
        let seen = desk.open()?.progress.borrow().final_height;
        let found = desk.ask(move |reader, progress| {
            let picture = reader.picture()?;
            let size = progress.final_size();
            let alerts = query::alerts(&picture, from.max(1), limit)?;
            let is_final = |alert: &domain::alert::AlertRecord| alert.leaf_index < size;
            let entries = alerts.into_iter().take_while(is_final);
            Ok(entries
                .map(|alert| AlertEntry { number: alert.number, record: codec::encode(&alert) })
                .collect::<Vec<_>>())
        });
        let found = found.await?;
        let left = wait.saturating_duration_since(tokio::time::Instant::now());
        if !found.is_empty() || left.is_zero() {
            return Ok(LedgerReply::Alerts(found));
        }
        desk.wait_for(left, move |progress| progress.final_height > seen && progress.head.alerts >= from).await?;
    }
}

fn blocks(reader: &Reader, from_height: u64, limit: u32) -> Result<Vec<Vec<u8>>, CoreError> {
    let (mut blocks, mut bytes) = (Vec::new(), 0);
    for height in (from_height..).take(limit as usize) {
        let Some(block) = reader.block_bytes(height)? else { break };
        bytes += block.len();
        blocks.push(block);
        // The bound leaves room for one largest block, so the last one always fits.
        if bytes >= MAX_ANSWER_BYTES {
            break;
        }
    }
    Ok(blocks)
}

fn state(reader: &Reader, from: &[u8], to: &[u8], limit: usize) -> Result<LedgerReply, CoreError> {
    let picture = reader.picture()?;
    let mut entries = domain::state::View::scan(&picture, from, to, limit + 1)?;
    let (mut bytes, mut fits) = (0, 0);
    for (key, stored) in entries.iter().take(limit) {
        bytes += key.len() + stored.value.len() + 16;
        if bytes > MAX_ANSWER_BYTES && fits > 0 {
            break;
        }
        fits += 1;
    }
    let more = entries.len() > fits;
    entries.truncate(fits);
    Ok(LedgerReply::State { height: picture.head.tip.height, entries, more })
}

/// As many handovers as one answer holds.
fn fitting(handovers: Vec<Handover>) -> Vec<ProvenHandover> {
    let mut bytes = 0;
    let given = handovers.into_iter().map(|handover| ProvenHandover {
        certificate: handover.certificate.text(),
        leaf: ProvenLeaf { leaf: handover.leaf, index: handover.index, inclusion: handover.inclusion },
    });
    let fits = given.take_while(|handover| {
        // A hash has 32 bytes and two of framing.
        bytes += handover.certificate.len() + handover.leaf.leaf.len() + 34 * handover.leaf.inclusion.len();
        bytes <= MAX_ANSWER_BYTES
    });
    fits.collect()
}
